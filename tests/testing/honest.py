"""A provider in memory that keeps every promise, for liars to inherit from."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pierre_mcp.errors import InvalidArgument, NotFound
from pierre_mcp.models import (
    Activity,
    Athlete,
    HealthMetrics,
    Lap,
    Page,
    Period,
    PersonalRecord,
    RecoveryMetrics,
    SleepSession,
    SleepStage,
    SleepStageInterval,
    SportType,
    Stats,
    Streams,
    ZoneTime,
    compute_stats,
    records_from_activities,
)
from pierre_mcp.spi import (
    ActivityQuery,
    FitnessProvider,
    Include,
    ProviderCapabilities,
    ProviderConfig,
    ProviderContext,
    ProviderDescriptor,
    ProviderFactory,
    Verification,
)

NAME = "honest"
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
EVERYTHING = (
    ProviderCapabilities.ACTIVITIES
    | ProviderCapabilities.SLEEP_TRACKING
    | ProviderCapabilities.RECOVERY_METRICS
    | ProviderCapabilities.HEALTH_METRICS
)
SPORTS = (SportType.RUN, SportType.TRAIL_RUN, SportType.RIDE)
AUCKLAND = 12 * 3600


def outing(number: int) -> Activity:
    """Every 16 hours, early in the New Zealand day, so that its date is not UTC's."""
    sport = SPORTS[number % len(SPORTS)]
    on_foot = sport.is_on_foot
    return Activity(
        provider=NAME,
        id=f"a{number}",
        name=f"Outing {number}" if number % 2 else None,
        sport_type=sport,
        start_time=NOW - timedelta(hours=16 * number + 2),
        utc_offset_seconds=AUCKLAND,
        timezone="Pacific/Auckland",
        duration_seconds=3700.0,
        moving_time_seconds=3600.0,
        distance_meters=10_800.0,
        average_speed_mps=3.0,
        max_speed_mps=5.0,
        average_heart_rate_bpm=140.0,
        max_heart_rate_bpm=171.0,
        average_power_watts=None if on_foot else 190.0,
        average_cadence_rpm=172.0 if on_foot else 84.0,
    )


def night(age: int) -> SleepSession:
    """Falls asleep the evening before the day it belongs to, by the athlete's clock."""
    day = NOW.date() - timedelta(days=age)
    woke = datetime(day.year, day.month, day.day, 6, tzinfo=UTC) - timedelta(seconds=AUCKLAND)
    slept = woke - timedelta(hours=8)
    half = slept + timedelta(hours=4)
    return SleepSession(
        provider=NAME,
        id=f"n{age}",
        date=day,
        start_time=slept,
        end_time=woke,
        utc_offset_seconds=AUCKLAND,
        time_in_bed_seconds=28_800.0,
        total_sleep_seconds=27_000.0,
        light_sleep_seconds=15_000.0,
        deep_sleep_seconds=6_000.0,
        rem_sleep_seconds=6_000.0,
        stages=(
            SleepStageInterval(stage=SleepStage.LIGHT, start_time=slept, end_time=half),
            SleepStageInterval(stage=SleepStage.REM, start_time=half, end_time=woke),
        ),
    )


class Honest(FitnessProvider):
    """Every answer in full; liars override one method."""

    capabilities = EVERYTHING

    def today(self) -> date:
        return self.now().date()

    def outings(self) -> list[Activity]:
        return [outing(number) for number in range(20)]

    def nights(self) -> list[SleepSession]:
        return [night(age) for age in range(90)]

    async def get_athlete(self) -> Athlete:
        return Athlete(
            provider=NAME,
            id="1",
            name="Ada",
            weight_kg=61.0,
            heart_rate_zone_floors_bpm=(0.0, 140.0),
        )

    async def get_activities(self, query: ActivityQuery) -> Page[Activity]:
        found = [a for a in self.outings() if self.matches(a, query)]
        if query.cursor is not None:
            oldest = self.position(query.cursor)
            found = [a for a in found if a.order_key < oldest]
        items = tuple(found[: query.limit])
        more = len(found) > len(items)
        return Page(items=items, next_cursor=items[-1].id if more else None)

    def matches(self, activity: Activity, query: ActivityQuery) -> bool:
        return query.matches(activity)

    def position(self, cursor: str) -> tuple[datetime, str]:
        if not re.fullmatch(r"a\d{1,2}", cursor):
            raise InvalidArgument("cursor", "is not one that this provider gave out.")
        return outing(int(cursor[1:])).order_key

    async def get_activity(
        self, activity_id: str, include: frozenset[Include] = frozenset()
    ) -> Activity:
        for activity in self.outings():
            if activity.id == activity_id:
                return self.detailed(activity, include)
        raise NotFound(NAME, "There is no such activity.")

    def detailed(self, activity: Activity, include: frozenset[Include]) -> Activity:
        laps = tuple(Lap(index=i, distance_meters=5400.0) for i in (1, 2))
        streams = Streams(
            time_seconds=(0.0, 1800.0, 3700.0),
            distance_meters=(0.0, 5400.0, 10_800.0),
            heart_rate_bpm=(None, 141.0, 168.0),
        )
        zones = tuple(
            ZoneTime(
                measure="heart_rate_bpm",
                zone=zone,
                floor=floor,
                ceiling=ceiling,
                time_in_zone_seconds=1800.0,
            )
            for zone, floor, ceiling in ((1, 0.0, 140.0), (2, 140.0, None))
        )
        return activity.model_copy(
            update={
                "laps": laps if Include.LAPS in include else None,
                "streams": streams if Include.STREAMS in include else None,
                "zones": zones if Include.ZONES in include else None,
            }
        )

    async def get_stats(self) -> Stats:
        return compute_stats(NAME, self.outings(), start_date=date(2026, 4, 25), end_date=None)

    async def get_personal_records(self) -> Page[PersonalRecord]:
        return Page(items=records_from_activities(self.outings()), period=Period())

    async def get_sleep_sessions(self, start: date, end: date) -> Page[SleepSession]:
        return self.within(self.nights(), start, end)

    async def get_recovery_metrics(self, start: date, end: date) -> Page[RecoveryMetrics]:
        days = [n.date for n in self.nights()]
        return self.within(
            [RecoveryMetrics(provider=NAME, date=d, hrv_rmssd_ms=62.0) for d in days], start, end
        )

    async def get_health_metrics(self, start: date, end: date) -> Page[HealthMetrics]:
        days = [n.date for n in self.nights()][::7]
        return self.within(
            [HealthMetrics(provider=NAME, date=d, weight_kg=61.0) for d in days], start, end
        )

    def within(self, items: list[Any], start: date, end: date) -> Page[Any]:
        return Page(items=tuple(item for item in items if start <= item.date <= end))


class HonestFactory(ProviderFactory):
    """Makes honest providers, and liars by their class."""

    def __init__(self, made: type[Honest] = Honest) -> None:
        self.made = made

    @property
    def descriptors(self) -> tuple[ProviderDescriptor, ...]:
        return (
            ProviderDescriptor(
                name=NAME,
                display_name="Honest",
                capabilities=self.made.capabilities,
                verified=Verification(against="not_applicable", date=date(2026, 11, 24)),
            ),
        )

    def create(self, config: ProviderConfig, context: ProviderContext) -> FitnessProvider:
        return self.made(self.descriptors[0], config, context)


factory = HonestFactory()
