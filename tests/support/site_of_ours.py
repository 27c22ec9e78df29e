"""A server of ours as a browser meets it, on a port of its own, and the provider behind it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from browsing import Person
from harbour import Harbour, harbour
from many_people import Served, TokensInMemory, served

from pierre_mcp.spi import ApiKey, Connection, ProviderCapabilities
from pierre_mcp.testing import FakeRequest, Refused, Reply, Route

TENANT, USER = "Rowing Club", "ada@example.org"
GOOD_KEY = "harbour-key-5f2d"

BY_KEY: dict[str, Any] = {
    "connection": Connection.API_KEY,
    "capabilities": ProviderCapabilities.ACTIVITIES,
    "oauth_endpoints": None,
    "default_scopes": (),
    "scope_needs": (),
    "api_key": ApiKey(
        where="Sign in to Harbour and make a key under Settings, Developer; it only has to read.",
        url="https://harbour.example/settings/developer",
    ),
}
"""What makes the provider's descriptor one of a provider that is connected by a pasted key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A server that tells people apart, as Ada meets it."""

    harbour: Harbour
    server: Served
    token: str
    base: str

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        return await self.server.call(self.token, tool, **arguments)

    async def link(self) -> str:
        """What the assistant shows Ada when she asks it to connect the provider."""
        told = await self.call("connect_provider", provider="harbour")
        return str(told["result"]["authorization_url"])

    async def is_connected(self) -> bool:
        told = await self.call("get_connection_status", provider="harbour")
        return bool(told["result"]["providers"]["harbour"]["connected"])


@asynccontextmanager
async def open_site(
    home: Path, *, tenant: str = TENANT, user: str = USER, **changes: Any
) -> AsyncIterator[Site]:
    """``changes`` are made to the provider's descriptor."""
    async with harbour() as port:
        port.change(**changes)
        takes_one_key(port)
        base = f"http://localhost:{port.port}"
        composition = port.composition(home, PIERRE_PUBLIC_URL=base)
        tokens = TokensInMemory()
        token = await tokens.make(tenant, user, port.clock())
        async with served(composition, port=port.port, api_tokens=tokens) as server:
            yield Site(harbour=port, server=server, token=token, base=base)


def takes_one_key(port: Harbour) -> None:
    """Where the provider is connected by a key, let its API take one key and no other."""
    if port.factory.descriptor.connection is not Connection.API_KEY:
        return

    async def athlete(request: FakeRequest) -> Reply:
        if request.bearer != GOOD_KEY:
            raise Refused(401, {"message": "Authorization Error"})
        return 200, {"id": 100, "name": "Rower 100"}, {}

    port.api.routes["GET /v3/athlete"] = athlete


def stays(port: Harbour) -> list[str]:
    """Let the provider's page send nobody back; the addresses that it would have sent them to."""
    waiting: list[str] = []

    async def page(request: FakeRequest) -> Reply:
        _, _, headers = await port.oauth.authorize(request)
        waiting.append(headers["location"])
        return 200, "What do you want to allow?", {}

    port.api.routes["GET /oauth/authorize"] = page
    return waiting


def answers(port: Harbour, *, error: str) -> None:
    """Let the provider's page send everybody back with that error."""
    authorize: Route = port.oauth.authorize

    async def page(request: FakeRequest) -> Reply:
        _, _, headers = await authorize(request)  # type: ignore[misc]
        there, _, _ = headers["location"].partition("?")
        return 302, None, {"location": f"{there}?error={error}&state={request.query['state'][0]}"}

    port.api.routes["GET /oauth/authorize"] = page


async def press_the_button(person: Person, *, after: int = 1) -> None:
    """Go to the button with the Tab key, and press it; ``after`` is how many presses away it is."""
    for _ in range(after):
        await person.press("Tab")
    assert (await person.focused()).startswith("button "), await person.focused()
    async with person.landing():
        await person.press("Enter")


async def follow(person: Person, site: Site) -> None:
    """The whole way of somebody who wants to connect, by the link and its button."""
    await person.open(await site.link())
    await press_the_button(person)


async def paste(person: Person, key: str) -> None:
    """Write into the field for the key, and go on to the button."""
    await person.evaluate("document.getElementById('key').focus()")
    await person.write(key)
    await press_the_button(person)


Way = Callable[[Person, Site], Awaitable[None]]
"""Leads a person to a page."""
