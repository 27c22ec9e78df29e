"""Against WHOOP's own description and sample payloads, where PIERRE_SHARED names their folder."""

import base64
import hashlib
import hmac
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from whoop_fake import EVERY_SCOPE, FakeWhoop, connected
from whoop_history import NOW, history

from pierre_mcp.models.limits import Checker
from pierre_mcp.models.reading import each
from pierre_mcp.spi import ActivityQuery, Include, ProviderConfig, Push
from pierre_mcp.testing import FakeClock, FakeRequest
from providers.whoop import DESCRIPTOR
from providers.whoop.days import cycle_of, recovery_of
from providers.whoop.mapping import activity_of, athlete_of, body_of, night_of
from providers.whoop.pushes import WhoopPushes

SERVER = "https://api.prod.whoop.com/developer"
PATHS = {
    "/v2/user/profile/basic": "UserBasicProfile",
    "/v2/user/measurement/body": "UserBodyMeasurement",
    "/v2/activity/workout": "WorkoutCollection",
    "/v2/activity/workout/{workoutId}": "WorkoutV2",
    "/v2/activity/sleep": "PaginatedSleepResponse",
    "/v2/recovery": "RecoveryCollection",
    "/v2/cycle": "PaginatedCycleResponse",
}
READERS = {
    "Cycle": cycle_of, "Sleep": night_of, "Recovery": recovery_of, "WorkoutV2": activity_of,
    "UserBasicProfile": athlete_of, "UserBodyMeasurement": lambda p: body_of(p, Checker("1")),
}  # fmt: skip


@pytest.fixture(scope="module")
def shared() -> Path:
    folder = os.environ.get("PIERRE_SHARED")
    if folder is None:
        pytest.skip("PIERRE_SHARED does not name a folder")
    return Path(folder)


@pytest.fixture(scope="module")
def specification(shared) -> dict[str, Any]:
    text = (shared / "specs" / "whoop" / "openapi.yml").read_text(encoding="utf-8")
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506


@pytest.fixture(scope="module")
def samples(shared) -> Path:
    return shared / "samples" / "whoop"


def validator(specification: dict[str, Any], name: str) -> jsonschema.Draft4Validator:
    whole = {"$ref": f"#/components/schemas/{name}", "components": specification["components"]}
    return jsonschema.Draft4Validator(whole, format_checker=jsonschema.FormatChecker())


