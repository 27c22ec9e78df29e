"""The one place that builds the stack of a provider and hands each part what it needs.

It owns the life of what it builds: what is shared is entered once and closed together, what is one
person's lives for a call. Rooms below do not import each other; they meet here.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from hashlib import sha256
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self
from zoneinfo import ZoneInfo

import anyio
import anyio.to_thread
import structlog
from anyio.abc import TaskGroup

from pierre_mcp.caching.keys import Owner
from pierre_mcp.caching.policy import CachePolicy, is_worth_caching
from pierre_mcp.connections.outcomes import Status, not_connected
from pierre_mcp.connections.places import was_begun
from pierre_mcp.errors import (
    AuthenticationFailed,
    ConfigurationError,
    MissingScope,
    NotConnected,
    ProviderUnavailable,
)
from pierre_mcp.folders import remove_own
from pierre_mcp.health import HealthLog
from pierre_mcp.models import Decision
from pierre_mcp.outward import Outward
from pierre_mcp.personal import Personal
from pierre_mcp.principal import Principal
from pierre_mcp.registry import ProviderRegistry
from pierre_mcp.settings import Configuration, default_provider, load_settings
from pierre_mcp.spi import (
    ApiClient,
    Changed,
    Connection,
    FitnessProvider,
    ProviderCapabilities,
    ProviderConfig,
    ProviderContext,
    ProviderDescriptor,
    Pushed,
    WebhookReceiver,
)

if TYPE_CHECKING:
    # A server that nobody connects anything to loads neither database nor HTTP library.
    from pierre_mcp.caching.backend import CacheProvider
    from pierre_mcp.caching.reading import Shared
    from pierre_mcp.client.limits import QuotaLeft
    from pierre_mcp.client.tokens import TokenSource
    from pierre_mcp.connections.opening import OpenConnections
    from pierre_mcp.connections.outcomes import Disconnection
    from pierre_mcp.connections.service import Connections
    from pierre_mcp.connections.store import ConnectionStore

_log = structlog.get_logger(__name__)


class ProgressReporter(Protocol):
    """Takes the news of a long call to whoever waits for it."""

    async def __call__(self, done: float, total: float | None, message: str, /) -> None:
        """Done, total (``None`` if unknown) and one sentence."""
        ...


_progress: ContextVar[ProgressReporter | None] = ContextVar("pierre_progress", default=None)
"""Who listens to the call under way; providers live longer than a call, so it travels beside it."""


CLOSING_SECONDS = 10
"""How long providers may take to close before they are left behind."""


LETTING_GO_SECONDS = 10
"""How long a provider's own code may take to forget a person who disconnects."""


KEY_CHECK_SECONDS = 10
"""How long a provider may take over a key that was just pasted."""


def system_clock() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)


