"""Tools about activities: the list, and one of them with its laps, streams and time in zones."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from mcp.server.mcpserver import Context
from mcp.types import CallToolResult
from pydantic import Field

from pierre_mcp.composition import Composition
from pierre_mcp.errors import InvalidArgument
from pierre_mcp.models import Activity, Lap, Streams, Units, ZoneTime
from pierre_mcp.models.sports import SportType
from pierre_mcp.server import schemas
from pierre_mcp.server.arguments import nearest, parse_instant
from pierre_mcp.server.asking import Answered, Asker, is_all
from pierre_mcp.server.budget import ROOM, compact, how_many_fit, rows_that_fit, thin
from pierre_mcp.server.cursors import Position, Slice, decode, encode, read_slice
from pierre_mcp.server.envelope import as_text, success
from pierre_mcp.server.every import ALL
from pierre_mcp.server.tables import Table, known_columns, object_of, plain, table_of
from pierre_mcp.server.tools.parameters import CachePolicyParameter, ProviderParameter, asker
from pierre_mcp.server.units import DERIVED, told_as
from pierre_mcp.spi import MAX_PAGE_SIZE, ActivityQuery, Include, ProviderCapabilities

SUMMARY_COLUMNS = (
    "id",
    "name",
    "sport_type",
    "start_time",
    "distance_meters",
    "moving_time_seconds",
    "duration_seconds",
    "pace",
    "elevation_gain_meters",
    "average_heart_rate_bpm",
    "average_power_watts",
)
"""What a summary row holds: at most 90 characters beside id and name."""

MERGED_COLUMNS = ("id", "provider", *SUMMARY_COLUMNS[1:])
"""Of several providers' workouts: an id means something together with its provider."""

FIELDS = (
    *(
        name
        for name in Activity.model_fields
        if name not in ("laps", "streams", "zones", "warnings", "utc_offset_seconds")
    ),
    *DERIVED,
)
"""Every field of an activity that can be asked for; the offset stands in the time."""

_LAP_COLUMNS = tuple(name for name in Lap.model_fields if name != "start_time")
_ZONE_COLUMNS = tuple(ZoneTime.model_fields)
_SAMPLES = {"low": 100, "medium": 300, "high": 1000}

TimeBound = str | int | float | None


async def get_activities(
    ctx: Context[Composition],
    *,
    provider: ProviderParameter = None,
    limit: Annotated[
        int, Field(ge=1, le=MAX_PAGE_SIZE, description="How many, 1 to 200. Default 20.")
    ] = 20,
    cursor: Annotated[
        str | None, Field(description="meta.next_cursor of the page before, same filters.")
    ] = None,
    after: Annotated[
        TimeBound,
        Field(
            description="Started at or after: a day (2026-11-24, the activity's own local day), "
            "ISO 8601 with an offset, or epoch seconds."
        ),
    ] = None,
    before: Annotated[TimeBound, Field(description="Started before; same forms.")] = None,
    sport_type: Annotated[
        SportType | None,
        Field(description="Only this sport; run, ride, swim, ... include their variants."),
    ] = None,
    detail: Annotated[
        Literal["summary", "full"],
        Field(description="summary (default): a compact table. full: all known fields."),
    ] = "summary",
    fields: Annotated[
        list[str] | None,
        Field(description="Only these fields, as a table; id is always there."),
    ] = None,
    cache_policy: CachePolicyParameter = "use_cache",
) -> Annotated[CallToolResult, schemas.ActivitiesAnswer]:
    """List workouts, newest first: what, when, how far, how long, how hard.

    Use it to find activities by date or sport and to get their ids. For sums over weeks or
    months use get_stats, for bests get_personal_records, for laps and streams get_activity.
    Rows follow the names in columns; null is unknown, never zero. start_time is local time with
    its offset.
    """
    asking = asker(ctx, cache_policy)
    query = ActivityQuery(
        limit=limit,
        after=parse_instant("after", after),
        before=parse_instant("before", before),
        sport_type=sport_type,
    )
    columns = _columns(fields)
    position = decode(cursor, query) if cursor else None
    if is_all(provider) or (position is not None and position.provider == ALL):
        from pierre_mcp.server.tools.merged import (  # noqa: PLC0415 - when first needed
            merged_activities,
        )

        if position is not None and provider is not None:
            _same_list(provider, position)
        return await merged_activities(
            asking,
            query,
            position,
            columns=columns or MERGED_COLUMNS,
            fields=FIELDS if detail == "full" and columns is None else None,
        )
    if position is not None:
        provider = _same_provider(asking, provider, position)
    answered = await asking.ask(
        provider,
        ProviderCapabilities.ACTIVITIES,
        lambda chosen: read_slice(
            chosen.get_activities, query, position or Position(provider=chosen.descriptor.name)
        ),
    )
    return await _list_answer(asking, answered, query=query, columns=columns, detail=detail)


async def _list_answer(
    asking: Asker,
    answered: Answered[Slice],
    *,
    query: ActivityQuery,
    columns: tuple[str, ...] | None,
    detail: Literal["summary", "full"],
) -> CallToolResult:
    whole = answered.value
    result: dict[str, Any]
    if detail == "full" and columns is None:
        objects = [object_of(activity, FIELDS, units=asking.units) for activity in whole.activities]
        texts = [as_text(known) for known in objects]
        fitting = how_many_fit(
            max(len(compact(known)), len(text)) + 2
            for known, text in zip(objects, texts, strict=True)
        )
        result = {"activities": objects[:fitting]}
        text = "\n\n".join(texts[:fitting])
    else:
        table = table_of(
            whole.activities,
            columns or SUMMARY_COLUMNS,
            units=asking.units,
            whole=columns is None,
        )
        fitting = rows_that_fit(table)
        table = table.first(fitting)
        result = table.as_json()
        text = table.as_text()
    shown = whole.cut(fitting)
    was_cut = len(shown.activities) < len(whole.activities)
    heading = f"{len(shown.activities)} activities, newest first."
    return success(
        await asking.answer(
            answered,
            result,
            f"{heading}\n{text}" if shown.activities else "No activities match.",
            complete=shown.complete,
            next_cursor=encode(shown.next_position, query) if shown.next_position else None,
            cut="Go on with next_cursor, or ask for fewer fields." if was_cut else None,
            warnings=shown.warnings + tuple(w for a in shown.activities for w in a.warnings),
        )
    )


