"""A provider opened the way the server opens it, for the length of a test."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime

import anyio

from pierre_mcp.spi import FitnessProvider, ProviderConfig, ProviderContext, ProviderFactory


@asynccontextmanager
async def open_provider(
    factory: ProviderFactory, config: ProviderConfig, clock: Callable[[], datetime]
) -> AsyncIterator[FitnessProvider]:
    """The provider of ``config.name``, entered; closed, with what it spawned, at the end.

    Work that it spawned and that failed makes the test fail.
    """
    async with AsyncExitStack() as exits, anyio.create_task_group() as tasks:

        def spawn(work: Callable[[], Awaitable[None]]) -> None:
            tasks.start_soon(_run, work)

        context = ProviderContext(clock=clock, progress=_nobody_waits, spawn=spawn)
        yield await exits.enter_async_context(factory.create(config, context))
        # Here as in the server: what runs in the background ends before the provider closes.
        tasks.cancel_scope.cancel()


async def _run(work: Callable[[], Awaitable[None]]) -> None:
    await work()


async def _nobody_waits(done: float, total: float | None, message: str, /) -> None:
    pass