class Composition:
    """Everything that one server process shares, as an async context manager."""

    def __init__(
        self,
        configuration: Configuration | None = None,
        *,
        registry: ProviderRegistry | None = None,
        clock: Callable[[], datetime] = system_clock,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        self.sleep = sleep
        self.configuration = configuration or load_settings()
        self.registry = registry or ProviderRegistry(self.configuration)
        self.clock = clock
        self.personal = Personal(self.registry)
        if not self.registry.is_supported(self.default_provider()):
            known = ", ".join(self.registry.supported_providers())
            raise ConfigurationError(
                f"PIERRE_DEFAULT_PROVIDER: no provider is named '{self.default_provider()}'. "
                f"There are: {known}"
            )
        self._shared: dict[str, FitnessProvider] = {}
        self._connections: OpenConnections | None = None
        self._kept: Shared | None = None
        self.health = HealthLog(clock)
        self._exits = AsyncExitStack()
        self.outward = Outward(
            redis_url=self.configuration.settings.redis_url, clock=clock, exits=self._exits
        )
        self._tasks: TaskGroup | None = None
        self._lock = anyio.Lock()
        self._opening = anyio.Lock()

    async def __aenter__(self) -> Self:
        self._tasks = await anyio.create_task_group().__aenter__()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._shared.clear()
        try:
            if self._tasks is not None:
                tasks, self._tasks = self._tasks, None
                tasks.cancel_scope.cancel()
                await tasks.__aexit__(None, None, None)
        finally:
            # Closing is what a cancelled server has left to do, so it is not cancelled with it.
            with anyio.move_on_after(CLOSING_SECONDS, shield=True):
                await self._exits.__aexit__(exc_type, exc, traceback)

    def default_provider(self) -> str:
        """The name that a call without a provider means."""
        return default_provider(self.configuration.settings)

    async def is_refused(self, name: str, principal: Principal, key: str) -> bool:
        """Whether the provider says no to a key that is not kept yet; silence is no refusal.

        A key that is exchanged is tried by its exchange.
        """
        from pierre_mcp.client.tokens import FixedToken  # noqa: PLC0415 - loads the HTTP library

        descriptor, config = (
            self.registry.get_descriptor(name),
            self.personal.config(name, principal),
        )
        if descriptor.api_key is not None and descriptor.api_key.exchange is not None:
            return False
        context = self._over(descriptor, config, principal, FixedToken(name, key))
        with anyio.move_on_after(KEY_CHECK_SECONDS):
            try:
                async with self.registry.create_provider(name, context, config) as provider:
                    await provider.health_check()
            except AuthenticationFailed:
                return True
            except Exception as failure:  # noqa: BLE001 - a stranger's mistake is not the key's
                _log.warning("key_not_checked", provider=name, error=type(failure).__name__)
        return False

    async def connections(self) -> "Connections":
        """Everybody's connections; opens the store at first use."""
        return (await self._room()).service

    def webhook_receiver(self, name: str) -> WebhookReceiver | None:
        """How a provider pushes; ``None`` where there is none such, or none that can be loaded."""
        if not self.registry.is_supported(name):
            return None
        try:
            return self.registry.get_webhook_receiver(name)
        except ProviderUnavailable:
            return None

    async def pushed(self, name: str, told: Sequence[Pushed]) -> None:
        """What follows from what a provider pushed: what changed is asked for again.

        Raises ``StoreError``.
        """
        connections = await self.connections()
        descriptor = self.registry.get_descriptor(name)
        backend = self._cache().backend
        for account_id in {one.account_id for one in told}:
            of_account = [one for one in told if one.account_id == account_id]
            changed = {part for one in of_account for part in one.changed}
            ended = any(one.ended for one in of_account)
            if ended:
                await connections.ended_there(descriptor, account_id)
            for principal in await connections.owners(descriptor, account_id):
                owner = Owner(principal=principal, provider=name)
                for group in Changed if ended else changed:
                    await backend.forget(owner, group)

    def _cache(self) -> "Shared":
        """What is kept of answers, in Redis where there is one, else in this process."""
        if self._kept is None:
            from pierre_mcp.caching.reading import Shared  # noqa: PLC0415 - when first needed

            url = self.configuration.settings.redis_url
            if url is not None:
                from pierre_mcp.caching.redis_cache import RedisCache  # noqa: PLC0415 - loads Redis

                backend: CacheProvider = RedisCache(url, self.clock)
            else:
                from pierre_mcp.caching.memory import MemoryCache  # noqa: PLC0415

                backend = MemoryCache(self.clock)
            self._exits.push_async_callback(backend.close)
            self._kept = Shared(
                backend=backend, clock=self.clock, spawn=self.spawn, sleep=self.sleep
            )
        return self._kept

    async def disconnect(self, name: str, principal: Principal) -> "Disconnection":
        """End a person's connection: what the provider holds beyond it, the access, what is kept.

        Raises ``StoreError`` where something could not be removed; whatever can be, is.
        """
        descriptor, config = (
            self.registry.get_descriptor(name),
            self.personal.config(name, principal),
        )
        connections = await self.connections()
        try:
            await self._let_go(
                descriptor,
                config,
                principal,
                connections.tokens(principal, descriptor, config),
            )
        finally:
            try:
                done = await connections.disconnect(principal, descriptor, config)
            finally:
                with anyio.CancelScope(shield=True):
                    owner = Owner(principal=principal, provider=name)
                    await self._cache().backend.forget(owner)
                    await self.remove_data(principal, name)
        return done

    async def _let_go(
        self,
        descriptor: ProviderDescriptor,
        config: ProviderConfig,
        principal: Principal,
        tokens: "TokenSource",
    ) -> None:
        """Ask the provider's own code to forget the person; it keeps nothing from ending."""
        name = descriptor.name
        context = self._over(descriptor, config, principal, tokens)
        with anyio.move_on_after(LETTING_GO_SECONDS):
            try:
                async with self.registry.create_provider(name, context, config) as provider:
                    await provider.disconnect()
            except NotConnected:
                return  # whom it does not know it holds nothing of
            except Exception as failure:  # noqa: BLE001 - a stranger's mistake ends nothing
                _log.warning("provider_did_not_let_go", provider=name, error=type(failure).__name__)

    async def remove_data(self, principal: Principal, provider: str | None = None) -> None:
        """Remove what a provider, or every one, derived of a person; raises ``StoreError``."""
        home = self.configuration.settings.home
        await anyio.to_thread.run_sync(remove_own, home, principal, provider)

    async def store(self) -> "ConnectionStore":
        """Where connections are kept, for what decides nothing about them."""
        return (await self._room()).store

    def quota_left(self, name: str, principal: Principal) -> "tuple[QuotaLeft, ...]":
        """What is known to be left of a provider's limits for a person, the scarcest first."""
        descriptor = self.registry.get_descriptor(name)
        if descriptor.connection is Connection.NONE:
            return ()
        return self.outward.quota_left(descriptor, self.personal.config(name, principal), principal)

    async def states(
        self, principal: Principal, descriptors: Iterable[ProviderDescriptor]
    ) -> dict[str, Status]:
        """How each provider that one connects to stands; asks nobody but the store.

        Opens no store where nothing was ever kept, so that a server starts at once.
        """
        if self._nothing_kept():
            return {one.name: not_connected(one.name) for one in descriptors}
        return await (await self.connections()).states(principal, descriptors)

    def _nothing_kept(self) -> bool:
        return self._connections is None and not was_begun(self.configuration.settings)

    async def decisions(self, principal: Principal) -> tuple[Decision, ...]:
        """What the person said of doubles."""
        if self._nothing_kept():
            return ()
        return await (await self._room()).store.decisions(principal)

    def provider_health(self) -> dict[str, dict[str, bool | int | str]]:
        """How every provider that was asked has been doing for all people together."""
        return {
            name: {
                "is_healthy": known.is_healthy,
                "consecutive_failures": known.consecutive_failures,
                "breaker": self.outward.breaker_state(name),
            }
            for name, known in sorted(self.health.known().items())
        }

    async def _room(self) -> "OpenConnections":
        async with self._opening:
            opened = self._connections
            if opened is None:
                from pierre_mcp.connections.opening import (  # noqa: PLC0415 - loads the database
                    open_connections,
                )

                opened = self._connections = await self._exits.enter_async_context(
                    open_connections(
                        self.configuration.settings,
                        send=self.outward.send,
                        clock=self.clock,
                        spawn=self.spawn,
                    )
                )
                self.outward.share_limits(opened.store)
            return opened

    @asynccontextmanager
    async def provider(
        self,
        name: str,
        principal: Principal,
        needs: ProviderCapabilities = ProviderCapabilities.NONE,
        policy: CachePolicy = CachePolicy.USE_CACHE,
    ) -> AsyncIterator[FitnessProvider]:
        """The principal's provider of that name, usable inside the context, behind the cache.

        One that a person connects is made for the call. Any other is made once for everybody,
        since it depends on nothing but the operator's settings, and asks nobody that is worth
        sparing.

        Raises ``ProviderNotSupported``, ``ProviderUnavailable``, ``NotConfigured``,
        ``NotShared``, ``NotConnected``, or ``MissingScope`` for ``needs`` that the person did not
        allow.
        """
        descriptor = self.registry.get_descriptor(name)
        self.personal.require_set_up(name, principal)
        if descriptor.connection is Connection.NONE:
            yield await self._shared_provider(name)
            return
        since, context = await self._context(descriptor, principal, needs)
        async with self._made(name, principal, context) as provider:
            if not is_worth_caching(descriptor):
                yield provider
                return
            from pierre_mcp.caching.provider import (  # noqa: PLC0415 - when first needed
                CachingFitnessProvider,
            )

            @asynccontextmanager
            async def reopen() -> AsyncIterator[FitnessProvider]:
                _, anew = await self._context(descriptor, principal, needs)
                async with self._made(name, principal, anew) as opened:
                    yield opened

            yield CachingFitnessProvider(
                provider,
                owner=Owner(principal=principal, provider=name, since=since),
                shared=self._cache(),
                reopen=reopen,
                policy=policy,
            )

    def _made(self, name: str, principal: Principal, context: ProviderContext) -> FitnessProvider:
        return self.registry.create_provider(name, context, self.personal.config(name, principal))

    async def _shared_provider(self, name: str) -> FitnessProvider:
        async with self._lock:
            if name not in self._shared:
                created = self.registry.create_provider(name, self.context())
                self._shared[name] = await self._exits.enter_async_context(created)
            return self._shared[name]

    async def _context(
        self,
        descriptor: ProviderDescriptor,
        principal: Principal,
        needs: ProviderCapabilities,
    ) -> tuple[str, ProviderContext]:
        """What a connected provider is handed: above all the way to its API, as this person.

        Before it stands what tells the connection from one before it.
        """
        config = self.personal.config(descriptor.name, principal)
        tokens: TokenSource
        if key := self.personal.own_key(descriptor.name, principal):
            tokens = self.outward.own_tokens(descriptor, config, key)
            since = sha256(key.encode(errors="surrogatepass")).hexdigest()[:16]
        else:
            held = (await self.connections()).tokens(principal, descriptor, config)
            # A connection that is gone or over is said before any call, and before any copy.
            since, tokens = (await held.known()).connected_at.isoformat(), held
            lacking = descriptor.scopes_lacking(tokens.granted_scopes)
            if refused := [need.gives for need in lacking if need.capability & needs]:
                raise MissingScope(
                    descriptor.name,
                    f"The connection lacks the permission for: {'; '.join(refused)}. To add it, "
                    f"call connect_provider with '{descriptor.name}' and leave every box ticked.",
                )
        return since, self._over(descriptor, config, principal, tokens)

    def _over(
        self,
        descriptor: ProviderDescriptor,
        config: ProviderConfig,
        principal: Principal,
        tokens: "TokenSource",
    ) -> ProviderContext:
        """What a provider is handed above a person's tokens."""
        return self.context(self.outward.client(descriptor, config, principal, tokens))

    def context(self, client: ApiClient | None = None) -> ProviderContext:
        """What any provider is handed; with ``client`` one that a person connects."""
        zone = self.configuration.settings.time_zone
        return ProviderContext(
            clock=self.clock,
            progress=_report,
            spawn=self.spawn,
            client=client,
            time_zone=None if zone is None else ZoneInfo(zone),
        )

    def spawn(self, work: Callable[[], Awaitable[None]]) -> None:
        """Start work that outlives the call; what it raises is logged."""

        async def guarded() -> None:
            try:
                await work()
            except Exception:  # noqa: BLE001 - whatever it is, it is logged
                # One provider's background work must not take the server down with it.
                _log.exception("background_work_failed")

        if self._tasks is None:
            raise RuntimeError("the composition is not open: enter it with 'async with'")
        self._tasks.start_soon(guarded)


async def _report(done: float, total: float | None, message: str) -> None:
    reporter = _progress.get()
    if reporter is not None:
        await reporter(done, total, message)


def listen_to_progress(reporter: ProgressReporter) -> None:
    """Send the progress of the current task's calls to ``reporter``."""
    _progress.set(reporter)
