"""The contract a provider implements: what it is (data), how it is made, what it answers.

Read this page and you can write a provider. It depends on the standard library and the unified
models only. Convenience lives elsewhere.
"""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import Enum, Flag, StrEnum
from types import TracebackType
from typing import Literal, Self

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
    SportType,
    Stats,
)

MAX_PAGE_SIZE = 200
"""The largest ``limit`` a provider is ever asked for."""


class ProviderCapabilities(Flag):
    """What a provider offers. OAUTH means that one connects by OAuth 2."""

    NONE = 0
    OAUTH = 1
    ACTIVITIES = 2
    SLEEP_TRACKING = 4
    RECOVERY_METRICS = 8
    HEALTH_METRICS = 16

    @classmethod
    def activity_only(cls) -> "ProviderCapabilities":
        """OAuth and activities."""
        return cls.OAUTH | cls.ACTIVITIES

    @classmethod
    def full_health(cls) -> "ProviderCapabilities":
        """Everything."""
        return (
            cls.OAUTH
            | cls.ACTIVITIES
            | cls.SLEEP_TRACKING
            | cls.RECOVERY_METRICS
            | cls.HEALTH_METRICS
        )


class Connection(StrEnum):
    """How a person connects to a provider."""

    OAUTH2 = "oauth2"
    API_KEY = "api_key"
    HOSTED_LINK = "hosted_link"
    NONE = "none"
    """Nothing to connect: the operator's settings suffice, or none are needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthEndpoints:
    """Where the OAuth 2 steps happen."""

    auth_url: str
    token_url: str
    revoke_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthParams:
    """How a provider's OAuth 2 differs from the common way."""

    scope_separator: str = " "
    use_pkce: bool = True
    additional_auth_params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSetting:
    """A setting of the provider's own, read from ``PIERRE_<PROVIDER>_<NAME>``.

    A ``required`` one decides whether the provider counts as set up. A ``personal`` one makes the
    data the operator's own: it is served to the local person and to no one else.
    """

    name: str
    description: str
    required: bool = False
    personal: bool = False
    secret: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """Against what the descriptor and calls were last checked, and when."""

    against: Literal["specification", "live", "not_applicable"]
    date: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderDescriptor:
    """Everything about a provider that is known without calling it."""

    name: str
    display_name: str
    capabilities: ProviderCapabilities
    verified: Verification
    connection: Connection = Connection.NONE
    oauth_endpoints: OAuthEndpoints | None = None
    oauth_params: OAuthParams | None = None
    api_base_url: str | None = None
    default_scopes: tuple[str, ...] = ()
    settings: tuple[ProviderSetting, ...] = ()
    synthetic: bool = False
    """The data is made up; every answer says so."""
    limitations: tuple[str, ...] = ()
    """What it cannot give although one might expect it, and why; one sentence each."""

    def __post_init__(self) -> None:
        by_oauth = self.connection is Connection.OAUTH2
        if (ProviderCapabilities.OAUTH in self.capabilities) != by_oauth:
            raise ValueError(f"{self.name}: OAUTH is declared exactly when one connects by OAuth 2")
        if by_oauth != (self.oauth_endpoints is not None):
            raise ValueError(f"{self.name}: oauth_endpoints belong to OAuth 2 and to nothing else")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderConfig:
    """What the operator configured for one provider; secrets stay out of its repr.

    ``options`` holds the provider's own settings by name. ``data_dir`` is a folder of its own where
    it may keep derived data; it need not exist yet.
    """

    name: str
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    api_key: str | None = field(default=None, repr=False)
    auth_url: str | None = None
    token_url: str | None = None
    revoke_url: str | None = None
    api_base_url: str | None = None
    redirect_uri: str | None = None
    scopes: tuple[str, ...] = ()
    data_dir: str | None = None
    options: Mapping[str, str] = field(default_factory=dict, repr=False)


class Include(Enum):
    """Parts of an activity that are fetched only when asked for."""

    LAPS = "laps"
    STREAMS = "streams"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityQuery:
    """Which activities, newest first by (start_time, id).

    ``after`` is inclusive and ``before`` exclusive. A ``date`` bounds the record's own local day,
    an aware ``datetime`` the instant of its start. ``cursor`` is a ``Page.next_cursor`` of the same
    query; a page that follows it holds what is older, whatever has been added since.
    """

    limit: int = 20
    cursor: str | None = None
    after: date | datetime | None = None
    before: date | datetime | None = None
    sport_type: SportType | None = None

    def matches(self, activity: Activity) -> bool:
        """Whether an activity lies within the bounds and is of the sport (or a variant of it)."""
        if self.sport_type is not None and not activity.sport_type.matches(self.sport_type):
            return False
        return not _starts_before(activity, self.after) and (
            self.before is None or _starts_before(activity, self.before)
        )

    def utc_bounds(self) -> tuple[datetime | None, datetime | None]:
        """Instants that enclose the query in every time zone, for an API that knows no local day.

        What lies between them and outside the query is left to ``matches``.
        """
        return _as_instant(self.after, -_WIDEST_OFFSET), _as_instant(self.before, _WIDEST_OFFSET)


_WIDEST_OFFSET = timedelta(hours=14)


def _starts_before(activity: Activity, bound: date | datetime | None) -> bool:
    if bound is None:
        return False
    if isinstance(bound, datetime):
        return activity.start_time < bound
    return activity.local_date < bound


def _as_instant(bound: date | datetime | None, widening: timedelta) -> datetime | None:
    if bound is None or isinstance(bound, datetime):
        return bound
    return datetime(bound.year, bound.month, bound.day, tzinfo=UTC) + widening


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderContext:
    """What the composition hands to a provider beside its configuration.

    ``clock`` is the only clock a provider reads. ``progress`` tells whoever waits for the current
    call how far a long piece of work has come: done, total (``None`` if unknown), one sentence.
    ``spawn`` starts work that outlives the call; it is cancelled when the provider is closed.
    """

    clock: Callable[[], datetime]
    progress: Callable[[float, float | None, str], Awaitable[None]]
    spawn: Callable[[Callable[[], Awaitable[None]]], None]


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

    def now(self) -> datetime:
        """The present as this provider knows it, in UTC; only a fixed calendar overrides it."""
        return self.context.clock()

    def today(self) -> date:
        """The athlete's local day; of this machine's zone unless the provider knows better."""
        return self.now().astimezone().date()

    async def get_athlete(self) -> Athlete:
        """Who the data belongs to."""
        raise self._lacks("athlete profile")

    async def get_activities(self, query: ActivityQuery) -> Page[Activity]:
        """Activities that match, newest first, without laps and streams."""
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
        """Forget what the provider holds for this person beyond its tokens."""

    def _lacks(self, feature: str) -> UnsupportedFeature:
        return UnsupportedFeature(self.descriptor.name, feature)


class ProviderFactory(ABC):
    """Makes providers; what an entry point of the group ``pierre_mcp.providers`` refers to.

    Importing it must stay cheap: descriptors are data, ``create`` imports what the calls need.
    """

    @property
    @abstractmethod
    def descriptors(self) -> tuple[ProviderDescriptor, ...]:
        """One for each provider this factory makes."""

    def supported_providers(self) -> tuple[str, ...]:
        """The names of what it makes."""
        return tuple(descriptor.name for descriptor in self.descriptors)

    @abstractmethod
    def create(self, config: ProviderConfig, context: ProviderContext) -> FitnessProvider:
        """A new provider of the name in ``config``; does no input or output."""
