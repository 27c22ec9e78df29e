"""From the claims of a token whose signature is good to a person, or to why it is refused.

Pure: what is expected and the present are handed in. It knows no key and no network.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pierre_mcp.server.identity.outcome import Accepted, Refusal, person

LEEWAY_SECONDS = 30
"""How far the issuer's clock may be from ours."""
DEFAULT_TENANT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Whose tokens are taken, for whom they must be meant, and where they name the person."""

    issuer: str
    audience: str
    tenant_claim: str
    user_claim: str


def read_claims(claims: Mapping[str, Any], expected: Expected, now: datetime) -> Accepted | Refusal:
    """The person whom the claims name, if they are for us and for now."""
    if claims.get("iss") != expected.issuer:
        return Refusal(reason="The token comes from another issuer.")
    if expected.audience not in _texts(claims.get("aud")):
        return Refusal(
            reason="The token is meant for another server: its audience is not this one."
        )
    if refusal := _untimely(claims, now.timestamp()):
        return refusal
    if "cnf" in claims:
        # Bound to a key of the client's, which a bearer token does not show (RFC 9449, RFC 8705).
        return Refusal(reason="The token is bound to a key and cannot be used as a bearer token.")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject:
        return Refusal(reason="The token does not say whose it is: it has no sub.")
    try:
        principal = person(
            claims.get(expected.tenant_claim, DEFAULT_TENANT), claims.get(expected.user_claim)
        )
    except ValueError as unusable:
        return Refusal(reason=f"The token names nobody we can serve: {unusable}.")
    return Accepted(principal=principal, scopes=_scopes(claims))


def _untimely(claims: Mapping[str, Any], now: float) -> Refusal | None:
    expires = _seconds(claims.get("exp"))
    if expires is None:
        return Refusal(reason="The token does not say when it ends: it has no usable exp.")
    if expires + LEEWAY_SECONDS <= now:
        return Refusal(reason="The token has expired. Get a new one from its issuer.")
    for name in ("nbf", "iat"):
        if name not in claims:
            continue
        begins = _seconds(claims[name])
        if begins is None or begins - LEEWAY_SECONDS > now:
            return Refusal(reason=f"The token is not valid yet: its {name} lies ahead.")
    return None


def _seconds(value: object) -> float | None:
    """A finite number of seconds; JSON parsers let ``true``, NaN and infinity through."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        seconds = float(value)
    except OverflowError:
        return None
    return seconds if math.isfinite(seconds) else None


def _scopes(claims: Mapping[str, Any]) -> frozenset[str]:
    """The scopes, in the standard claim (RFC 9068) or as some issuers write it, ``scp``."""
    granted = claims.get("scope", claims.get("scp"))
    return frozenset(granted.split()) if isinstance(granted, str) else frozenset(_texts(granted))


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list):
        return tuple(item for item in value if isinstance(item, str))
    return ()
