"""Lists of activities through the cache: overlapping questions walk over the same kept segments.

A segment is what one question to the provider brought: it begins at one of the provider's cursors,
which is a place in time, and ends at the next. How many are wanted, the sport and the earlier bound
do not tell segments apart, for they apply afterwards; so asking for 20, for 50, and for the page
after costs what has not been seen, and no more.
"""

import base64
import binascii
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pierre_mcp.errors import InvalidArgument
from pierre_mcp.models import Activity, DataWarning, Page
from pierre_mcp.spi import MAX_PAGE_SIZE, ActivityQuery

FEWEST = 20
"""A question to a provider is not worth less."""
SHORT = timedelta(days=14)
MOST_IN_SHORT = 50
"""Of activities at once where the question is about no more than a fortnight."""
MOST_SEGMENTS = 40
"""Of one question; a sport that is rare then comes in pages that are not full."""

_LONGEST_CURSOR = 4096

Key = tuple[datetime, str]
ReadSegment = Callable[[ActivityQuery], Awaitable[Page[Activity]]]
"""Reads the segment that begins at the query's cursor, kept or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a walk goes on: in the segment that begins at ``segment``, after ``after``."""

    segment: str | None = None
    after: Key | None = None


async def walk(query: ActivityQuery, read: ReadSegment, now: datetime) -> Page[Activity]:
    """The page of the query; raises ``InvalidArgument`` for a cursor not given out here."""
    place = _read(query.cursor)
    earliest, latest = query.utc_bounds()
    is_short = earliest is not None and (latest or now) - earliest <= SHORT
    most = MOST_IN_SHORT if is_short else MAX_PAGE_SIZE
    found: list[tuple[str | None, Activity]] = []
    warnings: list[DataWarning] = []
    complete = True
    segment = place.segment
    for _ in range(MOST_SEGMENTS):
        wanted = min(max(query.limit - len(found), FEWEST), most)
        # Only its beginning and the later bound tell one segment from another.
        page = await read(ActivityQuery(limit=wanted, cursor=segment, before=query.before))
        complete = complete and page.complete
        warnings += [one for one in page.warnings if one not in warnings]
        new = [a for a in page.items if place.after is None or a.order_key < place.after]
        found += [(segment, a) for a in new if query.matches(a)]
        is_past = earliest is not None and any(a.start_time < earliest for a in page.items)
        segment = None if is_past else page.next_cursor
        if segment is None or len(found) >= query.limit:
            break
    shown = found[: query.limit]
    last = shown[-1][1].order_key if shown else place.after
    next_place = None
    if len(found) > query.limit:
        next_place = Place(segment=shown[-1][0], after=last)
    elif segment is not None:
        next_place = Place(segment=segment, after=last)
    return Page(
        items=tuple(activity for _, activity in shown),
        next_cursor=None if next_place is None else _written(next_place),
        complete=complete,
        warnings=tuple(warnings),
    )


def _written(place: Place) -> str:
    after = place.after and [place.after[0].isoformat(), place.after[1]]
    packed = json.dumps([place.segment, after], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def _read(cursor: str | None) -> Place:
    if cursor is None:
        return Place()
    try:
        if len(cursor) > _LONGEST_CURSOR:
            raise ValueError("too long")
        packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        segment, after = json.loads(packed)
        key = None if after is None else (datetime.fromisoformat(after[0]), str(after[1]))
        if not (segment is None or isinstance(segment, str)) or (key and key[0].tzinfo is None):
            raise ValueError("not a place")
    except (ValueError, TypeError, KeyError, IndexError, binascii.Error, RecursionError):
        raise InvalidArgument("cursor", "is not one that this provider gave out.") from None
    return Place(segment=segment, after=key)
