"""What is kept of connections, in clear, as the rest of the room passes it around.

The store seals the secret fields on their way to the database and opens them on their way back.
"""

from dataclasses import dataclass, field
from datetime import datetime

from pierre_mcp.principal import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """A connection's secrets and how long they live; ``access`` may be a pasted key.

    ``expires_at`` is ``None`` where the secret has no known end.
    """

    access: str = field(repr=False)
    refresh: str | None = field(default=None, repr=False)
    obtained_at: datetime
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionRecord:
    """One person's connection to one provider.

    ``version`` grows with every change; a write names the version it read and is refused when
    another process was first. ``needs_reauth`` is the sentence for the person when the provider no
    longer accepts the connection. ``refused_at`` is when a refresh was first refused without a
    clear reason. ``ends_at`` is when a pasted key ends by itself, where the person told us.
    """

    principal: Principal
    provider: str
    tokens: Tokens
    connected_at: datetime
    requested_scopes: frozenset[str] = frozenset()
    granted_scopes: frozenset[str] = frozenset()
    account_id: str | None = None
    needs_reauth: str | None = None
    refused_at: datetime | None = None
    ends_at: datetime | None = None
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingAuthorization:
    """A consent that was begun and has not come back; found by the hash of its ``state``.

    ``browser`` is the hash of the cookie of the browser that our page was opened in, where one was.
    """

    state: str = field(repr=False)
    principal: Principal
    provider: str
    redirect_uri: str
    code_verifier: str | None = field(default=None, repr=False)
    requested_scopes: frozenset[str] = frozenset()
    created_at: datetime
    expires_at: datetime
    browser: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingSummary:
    """What can be told of a begun consent without its ``state``, which only its link knows."""

    provider: str
    redirect_uri: str
    requested_scopes: frozenset[str]
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """A bearer token that the operator made; the token itself is not kept, only its hash."""

    id: str
    principal: Principal
    label: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None = None
