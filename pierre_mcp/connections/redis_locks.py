"""Locks in Redis in front of other locks: they spare the database the asking, and decide nothing.

Whoever has the lock here still takes the inner one. Without Redis, or with a slow one, the inner
lock alone does; so a lease that ends too early is harmless as well.
"""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import anyio
import structlog
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.lock import Lock
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from pierre_mcp.connections.locks import RefreshLocks
from pierre_mcp.connections.polled_locks import PolledLocks, Sleep
from pierre_mcp.errors import ConfigurationError
from pierre_mcp.principal import Principal

_LEASE_SECONDS = 30
_ANSWER_SECONDS = 0.5
_REST_SECONDS = 10
_MOST_CONNECTIONS = 10

_log = structlog.get_logger(__name__)


class RedisLocks:
    """The inner locks, behind a queue in Redis."""

    def __init__(
        self,
        inner: RefreshLocks,
        url: str,
        *,
        lease_seconds: float = _LEASE_SECONDS,
        answer_seconds: float = _ANSWER_SECONDS,
        sleep: Sleep = anyio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._inner = inner
        self._queue = _RedisQueue(client_of(url, answer_seconds), lease_seconds, sleep, clock)

    @asynccontextmanager
    async def hold(self, principal: Principal, provider: str) -> AsyncIterator[None]:
        """Wait in Redis, then hold the inner lock."""
        async with self._queue.hold(principal, provider), self._inner.hold(principal, provider):
            yield

    async def close(self) -> None:
        """Let go of Redis and of the inner locks."""
        await self._queue.close()
        await self._inner.close()


class _RedisQueue(PolledLocks):
    """Waits at most a lease for its turn; after that, or without Redis, it is everyone's turn."""

    def __init__(
        self, client: Redis, lease_seconds: float, sleep: Sleep, clock: Callable[[], float]
    ) -> None:
        super().__init__(sleep=sleep)
        self._client = client
        self._lease_seconds = lease_seconds
        self._clock = clock
        self._held: dict[str, Lock] = {}
        self._since: dict[str, float] = {}
        self._rests_until = clock()
        self._failing = False

    async def close(self) -> None:
        with suppress(RedisError, OSError):
            await self._client.aclose()

    async def _try(self, name: str) -> bool:
        now = self._clock()
        waits_since = self._since.setdefault(name, now)
        if now < self._rests_until or now - waits_since > self._lease_seconds:
            return True
        lock = self._client.lock(
            f"pierre:refresh:{name}", timeout=self._lease_seconds, thread_local=False
        )
        try:
            taken = bool(await lock.acquire(blocking=False))
        except (RedisError, OSError) as failure:
            self._rest(failure)
            return True
        self._failing = False
        if taken:
            self._held[name] = lock
        return taken

    async def _free(self, name: str) -> None:
        self._since.pop(name, None)
        if (lock := self._held.pop(name, None)) is not None:
            # Gone, or another's since the lease ended: either way nothing of ours is left there.
            with suppress(RedisError, OSError):
                await lock.release()

    def _rest(self, failure: Exception) -> None:
        self._rests_until = self._clock() + _REST_SECONDS
        if not self._failing:
            self._failing = True
            _log.warning("redis_locks_left_out", error=type(failure).__name__)


def client_of(url: str, answer_seconds: float) -> Redis:
    """A client that soon gives up; raises ``ConfigurationError`` for what is no address."""
    try:
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=_MOST_CONNECTIONS,
            timeout=answer_seconds,
            socket_timeout=answer_seconds,
            socket_connect_timeout=answer_seconds,
            # Once more, for a connection that was idle for too long.
            retry=Retry(NoBackoff(), 1),
        )
    except ValueError:
        raise ConfigurationError(
            "REDIS_URL: must be redis://, rediss:// or unix:// and an address"
        ) from None
    return Redis.from_pool(pool)
