"""Where a list of activities goes on, and which of those fetched may be handed out; pure.

Strava numbers its pages, which shift when something is uploaded or deleted, so a place in a list is
an instant instead. It sorts by the true start also where it shows another because the athlete hides
it: so a list goes on from a little later than it stopped, and what lies at the end of the fetched
part is held back until all that belongs before it is known.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

from pierre_mcp.errors import InvalidArgument
from pierre_mcp.models import Activity, DataWarning, Page
from pierre_mcp.spi import MAX_PAGE_SIZE, ActivityQuery
from providers.strava.mapping import activities_of, start_is_hidden

_TRULY_LATER = timedelta(hours=38)
"""At most so long after the start that is shown lies a hidden one: late, far in the west."""
_TRULY_EARLIER = timedelta(hours=14)
"""At most so long before it: early, far in the east."""
_ROOM = 20
"""So many more than asked for are fetched, for what is held back and what was handed out."""
_WALK_SECONDS = 900
"""For so long the page numbers of a walk are trusted to mean what they meant."""

_CURSOR = re.compile(r"(\d{1,10}) (\d+(?:,\d+)*)(?: (\d{1,10}|-) (\d{1,4}) (\d{1,10}))?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A page as Strava counts: number ``page`` of ``size`` among what started before ``before``."""

    before: int | None
    size: int
    page: int = 1

    def parameters(self) -> dict[str, int]:
        """The query for it. Never ``after``: it turns the order round (the older reference)."""
        asked = {"page": self.page, "per_page": self.size}
        return asked if self.before is None else {"before": self.before, **asked}

    def next(self) -> "Window":
        """The page that follows."""
        return replace(self, page=self.page + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place in a list: what starts after ``second`` was handed out, and so was ``taken``.

    Asked for 200 at a time, 1,000 activities may cost five requests, so nothing can be fetched
    twice: such a walk goes on with the page number in ``walk``, for a while from ``walked_at``.
    """

    second: int
    taken: frozenset[str]
    walk: Window | None = None
    walked_at: int = 0

    def __str__(self) -> str:
        cursor = f"{self.second} {','.join(sorted(self.taken))}"
        if self.walk is None:
            return cursor
        before = "-" if self.walk.before is None else self.walk.before
        return f"{cursor} {before} {self.walk.page} {self.walked_at}"


def place_of(cursor: str) -> Place:
    """The place that a cursor names; raises ``InvalidArgument``."""
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise InvalidArgument("cursor", "is not one that this provider gave out.")
    second, taken, before, page, walked_at = match.groups()
    place = Place(second=int(second), taken=frozenset(taken.split(",")))
    if page is None:
        return place
    walk = Window(before=None if before == "-" else int(before), size=MAX_PAGE_SIZE, page=int(page))
    return replace(place, walk=walk, walked_at=int(walked_at))


class Listing:
    """One question for a list of activities, from its first request to its answer."""

    def __init__(self, query: ActivityQuery, now: datetime) -> None:
        self._query = query
        self._now = int(now.timestamp())
        self._place = place_of(query.cursor) if query.cursor is not None else None
        self._earliest, latest = query.utc_bounds()
        self._fresh: dict[str, Activity] = {}
        self._reached = _FOREVER
        self._settled: list[Activity] = []
        self._matching: list[Activity] = []
        self._warnings: list[DataWarning] = []
        self._ended = bool(self._earliest and latest and self._earliest >= latest)
        self._walking = False
        self.window = self._first_window(latest)

    def _first_window(self, latest: datetime | None) -> Window:
        place, limit = self._place, self._query.limit
        if limit == MAX_PAGE_SIZE and place and place.walk:
            self._walking = self._now - place.walked_at <= _WALK_SECONDS
            if self._walking:
                return place.walk
        sparse = self._query.sport_type is not None
        bounds = [] if latest is None else [ceil(latest.timestamp())]
        size = MAX_PAGE_SIZE if sparse else limit + _ROOM
        if place:
            bounds.append(place.second + int(_TRULY_LATER.total_seconds()) + 1)
            size += len(place.taken)
        return Window(before=max(min(bounds), 1) if bounds else None, size=min(size, MAX_PAGE_SIZE))

    def add(self, payload: Sequence[Any], *, everything: bool) -> None:
        """Take in what Strava answered for ``window``, which then is the page after it.

        A page that is not full is the last one only where Strava shows ``everything``: what the
        connection may not see is taken out of full pages.
        """
        activities, lost = activities_of(payload)
        self._warnings += [warning for warning in lost if warning not in self._warnings]
        self._fresh |= {a.id: a for a in activities if not self._was_handed_out(a)}
        self._reached = min([self._reached, *map(_latest_start, activities)])
        self._ended = len(payload) < (self.window.size if everything else 1) or (
            self._earliest is not None and self._reached < self._earliest
        )
        self.window = self.window.next()
        self._settle()

    def _settle(self, *, at_last: bool = False) -> None:
        """Choose what may be handed out: what is not fetched yet comes after all of it."""
        settled = list(self._fresh.values())
        if not (self._ended or at_last or self._is_walk()):
            known = self._reached + _TRULY_EARLIER
            settled = [activity for activity in settled if activity.start_time > known]
        self._settled = sorted(settled, key=lambda activity: activity.order_key, reverse=True)
        self._matching = [activity for activity in self._settled if self._query.matches(activity)]

    def _was_handed_out(self, activity: Activity) -> bool:
        place = self._place
        if place is None:
            return False
        second = int(activity.start_time.timestamp())
        if self._walking and start_is_hidden(activity):
            # It may be shown later than it was, and come only now.
            second -= int(_TRULY_EARLIER.total_seconds())
        return second > place.second or activity.id in place.taken

    def _is_walk(self) -> bool:
        """Whether the fetched pages can be handed out whole, and the next begins after them."""
        return self._query.limit == MAX_PAGE_SIZE and all(
            activity.start_time >= self._reached for activity in self._fresh.values()
        )

    @property
    def is_answered(self) -> bool:
        """Whether another request would not add to the answer."""
        found = len(self._matching)
        sparse = self._query.sport_type is not None or self.window.size < MAX_PAGE_SIZE
        return self._ended or found >= self._query.limit or (found > 0 and not sparse)

    def page(self) -> Page[Activity]:
        """The answer from what was taken in."""
        limit = self._query.limit
        place = None
        if not self._settled:
            # More activities lie close together than the allowed requests reach.
            self._settle(at_last=True)
        if len(self._matching) > limit:
            place = self._after(self._matching[limit - 1])
        elif not self._ended and self._settled:
            place = self._after(self._settled[-1])
            if self._is_walk():
                late = place.second + _TRULY_EARLIER.total_seconds()
                hidden = filter(start_is_hidden, self._settled)
                taken = {a.id for a in hidden if a.start_time.timestamp() <= late}
                place = replace(
                    place, taken=place.taken | taken, walk=self.window, walked_at=self._now
                )
        return Page(
            items=tuple(self._matching[:limit]),
            next_cursor=None if place is None else str(place),
            complete=self._ended or place is not None,
            warnings=tuple(self._warnings),
        )

    def _after(self, last: Activity) -> Place:
        start = last.start_time
        taken = {a.id for a in self._settled if a.start_time == start and a.id >= last.id}
        second = int(start.timestamp())
        if self._place and self._place.second == second:
            taken |= self._place.taken
        return Place(second=second, taken=frozenset(taken))


_FOREVER = datetime(9000, 1, 1, tzinfo=UTC)


def _latest_start(activity: Activity) -> datetime:
    """No later than then it truly started."""
    start = activity.start_time
    return start + _TRULY_LATER if activity.warnings and start_is_hidden(activity) else start
