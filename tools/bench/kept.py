"""How long an answer of 50 activities takes that is kept, without tool and transport.

In Redis a round trip is taken off, which is measured in the same run; the server is one of our own.
"""

import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import anyio
from report import Measurement

from pierre_mcp.caching.backend import CacheProvider
from pierre_mcp.caching.keys import Owner
from pierre_mcp.caching.memory import MemoryCache
from pierre_mcp.caching.provider import CachingFitnessProvider
from pierre_mcp.caching.reading import Shared
from pierre_mcp.principal import Principal
from pierre_mcp.spi import ActivityQuery, FitnessProvider, ProviderConfig, ProviderContext
from providers.synthetic.provider import SyntheticProvider

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
PEOPLE = 8
ACTIVITIES = 50
QUESTIONS_A_ROUND = 50


def kept_in_memory(rounds: int) -> Measurement:
    """The middle time of a hit, in microseconds."""
    return Measurement(value=anyio.run(_in_memory, rounds), details={"activities": ACTIVITIES})


def kept_in_redis(rounds: int) -> Measurement:
    """The middle time of a hit beyond that of a round trip, in microseconds."""
    sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "support"))
    try:
        hit, unread_hit, trip = anyio.run(_in_redis, rounds)
    finally:
        del sys.path[0]
    return Measurement(
        value=hit - trip,
        details={
            "activities": ACTIVITIES,
            "hit_us": hit,
            "hit_that_was_not_read_before_us": unread_hit,
            "round_trip_us": trip,
        },
    )


async def _in_memory(rounds: int) -> float:
    return await _hits(MemoryCache(lambda: NOW), rounds)


async def _in_redis(rounds: int) -> tuple[float, float, float]:
    from databases import redis_server
    from redis.asyncio import Redis

    from pierre_mcp.caching import redis_cache

    with redis_server() as url:
        cache = redis_cache.RedisCache(url, lambda: NOW)
        async with Redis.from_url(url) as redis:
            hit = await _hits(cache, rounds)
            read_bytes, redis_cache.READ_BYTES = redis_cache.READ_BYTES, 0
            unread_hit = await _hits(cache, max(1, rounds // 4))
            redis_cache.READ_BYTES = read_bytes
            trips = [await _timed(redis.ping) for _ in range(rounds * QUESTIONS_A_ROUND)]
        await cache.close()
    return hit, unread_hit, median(trips)


async def _hits(cache: CacheProvider, rounds: int) -> float:
    """Ask for several people's lists in turn, each asked for once before."""
    inner = _source()
    shared = Shared(backend=cache, clock=lambda: NOW, spawn=lambda _: None, sleep=anyio.sleep)

    @asynccontextmanager
    async def reopen() -> AsyncIterator[FitnessProvider]:
        yield inner

    async def ask(number: int) -> Any:
        owner = Owner(principal=Principal("club", f"person {number}"), provider="synthetic")
        provider = CachingFitnessProvider(inner, owner=owner, shared=shared, reopen=reopen)
        page = await provider.get_activities(ActivityQuery(limit=ACTIVITIES))
        assert len(page) == ACTIVITIES
        return page

    for number in range(PEOPLE):
        await ask(number)
    return median(
        [
            await _timed(lambda number=number: ask(number % PEOPLE))
            for number in range(rounds * QUESTIONS_A_ROUND)
        ]
    )


def _source() -> FitnessProvider:
    async def silent(*_: Any) -> None:
        """Nobody waits."""

    config = ProviderConfig(name="synthetic", options={"today": "2026-05-01"})
    context = ProviderContext(clock=lambda: NOW, progress=silent, spawn=lambda _: None)
    return SyntheticProvider.configured(config, context)


async def _timed(ask: Callable[[], Awaitable[Any]]) -> float:
    started = time.perf_counter()
    await ask()
    return (time.perf_counter() - started) * 1_000_000
