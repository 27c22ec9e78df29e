"""get_activities over every connected provider: one list in which each workout stands once."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from mcp.types import CallToolResult

from pierre_mcp.combine.history import DECIDED_MARGIN, History, Place
from pierre_mcp.combine.merging import Merged
from pierre_mcp.combine.same import Key, Likeness
from pierre_mcp.errors import InvalidArgument
from pierre_mcp.models import DataWarning, Units
from pierre_mcp.server.asking import Answered, Asker
from pierre_mcp.server.budget import ROOM, compact, how_many_fit, rows_that_fit
from pierre_mcp.server.cursors import Position, encode
from pierre_mcp.server.envelope import as_text, success
from pierre_mcp.server.every import ALL
from pierre_mcp.server.tables import object_of, table_of
from pierre_mcp.server.units import told_as
from pierre_mcp.spi import ActivityQuery, ProviderCapabilities

MOST_POSSIBLE = 10
"""The most pairs that are listed beside a page."""
_POSSIBLE_CHARACTERS = 2_000
_SECOND = timedelta(seconds=1)


async def merged_activities(
    asking: Asker,
    query: ActivityQuery,
    position: Position | None,
    *,
    columns: Sequence[str],
    fields: Sequence[str] | None,
) -> CallToolResult:
    """The page after ``position``; objects with ``fields``, else a table of ``columns``.

    Raises ``NoProvidersAvailable`` where none of them answers.
    """
    place = None if position is None else place_of(position)
    every = await asking.every(ProviderCapabilities.ACTIVITIES)
    history = await every.history(query, place)
    possible = _possible(history.possible)
    room = ROOM - (_POSSIBLE_CHARACTERS if possible else 0)
    result, text, fitting = _shown(history, columns, fields, (room, asking.units))
    was_cut = fitting < len(history.workouts)
    if was_cut:
        history = await every.history(replace(query, limit=max(1, fitting)), place)
    if possible:
        result["possible_duplicates"] = possible
        text += "\nPossible duplicates, listed both:\n" + "\n".join(map(as_line, possible))
    next_place = history.next_place
    heading = f"{len(history.workouts)} workouts of {', '.join(every.names)}, newest first."
    return success(
        await asking.answer(
            Answered(provider=every, value=history),
            result,
            f"{heading}\n{text}" if history.workouts else "No activities match.",
            complete=history.complete,
            next_cursor=None if next_place is None else encode(position_of(next_place), query),
            cut="Go on with next_cursor, or ask for fewer fields." if was_cut else None,
            warnings=history.warnings + _of_records(history.workouts),
        )
    )


def _shown(
    history: History, columns: Sequence[str], fields: Sequence[str] | None, told: tuple[int, Units]
) -> tuple[dict[str, Any], str, int]:
    """The page as a result and as text, and how many workouts of it there is room for."""
    room, units = told
    activities = [one.activity for one in history.workouts]
    if fields is not None:
        objects = [workout_object(one, fields, units) for one in history.workouts]
        texts = [as_text(known) for known in objects]
        fitting = how_many_fit(
            max(len(compact(known)), len(text)) + 2
            for known, text in zip(objects, texts, strict=True)
        )
        return {"activities": objects[:fitting]}, "\n\n".join(texts[:fitting]), fitting
    table = table_of(activities, columns, units=units, whole=True).with_columns(
        ["other_sources"],
        [(", ".join(map(name_of, one.sources[1:])) or None,) for one in history.workouts],
    )
    fitting = rows_that_fit(table, room)
    table = table.first(fitting)
    return dict(table.as_json()), table.as_text(), fitting


def workout_object(one: Merged, fields: Sequence[str], units: Units) -> dict[str, Any]:
    """A workout with its sources, the best first; and where each field is from, of several."""
    known: dict[str, Any] = object_of(one.activity, fields, units=units)
    known["sources"] = list(map(name_of, one.sources))
    if len(one.sources) > 1:
        known["provenance"] = {
            told: provider
            for name, provider in one.provenance.items()
            if (told := told_as(name, units).name) in known
        }
    return known


def as_line(pair: dict[str, Any]) -> str:
    """One pair for a reader of text."""
    return f"{pair['one']} and {pair['other']}: {pair['reason']}, {pair['confidence']:g}"


def _possible(links: Sequence[Likeness]) -> list[dict[str, Any]]:
    surest = sorted(links, key=lambda link: -link.confidence)[:MOST_POSSIBLE]
    return [
        {
            "one": name_of(link.one),
            "other": name_of(link.other),
            "reason": link.reason.value,
            "confidence": link.confidence,
        }
        for link in surest
    ]


def name_of(key: Key) -> str:
    """A record as lists name it, and as people name it to ``resolve_duplicate``."""
    return f"{key[0]}:{key[1]}"


def _of_records(workouts: Sequence[Merged]) -> tuple[DataWarning, ...]:
    return tuple(note for one in workouts for note in one.activity.warnings)


def position_of(place: Place) -> Position:
    """The place as a cursor holds it; short, since a busy day leaves many records around it."""
    given: dict[str, dict[str, int]] = {}
    for (name, number), start in sorted(place.given.items()):
        given.setdefault(name, {})[number] = (start - place.at) // _SECOND
    told = [place.at.isoformat(), given, place.reach // _SECOND]
    return Position(provider=ALL, page=json.dumps(told, separators=(",", ":")))


def place_of(position: Position) -> Place:
    """The place that ``position_of`` told; raises ``InvalidArgument`` for anything else."""
    try:
        text, given, reach = json.loads(position.page or "")
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            raise ValueError("a time without an offset")
        return Place(
            at=at,
            given={
                (name, number): at + int(seconds) * _SECOND
                for name, numbers in given.items()
                for number, seconds in numbers.items()
            },
            reach=min(abs(int(reach)) * _SECOND, DECIDED_MARGIN),
        )
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        raise InvalidArgument(
            "cursor", "is not one that this server gave out. Leave it away to start over."
        ) from None
