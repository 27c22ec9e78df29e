"""Against Strava's own description and sample payloads, where PIERRE_SHARED names their folder."""

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from strava_fake import FakeStrava, connected
from strava_history import NOW, history, laps, zones

from pierre_mcp.models.limits import Checker
from pierre_mcp.spi import ActivityQuery, Include
from pierre_mcp.testing import FakeClock, FakeRequest, Reply
from pierre_mcp.testing.fake_api import Route
from pierre_mcp.testing.faults import Fault
from providers.strava import read_error
from providers.strava.mapping import activities_of, activity_of, athlete_of
from providers.strava.series import efforts_of, laps_of, streams_of
from providers.strava.sports import SPORTS
from providers.strava.zones import floors_of, times_of

WITHOUT_A_PLACE = {"PhysicalTherapy", "Racquetball", "RollerSki"}
"""Strava's sports that the vocabulary has none for."""


@pytest.fixture(scope="module")
def shared() -> Path:
    folder = os.environ.get("PIERRE_SHARED")
    if folder is None:
        pytest.skip("PIERRE_SHARED does not name a folder")
    return Path(folder)


@pytest.fixture(scope="module")
def specification(shared) -> dict[str, Any]:
    return json.loads((shared / "specs" / "strava" / "swagger.json").read_text())


@pytest.fixture(scope="module")
def sample(shared):
    return lambda name: json.loads((shared / "samples" / "strava" / name).read_text())


def check_request(request: FakeRequest, specification: dict[str, Any]) -> str:
    """The path of the description that a request follows; fails where it follows none."""
    path = request.path.removeprefix(specification["basePath"])
    candidates = [
        known
        for known in specification["paths"]
        if len(known.split("/")) == len(path.split("/"))
        and all(
            want.startswith("{") or want == have
            for want, have in zip(known.split("/"), path.split("/"), strict=True)
        )
    ]
    assert candidates, f"no path of the description fits {path}"
    known = min(candidates, key=lambda candidate: candidate.count("{"))
    operation = specification["paths"][known]["get"]
    parameters = {}
    for given in operation.get("parameters", []):
        reference = given.get("$ref", "").rpartition("/")[2]
        parameter = specification["parameters"][reference] if reference else given
        parameters[parameter["name"]] = parameter
    asked = request.query
    assert set(asked) <= set(parameters), f"{path} knows no {set(asked) - set(parameters)}"
    for name, parameter in parameters.items():
        if parameter["in"] == "path":
            continue
        assert not parameter.get("required") or name in asked, f"{path} needs {name}"
        for value in asked.get(name, ()):
            check_value(value, parameter)
    return known


def check_value(value: str, parameter: dict[str, Any]) -> None:
    match parameter["type"]:
        case "integer":
            assert int(value) >= 0
        case "boolean":
            assert value in ("true", "false")
        case "array":
            assert set(value.split(",")) <= set(parameter["items"]["enum"])
        case other:
            pytest.fail(f"a parameter of type {other}")


async def conversation() -> list[tuple[FakeRequest, Any]]:
    """Everything the provider may ask, and what the fake answered where it did not refuse."""
    fake = FakeStrava(history(51, 450))
    said: list[tuple[FakeRequest, Any]] = []

    def overheard(route: Route) -> Route:
        async def answer(request: FakeRequest) -> Reply | Fault:
            reply = await route(request)
            said.append((request, reply[1] if isinstance(reply, tuple) else None))
            return reply

        return answer

    fake.api.routes = {name: overheard(route) for name, route in fake.api.routes.items()}
    clock = FakeClock(NOW)
    async with connected(fake, clock=clock) as provider:
        await provider.get_athlete()
        await provider.health_check()
        for limit in (20, 200):
            first = await provider.get_activities(ActivityQuery(limit=limit))
            await provider.get_activities(ActivityQuery(limit=limit, cursor=first.next_cursor))
        for listed in first.items[:40]:
            clock.advance(minutes=1)  # what Strava allows in a quarter of an hour is soon used up
            await provider.get_activity(listed.id, frozenset(Include))
        clock.advance(minutes=20)
        await provider.get_personal_records()
    assert len(said) > 100
    return said


