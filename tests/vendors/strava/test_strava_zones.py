"""Zones at Strava: the athlete's own and the time in them, whom they cost what, and bad ones."""

import random
from typing import Any

import pytest
from strava_fake import FakeStrava, connected
from strava_history import NOW, Entry, entry, history

from pierre_mcp.errors import AuthenticationFailed, ProviderError, RateLimitExceeded
from pierre_mcp.models import WarningCode
from pierre_mcp.models.limits import Checker
from pierre_mcp.spi import Include
from pierre_mcp.testing import FakeRequest, Reply
from providers.strava.zones import floors_of, times_of

HISTORY = history(61, 120)
ZONES = frozenset({Include.ZONES})


def chosen(**wanted: Any) -> Entry:
    """The newest activity that a device recorded and whose summary says what is wanted."""
    return next(
        e
        for e in HISTORY
        if not e.summary["manual"]
        and all(e.summary.get(name, ...) == value for name, value in wanted.items())
    )


# The athlete's


async def test_zones_of_the_athlete_are_told_by_where_they_begin():
    fake = FakeStrava(HISTORY)
    async with connected(fake) as provider:
        athlete = await provider.get_athlete()
    assert athlete.heart_rate_zone_floors_bpm == (0, 115, 152, 171, 190)
    assert athlete.power_zone_floors_watts == (0, 133, 181, 217, 253, 289, 362)
    assert athlete.warnings == ()
    assert fake.asked == ["/athlete", "/athlete/zones"]


async def test_without_the_permission_zones_are_unknown_and_cost_no_request():
    fake = FakeStrava(HISTORY, frozenset({"read", "activity:read_all"}))
    async with connected(fake) as provider:
        athlete = await provider.get_athlete()
    assert athlete.name == "Ada Example"
    assert (athlete.heart_rate_zone_floors_bpm, athlete.power_zone_floors_watts) == (None, None)
    assert [w.code for w in athlete.warnings] == [WarningCode.NOT_PERMITTED]
    assert fake.asked == ["/athlete"]


async def test_a_permission_that_was_withdrawn_since_costs_the_zones_only():
    fake = FakeStrava(HISTORY)
    async with connected(fake) as provider:
        fake.scopes = frozenset({"read"})
        athlete = await provider.get_athlete()
    assert athlete.heart_rate_zone_floors_bpm is None
    assert [w.code for w in athlete.warnings] == [WarningCode.NOT_PERMITTED]


@pytest.mark.parametrize("status", [402, 403, 404, 429, 500, 503])
async def test_no_answer_about_zones_makes_the_profile_fail(status: int):
    fake = FakeStrava(HISTORY)

    async def refuse(_: FakeRequest) -> Reply:
        return status, {"message": "no", "errors": []}, {}

    fake.api.routes["GET /api/v3/athlete/zones"] = refuse
    async with connected(fake) as provider:
        athlete = await provider.get_athlete()
    assert athlete.weight_kg == 61.5
    assert athlete.heart_rate_zone_floors_bpm is None
    assert [w.code for w in athlete.warnings] == [WarningCode.FIELD_UNREADABLE]


@pytest.mark.parametrize(
    "told", [None, [], {}, {"heart_rate": None}, {"heart_rate": {"zones": []}}]
)
def test_zones_that_nobody_set_are_unknown_without_a_warning(told: Any):
    check = Checker("1")
    assert floors_of(told, "heart_rate", "heart_rate_bpm", "floors", check) is None
    assert check.warnings == []


@pytest.mark.parametrize(
    "zones",
    [
        [{"min": 0, "max": -1}],
        [{"min": 0, "max": 0}, {"min": 0, "max": 0}],
        [{"min": 0, "max": 150}, {"min": 140, "max": -1}],
        [{"min": 0, "max": -1}, {"min": 140, "max": -1}],
        [{"min": 150, "max": 140}, {"min": 160, "max": -1}],
        [{"min": -5, "max": 140}, {"min": 140, "max": -1}],
        [{"min": 0, "max": 140}, {"min": 251, "max": -1}],
        [{"min": 0, "max": 140}, {"min": "140", "max": -1}],
        [{"min": 0, "max": True}, {"min": 140, "max": -1}],
        [{"min": 0, "max": 140}, None],
        [{"min": n, "max": n + 1} for n in range(40)],
        "zones",
        {"min": 0},
        7,
    ],
)
def test_zones_that_cannot_be_are_unknown_with_a_warning(zones: Any):
    check = Checker("1")
    told = {"heart_rate": {"zones": zones}}
    assert floors_of(told, "heart_rate", "heart_rate_bpm", "floors", check) is None
    assert [w.field for w in check.warnings] == ["floors"]
    times = [{"type": "heartrate", "distribution_buckets": zones}]
    assert times_of(times, Checker("1"), measured=True) is None


# An activity's


