"""A server of the bench, as a process of its own: a bare one whose tool does nothing, or ours.

Ours has six providers that hold the same workouts in memory, are connected by keys of the operator
and are kept like any that is asked over a network.

    python servers.py bare|ours stdio|http
"""

import sys
import tempfile
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path

import anyio
from doubles import PROVIDERS, records_of

from pierre_mcp.composition import Composition
from pierre_mcp.logs import configure_logging
from pierre_mcp.models import Activity, Athlete, Page
from pierre_mcp.registry import ProviderRegistry
from pierre_mcp.server.transports import serve_http, serve_stdio
from pierre_mcp.settings import load_settings
from pierre_mcp.spi import (
    ActivityQuery,
    ApiKey,
    Connection,
    FitnessProvider,
    ProviderCapabilities,
    ProviderConfig,
    ProviderContext,
    ProviderDescriptor,
    ProviderFactory,
    Verification,
)

WORKOUTS = 1000


class Held(FitnessProvider):
    """One provider's workouts, newest first, in pages."""

    records: Mapping[str, list[Activity]]

    async def get_athlete(self) -> Athlete:
        """Nobody in particular."""
        return Athlete(provider=self.descriptor.name, id="1")

    async def get_activities(self, query: ActivityQuery) -> Page[Activity]:
        """Those within the bounds of the query."""
        first = int(query.cursor or "0")
        after, before = query.utc_bounds()
        fitting = [
            one
            for one in self.records[self.descriptor.name]
            if (after is None or one.start_time >= after)
            and (before is None or one.start_time < before)
            and query.matches(one)
        ]
        rest = first + query.limit
        return Page(
            items=tuple(fitting[first:rest]),
            next_cursor=str(rest) if rest < len(fitting) else None,
        )


class Holding(ProviderFactory):
    """All six."""

    def __init__(self, present: datetime) -> None:
        told = records_of(WORKOUTS, until=present)
        Held.records = {
            name: sorted(
                (one for one in told if one.provider == name),
                key=lambda one: one.start_time,
                reverse=True,
            )
            for name in PROVIDERS
        }

    @property
    def descriptors(self) -> tuple[ProviderDescriptor, ...]:
        """Providers that one connects with a key."""
        return tuple(map(_descriptor, PROVIDERS))

    def create(self, config: ProviderConfig, context: ProviderContext) -> FitnessProvider:
        """One of them."""
        return Held(_descriptor(config.name), config, context)


@cache
def _descriptor(name: str) -> ProviderDescriptor:
    return ProviderDescriptor(
        name=name,
        display_name=name.title(),
        capabilities=ProviderCapabilities.ACTIVITIES,
        verified=Verification(against="not_applicable", date=date(2026, 11, 25)),
        connection=Connection.API_KEY,
        api_key=ApiKey(where="There is none."),
        api_base_url="https://api.invalid",
    )


def ours(home: Path) -> Composition:
    """Our server, on which the operator has a key for every one of them."""
    keys = {f"PIERRE_{name.upper()}_API_KEY": "a-key" for name in PROVIDERS}
    configuration = load_settings({"PIERRE_HOME": str(home), **keys})
    registry = ProviderRegistry(configuration)
    composition = Composition(configuration, registry=registry)
    holding = Holding(composition.clock())
    for name in PROVIDERS:
        registry.register_factory(name, holding)
    return composition


def announce(port: int) -> None:
    """Tell who measures where to ask."""
    sys.stderr.write(f"port {port}\n")
    sys.stderr.flush()


def bare(*, http: bool) -> None:
    """A server of the SDK's with one tool that does nothing."""
    from mcp.server.mcpserver import MCPServer

    server = MCPServer("bare")

    @server.tool()
    def nothing() -> str:
        """Do nothing."""
        return "ok"

    if not http:
        server.run("stdio")
        return
    from pierre_mcp.server.listening import listen
    from pierre_mcp.server.stopping import Server

    listener = listen("127.0.0.1", 0)
    port = listener.getsockname()[1]

    async def serve() -> None:
        app = server.streamable_http_app()
        await Server(app, lambda: announce(port)).serve(sockets=[listener])

    anyio.run(serve)


def main(which: str, transport: str) -> None:
    """Serve until the client leaves."""
    configure_logging("error")
    if which == "bare":
        bare(http=transport == "http")
        return
    with tempfile.TemporaryDirectory() as folder:
        composition = ours(Path(folder))
        if transport == "stdio":
            anyio.run(serve_stdio, composition)
            return

        async def serve() -> None:
            await serve_http(composition, host="127.0.0.1", port=0, announce=announce)

        anyio.run(serve)


if __name__ == "__main__":
    main(*sys.argv[1:3])