async def get_activity(
    ctx: Context[Composition],
    *,
    activity_id: Annotated[
        str,
        Field(
            min_length=1,
            description="An id from get_activities; with provider all also as provider:id.",
        ),
    ],
    provider: ProviderParameter = None,
    include: Annotated[
        list[Literal["laps", "streams", "zones"]] | None,
        Field(
            description="laps: splits. streams: samples over time. zones: time in heart rate and "
            "power zones. Default none."
        ),
    ] = None,
    resolution: Annotated[
        Literal["low", "medium", "high"],
        Field(
            description="At most 100 (low, default), 300 (medium) or 1000 (high) samples of the "
            "streams; peaks are kept."
        ),
    ] = "low",
    cache_policy: CachePolicyParameter = "use_cache",
) -> Annotated[CallToolResult, schemas.OneActivityAnswer]:
    """Everything known about one workout, with laps, streams and time in zones on request.

    Use it to look into a single activity: pacing, intervals, heart rate or power over time. A
    field that the source does not have is left out.
    """
    asking = asker(ctx, cache_policy)
    wanted = frozenset(Include(part) for part in include or ())
    answered = await asking.ask(
        provider,
        ProviderCapabilities.ACTIVITIES,
        lambda chosen: chosen.get_activity(activity_id, wanted),
    )
    activity = answered.value
    units = asking.units
    summary = object_of(activity, FIELDS, units=units)
    result: dict[str, Any] = {"activity": summary}
    texts = [as_text(summary)]
    cut = None
    room = ROOM - len(compact(summary))
    if Include.ZONES in wanted:
        zones, cut = _rows(activity.zones, _ZONE_COLUMNS, units, room // 4, "zones are here")
        result["zones"] = zones and zones.as_json()
        texts.append(
            f"Time in zones:\n{zones.as_text()}" if zones else "Zones: the source has none."
        )
        room -= len(texts[-1])
    if Include.LAPS in wanted:
        half = room // 2 if Include.STREAMS in wanted else room
        rest = "laps are here; the streams show the rest"
        laps, laps_cut = _rows(activity.laps, _LAP_COLUMNS, units, half, rest)
        cut = laps_cut or cut
        result["laps"] = laps and laps.as_json()
        texts.append(f"Laps:\n{laps.as_text()}" if laps else "Laps: the source has none.")
        room -= len(texts[-1])
    if Include.STREAMS in wanted:
        streams = _streams(activity.streams, units, _SAMPLES[resolution], room)
        result["streams"] = streams and {
            **streams.as_json(),
            "samples_recorded": len(activity.streams.time_seconds) if activity.streams else 0,
        }
        texts.append(
            f"Streams, {len(streams.rows)} samples:\n{streams.as_text()}"
            if streams
            else "Streams: the source has none."
        )
    return success(
        await asking.answer(
            answered,
            result,
            "\n\n".join(texts),
            cut=cut,
            warnings=activity.warnings,
        )
    )


def _columns(fields: list[str] | None) -> tuple[str, ...] | None:
    if fields is None:
        return None
    for field in fields:
        if field not in FIELDS:
            raise InvalidArgument(
                "fields",
                "names a field that activities do not have.",
                allowed=FIELDS,
                nearest=nearest(field, FIELDS),
            )
    return tuple(dict.fromkeys(["id", *fields]))


def _same_list(provider: str, position: Position) -> None:
    if is_all(provider) != (position.provider == ALL):
        raise InvalidArgument(
            "cursor",
            f"belongs to provider '{position.provider}'. Leave provider away or name that one.",
        )


def _same_provider(asking: Asker, provider: str | None, position: Position) -> str:
    """The provider that the cursor goes on with; another one has other pages."""
    if provider is not None and position.provider not in asking.names(provider):
        raise InvalidArgument(
            "cursor",
            f"belongs to provider '{position.provider}'. Leave provider away or name that one.",
        )
    return position.provider


def _rows(
    parts: Sequence[Lap] | Sequence[ZoneTime] | None,
    columns: tuple[str, ...],
    units: Units,
    characters: int,
    what: str,
) -> tuple[Table | None, str | None]:
    """The parts of an activity that fit, and a sentence where they are not all."""
    if not parts:
        return None, None
    table = table_of(parts, known_columns(parts, columns), units=units)
    fitting = rows_that_fit(table, characters)
    if fitting == len(table.rows):
        return table, None
    return (
        table.first(fitting),
        f"The first {fitting} of {len(table.rows)} {what}.",
    )


def _streams(streams: Streams | None, units: Units, samples: int, characters: int) -> Table | None:
    if streams is None or not streams.time_seconds:
        return None
    columns = streams.columns()
    values = [
        [plain(name, value, units=units) for value in column] for name, column in columns.items()
    ]
    names = tuple(told_as(name, units).name for name in columns)
    while True:
        chosen = thin(values, samples)
        table = Table(
            columns=names,
            rows=tuple(tuple(column[index] for column in values) for index in chosen),
        )
        if rows_that_fit(table, characters) == len(table.rows) or samples <= 2:  # noqa: PLR2004 - first and last
            return table
        samples = samples * 3 // 4
