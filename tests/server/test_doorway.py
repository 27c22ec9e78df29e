"""The way back from the browser: where it is open, to whom, and to which addresses (O2)."""

import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import anyio
import anyio.lowlevel
import anyio.to_thread
import httpx2
import pytest
from harbour import Harbour, harbour
from mcp import Client
from ports import gone, listens

from pierre_mcp.errors import StoreUnavailable
from pierre_mcp.server import doorway
from pierre_mcp.server.app import build_server


@asynccontextmanager
async def pending(home: Path, port: Harbour) -> AsyncIterator[str]:
    """A server on standard input with a consent under way; the link to the provider."""
    async with port.composition(home) as composition, Client(build_server(composition)) as client:
        told = await client.call_tool("connect_provider", {"provider": "harbour"})
        assert told.structured_content is not None
        yield told.structured_content["result"]["authorization_url"]


async def come_back(link: str) -> str:
    """Where the provider sends a browser after the consent."""
    async with httpx2.AsyncClient(trust_env=False) as browser:
        return (await browser.get(link)).headers["location"]


async def page(url: str) -> httpx2.Response:
    async with httpx2.AsyncClient(trust_env=False) as browser:
        return await browser.get(url)


async def test_the_redirect_uri_is_the_configured_one_to_the_letter_in_both_requests(
    tmp_path: Path,
):
    async with harbour() as port, pending(tmp_path, port) as link:
        (sent,) = parse_qs(urlsplit(link).query)["redirect_uri"]
        assert sent == f"http://localhost:{port.port}/api/oauth/callback/harbour"
        assert "is connected" in (await page(await come_back(link))).text
        (exchange,) = [r for r in port.api.requests if r.path == "/oauth/token"]
        assert parse_qs(exchange.body.decode())["redirect_uri"] == [sent]


@pytest.mark.parametrize(
    "other",
    ["harbour/", "Harbour", "harbour%2F", "harbour/more", "%68arbour%00", "../callback/harbour/"],
)
async def test_a_callback_that_is_not_the_redirect_uri_to_the_letter_completes_nothing(
    tmp_path: Path, other: str
):
    async with harbour() as port, pending(tmp_path, port) as link:
        right = await come_back(link)
        wrong = right.replace("/callback/harbour", f"/callback/{other}")
        assert (await page(wrong)).status_code in (400, 404)
        assert port.oauth.token_requests == 0
        assert (await page(right)).status_code == 200


async def test_only_the_port_of_a_loopback_redirect_uri_is_free_to_choose(tmp_path: Path):
    async with harbour() as port:
        for home in ("a", "b"):
            port.port = free = next_free(port.port)
            async with pending(tmp_path / home, port) as link:
                back = await come_back(link)
                assert urlsplit(back).port == free
                assert "is connected" in (await page(back)).text


