"""COROS: workouts with their FIT files, and the sleep and recovery of days; for its partners.

This module is data and a factory only; ``api`` makes the calls, ``mapping`` turns payloads into
unified values. There is no public reference: all of it follows public integrations (2026-11), and
what they do not agree on is left out.
"""

from datetime import date
from typing import Any

from pierre_mcp.errors import ErrorType
from pierre_mcp.spi import (
    ApiAuth,
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
    SingleProviderFactory,
    Terms,
    Verification,
)

_MEANINGS = {
    "5001": ErrorType.INVALID_RESPONSE,
    "5006": ErrorType.NEEDS_REAUTH,
    "5010": ErrorType.NEEDS_REAUTH,
}
NO_FAILURE = ("0000", "5016")
"""Success, and "no data", which is an empty answer."""


def read_error(status: int, body: Any) -> ErrorType | None:
    """What a result code means: COROS answers 200 to everything but too many requests."""
    code = body.get("result") if isinstance(body, dict) else None
    if status != 200 or not isinstance(code, str) or code in NO_FAILURE:  # noqa: PLR2004 - HTTP's
        return None
    return _MEANINGS.get(code, ErrorType.PROVIDER_ERROR)


DESCRIPTOR = ProviderDescriptor(
    name="coros",
    display_name="COROS",
    capabilities=ProviderCapabilities.activity_only()
    | ProviderCapabilities.SLEEP_TRACKING
    | ProviderCapabilities.RECOVERY_METRICS,
    verified=Verification(against="specification", date=date(2026, 11, 25)),
    experimental="COROS publishes no reference: this follows other people's integrations, and what "
    "some of its numbers mean is not confirmed.",
    connection=Connection.OAUTH2,
    oauth_endpoints=OAuthEndpoints(
        auth_url="https://open.coros.com/oauth2/authorize",
        token_url="https://open.coros.com/oauth2/accesstoken",  # noqa: S106 - an address
        refresh_url="https://open.coros.com/oauth2/refresh-token",
        revoke_url="https://open.coros.com/oauth2/deauthorize",
    ),
    oauth_params=OAuthParams(
        use_pkce=False,
        client_auth=ClientAuth.BODY,
        # Nothing rotates: the same token lives for another 30 days.
        refresh=RefreshStyle.EXTENDS,
        revoke=RevokeStyle.TOKEN_QUERY,
        token_life_seconds=30 * 86_400,
        account_path=("openId",),
        denies_without_error=True,
    ),
    api_auth=ApiAuth(header=None, query="token", account_query="openId"),
    rate_limits=RateLimits(windows=(RateWindow(requests=1000, seconds=60),)),
    api_base_url="https://open.coros.com",
    # The first is in public integrations of partners, the second in those of COROS's own pages, for
    # accounts outside China (2026-11).
    file_hosts=("oss.coros.com", "s3.coros.com"),
    credentials_help="COROS gives a Client ID and Client Secret to its partners: apply at "
    "https://support.coros.com for its Open API.",
    read_error=read_error,
    errors_in_success=True,
    terms=Terms(source="the agreement of COROS with its partners, which is not public", read=None),
    limitations=(
        "For partners of COROS only: there is no application that anybody can make.",
        "Only about the last three months: COROS gives nothing that is older.",
        "Speed is distance over time: nobody has confirmed the unit of COROS's own.",
        "Heart rate, power, calories, climb, places, laps and streams are of single workouts only.",
        "The legs of a multisport workout are not told apart; its laps are those of all of them.",
        "Variability is taken for rMSSD: COROS's interface does not say which it is.",
        "No profile, no weight, no stages of sleep. Times of sleep are the clock on the wall.",
    ),
)

factory = SingleProviderFactory(DESCRIPTOR, "providers.coros.api:CorosProvider")
