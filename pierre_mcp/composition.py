"""The one place that builds the stack of a provider and hands each part what it needs.

It owns the life of what it builds: providers are created once per principal and name, entered,
and closed together. Rooms below do not import each other; they meet here.
"""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Protocol, Self

import anyio
import structlog
from anyio.abc import TaskGroup

from pierre_mcp.errors import ConfigurationError, NotConfigured
from pierre_mcp.health import HealthLog
from pierre_mcp.registry import ProviderRegistry
from pierre_mcp.settings import Configuration, default_provider, load_settings, missing_settings
from pierre_mcp.spi import FitnessProvider, ProviderContext

_log = structlog.get_logger(__name__)


class ProgressReporter(Protocol):
    """Takes the news of a long call to whoever waits for it."""

    async def __call__(self, done: float, total: float | None, message: str, /) -> None:
        """Done, total (``None`` if unknown) and one sentence."""
        ...


_progress: ContextVar[ProgressReporter | None] = ContextVar("pierre_progress", default=None)
"""Who listens to the call under way; providers live longer than a call, so it travels beside it."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Whose data is asked for. Every row, key and limit carries it."""

    tenant: str
    user: str


CLOSING_SECONDS = 10
"""How long providers may take to close before they are left behind."""

LOCAL = Principal("local", "local")
"""The one person of a server on their own machine."""


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
    ) -> None:
        self.configuration = configuration or load_settings()
        self.registry = registry or ProviderRegistry(self.configuration)
        self.clock = clock
        if not self.registry.is_supported(self.default_provider()):
            known = ", ".join(self.registry.supported_providers())
            raise ConfigurationError(
                f"PIERRE_DEFAULT_PROVIDER: no provider is named '{self.default_provider()}'. "
                f"There are: {known}"
            )
        self._providers: dict[tuple[Principal, str], FitnessProvider] = {}
        self.health = HealthLog(clock)
        self._exits = AsyncExitStack()
        self._tasks: TaskGroup | None = None
        self._lock = anyio.Lock()

    async def __aenter__(self) -> Self:
        self._tasks = await anyio.create_task_group().__aenter__()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._providers.clear()
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

    def missing_settings(self, name: str) -> tuple[str, ...]:
        """What the operator has yet to set before the provider can be used."""
        return missing_settings(self.registry.get_descriptor(name), self.registry.get_config(name))

    async def provider(self, name: str, principal: Principal = LOCAL) -> FitnessProvider:
        """The principal's provider of that name, created and entered on first use.

        Raises ``ProviderNotSupported``, ``ProviderUnavailable`` or ``NotConfigured``.
        """
        key = (principal, name)
        if key in self._providers:
            return self._providers[key]
        if missing := self.missing_settings(name):
            raise NotConfigured(name, f"Provider '{name}' is not set up. Set {'; '.join(missing)}.")
        async with self._lock:
            if key not in self._providers:
                context = ProviderContext(clock=self.clock, progress=_report, spawn=self._spawn)
                created = self.registry.create_provider(name, context)
                self._providers[key] = await self._exits.enter_async_context(created)
            return self._providers[key]

    def _spawn(self, work: Callable[[], Awaitable[None]]) -> None:
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
