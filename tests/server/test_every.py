"""provider: all in the other tools, as a client sees it: each day and each workout once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from many_people import Served, served

from pierre_mcp.client.lists import TimeList
from pierre_mcp.composition import Composition
from pierre_mcp.errors import NotFound, ProviderServerError, StoreUnavailable
from pierre_mcp.models import (
    Activity,
    Athlete,
    HealthMetrics,
    Page,
    PersonalRecord,
    RecordKind,
    RecoveryMetrics,
    SleepSession,
    SportType,
)
from pierre_mcp.registry import ProviderRegistry
from pierre_mcp.settings import load_settings
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

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
EVERYTHING = ProviderCapabilities.full_health() & ~ProviderCapabilities.OAUTH


@dataclass
class Chest(ProviderFactory):
    """A provider that holds what a test puts into it."""

    name: str
    activities: list[Activity] = field(default_factory=list)
    nights: list[SleepSession] = field(default_factory=list)
    recovery: list[RecoveryMetrics] = field(default_factory=list)
    health: list[HealthMetrics] = field(default_factory=list)
    records: list[PersonalRecord] | None = None
    athlete: Athlete | None = None
    fails: bool = False
    mistake: Exception | None = None

    @property
    def descriptors(self) -> tuple[ProviderDescriptor, ...]:
        return (
            ProviderDescriptor(
                name=self.name,
                display_name=self.name.title(),
                capabilities=EVERYTHING,
                verified=Verification(against="not_applicable", date=date(2026, 5, 1)),
            ),
        )

    def create(self, config: ProviderConfig, context: ProviderContext) -> FitnessProvider:
        return Holder(self, config, context)

    def run(self, number: int, *, late: float = 0, **values: Any) -> None:
        known = {"duration_seconds": 3600.0, "distance_meters": 10_000.0} | values
        self.activities.append(
            Activity(
                provider=self.name,
                id=f"{number}",
                sport_type=SportType.RUN,
                start_time=NOW - timedelta(hours=2 * number + 2) + timedelta(seconds=late),
                utc_offset_seconds=0,
                **known,
            )
        )

    def night(self, day: int, **values: Any) -> None:
        end = NOW.replace(hour=6) - timedelta(days=day)
        known = {"id": f"n{day}", "date": end.date(), "end_time": end, "provider": self.name}
        self.nights.append(
            SleepSession(**(known | {"start_time": end - timedelta(hours=8)} | values))
        )


class Holder(FitnessProvider):
    def __init__(self, chest: Chest, config: ProviderConfig, context: ProviderContext) -> None:
        super().__init__(chest.descriptors[0], config, context)
        self.chest = chest

    def held(self, records: list[Any]) -> Page[Any]:
        if self.chest.mistake is not None:
            raise self.chest.mistake
        if self.chest.fails:
            raise ProviderServerError(self.chest.name, "It is down.")
        return Page(items=tuple(records))

    async def get_athlete(self) -> Athlete:
        self.held([])
        return self.chest.athlete or Athlete(provider=self.chest.name, id="1")

    async def get_activities(self, query: ActivityQuery) -> Page[Activity]:
        self.held([])
        listing = TimeList(query)
        listing.add(self.chest.activities, ended=True)
        return listing.page()

    async def get_activity(
        self, activity_id: str, include: frozenset[Include] = frozenset()
    ) -> Activity:
        for one in self.held(self.chest.activities):
            if one.id == activity_id:
                return one
        raise NotFound(self.chest.name, "No such activity.")

    async def get_personal_records(self) -> Page[PersonalRecord]:
        if self.chest.records is None:
            return await super().get_personal_records()
        return self.held(self.chest.records)

    async def get_sleep_sessions(self, start: date, end: date) -> Page[SleepSession]:
        return self.held(self.chest.nights)

    async def get_recovery_metrics(self, start: date, end: date) -> Page[RecoveryMetrics]:
        return self.held(self.chest.recovery)

    async def get_health_metrics(self, start: date, end: date) -> Page[HealthMetrics]:
        return self.held(self.chest.health)


@dataclass
class Site:
    server: Served
    ring: Chest
    watch: Chest

    async def all(self, tool: str, **arguments: Any) -> dict[str, Any]:
        return await self.server.call(None, tool, provider="all", **arguments)

    async def rows(self, tool: str, **arguments: Any) -> list[dict[str, Any]]:
        result = (await self.all(tool, **arguments))["result"]
        return [dict(zip(result["columns"], row, strict=True)) for row in result["rows"]]


@asynccontextmanager
async def site(home: Path, **environ: str) -> AsyncIterator[Site]:
    only = {"PIERRE_HOME": str(home), "PIERRE_PROVIDERS": "synthetic"}
    configuration = load_settings(only | environ)
    registry = ProviderRegistry(configuration)
    chests = Chest("ring"), Chest("watch")
    for chest in chests:
        registry.register_factory(chest.name, chest)
    composition = Composition(configuration, registry=registry, clock=lambda: NOW)
    async with served(composition) as server:
        yield Site(server, *chests)


async def test_each_night_comes_once_with_its_source(tmp_path: Path):
    async with site(tmp_path) as at:
        for day in range(3):
            at.ring.night(day, sleep_score=80.0 + day)
        at.watch.night(0, sleep_score=10.0, hrv_rmssd_ms=55.0)
        rows = await at.rows("get_sleep_sessions")
        assert [(row["source"], row["sleep_score"]) for row in rows] == [
            ("ring", 80), ("ring", 81), ("ring", 82),
        ]  # fmt: skip
        assert (rows[0]["hrv_rmssd_ms"], rows[0]["from_others"]) == (55, "hrv_rmssd_ms: watch")


async def test_the_operator_says_whom_to_believe(tmp_path: Path):
    async with site(tmp_path, PIERRE_SOURCE_PRIORITY="watch, ring") as at:
        at.ring.night(0)
        at.ring.night(1)
        at.watch.night(0)
        at.ring.run(0)
        at.watch.run(0, late=2)
        assert [row["source"] for row in await at.rows("get_sleep_sessions")] == ["watch", "ring"]
        assert [row["provider"] for row in await at.rows("get_activities")] == ["watch"]


@pytest.mark.parametrize("tool", ["get_recovery_metrics", "get_health_metrics"])
async def test_each_day_comes_once(tmp_path: Path, tool: str):
    async with site(tmp_path) as at:
        for chest, hrv in ((at.ring, 60.0), (at.watch, 70.0)):
            for day in (NOW.date(), NOW.date() - timedelta(days=1)):
                named = {"provider": chest.name, "date": day}
                chest.recovery.append(RecoveryMetrics(**named, hrv_rmssd_ms=hrv))
                chest.health.append(HealthMetrics(**named, weight_kg=hrv))
        rows = await at.rows(tool)
        assert [row["date"] for row in rows] == ["2026-05-01", "2026-04-30"]
        assert {row["source"] for row in rows} == {"ring"}


async def test_one_that_fails_is_named_and_costs_its_own_days(tmp_path: Path):
    async with site(tmp_path) as at:
        at.ring.night(0)
        at.watch.night(0)
        at.ring.fails = True
        told = await at.all("get_sleep_sessions")
        assert told["meta"]["providers"] == ["watch"]
        assert told["meta"]["complete"] is False
        assert told["meta"]["warnings"][0]["detail"] == "ring: It is down."
        at.watch.fails = True
        error = (await at.all("get_sleep_sessions"))["error"]
        assert [cause["provider"] for cause in error["causes"]] == ["ring", "watch"]


@pytest.mark.parametrize(
    "mistake", [KeyError("secret"), StoreUnavailable("The database is away."), TimeoutError()]
)
async def test_whatever_one_raises_costs_its_own_part_only(tmp_path: Path, mistake: Exception):
    async with site(tmp_path) as at:
        at.ring.night(0)
        at.watch.night(0)
        at.watch.run(0)
        at.ring.mistake = mistake
        for tool in ("get_sleep_sessions", "get_activities", "get_stats", "get_athlete"):
            told = await at.all(tool)
            assert told["meta"]["providers"] == ["watch"]
            (warning,) = told["meta"]["warnings"]
            assert warning["detail"].startswith("ring: ")
            assert "secret" not in warning["detail"]


async def test_an_activity_that_one_may_have_who_fails_is_not_said_to_be_none(tmp_path: Path):
    async with site(tmp_path) as at:
        at.ring.fails = True
        error = (await at.all("get_activity", activity_id="7"))["error"]
        assert error["type"] == "no_providers_available"


async def test_totals_are_the_same_with_a_second_source_of_the_same_workouts(tmp_path: Path):
    async with site(tmp_path) as at:
        for number in range(30):
            at.ring.run(number, elevation_gain_meters=50.0)
        alone = (await at.all("get_stats", group_by="week"))["result"]
        for number in range(30):
            at.watch.run(number, late=4, distance_meters=10_100.0)
        both = (await at.all("get_stats", group_by="week"))["result"]
        assert both == alone
        assert both["totals"]["activity_count"] == 30


async def test_bests_are_those_of_all_and_say_whose(tmp_path: Path):
    async with site(tmp_path) as at:
        at.ring.records = [
            PersonalRecord(
                provider="ring",
                kind=RecordKind.FASTEST_DISTANCE,
                sport_type=SportType.RUN,
                value=1200.0,
                value_unit="seconds",
                distance_meters=5000.0,
                basis="best_effort",
                activity_id="1",
                achieved_at=NOW,
            )
        ]
        at.watch.run(0, distance_meters=12_000.0)
        rows = await at.rows("get_personal_records")
        assert {(row["kind"], row["provider"]) for row in rows} >= {
            ("fastest_distance", "ring"), ("longest_distance", "watch"),
        }  # fmt: skip


async def test_an_activity_is_found_wherever_it_is(tmp_path: Path):
    async with site(tmp_path) as at:
        at.ring.run(1)
        at.watch.run(2)
        for asked in ("2", "watch:2"):
            told = await at.all("get_activity", activity_id=asked)
            assert told["result"]["activity"]["provider"] == "watch"
        at.ring.run(2)
        error = (await at.all("get_activity", activity_id="2"))["error"]
        assert (error["argument"], error["allowed"]) == ("activity_id", ["ring:2", "watch:2"])
        assert (await at.all("get_activity", activity_id="7"))["error"]["type"] == "not_found"


async def test_the_fullest_profile_is_told_whole(tmp_path: Path):
    async with site(tmp_path) as at:
        at.watch.athlete = Athlete(provider="watch", id="9", name="Ada", weight_kg=60.0)
        told = (await at.all("get_athlete"))["result"]["athlete"]
        assert (told["provider"], told["name"]) == ("watch", "Ada")
