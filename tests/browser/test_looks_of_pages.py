"""Every page, looked at: by axe-core, on a phone, enlarged, in the dark, and by the keyboard."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from browsing import Browser, Person
from chromium import axe
from site_of_ours import (
    BY_KEY,
    Site,
    Way,
    answers,
    follow,
    open_site,
    paste,
    press_the_button,
)

LONGEST_WORD = "Vierwaldstättersee-Ruderverbindungen-Dachverband-Mitgliederverzeichnis"
PHONE, DESK = (320, 640), (1280, 800)
_RULES = '["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]'


async def asked(person: Person, site: Site) -> None:
    await person.open(await site.link())


async def refused_key(person: Person, site: Site) -> None:
    await asked(person, site)
    await paste(person, "a wrong key")


async def left_out(person: Person, site: Site) -> None:
    site.harbour.oauth.granted_scope = "read"
    await follow(person, site)


async def denied(person: Person, site: Site) -> None:
    site.harbour.oauth.consents = False
    await follow(person, site)


async def over(person: Person, site: Site) -> None:
    await asked(person, site)
    site.harbour.clock.advance(minutes=11)
    await press_the_button(person)


async def failed(person: Person, site: Site) -> None:
    answers(site.harbour, error="server_error")
    await follow(person, site)


async def not_accepted(person: Person, site: Site) -> None:
    site.harbour.oauth.client_secret = "another"
    await follow(person, site)


LONG = {"display_name": LONGEST_WORD, "user": LONGEST_WORD.lower(), "tenant": LONGEST_WORD}
PAGES: dict[str, tuple[Way, dict[str, Any], list[str]]] = {
    "asked": (asked, {}, ["button Continue to Harbour"]),
    "asked, long names": (asked, LONG, [f"button Continue to {LONGEST_WORD}"]),
    "asked for a key": (
        asked,
        BY_KEY,
        ["a Open harbour.example in a new tab", "input key", "button Connect Harbour"],
    ),
    "key refused": (
        refused_key,
        BY_KEY,
        ["a Open harbour.example in a new tab", "input key", "button Connect Harbour"],
    ),
    "connected": (follow, {}, []),
    "connected in part": (left_out, {}, []),
    "denied": (denied, {}, []),
    "over": (over, {}, []),
    "provider failed": (failed, {}, []),
    "not accepted": (not_accepted, {}, []),
}


@pytest.fixture(scope="module", params=PAGES)
async def page(
    browser: Browser, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Person]:
    """Somebody who has come to that page."""
    way, changes, _ = PAGES[request.param]
    async with (
        open_site(tmp_path_factory.mktemp("home"), **changes) as site,
        browser.person() as person,  # axe is a script
    ):
        await person.look(*DESK)
        await way(person, site)
        yield person


@pytest.fixture
def stops(request: pytest.FixtureRequest) -> list[str]:
    """What the Tab key comes to on that page, in order."""
    return PAGES[request.node.callspec.params["page"]][2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_that_keeps_anybody_out(page: Person, scheme: str):
    await page.look(*DESK, scheme=scheme)
    await page.evaluate(axe())
    run = f"axe.run(document, {{runOnly: {_RULES}}})"
    found = await page.evaluate(
        f"{run}.then(r => ({{passes: r.passes.map(p => p.id), open: r.incomplete.map(i => i.id),"
        "violations: r.violations.flatMap(v => v.nodes.map(n => v.id + ': ' + n.html))}))"
    )
    assert found["violations"] == []
    assert found["open"] == []
    assert {"color-contrast", "document-title", "html-has-lang"} <= set(found["passes"])


async def test_it_has_a_language_a_title_and_one_heading_that_says_the_same(page: Person):
    told = await page.evaluate(
        "({lang: document.documentElement.lang, title: document.title,"
        " headings: [...document.querySelectorAll('h1')].map(h => h.innerText)})"
    )
    (heading,) = told["headings"]
    assert told["lang"] == "en"
    assert told["title"].removeprefix("Problem: ") == f"{heading} - pierre-mcp"


@pytest.mark.parametrize(
    ("size", "zoom", "letters"),
    [(PHONE, 1, 1), (DESK, 2, 1), (DESK, 4, 1), (PHONE, 1, 2)],
    ids=["on a phone", "at 200 %", "at 400 %", "with letters twice as big on a phone"],
)
async def test_nobody_has_to_scroll_sideways(
    page: Person, size: tuple[int, int], zoom: float, letters: float
):
    await page.look(*size, scale=zoom)
    await page.evaluate(f"document.documentElement.style.fontSize = '{letters * 100}%'")
    width = await page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    await page.evaluate("document.documentElement.style.fontSize = ''")
    assert width[0] <= width[1]
    assert width[1] == size[0] / zoom


async def test_the_tab_key_comes_to_everything_in_order_and_shows_where_it_is(
    page: Person, stops: list[str]
):
    await page.look(*DESK)
    await page.evaluate("document.activeElement.blur()")
    for stop in stops:
        await page.press("Tab")
        assert await page.focused() == stop
        assert await page.evaluate("getComputedStyle(document.activeElement).outlineWidth") == "3px"
    can_be_reached = "a, button, input, select, textarea, [tabindex]"
    assert await page.evaluate(f"document.querySelectorAll('{can_be_reached}').length") == len(
        stops
    )


async def test_what_can_be_pressed_is_big_enough_for_a_finger(page: Person, stops: list[str]):
    await page.look(*PHONE)
    heights = await page.evaluate(
        "[...document.querySelectorAll('button, input')].map(e => e.getBoundingClientRect().height)"
    )
    assert len(heights) == sum(not stop.startswith("a ") for stop in stops)
    assert all(height >= 44 for height in heights)


async def test_it_holds_no_script_and_loads_nothing(page: Person):
    loads = "script, link, img, iframe, object, embed, video, audio, [onload], [onerror], [src]"
    assert await page.evaluate(f"document.querySelectorAll('{loads}').length") == 0
    assert await page.evaluate("performance.getEntriesByType('resource').length") == 0
