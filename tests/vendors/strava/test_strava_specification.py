"""Against Strava's own description and sample payloads, where PIERRE_SHARED names their folder."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from strava_fake import FakeStrava, connected
from strava_history import history

from pierre_mcp.models.limits import Checker
from pierre_mcp.spi import ActivityQuery, Include
from pierre_mcp.testing import FakeRequest
from providers.strava import read_error
from providers.strava.mapping import activities_of, activity_of, athlete_of
from providers.strava.series import efforts_of, laps_of, streams_of
from providers.strava.sports import SPORTS

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


async def test_every_request_follows_the_description(specification):
    entries = history(51, 450)
    fake = FakeStrava(entries)
    async with connected(fake) as provider:
        await provider.get_athlete()
        await provider.health_check()
        for limit in (20, 200):
            first = await provider.get_activities(ActivityQuery(limit=limit))
            await provider.get_activities(ActivityQuery(limit=limit, cursor=first.next_cursor))
        for listed in first.items[:40]:
            await provider.get_activity(listed.id, frozenset(Include))
        await provider.get_personal_records()
    followed = {check_request(request, specification) for request in fake.api.requests}
    assert followed == {
        "/athlete",
        "/athlete/zones",
        "/athlete/activities",
        "/activities/{id}",
        "/activities/{id}/laps",
        "/activities/{id}/streams",
        "/activities/{id}/zones",
        "/gear/{id}",
    }


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