PATHS = {
    "/athlete", "/athlete/zones", "/athlete/activities", "/activities/{id}",
    "/activities/{id}/laps", "/activities/{id}/streams", "/activities/{id}/zones", "/gear/{id}",
}  # fmt: skip


async def test_every_request_follows_the_description(specification):
    said = await conversation()
    assert {check_request(request, specification) for request, _ in said} == PATHS


async def test_what_the_fake_answers_is_of_the_shape_described(specification):
    """So that what the mapping is tried on is what Strava says it sends."""
    checked = set()
    for request, body in await conversation():
        path = check_request(request, specification)
        schema = specification["paths"][path]["get"]["responses"]["200"]["schema"]
        whole = {**schema, "definitions": specification["definitions"]}
        errors = list(jsonschema.Draft4Validator(whole).iter_errors(as_described(body)))
        assert not errors, f"{path}: {errors[0].json_path}: {errors[0].message}"
        checked.add(path)
    assert checked == PATHS


def as_described(body: Any) -> Any:
    """The body without the traps that the description is silent about.

    It knows no null, no empty position and no sport of next year; all of them are sent.
    """
    if isinstance(body, dict):
        return {
            name: "Workout" if value == "Broomball" else as_described(value)
            for name, value in body.items()
            if value is not None and value != []
        }
    if isinstance(body, list):
        return [as_described(value) for value in body if value is not None]
    return body


class Watched(dict[str, Any]):
    """A payload that remembers which of its fields were asked for."""

    def __init__(self, payload: dict[str, Any]) -> None:
        super().__init__(payload)
        self.read: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.read.add(name)
        return super().get(name, default)


UNDESCRIBED = {
    "DetailedActivity": {
        "average_heartrate", "max_heartrate", "average_cadence", "suffer_score", "utc_offset",
        "visibility",
    },
    "Lap": {
        "average_heartrate", "max_heartrate", "average_watts", "max_watts",
        "weighted_average_watts", "device_watts",
    },
    "DetailedAthlete": {"username"},
    "ActivityZone": set(),
}  # fmt: skip
"""What is mapped although the description lacks it; public integrations find it (2026-11)."""


@pytest.mark.parametrize("name", UNDESCRIBED)
def test_every_field_that_is_read_is_described_or_known_not_to_be(specification, name):
    made = next(e for e in history(52, 99) if e.summary.get("device_watts"))
    activity = activity_of(made.detail)
    check = Checker("1")
    match name:
        case "DetailedActivity":
            payload = Watched(made.detail)
            activity_of(payload)
        case "Lap":
            payload = Watched(laps(made.summary, made.true_start)[0])
            laps_of([payload], activity, check, measured=True)
        case "DetailedAthlete":
            payload = Watched({"id": 1})
            athlete_of(payload)
        case _:
            payload = Watched(zones(made.summary)[-1])
            times_of([payload], check, measured=True)
    assert len(payload.read) > 2
    assert payload.read - described(name, specification) == UNDESCRIBED[name]


def described(name: str, specification: dict[str, Any]) -> set[str]:
    """The fields of a definition and of those it extends."""
    definition = specification["definitions"][name]
    fields = set(definition.get("properties", ()))
    for part in definition.get("allOf", ()):
        reference = part.get("$ref", "").rpartition("/")[2]
        more = described(reference, specification) if reference else set(part["properties"])
        fields |= more
    return fields


def test_the_endpoints_for_connecting_are_those_of_the_description(specification):
    oauth = specification["securityDefinitions"]["strava_oauth"]
    assert {"activity:read_all", "profile:read_all", "read"} <= set(oauth["scopes"])


def test_every_sport_of_the_description_has_a_place_or_is_known_to_have_none(specification):
    words = set(specification["definitions"]["SportType"]["enum"])
    assert words
    assert words - set(SPORTS) == WITHOUT_A_PLACE
    assert set(SPORTS) <= words


