"""Text and structure hold the same values and each stands alone: hosts show a model one of them."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from lakeside import Driver, Lake, a_lake, an_activity, driving

from pierre_mcp.models import DataWarning, WarningCode

YEAR = {"start_date": "2025-05-02", "end_date": "2026-05-01"}

CALLS = (
    ("list_providers", {}),
    ("get_connection_status", {}),
    ("get_provider_health", {}),
    ("connect_provider", {"provider": "synthetic"}),
    ("disconnect_provider", {"provider": "synthetic"}),
    ("get_athlete", {}),
    ("get_activities", {"limit": 200}),
    ("get_activities", {"limit": 50, "detail": "full"}),
    ("get_activities", {"fields": ["name", "start_latlng", "indoor", "average_speed_mps"]}),
    ("get_activity", {"activity_id": "2026-04-28-1", "include": ["laps", "streams", "zones"]}),
    (
        "resolve_duplicate",
        {
            "first": "lakeside:100000001",
            "second": "lakeside:100000002",
            "decision": "same",
        },
    ),
    ("get_stats", {}),
    *(("get_stats", YEAR | {"group_by": g}) for g in ("day", "week", "month", "sport")),
    ("get_personal_records", {}),
    ("get_sleep_sessions", YEAR | {"stages": True}),
    ("get_recovery_metrics", YEAR),
    ("get_health_metrics", YEAR),
)


@pytest.fixture
async def synthetic(tmp_path: Path) -> AsyncIterator[Driver]:
    async with driving(
        a_lake(), PIERRE_HOME=str(tmp_path),
        PIERRE_DEFAULT_PROVIDER="synthetic", PIERRE_SYNTHETIC_TODAY="2026-05-01",
    ) as driver:  # fmt: skip
        yield driver


async def forms(drive: Driver, tool: str, **arguments: Any) -> tuple[str, dict[str, Any]]:
    result = await drive.call(tool, **arguments)
    assert not result.is_error, result.content
    assert result.structured_content is not None
    (block,) = result.content
    return block.text, result.structured_content


def tables(value: Any) -> Iterator[dict[str, Any]]:
    """Every table in a structure."""
    if isinstance(value, dict):
        if {"columns", "rows"} <= set(value):
            yield value
        for part in value.values():
            yield from tables(part)


def words(value: Any) -> Iterator[str]:
    """Every value outside of tables, as a reader of text has to find it."""
    match value:
        case dict():
            for key, part in value.items():
                if key not in ("columns", "rows"):
                    yield from words(part)
        case list():
            for part in value:
                yield from words(part)
        case str():
            yield value
        case bool() | None:
            pass
        case _:
            yield json.dumps(value)


def cell(value: Any) -> str:
    """A value as a text table has it, written once more here."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


@pytest.mark.parametrize(("tool", "arguments"), CALLS, ids=lambda part: str(part)[:50])
async def test_the_text_holds_every_value_of_the_structure(
    synthetic: Driver, tool: str, arguments: dict[str, Any]
):
    text, structure = await forms(synthetic, tool, **arguments)
    lines = text.splitlines()
    for table in tables(structure["result"]):
        begin = lines.index("|".join(table["columns"])) + 1 if table["rows"] else 0
        told = [line.split("|") for line in lines[begin : begin + len(table["rows"])]]
        assert told == [[cell(value) for value in row] for row in table["rows"]]
    for word in words(structure["result"]):
        assert word in text


@pytest.mark.parametrize(("tool", "arguments"), CALLS, ids=lambda part: str(part)[:50])
async def test_the_text_says_where_it_comes_from_and_what_it_lacks(
    synthetic: Driver, tool: str, arguments: dict[str, Any]
):
    text, structure = await forms(synthetic, tool, **arguments)
    meta = structure["meta"]
    for word in words({key: value for key, value in meta.items() if key != "cache"}):
        assert word in text
    assert ("Synthetic data" in text) == meta.get("synthetic", False)
    if not meta["complete"]:
        assert "Not complete" in text or "More follows" in text or "Cut to size" in text


@pytest.mark.parametrize(("tool", "arguments"), CALLS, ids=lambda part: str(part)[:50])
async def test_the_structure_names_every_value_and_its_unit(
    synthetic: Driver, tool: str, arguments: dict[str, Any]
):
    _, structure = await forms(synthetic, tool, **arguments)
    for table in tables(structure["result"]):
        assert len(set(table["columns"])) == len(table["columns"])
        assert {len(row) for row in table["rows"]} <= {len(table["columns"])}
        for position, column in enumerate(table["columns"]):
            numbers = [row[position] for row in table["rows"] if type(row[position]) is float]
            if numbers and column not in ("value", "bmi"):  # a record's unit stands beside it
                assert "_" in column, f"{column} has fractions and no unit"


@pytest.mark.parametrize("value", ["plain", "with | bar", 'with "quotes"', "ä ö 漢 🏃"])
async def test_a_name_cannot_add_a_cell_to_the_text(tmp_path: Path, value: str):
    lake = Lake(activities=[an_activity(1, name=value)])
    async with driving(lake, PIERRE_HOME=str(tmp_path)) as drive:
        text, structure = await forms(drive, "get_activities")
    (row,) = structure["result"]["rows"]
    (line,) = [line for line in text.splitlines() if line.startswith(f"{row[0]}|")]
    assert row[1] == value
    assert line.split("|")[1] == value.replace("|", "/")
    assert line.count("|") == len(row) - 1


async def test_a_warning_is_told_in_both_forms_with_what_it_is_about(tmp_path: Path):
    warning = DataWarning(
        code=WarningCode.FIELD_UNREADABLE,
        detail="The heart rate is no number.",
        field="average_heart_rate_bpm",
        record_id="100000001",
    )
    lake = Lake(activities=[an_activity(1, warnings=(warning, warning))])
    async with driving(lake, PIERRE_HOME=str(tmp_path)) as drive:
        text, structure = await forms(drive, "get_activities")
    (told,) = structure["meta"]["warnings"]
    assert told == {
        "code": "field_unreadable",
        "detail": "The heart rate is no number.",
        "field": "average_heart_rate_bpm",
        "record_id": "100000001",
    }
    assert text.endswith(
        "Warning field_unreadable (average_heart_rate_bpm, 100000001): The heart rate is no number."
    )


async def test_a_failure_is_told_in_both_forms(synthetic: Driver):
    result = await synthetic.call("get_activities", sport_type="runn")
    assert result.is_error
    assert result.structured_content is not None
    error = result.structured_content["error"]
    text = result.content[0].text
    for word in (error["type"], error["message"], error["nearest"], *error["allowed"]):
        assert word in text
