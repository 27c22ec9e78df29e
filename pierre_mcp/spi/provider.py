"""What a provider is asked, what it is handed, and how it is made."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from enum import Enum
from pkgutil import resolve_name
from types import TracebackType
from typing import Any, Protocol, Self

from pierre_mcp.errors import UnsupportedFeature
from pierre_mcp.models import (
    Activity,
    Athlete,
    DataWarning,
    HealthMetrics,
    Page,
    PersonalRecord,
    RecoveryMetrics,
    SleepSession,
    Stats,
)
from pierre_mcp.spi.descriptor import ProviderConfig, ProviderDescriptor
from pierre_mcp.spi.pushing import WebhookReceiver
from pierre_mcp.spi.query import ActivityQuery


class Include(Enum):
    """Parts of an activity that are fetched only when asked for."""

    LAPS = "laps"
    STREAMS = "streams"
    ZONES = "zones"


Parameters = Mapping[str, str | int | float | Sequence[str]]
"""Query parameters; a sequence repeats its parameter."""


class ApiClient(Protocol):
    """The way to a provider's API, for one person: authenticated, capped, its errors mapped.

    A path is relative to the API's base URL. Every method raises ``ProviderError`` kinds only.
    """

    @property
    def account_id(self) -> str | None:
        """The account's id at the provider, where connecting told it."""

    @property
    def granted_scopes(self) -> AbstractSet[str]:
        """The scopes that the person left ticked."""

    async def get_json(self, path: str, parameters: Parameters | None = None) -> Any:
        """The parsed answer; ``None`` for an empty one."""

    async def get_bytes(
        self, path: str, parameters: Parameters | None = None, *, accept: str = "*/*"
    ) -> bytes:
        """The body as it came, for files."""

    async def post_json(self, path: str, body: Any, parameters: Parameters | None = None) -> Any:
        """The parsed answer to a POST, for an API that reads by POST."""

    async def get_file(self, url: str) -> bytes:
        """The file at an address that came in a payload; its host is one of ``file_hosts``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderContext:
    """What the composition hands to a provider beside its configuration.

    ``client`` is there for a provider that one connects to. ``clock`` is the only clock a provider
    reads. ``progress`` tells whoever waits for the current call how far a long piece of work has
    come: done, total (``None`` if unknown), one sentence.
    ``time_zone`` is the person's, ``None`` where it is this machine's.
    ``spawn`` starts work that outlives the call; it is cancelled when the provider is closed.
    """

    clock: Callable[[], datetime]
    progress: Callable[[float, float | None, str], Awaitable[None]]
    spawn: Callable[[Callable[[], Awaitable[None]]], None]
    client: ApiClient | None = None
    time_zone: tzinfo | None = None


class FitnessProvider(ABC):  # noqa: B024 - what is not overridden is what a provider lacks
    """One person's data at one provider.

    A method raises ``UnsupportedFeature`` unless it is overridden, and is overridden exactly when
    the capabilities say so: ACTIVITIES stands for get_activities and get_activity (statistics and
    records may be left to the core, which adds up activities). Dates are local and inclusive.
    Whoever creates a provider enters it as an async context manager, which closes it.
    """

    def __init__(
        self, descriptor: ProviderDescriptor, config: ProviderConfig, context: ProviderContext
    ) -> None:
        self.descriptor = descriptor
        self.config = config
        self.context = context

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        return None

    @property
    def api(self) -> ApiClient:
        """The way to the API; there is one for every provider that one connects to."""
        if self.context.client is None:
            raise RuntimeError(f"{self.descriptor.name} declares no connection and has no client")
        return self.context.client

    def now(self) -> datetime:
        """The present as this provider knows it, in UTC; only a fixed calendar overrides it."""
        return self.context.clock()

    def today(self) -> date:
        """The athlete's local day, in the zone of the context unless the provider knows better."""
        return self.now().astimezone(self.context.time_zone).date()

    async def get_athlete(self) -> Athlete:
        """Who the data belongs to."""
        raise self._lacks("athlete profile")

    async def get_activities(self, query: ActivityQuery) -> Page[Activity]:
        """Activities that match, newest first, without the parts of ``Include``."""
        raise self._lacks("activities")

    async def get_activity(
        self, activity_id: str, include: frozenset[Include] = frozenset()
    ) -> Activity:
        """One activity; raises ``NotFound`` when there is none with that id."""
        raise self._lacks("activities")

    async def get_stats(self) -> Stats:
        """Totals of everything there is, or of the period that the answer states."""
        raise self._lacks("statistics of its own")

    async def get_personal_records(self) -> Page[PersonalRecord]:
        """The athlete's bests, over the period that the page states."""
        raise self._lacks("personal records of its own")

    async def get_sleep_sessions(self, start: date, end: date) -> Page[SleepSession]:
        """Nights and naps by day of waking, newest first; all of them, however long the range."""
        raise self._lacks("sleep data")

    async def get_recovery_metrics(self, start: date, end: date) -> Page[RecoveryMetrics]:
        """Recovery by local day, newest first; all of it."""
        raise self._lacks("recovery data")

    async def get_health_metrics(self, start: date, end: date) -> Page[HealthMetrics]:
        """Body measurements by local day, newest first; days without any are left out."""
        raise self._lacks("health data")

    async def health_check(self) -> None:
        """One light call; returns when the provider answers, raises the error when it does not."""

    async def diagnose(self) -> tuple[DataWarning, ...]:
        """What an operator should know and mend, although it stops nothing."""
        return ()

    async def disconnect(self) -> None:
        """Forget what the provider holds for this person beyond its tokens and its ``data_dir``.

        Called before the connection ends, within 10 s; what it raises is logged and ends nothing.
        """

    def _lacks(self, feature: str) -> UnsupportedFeature:
        return UnsupportedFeature(self.descriptor.name, feature)


