"""Where a list of activities goes on, and which of those fetched may be handed out; pure.

Garmin counts from the top of a list that grows there, so a place in it is an instant instead, and
requests go on by day. It sorts by the clock on the athlete's wall: what was fetched is held back
until nothing that follows can belong before it.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pierre_mcp.client.lists import Key, TimeList
from pierre_mcp.models import Activity, Page
from pierre_mcp.spi import ActivityQuery
from providers.garmin.mapping import activities_of
from providers.garmin.sports import FAMILIES

LARGEST_PAGE = 45
"""Above it, as without a limit, Garmin answers 500 (one public integration, 2026-11)."""

_EAST, _WEST = timedelta(hours=14), timedelta(hours=12)
_ROOM = 10
"""So many more than asked for are fetched, for what is held back and what was handed out."""


class Listing:
    """One question for a list of activities, from its first request to its answer."""

    def __init__(self, query: ActivityQuery) -> None:
        self._list = TimeList(query)
        self._first, self._last = _days(query, self._list.place)
        sport = query.sport_type
        self._family = None if sport is None else FAMILIES.get(sport.broader)
        self._size = LARGEST_PAGE if sport else min(query.limit + _ROOM, LARGEST_PAGE)
        self._skipped = 0
        self._reached = _FOREVER
        if self._first and self._last and self._first > self._last:
            self._list.add([], ended=True)

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
        self._reached = min([self._reached, *map(_wall, activities)])
        horizon = self._reached + _WEST
        self._list.add(activities, lost, ended=len(payload) < self._size, horizon=horizon)
        reached = self._reached.date()
        if self._reached < _FOREVER and (self._last is None or reached < self._last):
            # The rest of that day comes once more: counting on would skip what moves up meanwhile.
            self._last, self._skipped = reached, 0
        else:
            self._skipped += len(payload)

    @property
    def is_answered(self) -> bool:
        """Whether another request would not add to the answer."""
        return self._list.is_answered

    def page(self) -> Page[Activity]:
        """The answer from what was taken in."""
        return self._list.page()


_FOREVER = datetime(9000, 1, 1, tzinfo=UTC)


def _wall(activity: Activity) -> datetime:
    """The clock by which Garmin sorts, written as UTC's; no earlier than it can have been."""
    if activity.utc_offset_seconds is None:
        return activity.start_time + _EAST
    return activity.start_time + timedelta(seconds=activity.utc_offset_seconds)


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
