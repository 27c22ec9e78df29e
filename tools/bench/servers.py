"""Our server for the bench, as a process of its own.

It has six providers that hold the same workouts in memory, are connected by keys of the operator
and are kept like any that is asked over a network, and a tool that does nothing.

    python servers.py stdio|http
"""

import sys
import tempfile
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache, partial
from pathlib import Path
from typing import Annotated

import anyio
from doubles import PROVIDERS, records_of
from mcp.server.mcpserver import Context
from mcp.types import CallToolResult
from typing_extensions import TypedDict

from pierre_mcp.cli import garbage
from pierre_mcp.composition import Composition
from pierre_mcp.logs import configure_logging
from pierre_mcp.models import Activity, Athlete, Page
from pierre_mcp.registry import ProviderRegistry
from pierre_mcp.server import app, stdio, transports
from pierre_mcp.server.envelope import Answer, success
from pierre_mcp.server.stdio import serve_stdio
from pierre_mcp.server.tools import TOOLS, ToolSpec
from pierre_mcp.server.transports import serve_http
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
        told = [_dressed(one) for one in records_of(WORKOUTS, until=present)]
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


def _dressed(one: Activity) -> Activity:
    """With what a watch knows besides."""
    return one.model_copy(
        update={
            "id": f"{90_000_000_000 + int(one.id)}",
            "name": "Morning Run",
            "utc_offset_seconds": 3600,
            "moving_time_seconds": 3500.0 + int(one.id) % 60,
            "elevation_gain_meters": 120.4,
        }
    )


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
    garbage.settle()
    sys.stderr.write(f"port {port}\n")
    sys.stderr.flush()


class NothingAnswer(TypedDict):
    """What nothing answers."""

    success: bool


async def nothing(ctx: Context[Composition]) -> Annotated[CallToolResult, NothingAnswer]:
    """Do nothing, by the way that every tool of ours takes."""
    del ctx
    return success(
        Answer(result={}, text="ok", providers=(), fetched_at=datetime(2026, 11, 25, tzinfo=UTC))
    )


def main(transport: str) -> None:
    """Serve until the client leaves."""
    configure_logging("error")
    also = ToolSpec(call=nothing, title="Nothing", annotations=TOOLS[0].annotations)
    stdio.build_server = transports.build_server = partial(app.build_server, tools=(*TOOLS, also))
    with tempfile.TemporaryDirectory() as folder:
        composition = ours(Path(folder))
        if transport == "stdio":
            anyio.run(serve_stdio, composition, garbage.settle)
            return

        async def serve() -> None:
            await serve_http(composition, host="127.0.0.1", port=0, announce=announce)

        anyio.run(serve)


if __name__ == "__main__":
    main(sys.argv[1])