class ProviderFactory(ABC):
    """Makes providers; what an entry point of the group ``pierre_mcp.providers`` refers to.

    Importing it must stay cheap: descriptors are data, ``create`` imports what the calls need.
    """

    @property
    @abstractmethod
    def descriptors(self) -> tuple[ProviderDescriptor, ...]:
        """One for each provider this factory makes; read when the provider is first needed."""

    def supported_providers(self) -> tuple[str, ...]:
        """The names of what it makes."""
        return tuple(descriptor.name for descriptor in self.descriptors)

    @abstractmethod
    def create(self, config: ProviderConfig, context: ProviderContext) -> FitnessProvider:
        """A new provider of the name in ``config``; does no input or output."""

    def webhook_receiver(self, name: str) -> WebhookReceiver | None:
        """How the provider of that name pushes, where it does."""
        return None


class SingleProviderFactory(ProviderFactory):
    """Makes one provider, whose class is imported when the first one is made.

    ``provider`` says where the class is, as ``package.module:Class``; it takes a descriptor, a
    configuration and a context. ``pushes`` says so of the receiver of its pushes, where there is
    one, which takes nothing.
    """

    def __init__(
        self, descriptor: ProviderDescriptor, provider: str, *, pushes: str | None = None
    ) -> None:
        self._descriptor = descriptor
        self._provider = provider
        self._pushes = pushes

    @property
    def descriptors(self) -> tuple[ProviderDescriptor, ...]:
        """The one descriptor."""
        return (self._descriptor,)

    def create(self, config: ProviderConfig, context: ProviderContext) -> FitnessProvider:
        """A new provider; does no input or output."""
        made: FitnessProvider = resolve_name(self._provider)(self._descriptor, config, context)
        return made

    def webhook_receiver(self, name: str) -> WebhookReceiver | None:
        """How it pushes, where it does."""
        receiver: WebhookReceiver | None = resolve_name(self._pushes)() if self._pushes else None
        return receiver