async def test_time_in_zones_costs_one_request_and_only_where_it_is_asked_for():
    run = chosen(has_heartrate=True, gear_id=None)
    fake = FakeStrava(HISTORY)
    async with connected(fake) as provider:
        assert (await provider.get_activity(str(run.id))).zones is None
        fake.api.requests.clear()
        zones = (await provider.get_activity(str(run.id), ZONES)).zones
    assert fake.asked == [f"/activities/{run.id}", f"/activities/{run.id}/zones"]
    assert zones is not None
    assert [z.zone for z in zones] == [1, 2, 3, 4, 5]
    assert {z.measure for z in zones} == {"heart_rate_bpm"}
    assert [(z.floor, z.ceiling) for z in zones[3:]] == [(171, 190), (190, None)]
    assert sum(z.time_in_zone_seconds for z in zones) == run.summary["moving_time"]


@pytest.mark.parametrize("metered", [True, False])
async def test_estimated_watts_are_in_no_zone(metered: bool):
    ride = chosen(device_watts=metered, has_heartrate=True)
    async with connected(FakeStrava(HISTORY)) as provider:
        zones = (await provider.get_activity(str(ride.id), ZONES)).zones
    assert zones is not None
    assert ("power_watts" in {z.measure for z in zones}) == metered


async def test_what_was_typed_in_is_in_no_zone_and_costs_no_request():
    made = entry(random.Random(1), 77, NOW)
    made.summary.update(manual=True, gear_id=None)
    fake = FakeStrava([made])
    async with connected(fake) as provider:
        found = await provider.get_activity("77", ZONES)
    assert (found.zones, found.warnings, fake.asked) == (None, (), ["/activities/77"])


@pytest.mark.parametrize("status", [402, 403])
async def test_an_athlete_without_a_subscription_has_all_but_the_time_in_zones(status: int):
    run = chosen(has_heartrate=True)
    fake = FakeStrava(HISTORY, subscriber=False)

    async def forbid(_: FakeRequest) -> Reply:
        return 403, {"message": "Forbidden", "errors": []}, {}

    if status == 403:
        fake.api.routes["GET /api/v3/activities/{id}/zones"] = forbid
    async with connected(fake) as provider:
        found = await provider.get_activity(str(run.id), frozenset(Include))
    assert found.zones is None
    assert found.laps
    assert found.streams
    assert WarningCode.NOT_PERMITTED in {w.code for w in found.warnings}


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, {"errors": [{"code": "invalid"}]}, AuthenticationFailed),
        (429, {"message": "Rate Limit Exceeded"}, RateLimitExceeded),
        (500, "<html>", ProviderError),
    ],
)
async def test_what_passes_by_itself_is_not_taken_for_a_refusal(status, body, error):
    run = chosen(has_heartrate=True)
    fake = FakeStrava(HISTORY)

    async def fail(_: FakeRequest) -> Reply:
        return status, body, {}

    fake.api.routes["GET /api/v3/activities/{id}/zones"] = fail
    async with connected(fake) as provider:
        with pytest.raises(error):
            await provider.get_activity(str(run.id), ZONES)


async def test_zones_that_strava_does_not_have_are_none():
    run = chosen(has_heartrate=True)
    fake = FakeStrava(HISTORY)

    async def none(_: FakeRequest) -> Reply:
        return 404, {"message": "Record Not Found", "errors": []}, {}

    fake.api.routes["GET /api/v3/activities/{id}/zones"] = none
    async with connected(fake) as provider:
        found = await provider.get_activity(str(run.id), ZONES)
    assert found.zones is None


def distribution(word: str, times: list[Any], **more: Any) -> dict[str, Any]:
    tops = [*range(100, 100 * len(times), 100), -1]
    buckets = [
        {"min": 100 * n, "max": top, "time": time}
        for n, (top, time) in enumerate(zip(tops, times, strict=True))
    ]
    return {"type": word, "distribution_buckets": buckets, **more}


def test_zones_of_pace_and_of_what_comes_next_year_are_left_out():
    told = [distribution("pace", [5, 6]), distribution("mood", [1, 2]), None, 7, {"type": []}]
    assert times_of(told, Checker("1"), measured=True) is None


@pytest.mark.parametrize(
    "told",
    [
        distribution("heartrate", [0, 0]),
        distribution("heartrate", [10, 20], sensor_based=False),
        {"type": "heartrate"},
        {"type": "heartrate", "distribution_buckets": None},
    ],
)
def test_zones_in_which_nothing_was_measured_are_unknown_without_a_warning(told: Any):
    check = Checker("1")
    assert times_of([told], check, measured=True) is None
    assert check.warnings == []


@pytest.mark.parametrize("bad", [-1, "60", None, True, 10**9, float("nan"), [], 10**400])
def test_a_time_that_cannot_be_makes_its_measure_unknown_and_no_other(bad: Any):
    check = Checker("1")
    told = [distribution("heartrate", [60, bad]), distribution("power", [60, 30])]
    zones = times_of(told, check, measured=True)
    assert zones is not None
    assert {z.measure for z in zones} == {"power_watts"}
    assert {w.field for w in check.warnings} == {"zones"}
