"""Charts as clients get them: pages, drawings for pages only, and pictures where asked for."""

import sys
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import pytest
from lakeside import a_lake, driving
from mcp import Client
from mcp.server.apps import APP_MIME_TYPE, EXTENSION_ID
from mcp.types import ImageContent, TextContent

from pierre_mcp.composition import Composition
from pierre_mcp.server.app import build_server
from pierre_mcp.server.budget import MAX_CHARACTERS
from pierre_mcp.server.charts.page import VIEWS, address_of
from pierre_mcp.settings import load_settings

NOW = datetime(2026, 11, 24, 20, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n"


class Opener(Protocol):
    def __call__(self, **environ: str) -> AbstractAsyncContextManager[Client]: ...


@pytest.fixture(params=["auto", "legacy"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    """A client of a server with those settings, in both eras of the protocol."""

    @asynccontextmanager
    async def open_client(**environ: str) -> AsyncIterator[Client]:
        fixed = {"PIERRE_HOME": str(tmp_path), "PIERRE_SYNTHETIC_TODAY": "2026-11-24"}
        composition = Composition(load_settings({**fixed, **environ}), clock=lambda: NOW)
        async with composition, Client(build_server(composition), mode=request.param) as client:
            yield client

    return open_client


async def newest_run(client: Client) -> str:
    told = await client.call_tool("get_activities", {"sport_type": "run", "limit": 1})
    assert told.structured_content is not None
    return str(told.structured_content["result"]["rows"][0][0])


async def asked_for(client: Client, view: str) -> dict[str, Any]:
    if view != "activity":
        return {"view": view}
    return {"view": view, "activity_id": await newest_run(client)}


async def test_no_picture_is_offered_unless_it_is_asked_for(opened: Opener):
    async with opened() as client:
        assert "chart" not in {tool.name for tool in (await client.list_tools()).tools}
        refused = await client.call_tool("chart", {"view": "training"})
        assert refused.is_error
    async with opened(PIERRE_CHARTS="true") as client:
        assert "chart" in {tool.name for tool in (await client.list_tools()).tools}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("view", VIEWS)
async def test_a_picture_comes_with_its_numbers_as_text(opened: Opener, view: str, theme: str):
    async with opened(PIERRE_CHARTS="true") as client:
        asked = await asked_for(client, view)
        result = await client.call_tool("chart", {**asked, "theme": theme})
    assert not result.is_error, result.content
    image, text = result.content
    assert isinstance(image, ImageContent)
    assert (image.mime_type, b64decode(image.data)[:8]) == ("image/png", PNG)
    assert len(image.data) < 250_000
    assert isinstance(text, TextContent)
    assert result.structured_content is not None
    table = result.structured_content["result"]
    assert table["rows"]
    assert "svg" not in table
    for row in table["rows"]:
        for value in row:
            assert value is None or str(value) in text.text
    assert result.structured_content["meta"]["synthetic"] is True


@pytest.mark.parametrize("view", VIEWS)
async def test_a_drawing_is_for_pages_only_and_stays_within_the_budget(opened: Opener, view: str):
    async with opened() as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        result = await client.call_tool("chart_drawing", await asked_for(client, view))
    assert tools["chart_drawing"].meta == {"ui": {"visibility": ["app"]}}
    assert not result.is_error, result.content
    assert result.structured_content is not None
    drawn = result.structured_content["result"]
    assert drawn["svg"].startswith("<svg ")
    assert "var(--ink)" in drawn["svg"]
    assert len(drawn["svg"]) < MAX_CHARACTERS
    (text,) = result.content
    assert isinstance(text, TextContent)
    assert len(text.text) < 500


async def test_tools_name_the_page_that_shows_their_answers(opened: Opener):
    async with opened() as client:
        tools = {tool.name: tool.meta for tool in (await client.list_tools()).tools}
        extensions = client.server_capabilities.extensions or {}
        is_modern = client.protocol_version == "2026-07-28"
    assert (EXTENSION_ID in extensions) == is_modern, "the older protocol knows no extensions"
    shown = {name: meta["ui"].get("resourceUri") for name, meta in tools.items() if meta}
    assert shown == {
        "get_activities": address_of("training"),
        "get_stats": address_of("training"),
        "get_activity": address_of("activity"),
        "get_sleep_sessions": address_of("recovery"),
        "get_recovery_metrics": address_of("recovery"),
        "chart_drawing": None,
    }


@pytest.mark.parametrize("view", VIEWS)
async def test_a_page_asks_for_no_network_and_loads_nothing(opened: Opener, view: str):
    async with opened() as client:
        read = await client.read_resource(address_of(view))
    (page,) = read.contents
    assert page.mime_type == APP_MIME_TYPE
    assert page.meta is not None
    assert page.meta["ui"]["csp"] == {"connectDomains": [], "resourceDomains": []}
    text = getattr(page, "text", "")
    assert "default-src 'none'" in text
    for loading in ("http://", "https://", "src=", "@import", "url("):
        assert loading not in text, loading


async def test_an_answer_to_a_model_holds_no_drawing(opened: Opener):
    async with opened() as client:
        answers = [
            await client.call_tool("get_activities", {}),
            await client.call_tool("get_stats", {"group_by": "week"}),
            await client.call_tool("get_sleep_sessions", {}),
        ]
    for answer in answers:
        assert "<svg" not in answer.model_dump_json()


@pytest.mark.parametrize(
    ("asked", "argument"),
    [
        ({"view": "activity"}, "activity_id"),
        ({"view": "training", "start_date": "yesterday"}, "start_date"),
        ({"view": "recovery", "end_date": "24.11.2026"}, "end_date"),
        ({"view": "map"}, "view"),
        ({"view": "training", "width_px": 20}, "width_px"),
    ],
)
async def test_a_wrong_argument_is_named(opened: Opener, asked: dict[str, Any], argument: str):
    async with opened() as client:
        result = await client.call_tool("chart_drawing", asked)
    assert result.is_error
    assert result.structured_content is not None
    assert result.structured_content["error"]["type"] == "invalid_argument"
    assert result.structured_content["error"]["argument"] == argument


async def test_units_and_the_first_day_of_the_week_are_the_persons(opened: Opener):
    async with opened(PIERRE_UNITS="imperial", PIERRE_WEEK_START="sunday") as client:
        activity = await client.call_tool("chart_drawing", await asked_for(client, "activity"))
        weeks = await client.call_tool("chart_drawing", {"view": "training"})
    assert activity.structured_content is not None
    assert " /mi" in activity.structured_content["result"]["svg"]
    assert " ft" in activity.structured_content["result"]["svg"]
    assert weeks.structured_content is not None
    first = weeks.structured_content["result"]["rows"][0][0]
    assert datetime.fromisoformat(first).isoweekday() == 7


async def test_a_provider_without_nights_says_so(opened: Opener, tmp_path: Path):
    folder = tmp_path / "recordings"
    folder.mkdir()
    async with opened(PIERRE_FILES_DIR=str(folder)) as client:
        result = await client.call_tool("chart_drawing", {"view": "training", "provider": "files"})
        assert not result.is_error, result.content
        assert result.structured_content is not None
        assert {row[1] for row in result.structured_content["result"]["rows"]} == {0}


async def test_without_the_extra_a_picture_says_what_to_install(
    opened: Opener, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    async with opened(PIERRE_CHARTS="true") as client:
        result = await client.call_tool("chart", {"view": "training"})
    assert result.is_error
    assert result.structured_content is not None
    assert "pierre-mcp[charts]" in result.structured_content["error"]["message"]


@pytest.mark.parametrize("provider", ["lakeside", "all"])
async def test_mornings_are_drawn_where_nothing_is_known_of_nights(provider: str):
    lake = a_lake()
    lake.nights = []
    async with driving(lake) as drive:
        answer = await drive.answer("chart_drawing", view="recovery", provider=provider)
    assert answer["result"]["svg"].startswith("<svg ")


async def test_a_provider_that_knows_neither_says_so():
    async with driving(a_lake()) as drive:
        error = await drive.error("chart_drawing", view="recovery", provider="strava")
    assert error["type"] == "unsupported_feature"
    assert "sleep data" in error["message"]
