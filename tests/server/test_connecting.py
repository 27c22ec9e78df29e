"""Connecting as a person does it: a tool call, a link, a browser, and the way back (O1, O2)."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from harbour import Harbour, harbour
from mcp import Client
from mcp.types import ElicitResult
from ports import a_stranger, gone
from site_of_ours import BY_KEY, GOOD_KEY, takes_one_key

from pierre_mcp.composition import Composition
from pierre_mcp.server.app import build_server
from pierre_mcp.server.identity.reach import reach_of
from pierre_mcp.server.transports import http_app

MODES = ["auto", "legacy"]


@dataclass
class Visit:
    """A client on a server, and the provider behind it."""

    harbour: Harbour
    composition: Composition
    client: Client

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        result = await self.client.call_tool(tool, arguments)
        assert result.structured_content is not None
        return dict(result.structured_content)

    async def connect(self) -> dict[str, Any]:
        return (await self.call("connect_provider", provider="harbour"))["result"]

    async def status(self) -> dict[str, Any]:
        answer = await self.call("get_connection_status", provider="harbour")
        return dict(answer["result"]["providers"]["harbour"])


@asynccontextmanager
async def visiting(home: Path, mode: str, **client: Any) -> AsyncIterator[Visit]:
    async with (
        harbour() as port,
        port.composition(home) as composition,
        Client(build_server(composition), mode=mode, **client) as session,
    ):
        yield Visit(port, composition, session)


async def browse(url: str, **more: Any) -> httpx2.Response:
    """What a browser does: follow every redirect, with its cookies."""
    async with httpx2.AsyncClient(follow_redirects=True, trust_env=False) as browser:
        return await browser.get(url, **more)


@pytest.mark.parametrize("mode", MODES)
async def test_a_person_connects_by_the_link_in_the_answer(mode: str, tmp_path: Path):
    async with visiting(tmp_path, mode) as visit:
        assert (await visit.status())["status"] == "disconnected"
        told = await visit.connect()
        assert told["provider"] == "harbour"
        assert told["status"] == "pending_authorization"
        assert told["expires_in_minutes"] == 10
        assert told["state"] in told["authorization_url"]
        assert (await visit.status())["status"] == "pending"
        page = await browse(told["authorization_url"])
        assert "Harbour is connected" in page.text
        assert await visit.status() == {"connected": True, "status": "connected"}
        answer = await visit.call("get_athlete", provider="harbour")
        assert answer["result"]["athlete"]["name"] == "Rower 100"


@pytest.mark.parametrize("mode", MODES)
async def test_a_client_that_opens_links_is_asked_to(mode: str, tmp_path: Path):
    opened: list[str] = []

    async def open_link(_: Any, params: Any) -> ElicitResult:
        opened.append(params.url)
        await browse(params.url)
        return ElicitResult(action="accept")

    async with visiting(tmp_path, mode, elicitation_callback=open_link) as visit:
        told = await visit.connect()
        assert len(opened) == 1
        assert (await visit.status())["status"] == "connected", told


@pytest.mark.parametrize("mode", MODES)
async def test_a_person_who_will_not_open_the_link_is_no_failure(mode: str, tmp_path: Path):
    async def decline(_: Any, _params: Any) -> ElicitResult:
        return ElicitResult(action="decline")

    async with visiting(tmp_path, mode, elicitation_callback=decline) as visit:
        assert (await visit.connect())["status"] == "disconnected"
        assert (await visit.status())["status"] == "disconnected"


@pytest.mark.parametrize("mode", MODES)
async def test_a_client_that_cannot_ask_now_leaves_the_link_in_the_answer(
    mode: str, tmp_path: Path
):
    async def cancel(_: Any, _params: Any) -> ElicitResult:
        return ElicitResult(action="cancel")

    async with visiting(tmp_path, mode, elicitation_callback=cancel) as visit:
        told = await visit.connect()
        assert told["status"] == "pending_authorization"
        assert "is connected" in (await browse(told["authorization_url"])).text


async def test_the_listener_is_there_only_while_a_consent_is_pending(tmp_path: Path):
    async with visiting(tmp_path, "auto") as visit:
        await gone(visit.harbour.port)
        told = await visit.connect()
        await browse(told["authorization_url"])
        with anyio.fail_after(10):
            await gone(visit.harbour.port)


async def test_the_listener_goes_when_the_time_for_consent_is_over(tmp_path: Path):
    async with visiting(tmp_path, "auto") as visit:
        told = await visit.connect()
        visit.harbour.clock.advance(minutes=11)
        with anyio.fail_after(10):
            await gone(visit.harbour.port)
        assert (await visit.status())["status"] == "disconnected"
        assert told["state"]


async def test_a_slow_exchange_is_waited_for_and_only_then_told(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("pierre_mcp.server.doorway.LOOK_EVERY_SECONDS", 0.01)
    async with visiting(tmp_path, "auto") as visit:
        looks = 0
        connections = await visit.composition.connections()
        peek, exchange = connections.peek, visit.harbour.oauth.token
        looked_often = anyio.Event()

        async def counted(state: str):
            nonlocal looks
            looks += 1
            if exchanging and looks > 150:  # longer than a listener that closes waits for anyone
                looked_often.set()
            return await peek(state)

        async def slow(request: Any):
            nonlocal looks
            looks = 0
            exchanging.append(request)
            await looked_often.wait()
            return await exchange(request)

        exchanging: list[Any] = []
        monkeypatch.setattr(connections, "peek", counted)
        visit.harbour.api.routes["POST /oauth/token"] = slow
        page = await browse((await visit.connect())["authorization_url"])
        assert "Harbour is connected" in page.text
        assert (await visit.status())["status"] == "connected"


async def test_denying_is_told_on_the_page_and_kept_nowhere(tmp_path: Path):
    async with visiting(tmp_path, "auto") as visit:
        visit.harbour.oauth.consents = False
        page = await browse((await visit.connect())["authorization_url"])
        assert "You chose not to allow it" in page.text
        assert (await visit.status())["status"] == "disconnected"


async def test_an_unticked_box_is_said_on_the_page_and_in_the_status(tmp_path: Path):
    async with visiting(tmp_path, "auto") as visit:
        visit.harbour.oauth.granted_scope = "read"
        page = await browse((await visit.connect())["authorization_url"])
        assert "activities that only you can see" in page.text
        status = await visit.status()
        assert status["missing_scopes"] == ["read_all"]
        assert "leave every box ticked" in status["detail"]


async def test_what_needs_a_scope_that_is_lacking_says_so_before_any_call(tmp_path: Path):
    async with visiting(tmp_path, "auto") as visit:
        visit.harbour.oauth.granted_scope = "profile"
        await browse((await visit.connect())["authorization_url"])
        calls = len(visit.harbour.api.requests)
        error = (await visit.call("get_activities", provider="harbour"))["error"]
        assert error["type"] == "missing_scope"
        assert len(visit.harbour.api.requests) == calls


async def test_a_strangers_port_is_said_and_nothing_is_pending(tmp_path: Path):
    async with visiting(tmp_path, "auto") as visit:
        async with a_stranger(visit.harbour.port):
            error = (await visit.call("connect_provider", provider="harbour"))["error"]
        assert "in use by another program" in error["message"]
        assert "PIERRE_HARBOUR_REDIRECT_URI" in error["message"]
        assert (await visit.status())["status"] == "disconnected"


async def test_another_process_that_has_the_port_completes_the_consent(tmp_path: Path):
    async with (
        harbour() as port,
        port.composition(tmp_path) as first,
        port.composition(tmp_path) as second,
        Client(build_server(first)) as one,
        Client(build_server(second)) as two,
    ):
        a, b = Visit(port, first, one), Visit(port, second, two)
        link_a = (await a.connect())["authorization_url"]
        link_b = (await b.connect())["authorization_url"]
        assert "is connected" in (await browse(link_b)).text
        assert (await b.status())["status"] == "connected"
        assert "is connected" in (await browse(link_a)).text


@pytest.mark.parametrize("mode", MODES)
async def test_disconnecting_tells_what_became_of_it_and_ends_access(mode: str, tmp_path: Path):
    async with visiting(tmp_path, mode) as visit:
        await browse((await visit.connect())["authorization_url"])
        told = (await visit.call("disconnect_provider", provider="harbour"))["result"]
        assert (told["status"], told["revoked"]) == ("disconnected", "revoked")
        assert visit.harbour.oauth.grants[0].revoked
        again = (await visit.call("disconnect_provider", provider="harbour"))["result"]
        assert again["status"] == "nothing_to_disconnect"
        error = (await visit.call("get_activities", provider="harbour"))["error"]
        assert error["type"] == "not_connected"


async def test_a_token_that_the_api_refuses_is_renewed_once_and_the_answer_comes(tmp_path: Path):
    async with visiting(tmp_path, "auto") as visit:
        await browse((await visit.connect())["authorization_url"])
        visit.harbour.clock.advance(minutes=5)
        visit.harbour.oauth.grants[0].generation += 1  # the newest token is no longer the newest
        visit.harbour.oauth.rotates = False
        answer = await visit.call("get_athlete", provider="harbour")
        assert answer["success"], answer
        assert visit.harbour.oauth.refreshes == 1


# Over HTTP, through our own page


@asynccontextmanager
async def hosted(
    home: Path, **changes: Any
) -> AsyncIterator[tuple[Visit, httpx2.AsyncClient, str]]:
    """A server on HTTP whose redirect URI is its own route, and a browser with its cookies.

    ``changes`` are made to the provider's descriptor.
    """
    async with AsyncExitStack() as exits:
        port = await exits.enter_async_context(harbour())
        port.change(**changes)
        takes_one_key(port)
        composition = await exits.enter_async_context(port.composition(home))
        server = build_server(composition)
        base = f"http://localhost:{port.port}"
        server.doorway.own_base = base
        reach = reach_of(composition.configuration.settings, host="127.0.0.1", port=port.port)
        app = http_app(server, composition, reach=reach)
        transport = httpx2.ASGITransport(app=app)
        mounts = {base: transport}
        async with (
            Client(server) as client,
            httpx2.AsyncClient(mounts=mounts, trust_env=False) as browser,
        ):
            yield Visit(port, composition, client), browser, base


async def test_over_http_the_link_leads_through_our_page_and_its_button(tmp_path: Path):
    async with hosted(tmp_path) as (visit, browser, base):
        link = (await visit.connect())["authorization_url"]
        assert link.startswith(f"{base}/connect/")
        page = await browser.get(link)
        assert "Harbour will be connected to the assistant on this computer" in page.text
        pressed = await browser.post(link, headers={"Origin": base})
        assert pressed.status_code == 303
        back = await browser.get(pressed.headers["location"])
        landed = await browser.get(back.headers["location"])
        assert "Harbour is connected" in landed.text
        assert (await visit.status())["status"] == "connected"


async def test_a_browser_without_the_cookie_cannot_complete(tmp_path: Path):
    async with hosted(tmp_path) as (visit, browser, base):
        link = (await visit.connect())["authorization_url"]
        pressed = await browser.post(link, headers={"Origin": base})
        back = await browser.get(pressed.headers["location"])
        browser.cookies.clear()
        landed = await browser.get(back.headers["location"])
        assert landed.status_code == 400
        assert "This link cannot be used" in landed.text
        assert (await visit.status())["connected"] is False


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": "null"}, {"Origin": "https://evil.example"}], ids=str
)
async def test_a_foreign_page_cannot_press_the_button(tmp_path: Path, headers: dict[str, str]):
    async with hosted(tmp_path) as (visit, browser, base):
        link = (await visit.connect())["authorization_url"]
        pressed = await browser.post(link, headers=headers)
        assert pressed.status_code == 400
        assert "set-cookie" not in pressed.headers
        assert base


async def test_a_second_browser_is_refused_and_the_first_may_press_again(tmp_path: Path):
    async with hosted(tmp_path) as (visit, browser, base):
        link = (await visit.connect())["authorization_url"]
        assert (await browser.post(link, headers={"Origin": base})).status_code == 303
        kept = dict(browser.cookies)
        browser.cookies.clear()
        assert (await browser.post(link, headers={"Origin": base})).status_code == 400
        browser.cookies.update(kept)
        assert (await browser.post(link, headers={"Origin": base})).status_code == 303


async def test_no_page_shows_a_secret_or_may_be_kept_framed_or_scripted(tmp_path: Path):
    async with hosted(tmp_path) as (visit, browser, base):
        link = (await visit.connect())["authorization_url"]
        pages = [
            await browser.get(link),
            await browser.get(f"{base}/connect/wrong"),
            await browser.get(f"{base}/api/oauth/callback/harbour?state=x&code=secret-code"),
            await browser.get(f"{base}/api/oauth/callback/%3Cscript%3Ealert(1)"),
        ]
        for page in pages:
            assert "shh" not in page.text
            assert "secret-code" not in page.text
            assert "<script" not in page.text
            assert page.headers["cache-control"] == "no-store"
            assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
            assert page.headers["referrer-policy"] == "same-origin"


async def test_an_operator_sees_requests_in_numbers_and_nobody_in_them(tmp_path: Path):
    async with hosted(tmp_path) as (visit, browser, base):
        assert "harbour" not in (await browser.get(f"{base}/metrics")).text
        link = (await visit.connect())["authorization_url"]
        pressed = await browser.post(link, headers={"Origin": base})
        back = await browser.get(pressed.headers["location"])
        await browser.get(back.headers["location"])
        await visit.call("get_athlete", provider="harbour")
        scraped = await browser.get(f"{base}/metrics")
    assert scraped.headers["content-type"].startswith("text/plain")
    # The exchange of the code, and the athlete.
    assert 'pierre_provider_requests_total{outcome="ok",provider="harbour"} 2.0' in scraped.text
    assert not re.findall(r"athlete|activities|local|token", scraped.text.replace("# HELP", ""))


async def test_a_key_is_kept_once_the_provider_has_taken_it(tmp_path: Path):
    async with hosted(tmp_path, **BY_KEY) as (visit, browser, base):
        link = (await visit.connect())["authorization_url"]
        refused = await browser.post(link, headers={"Origin": base}, data={"key": "wrong"})
        assert refused.status_code == 400
        assert "did not accept this key" in refused.text
        assert (await visit.status())["status"] == "pending"
        taken = await browser.post(link, headers={"Origin": base}, data={"key": f" {GOOD_KEY}\n"})
        assert "Harbour is connected" in taken.text
        answer = await visit.call("get_athlete", provider="harbour")
        assert answer["result"]["athlete"]["name"] == "Rower 100"


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({}, "The field was empty."),
        ({"key": " \t\n"}, "The field was empty."),
        ({"key": "two\nlines"}, "That cannot be a key"),
        ({"key": "x" * 4097}, "That cannot be a key"),
        ({"key": "x" * 20_000}, "That cannot be a key"),
    ],
    ids=["none", "spaces", "two lines", "too long", "far too long"],
)
async def test_what_cannot_be_a_key_is_told_and_sent_nowhere(
    tmp_path: Path, form: dict[str, str], told: str
):
    async with hosted(tmp_path, **BY_KEY) as (visit, browser, base):
        link = (await visit.connect())["authorization_url"]
        again = await browser.post(link, headers={"Origin": base}, data=form)
        assert again.status_code == 400
        assert told in again.text
        assert visit.harbour.api.requests == []


async def test_a_key_pasted_in_another_browser_is_not_tried(tmp_path: Path):
    async with hosted(tmp_path, **BY_KEY) as (visit, browser, base):
        link = (await visit.connect())["authorization_url"]
        await browser.post(link, headers={"Origin": base}, data={"key": "wrong"})
        asked = len(visit.harbour.api.requests)
        browser.cookies.clear()
        other = await browser.post(link, headers={"Origin": base}, data={"key": GOOD_KEY})
        assert "This link cannot be used" in other.text
        assert len(visit.harbour.api.requests) == asked
