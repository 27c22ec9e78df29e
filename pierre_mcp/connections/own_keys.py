"""The operator's own key where the API takes a token in its place; kept in memory only.

It is theirs and of this process: no row, no lock, and nothing to disconnect.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import anyio

from pierre_mcp.connections import key_exchange
from pierre_mcp.connections.oauth import Granted, Refusal
from pierre_mcp.connections.records import Tokens
from pierre_mcp.connections.sending import Send
from pierre_mcp.errors import AuthenticationFailed, PierreError, ProviderServerError
from pierre_mcp.spi import KeyExchange, ProviderConfig

EARLY_PART = 0.1
"""A token is exchanged anew that part of its life before it ends."""

FAILURE_COUNTS = timedelta(seconds=10)
"""How long a failed exchange answers for whoever asks next, so that nothing storms."""


@dataclass(slots=True, kw_only=True)
class OwnKey:
    """A ``TokenSource`` of the client's."""

    config: ProviderConfig
    exchanged: KeyExchange
    key: str = field(repr=False)
    send: Send = field(repr=False)
    clock: Callable[[], datetime] = field(repr=False)
    account_id: None = None
    granted_scopes: frozenset[str] = frozenset()
    _tokens: Tokens | None = field(default=None, repr=False)
    _failure: tuple[datetime, PierreError] | None = field(default=None, repr=False)
    _one_at_a_time: anyio.Lock = field(default_factory=anyio.Lock, repr=False)

    async def token(self) -> str:
        """A token that is valid now."""
        async with self._one_at_a_time:
            if self._tokens is None or self._is_due(self._tokens):
                self._tokens = await self._exchange()
            return self._tokens.access

    async def renewed(self, refused: str) -> str:
        """Another token than the one that the API refused."""
        async with self._one_at_a_time:
            if self._tokens is None or self._tokens.access == refused:
                self._tokens = await self._exchange()
            return self._tokens.access

    def _is_due(self, tokens: Tokens) -> bool:
        if tokens.expires_at is None:
            return False
        life = tokens.expires_at - tokens.obtained_at
        return self.clock() >= tokens.expires_at - life * EARLY_PART

    async def _exchange(self) -> Tokens:
        if self._failure is not None:
            failed_at, failure = self._failure
            if timedelta(0) <= self.clock() - failed_at < FAILURE_COUNTS:
                raise failure.with_traceback(None)
        try:
            tokens = await self._ask()
        except PierreError as failure:
            self._failure = (self.clock(), failure)
            raise
        self._failure = None
        return tokens

    async def _ask(self) -> Tokens:
        request = key_exchange.exchange(self.exchanged, self.config, self.key)
        name = self.config.name
        answer = await self.send(
            name, request.method, request.url, headers=request.headers, body=request.body
        )
        granted = key_exchange.read_exchange(answer, self.exchanged, self.key, self.clock())
        if isinstance(granted, Granted):
            return granted.tokens
        if granted is Refusal.GRANT:
            raise AuthenticationFailed(
                name, f"{name} does not accept the key in this server's settings. Set another one."
            )
        raise ProviderServerError(name, f"{name} could not exchange the key just now.")