def next_free(taken: int) -> int:
    """A free port that is another than that."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found = int(probe.getsockname()[1])
    return found if found != taken else next_free(taken)


async def test_the_listener_answers_by_either_family_of_the_name(tmp_path: Path):
    async with harbour() as port, pending(tmp_path, port) as link:
        back = await come_back(link)
        other = back.replace("localhost", "[::1]") if await listens(port.port, "::1") else back
        assert "is connected" in (await page(other)).text


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "localhost:1"])
async def test_the_listener_answers_to_no_name_but_this_machines(tmp_path: Path, host: str):
    async with harbour() as port, pending(tmp_path, port) as link:
        back = await come_back(link)
        named = {"Host": host.format(port=port.port)}
        async with httpx2.AsyncClient(trust_env=False) as browser:
            assert (await browser.get(back, headers=named)).status_code == 421
            assert port.oauth.token_requests == 0
            assert "is connected" in (await browser.get(back)).text


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
async def test_a_listener_of_ours_is_known_by_every_name_it_may_have(tmp_path: Path, host: str):
    async with harbour() as port:
        if host == "::1" and not has_ipv6():
            pytest.skip("this machine has no IPv6")
        shown = f"[{host}]" if ":" in host else host
        composition = port.composition(tmp_path)
        there = f"http://{shown}:{port.port}/api/oauth/callback/harbour"
        composition.registry.set_default_config("harbour", replace(port.config, redirect_uri=there))
        async with composition, Client(build_server(composition)) as client:
            await client.call_tool("connect_provider", {"provider": "harbour"})
            with anyio.fail_after(30):
                while not await listens(port.port, host):
                    await anyio.lowlevel.checkpoint()
            holder = await anyio.to_thread.run_sync(doorway.holder_of, (host, port.port))
            assert holder == "us"


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(sys.platform != "linux", reason="needs a second address of the loopback range")
async def test_the_listener_is_at_no_address_but_the_one_of_its_redirect_uri(tmp_path: Path):
    async with harbour() as port, pending(tmp_path, port):
        assert await listens(port.port)
        assert not await listens(port.port, "127.0.0.2")


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "https://pierre.example.org/api/oauth/callback/harbour",
        "http://192.0.2.7:8081/api/oauth/callback/harbour",
        "http://localhost.example.org:8081/api/oauth/callback/harbour",
    ],
)
async def test_nothing_listens_for_a_redirect_uri_that_is_not_this_machines(
    tmp_path: Path, redirect_uri: str, monkeypatch: pytest.MonkeyPatch
):
    bound: list[doorway.Address] = []
    monkeypatch.setattr(doorway, "_bound", lambda address: bound.append(address) or [])
    async with harbour() as port:
        composition = port.composition(tmp_path)
        elsewhere = replace(port.config, redirect_uri=redirect_uri)
        composition.registry.set_default_config("harbour", elsewhere)
        async with composition, Client(build_server(composition)) as client:
            told = await client.call_tool("connect_provider", {"provider": "harbour"})
            assert told.structured_content is not None
            assert told.structured_content["success"], told.structured_content
    assert bound == []


async def test_a_browser_that_keeps_its_connection_does_not_keep_the_listener(tmp_path: Path):
    async with harbour() as port, pending(tmp_path, port) as link:
        back = await come_back(link)
        async with httpx2.AsyncClient(trust_env=False) as browser:
            assert "is connected" in (await browser.get(back)).text
            with anyio.fail_after(30):
                await gone(port.port)


async def test_a_request_that_never_ends_does_not_keep_the_listener(tmp_path: Path):
    async with (
        harbour() as port,
        pending(tmp_path, port) as link,
        await anyio.connect_tcp("127.0.0.1", port.port) as slow,
    ):
        await slow.send(b"GET /connect/x HTTP/1.1\r\nHost: localhost\r\n")
        assert "is connected" in (await page(await come_back(link))).text
        with anyio.fail_after(30):
            await gone(port.port)


async def test_a_consent_begun_while_the_listener_closes_is_listened_for(tmp_path: Path):
    """A browser that keeps its connection makes closing last; whoever tries again is quicker."""
    async with (
        harbour() as port,
        port.composition(tmp_path) as composition,
        Client(build_server(composition)) as client,
        httpx2.AsyncClient(trust_env=False) as browser,
    ):
        for _ in range(4):
            told = await client.call_tool("connect_provider", {"provider": "harbour"})
            assert told.structured_content is not None
            link = told.structured_content["result"]["authorization_url"]
            assert "is connected" in (await browser.get(await come_back(link))).text


async def test_a_store_that_is_away_does_not_close_the_listener_on_a_browser(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(doorway, "LOOK_EVERY_SECONDS", 0.01)
    async with harbour() as port, port.composition(tmp_path) as composition:
        connections = await composition.connections()
        peek, looks, looked_often = connections.peek, 0, anyio.Event()

        async def away(_: str) -> None:
            nonlocal looks
            looks += 1
            if looks > 2:
                looked_often.set()
            raise StoreUnavailable("The database cannot be reached.")

        async with Client(build_server(composition)) as client:
            told = await client.call_tool("connect_provider", {"provider": "harbour"})
            assert told.structured_content is not None
            link = told.structured_content["result"]["authorization_url"]
            monkeypatch.setattr(connections, "peek", away)
            with anyio.fail_after(30):
                await looked_often.wait()
            monkeypatch.setattr(connections, "peek", peek)
            assert "is connected" in (await page(await come_back(link))).text


async def test_a_store_that_stays_away_keeps_the_listener_no_longer_than_the_consent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    async with harbour() as port, port.composition(tmp_path) as composition:
        connections = await composition.connections()

        async def away(_: str) -> None:
            raise StoreUnavailable("The database cannot be reached.")

        async with Client(build_server(composition)) as client:
            await client.call_tool("connect_provider", {"provider": "harbour"})
            monkeypatch.setattr(connections, "peek", away)
            port.clock.advance(minutes=11)
            with anyio.fail_after(30):
                await gone(port.port)
