"""Against the description of the Personal API and its samples, where PIERRE_SHARED is set."""

import json
import os
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from garmin_fake import FakeGarmin, connected
from garmin_history import history

from pierre_mcp.connections.key_exchange import exchange, read_exchange
from pierre_mcp.connections.oauth import Granted
from pierre_mcp.models import SportType
from pierre_mcp.spi import ActivityQuery, Include, ProviderConfig
from pierre_mcp.testing import FakeRequest, Reply
from pierre_mcp.testing.fake_api import Route
from pierre_mcp.testing.faults import Fault
from providers.garmin import DESCRIPTOR
from providers.garmin.days import (
    fitness_age_of,
    health_of,
    hrv_of,
    recovery_of,
    sessions_of,
    vo2_max_of,
)
from providers.garmin.mapping import activities_of, activity_of
from providers.garmin.profile import athlete_of

Sample = Callable[[str], Any]


@pytest.fixture(scope="module")
def shared() -> Path:
    folder = os.environ.get("PIERRE_SHARED")
    if folder is None:
        pytest.skip("PIERRE_SHARED does not name a folder")
    return Path(folder)


@pytest.fixture(scope="module")
def specification(shared) -> dict[str, Any]:
    text = (shared / "specs" / "garmin_personal" / "openapi.derived.yml").read_text()
    return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - safe ones


@pytest.fixture(scope="module")
def folder(shared) -> Path:
    return shared / "samples" / "garmin_personal"


@pytest.fixture(scope="module")
def sample(folder) -> Sample:
    return lambda name: json.loads((folder / f"{name}.json").read_text())


