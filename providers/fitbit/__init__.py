"""Fitbit over the Google Health API v4: exercises, sleep, recovery, the body, and the athlete.

This module is data and a factory only; ``api`` makes the calls, ``mapping`` and ``days`` turn
payloads into unified values, ``listing`` knows where a list goes on. The older Fitbit Web API is
gone, and who still configures it is told so.
"""

from datetime import date
from typing import Any
from urllib.parse import urlsplit

from pierre_mcp.errors import ErrorType
from pierre_mcp.spi import (
    ClientAuth,
    Connection,
    OAuthEndpoints,
    OAuthParams,
    ProviderCapabilities,
    ProviderConfig,
    ProviderDescriptor,
    ProviderSetting,
    RateLimits,
    RateWindow,
    RefreshStyle,
    RevokeStyle,
    ScopeNeed,
    SingleProviderFactory,
    Terms,
    Verification,
)

_SCOPE = "https://www.googleapis.com/auth/googlehealth.{}.readonly"
ACTIVITY, BODY, SLEEP, PROFILE, SETTINGS, PLACES = (
    _SCOPE.format(name)
    for name in (
        "activity_and_fitness",
        "health_metrics_and_measurements",
        "sleep",
        "profile",
        "settings",
        "location",
    )
)

_MEANINGS = {
    # Of google.rpc.ErrorInfo, which says it more exactly than the status.
    "ACCOUNT_NOT_LINKED": ErrorType.NOT_CONNECTED,
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT": ErrorType.MISSING_SCOPE,
    "SERVICE_DISABLED": ErrorType.NOT_CONFIGURED,
    # Of the error itself.
    "UNAUTHENTICATED": ErrorType.NEEDS_REAUTH,
    "NOT_FOUND": ErrorType.NOT_FOUND,
    "RESOURCE_EXHAUSTED": ErrorType.RATE_LIMITED,
    "DEADLINE_EXCEEDED": ErrorType.TIMEOUT,
}
_WEB_API_IS_GONE = (
    "The Fitbit Web API ended on 2026-11-02, and its applications and tokens with it, but {} is "
    "of it: {}, and let everybody connect again."
)


def read_error(status: int, body: Any) -> ErrorType | None:  # noqa: ARG001 - the body knows better
    """What an error in Google's form means: a reason among its details, else its status in words.

    (Samples and the catalogue of errors, 2026-11.)
    """
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return None
    details = error.get("details")
    reasons = [
        detail.get("reason")
        for detail in (details if isinstance(details, list) else ())
        if isinstance(detail, dict)
    ]
    for word in (*reasons, error.get("status")):
        if isinstance(word, str) and word in _MEANINGS:
            return _MEANINGS[word]
    # Google's guide to failures: so an account of Fitbit's own is refused, which consented in place
    # of a Google account. It names no reason then. (2026-11.)
    bare = error.get("status") == "PERMISSION_DENIED" and not any(reasons)
    return ErrorType.NOT_CONNECTED if bare else None


def review(config: ProviderConfig) -> str | None:
    """Whether the settings are those of the Fitbit Web API, which nobody answers any more."""
    addresses = {
        "AUTH_URL": config.auth_url,
        "TOKEN_URL": config.token_url,
        "REVOKE_URL": config.revoke_url,
        "REFRESH_URL": config.refresh_url,
        "API_BASE_URL": config.api_base_url,
    }
    for name, address in addresses.items():
        if f".{urlsplit(address or '').hostname}".endswith(".fitbit.com"):
            return _WEB_API_IS_GONE.format(f"PIERRE_FITBIT_{name}", "remove it")
    if config.scopes and not any("/auth/googlehealth." in scope for scope in config.scopes):
        return _WEB_API_IS_GONE.format("PIERRE_FITBIT_SCOPES", "remove it")
    if config.client_id and not config.client_id.endswith(".apps.googleusercontent.com"):
        return _WEB_API_IS_GONE.format(
            "PIERRE_FITBIT_CLIENT_ID",
            "make an OAuth client at Google (https://console.cloud.google.com/apis/credentials), "
            "set its id and its secret",
        )
    return None


