"""A server on an in-memory provider that has no network and no calendar of its own."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from mcp import Client
from mcp.types import CallToolResult

from pierre_mcp.composition import Composition
from pierre_mcp.errors import InvalidArgument, NotFound
from pierre_mcp.models import (
    Activity,
    Athlete,
    Page,
    SleepSession,
    SleepStage,
    SleepStageInterval,
    SportType,
)
from pierre_mcp.registry import ProviderRegistry
from pierre_mcp.server.app import build_server
from pierre_mcp.settings import load_settings
from pierre_mcp.spi import (
    ActivityQuery,
    FitnessProvider,
    Include,
    ProviderCapabilities,
    ProviderConfig,
    ProviderContext,
    ProviderDescriptor,
    ProviderFactory,
    Verification,
)

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

Mutate = Callable[[Activity], Activity]


def an_activity(number: int, **changes: Any) -> Activity:
    """Activity ``number`` hours before now; plain unless told otherwise."""
    values: dict[str, Any] = {
        "provider": "lakeside",
        "id": f"{100000000 + number}",
        "name": f"Outing {number}",
        "sport_type": SportType.RUN,
        "start_time": NOW - timedelta(hours=number),
        "utc_offset_seconds": 3600,
        "duration_seconds": 3000.4,
        "moving_time_seconds": 2900.0,
        "distance_meters": 10012.3,
        "average_heart_rate_bpm": 141.0,
    }
    return Activity(**(values | changes))


@dataclass
class Lake:
    """What the in-memory provider holds; tests change it while the server runs."""

    activities: list[Activity] = field(default_factory=list)
    nights: list[SleepSession] = field(default_factory=list)
    failure: Exception | None = None
    complete: bool = True
    calls: int = 0


DESCRIPTOR = ProviderDescriptor(
    name="lakeside",
    display_name="Lakeside",
    capabilities=ProviderCapabilities.ACTIVITIES | ProviderCapabilities.SLEEP_TRACKING,
    verified=Verification(against="not_applicable", date=date(2026, 11, 24)),
)


class LakesideProvider(FitnessProvider):
    """Serves what the lake holds; pages by the order key."""

    lake: Lake

    def today(self) -> date:
        return self.now().date()

    async def get_athlete(self) -> Athlete:
        self._called()
        return Athlete(provider="lakeside", id="1", name="Ada\u202eevil\x1b[31m", weight_kg=61.0)

    async def get_activities(self, query: ActivityQuery) -> Page[Activity]:
        self._called()
        matching = [a for a in self.lake.activities if query.matches(a)]
        matching.sort(key=lambda a: a.order_key, reverse=True)
        if query.cursor is not None:
            key = query.cursor.split(" ")
            if len(key) != 2:
                raise InvalidArgument("cursor", "is not one of this provider")
            matching = [
                a for a in matching if a.order_key < (datetime.fromisoformat(key[0]), key[1])
            ]
        items = tuple(matching[: query.limit])
        more = len(matching) > query.limit
        cursor = f"{items[-1].start_time.isoformat()} {items[-1].id}" if more else None
        return Page(items=items, next_cursor=cursor, complete=self.lake.complete)

    async def get_activity(
        self, activity_id: str, include: frozenset[Include] = frozenset()
    ) -> Activity:
        self._called()
        for activity in self.lake.activities:
            if activity.id == activity_id:
                return activity.model_copy(
                    update={
                        "laps": activity.laps if Include.LAPS in include else None,
                        "streams": activity.streams if Include.STREAMS in include else None,
                    }
                )
        raise NotFound("lakeside", "There is no such activity. Ask get_activities for ids.")

    async def get_sleep_sessions(self, start: date, end: date) -> Page[SleepSession]:
        self._called()
        nights = [night for night in self.lake.nights if start <= night.date <= end]
        return Page(items=tuple(sorted(nights, key=lambda n: n.start_time, reverse=True)))

    async def health_check(self) -> None:
        self._called()

    def _called(self) -> None:
        self.lake.calls += 1
        if self.lake.failure is not None:
            raise self.lake.failure


@dataclass
class LakesideFactory(ProviderFactory):
    lake: Lake
    descriptor: ProviderDescriptor = DESCRIPTOR

    @property
    def descriptors(self) -> tuple[ProviderDescriptor, ...]:
        return (self.descriptor,)

    def create(self, config: ProviderConfig, context: ProviderContext) -> FitnessProvider:
        provider = LakesideProvider(self.descriptor, config, context)
        provider.lake = self.lake
        return provider


def a_night(day: date, **changes: Any) -> SleepSession:
    end = datetime(day.year, day.month, day.day, 6, 0, tzinfo=UTC)
    start = end - timedelta(hours=8)
    values: dict[str, Any] = {
        "provider": "lakeside",
        "id": day.isoformat(),
        "date": day,
        "start_time": start,
        "end_time": end,
        "utc_offset_seconds": 3600,
        "time_in_bed_seconds": 28800.0,
        "total_sleep_seconds": 27000.0,
        "stages": (SleepStageInterval(stage=SleepStage.LIGHT, start_time=start, end_time=end),),
    }
    return SleepSession(**(values | changes))


def a_lake() -> Lake:
    """Fifty activities an hour apart and thirty nights, up to now."""
    return Lake(
        activities=[an_activity(number) for number in range(1, 51)],
        nights=[a_night(NOW.date() - timedelta(days=age)) for age in range(30)],
    )


@dataclass(frozen=True)
class Driver:
    """An MCP client with a composition behind it that tests may change."""

    client: Client
    composition: Composition

    async def call(self, tool: str, **arguments: Any) -> CallToolResult:
        return await self.client.call_tool(tool, arguments)

    async def answer(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The structured answer of a call that has to succeed."""
        result = await self.call(tool, **arguments)
        assert not result.is_error, result.content
        assert result.structured_content is not None
        assert result.structured_content["success"] is True
        return dict(result.structured_content)

    async def error(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The error of a call that has to fail."""
        result = await self.call(tool, **arguments)
        assert result.is_error
        assert result.structured_content is not None
        assert result.structured_content["success"] is False
        return dict(result.structured_content["error"])


@asynccontextmanager
async def driving(lake: Lake, *, mode: str = "auto", **environ: str) -> AsyncIterator[Driver]:
    configuration = load_settings({"PIERRE_DEFAULT_PROVIDER": "lakeside", **environ})
    registry = ProviderRegistry(configuration)
    registry.register_factory("lakeside", LakesideFactory(lake))
    composition = Composition(configuration, registry=registry, clock=lambda: NOW)
    async with composition, Client(build_server(composition), mode=mode) as client:
        yield Driver(client, composition)