def operation_of(path: str, specification: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The path of the description that a request follows; fails where it follows none."""
    have = path.removeprefix("/developer").split("/")
    fitting = [
        known
        for known in specification["paths"]
        if len(known.split("/")) == len(have)
        and all(
            want in (part, "{" + want.strip("{}") + "}")
            for want, part in zip(known.split("/"), have, strict=True)
        )
    ]
    assert fitting, f"no path of the description fits {path}"
    known = min(fitting, key=lambda candidate: candidate.count("{"))
    return known, specification["paths"][known]["get"]


def check_request(request: FakeRequest, specification: dict[str, Any]) -> str:
    known, operation = operation_of(request.path, specification)
    described = {
        parameter["name"]: parameter["schema"]
        for parameter in operation.get("parameters", [])
        if parameter["in"] == "query"
    }
    assert set(request.query) <= set(described), f"{known} knows no {request.query}"
    for name, (text,) in request.query.items():
        schema = described[name]
        if schema["type"] == "integer":
            assert 1 <= int(text) <= schema["maximum"]
        elif schema.get("format") == "date-time":
            assert datetime.fromisoformat(text).tzinfo is not None
        else:
            assert text
    scopes = operation["security"][0]["OAuth"]
    assert set(scopes) <= EVERY_SCOPE
    return known


async def conversation() -> list[tuple[FakeRequest, Any]]:
    """Everything the provider may ask, and what the fake answered."""
    fake = FakeWhoop(history(51, 300, 300))
    said: list[tuple[FakeRequest, Any]] = []

    def overheard(route: Any) -> Any:
        async def answer(request: FakeRequest) -> Any:
            reply = await route(request)
            said.append((request, reply[1]))
            return reply

        return answer

    fake.api.routes = {name: overheard(route) for name, route in fake.api.routes.items()}
    start = NOW.date().replace(year=NOW.year - 1)
    clock = FakeClock(NOW)
    async with connected(fake, clock=clock) as provider:
        await provider.get_athlete()
        await provider.health_check()
        for limit in (20, 200):
            page = await provider.get_activities(ActivityQuery(limit=limit, after=start))
            query = ActivityQuery(limit=limit, cursor=page.next_cursor, before=NOW)
            await provider.get_activities(query)
        for listed in page.items[:10]:
            await provider.get_activity(listed.id, frozenset(Include))
        for ask in (
            provider.get_sleep_sessions,
            provider.get_recovery_metrics,
            provider.get_health_metrics,
        ):
            clock.advance(minutes=2)  # a year costs most of what WHOOP allows in a minute
            await ask(start, provider.today())
    assert len(said) > 50
    return said


async def test_every_request_and_answer_of_ours_follows_the_description(specification):
    """So that what the mapping is tried on is what WHOOP says it sends."""
    asked, parameters = set(), set()
    for request, body in await conversation():
        path = check_request(request, specification)
        asked.add(path)
        parameters |= set(request.query)
        schema = operation_of(request.path, specification)[1]["responses"]["200"]["content"]
        assert schema["application/json"]["schema"]["$ref"].endswith(f"/{PATHS[path]}")
        errors = list(validator(specification, PATHS[path]).iter_errors(body))
        assert not errors, f"{path}: {errors[0].json_path}: {errors[0].message}"
    assert asked == set(PATHS)
    assert parameters == {"limit", "start", "end", "nextToken"}


def test_the_endpoints_and_scopes_are_those_of_the_description(specification):
    flow = specification["components"]["securitySchemes"]["OAuth"]["flows"]["authorizationCode"]
    endpoints = DESCRIPTOR.oauth_endpoints
    assert endpoints is not None
    assert (endpoints.auth_url, endpoints.token_url) == (
        flow["authorizationUrl"],
        flow["tokenUrl"],
    )
    assert set(DESCRIPTOR.default_scopes) == {*flow["scopes"], "offline"}
    assert DESCRIPTOR.api_base_url == SERVER == specification["servers"][0]["url"]
    revoke = (endpoints.revoke_url or "").removeprefix(SERVER)
    assert "204" in specification["paths"][revoke]["delete"]["responses"]


class Watched(dict[str, Any]):
    """A payload that remembers which of its fields were asked for, inside too."""

    def __init__(self, payload: dict[str, Any], name: str, read: set[tuple[str, str]]) -> None:
        watched = {
            field: Watched(value, f"{name}.{field}", read) if isinstance(value, dict) else value
            for field, value in payload.items()
        }
        super().__init__(watched)
        self.name = name
        self.asked = read

    def get(self, field: str, default: Any = None) -> Any:
        self.asked.add((self.name, field))
        return super().get(field, default)


def described(schema: dict[str, Any], specification: dict[str, Any], name: str):
    """Every field of a schema with its place."""
    reference = schema.get("$ref", "").rpartition("/")[2]
    whole = specification["components"]["schemas"][reference] if reference else schema
    for field, inner in whole.get("properties", {}).items():
        yield name, field
        yield from described(inner, specification, f"{name}.{field}")


@pytest.mark.parametrize("name", READERS)
def test_every_field_that_is_read_is_described(specification, name):
    made = history(52, 40, 40)
    payloads = {
        "Cycle": made.cycles, "Sleep": made.nights, "Recovery": made.recoveries,
        "WorkoutV2": made.workouts, "UserBasicProfile": [{"user_id": 1}],
        "UserBodyMeasurement": [{"height_meter": 1.7}],
    }[name]  # fmt: skip
    read: set[tuple[str, str]] = set()
    for payload in payloads:
        READERS[name](Watched(payload, name, read))
    schema = {"$ref": f"#/components/schemas/{name}"}
    assert len(read) > 2
    assert read <= set(described(schema, specification, name))


def bodies(file: Path) -> Any:
    """The body of an answer in a sample, however its author wrapped it."""
    told = json.loads(file.read_text(encoding="utf-8"))
    answer = told.get("response", told) if isinstance(told, dict) else told
    return answer.get("body", answer) if isinstance(answer, dict) else answer


OF_VERSION_1 = {"whoop-sleep-example", "whoop-workout-example", "whoop-recovery-example"}
"""Samples of a third party that still have numbers for ids: each is refused, and none crashes."""
_SINGLE = {"cycle": "Cycle", "sleep": "Sleep", "recovery": "Recovery", "workout": "WorkoutV2"}


def kind_of(file: Path, body: dict[str, Any]) -> str | None:
    """The schema of a sample, or of its records."""
    if "email" in body:
        return "UserBasicProfile"
    if "weight_kilogram" in body:
        return "UserBodyMeasurement"
    endpoint = file.name.replace("_cycle_cycleId_", "_cycle") if "from_spec" in str(file) else ""
    for word in ("recovery", "sleep", "workout", "cycle"):
        if word in (endpoint or file.name) and "stream" not in file.name:
            return _SINGLE[word]
    return None


def test_every_sample_of_what_we_ask_is_read_and_fits_the_description(samples, specification):
    read: dict[str, int] = {}
    for file in sorted([*samples.glob("*.json"), *samples.glob("from_spec/get_v2_*.json")]):
        body = bodies(file)
        name = kind_of(file, body) if isinstance(body, dict) else None
        if name is None or "webhook" in file.name:
            continue
        payloads = body.get("records", [body])
        assert payloads, file
        found, lost = each(payloads, READERS[name], "A record")
        stem = file.name.split(".")[0]
        if stem in OF_VERSION_1:
            assert len(lost) == len(payloads), file
            continue
        assert lost == [], file
        for payload in payloads:
            errors = list(validator(specification, name).iter_errors(payload))
            assert not errors, f"{file.name}: {errors[0].message}"
        assert len(found) == len(payloads)
        read[name] = read.get(name, 0) + len(found)
    assert set(read) == set(READERS)


def test_a_published_night_is_read_to_the_second(samples):
    (payload,) = bodies(samples / "whoop-list-sleep-example.apievangelist.json")["records"]
    session = night_of(payload).session
    stages = payload["score"]["stage_summary"]
    assert session.time_in_bed_seconds == stages["total_in_bed_time_milli"] / 1000
    assert session.deep_sleep_seconds == stages["total_slow_wave_sleep_time_milli"] / 1000
    assert session.sleep_score == payload["score"]["sleep_performance_percentage"]
    assert str(session.date) == payload["end"][:10]
    assert session.warnings == ()


def test_a_published_workout_is_read(samples):
    (payload,) = bodies(samples / "whoop-list-workouts-example.apievangelist.json")["records"]
    activity = activity_of(payload)
    assert activity.sport_type == "run"
    assert activity.distance_meters == payload["score"]["distance_meter"]
    assert activity.duration_seconds == 3734
    assert activity.warnings == ()


def test_the_signature_worked_out_by_others_is_genuine_and_ours_equals_it(samples):
    contract = json.loads((samples / "handmade" / "contract.json").read_text(encoding="utf-8"))
    told = contract["webhook"]
    stamp = told["headers"]["X-WHOOP-Signature-Timestamp"]
    push = Push(
        method="POST",
        query={},
        headers={name.lower(): value for name, value in told["headers"].items()},
        body=told["raw_body"].encode(),
        received_at=datetime.fromtimestamp(int(stamp) / 1000, UTC),
    )
    config = ProviderConfig(name="whoop", client_secret=told["secret"])
    assert WhoopPushes().is_genuine(push, config)
    (said,) = WhoopPushes().read(push)
    assert said.record_id == json.loads(push.body)["id"]
    signed = hmac.new(
        told["secret"].encode(), f"{stamp}{told['raw_body']}".encode(), hashlib.sha256
    )
    assert base64.b64encode(signed.digest()).decode() == push.headers["x-whoop-signature"]


def test_the_requests_for_connecting_are_those_of_the_contract(samples):
    contract = json.loads((samples / "handmade" / "contract.json").read_text(encoding="utf-8"))
    params = DESCRIPTOR.oauth_params
    assert contract["refresh_form"]["scope"] == params.additional_refresh_params["scope"]
    assert contract["authorize"].startswith(f"{DESCRIPTOR.oauth_endpoints.auth_url}?")
    assert contract["token_response"]["expires_in"] == params.token_life_seconds
