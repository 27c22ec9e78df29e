"""A browser for the tests of a module, and somebody in front of it."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from browsing import Browser, Person, browsing
from chromium import Chromium, NoBrowser, installed
from site_of_ours import Site, open_site


@pytest.fixture(scope="session")
def chromium() -> Chromium:
    """The browser; where there is none to be had, what needs it is left out, and says so."""
    try:
        return installed()
    except NoBrowser as reason:
        if os.environ.get("PIERRE_PROOF"):
            pytest.fail(f"no Chromium: {reason}")
        pytest.skip(f"no Chromium: {reason}")


@pytest.fixture(scope="module")
async def browser(
    chromium: Chromium, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Browser]:
    with chromium.running(tmp_path_factory.mktemp("profile")) as line:
        async with browsing(line) as browser:
            yield browser


@pytest.fixture
async def person(browser: Browser, request: pytest.FixtureRequest) -> AsyncIterator[Person]:
    """Somebody whose browser runs no scripts, unless the test says so: no page needs any."""
    async with browser.person(scripts=getattr(request, "param", False)) as person:
        yield person


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(tmp_path) as site:
        yield site
