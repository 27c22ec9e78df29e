"""WHOOP: workouts, sleep, recovery, the strain and energy of days, and the athlete; API v2 only.

This module is data and a factory only; ``api`` makes the calls, ``mapping`` and ``days`` turn
payloads into unified values, ``listing`` knows where a list goes on, ``pushes`` reads webhooks.
"""

from datetime import date

from pierre_mcp.spi import (
    ClientAuth,
    Connection,
    FitnessProvider,
    OAuthEndpoints,
    OAuthParams,
    ProviderCapabilities,
    ProviderConfig,
    ProviderContext,
    ProviderDescriptor,
    ProviderFactory,
    RefreshStyle,
    RevokeStyle,
    ScopeNeed,
    Verification,
    WebhookReceiver,
)

DESCRIPTOR = ProviderDescriptor(
    name="whoop",
    display_name="WHOOP",
    capabilities=ProviderCapabilities.full_health(),
    verified=Verification(against="specification", date=date(2026, 11, 25)),
    connection=Connection.OAUTH2,
    oauth_endpoints=OAuthEndpoints(
        auth_url="https://api.prod.whoop.com/oauth/oauth2/auth",
        token_url="https://api.prod.whoop.com/oauth/oauth2/token",  # noqa: S106 - an address
        revoke_url="https://api.prod.whoop.com/developer/v2/user/access",
    ),
    oauth_params=OAuthParams(
        use_pkce=False,
        client_auth=ClientAuth.BODY,
        # A refresh asks for offline again, and ends both older tokens at once. (Vendor's guide and
        # public integrations, 2026-11.)
        additional_refresh_params={"scope": "offline"},
        refresh=RefreshStyle.RENEWS,
        revoke=RevokeStyle.DELETE,
        token_life_seconds=3600,
        # No answer of the token endpoint says whose it is.
        account_path=(),
    ),
    api_base_url="https://api.prod.whoop.com/developer",
    default_scopes=(
        "read:recovery",
        "read:cycles",
        "read:workout",
        "read:sleep",
        "read:profile",
        "read:body_measurement",
        "offline",
    ),
    scope_needs=(
        ScopeNeed(
            scope="read:workout",
            gives="your workouts",
            capability=ProviderCapabilities.ACTIVITIES,
        ),
        ScopeNeed(
            scope="read:sleep",
            gives="your sleep, and with it the days that everything else belongs to",
            capability=ProviderCapabilities.SLEEP_TRACKING | ProviderCapabilities.RECOVERY_METRICS,
        ),
        ScopeNeed(
            scope="read:recovery",
            gives="your recovery, heart rate variability and resting heart rate",
            capability=ProviderCapabilities.RECOVERY_METRICS,
        ),
        ScopeNeed(scope="read:cycles", gives="the strain and energy of your days"),
        ScopeNeed(scope="read:body_measurement", gives="your weight, height and top heart rate"),
        ScopeNeed(scope="read:profile", gives="your name"),
        ScopeNeed(scope="offline", gives="a connection that lasts longer than an hour"),
    ),
    credentials_help="Create an app at https://developer.whoop.com with your server's callback "
    "address as its redirect URL, and copy its Client ID and Client Secret.",
    limitations=(
        "No laps, streams, places, power or cadence: WHOOP's API tells a workout as a whole.",
        "Strain (0 to 21) is a score of days; a workout's is left out, for strains do not add up.",
        "Time in heart rate zones is left out: WHOOP does not say where its zones begin.",
        "Moving time is unknown: average speed is the distance over the whole duration.",
        "A day of WHOOP's begins and ends with falling asleep, and counts for the day of waking.",
        "A day without a recorded night has neither strain nor energy.",
        "The stages of a night are sums without times of their own.",
        "Weight is what stands at WHOOP today, without a date or a history.",
        "Skin temperature is absolute, not relative to the athlete's own.",
    ),
)


class WhoopProviderFactory(ProviderFactory):
    """Makes the provider of one athlete."""

    @property
    def descriptors(self) -> tuple[ProviderDescriptor, ...]:
        """The one descriptor."""
        return (DESCRIPTOR,)

    def create(self, config: ProviderConfig, context: ProviderContext) -> FitnessProvider:
        """A provider over the client in the context; calls nothing."""
        from providers.whoop.api import WhoopProvider  # noqa: PLC0415 - see module

        return WhoopProvider(DESCRIPTOR, config, context)

    def webhook_receiver(self, name: str) -> WebhookReceiver | None:  # noqa: ARG002 - there is one
        """How WHOOP pushes."""
        from providers.whoop.pushes import WhoopPushes  # noqa: PLC0415 - see module

        return WhoopPushes()


factory = WhoopProviderFactory()