def test_the_official_list_is_read_without_a_loss(sample):
    payload = sample("from_spec/getLoggedInAthleteActivities.200.json")
    found, lost = activities_of(payload)
    assert len(found) == len(payload) > 0
    assert lost == []
    for activity, wire in zip(found, payload, strict=True):
        assert activity.id == str(wire["id"])
        assert activity.distance_meters == (wire["distance"] or None)
        assert activity.average_power_watts == wire["average_watts"]
        assert activity.local_start.strftime("%H:%M:%S") in wire["start_date_local"]
        assert activity.warnings == ()


@pytest.mark.parametrize("name", ["from_spec/getActivityById.200.json", "activity.3.json"])
def test_official_and_recorded_details_are_read(sample, name):
    payload = sample(name)
    activity = activity_of(payload)
    assert activity.name == payload["name"]
    assert activity.duration_seconds == payload["elapsed_time"]
    assert activity.calories_kcal == payload.get("calories")
    assert activity.local_start.strftime("%H:%M:%S") in payload["start_date_local"]
    laps = laps_of(payload.get("laps"), activity, Checker(activity.id), measured=True)
    assert len(laps) == len(payload.get("laps", ()))
    assert len(efforts_of(payload, activity)) == len(payload.get("best_efforts") or ())


def test_official_laps_are_read(sample):
    payload = sample("from_spec/getLapsByActivityId.200.json")
    activity = activity_of(sample("from_spec/getActivityById.200.json"))
    check = Checker(activity.id)
    laps = laps_of(payload, activity, check, measured=True)
    assert [lap.distance_meters for lap in laps] == [lap["distance"] for lap in payload]
    assert check.warnings == []


def test_official_streams_are_read_by_type(sample):
    payload = sample("from_spec/getActivityStreams.200.json")
    activity = activity_of(sample("from_spec/getActivityById.200.json"))
    by_type = (
        {stream["type"]: stream for stream in payload} if isinstance(payload, list) else payload
    )
    by_type.setdefault("time", {"data": list(range(len(by_type["distance"]["data"])))})
    streams = streams_of(by_type, activity, Checker(activity.id))
    assert streams is not None
    assert list(streams.distance_meters or ()) == by_type["distance"]["data"]


@pytest.mark.parametrize("name", ["from_spec/getLoggedInAthlete.200.json", "athlete.3.json"])
def test_official_and_recorded_athletes_are_read(sample, name):
    payload = sample(name)
    athlete = athlete_of(payload)
    assert athlete.id == str(payload["id"])
    assert athlete.city == payload["city"]
    assert athlete.weight_kg == (payload["weight"] or None)


def test_the_known_refusals_are_read(sample):
    errors = sample("handmade/contract.json")["errors"]
    meanings = {
        name: read_error(int(name[:3]), body)
        for name, body in errors.items()
        if name[:3] in ("401", "403", "404", "429")
    }
    assert meanings["401_missing_scope"] == "missing_scope"
    assert meanings["401_bad_token"] is None
    assert meanings["403"] == "not_configured"
    assert meanings["404"] is None
    assert meanings["429"] is None


def test_recorded_time_in_zones_is_read(sample):
    check = Checker("1")
    payload = sample("example_zone_response.json")
    zones = times_of(payload, check, measured=True)
    assert zones is not None
    by_measure = {"heart_rate_bpm": "heartrate", "power_watts": "power"}
    for measure in {z.measure for z in zones}:
        buckets = next(z for z in payload if z["type"] == by_measure[measure])
        times = [bucket["time"] for bucket in buckets["distribution_buckets"]]
        assert [z.time_in_zone_seconds for z in zones if z.measure == measure] == times
    assert "heart_rate_bpm" in {z.measure for z in zones}
    assert check.warnings == []


def test_the_official_power_distribution_is_read_with_its_coasting(sample):
    """The description shows it as an example of the wrong call; its shape is that of the right."""
    payload = sample("from_spec/getLoggedInAthleteZones.200.json")
    zones = times_of(payload, Checker("1"), measured=True)
    assert zones is not None
    buckets = payload[0]["distribution_buckets"]
    assert len(zones) == len(buckets)
    assert (zones[0].floor, zones[0].ceiling) == (0, 0)
    assert zones[-1].ceiling is None
    assert floors_of(payload, "power", "power_watts", "floors", Checker("1")) is None
