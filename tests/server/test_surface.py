"""The surface that clients build on: names, hints, schemas and sizes do not change by accident."""

import json
import os
import re
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from lakeside import Driver

from pierre_mcp.registry import ENTRY_POINT_GROUP
from pierre_mcp.server.app import INSTRUCTIONS

SNAPSHOT = Path(__file__).with_name("surface.json")
ROOT = Path(__file__).parents[2]

CALLS = {
    "get_activity": {"activity_id": "100000001", "include": ["laps", "streams", "zones"]},
    "connect_provider": {"provider": "lakeside"},
    "disconnect_provider": {"provider": "lakeside"},
    "resolve_duplicate": {
        "first": "lakeside:100000001",
        "second": "lakeside:100000002",
        "decision": "different",
    },
    "chart_drawing": {"view": "training"},
    "get_recovery_metrics": {"provider": "synthetic"},
    "get_health_metrics": {"provider": "synthetic"},
}


async def surface(drive: Driver):
    tools = (await drive.client.list_tools()).tools
    return [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools]


async def test_the_tool_surface_matches_its_snapshot(drive: Driver):
    """A deliberate change is recorded with UPDATE_SURFACE=1."""
    if os.environ.get("UPDATE_SURFACE"):
        text = json.dumps(await surface(drive), indent=1, ensure_ascii=False)
        SNAPSHOT.write_text(text + "\n", encoding="utf-8")
    assert await surface(drive) == json.loads(SNAPSHOT.read_text(encoding="utf-8"))


async def test_every_tool_has_title_hints_and_a_description_of_when_to_use_it(drive: Driver):
    for tool in (await drive.client.list_tools()).tools:
        assert tool.title
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint is not None
        assert tool.annotations.destructive_hint is not None
        assert tool.annotations.idempotent_hint is not None
        assert tool.annotations.open_world_hint is not None
        assert "Use it" in (tool.description or "")
        assert len(tool.description or "") < 600
        assert re.fullmatch(r"[a-z_]{1,64}", tool.name)


async def test_only_connecting_disconnecting_and_a_persons_word_change_anything(drive: Driver):
    changing = {
        tool.name
        for tool in (await drive.client.list_tools()).tools
        if tool.annotations is not None and not tool.annotations.read_only_hint
    }
    assert changing == {"connect_provider", "disconnect_provider", "resolve_duplicate"}


async def test_no_description_and_no_schema_names_a_provider(drive: Driver):
    names = [entry_point.name for entry_point in entry_points(group=ENTRY_POINT_GROUP)]
    told = json.dumps(await surface(drive)) + INSTRUCTIONS
    for name in {*names, "lakeside"} - {"synthetic"}:
        assert not re.search(rf"\b{name}\b", told), name


async def test_input_schemas_are_closed_and_every_parameter_is_described(drive: Driver):
    for tool in (await drive.client.list_tools()).tools:
        assert tool.input_schema["additionalProperties"] is False
        for parameter in tool.input_schema["properties"].values():
            assert parameter.get("description"), tool.name


def is_for_pages(tool: dict[str, Any]) -> bool:
    """Whether hosts keep it from models: a page of ours calls it."""
    return tool.get("_meta", {}).get("ui", {}).get("visibility") == ["app"]


async def test_what_models_read_of_the_list_of_tools_stays_small(drive: Driver):
    read = [tool for tool in await surface(drive) if not is_for_pages(tool)]
    assert len(json.dumps(read, separators=(",", ":"))) <= 40_000


def test_instructions_stay_under_a_kilobyte():
    assert len(INSTRUCTIONS.encode()) <= 1024


async def test_every_answer_matches_its_output_schema(drive: Driver):
    for tool in (await drive.client.list_tools()).tools:
        assert tool.output_schema is not None
        validator = jsonschema.Draft202012Validator(tool.output_schema)
        good = await drive.call(tool.name, **CALLS.get(tool.name, {}))
        assert not good.is_error, good.content
        validator.validate(good.structured_content)
        bad = await drive.call(tool.name, nonsense=1)
        assert bad.is_error
        validator.validate(bad.structured_content)


async def test_text_stands_alone_and_holds_every_value_of_the_structure(drive: Driver):
    result = await drive.call("get_activities", limit=5)
    assert result.structured_content is not None
    for row in result.structured_content["result"]["rows"]:
        for value in row:
            assert value is None or str(value) in result.content[0].text
    assert result.structured_content["meta"]["next_cursor"] in result.content[0].text


@pytest.mark.parametrize("folder", ["pierre_mcp"])
def test_the_core_names_no_vendor(folder: str):
    vendors = re.compile(r"\b(strava|garmin|fitbit|whoop|coros|terra)\b", re.IGNORECASE)
    for path in (ROOT / folder).rglob("*.py"):
        assert not vendors.search(path.read_text(encoding="utf-8")), path
