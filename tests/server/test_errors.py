"""What a client sees when something goes wrong: a typed result that says what to do."""

import json
from datetime import date

import anyio
import pytest
from lakeside import Driver, Lake, LakesideFactory, LakesideProvider

from pierre_mcp.errors import (
    NetworkError,
    ProviderError,
    ProviderServerError,
    ProviderTimeout,
    RateLimitExceeded,
)
from pierre_mcp.models import Athlete
from pierre_mcp.spi import (
    Connection,
    OAuthEndpoints,
    ProviderCapabilities,
    ProviderConfig,
    ProviderDescriptor,
    ProviderSetting,
    Verification,
)


async def test_an_unknown_provider_is_answered_with_those_there_are(drive: Driver):
    error = await drive.error("get_activities", provider="x")
    assert error["type"] == "provider_not_supported"
    listed = (await drive.answer("list_providers"))["result"]["providers"]
    there_are = sorted(provider["name"] for provider in listed)
    assert {"files", "lakeside", "synthetic"} < set(there_are)
    assert error["message"] == (
        f"Provider 'x' is not supported. Supported providers: {', '.join(there_are)}"
    )


@pytest.mark.parametrize(
    ("tool", "argument"),
    [
        ("get_activities", "limt"),
        ("list_providers", "provider"),
        ("get_sleep_sessions", "startdate"),
        ("get_activity", "id"),
    ],
)
async def test_an_unknown_argument_is_named_with_the_allowed_ones(
    drive: Driver, tool: str, argument: str
):
    error = await drive.error(tool, **{argument: "1"})
    assert (error["type"], error["argument"]) == ("invalid_argument", argument)


async def test_a_mistyped_argument_name_gets_the_nearest(drive: Driver):
    assert (await drive.error("get_activities", limt=1))["nearest"] == "limit"


@pytest.mark.parametrize(
    ("arguments", "argument", "nearest"),
    [
        ({"sport_type": "runn"}, "sport_type", "run"),
        ({"sport_type": "Trail Run"}, "sport_type", "trail_run"),
        ({"detail": "ful"}, "detail", "full"),
        ({"cache_policy": "refrsh"}, "cache_policy", "refresh"),
        ({"limit": 500}, "limit", "200"),
        ({"limit": 0}, "limit", "1"),
    ],
)
async def test_a_wrong_value_gets_the_allowed_ones_and_the_nearest(
    drive: Driver, arguments, argument: str, nearest: str
):
    error = await drive.error("get_activities", **arguments)
    assert (error["argument"], error["nearest"]) == (argument, nearest)
    assert error["allowed"]


@pytest.mark.parametrize(
    "arguments",
    [
        {"limit": "many"},
        {"limit": 1.5},
        {"limit": None},
        {"fields": "name"},
        {"fields": [1]},
        {"after": {}},
        {"after": "yesterday"},
        {"after": True},
        {"before": "2026-13-01"},
        {"before": "99999999999999999999"},
        {"cursor": 7},
    ],
)
async def test_malformed_values_are_the_callers_fault_and_named(drive: Driver, arguments):
    error = await drive.error("get_activities", **arguments)
    assert error["type"] == "invalid_argument"
    assert error["argument"] == next(iter(arguments))


@pytest.mark.parametrize(
    ("start", "end", "argument"),
    [
        ("yesterday", None, "start_date"),
        (None, "2026-02-30", "end_date"),
        ("2026-11-02", "2026-11-01", "start_date"),
    ],
)
async def test_malformed_date_ranges_are_named(drive: Driver, start, end, argument: str):
    error = await drive.error("get_sleep_sessions", start_date=start, end_date=end)
    assert (error["type"], error["argument"]) == ("invalid_argument", argument)


async def test_a_missing_argument_is_named(drive: Driver):
    error = await drive.error("get_activity")
    assert error["argument"] == "activity_id"
    assert "required" in error["message"]


async def test_an_unknown_tool_gets_the_nearest(drive: Driver):
    error = await drive.error("get_activitys")
    assert error["nearest"] in ("get_activity", "get_activities")


async def test_data_that_a_provider_lacks_is_refused_before_any_call(drive: Driver, lake: Lake):
    error = await drive.error("get_recovery_metrics")
    assert error["type"] == "unsupported_feature"
    assert lake.calls == 0


@pytest.mark.parametrize(
    ("failure", "kind", "retryable"),
    [
        (RateLimitExceeded("lakeside", "Wait.", retry_after_seconds=90), "rate_limited", True),
        (ProviderTimeout("lakeside", "No answer."), "timeout", True),
        (NetworkError("lakeside", "Not reachable."), "network", True),
        (ProviderServerError("lakeside", "It failed."), "provider_error", True),
        (ProviderError("lakeside", "No."), "provider_error", False),
    ],
)  # fmt: skip
async def test_a_providers_failure_keeps_its_type(
    drive: Driver, lake: Lake, failure, kind: str, retryable: bool
):
    lake.failure = failure
    error = await drive.error("get_activities")
    assert (error["type"], error["retryable"]) == (kind, retryable)
    assert error["provider"] == "lakeside"
    assert error["retry_after_seconds"] == failure.retry_after_seconds