def operation_of(request: FakeRequest, specification: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The path of the description that a request follows; fails where it follows none."""
    fitting = [
        known
        for known, methods in specification["paths"].items()
        if request.method.lower() in methods
        and re.fullmatch(re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(known)), request.path)
    ]
    assert fitting, f"no path of the description fits {request.path}"
    known = min(fitting, key=lambda path: path.count("{"))
    return known, specification["paths"][known][request.method.lower()]


def check_request(request: FakeRequest, specification: dict[str, Any]) -> str:
    """The path that it follows, after its parameters and window were found to be allowed."""
    known, operation = operation_of(request, specification)
    names = re.findall(r"\{([^}]*)\}", known)
    pattern = re.sub(r"\\\{[^}]*\\\}", "([^/]+)", re.escape(known))
    given = dict(zip(names, re.fullmatch(pattern, request.path).groups(), strict=True))
    assert all(len(values) == 1 for values in request.query.values())
    given |= {name: values[0] for name, values in request.query.items()}
    parameters = {parameter["name"]: parameter for parameter in operation.get("parameters", [])}
    assert set(given) <= set(parameters), f"{known} knows no {set(given) - set(parameters)}"
    for name, parameter in parameters.items():
        assert not parameter.get("required") or name in given, f"{known} needs {name}"
        if name in given:
            check_value(given[name], parameter["schema"])
    if "x-max-days" in operation:
        first, last = (date.fromisoformat(given[name]) for name in ("startDate", "endDate"))
        assert 1 <= (last - first).days + 1 <= operation["x-max-days"], known
    return known


def check_value(value: str, schema: dict[str, Any]) -> None:
    match schema["type"]:
        case "integer":
            assert schema.get("minimum", 0) <= int(value) <= schema.get("maximum", 1 << 63)
        case "boolean":
            assert value in ("true", "false")
        case "string":
            assert schema.get("format") != "date" or date.fromisoformat(value)
        case other:
            pytest.fail(f"a parameter of type {other}")


def validator(schema: dict[str, Any], specification: dict[str, Any]) -> Any:
    """OpenAPI 3.0 says ``nullable`` where JSON Schema has a type."""

    def plain(node: Any) -> Any:
        if isinstance(node, list):
            return [plain(each) for each in node]
        if not isinstance(node, dict):
            return node
        told = {name: plain(value) for name, value in node.items() if name != "nullable"}
        return {"anyOf": [told, {"type": "null"}]} if node.get("nullable") is True else told

    whole = {"components": plain(specification["components"])}
    return jsonschema.Draft202012Validator({**whole, "allOf": [plain(schema)]})


def schema_of(operation: dict[str, Any]) -> dict[str, Any] | None:
    """What a success looks like, where it is JSON."""
    content = operation["responses"]["200"].get("content", {})
    return content.get("application/json", {}).get("schema")


async def conversation() -> list[tuple[FakeRequest, Any]]:
    """Everything the provider may ask, and what the fake answered where it did not refuse."""
    fake = FakeGarmin(history(51, 250))
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
        today = provider.today()
        for limit in (20, 200):
            first = await provider.get_activities(ActivityQuery(limit=limit))
            await provider.get_activities(ActivityQuery(limit=limit, cursor=first.next_cursor))
        bounds = {"after": today - timedelta(days=90), "before": today}
        for sport in (None, SportType.RUN, SportType.HIKE):
            await provider.get_activities(ActivityQuery(sport_type=sport, **bounds))
        for listed in first.items[:20]:
            await provider.get_activity(listed.id, frozenset(Include))
        for days in (0, 30, 31, 365, 800):
            await provider.get_sleep_sessions(today - timedelta(days=days), today)
            await provider.get_recovery_metrics(today - timedelta(days=days), today)
            await provider.get_health_metrics(today - timedelta(days=days), today)
    assert len(said) > 200
    return said


PATHS = {
    "/activitylist-service/activities/search/activities",
    "/activity-service/activity/{activityId}",
    "/download-service/files/activity/{activityId}",
    "/userprofile-service/userprofile/settings",
    "/biometric-service/heartRateZones/v2",
    "/usersummary-service/usersummary/daily",
    "/usersummary-service/v2/dailysummaries",
    "/sleep-service/sleep/dailySleepSummariesByDate",
    "/hrv-service/hrv/daily/{startDate}/{endDate}",
    "/weight-service/weight/range/{startDate}/{endDate}",
    "/fitnessage-service/fitnessage/v2/{calendarDate}",
}


async def test_every_request_follows_the_description(specification):
    said = await conversation()
    assert {check_request(request, specification) for request, _ in said} == PATHS


async def test_what_the_fake_answers_is_of_the_shape_described(specification):
    """So that what the mapping is tried on is what Garmin says it sends."""
    checks: dict[str, Any] = {}
    checked = set()
    for request, body in await conversation():
        known, operation = operation_of(request, specification)
        schema = schema_of(operation)
        if schema is None or body is None:
            continue
        # The wrapped form of a night is that of the older host, which the description leaves out.
        if "dailySleepSummaries" in known:
            body = [night.get("dailySleepDTO", night) for night in body]  # noqa: PLW2901
        checks.setdefault(known, validator(schema, specification)).validate(body)
        checked.add(known)
    assert checked == PATHS - {"/download-service/files/activity/{activityId}"}


SAMPLES = {
    "activities_": "searchActivities",
    "activity_2": "getActivity",
    "sleep_summaries": "getDailySleepSummaries",
    "hrv_daily": "getHrvDaily",
    "daily_summaries": "getDailySummaries",
    "daily_summary": "getDailySummary",
    "weight_range": "getWeightRange",
    "heart_rate_zones": "getHeartRateZones",
    "fitness_age": "getFitnessAge",
    "profile_settings": "getProfileSettings",
}


@pytest.mark.parametrize("beginning", SAMPLES)
def test_the_samples_that_are_mapped_are_of_the_shape_described(beginning, specification, folder):
    operations = {
        o["operationId"]: o for path in specification["paths"].values() for o in path.values()
    }
    check = validator(schema_of(operations[SAMPLES[beginning]]), specification)
    found = list(folder.glob(f"{beginning}*.json"))
    assert found
    for path in found:
        check.validate(json.loads(path.read_text()))


def test_the_exchange_of_a_key_is_the_one_of_the_contract(sample):
    contract = sample("contract")["token"]
    told, answered = contract["request"], contract["response"]
    exchanged = DESCRIPTOR.api_key.exchange
    config = ProviderConfig(name="garmin", api_base_url=DESCRIPTOR.api_base_url)
    key = told["headers"]["Authorization"].partition(" ")[2]
    request = exchange(exchanged, config, key)
    assert (request.method, request.url) == (
        told["method"],
        f"{DESCRIPTOR.api_base_url}{told['path']}",
    )
    assert (request.headers, request.body) == (told["headers"], told["body"])
    ends = datetime.fromtimestamp(answered["exp"], UTC)
    now = ends - timedelta(seconds=answered["lifetime_s"])
    granted = read_exchange((answered["status"], answered["body"]), exchanged, key, now)
    assert isinstance(granted, Granted)
    assert granted.tokens.expires_at == ends
    assert exchanged.token_life_seconds == answered["lifetime_s"]


def test_the_servers_are_those_of_the_description(specification):
    assert DESCRIPTOR.api_base_url == specification["servers"][0]["url"]


@pytest.mark.parametrize("name", ["activities_start0_limit5", "activities_start5_limit5"])
def test_sample_lists_are_read_without_a_loss(sample, name):
    payload = sample(name)
    found, lost = activities_of(payload)
    assert len(found) == len(payload) > 0
    assert lost == []
    for activity, wire in zip(found, payload, strict=True):
        assert activity.warnings == ()
        assert activity.id == str(wire["activityId"])
        assert activity.duration_seconds == wire["elapsedDuration"]
        assert activity.moving_time_seconds == (wire.get("movingDuration") or wire["duration"])
        assert activity.distance_meters == (wire.get("distance") or None)
        assert f"{activity.local_start:%Y-%m-%d %H:%M:%S}" == wire["startTimeLocal"]
        assert f"{activity.start_time:%Y-%m-%d %H:%M:%S}" == wire["startTimeGMT"]
        assert activity.sport_type is not SportType.OTHER
        cadences = [v for k, v in wire.items() if k.startswith("average") and "Cadence" in k]
        assert activity.average_cadence_rpm == (cadences[0] if cadences else None)


def test_sample_details_say_what_their_lists_say(sample, folder):
    listed = {
        str(row["activityId"]): row
        for name in ("activities_start0_limit5", "activities_start5_limit5")
        for row in sample(name)
    }
    compared = 0
    for path in folder.glob("activity_2*.json"):
        single = activity_of(json.loads(path.read_text()))
        row = activity_of(listed[single.id])
        assert single.warnings == ()
        assert single.timezone == "Europe/Berlin"
        for field, value in row:
            # The whole of a multisport activity has its position in the list alone.
            if single.sport_type is SportType.MULTISPORT and field in ("start_latlng", "indoor"):
                continue
            if value is not None and field != "warnings":
                assert getattr(single, field) == value, f"{field} of {single.id}"
                compared += 1
    assert compared > 40


def test_sample_nights_are_read(sample):
    nights = sample("sleep_summaries_with_null_night")
    hrv = hrv_of([sample("hrv_daily_2026-10-19_2026-10-25")])
    sessions = sessions_of([nights], hrv)
    real = [night for night in nights if night["sleepStartTimestampGMT"] is not None]
    assert len(real) < len(nights)
    assert [nap.total_sleep_seconds for nap in sessions if nap.is_nap] == [
        nap["napTimeSec"] for night in real for nap in night["dailyNapDTOS"]
    ]
    for session, wire in zip([s for s in sessions if not s.is_nap], reversed(real), strict=True):
        assert session.date.isoformat() == wire["calendarDate"]
        assert session.total_sleep_seconds == wire["sleepTimeSeconds"]
        assert session.sleep_score == wire["sleepScores"]["overall"]["value"]
        assert session.spo2_percent == wire["averageSpO2Value"]
        assert session.hrv_rmssd_ms == hrv[session.date]
        assert session.warnings == ()
    assert sessions_of([sample("sleep_daily_2026-10-22_nodata")], {}) == []
    (one,) = sessions_of([sample("sleep_daily_2026-10-20")], {})
    assert one in [s.model_copy(update={"hrv_rmssd_ms": None}) for s in sessions]


def test_sample_days_are_read(sample):
    payload = sample("daily_summaries_v2_2026-10-19_2026-10-25")
    days = {day["calendarDate"]: day for day in payload["data"]}
    found = recovery_of([payload, sample("daily_summaries_v2_empty")], {})
    assert {f"{each.date}" for each in found} == {d for d, told in days.items() if "stress" in told}
    for each in found:
        wire = days[f"{each.date}"]
        assert each.resting_heart_rate_bpm == wire["heartRate"]["restingValue"]
        assert each.stress_score == wire["stress"]["avgLevel"]
        assert each.energy_level_max == wire["bodyBattery"]["maxValue"]
        assert each.energy_level_min == wire["bodyBattery"]["minValue"]
        assert each.spo2_percent == wire.get("pulseOx", {}).get("avgValue")
        assert each.warnings == ()
    assert hrv_of([sample("hrv_daily_onboarding_no_baseline")]) == {date(2026, 10, 19): 48}


def test_sample_weights_and_what_stands_beside_them_are_read(sample):
    weights = sample("weight_range_2026-10-19_2026-10-25_all")
    summaries = sample("daily_summaries_v2_2026-10-19_2026-10-25")
    day = date(2026, 10, 25)
    age = fitness_age_of([sample("fitness_age_2026-10-25")], day)
    vo2 = vo2_max_of([sample("activities_start0_limit5")])
    found = {each.date: each for each in health_of([weights], [summaries], vo2, age)}
    for wire in weights["dailyWeightSummaries"]:
        each = found[date.fromisoformat(wire["summaryDate"])]
        assert each.weight_kg == wire["latestWeight"]["weight"] / 1000
        assert each.body_fat_percent == wire["allWeightMetrics"][-1]["bodyFat"]
        assert each.muscle_mass_kg == wire["allWeightMetrics"][-1]["muscleMass"] / 1000
    assert date(2026, 10, 22) not in found
    assert found[day].fitness_age_years == 33.4
    assert vo2 == {date(2026, 10, 24): 51}
    assert not any(each.warnings for each in found.values())
    assert fitness_age_of([sample("fitness_age_invalid")], day) == {}
    assert health_of([sample("weight_range_empty")], [], {}, {}) == []


def test_the_sample_athlete_is_read(sample):
    athlete = athlete_of(
        sample("profile_settings"),
        sample("heart_rate_zones"),
        sample("activities_start0_limit5"),
        sample("daily_summary_flat_2026-10-20"),
    )
    assert (athlete.id, athlete.name) == ("90000001", "Alex Sample")
    assert athlete.timezone == "Europe/Berlin"
    assert athlete.heart_rate_zone_floors_bpm == (95, 114, 133, 152, 171)
    assert athlete.resting_heart_rate_bpm is not None
    assert athlete.warnings == ()
    empty = sample("daily_summary_flat_2026-10-22_nodata")
    assert athlete_of({}, [], [], empty).id == "90000001"
