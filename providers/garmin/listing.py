"""Where a list of activities goes on, and which of those fetched may be handed out; pure.

Garmin counts from the top of a list that grows there, so a place in it is an instant instead, and
requests go on by day. It sorts by the clock on the athlete's wall: what was fetched is held back
until nothing that follows can belong before it.
"""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pierre_mcp.errors import InvalidArgument
from pierre_mcp.models import Activity, DataWarning, Page
from pierre_mcp.spi import ActivityQuery
from providers.garmin.mapping import activities_of
from providers.garmin.sports import FAMILIES

LARGEST_PAGE = 45
"""Above it, as without a limit, Garmin answers 500 (one public integration, 2026-11)."""

_EAST, _WEST = timedelta(hours=14), timedelta(hours=12)
_ROOM = 10
"""So many more than asked for are fetched, for what is held back and what was handed out."""
_CURSOR = re.compile(r"(\d{9,10}) ([1-9]\d{0,18})", re.ASCII)

Key = tuple[datetime, str]


class Listing:
    """One question for a list of activities, from its first request to its answer."""

    def __init__(self, query: ActivityQuery) -> None:
        self._query = query
        self._after = _place_of(query.cursor)
        self._first, self._last = _days(query, self._after)
        sport = query.sport_type
        self._family = None if sport is None else FAMILIES.get(sport.broader)
        self._size = LARGEST_PAGE if sport else min(query.limit + _ROOM, LARGEST_PAGE)
        self._skipped = 0
        self._found: dict[str, Activity] = {}
        self._reached = _FOREVER
        self._warnings: list[DataWarning] = []
        self._ended = bool(self._first and self._last and self._first > self._last)

    def parameters(self) -> dict[str, str | int]:
        """The query of the next request."""
        asked: dict[str, str | int] = {"start": self._skipped, "limit": self._size}
        if self._first is not None:
            asked["startDate"] = self._first.isoformat()
        if self._last is not None:
            asked["endDate"] = self._last.isoformat()
        if self._family is not None:
            asked["activityType"] = self._family
        return asked

    def add(self, payload: Sequence[Any]) -> None:
        """Take in what was answered; the next request then asks for what follows."""
        activities, lost = activities_of(payload)
        self._warnings += [warning for warning in lost if warning not in self._warnings]
        self._found |= {activity.id: activity for activity in activities}
        self._reached = min([self._reached, *map(_wall, activities)])
        self._ended = len(payload) < self._size
        reached = self._reached.date()
        if self._reached < _FOREVER and (self._last is None or reached < self._last):
            # The rest of that day comes once more: counting on would skip what moves up meanwhile.
            self._last, self._skipped = reached, 0
        else:
            self._skipped += len(payload)

    @property
    def is_answered(self) -> bool:
        """Whether another request would not add to the answer."""
        return self._ended or len(self._matching(self._settled())) >= self._query.limit

    def page(self) -> Page[Activity]:
        """The answer from what was taken in."""
        # Where all of it lies within a day or so, and requests are used up, it is taken as it is.
        settled = self._settled() or self._in_order(_NEVER)
        matching, limit = self._matching(settled), self._query.limit
        last = None
        if len(matching) > limit:
            last = matching[limit - 1]
        elif settled and not self._ended:
            last = settled[-1]
        return Page(
            items=tuple(matching[:limit]),
            next_cursor=f"{last.start_time.timestamp():.0f} {last.id}" if last else None,
            complete=self._ended or last is not None,
            warnings=tuple(self._warnings),
        )

    def _settled(self) -> list[Activity]:
        """What nothing that is still to come can precede."""
        known = _NEVER if self._ended else self._reached + _WEST
        return self._in_order(known) if self._found else []

    def _in_order(self, later_than: datetime) -> list[Activity]:
        new = [
            activity
            for activity in self._found.values()
            if activity.start_time > later_than
            and (self._after is None or activity.order_key < self._after)
        ]
        return sorted(new, key=lambda activity: activity.order_key, reverse=True)

    def _matching(self, settled: Sequence[Activity]) -> list[Activity]:
        return [activity for activity in settled if self._query.matches(activity)]


_NEVER, _FOREVER = datetime(1, 1, 2, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


def _wall(activity: Activity) -> datetime:
    """The clock by which Garmin sorts, written as UTC's; no earlier than it can have been."""
    if activity.utc_offset_seconds is None:
        return activity.start_time + _EAST
    return activity.start_time + timedelta(seconds=activity.utc_offset_seconds)


def _place_of(cursor: str | None) -> Key | None:
    if cursor is None:
        return None
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise InvalidArgument("cursor", "is not one that this provider gave out.")
    return datetime.fromtimestamp(int(match[1]), UTC), match[2]


def _days(query: ActivityQuery, after: Key | None) -> tuple[date | None, date | None]:
    """The first and last local day that the answer may lie in."""
    first, last = query.after, query.before
    if isinstance(first, datetime):
        first = (first.astimezone(UTC) - _WEST).date()
    if isinstance(last, datetime):
        last = (last.astimezone(UTC) + _EAST).date()
    elif last is not None:
        last -= timedelta(days=1)
    if after is not None:
        reached = (after[0] + _EAST).date()
        last = reached if last is None else min(last, reached)
    return first, last
