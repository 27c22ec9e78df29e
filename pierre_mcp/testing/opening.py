"""A provider opened the way the server opens it, for the length of a test, and its way out."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from collections.abc import Set as AbstractSet
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

import anyio

from pierre_mcp.client.api import ProviderApi
from pierre_mcp.client.pool import HttpPool
from pierre_mcp.errors import AuthenticationFailed
from pierre_mcp.spi import (
    ApiClient,
    FitnessProvider,
    ProviderConfig,
    ProviderContext,
    ProviderDescriptor,
    ProviderFactory,
    RetryConfig,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenToken:
    """A ``TokenSource`` with one secret; when that is refused, there is no other."""

    secret: str
    account_id: str | None = None
    granted_scopes: AbstractSet[str] = frozenset()

    async def token(self) -> str:
        """The secret."""
        return self.secret

    async def renewed(self, refused: str) -> str:  # noqa: ARG002 - as the protocol has it
        """Nothing: a person would have to connect again."""
        raise AuthenticationFailed("", "The token of this test was refused.")


@asynccontextmanager
async def open_client(
    descriptor: ProviderDescriptor,
    base_url: str,
    token: GivenToken,
    clock: Callable[[], datetime],
    options: Mapping[str, str] = MappingProxyType({}),
) -> AsyncIterator[ApiClient]:
    """The real client of a provider, for one person, on an API at ``base_url``.

    ``options`` are the settings of the operator that requests carry.
    """
    config = ProviderConfig(
        name=descriptor.name,
        api_base_url=base_url,
        options=options,
        retry=RetryConfig(max_retries=0),  # what a provider does, and not what saves it
    )
    async with HttpPool() as pool:
        yield ProviderApi(
            descriptor=descriptor, config=config, pool=pool, tokens=token, clock=clock
        )


@asynccontextmanager
async def open_provider(
    factory: ProviderFactory,
    config: ProviderConfig,
    clock: Callable[[], datetime],
    client: ApiClient | None = None,
) -> AsyncIterator[FitnessProvider]:
    """The provider of ``config.name``, entered; closed, with what it spawned, at the end.

    Work that it spawned and that failed makes the test fail. A provider that one connects to needs
    a ``client``, see ``open_client``.
    """
    async with AsyncExitStack() as exits, anyio.create_task_group() as tasks:

        def spawn(work: Callable[[], Awaitable[None]]) -> None:
            tasks.start_soon(_run, work)

        context = ProviderContext(clock=clock, progress=_nobody_waits, spawn=spawn, client=client)
        yield await exits.enter_async_context(factory.create(config, context))
        # Here as in the server: what runs in the background ends before the provider closes.
        tasks.cancel_scope.cancel()


async def _run(work: Callable[[], Awaitable[None]]) -> None:
    await work()


async def _nobody_waits(done: float, total: float | None, message: str, /) -> None:
    pass