DESCRIPTOR = ProviderDescriptor(
    name="fitbit",
    display_name="Fitbit",
    capabilities=ProviderCapabilities.full_health(),
    verified=Verification(against="specification", date=date(2026, 11, 25)),
    connection=Connection.OAUTH2,
    oauth_endpoints=OAuthEndpoints(
        auth_url="https://accounts.google.com/o/oauth2/v2/auth",
        token_url="https://oauth2.googleapis.com/token",  # noqa: S106 - an address
        revoke_url="https://oauth2.googleapis.com/revoke",
    ),
    oauth_params=OAuthParams(
        use_pkce=True,
        # Without both of the first, Google gives no refresh token to one who consented before.
        additional_auth_params={
            "access_type": "offline",
            "prompt": "consent",
            "include_granted_scopes": "true",
        },
        client_auth=ClientAuth.BODY,
        refresh=RefreshStyle.RENEWS,
        revoke=RevokeStyle.TOKEN_QUERY,
        token_life_seconds=3600,
        # No answer of the token endpoint says whose it is, and notices name this one.
        account_at="/users/me/identity",
        account_path=("healthUserId",),
    ),
    api_base_url="https://health.googleapis.com/v4",
    rate_limits=RateLimits(
        windows=(
            RateWindow(requests=300, seconds=60, per_person=True),
            RateWindow(requests=120_000, seconds=60),
            RateWindow(requests=86_400_000, seconds=86_400),
        )
    ),
    default_scopes=(ACTIVITY, BODY, SLEEP, PROFILE, SETTINGS, PLACES),
    scope_needs=(
        ScopeNeed(
            scope=ACTIVITY,
            gives="your exercises, your steps and the energy of your days",
            capability=ProviderCapabilities.ACTIVITIES,
        ),
        ScopeNeed(
            scope=SLEEP,
            gives="your nights and naps",
            capability=ProviderCapabilities.SLEEP_TRACKING,
        ),
        ScopeNeed(
            scope=BODY,
            gives="your resting heart rate, heart rate variability, breathing, oxygen saturation, "
            "skin temperature, weight and body fat",
            capability=ProviderCapabilities.RECOVERY_METRICS,
        ),
        ScopeNeed(scope=PLACES, gives="where your exercises went, and with it what they recorded"),
        ScopeNeed(scope=PROFILE, gives="since when you have your account"),
        ScopeNeed(scope=SETTINGS, gives="your time zone"),
    ),
    settings=(
        ProviderSetting(
            name="webhook_authorization",
            description="the header Authorization that you chose for your subscriber; without it, "
            "pushes are refused",
            secret=True,
        ),
    ),
    credentials_help="Enable the Google Health API in a project at "
    "https://console.cloud.google.com, make an OAuth client of the type 'Web application' there "
    "with your server's callback address, copy its id and secret, and publish the consent screen: "
    "while it is in testing, every connection ends after 7 days",
    read_error=read_error,
    review=review,
    # Of the policy's principles, in force since 2026-03-24; the rest of it was not gone through.
    terms=Terms(
        source="https://developers.google.com/health/policies/health-api-developer-user-data-policy",
        read=date(2026, 11, 25),
        sharing="Google forbids selling the data and using it for advertising.",
    ),
    limitations=(
        "The Fitbit Web API ended on 2026-11-02: neither its connections nor its apps carry over.",
        "While the consent screen at Google is in testing, a connection ends after 7 days.",
        "An application that Google has not verified serves at most 100 people.",
        "No power, highest heart rate, highest speed or training load: the API does not tell them.",
        "Streams are read from an exported file, which needs the permission for places.",
        "What an exported file holds is not described: what it lacks is left out.",
        "No score of sleep, recovery, readiness or stress: the API has none.",
        "The weight and height of the athlete are the newest measured ones.",
        "Total calories reach back 364 days from the end of what was asked.",
    ),
)

factory = SingleProviderFactory(
    DESCRIPTOR, "providers.fitbit.api:FitbitProvider", pushes="providers.fitbit.pushes:FitbitPushes"
)
