"""Bearer tokens that the operator makes: opaque, of 256 bits, kept as their hash only.

Making one and checking one. Where they are kept is the store's matter.
"""

import hashlib
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from pierre_mcp.connections.records import ApiToken
from pierre_mcp.principal import Principal
from pierre_mcp.server.identity.outcome import Accepted, Refusal, person

PREFIX = "pierre_"
"""By it a person, and a scanner for leaked secrets, knows what it is."""
_FORM = re.compile(rf"{PREFIX}[0-9a-f]{{64}}")
_UNKNOWN = Refusal(reason="No such API token: it was never made here, or it was removed.")


class ApiTokenStore(Protocol):
    """What is asked of whoever keeps the tokens' records, each under its token's hash."""

    async def add_api_token(self, token: ApiToken, token_hash: str, /) -> None:
        """Keep a new one."""

    async def api_token(self, token_hash: str, /) -> ApiToken | None:
        """The one with that hash, revoked and expired ones too."""

    async def api_tokens(self) -> tuple[ApiToken, ...]:
        """All of them."""

    async def revoke_api_token(self, token_id: str, now: datetime, /) -> bool:
        """End one; ``False`` where there is none of that id. Repeating it is harmless."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewApiToken:
    """A token just made: ``text`` is shown to the operator once and kept nowhere."""

    text: str = field(repr=False)
    token_hash: str = field(repr=False)
    record: ApiToken


def new_api_token(
    tenant: str,
    user: str,
    *,
    label: str,
    now: datetime,
    expires_at: datetime | None = None,
    entropy: Callable[[int], bytes] = secrets.token_bytes,
) -> NewApiToken:
    """A token for a person; raises ``ValueError`` for names that nobody can have."""
    text = PREFIX + entropy(32).hex()
    record = ApiToken(
        id=entropy(6).hex(),
        principal=person(tenant, user),
        label=label,
        created_at=now,
        expires_at=expires_at,
    )
    return NewApiToken(text=text, token_hash=hash_of(text), record=record)


def hash_of(text: str) -> str:
    """What is kept of a token. Of 256 random bits a plain hash gives nothing away."""
    return hashlib.sha256(text.encode("ascii")).hexdigest()


class ApiTokens:
    """Checks tokens that the operator made."""

    def __init__(self, store: ApiTokenStore, *, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    async def check(self, token: str) -> Accepted | Refusal:
        """Whose token it is, or why it is refused; asked anew each time, so revoking is at once."""
        if not _FORM.fullmatch(token):
            return _UNKNOWN
        record = await self._store.api_token(hash_of(token))
        if record is None:
            return _UNKNOWN
        if record.revoked_at is not None:
            return Refusal(reason="The API token was revoked. Ask the operator for another.")
        if record.expires_at is not None and record.expires_at <= self._clock():
            return Refusal(reason="The API token has expired. Ask the operator for another.")
        return Accepted(principal=_checked(record.principal))


def _checked(principal: Principal) -> Principal:
    """The principal, if it is one that a token may stand for; a record may be older than a rule."""
    return person(principal.tenant, principal.user)
