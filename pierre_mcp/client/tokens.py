"""What the client asks of whoever keeps the tokens."""

from collections.abc import Set as AbstractSet
from typing import Protocol


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
