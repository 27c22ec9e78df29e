"""Strava: activities with laps and streams, best efforts, and the athlete.

This module is data and a factory only; ``api`` makes the calls, ``mapping``, ``series`` and
``zones`` turn payloads into unified values, ``listing`` knows where a list goes on.
"""

from datetime import date
from typing import Any

from pierre_mcp.errors import ErrorType
from pierre_mcp.spi import (
    ClientAuth,
    Connection,
    OAuthEndpoints,
    OAuthParams,
    ProviderCapabilities,
    ProviderDescriptor,
    ProviderSetting,
    RateLimits,
    RateWindow,
    RefreshStyle,
    RevokeStyle,
    ScopeNeed,
    SingleProviderFactory,
    Terms,
    Upcoming,
    Verification,
)


def read_error(status: int, body: Any) -> ErrorType | None:
    """What an error of Strava's means where its status alone misleads.

    A token without the permission is answered 401 as a dead token is; only the code ``missing``
    tells them apart. An application that Strava has switched off is answered 403. (Seen in public
    integrations, 2026-11.)
    """
    errors = body.get("errors") if isinstance(body, dict) else None
    for error in errors if isinstance(errors, list) else ():
        if not isinstance(error, dict):
            continue
        if status in (401, 403) and error.get("code") == "missing":
            return ErrorType.MISSING_SCOPE
        if status == 403 and error.get("resource") == "Application":  # noqa: PLR2004 - HTTP's
            return ErrorType.NOT_CONFIGURED
    return None


DESCRIPTOR = ProviderDescriptor(
    name="strava",
    display_name="Strava",
    # The only value of the body is today's weight, without a history: it stands on the athlete.
    capabilities=ProviderCapabilities.activity_only(),
    verified=Verification(against="specification", date=date(2026, 11, 24)),
    connection=Connection.OAUTH2,
    oauth_endpoints=OAuthEndpoints(
        auth_url="https://www.strava.com/oauth/authorize",
        token_url="https://www.strava.com/oauth/token",  # noqa: S106 - an address
        # RFC 7009 since 2026-06-01. The older /oauth/deauthorize, which takes the field
        # access_token, is answered until 2027-06-01 and is a revoke_url and a revoke_style away.
        # (One public source, seen 2026-11.)
        revoke_url="https://www.strava.com/oauth/revoke",
    ),
    oauth_params=OAuthParams(
        # Commas in the request and on the way back; since 2026-04-23 the token endpoint answers
        # with spaces. (Public integrations, seen 2026-11.)
        scope_separator=",",
        use_pkce=False,
        additional_auth_params={"approval_prompt": "auto"},
        client_auth=ClientAuth.BODY,
        refresh=RefreshStyle.RENEWS,
        revoke=RevokeStyle.TOKEN_FORM,
        token_life_seconds=21_600,
        account_path=("athlete", "id"),
    ),
    # www.api-v3.strava.com is there from 2027-01-04 and the only one from 2027-06-01: until then
    # it is the operator's api_base_url. (One public source, seen 2026-11.)
    api_base_url="https://www.strava.com/api/v3",
    # (Vendor's guide to rate limits; windows begin at quarters of an hour and at midnight UTC.)
    rate_limits=RateLimits(
        windows=(
            RateWindow(requests=100, seconds=900, aligned=True, header="x-readratelimit"),
            RateWindow(requests=1000, seconds=86_400, aligned=True, header="x-readratelimit"),
            RateWindow(requests=200, seconds=900, aligned=True),
            RateWindow(requests=2000, seconds=86_400, aligned=True),
        )
    ),
    default_scopes=("read", "activity:read_all", "profile:read_all"),
    scope_needs=(
        ScopeNeed(
            scope="activity:read_all",
            gives="your activities",
            capability=ProviderCapabilities.ACTIVITIES,
            alternatives=("activity:read",),
        ),
        ScopeNeed(
            scope="activity:read_all",
            gives="activities that only you can see, and what your privacy zones hide",
        ),
        ScopeNeed(
            scope="profile:read_all",
            gives="your weight, your functional threshold power and your zones",
        ),
    ),
    settings=(
        ProviderSetting(
            name="webhook_verify_token",
            description="a word of your own, given when you make the push subscription",
            secret=True,
        ),
        ProviderSetting(
            name="webhook_subscription_id",
            description="the id of that subscription; without it, only signed pushes are taken",
        ),
    ),
    credentials_help="Create an API application at https://www.strava.com/settings/api with the "
    "callback domain 'localhost' (or your server's) and copy its Client ID and Client Secret.",
    read_error=read_error,
    terms=Terms(
        source="https://www.strava.com/legal/api",
        read=date(2026, 11, 24),
        keep_days=7,
        sharing="Strava data may be shown to the athlete whose it is, and to nobody else.",
        ai="Strava's API agreement limits use with AI models: read it before you connect.",
    ),
    upcoming=(
        Upcoming(
            date=date(2027, 1, 4),
            what="the API is at www.api-v3.strava.com too: set PIERRE_STRAVA_API_BASE_URL to it.",
        ),
        Upcoming(
            date=date(2027, 6, 1),
            what="the API is at www.api-v3.strava.com only, and /oauth/deauthorize is gone.",
        ),
    ),
    limitations=(
        "No sleep, no recovery, no history of weight: the current weight stands on the athlete.",
        "Power is what a power meter measured: Strava's estimates are left out.",
        "Training load is Strava's relative effort, from heart rate; it is not TSS.",
        "Calories and the name of the gear are known of single activities, not in lists.",
        "Time in zones is for Strava's subscribers; power's are steps of 50 W, not the athlete's.",
        "Where the athlete hides the start time, Strava gives only the day.",
        "Personal records look at the newest 1,000 activities, and inside 20 runs among them.",
    ),
)

factory = SingleProviderFactory(
    DESCRIPTOR, "providers.strava.api:StravaProvider", pushes="providers.strava.pushes:StravaPushes"
)
