"""The synthetic athlete behind the contract: what has happened up to now, newest first.

It reads nothing but the clock and the calendar. ``with_activities`` serves exactly the activities
it is given, for tests and evaluations that need their own.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Self, TypeVar

import anyio.to_thread

from pierre_mcp.errors import ConfigurationError, InvalidArgument, NotFound
from pierre_mcp.models import (
    Activity,
    Athlete,
    HealthMetrics,
    Page,
    Period,
    PersonalRecord,
    RecoveryMetrics,
    SleepSession,
    Stats,
    compute_stats,
    records_from_activities,
)
from pierre_mcp.spi import (
    ActivityQuery,
    FitnessProvider,
    Include,
    ProviderConfig,
    ProviderContext,
)
from providers.synthetic import DESCRIPTOR
from providers.synthetic.diary import Diary, days_back, diary_of
from providers.synthetic.history import DiaryHistory, GivenHistory, History, day_after
from providers.synthetic.physiology import (
    HEART_RATE_ZONE_FLOORS_BPM,
    HEIGHT_METERS,
    MAX_HEART_RATE_BPM,
    RESTING_HEART_RATE_BPM,
)
from providers.synthetic.season import HOME_ZONE

_DEFAULT_SEED = "1"
_CURSOR = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?\+00:00) (.+)")
_FIRST_YEAR, _LAST_YEAR = 2000, 2100

T = TypeVar("T")


class SyntheticProvider(FitnessProvider):
    """One synthetic athlete; see the module."""

    def __init__(
        self,
        config: ProviderConfig,
        context: ProviderContext,
        *,
        history: History,
        diary: Diary | None = None,
        today: date | None = None,
    ) -> None:
        super().__init__(DESCRIPTOR, config, context)
        self._history = history
        self._diary = diary
        self._today = today

    @classmethod
    def configured(cls, config: ProviderConfig, context: ProviderContext) -> Self:
        """The athlete of the configured seed; raises ``ConfigurationError`` for a bad day."""
        diary = diary_of(config.options.get("seed", _DEFAULT_SEED))
        today = _day(config.options.get("today"))
        return cls(config, context, history=DiaryHistory(diary), diary=diary, today=today)

    @classmethod
    def with_activities(cls, activities: Iterable[Activity], *, now: datetime) -> Self:
        """A provider that has exactly these activities, and no sleep, recovery or health data.

        ``now`` is an aware time; what ends after it is not served.
        """

        async def silent(_done: float, _total: float | None, _message: str) -> None:
            """Nobody waits."""

        return cls(
            ProviderConfig(name=DESCRIPTOR.name),
            ProviderContext(
                clock=lambda: now.astimezone(UTC), progress=silent, spawn=lambda _: None
            ),
            history=GivenHistory(activities),
        )

    def now(self) -> datetime:
        """The end of the configured day at home, else the present."""
        if self._today is None:
            return self.context.clock()
        midnight = datetime.combine(self._today + timedelta(days=1), time(), tzinfo=HOME_ZONE)
        return midnight.astimezone(UTC) - timedelta(seconds=1)

    def today(self) -> date:
        """The day at the athlete's home."""
        return self.now().astimezone(HOME_ZONE).date()

    async def get_athlete(self) -> Athlete:
        """The athlete as they are today."""
        form = self._diary.form(self.today()) if self._diary else None
        return Athlete(
            provider=DESCRIPTOR.name,
            id="synthetic-athlete",
            name="Robin Example",
            username="robin.example",
            sex="female",
            birth_date=date(1988, 3, 14),
            city="Lucerne",
            country="Switzerland",
            timezone=str(HOME_ZONE),
            weight_kg=round(form.weight_kg, 1) if form else None,
            height_meters=HEIGHT_METERS,
            max_heart_rate_bpm=float(MAX_HEART_RATE_BPM),
            resting_heart_rate_bpm=float(RESTING_HEART_RATE_BPM),
            functional_threshold_power_watts=float(round(form.power_watts)) if form else None,
            heart_rate_zone_floors_bpm=HEART_RATE_ZONE_FLOORS_BPM,
            member_since=self._first_day(),
        )

    async def get_activities(self, query: ActivityQuery) -> Page[Activity]:
        """Generates only the days it needs."""
        older_than = _position(query.cursor)
        found = await _in_thread(
            lambda: list(islice(self._matching(query, older_than), query.limit + 1))
        )
        items = tuple(found[: query.limit])
        cursor = None
        if len(found) > query.limit:
            cursor = f"{items[-1].start_time.isoformat()} {items[-1].id}"
        return Page(items=items, next_cursor=cursor)

    async def get_activity(
        self, activity_id: str, include: frozenset[Include] = frozenset()
    ) -> Activity:
        """One activity that has happened."""
        return await _in_thread(lambda: self._history.full(self._find(activity_id), include))

    async def get_stats(self) -> Stats:
        """Totals of all ten years, by sport."""

        def compute() -> Stats:
            return compute_stats(
                DESCRIPTOR.name,
                self._matching(ActivityQuery(), None),
                start_date=self._first_day(),
                end_date=self._last_day(),
            )

        return await _in_thread(compute)

    async def get_personal_records(self) -> Page[PersonalRecord]:
        """The bests of all ten years, each by a whole activity."""
        records = await _in_thread(
            lambda: records_from_activities(self._matching(ActivityQuery(), None))
        )
        period = Period(start_date=self._first_day(), end_date=self._last_day())
        return Page(items=records, period=period)

    async def get_sleep_sessions(self, start: date, end: date) -> Page[SleepSession]:
        """Nights and naps that are over."""

        def slept(diary: Diary, day: date) -> list[SleepSession]:
            return [s for s in reversed(diary.sleep(day)) if s.end_time <= self.now()]

        return await self._by_day(start, end, slept)

    async def get_recovery_metrics(self, start: date, end: date) -> Page[RecoveryMetrics]:
        """The metrics of mornings after a recorded night."""

        def recovered(diary: Diary, day: date) -> list[RecoveryMetrics]:
            woken = any(s.end_time <= self.now() for s in diary.sleep(day) if not s.is_nap)
            metrics = diary.recovery(day) if woken else None
            return [metrics] if metrics else []

        return await self._by_day(start, end, recovered)

    async def get_health_metrics(self, start: date, end: date) -> Page[HealthMetrics]:
        """Measurements of days that are over, and of today once all of its activities are."""

        def measured(diary: Diary, day: date) -> list[HealthMetrics]:
            over = all(_ended(w.activity, self.now()) for w in diary.workouts(day))
            metrics = diary.health(day) if over else None
            return [metrics] if metrics else []

        return await self._by_day(start, end, measured)

    async def _by_day(
        self, start: date, end: date, of_day: Callable[[Diary, date], list[T]]
    ) -> Page[T]:
        diary = self._diary
        if diary is None:
            return Page()
        last, first = min(end, self.today()), max(start, self._first_day())
        items = await _in_thread(
            lambda: tuple(item for day in days_back(last, first) for item in of_day(diary, day))
        )
        return Page(items=items)

    def _matching(
        self, query: ActivityQuery, older_than: tuple[datetime, str] | None
    ) -> Iterator[Activity]:
        """What has happened and matches, newest first; looks at no more days than it has to."""
        now = self.now()
        first, last = self._first_day(), self._last_day()
        # An instant is on one of three local days, depending on where one is.
        if query.after is not None:
            first = max(first, day_after(_date_of(query.after), -1))
        for bound in (query.before, older_than[0] if older_than else None):
            if bound is not None:
                last = min(last, day_after(_date_of(bound)))
        for activity in self._history.newest_first(first, last):
            fresh = older_than is None or activity.order_key < older_than
            if fresh and _ended(activity, now) and query.matches(activity):
                yield activity

    def _find(self, activity_id: str) -> Activity:
        activity = self._history.find(activity_id, self._first_day(), self._last_day())
        if activity is None or not _ended(activity, self.now()):
            raise NotFound(
                DESCRIPTOR.name, "There is no activity with that id. get_activities lists the ids."
            )
        return activity

    def _first_day(self) -> date:
        return self._history.first_day(self.today())

    def _last_day(self) -> date:
        """Today, or tomorrow for given activities from places that are ahead of the home."""
        return self.today() if self._diary else day_after(self.today())


async def _in_thread(work: Callable[[], T]) -> T:
    """Long arithmetic must not hold up other people's calls."""
    return await anyio.to_thread.run_sync(work)


def _ended(activity: Activity, now: datetime) -> bool:
    return activity.start_time + timedelta(seconds=activity.duration_seconds or 0) <= now


def _date_of(bound: date | datetime) -> date:
    return bound.date() if isinstance(bound, datetime) else bound


def _position(cursor: str | None) -> tuple[datetime, str] | None:
    if cursor is None:
        return None
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise InvalidArgument("cursor", "is not one that this provider gave out.")
    try:
        return datetime.fromisoformat(match[1]), match[2]
    except ValueError:
        raise InvalidArgument("cursor", "is not one that this provider gave out.") from None


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ConfigurationError("PIERRE_SYNTHETIC_TODAY: not a day like 2026-05-01.") from None
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise ConfigurationError(
            f"PIERRE_SYNTHETIC_TODAY: not between the years {_FIRST_YEAR} and {_LAST_YEAR}."
        )
    return day
