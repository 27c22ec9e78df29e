"""Terra: what a device brand recorded, by way of Terra's API v2, and which brand it was.

This module is data and a factory only; ``api`` makes the calls, ``mapping``, ``days`` and
``series`` turn payloads into unified values, ``listing`` knows where a list goes on, ``pushes``
reads webhooks.
"""

import re
from datetime import date
from typing import Any

from pierre_mcp.errors import ErrorType
from pierre_mcp.spi import (
    ApiAuth,
    Connection,
    HostedLink,
    ProviderCapabilities,
    ProviderDescriptor,
    ProviderSetting,
    RateLimits,
    SingleProviderFactory,
    Terms,
    Verification,
)

_NO_SUCH_USER = re.compile(r"user\b.{0,40}\bnot found|invalid user|no such user", re.IGNORECASE)
_NO_SUCH_KEYS = re.compile(r"api.?key|dev.?id|unauthori[sz]ed|credentials", re.IGNORECASE)
_LONGEST_TEXT = 500


def read_error(status: int, body: Any) -> ErrorType | None:
    """What an error of Terra's means: there is no token, so a 401 is about the operator's keys.

    Errors are problem+json, and at the older address an object with ``status`` "error", perhaps
    in a success. Only the first form is in the description; the texts of a 401 and 404 beyond its
    examples are unconfirmed, so a 404 ends a connection only where it speaks of the user (2026-11).
    """
    told = body if isinstance(body, dict) else {}
    failed_in_success = status < 400 and told.get("status") == "error"  # noqa: PLR2004 - HTTP's
    if status < 400 and not failed_in_success:  # noqa: PLR2004
        return None
    texts = (told.get(name) for name in ("detail", "message", "title"))
    text = " ".join(text[:_LONGEST_TEXT] for text in texts if isinstance(text, str))
    if status in (400, 404) or failed_in_success:
        if _NO_SUCH_USER.search(text):
            return ErrorType.NEEDS_REAUTH
        if failed_in_success and _NO_SUCH_KEYS.search(text):
            return ErrorType.NOT_CONFIGURED
    if status in (401, 403):
        return ErrorType.NOT_CONFIGURED
    return ErrorType.PROVIDER_ERROR if failed_in_success else None


DESCRIPTOR = ProviderDescriptor(
    name="terra",
    display_name="Terra",
    capabilities=ProviderCapabilities.full_health() & ~ProviderCapabilities.OAUTH,
    verified=Verification(against="specification", date=date(2026, 11, 25)),
    connection=Connection.HOSTED_LINK,
    hosted_link=HostedLink(
        path="/auth/generateWidgetSession",
        reference_field="reference_id",
        return_fields=("auth_success_redirect_url", "auth_failure_redirect_url"),
        link_field="url",
        account_parameter="user_id",
        check_path="/userInfo",
        check_parameter="user_id",
        check_reference=("user", "reference_id"),
        # After a refusal too, the way back names a user. (Vendor's guide, 2026-11.)
        check_consent=("is_authenticated",),
        revoke_path="/auth/deauthenticateUser",
        body={"language": "en"},
    ),
    api_auth=ApiAuth(
        header=None,
        account_query="user_id",
        app_headers={"dev-id": "dev_id", "x-api-key": "api_key"},
    ),
    # The older https://api.tryterra.co/v2 is an api_base_url away.
    # 6,000 days of one person's data an hour are allowed, which its own headers tell of.
    rate_limits=RateLimits(headers=("x-terra-ratelimit",), at_once_per_person=3),
    api_base_url="https://access.tryterra.co/api/v2",
    read_error=read_error,
    errors_in_success=True,
    settings=(
        ProviderSetting(
            name="dev_id",
            description="the developer ID of your Terra account, from its dashboard",
            required=True,
        ),
        ProviderSetting(
            name="api_key",
            description="the API key that belongs to the developer ID",
            required=True,
            secret=True,
        ),
        ProviderSetting(
            name="signing_secret",
            description="the signing secret of your webhook destination; without it, pushes are "
            "refused",
            secret=True,
        ),
    ),
    terms=Terms(
        source="https://tryterra.co/terms-of-service",
        read=None,
    ),
    limitations=(
        "One connection leads to one device brand; recorded_by says which.",
        "Which fields are filled depends on the brand.",
        "Brands that connect in a phone's app only, as Apple Health, cannot be connected here.",
        "How far back one sees is up to the brand: at Polar 30 days, at Garmin five years.",
        "Without bounds, a list of activities looks back five years.",
        "Two years of nights or days are read at most for one question.",
        "An id holds the day of its activity: one that is moved to another day has another id.",
        "Cadence is told of rides only: Terra does not say whether it counts one foot or both.",
        "Training load is Terra's TRIMP score, where the account has it; it is not TSS.",
        "No normalized power and no gear.",
        "Time in zones is left out: they are shares of a highest heart rate that is seldom known.",
        "The stages of a night are sums: their course comes only with every sample of the night.",
        "Blood oxygen is that of nights: by day, Terra's number may be of muscles.",
        "Where a brand gives no time zone, times are the clock on the athlete's wall, and say so.",
    ),
)

factory = SingleProviderFactory(
    DESCRIPTOR, "providers.terra.api:TerraProvider", pushes="providers.terra.pushes:TerraPushes"
)