async def test_an_unexpected_failure_leaks_nothing(drive: Driver, lake: Lake):
    lake.failure = RuntimeError("secret-token in /home/someone/file.py")
    result = await drive.call("get_activities")
    told = json.dumps(result.structured_content) + result.content[0].text
    assert result.is_error
    assert result.structured_content is not None
    assert result.structured_content["error"]["type"] == "internal"
    assert "secret" not in told
    assert "/" not in result.structured_content["error"]["message"]
    assert "Traceback" not in told


async def test_text_and_structure_of_an_error_say_the_same(drive: Driver):
    result = await drive.call("get_activities", provider="x")
    assert result.structured_content is not None
    assert result.structured_content["error"]["message"] in result.content[0].text


async def test_of_several_providers_the_first_that_answers_is_used(drive: Driver):
    answer = await drive.answer("get_sleep_sessions", provider="files, lakeside")
    assert answer["meta"]["providers"] == ["lakeside"]
    (warning,) = answer["meta"]["warnings"]
    assert warning["code"] == "provider_failed"
    assert warning["detail"].startswith("files:")


async def test_when_none_of_several_answers_every_cause_is_kept(drive: Driver, lake: Lake):
    lake.failure = NetworkError("lakeside", "Not reachable.")
    error = await drive.error("get_activities", provider="files,lakeside")
    assert error["type"] == "no_providers_available"
    assert [cause["provider"] for cause in error["causes"]] == ["files", "lakeside"]


async def test_all_is_refused_truthfully_where_nothing_merges(drive: Driver):
    for provider in ("lakeside,all", "all,lakeside"):
        error = await drive.error("get_sleep_sessions", provider=provider)
        assert error["argument"] == "provider"
        assert "lakeside" in error["allowed"]
    assert (await drive.error("get_provider_health", provider="all"))["argument"] == "provider"


def register(drive: Driver, lake: Lake, **changes) -> None:
    values = {
        "name": "harbour",
        "display_name": "Harbour",
        "capabilities": ProviderCapabilities.ACTIVITIES,
        "verified": Verification(against="specification", date=date(2026, 1, 1)),
    }
    descriptor = ProviderDescriptor(**(values | changes))
    drive.composition.registry.register_factory("harbour", LakesideFactory(lake, descriptor))


async def test_a_provider_registered_at_run_time_is_offered_at_once(drive: Driver, lake: Lake):
    register(drive, lake)
    listed = await drive.answer("list_providers")
    assert "harbour" in [p["name"] for p in listed["result"]["providers"]]
    assert (await drive.answer("get_activities", provider="harbour"))["result"]["rows"]
    assert "harbour" in (await drive.error("get_stats", provider="x"))["message"]


async def test_a_missing_setting_is_named_by_its_variable(drive: Driver, lake: Lake):
    register(
        drive,
        lake,
        settings=(ProviderSetting(name="dir", description="the boat shed", required=True),),
    )
    for tool in ("get_activities", "connect_provider"):
        error = await drive.error(tool, provider="harbour")
        assert error["type"] == "not_configured"
        assert "PIERRE_HARBOUR_DIR (the boat shed)" in error["message"]
    status = await drive.answer("get_connection_status", provider="harbour")
    assert status["result"]["providers"]["harbour"]["status"] == "disconnected"


async def test_a_provider_that_must_be_connected_says_so_and_is_not_called(
    drive: Driver, lake: Lake
):
    register(
        drive,
        lake,
        capabilities=ProviderCapabilities.activity_only(),
        connection=Connection.OAUTH2,
        oauth_endpoints=OAuthEndpoints(
            auth_url="https://harbour.example/a", token_url="https://harbour.example/t"
        ),
        api_base_url="https://harbour.example",
    )
    config = ProviderConfig(name="harbour", client_id="1", client_secret="2")
    drive.composition.registry.set_default_config("harbour", config)
    error = await drive.error("get_activities", provider="harbour")
    assert error["type"] == "not_connected"
    assert "connect_provider with 'harbour'" in error["message"]
    assert lake.calls == 0


async def test_health_tells_of_a_failing_provider_and_counts(drive: Driver, lake: Lake):
    lake.failure = ProviderServerError("lakeside", "It failed.")
    for expected in (1, 2):
        answer = await drive.answer("get_provider_health")
        health = answer["result"]["providers"]["lakeside"]
        assert (health["is_healthy"], health["consecutive_failures"]) == (False, expected)
    lake.failure = None
    answer = await drive.answer("get_provider_health")
    health = answer["result"]["providers"]["lakeside"]
    assert (health["is_healthy"], health["consecutive_failures"]) == (True, 0)


async def test_a_call_beyond_its_deadline_is_a_timeout_that_may_be_repeated(
    drive: Driver, monkeypatch: pytest.MonkeyPatch
):
    async def never(_: LakesideProvider) -> Athlete:
        await anyio.sleep_forever()
        raise AssertionError

    monkeypatch.setattr("pierre_mcp.server.app.DEADLINE_SECONDS", 0.05)
    monkeypatch.setattr(LakesideProvider, "get_athlete", never)
    error = await drive.error("get_athlete")
    assert (error["type"], error["retryable"]) == ("timeout", True)
