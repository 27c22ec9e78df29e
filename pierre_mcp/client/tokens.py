"""What the client asks of whoever keeps the tokens."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Protocol

from pierre_mcp.errors import AuthenticationFailed


class TokenSource(Protocol):
    """One connection's current secret.

    Both methods raise ``NotConnected`` or ``AuthenticationFailed`` when there is none to be had,
    and transient errors when it cannot be said now.
    """

    @property
    def account_id(self) -> str | None:
        """The account's id at the provider; known once ``token`` has returned."""

    @property
    def granted_scopes(self) -> AbstractSet[str]:
        """The scopes of the connection; known once ``token`` has returned."""

    async def token(self) -> str:
        """A secret that is valid now, refreshed first where it was about to end."""

    async def renewed(self, refused: str) -> str:
        """Another secret than ``refused``, which the API answered with 401; asked once a call."""


@dataclass(frozen=True, slots=True)
class FixedToken:
    """A secret that the operator configured and that only they can replace."""

    provider: str
    secret: str = field(repr=False)
    account_id: str | None = None
    granted_scopes: AbstractSet[str] = frozenset()

    async def token(self) -> str:
        """The secret."""
        return self.secret

    async def renewed(self, refused: str) -> str:  # noqa: ARG002 - the protocol's
        """There is no other one."""
        raise AuthenticationFailed(
            self.provider,
            f"{self.provider} does not accept the key in this server's settings. Set another one.",
        )
