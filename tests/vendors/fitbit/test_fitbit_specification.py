"""Against Google's own description and sample payloads, where PIERRE_SHARED names their folder."""

import json
import os
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from fitbit_fake import PREFIX, FakeFitbit, connected
from fitbit_history import NOW, history

from pierre_mcp.spi import ActivityQuery, Include
from pierre_mcp.testing import FakeRequest, Reply
from pierre_mcp.testing.fake_api import Route
from pierre_mcp.testing.faults import Fault
from providers.fitbit import DESCRIPTOR, read_error
from providers.fitbit.days import HEALTH, RECOVERY, by_day, dated, nights_of
from providers.fitbit.kinds import RESTING_HEART_RATE, ROLLUP_DAYS, SLEEP, STEPS
from providers.fitbit.mapping import activity_of
from providers.fitbit.sports import SPORTS

WITHOUT_A_PLACE = {"EXERCISE_TYPE_UNSPECIFIED", "OTHER"}
DAYS = (NOW.date() - timedelta(days=30), NOW.date())


@pytest.fixture(scope="module")
def shared() -> Path:
    folder = os.environ.get("PIERRE_SHARED")
    if folder is None:
        pytest.skip("PIERRE_SHARED does not name a folder")
    return Path(folder)


@pytest.fixture(scope="module")
def described(shared) -> dict[str, Any]:
    return json.loads((shared / "specs" / "google_health" / "discovery.json").read_text())


@pytest.fixture(scope="module")
def sample(shared):
    return lambda name: json.loads((shared / "samples" / "google_health" / name).read_text())


def methods(described: dict[str, Any]) -> list[dict[str, Any]]:
    """Every method of the description, from all its nested resources."""
    found, left = [], [described]
    while left:
        resource = left.pop()
        found += resource.get("methods", {}).values()
        left += resource.get("resources", {}).values()
    return found


def followed(request: FakeRequest, described: dict[str, Any]) -> dict[str, Any]:
    """The method of the description that a request follows; fails where it follows none."""
    fitting = [
        method
        for method in methods(described)
        if method["httpMethod"] == request.method
        and re.fullmatch(re.sub(r"\{\w+\}", "[^/:]+", method["flatPath"]), request.path[1:])
    ]
    assert len(fitting) == 1, f"{len(fitting)} methods of the description fit {request.path}"
    known = described["parameters"] | fitting[0].get("parameters", {})
    for name, values in request.query.items():
        assert name in known, f"{request.path} knows no {name}"
        assert known[name]["location"] == "query"
        if known[name]["type"] == "integer":
            assert int(values[0]) > 0
        if "enum" in known[name]:
            assert values[0] in known[name]["enum"]
        if name == "filter":
            check_filter(values[0], described)
    return fitting[0]


def check_filter(text: str, described: dict[str, Any]) -> None:
    """Every field and sign of a filter is one of the patterns that lists are described with."""
    (listing,) = (m for m in methods(described) if m["id"].endswith("dataPoints.list"))
    patterns = listing["parameters"]["filter"]["description"]
    for clause in text.split(" AND "):
        field, sign, _ = clause.split(" ")
        kind, _, compared = field.partition(".")
        assert f"data_type}}.{compared}`" in patterns or f"`{kind}.{compared}`" in patterns, field
        assert f"`{sign}`" in patterns


def as_schema(described: dict[str, Any]) -> dict[str, Any]:
    """The description's schemas for a validator, without room for what they do not name."""

    def closed(schema: Any) -> Any:
        if isinstance(schema, list):
            return [closed(each) for each in schema]
        if not isinstance(schema, dict):
            return schema
        made = {k: closed(v) for k, v in schema.items() if k not in ("enum", "format", "id")}
        if "$ref" in schema and isinstance(schema["$ref"], str):
            made["$ref"] = f"#/definitions/{schema['$ref']}"
        if schema.get("type") == "object" and "properties" in schema:
            made["additionalProperties"] = False
        return made

    return {name: closed(schema) for name, schema in described["schemas"].items()}


def as_described(body: Any) -> Any:
    """The body without the traps that the description is silent about: null, and next year."""
    if isinstance(body, dict):
        return {
            name: as_described(value)
            for name, value in body.items()
            if value is not None and name != "ofNextYear"
        }
    return [as_described(value) for value in body] if isinstance(body, list) else body


def errors_of(body: Any, name: str, described: dict[str, Any]) -> list[str]:
    whole = {"$ref": f"#/definitions/{name}", "definitions": as_schema(described)}
    found = jsonschema.Draft4Validator(whole).iter_errors(as_described(body))
    return [f"{error.json_path}: {error.message}" for error in found]


