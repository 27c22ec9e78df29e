"""Every connected provider as one: what ``all`` means, in the shape that a tool asks of any.

Each is asked at the same time and for itself; one that fails costs its own part and is named. What
they tell of one workout or one day is merged by the room ``combine``.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from typing import Protocol, TypeVar

from pierre_mcp.caching.policy import Freshness
from pierre_mcp.combine.asking_all import ask_all
from pierre_mcp.combine.by_day import (
    D,
    Merge,
    health_by_day,
    nights_by_day,
    recovery_by_day,
)
from pierre_mcp.combine.history import History, Place, ReadPage, merged_page
from pierre_mcp.errors import (
    InvalidArgument,
    NoProvidersAvailable,
    NotFound,
    ProviderError,
    UnsupportedFeature,
)
from pierre_mcp.models import (
    Activity,
    Athlete,
    Decision,
    HealthMetrics,
    Page,
    RecoveryMetrics,
    SleepSession,
)
from pierre_mcp.spi import (
    ActivityQuery,
    FitnessProvider,
    Include,
    ProviderCapabilities,
    ProviderConfig,
    ProviderContext,
    ProviderDescriptor,
    Verification,
)

ALL = "all"
"""In place of a name: every connected provider, merged."""

_EVERYTHING = ProviderCapabilities.full_health() & ~ProviderCapabilities.OAUTH

T = TypeVar("T")


class AskOne(Protocol):
    """Asks one provider by name; tells what it answered and how that came about."""

    async def __call__(
        self, name: str, call: Callable[[FitnessProvider], Awaitable[T]], /
    ) -> tuple[T, Freshness | None]:
        """Raises the provider's ``ProviderError``."""
        ...


