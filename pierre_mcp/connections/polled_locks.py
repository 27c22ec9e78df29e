"""What every kind of lock has in common: turns within the process, then asking until it is free."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256

import anyio

from pierre_mcp.connections.finishing import to_the_end
from pierre_mcp.principal import Principal

_FIRST_PAUSE_SECONDS = 0.01
_LONGEST_PAUSE_SECONDS = 0.1

Sleep = Callable[[float], Awaitable[object]]


def lock_name(principal: Principal, provider: str) -> str:
    """A name for a connection's lock that fits in a file name and tells nothing."""
    parts = [part.encode("utf-8", "surrogatepass") for part in (*_parts(principal), provider)]
    return sha256(b"".join(len(part).to_bytes(8, "big") + part for part in parts)).hexdigest()[:40]


class PolledLocks(ABC):
    """Locks between processes that can be tried for, not waited for.

    Within the process one task at a time tries for a name, so ``_try`` is never called for a name
    that is held here.
    """

    def __init__(self, *, sleep: Sleep = anyio.sleep) -> None:
        self._sleep = sleep
        self._turns: dict[str, _Turn] = {}

    @abstractmethod
    async def _try(self, name: str) -> bool:
        """Take the lock if it is free. Not cancelled midway, so it must end by itself."""

    @abstractmethod
    async def _free(self, name: str) -> None:
        """Let go of the lock where ``_try`` took it; harmless where it did not."""

    @asynccontextmanager
    async def hold(self, principal: Principal, provider: str) -> AsyncIterator[None]:
        """Wait for the connection's lock and hold it."""
        name = lock_name(principal, provider)
        async with self._turn(name):
            try:
                pause = _FIRST_PAUSE_SECONDS
                while not await to_the_end(self._try(name)):
                    await self._sleep(pause)
                    pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
                yield
            finally:
                # Also where waiting was cancelled: the last try may have taken it.
                await to_the_end(self._free(name))

    @asynccontextmanager
    async def _turn(self, name: str) -> AsyncIterator[None]:
        turn = self._turns.setdefault(name, _Turn())
        turn.wanted += 1
        try:
            async with turn.lock:
                yield
        finally:
            turn.wanted -= 1
            if not turn.wanted:
                del self._turns[name]


@dataclass(slots=True)
class _Turn:
    lock: anyio.Lock = field(default_factory=anyio.Lock)
    wanted: int = 0


def _parts(principal: Principal) -> tuple[str, str]:
    return principal.tenant, principal.user
