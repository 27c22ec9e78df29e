"""Units, week start and time zone are the person's, in every form of an answer."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, date, datetime
from typing import Any, Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lakeside import Driver, Lake, an_activity, driving

from pierre_mcp.errors import ConfigurationError
from pierre_mcp.models import Activity, SportType, Units, WeekStart
from pierre_mcp.server.tools.activities import FIELDS
from pierre_mcp.server.units import pace, told_as
from pierre_mcp.server.words import clock
from pierre_mcp.settings import load_settings
from pierre_mcp.spi import FitnessProvider, ProviderConfig


class Driven(Protocol):
    def __call__(self, **environ: str) -> AbstractAsyncContextManager[Driver]: ...


@pytest.fixture
def driven(lake: Lake) -> Driven:
    @asynccontextmanager
    async def drive(**environ: str) -> AsyncIterator[Driver]:
        async with driving(lake, **environ) as driver:
            yield driver

    return drive


def rows(answer: dict[str, Any], key: str | None = None) -> list[dict[str, Any]]:
    table = answer["result"] if key is None else answer["result"][key]
    return [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]


async def test_miles_and_feet_stand_in_names_and_in_numbers(driven: Driven):
    async with driven() as metric:
        before = rows(await metric.answer("get_activities"))
    async with driven(PIERRE_UNITS="imperial") as imperial:
        answer = await imperial.answer("get_activities")
        after = rows(answer)
        full = (await imperial.answer("get_activities", detail="full", limit=1))["result"]
    for one, other in zip(before, after, strict=True):
        assert "distance_meters" not in other
        assert other["distance_miles"] == pytest.approx(one["distance_meters"] / 1609.344, abs=0.01)
        climbed = one["elevation_gain_meters"]
        if climbed is not None:
            assert other["elevation_gain_feet"] == pytest.approx(climbed / 0.3048, abs=2)
        assert one["id"] == other["id"]
    (whole,) = full["activities"]
    assert "distance_miles" in whole
    assert not [name for name in whole if name.endswith(("_meters", "_mps"))]


async def test_both_forms_of_an_answer_have_the_same_units(driven: Driven):
    async with driven(PIERRE_UNITS="imperial") as drive:
        result = await drive.call("get_activities")
    assert result.structured_content is not None
    text = result.content[0].text
    assert "distance_miles" in text
    assert "meters" not in text
    for row in result.structured_content["result"]["rows"]:
        assert all(value is None or str(value) in text for value in row)


async def test_totals_and_records_are_in_the_persons_units(driven: Driven):
    async with driven(PIERRE_UNITS="imperial") as drive:
        stats = await drive.answer("get_stats", group_by="sport")
        records = await drive.answer("get_personal_records")
    assert "distance_miles" in stats["result"]["totals"]
    assert "distance_miles" in stats["result"]["groups"]["columns"]
    assert "distance_miles" in records["result"]["columns"]


async def test_weeks_from_sunday_are_told_by_their_first_day(driven: Driven, lake: Lake):
    lake.activities = [an_activity(24 * day, id=f"{day:04}") for day in range(14)]
    async with driven(PIERRE_WEEK_START="sunday") as drive:
        weeks = rows(await drive.answer("get_stats", group_by="week"), "groups")
    assert weeks
    assert all(date.fromisoformat(row["week"]).isoweekday() == 7 for row in weeks)
    assert max(row["activity_count"] for row in weeks) == 7


@pytest.mark.parametrize(("zone", "today"), [("Pacific/Kiritimati", 25), ("Pacific/Midway", 24)])
async def test_today_is_that_of_the_persons_time_zone(driven: Driven, zone: str, today: int):
    async with driven(PIERRE_TIME_ZONE=zone) as drive:
        drive.composition.clock = lambda: datetime(2026, 11, 24, 20, tzinfo=UTC)
        descriptor = drive.composition.registry.get_descriptor("lakeside")
        config = ProviderConfig(name="lakeside")
        provider = Plain(descriptor, config, drive.composition.context())
    assert provider.today() == date(2026, 11, today)


class Plain(FitnessProvider):
    """A provider that knows no better than the server what day it is."""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PIERRE_TIME_ZONE", "Europe/Atlantis"),
        ("PIERRE_TIME_ZONE", "../etc/passwd"),
        ("PIERRE_UNITS", "furlongs"),
        ("PIERRE_WEEK_START", "wednesday"),
    ],
)
def test_a_preference_that_is_none_is_named_at_the_start(name: str, value: str):
    with pytest.raises(ConfigurationError, match=name):
        load_settings({name: value})


def test_preferences_may_be_written_in_capitals():
    settings = load_settings({"PIERRE_UNITS": "Imperial", "PIERRE_WEEK_START": "SUNDAY"}).settings
    assert (settings.units, settings.week_start) == (Units.IMPERIAL, WeekStart.SUNDAY)


def moved(sport: SportType, meters: float, seconds: float) -> Activity:
    return Activity(
        provider="one",
        id="1",
        sport_type=sport,
        start_time=datetime(2026, 11, 24, tzinfo=UTC),
        distance_meters=meters,
        moving_time_seconds=seconds,
    )


@pytest.mark.parametrize(
    ("sport", "meters", "seconds", "metric", "imperial"),
    [
        (SportType.RUN, 10_000, 3000, "5:00 /km", "8:03 /mi"),
        (SportType.TRAIL_RUN, 10_000, 4200, "7:00 /km", "11:16 /mi"),
        (SportType.POOL_SWIM, 2000, 2100, "1:45 /100m", "1:36 /100yd"),
        (SportType.RIDE, 30_000, 3600, "", ""),
        (SportType.RUN, 0, 3000, "", ""),
        (SportType.WALK, 1, 3000, "", ""),
    ],
)
def test_pace_is_told_on_foot_and_in_water(
    sport: SportType, meters: float, seconds: float, metric: str, imperial: str
):
    activity = moved(sport, meters, seconds)
    assert pace(activity, Units.METRIC) == metric
    assert pace(activity, Units.IMPERIAL) == imperial


def test_the_provider_s_own_average_speed_counts_where_there_is_one():
    activity = moved(SportType.RUN, 10_000, 3000).model_copy(update={"average_speed_mps": 4.0})
    assert pace(activity, Units.METRIC) == "4:10 /km"


@given(st.sampled_from(FIELDS), st.floats(-1e6, 1e6, allow_nan=False))
def test_a_number_changes_exactly_when_its_name_does(field: str, value: float):
    told = told_as(field, Units.IMPERIAL)
    assert told_as(field, Units.METRIC).of(value) == value
    assert (told.name == field) == (told.of(1000.0) == 1000.0)
    assert not told.name.endswith(("_meters", "_mps", "_kg", "_celsius"))


@given(st.floats(0, 1e7, allow_nan=False))
def test_a_clock_never_shows_sixty(seconds: float):
    told = clock(seconds)
    assert ":60" not in told
