"""Against the description that public integrations add up to, where PIERRE_SHARED names it."""

import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from coros_fake import NOW, FakeCoros, connected, history

from pierre_mcp.errors import ErrorType
from pierre_mcp.models.reading import each
from pierre_mcp.spi import ActivityQuery, Include
from pierre_mcp.testing import FakeRequest
from providers.coros import DESCRIPTOR, read_error
from providers.coros.mapping import activity_of, recovery_of, sleep_of

PATHS = {
    "/v2/coros/sport/list", "/v2/coros/sport/detail/fit", "/coros/daily/query", "/coros/bindState",
}  # fmt: skip


@pytest.fixture(scope="module")
def shared() -> Path:
    folder = os.environ.get("PIERRE_SHARED")
    if folder is None:
        pytest.skip("PIERRE_SHARED does not name a folder")
    return Path(folder)


@pytest.fixture(scope="module")
def specification(shared) -> dict[str, Any]:
    text = (shared / "specs" / "coros" / "openapi.derived.yml").read_text(encoding="utf-8")
    return yaml.safe_load(text)


@pytest.fixture(scope="module")
def sample(shared):
    folder = shared / "samples" / "coros" / "handmade"
    return lambda name: json.loads((folder / name).read_text(encoding="utf-8"))


def check_request(request: FakeRequest, specification: dict[str, Any]) -> None:
    described = {p["name"]: p for p in specification["paths"][request.path]["get"]["parameters"]}
    assert set(request.query) == {name for name, p in described.items() if p["required"]}
    for name, (text,) in request.query.items():
        if described[name]["schema"]["type"] == "integer":
            assert text == str(int(text))


async def test_every_request_follows_the_description(specification):
    fake = FakeCoros(history(51))
    async with connected(fake) as provider:
        page = await provider.get_activities(ActivityQuery(limit=5))
        await provider.get_activity(page.items[0].id, frozenset(Include))
        await provider.get_sleep_sessions(NOW.date() - timedelta(days=80), NOW.date())
        await provider.get_recovery_metrics(NOW.date() - timedelta(days=80), NOW.date())
        await provider.health_check()
    asked = [r for r in fake.api.requests if not r.path.startswith("/fit/")]
    for request in asked:
        check_request(request, specification)
    assert {request.path for request in asked} == PATHS


@pytest.mark.parametrize(
    ("name", "schema"),
    [("sport_list.json", "SportList"), ("sport_detail_fit.json", "FitResp"),
     ("daily_query.json", "DailyResp")],
)  # fmt: skip
def test_the_samples_fit_the_description_and_are_read(sample, specification, name, schema):
    payload = sample(name)
    whole = {"$ref": f"#/components/schemas/{schema}", "components": specification["components"]}
    assert not list(jsonschema.Draft4Validator(whole).iter_errors(payload))
    assert read_error(200, payload) is None
    data = payload["data"]
    if "dailyList" in data:
        (night,), (row,) = (
            each(data["dailyList"], read, "A day")[0] for read in (sleep_of, recovery_of)
        )
        told = data["dailyList"][0]
        assert (row.resting_heart_rate_bpm, night.hrv_rmssd_ms) == (told["rhr"], told["ppgHrv"])
        assert f"{night.end_time:%Y-%m-%d %H:%M:%S}" == told["sleepEndTime"]
        return
    wire = data if isinstance(data, list) else [data]
    found, lost = each(wire, activity_of, "A workout")
    assert lost == []
    for activity, told in zip(found, wire, strict=True):
        assert activity.id == told["labelId"]
        assert activity.distance_meters == told["distance"]
        assert activity.utc_offset_seconds == told["startTimezone"] * 900
        assert activity.warnings == ()


def test_the_codes_of_the_contract_are_read(sample):
    errors = sample("contract.json")["errors_http_200"]
    assert {name: read_error(200, body) for name, body in errors.items()} == {
        "bad_request": ErrorType.INVALID_RESPONSE,
        "bad_token": ErrorType.NEEDS_REAUTH,
        "bad_openid": ErrorType.NEEDS_REAUTH,
        "no_data": None,
    }


def test_the_endpoints_for_connecting_are_those_of_the_description(sample, specification):
    base, endpoints = DESCRIPTOR.api_base_url, DESCRIPTOR.oauth_endpoints
    assert endpoints is not None
    assert base == specification["servers"][0]["url"]
    told = (endpoints.auth_url, endpoints.token_url, endpoints.refresh_url, endpoints.revoke_url)
    assert {url.removeprefix(base) for url in told} == {
        path for path in specification["paths"] if path.startswith("/oauth2/")
    }
    answer = sample("contract.json")["token_response"]
    assert answer["expires_in"] == DESCRIPTOR.oauth_params.token_life_seconds
    assert set(DESCRIPTOR.oauth_params.account_path) <= set(answer)