async def conversation() -> list[tuple[FakeRequest, Any]]:
    """Everything the provider may ask, and what the fake answered where it did not refuse."""
    fake = FakeFitbit(history(51, 60, days=60))
    said: list[tuple[FakeRequest, Any]] = []

    def overheard(route: Route) -> Route:
        async def answer(request: FakeRequest) -> Reply | Fault:
            reply = await route(request)
            said.append((request, reply[1] if isinstance(reply, tuple) else None))
            return reply

        return answer

    fake.api.routes = {name: overheard(route) for name, route in fake.api.routes.items()}
    async with connected(fake) as provider:
        await provider.get_athlete()
        await provider.health_check()
        query = ActivityQuery(limit=30, after=date(2026, 1, 1))
        first = await provider.get_activities(query)
        await provider.get_activities(ActivityQuery(limit=30, cursor=first.next_cursor))
        fake.media = False
        for listed in first.items:
            await provider.get_activity(listed.id, frozenset(Include))
        await provider.get_sleep_sessions(*DAYS)
        await provider.get_recovery_metrics(*DAYS)
        await provider.get_health_metrics(*DAYS)
    assert len(said) > 60
    return said


METHODS = {
    "getIdentity", "getProfile", "getSettings", "dataPoints.list", "dataPoints.reconcile",
    "dataPoints.get", "dataPoints.exportExerciseTcx", "dataPoints.dailyRollUp",
}  # fmt: skip


async def test_every_request_and_every_answer_of_the_fake_is_described(described):
    """So that what the mapping is tried on is what Google says it sends."""
    checked = set()
    for request, body in await conversation():
        method = followed(request, described)
        checked.add(method["id"].removeprefix("health.users.").removeprefix("dataTypes."))
        if request.method == "POST":
            asked = method["request"]["$ref"]
            assert errors_of(request.json(), asked, described) == []
        assert errors_of(body, method["response"]["$ref"], described) == [], request.path
    assert checked == METHODS


async def test_every_type_of_data_that_is_asked_for_is_described(described):
    points = described["schemas"]["DataPoint"]["properties"]
    sums = described["schemas"]["DailyRollupDataPoint"]["properties"]
    kinds = {request.path.split("/")[5] for request, _ in await conversation()
             if request.path.startswith(f"{PREFIX}/dataTypes/")}  # fmt: skip
    keys = {"".join(p.capitalize() if n else p for n, p in enumerate(k.split("-"))) for k in kinds}
    assert len(keys) > 12
    assert keys <= set(points) | set(sums)
    ranges = described["schemas"]["DailyRollUpDataPointsRequest"]["properties"]["range"]
    for kind, days in ROLLUP_DAYS.items():
        assert kind.key in sums
        assert f"{days} days" in ranges["description"]


def test_the_average_of_heart_rate_variability_is_described_as_rmssd(described):
    fields = described["schemas"]["DailyHeartRateVariability"]["properties"]
    told = fields["averageHeartRateVariabilityMilliseconds"]["description"]
    assert "root mean square of successive differences" in told


def test_the_address_and_the_words_for_sports_are_those_of_the_description(described):
    assert DESCRIPTOR.api_base_url == f"{described['baseUrl']}v4"
    words = set(described["schemas"]["Exercise"]["properties"]["exerciseType"]["enum"])
    assert words
    assert words - set(SPORTS) == WITHOUT_A_PLACE


def test_the_recorded_exercise_is_read_without_a_note(sample):
    point = sample("exercise_walking.json")
    activity = activity_of(point)
    told = point["exercise"]
    assert activity.warnings == ()
    assert activity.name == told["displayName"]
    assert f"{activity.moving_time_seconds:.0f}s" == told["activeDuration"]
    assert activity.distance_meters == told["metricsSummary"]["distanceMillimeters"] / 1000
    assert activity.average_speed_mps == pytest.approx(
        1 / told["metricsSummary"]["averagePaceSecondsPerMeter"]
    )
    assert activity.local_start.hour == 10


def test_the_recorded_night_is_read_without_a_note(sample):
    point = sample("sleep_stages.json")
    found = dated(SLEEP, point)
    assert found is not None
    (night,) = nights_of([found], {})
    summary = point["sleep"]["summary"]
    assert night.warnings == ()
    assert len(night.stages or ()) == len(point["sleep"]["stages"])
    assert night.total_sleep_seconds == int(summary["minutesAsleep"]) * 60
    assert night.date == date(2026, 8, 6)


def test_recorded_days_are_read(sample):
    found = dated(RESTING_HEART_RATE, sample("daily_resting_heart_rate.json"))
    assert found is not None
    values, check = by_day([(RESTING_HEART_RATE, found)], RECOVERY)[found.day]
    assert (values, check.warnings) == ({"resting_heart_rate_bpm": 53}, [])
    (point,) = sample("handmade/contract.json")["dailyRollUp_steps"]["rollupDataPoints"]
    found = dated(STEPS, point)
    assert found is not None
    values, _ = by_day([(STEPS, found)], HEALTH)[found.day]
    assert values == {"steps": int(point["steps"]["countSum"])}


def test_the_known_refusals_are_read(sample):
    linked = sample("error_account_not_linked.json")
    assert read_error(400, linked) == "not_connected"
    errors = sample("handmade/contract.json")["errors"]
    assert {name: read_error(int(name[:3]), body) for name, body in errors.items()} == {
        "401": "needs_reauth",
        "403_scope": "missing_scope",
        "404": "not_found",
        "429": "rate_limited",
    }
