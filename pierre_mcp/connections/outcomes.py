"""What this room tells others: how a connection stands, and what came of making or ending one.

Values without behaviour, so that pages, tools and commands can put them into words.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pierre_mcp.principal import Principal
from pierre_mcp.spi import ScopeNeed

CONSENT_LIFE = timedelta(minutes=10)
"""How long a consent that was begun may take."""


class ConnectionState(StrEnum):
    """The closed list of how a provider stands for a person."""

    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    PENDING = "pending"
    EXPIRED = "expired"
    NEEDS_REAUTH = "needs_reauth"
    UNAVAILABLE = "unavailable"


class Result(StrEnum):
    """The closed list of what can come of a consent."""

    CONNECTED = "connected"
    DENIED = "denied"
    STATE_UNKNOWN = "state_unknown"
    """Missing, wrong, over, used, another provider's, or another browser's: no telling which."""
    PROVIDER_FAILED = "provider_failed"
    NOT_ACCEPTED = "not_accepted"
    """The provider does not accept the operator's credentials."""
    KEY_REFUSED = "key_refused"
    """The provider does not accept the pasted key; another one may be pasted in its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a consent, for whom, and what it lacks."""

    result: Result
    provider: str
    principal: Principal | None = None
    lacking: tuple[ScopeNeed, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How a provider stands for a person, and what to do about it."""

    state: ConnectionState
    detail: str | None = None
    lacking: tuple[ScopeNeed, ...] = ()
    expires_at: datetime | None = None


def not_connected(provider: str) -> Status:
    """How a provider stands that the person never connected."""
    return Status(
        state=ConnectionState.DISCONNECTED,
        detail=f"Not connected. Call connect_provider with '{provider}'.",
    )


class Revoked(StrEnum):
    """What became of telling the provider."""

    YES = "revoked"
    FAILED = "failed"
    NOT_OFFERED = "not_offered"
    NOTHING = "nothing_to_revoke"


@dataclass(frozen=True, slots=True, kw_only=True)
class Disconnection:
    """What disconnecting did at the provider and here."""

    revoked: Revoked
    removed: bool
