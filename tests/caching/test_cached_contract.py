"""A provider behind the cache holds what every provider holds, cold and warm."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import anyio

from pierre_mcp.caching.keys import Owner
from pierre_mcp.caching.memory import MemoryCache
from pierre_mcp.caching.provider import CachingFitnessProvider
from pierre_mcp.caching.reading import Shared
from pierre_mcp.principal import LOCAL
from pierre_mcp.spi import FitnessProvider
from pierre_mcp.testing import ProviderContract
from providers.synthetic import factory


class TestCached(ProviderContract):
    factory = factory
    now = datetime(2026, 5, 1, 12, tzinfo=UTC)
    unknown = {"2026-04-30-1": {"average_power_watts"}, "2026-05-01-1": {"max_power_watts"}}

    @asynccontextmanager
    async def opened(self, folder: Path) -> AsyncIterator[FitnessProvider]:
        async with super().opened(folder) as inner:
            shared = Shared(
                backend=MemoryCache(inner.context.clock),
                clock=inner.context.clock,
                spawn=inner.context.spawn,
                sleep=anyio.sleep,
            )

            @asynccontextmanager
            async def reopen() -> AsyncIterator[FitnessProvider]:
                yield inner

            owner = Owner(principal=LOCAL, provider="synthetic")
            yield CachingFitnessProvider(inner, owner=owner, shared=shared, reopen=reopen)
