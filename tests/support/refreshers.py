"""Those who use and refresh tokens over real sockets, in this process and in others.

``opened`` is what a server has: the store, the locks, and the way out. See ``children``.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from multiprocessing.connection import Connection as Line
from urllib.parse import parse_qsl, urlsplit

import anyio
import httpx2
from children import wait_for_word
from connected import HARBOUR, config_of
from databases import ADA, NOW

from pierre_mcp.client.pool import HttpPool
from pierre_mcp.connections.keeping import ConnectionTokens
from pierre_mcp.connections.opening import OpenConnections, open_connections
from pierre_mcp.principal import Principal
from pierre_mcp.settings import Settings
from pierre_mcp.testing import FakeClock


@asynccontextmanager
async def opened(settings: Settings, clock: FakeClock) -> AsyncIterator[OpenConnections]:
    """Connections as a server has them."""
    async with (
        HttpPool() as pool,
        anyio.create_task_group() as tasks,
        open_connections(settings, send=pool.send, clock=clock, spawn=tasks.start_soon) as room,
    ):
        yield room


async def connect(room: OpenConnections, base: str, person: Principal = ADA) -> None:
    """The person connects, by a browser that follows the provider's redirect."""
    config = config_of(base=base)
    begun = await room.service.begin(person, HARBOUR, config, through_page=False)
    # Reading the certificates of the world takes a while, and none is needed here.
    async with httpx2.AsyncClient(trust_env=False, verify=False) as browser:
        back = await browser.get(await room.service.consent_url(HARBOUR, config, begun))
    answer = dict(parse_qsl(urlsplit(back.headers["location"]).query))
    await room.service.complete(HARBOUR, config, answer)


def tokens_of(room: OpenConnections, base: str, person: Principal = ADA) -> ConnectionTokens:
    return room.service.tokens(person, HARBOUR, config_of(base=base))


def ask_all_at_once(line: Line, settings: Settings, base: str, callers: int) -> None:
    """For each word that comes: what that many callers got who asked for a token at once."""

    async def run() -> None:
        async with opened(settings, FakeClock(NOW)) as room:
            line.send("ready")
            while wait_for_word(line) == "ask":
                got: list[str] = []

                async def ask(got: list[str] = got) -> None:
                    got.append(await tokens_of(room, base).token())

                async with anyio.create_task_group() as asking:
                    for _ in range(callers):
                        asking.start_soon(ask)
                line.send(got)

    anyio.run(run)


def refresh_until_killed(line: Line, settings: Settings, base: str, begin: datetime) -> None:
    """From ``begin`` on an hour passes with each token, so that each has to be refreshed."""

    async def run() -> None:
        clock = FakeClock(begin)
        async with opened(settings, clock) as room:
            while True:
                clock.advance(hours=1)
                line.send(await tokens_of(room, base).token())

    anyio.run(run)
