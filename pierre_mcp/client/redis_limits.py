"""Quotas in Redis, for all processes that share it; changed one after the other.

Imported only where there is a Redis.
"""

from typing import TypeVar

import anyio
from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from redis.exceptions import RedisError, WatchError

from pierre_mcp.client.limits import KEEP_SECONDS, Change, SharingFailedError

ANSWER_SECONDS = 0.5
"""How long one change may take; without it a process goes by what it knows itself."""

_PREFIX = "pierre:limits:"

T = TypeVar("T")


class RedisTexts:
    """A ``SharedTexts`` in one Redis."""

    def __init__(self, url: str) -> None:
        self._redis = Redis.from_url(
            url, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS
        )
        self._turns: dict[str, anyio.Lock] = {}

    async def change(self, name: str, change: Change[T]) -> T:
        """Read, change and write, anew where another process was quicker."""
        # The process's own callers queue here, so that only processes compete.
        turn = self._turns.setdefault(name, anyio.Lock())
        try:
            with anyio.fail_after(ANSWER_SECONDS):
                async with turn, self._redis.pipeline(transaction=True) as pipe:
                    while True:
                        try:
                            return await _attempt(pipe, _PREFIX + name, change)
                        except WatchError:
                            continue
        except (RedisError, OSError, TimeoutError, ValueError):
            raise SharingFailedError from None
        finally:
            if not turn.statistics().tasks_waiting and not turn.locked():
                self._turns.pop(name, None)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._redis.aclose()


async def _attempt(pipe: Pipeline, name: str, change: Change[T]) -> T:
    """One change; raises ``WatchError`` where the text was changed meanwhile."""
    await pipe.watch(name)
    kept = await pipe.get(name)
    text, outcome = change(kept.decode(errors="replace") if isinstance(kept, bytes) else None)
    pipe.multi()  # type: ignore[no-untyped-call]
    pipe.set(name, text, ex=KEEP_SECONDS)
    await pipe.execute()
    return outcome
