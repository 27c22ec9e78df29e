"""The way out of one process, as the composition hands it to whoever needs it.

It owns the connections to providers and what is known of each provider: breakers, budgets, limits
and the operator's exchanged keys. Everything that loads the HTTP library is loaded at first use.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import anyio

from pierre_mcp.caching.keys import Owner
from pierre_mcp.errors import StoreError
from pierre_mcp.principal import Principal
from pierre_mcp.spi import ProviderConfig, ProviderDescriptor

if TYPE_CHECKING:
    from pierre_mcp.client.api import ProviderApi
    from pierre_mcp.client.limits import Change, QuotaLeft
    from pierre_mcp.client.pool import HttpPool
    from pierre_mcp.client.tokens import TokenSource
    from pierre_mcp.connections.own_keys import OwnKey
    from pierre_mcp.connections.store import ConnectionStore

T = TypeVar("T")


class Outward:
    """What one process needs to reach providers; closed with the ``exits`` it is given."""

    def __init__(
        self, *, redis_url: str | None, clock: Callable[[], datetime], exits: AsyncExitStack
    ) -> None:
        self._redis_url = redis_url
        self._clock = clock
        self._exits = exits
        self._pool: HttpPool | None = None
        self._stored: _StoredTexts | None = None
        self._own_keys: dict[str, OwnKey] = {}

    async def send(
        self,
        provider: str,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: str | None = None,
    ) -> tuple[int, Any]:
        """A call that is not a read, see ``HttpPool.send``."""
        return await self.pool.send(provider, method, url, headers=headers, body=body)

    async def fetch_json(self, url: str, /) -> tuple[int, Any]:
        """The status and parsed body of a document that the operator named."""
        return await self.send("oidc-issuer", "GET", url, headers={})

    def client(
        self,
        descriptor: ProviderDescriptor,
        config: ProviderConfig,
        principal: Principal,
        tokens: "TokenSource",
    ) -> "ProviderApi":
        """A provider's API as one person, authenticated and resilient."""
        from pierre_mcp.client.api import ProviderApi  # noqa: PLC0415 - loads the HTTP library

        return ProviderApi(
            descriptor=descriptor,
            config=config,
            pool=self.pool,
            tokens=tokens,
            clock=self._clock,
            person=Owner(principal=principal, provider=descriptor.name).name,
            ways=self.pool.ways,
        )

    def own_tokens(
        self, descriptor: ProviderDescriptor, config: ProviderConfig, key: str
    ) -> "TokenSource":
        """The operator's key as it is, or what it is exchanged for, which is kept for the next."""
        if descriptor.api_key is None or descriptor.api_key.exchange is None:
            from pierre_mcp.client.tokens import FixedToken  # noqa: PLC0415

            return FixedToken(descriptor.name, key)
        if descriptor.name not in self._own_keys:
            from pierre_mcp.connections.own_keys import OwnKey  # noqa: PLC0415

            self._own_keys[descriptor.name] = OwnKey(
                config=config,
                exchanged=descriptor.api_key.exchange,
                key=key,
                send=self.send,
                clock=self._clock,
            )
        return self._own_keys[descriptor.name]

    def share_limits(self, store: "ConnectionStore") -> None:
        """Share limits through the database, where there is no Redis."""
        self._stored = _StoredTexts(store, self._clock)
        if self._pool is not None and self._redis_url is None:
            self._pool.ways.quotas.shared = self._stored

    def breaker_state(self, name: str) -> str:
        """Whether a provider is asked now: closed, half_open, or open where it is left alone."""
        if self._pool is None:
            return "closed"
        return self._pool.ways.breaker_state(name, anyio.current_time()).value

    def quota_left(
        self, descriptor: ProviderDescriptor, config: ProviderConfig, principal: Principal
    ) -> "tuple[QuotaLeft, ...]":
        """What is known to be left of a provider's limits for a person, the scarcest first."""
        if self._pool is None:
            return ()
        person = Owner(principal=principal, provider=descriptor.name).name
        way = self._pool.ways.to(descriptor.name, config.retry)
        return way.limiter(descriptor, config, person, self._clock).left()

    @contextmanager
    def sparing(self) -> Iterator[None]:
        """Whatever is asked inside can be done without: it leaves the last of every limit."""
        from pierre_mcp.client.guarding import sparing  # noqa: PLC0415 - when first needed

        before = sparing.set(True)
        try:
            yield
        finally:
            sparing.reset(before)

    def clock_offset_seconds(self) -> float | None:
        """How far this machine's clock is ahead of the provider that answered last; or unknown."""
        return None if self._pool is None else self._pool.clock_offset_seconds

    def metrics(self) -> tuple[bytes, str]:
        """The numbers of every request to a provider so far, as a body and its content type."""
        return self.pool.metrics.render(self.pool.ways, anyio.current_time())

    @property
    def pool(self) -> "HttpPool":
        """The connections to every provider."""
        if self._pool is None:
            from pierre_mcp.client.pool import HttpPool  # noqa: PLC0415 - loads the HTTP library

            self._pool = HttpPool(clock=self._clock)
            self._exits.push_async_exit(self._pool)
            self._pool.ways.quotas.shared = self._stored
            if self._redis_url is not None:
                from pierre_mcp.client.redis_limits import RedisTexts  # noqa: PLC0415 - loads Redis

                texts = RedisTexts(self._redis_url)
                self._exits.push_async_callback(texts.close)
                self._pool.ways.quotas.shared = texts
        return self._pool


class _StoredTexts:
    """A ``SharedTexts`` in the database of connections."""

    def __init__(self, store: "ConnectionStore", clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    async def change(self, name: str, change: "Change[T]") -> T:
        """Change one text; raises ``SharingFailedError``."""
        from pierre_mcp.client.limits import SharingFailedError  # noqa: PLC0415 - as its users

        try:
            return await self._store.change_quota(name, change, self._clock())
        except StoreError:
            raise SharingFailedError from None
