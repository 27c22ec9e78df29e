"""A server on standard input: the browser goes to the provider at once, and back to a listener."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
from browsing import Person
from harbour import Harbour, harbour
from mcp import Client
from ports import gone
from site_of_ours import BY_KEY, GOOD_KEY, paste, takes_one_key

from pierre_mcp.server.app import build_server


@asynccontextmanager
async def asking(port: Harbour, home: Path) -> AsyncIterator[Client]:
    """A client of a server that has no HTTP of its own."""
    async with port.composition(home) as composition, Client(build_server(composition)) as client:
        yield client


async def link_of(client: Client) -> str:
    told = await client.call_tool("connect_provider", {"provider": "harbour"})
    assert told.structured_content is not None
    return str(told.structured_content["result"]["authorization_url"])


async def is_connected(client: Client) -> bool:
    told = await client.call_tool("get_connection_status", {"provider": "harbour"})
    assert told.structured_content is not None
    return bool(told.structured_content["result"]["providers"]["harbour"]["connected"])


async def test_the_browser_comes_back_and_the_listener_goes(person: Person, tmp_path: Path):
    async with harbour() as port, asking(port, tmp_path) as client:
        await person.open(await link_of(client))
        assert await person.heading() == "Harbour is connected"
        assert "go back to your assistant" in await person.text()
        assert await is_connected(client)
        # The browser keeps its connection open for the next page; the listener goes all the same.
        with anyio.fail_after(30):
            await gone(port.port)
        assert await person.heading() == "Harbour is connected"


async def test_a_denial_comes_back_too(person: Person, tmp_path: Path):
    async with harbour() as port, asking(port, tmp_path) as client:
        port.oauth.consents = False
        await person.open(await link_of(client))
        assert await person.heading() == "Harbour was not connected"
        assert not await is_connected(client)
        with anyio.fail_after(30):
            await gone(port.port)


async def test_a_key_is_pasted_on_the_listeners_own_page(person: Person, tmp_path: Path):
    async with harbour() as port:
        port.change(**BY_KEY)
        takes_one_key(port)
        async with asking(port, tmp_path) as client:
            await person.open(await link_of(client))
            assert "connected to the assistant on this computer" in await person.text()
            await paste(person, GOOD_KEY)
            assert await person.heading() == "Harbour is connected"
            assert await is_connected(client)
