"""Connecting while something fails: what a person's browser is told, and that it may try again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from site_of_ours import BY_KEY, open_site

from pierre_mcp.composition import Composition
from pierre_mcp.errors import PierreError, StoreError, StoreUnavailable
from pierre_mcp.spi import ApiKey, KeyExchange
from pierre_mcp.testing import FakeRequest, Reply


@asynccontextmanager
async def a_browser() -> AsyncIterator[httpx2.AsyncClient]:
    """It keeps cookies, and follows no redirect unasked."""
    async with httpx2.AsyncClient(trust_env=False, timeout=60) as browser:
        yield browser


AWAY = [
    (StoreUnavailable("The database cannot be reached: canary."), 503),
    (StoreError("The database refused it: canary."), 500),
]


@pytest.mark.parametrize(("failure", "status"), AWAY, ids=["unavailable", "refused"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_store_that_is_away_is_a_page_in_plain_words(
    method: str, failure: PierreError, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    async with open_site(tmp_path) as site, a_browser() as browser:
        link = await site.link()

        async def away(_: Composition) -> None:
            raise failure

        with monkeypatch.context() as broken:
            broken.setattr(Composition, "connections", away)
            page = await browser.request(method, link, headers={"Origin": site.base})
        assert page.status_code == status
        assert "This server cannot do that now" in page.text
        assert "canary" not in page.text
        assert page.headers["cache-control"] == "no-store"
        assert "Harbour will be connected" in (await browser.get(link)).text


async def test_on_the_way_back_a_store_that_is_away_is_not_the_providers_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    async with open_site(tmp_path) as site, a_browser() as browser:
        pressed = await browser.post(await site.link(), headers={"Origin": site.base})
        back = (await browser.get(pressed.headers["location"])).headers["location"]

        async def away(_: Composition) -> None:
            raise StoreUnavailable("The database cannot be reached.")

        with monkeypatch.context() as broken:
            broken.setattr(Composition, "connections", away)
            page = await browser.get(back)
        assert (page.status_code, "This server cannot do that now" in page.text) == (503, True)
        assert "Harbour is connected" in (await browser.get(back)).text


async def test_after_an_exchange_that_failed_the_same_browser_may_try_again(tmp_path: Path):
    by_key: dict[str, Any] = BY_KEY | {
        "api_key": ApiKey(
            where="Under Settings.", exchange=KeyExchange(path="exchange", scheme="Key")
        ),
    }
    async with open_site(tmp_path, **by_key) as site, a_browser() as browser:
        answers: list[Reply] = [(503, {}, {}), (200, "a-token-of-adas", {})]

        async def exchange(_: FakeRequest) -> Reply:
            return answers.pop(0)

        site.harbour.api.routes["POST /v3/exchange"] = exchange
        link = await site.link()
        form = {"key": "a-key-of-adas"}
        failed = await browser.post(link, headers={"Origin": site.base}, data=form)
        assert failed.status_code == 502
        taken = await browser.post(link, headers={"Origin": site.base}, data=form)
        assert "Harbour is connected" in taken.text
