"""What an answer may weigh: over the wire, with the synthetic athlete, at its most expensive."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from by_hand import INITIALIZE, INITIALIZED, call, spoken
from lakeside import NOW, Driver, Lake, a_lake, an_activity, driving
from processes import environ_of

from pierre_mcp.models import DataWarning, WarningCode

TODAY = "2026-05-01"
MOST = 48_000
TEN_YEARS = {"start_date": "2016-05-02", "end_date": TODAY}

EXPENSIVE = (
    ("list_providers", {}),
    ("get_connection_status", {}),
    ("get_provider_health", {}),
    ("get_athlete", {}),
    ("get_activities", {"limit": 200}),
    ("get_activities", {"limit": 200, "detail": "full"}),
    ("get_activities", {"limit": 200, "fields": ["name", "start_time", "start_latlng"]}),
    ("get_stats", {}),
    *(("get_stats", TEN_YEARS | {"group_by": g}) for g in ("day", "week", "month", "sport")),
    ("get_personal_records", {}),
    ("get_sleep_sessions", TEN_YEARS),
    ("get_sleep_sessions", TEN_YEARS | {"stages": True}),
    ("get_recovery_metrics", TEN_YEARS),
    ("get_health_metrics", TEN_YEARS),
)


def compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


@pytest.fixture(scope="module")
def wire(tmp_path_factory) -> list[str]:
    """The lines of a stdio server: the start, the default page, pages of three seasons."""
    environ = environ_of(tmp_path_factory.mktemp("home"), {"PIERRE_SYNTHETIC_TODAY": TODAY})
    before = [f"{year}-{month:02}-15" for year in (2019, 2022, 2025) for month in (2, 7, 11)]
    pages = [call(3 + n, "get_activities", before=day, limit=200) for n, day in enumerate(before)]
    out, _ = spoken(environ, INITIALIZE, INITIALIZED, call(2, "get_activities"), *pages)
    return out


def test_a_default_page_is_at_most_10_kb_on_the_wire(wire: list[str]):
    result = json.loads(wire[1])["result"]
    assert len(result["structuredContent"]["result"]["rows"]) == 20
    assert len(wire[1].encode()) <= 10_240


def test_a_summary_row_is_at_most_90_bytes_in_each_form_beside_id_and_name(wire: list[str]):
    counts = []
    for line in wire[1:]:
        result = json.loads(line)["result"]
        table = result["structuredContent"]["result"]
        lines = result["content"][0]["text"].splitlines()
        begin = lines.index("|".join(table["columns"])) + 1
        counts.append(len(table["rows"]))
        assert table["columns"][:2] == ["id", "name"]
        for row, told in zip(table["rows"], lines[begin:], strict=False):
            assert len(compact(row[2:]).encode()) <= 90
            activity_id, _, rest = told.split("|", 2)
            assert activity_id == row[0]
            assert len(rest.encode()) <= 90
    assert counts == [20] + [200] * 9


@pytest.fixture
async def synthetic(tmp_path: Path) -> AsyncIterator[Driver]:
    async with driving(
        Lake(), PIERRE_HOME=str(tmp_path),
        PIERRE_DEFAULT_PROVIDER="synthetic", PIERRE_SYNTHETIC_TODAY=TODAY,
    ) as driver:  # fmt: skip
        yield driver


def assert_within(result, most: int = MOST) -> None:
    assert result.structured_content is not None
    assert len(compact(result.structured_content)) <= most
    assert sum(len(block.text) for block in result.content) <= most


@pytest.mark.parametrize(("tool", "arguments"), EXPENSIVE, ids=lambda part: str(part)[:60])
async def test_no_answer_outgrows_either_form(synthetic: Driver, tool: str, arguments: dict):
    result = await synthetic.call(tool, **arguments)
    assert not result.is_error
    assert_within(result)


async def test_every_read_tool_was_asked_at_its_most_expensive(synthetic: Driver):
    reading = {
        tool.name
        for tool in (await synthetic.client.list_tools()).tools
        if tool.annotations is not None and tool.annotations.read_only_hint
    }
    # A drawing never reaches a model; its size is tried where charts are.
    assert {tool for tool, _ in EXPENSIVE} == reading - {"get_activity", "chart_drawing"}


async def test_no_single_activity_outgrows_either_form(synthetic: Driver):
    listed = await synthetic.answer("get_activities", limit=200, fields=["duration_seconds"])
    longest = sorted(listed["result"]["rows"], key=lambda row: row[1] or 0)[-12:]
    for activity_id, _ in longest:
        parts = ["laps", "streams", "zones"]
        result = await synthetic.call(
            "get_activity", activity_id=activity_id, include=parts, resolution="high"
        )
        assert not result.is_error
        assert_within(result)


def troubled(number: int):
    """An activity of which everything that is written is as long as it may be."""
    return an_activity(
        number,
        name="N" * 200,
        timezone="t" * 200,
        sport_type_raw="s" * 200,
        gear_name="g" * 200,
        device_name="v" * 200,
        warnings=tuple(
            DataWarning(
                code=WarningCode.FIELD_UNREADABLE,
                detail=f"{number} {n} " + "w" * 190,
                field="average_heart_rate_bpm",
                record_id="i" * 200,
            )
            for n in range(5)
        ),
    )


@pytest.mark.parametrize("detail", ["summary", "full"])
async def test_warnings_and_long_names_do_not_break_the_budget(tmp_path: Path, detail: str):
    lake = Lake(activities=[troubled(number) for number in range(1, 201)])
    async with driving(lake, PIERRE_HOME=str(tmp_path)) as drive:
        result = await drive.call("get_activities", limit=200, detail=detail)
        assert_within(result)
        answer = result.structured_content
        assert answer is not None
        assert answer["meta"]["next_cursor"]
        assert "more warnings)" in answer["meta"]["warnings"][-1]["detail"]


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("get_activities", {"provider": "x" * 1_000_000}),
        ("get_activities", {"provider": ",".join(f"p{n}" for n in range(50_000))}),
        ("get_activities", {"cursor": "x" * 1_000_000}),
        ("get_activities", {"after": "2" * 1_000_000}),
        ("get_activities", {"sport_type": "x" * 100_000}),
        ("get_activities", {"fields": ["x" * 100_000]}),
        ("get_activities", {"fields": ["name"] * 100_000}),
        ("get_activities", {"x" * 100_000: 1}),
        ("get_activity", {"activity_id": "x" * 1_000_000}),
        ("connect_provider", {"provider": "x" * 1_000_000}),
        ("get_sleep_sessions", {"start_date": "2" * 1_000_000}),
        ("x" * 100_000, {}),
    ],
    ids=lambda part: str(part)[:40],
)
async def test_no_refusal_repeats_what_it_was_sent(synthetic: Driver, tool: str, arguments: dict):
    result = await synthetic.call(tool, **arguments)
    if not result.is_error:
        assert arguments == {"fields": ["name"] * 100_000}
    assert_within(result, 10_240)


async def test_a_page_far_in_the_past_is_as_small(tmp_path: Path):
    old = [an_activity(n, start_time=NOW - timedelta(days=3650 + n)) for n in range(30)]
    lake = a_lake()
    lake.activities += old
    async with driving(lake, PIERRE_HOME=str(tmp_path)) as drive:
        assert_within(await drive.call("get_activities", before="2017-01-01"), 10_240)
