"""Against Terra's own description and sample payloads, where PIERRE_SHARED names their folder."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from terra_consent import TerraConsent
from terra_fake import BASE, FakeTerra, connected
from terra_history import NOW, history

from pierre_mcp.connections.hosted import check_request, link_request, revocation
from pierre_mcp.connections.records import PendingAuthorization
from pierre_mcp.models import HealthMetrics, RecoveryMetrics
from pierre_mcp.models.limits import Checker
from pierre_mcp.principal import LOCAL
from pierre_mcp.spi import ActivityQuery, Include, ProviderConfig, Push
from pierre_mcp.testing import FakeRequest
from providers.terra import DESCRIPTOR
from providers.terra.days import (
    days_of,
    health_of_body,
    health_of_day,
    recovery_of_day,
    recovery_of_night,
)
from providers.terra.mapping import activity_of, athlete_of, id_of, night_of
from providers.terra.pushes import TerraPushes
from providers.terra.series import laps_of, streams_of
from providers.terra.sports import SPORTS

SERVER = "https://access.tryterra.co/api/v2"
LINK = DESCRIPTOR.hosted_link
SCHEMAS = {"/activity": "Activity", "/sleep": "Sleep", "/daily": "Daily", "/body": "Body"}


@pytest.fixture(scope="module")
def shared() -> Path:
    folder = os.environ.get("PIERRE_SHARED")
    if folder is None:
        pytest.skip("PIERRE_SHARED does not name a folder")
    return Path(folder)


@pytest.fixture(scope="module")
def specification(shared) -> dict[str, Any]:
    text = (shared / "specs" / "terra" / "v2.yaml").read_text(encoding="utf-8")
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506


@pytest.fixture(scope="module")
def samples(shared) -> Path:
    return shared / "samples" / "terra"


def errors_of(specification: dict[str, Any], schema: dict[str, Any], value: Any) -> list[str]:
    """Where a value is not what the description says."""
    whole = {"components": specification["components"], **schema}
    check = jsonschema.Draft202012Validator(whole)
    return [f"{error.json_path}: {error.message}" for error in check.iter_errors(value)]


def named(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def check_request_of(request: FakeRequest, specification: dict[str, Any]) -> str:
    """The path of the description that a request follows, after all of it was looked at."""
    path = request.path.removeprefix(BASE)
    operation = specification["paths"][path][request.method.lower()]
    described = {p["name"]: p for p in operation.get("parameters", [])}
    assert set(request.query) <= set(described), path
    required = {name for name, p in described.items() if p.get("required")}
    assert required <= set(request.query), path
    for name, (text,) in request.query.items():
        schema = described[name]["schema"]
        if schema.get("type") == "boolean":
            assert text in ("true", "false")
        elif "oneOf" in schema:
            assert date.fromisoformat(text)
            assert len(text) == len("2026-01-01")
    for scheme in specification["security"][0]:
        header = specification["components"]["securitySchemes"][scheme]["name"]
        assert request.headers[header]
    return path


async def conversation() -> list[tuple[FakeRequest, Any]]:
    """Everything the provider may ask, and what the fake answered."""
    held = history(51, 120, 60)
    for payload in held.activities:
        if payload["metadata"]["type"] not in SPORTS:
            payload["metadata"]["type"] = 108  # the description knows no number of next year
    fake = FakeTerra(held)
    said: list[tuple[FakeRequest, Any]] = []

    def overheard(route: Any) -> Any:
        async def answer(request: FakeRequest) -> Any:
            reply = await route(request)
            said.append((request, reply[1]))
            return reply

        return answer

    fake.api.routes = {name: overheard(route) for name, route in fake.api.routes.items()}
    start = NOW.date().replace(month=1)
    async with connected(fake) as provider:
        await provider.get_athlete()
        await provider.health_check()
        page = await provider.get_activities(ActivityQuery(limit=20, after=start))
        await provider.get_activities(ActivityQuery(cursor=page.next_cursor, before=NOW))
        for listed in page.items[:5]:
            await provider.get_activity(listed.id, frozenset(Include))
        await provider.get_sleep_sessions(start, provider.today())
        await provider.get_recovery_metrics(start, provider.today())
        await provider.get_health_metrics(start, provider.today())
    assert len(said) > 30
    return said


async def test_every_request_and_answer_of_terra_follows_the_description(specification):
    """So that what the mapping is tried on is what Terra says it sends."""
    asked, parameters, payloads = set(), set(), 0
    for request, body in await conversation():
        path = check_request_of(request, specification)
        asked.add(path)
        parameters |= set(request.query)
        answer = specification["paths"][path]["get"]["responses"]["200"]["content"]
        assert answer["application/json"]["schema"]["oneOf"]
        assert errors_of(specification, named("TerraUser"), body["user"]) == []
        if path == "/athlete":
            assert errors_of(specification, named("AthleteCollection"), body) == []
        # Ten of each answer: they are made alike.
        for payload in body.get("data", [])[:10]:
            assert errors_of(specification, named(SCHEMAS[path]), payload) == []
            payloads += 1
    assert asked == {*SCHEMAS, "/athlete", "/userInfo"}
    assert parameters == {"user_id", "start_date", "end_date", "to_webhook", "with_samples"}
    assert payloads > 100


def test_the_requests_for_connecting_follow_the_description(specification, samples):
    assert LINK is not None
    options = {"dev_id": "7", "api_key": "k"}
    config = ProviderConfig(name="terra", api_base_url=SERVER, options=options)
    pending = PendingAuthorization(
        state="s-1",
        principal=LOCAL,
        provider="terra",
        redirect_uri="http://localhost:8081/api/oauth/callback/terra",
        created_at=NOW,
        expires_at=NOW,
    )
    begun = link_request(DESCRIPTOR, LINK, config, pending)
    body = json.loads(begun.body or "")
    operation = specification["paths"]["/auth/generateWidgetSession"]["post"]
    assert begun.url == f"{SERVER}/auth/generateWidgetSession"
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    assert errors_of(specification, schema, body) == []
    properties = specification["components"]["schemas"]["WidgetSessionParams"]["properties"]
    assert set(body) <= set(properties)
    asked = {
        "GET": check_request(DESCRIPTOR, LINK, config, "u-1"),
        "DELETE": revocation(DESCRIPTOR, LINK, config, "u-1"),
    }
    for method, request in asked.items():
        assert request is not None
        path, _, query = request.url.removeprefix(SERVER).partition("?")
        assert query == "user_id=u-1"
        names = [p["name"] for p in specification["paths"][path][method.lower()]["parameters"]]
        assert "user_id" in names
    contract = json.loads((samples / "handmade" / "contract.json").read_text(encoding="utf-8"))
    for request in (begun, *asked.values()):
        assert {"dev-id", "x-api-key"} == set(contract["headers"]) & set(request.headers)
    assert set(contract["generateWidgetSession_request"]) - {"providers"} == set(body)
    assert LINK.link_field in contract["generateWidgetSession_response"]
    assert DESCRIPTOR.api_base_url == SERVER == specification["servers"][0]["url"]


def test_what_the_fake_says_while_connecting_follows_the_description(specification):
    answered = specification["paths"]["/auth/generateWidgetSession"]["post"]["responses"]["200"]
    schema = answered["content"]["application/json"]["schema"]
    assert errors_of(specification, schema, TerraConsent.session("1", "http://x")) == []


def test_the_numbers_of_sports_are_those_of_the_description(specification):
    told = specification["components"]["schemas"]["ActivityType"]["oneOf"]
    assert set(SPORTS) == {one["const"] for one in told}
    for one in told:
        ours = SPORTS[one["const"]]
        assert not isinstance(ours, str) or hasattr(ours, "broader") or ours == one["title"]


class Watched(dict[str, Any]):
    """A payload that remembers which of its fields were asked for, inside too."""

    def __init__(self, payload: dict[str, Any], read: set[tuple[str, ...]], *at: str) -> None:
        super().__init__(
            {name: _watched(value, read, *at, name) for name, value in payload.items()}
        )
        self.asked, self.at = read, at

    def get(self, field: str, default: Any = None) -> Any:
        self.asked.add((*self.at, field))
        return super().get(field, default)


def _watched(value: Any, read: set[tuple[str, ...]], *at: str) -> Any:
    if isinstance(value, dict):
        return Watched(value, read, *at)
    if isinstance(value, list):
        return [_watched(inner, read, *at) for inner in value]
    return value


def described(
    schema: dict[str, Any], specification: dict[str, Any], *at: str
) -> Iterator[tuple[str, ...]]:
    """Every field of a schema with its place."""
    reference = schema.get("$ref", "").rpartition("/")[2]
    whole = specification["components"]["schemas"][reference] if reference else schema
    for one in (*whole.get("anyOf", ()), *whole.get("allOf", ())):
        yield from described(one, specification, *at)
    if "items" in whole:
        yield from described(whole["items"], specification, *at)
    for field, inner in whole.get("properties", {}).items():
        yield (*at, field)
        yield from described(inner, specification, *at, field)


def read_whole(payload: Any) -> None:
    activity = activity_of(payload, None)
    laps_of(payload, activity, Checker(""))
    streams_of(payload, activity, Checker(""))


@pytest.mark.parametrize("path", SCHEMAS)
def test_every_field_that_is_read_of_terra_is_described(specification, path):
    made = history(52, 40, 40)
    payloads, readers = {
        "/activity": (made.activities, [read_whole]),
        "/sleep": (made.nights, [recovery_of_night, night_of]),
        "/daily": (made.days, [recovery_of_day, health_of_day]),
        "/body": (made.bodies, [health_of_body]),
    }[path]
    read: set[tuple[str, ...]] = set()
    for payload in payloads:
        for reader in readers:
            watched = Watched(payload, read)
            reader(watched) if reader is read_whole else reader(watched, None)
    known = set(described(named(SCHEMAS[path]), specification))
    assert len(read) > 10
    assert read <= known, read - known


def synthesised(samples: Path, name: str) -> Any:
    file = samples / "from_spec" / f"schema.{name}.synth.json"
    return json.loads(file.read_text(encoding="utf-8"))


def test_every_sample_of_what_we_ask_is_read(samples):
    """Made from the schemas: every field is there, with unrealistic numbers."""
    activity = activity_of(synthesised(samples, "Activity"), "X")
    assert activity.name is not None
    assert activity.average_heart_rate_bpm is not None
    night = synthesised(samples, "Sleep")
    assert night_of(night, "X").time_in_bed_seconds is not None
    daily, body = synthesised(samples, "Daily"), synthesised(samples, "Body")
    far = date(1971, 1, 1), date(2999, 1, 1)
    parts = [recovery_of_day(daily, None), recovery_of_night(night, None)]
    assert days_of(RecoveryMetrics, parts, *far)
    health = days_of(HealthMetrics, [health_of_body(body, None), health_of_day(daily, None)], *far)
    assert any(row.weight_kg is not None for row in health)
    athlete = athlete_of({"athlete": synthesised(samples, "Athlete"), "user": {"user_id": "u"}})
    assert (athlete.sex, athlete.birth_date) == ("male", date(1999, 11, 23))


def test_every_sample_of_a_webhook_is_read(samples):
    read = {}
    for file in sorted((samples / "from_spec").glob("webhook.*.json")):
        body = file.read_bytes()
        push = Push(method="POST", query={}, headers={}, body=body, received_at=NOW)
        read[file.name.split(".")[1]] = (json.loads(body), TerraPushes().read(push))
    assert len(read) > 10
    for kind in ("deauth", "access_revoked"):
        said, (told,) = read[kind]
        assert (told.account_id, told.ended) == (said["user"]["user_id"], True)
    said, (told,) = read["user_reauth"]
    assert told.account_id == said["old_user"]["user_id"]
    said, (told,) = read["activity"]
    assert told.record_id == id_of(said["data"][0])
    assert told.record_id.startswith("2026-07-01_")
    assert activity_of(said["data"][0], "GARMIN").utc_offset_seconds == 3600
    for kind in ("auth", "connection_error", "large_request_processing", "s3_upload", "nutrition"):
        assert read[kind][1] == ()
    for kind in ("sleep", "daily", "body", "athlete"):
        assert read[kind][1][0].changed


def test_every_sample_of_a_refusal_is_read_as_it_is_meant(samples):
    assert DESCRIPTOR.read_error is not None
    meant = {}
    for file in sorted((samples / "from_spec").glob("get_*.json")):
        body, status = json.loads(file.read_text(encoding="utf-8")), file.name.split(".")[1]
        meant.setdefault(status, set()).add(DESCRIPTOR.read_error(int(status), body))
    assert meant == {"400": {None}, "401": {"not_configured"}, "404": {"needs_reauth"}}
    contract = json.loads((samples / "handmade" / "contract.json").read_text(encoding="utf-8"))
    assert DESCRIPTOR.read_error(401, contract["errors"]["401"]) == "not_configured"
    assert DESCRIPTOR.read_error(404, contract["errors"]["404"]) is None
    assert DESCRIPTOR.read_error(400, contract["legacy_error"]) == "needs_reauth"


@pytest.mark.parametrize("name", ["LargeRequestProcessingEvent", "DataSentToWebhook"])
async def test_samples_of_what_comes_later_are_no_data(samples, name):
    body = synthesised(samples, name)
    fake = FakeTerra(history(53, 5, 5))

    async def later(_: FakeRequest) -> Any:
        return 200, body, {}

    fake.api.routes[f"GET {BASE}/sleep"] = later
    async with connected(fake) as provider:
        page = await provider.get_sleep_sessions(provider.today(), provider.today())
    assert (page.items, page.complete) == ((), False)


def test_the_signature_of_terra_worked_out_by_others_is_genuine(samples):
    contract = json.loads((samples / "handmade" / "contract.json").read_text(encoding="utf-8"))
    told = contract["webhook"]
    stamp = told["headers"]["terra-signature"].split(",")[0].removeprefix("t=")
    push = Push(
        method="POST",
        query={},
        headers=told["headers"],
        body=told["raw_body"].encode(),
        received_at=datetime.fromtimestamp(int(stamp), UTC),
    )
    config = ProviderConfig(name="terra", options={"signing_secret": told["secret"]})
    assert TerraPushes().is_genuine(push, config)
    (said,) = TerraPushes().read(push)
    assert said.ended
