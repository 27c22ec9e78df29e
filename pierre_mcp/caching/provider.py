"""``CachingFitnessProvider``: a provider whose answers are kept, around any other.

It is made for one call of one person, and afterwards says how the cache took part. What it does not
keep it hands on, written out: ``health_check`` and ``diagnose`` ask about this moment, and
``disconnect`` changes something.
"""

from datetime import date, datetime
from types import TracebackType
from typing import Any, Self

from pydantic import TypeAdapter

from pierre_mcp.caching.keys import Owner, Place, question
from pierre_mcp.caching.policy import (
    CachePolicy,
    CacheTtlConfig,
    Freshness,
    keeps_for,
)
from pierre_mcp.caching.reading import Opened, Question, Reader, Shared
from pierre_mcp.caching.walking import walk
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
from pierre_mcp.spi import ActivityQuery, Changed, FitnessProvider, Include

_ATHLETE: TypeAdapter[Athlete] = TypeAdapter(Athlete)
_ACTIVITY: TypeAdapter[Activity] = TypeAdapter(Activity)
_ACTIVITIES: TypeAdapter[Page[Activity]] = TypeAdapter(Page[Activity])
_STATS: TypeAdapter[Stats] = TypeAdapter(Stats)
_RECORDS: TypeAdapter[Page[PersonalRecord]] = TypeAdapter(Page[PersonalRecord])
_SLEEP: TypeAdapter[Page[SleepSession]] = TypeAdapter(Page[SleepSession])
_RECOVERY: TypeAdapter[Page[RecoveryMetrics]] = TypeAdapter(Page[RecoveryMetrics])
_HEALTH: TypeAdapter[Page[HealthMetrics]] = TypeAdapter(Page[HealthMetrics])


class CachingFitnessProvider(FitnessProvider):
    """One person's data at one provider, as it was a while ago where that is good enough."""

    def __init__(
        self,
        inner: FitnessProvider,
        *,
        owner: Owner,
        shared: Shared,
        reopen: Opened,
        policy: CachePolicy = CachePolicy.USE_CACHE,
        ttl: CacheTtlConfig | None = None,
    ) -> None:
        super().__init__(inner.descriptor, inner.config, inner.context)
        self.inner = inner
        self._owner = owner
        self._shared = shared
        self._ttl = ttl or CacheTtlConfig()
        self._reader = Reader(
            shared=shared,
            inner=inner,
            reopen=reopen,
            policy=policy,
            keeps=keeps_for(inner.descriptor),
        )

    async def __aenter__(self) -> Self:
        await self.inner.__aenter__()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.inner.__aexit__(exc_type, exc, traceback)

    @property
    def freshness(self) -> Freshness | None:
        """How what was asked so far came about; ``None`` where nothing was."""
        return self._reader.freshness

    def now(self) -> datetime:
        """The provider's own present."""
        return self.inner.now()

    def today(self) -> date:
        """The provider's own local day."""
        return self.inner.today()

    async def get_athlete(self) -> Athlete:
        """Who the data belongs to."""
        place = self._place(Changed.ATHLETE, question("athlete_profile"))
        ttl = self._ttl.athlete_profile
        answer: Athlete = await self._reader.read(
            Question(place=place, kind=_ATHLETE, ask=lambda p: p.get_athlete(), lives=lambda _: ttl)
        )
        return answer

    async def get_activities(self, query: ActivityQuery) -> Page[Activity]:
        """Activities that match, newest first."""

        async def read(segment: ActivityQuery) -> Page[Activity]:
            bound = () if segment.before is None else ("before", segment.before)
            begin = () if segment.cursor is None else ("from", segment.cursor)
            name = question("activity_list", *bound, *begin)
            return await self._page(
                Changed.ACTIVITIES,
                name,
                _ACTIVITIES,
                lambda p: p.get_activities(segment),
                self._ttl.activity_list,
            )

        return await walk(query, read, self.now())

    async def get_activity(
        self, activity_id: str, include: frozenset[Include] = frozenset()
    ) -> Activity:
        """One activity."""
        parts = sorted(part.value for part in include)
        ttl = self._ttl.activity
        answer: Activity = await self._reader.read(
            Question(
                place=self._place(Changed.ACTIVITIES, question("activity", activity_id, *parts)),
                kind=_ACTIVITY,
                ask=lambda p: p.get_activity(activity_id, include),
                lives=lambda _: ttl,
            )
        )
        return answer

    async def get_stats(self) -> Stats:
        """Totals, where the provider has its own."""
        ttl, short = self._ttl.stats, self._ttl.incomplete
        answer: Stats = await self._reader.read(
            Question(
                place=self._place(Changed.ACTIVITIES, question("stats")),
                kind=_STATS,
                ask=lambda p: p.get_stats(),
                lives=lambda stats: ttl if stats.complete else short,
            )
        )
        return answer

    async def get_personal_records(self) -> Page[PersonalRecord]:
        """The athlete's bests, where the provider has its own."""
        return await self._page(
            Changed.ACTIVITIES,
            question("personal_records"),
            _RECORDS,
            lambda p: p.get_personal_records(),
            self._ttl.stats,
        )

    async def get_sleep_sessions(self, start: date, end: date) -> Page[SleepSession]:
        """Nights and naps."""
        return await self._page(
            Changed.SLEEP,
            question("sleep", start, end),
            _SLEEP,
            lambda p: p.get_sleep_sessions(start, end),
            self._ttl.of_days(end, self.today()),
        )

    async def get_recovery_metrics(self, start: date, end: date) -> Page[RecoveryMetrics]:
        """Recovery by local day."""
        return await self._page(
            Changed.RECOVERY,
            question("recovery", start, end),
            _RECOVERY,
            lambda p: p.get_recovery_metrics(start, end),
            self._ttl.of_days(end, self.today()),
        )

    async def get_health_metrics(self, start: date, end: date) -> Page[HealthMetrics]:
        """Body measurements by local day."""
        return await self._page(
            Changed.HEALTH,
            question("health", start, end),
            _HEALTH,
            lambda p: p.get_health_metrics(start, end),
            self._ttl.of_days(end, self.today()),
        )

    async def health_check(self) -> None:
        """Asks the provider; never kept, for it is about this moment."""
        await self.inner.health_check()

    async def diagnose(self) -> tuple[DataWarning, ...]:
        """Never kept, for it is about this moment."""
        return await self.inner.diagnose()

    async def disconnect(self) -> None:
        """Let the provider go, and what was kept of it."""
        try:
            await self.inner.disconnect()
        finally:
            await self.invalidate_user_cache()

    async def invalidate_activity_list_cache(self) -> None:
        """Keep nothing any more that is about the person's activities."""
        await self._shared.backend.forget(self._owner, Changed.ACTIVITIES)

    async def invalidate_user_cache(self) -> None:
        """Keep nothing any more of the person at this provider."""
        await self._shared.backend.forget(self._owner)

    def _place(self, group: Changed, name: str) -> Place:
        return Place(owner=self._owner, group=group, question=name)

    async def _page(
        self, group: Changed, name: str, kind: TypeAdapter[Page[Any]], ask: Any, ttl: Any
    ) -> Page[Any]:
        short = self._ttl.incomplete
        answer: Page[Any] = await self._reader.read(
            Question(
                place=self._place(group, name),
                kind=kind,
                ask=ask,
                lives=lambda page: ttl if page.complete else min(ttl, short),
            )
        )
        return answer
