"""Our pages inside a client, in a real browser: drawn, dressed, on a phone, and by the keyboard."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import pytest
from app_host import AppHost, app_host
from browsing import Browser, Person
from chromium import axe
from mcp import Client

from pierre_mcp.composition import Composition
from pierre_mcp.server.app import build_server
from pierre_mcp.settings import load_settings

PHONE, DESK = (320, 900), (800, 900)
VIEWS = ("training", "activity", "recovery")
INSIDE = "document.getElementById('app').contentDocument"
NOW = datetime(2026, 11, 24, 20, tzinfo=UTC)
LONG_ENOUGH_SECONDS = 30


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    configuration = load_settings(
        {"PIERRE_HOME": str(tmp_path), "PIERRE_SYNTHETIC_TODAY": "2026-11-24"}
    )
    composition = Composition(configuration, clock=lambda: NOW)
    async with composition, Client(build_server(composition)) as client:
        yield client


@pytest.fixture
async def host(client: Client) -> AsyncIterator[AppHost]:
    async with app_host(client) as host:
        yield host


@pytest.fixture
async def someone(browser: Browser) -> AsyncIterator[Person]:
    async with browser.person() as person:  # the pages are scripts
        yield person


async def arguments_of(client: Client, view: str) -> dict[str, Any]:
    """What a model would have asked before the page came up."""
    if view != "activity":
        return {}
    asked = {"sport_type": "run", "limit": 1}
    listed = (await client.call_tool("get_activities", asked)).structured_content
    assert listed is not None
    return {"activity_id": listed["result"]["rows"][0][0]}


async def drawn(person: Person, times: int = 1) -> None:
    """Until the page has been drawn so often."""
    with anyio.fail_after(LONG_ENOUGH_SECONDS):
        while not await person.evaluate(
            f"window.told.calls.length >= {times} && {INSIDE}.querySelector('svg') !== null"
            f" && !{INSIDE}.getElementById('drawing').hasAttribute('aria-busy')"
        ):
            await anyio.lowlevel.checkpoint()


async def told(person: Person) -> str:
    return str(await person.evaluate(f"{INSIDE}.getElementById('told')?.textContent ?? ''"))


@pytest.mark.parametrize("view", VIEWS)
async def test_a_view_is_drawn_by_an_app_only_call(
    host: AppHost, client: Client, someone: Person, view: str
):
    await someone.look(*DESK)
    await someone.open(host.page(view, **await arguments_of(client, view)))
    await drawn(someone)
    calls = await someone.evaluate("window.told.calls")
    assert {call["name"] for call in calls} == {"chart_drawing"}
    places = await someone.evaluate(f"{INSIDE}.querySelectorAll('.place').length")
    assert places > 20
    assert all(not answer.get("isError") for answer in host.answers)
    assert someone.complaints == []


@pytest.mark.parametrize("view", VIEWS)
async def test_no_request_leaves_the_page(
    host: AppHost, client: Client, someone: Person, view: str
):
    await someone.open(host.page(view, **await arguments_of(client, view)))
    await drawn(someone)
    elsewhere = [url for url in someone.requests if not url.startswith((host.url, "about:"))]
    assert elsewhere == []
    asked = (
        "new Promise((done) => document.getElementById('app').contentWindow"
        f".fetch('{host.url}/app?view={view}').then(() => done('sent'), () => done('refused')))"
    )
    blocked = await someone.evaluate(asked)
    assert blocked == "refused"


@pytest.mark.parametrize("view", VIEWS)
async def test_a_phone_gets_a_drawing_of_its_own_width(
    host: AppHost, client: Client, someone: Person, view: str
):
    await someone.look(*PHONE)
    await someone.open(host.page(view, **await arguments_of(client, view)))
    await drawn(someone)
    calls = await someone.evaluate("window.told.calls")
    assert calls[-1]["arguments"]["width_px"] == PHONE[0]
    wide = await someone.evaluate(f"{INSIDE}.documentElement.scrollWidth")
    assert wide <= PHONE[0]
    width = await someone.evaluate(f"{INSIDE}.querySelector('svg').getBoundingClientRect().width")
    assert width == PHONE[0]


async def test_a_wider_window_is_drawn_anew(host: AppHost, someone: Person):
    await someone.look(*PHONE)
    await someone.open(host.page("training"))
    await drawn(someone)
    before = len(await someone.evaluate("window.told.calls"))
    await someone.look(*DESK)
    await drawn(someone, before + 1)
    calls = await someone.evaluate("window.told.calls")
    assert calls[-1]["arguments"]["width_px"] == DESK[0]


@pytest.mark.parametrize("view", VIEWS)
async def test_every_place_can_be_reached_and_is_told_by_the_keyboard(
    host: AppHost, client: Client, someone: Person, view: str
):
    await someone.look(*DESK)
    await someone.open(host.page(view, **await arguments_of(client, view)))
    await drawn(someone)
    await someone.evaluate(f"{INSIDE}.querySelector('.place').focus()")
    heard = [await told(someone)]
    for key in ("ArrowRight", "ArrowRight", "End", "ArrowLeft", "Home"):
        await someone.press(key)
        heard.append(await told(someone))
    assert heard[0] == heard[-1]
    assert len(set(heard)) >= 4, heard
    labels = await someone.evaluate(
        f"[...{INSIDE}.querySelectorAll('.place')].map((p) => p.getAttribute('aria-label'))"
    )
    assert all(label in labels for label in heard)
    one_stop = await someone.evaluate(f"{INSIDE}.querySelectorAll('.place[tabindex=\"0\"]').length")
    assert one_stop == 1, "one stop for the tabulator; arrows go on from there"


async def test_down_goes_to_the_same_weekday_a_week_before(host: AppHost, someone: Person):
    await someone.look(*DESK)
    await someone.open(host.page("training"))
    await drawn(someone)
    await someone.evaluate(f"{INSIDE}.querySelector('.place').focus()")
    first = await told(someone)
    await someone.press("ArrowDown")
    below = await told(someone)
    assert first.split()[0] == below.split()[0], (first, below)
    assert first != below


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("view", VIEWS)
async def test_axe_finds_nothing_that_keeps_anybody_out(
    host: AppHost, client: Client, someone: Person, view: str, theme: str
):
    await someone.look(*DESK)
    await someone.open(host.page(view, theme=theme, **await arguments_of(client, view)))
    await drawn(someone)
    source = json.dumps(axe())
    await someone.evaluate(
        f"{{const made = {INSIDE}.createElement('script'); made.textContent = {source};"
        f" {INSIDE}.head.append(made);}} 0"
    )
    rules = '["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]'
    found = await someone.evaluate(
        f"{INSIDE}.defaultView.axe.run({{runOnly: {rules}}})"
        ".then((found) => found.violations"
        ".flatMap((broken) => broken.nodes.map((node) => broken.id + ': ' + node.html)))"
    )
    assert found == []


@pytest.mark.parametrize(("theme", "paper"), [("light", "255, 255, 255"), ("dark", "28, 28, 30")])
async def test_the_hosts_theme_is_followed_at_once(
    host: AppHost, someone: Person, theme: str, paper: str
):
    other = "dark" if theme == "light" else "light"
    await someone.open(host.page("training", theme=other))
    await drawn(someone)
    await someone.evaluate(f"window.change({{theme: '{theme}'}})")
    color = f"{INSIDE}.defaultView.getComputedStyle({INSIDE}.body).backgroundColor"
    with anyio.fail_after(LONG_ENOUGH_SECONDS):
        while paper not in (seen := await someone.evaluate(color)):
            assert seen
            await anyio.lowlevel.checkpoint()
    fill = await someone.evaluate(
        f"{INSIDE}.defaultView.getComputedStyle({INSIDE}.querySelector('svg > rect')).fill"
    )
    assert paper in fill


async def test_what_went_wrong_is_told_in_the_page(host: AppHost, someone: Person):
    await someone.open(host.page("training", provider="nobody"))
    with anyio.fail_after(LONG_ENOUGH_SECONDS):
        while "not supported" not in await told(someone):
            await anyio.lowlevel.checkpoint()


async def test_the_numbers_are_there_as_a_table(host: AppHost, someone: Person):
    await someone.open(host.page("training"))
    await drawn(someone)
    rows = await someone.evaluate(f"{INSIDE}.querySelectorAll('table tr').length")
    assert rows == 13, "twelve weeks and their names"


async def test_an_activity_can_be_drawn_over_distance(
    host: AppHost, client: Client, someone: Person
):
    await someone.open(host.page("activity", **await arguments_of(client, "activity")))
    await drawn(someone)
    before = len(await someone.evaluate("window.told.calls"))
    await someone.evaluate(f"{INSIDE}.querySelector('[data-over=distance]').click()")
    await drawn(someone, before + 1)
    assert "km" in await someone.evaluate(f"{INSIDE}.querySelector('svg').textContent")
    pressed = f"{INSIDE}.querySelector('[data-over=distance]').getAttribute('aria-pressed')"
    assert await someone.evaluate(pressed) == "true"
