"""provider: all, as a client sees it: one list of several providers, each workout once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from many_people import Served, served

from pierre_mcp.client.lists import TimeList
from pierre_mcp.combine.history import Place
from pierre_mcp.composition import Composition
from pierre_mcp.errors import InvalidArgument, NotFound, ProviderError, ProviderServerError
from pierre_mcp.models import Activity, Page, SportType
from pierre_mcp.registry import ProviderRegistry
from pierre_mcp.server.cursors import Position, decode, encode
from pierre_mcp.server.tools.merged import place_of, position_of
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


@dataclass
class ShelfFactory(ProviderFactory):
    """A provider that has what is put on it, and fails when it is told to."""

    name: str
    held: list[Activity] = field(default_factory=list)
    failure: ProviderError | None = None
    capabilities: ProviderCapabilities = ProviderCapabilities.ACTIVITIES

    @property
    def descriptors(self) -> tuple[ProviderDescriptor, ...]:
        return (
            ProviderDescriptor(
                name=self.name,
                display_name=self.name.title(),
                capabilities=self.capabilities,
                verified=Verification(against="not_applicable", date=date(2026, 5, 1)),
            ),
        )

    def create(self, config: ProviderConfig, context: ProviderContext) -> FitnessProvider:
        return Shelf(self, config, context)

    def add(self, number: int, *, late: float = 0, **values: Any) -> None:
        start = NOW - timedelta(hours=2 * number + 2) + timedelta(seconds=late)
        known = {"duration_seconds": 3600.0, "distance_meters": 10_000.0} | values
        self.held.append(
            Activity(
                provider=self.name,
                id=f"{self.name[0]}{number}",
                sport_type=SportType.RUN,
                start_time=start,
                utc_offset_seconds=0,
                **known,
            )
        )


class Shelf(FitnessProvider):
    def __init__(
        self, factory: ShelfFactory, config: ProviderConfig, context: ProviderContext
    ) -> None:
        super().__init__(factory.descriptors[0], config, context)
        self.factory = factory

    async def get_activities(self, query: ActivityQuery) -> Page[Activity]:
        if self.factory.failure is not None:
            raise self.factory.failure
        listing = TimeList(query)
        listing.add(self.factory.held, ended=True)
        return listing.page()

    async def get_activity(
        self, activity_id: str, include: frozenset[Include] = frozenset()
    ) -> Activity:
        if self.factory.failure is not None:
            raise self.factory.failure
        for activity in self.factory.held:
            if activity.id == activity_id:
                return activity
        raise NotFound(self.factory.name, "There is no such activity.")


@dataclass
class Site:
    server: Served
    shelves: dict[str, ShelfFactory]

    async def ask(self, **arguments: Any) -> dict[str, Any]:
        return await self.server.call(None, "get_activities", **arguments)

    async def all(self, **arguments: Any) -> dict[str, Any]:
        return await self.ask(provider="all", **arguments)


@asynccontextmanager
async def site(home: Path, *names: str) -> AsyncIterator[Site]:
    configuration = load_settings({"PIERRE_HOME": str(home), "PIERRE_PROVIDERS": "synthetic"})
    registry = ProviderRegistry(configuration)
    shelves = {name: ShelfFactory(name) for name in names}
    for name, shelf in shelves.items():
        registry.register_factory(name, shelf)
    composition = Composition(configuration, registry=registry, clock=lambda: NOW)
    async with served(composition) as server:
        yield Site(server, shelves)


def rows(answer: dict[str, Any]) -> list[dict[str, Any]]:
    result = answer["result"]
    return [dict(zip(result["columns"], row, strict=True)) for row in result["rows"]]


async def test_a_workout_that_two_tell_of_stands_once_with_what_both_know(tmp_path: Path):
    async with site(tmp_path, "watch", "service") as at:
        at.shelves["watch"].add(0, average_heart_rate_bpm=140.0, moving_time_seconds=3500.0)
        at.shelves["service"].add(0, late=5, name="Along the lake", device_name="Watch 7")
        answer = await at.all()
        (row,) = rows(answer)
        assert (row["id"], row["provider"]) == ("w0", "watch")
        assert row["other_sources"] == "service:s0"
        assert (row["name"], row["average_heart_rate_bpm"]) == ("Along the lake", 140)
        assert answer["meta"]["providers"] == ["service", "watch"]
        assert "possible_duplicates" not in answer["result"]


async def test_full_detail_says_of_each_field_where_it_comes_from(tmp_path: Path):
    async with site(tmp_path, "watch", "service") as at:
        at.shelves["watch"].add(0, average_heart_rate_bpm=140.0)
        at.shelves["service"].add(0, late=5, name="Along the lake", device_name="Watch 7")
        (told,) = (await at.all(detail="full"))["result"]["activities"]
        assert told["sources"] == ["watch:w0", "service:s0"]
        assert told["provenance"]["name"] == "service"
        assert told["provenance"]["average_heart_rate_bpm"] == "watch"
        assert set(told["provenance"]) <= set(told)


async def test_its_pages_hold_everything_once(tmp_path: Path):
    async with site(tmp_path, "watch", "service") as at:
        for number in range(30):
            if number % 5:
                at.shelves["watch"].add(number)
            if number % 3:
                at.shelves["service"].add(number, late=5)
        seen: list[int] = []
        cursor: dict[str, str] = {}
        while True:
            answer = await at.all(limit=7, **cursor)
            assert len(rows(answer)) <= 7
            seen += [int(row["id"][1:]) for row in rows(answer)]
            if "next_cursor" not in answer["meta"]:
                break
            cursor = {"cursor": answer["meta"]["next_cursor"]}
        assert seen == [number for number in range(30) if number % 5 or number % 3]


async def test_one_that_fails_is_named_and_costs_its_own_rows(tmp_path: Path):
    async with site(tmp_path, "watch", "service") as at:
        at.shelves["watch"].add(0)
        at.shelves["service"].add(1)
        at.shelves["service"].failure = ProviderServerError("service", "It is down.")
        answer = await at.all()
        assert [row["id"] for row in rows(answer)] == ["w0"]
        assert answer["meta"]["providers"] == ["watch"]
        assert answer["meta"]["complete"] is False
        (warning,) = answer["meta"]["warnings"]
        assert (warning["code"], warning["detail"]) == ("provider_failed", "service: It is down.")


async def test_when_none_answers_every_cause_is_told(tmp_path: Path):
    async with site(tmp_path, "watch", "service") as at:
        for name, shelf in at.shelves.items():
            shelf.failure = ProviderServerError(name, f"{name} is down.")
        error = (await at.all())["error"]
        assert error["type"] == "no_providers_available"
        assert {cause["provider"] for cause in error["causes"]} == {"watch", "service"}


async def test_what_may_be_one_workout_is_listed_and_both_are_there(tmp_path: Path):
    async with site(tmp_path, "watch", "service") as at:
        at.shelves["watch"].add(0)
        at.shelves["service"].add(0, late=-3600)
        answer = await at.all()
        assert len(rows(answer)) == 2
        (pair,) = answer["result"]["possible_duplicates"]
        assert {pair["one"], pair["other"]} == {"watch:w0", "service:s0"}
        assert pair["reason"] == "shifted_clock"


async def test_made_up_data_is_left_out_where_there_is_any_other(tmp_path: Path):
    async with site(tmp_path, "watch") as at:
        at.shelves["watch"].add(0)
        answer = await at.all()
        assert answer["meta"]["providers"] == ["watch"]
        assert "synthetic" not in answer["meta"]
    async with site(tmp_path) as at:
        answer = await at.all(limit=3)
        assert (answer["meta"]["providers"], answer["meta"]["synthetic"]) == (["synthetic"], True)
        assert len(rows(answer)) == 3


async def test_a_provider_without_activities_is_not_asked(tmp_path: Path):
    async with site(tmp_path, "watch", "scale") as at:
        at.shelves["watch"].add(0)
        at.shelves["scale"].capabilities = ProviderCapabilities.HEALTH_METRICS
        assert (await at.all())["meta"]["providers"] == ["watch"]


async def test_a_cursor_of_all_goes_on_with_all_and_no_other(tmp_path: Path):
    async with site(tmp_path, "watch", "service") as at:
        for number in range(5):
            at.shelves["watch"].add(number)
        cursor = (await at.all(limit=2))["meta"]["next_cursor"]
        assert len(rows(await at.ask(limit=2, cursor=cursor))) == 2
        error = (await at.ask(provider="watch", cursor=cursor))["error"]
        assert (error["type"], error["argument"]) == ("invalid_argument", "cursor")
        own = (await at.ask(provider="watch", limit=2))["meta"]["next_cursor"]
        assert (await at.all(cursor=own))["error"]["argument"] == "cursor"


def test_a_cursor_after_a_busy_day_of_six_providers_is_taken_back_as_it_was():
    given = {
        (provider, f"{number:08x}-1234-5678-9abc-{number:012x}"): NOW - timedelta(minutes=number)
        for number in range(10)
        for provider in ("alfa", "bravo", "charlie", "delta", "echo", "foxtrot")
    }
    place = Place(at=NOW, given=given, reach=timedelta(hours=15))
    query = ActivityQuery(limit=20)
    assert place_of(decode(encode(position_of(place), query), query)) == place


@pytest.mark.parametrize(
    "page",
    ["", "{}", "[1, {}, 0]", '["2026-05-01T12:00:00", {}, 0]', '["2026-05-01T12:00:00Z", [], 0]',
     '["2026-05-01T12:00:00Z", {"watch": 3}, 0]', '["2026-05-01T12:00:00Z", {"w": {"1": 1e99}}, 0]',
     '["2026-05-01T12:00:00Z", {}, "x"]'],
)  # fmt: skip
def test_a_place_that_nobody_gave_out_is_refused(page: str):
    with pytest.raises(InvalidArgument, match="cursor"):
        place_of(Position(provider="all", page=page))


async def test_all_stands_alone(tmp_path: Path):
    async with site(tmp_path, "watch") as at:
        assert (await at.ask(provider="watch,all"))["error"]["argument"] == "provider"


async def test_a_page_too_long_to_tell_is_cut_and_goes_on(tmp_path: Path):
    async with site(tmp_path, "watch", "service") as at:
        for number in range(120):
            at.shelves["watch"].add(number, name="x" * 190)
            at.shelves["service"].add(number, late=5, device_name="y" * 190)
        seen: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            answer = await at.all(limit=200, detail="full", **cursor)
            seen += [told["id"] for told in answer["result"]["activities"]]
            if "next_cursor" not in answer["meta"]:
                break
            assert "next_cursor" in answer["meta"].get("cut", "next_cursor")
            cursor = {"cursor": answer["meta"]["next_cursor"]}
        assert len(seen) == len(set(seen)) == 120
