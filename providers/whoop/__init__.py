"""WHOOP: workouts, sleep, recovery, the strain and energy of days, and the athlete; API v2 only.

This module is data and a factory only; ``api`` makes the calls, ``mapping`` and ``days`` turn
payloads into unified values, ``listing`` knows where a list goes on, ``pushes`` reads webhooks.
"""

from datetime import date

from pierre_mcp.spi import (
    ClientAuth,
    Connection,
    OAuthEndpoints,
    OAuthParams,
    ProviderCapabilities,
    ProviderDescriptor,
    RateLimits,
    RateWindow,
    RefreshStyle,
    RevokeStyle,
    ScopeNeed,
    SingleProviderFactory,
    Terms,
    Verification,
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
        # No answer of the token endpoint says whose it is, and pushes name this one.
        account_at="/v2/user/profile/basic",
        account_path=("user_id",),
    ),
    api_base_url="https://api.prod.whoop.com/developer",
    rate_limits=RateLimits(
        windows=(RateWindow(requests=100, seconds=60), RateWindow(requests=10_000, seconds=86_400))
    ),
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
    terms=Terms(source="https://developer.whoop.com/api-terms-of-use", read=None),
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

factory = SingleProviderFactory(
    DESCRIPTOR, "providers.whoop.api:WhoopProvider", pushes="providers.whoop.pushes:WhoopPushes"
)
