"""A provider behind the cache holds what every provider holds, cold and warm."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import anyio

from pierre_mcp.caching.keys import Owner
from pierre_mcp.caching.memory import MemoryCache
from pierre_mcp.caching.provider import CachingFitnessProvider
from pierre_mcp.caching.reading import Shared
from pierre_mcp.principal import LOCAL
from pierre_mcp.spi import (
    FitnessProvider,
    ProviderConfig,
    ProviderContext,
    ProviderDescriptor,
    ProviderFactory,
)
from pierre_mcp.testing import ProviderContract
from providers.synthetic import factory


class CachedFactory(ProviderFactory):
    """Makes the synthetic athlete behind one cache for all that it makes."""

    def __init__(self) -> None:
        self.backend: MemoryCache | None = None

    @property
    def descriptors(self) -> tuple[ProviderDescriptor, ...]:
        return factory.descriptors

    def create(self, config: ProviderConfig, context: ProviderContext) -> FitnessProvider:
        self.backend = self.backend or MemoryCache(context.clock)

        def spawn(work: Callable[[], Awaitable[None]]) -> None:
            context.spawn(work)

        shared = Shared(backend=self.backend, clock=context.clock, spawn=spawn, sleep=anyio.sleep)
        inner = factory.create(config, context)

        @asynccontextmanager
        async def reopen() -> AsyncIterator[FitnessProvider]:
            yield inner

        owner = Owner(principal=LOCAL, provider="synthetic", since=str(sorted(config.options)))
        return CachingFitnessProvider(inner, owner=owner, shared=shared, reopen=reopen)


class TestCached(ProviderContract):
    factory = CachedFactory()
    now = datetime(2026, 5, 1, 12, tzinfo=UTC)
    unknown = {"2026-04-30-1": {"average_power_watts"}, "2026-05-01-1": {"max_power_watts"}}
    test_its_entry_point_leads_to_the_factory = None
    """This one is of no entry point."""