class EveryProvider(FitnessProvider):
    """All of ``names``; lives for one call, and knows after it who failed and how fresh it was."""

    def __init__(
        self,
        context: ProviderContext,
        *,
        names: Sequence[str],
        ask_one: AskOne,
        synthetic: bool = False,
        priority: Sequence[str] = (),
        decisions: Sequence[Decision] = (),
    ) -> None:
        descriptor = ProviderDescriptor(
            name=ALL,
            display_name="Every connected provider",
            capabilities=_EVERYTHING,
            verified=Verification(against="not_applicable", date=date.min),
            synthetic=synthetic,
        )
        super().__init__(descriptor, ProviderConfig(name=ALL), context)
        self.names = tuple(names)
        self.failures: dict[str, ProviderError] = {}
        self.others: dict[int, Mapping[str, str]] = {}
        """Of the records given, by identity, which values are another provider's."""
        self._ask_one = ask_one
        self._priority = priority
        self._decisions = decisions
        self._freshness: dict[str, Freshness] = {}
        self._places: list[Place] = []
        self._lacking: set[str] = set()

    @property
    def freshness(self) -> Freshness | None:
        """Of all answers together: as old as the oldest of them."""
        whole: Freshness | None = None
        for part in self._freshness.values():
            whole = part if whole is None else whole.with_part(part)
        return whole

    @property
    def answered(self) -> tuple[str, ...]:
        """The names of those that have a part in the answer."""
        return tuple(
            name for name in self.names if name not in self.failures and name not in self._lacking
        )

    async def each(self, call: Callable[[FitnessProvider], Awaitable[T]]) -> dict[str, T]:
        """What each of them answers that can; raises ``NoProvidersAvailable`` where none does."""

        def asks(name: str) -> Callable[[], Awaitable[T]]:
            return lambda: self._ask(name, call)

        told = await ask_all({name: asks(name) for name in self.names})
        answers: dict[str, T] = {}
        causes: list[ProviderError] = []
        for name, answer in told.items():
            if not isinstance(answer, ProviderError):
                answers[name] = answer
                continue
            causes.append(answer)
            if isinstance(answer, UnsupportedFeature):
                self._lacking.add(name)
            else:
                self.failures[name] = answer
        if not answers:
            raise NoProvidersAvailable(causes)
        return answers

    async def history(
        self, query: ActivityQuery, place: Place | None, words: Sequence[Decision] | None = None
    ) -> History:
        """A page of merged workouts; ``words`` instead of what the person has decided so far.

        Raises ``NoProvidersAvailable``.
        """

        def read(name: str) -> ReadPage:
            return lambda asked: self._ask(name, lambda chosen: chosen.get_activities(asked))

        found = await merged_page(
            {name: read(name) for name in self.names},
            query,
            place,
            self._decisions if words is None else words,
            priority=self._priority,
        )
        self.failures |= {failure.provider: failure for failure in found.failures}
        if len(found.failures) == len(self.names):
            raise NoProvidersAvailable(found.failures)
        return found

    async def get_athlete(self) -> Athlete:
        """The fullest profile of the best source; two are never mixed."""
        told = await self.each(lambda chosen: chosen.get_athlete())

        def rank(athlete: Athlete) -> tuple[int, int, str]:
            name = athlete.provider
            place = self._priority.index(name) if name in self._priority else len(self._priority)
            known = athlete.model_dump(exclude_none=True, exclude={"warnings"})
            return place, -len(known), name

        return min(told.values(), key=rank)

    async def get_activities(self, query: ActivityQuery) -> Page[Activity]:
        """Each workout once; cursors are good for this call only."""
        place = None if query.cursor is None else self._places[int(query.cursor)]
        found = await self.history(query, place)
        cursor = None
        if found.next_place is not None:
            cursor = str(len(self._places))
            self._places.append(found.next_place)
        return Page(
            items=tuple(one.activity for one in found.workouts),
            next_cursor=cursor,
            complete=found.complete and not found.failures,
            warnings=found.warnings,
        )

    async def get_activity(
        self, activity_id: str, include: frozenset[Include] = frozenset()
    ) -> Activity:
        """The record of one provider: by its id alone, or as ``provider:id``."""
        name, _, own_id = activity_id.partition(":")
        if name in self.names and own_id:
            return await self._ask(name, lambda chosen: chosen.get_activity(own_id, include))
        found = await self.each(lambda chosen: _or_none(chosen, activity_id))
        knowing = [one for one, known in found.items() if known is not None]
        if len(knowing) > 1:
            raise InvalidArgument(
                "activity_id",
                "is known to several providers. Say which one is meant.",
                allowed=tuple(f"{one}:{activity_id}" for one in knowing),
            )
        if not knowing and self.failures:
            raise NoProvidersAvailable(tuple(self.failures.values()))
        if not knowing:
            raise NotFound(
                ALL,
                "No connected provider has an activity with that id. get_activities lists them.",
            )
        return await self._ask(knowing[0], lambda chosen: chosen.get_activity(activity_id, include))

    async def get_sleep_sessions(self, start: date, end: date) -> Page[SleepSession]:
        """Each night once."""
        return await self._by_day(
            lambda chosen: chosen.get_sleep_sessions(start, end), nights_by_day
        )

    async def get_recovery_metrics(self, start: date, end: date) -> Page[RecoveryMetrics]:
        """Each day once."""
        return await self._by_day(
            lambda chosen: chosen.get_recovery_metrics(start, end), recovery_by_day
        )

    async def get_health_metrics(self, start: date, end: date) -> Page[HealthMetrics]:
        """Each day once."""
        return await self._by_day(
            lambda chosen: chosen.get_health_metrics(start, end), health_by_day
        )

    async def _by_day(
        self, call: Callable[[FitnessProvider], Awaitable[Page[D]]], merge: Merge[D]
    ) -> Page[D]:
        told = await self.each(call)
        dated = merge({name: page.items for name, page in told.items()}, self._priority)
        self.others = {id(one.record): one.others for one in dated if one.others}
        return Page(
            items=tuple(one.record for one in dated),
            complete=all(page.complete for page in told.values()) and not self.failures,
            warnings=tuple(dict.fromkeys(w for page in told.values() for w in page.warnings)),
        )

    async def _ask(self, name: str, call: Callable[[FitnessProvider], Awaitable[T]]) -> T:
        value, told = await self._ask_one(name, call)
        if told is not None:
            before = self._freshness.get(name)
            self._freshness[name] = told if before is None else before.with_part(told)
        return value


async def _or_none(chosen: FitnessProvider, activity_id: str) -> Activity | None:
    try:
        return await chosen.get_activity(activity_id)
    except NotFound:
        return None
