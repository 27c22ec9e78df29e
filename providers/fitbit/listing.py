"""Where a list of exercises goes on, and which of those read may be handed out; pure.

A place in a list is an instant with the ids that were handed out at it. Google's page tokens live
for one question only, so that what is recorded between two questions neither repeats nor hides
anything. Which of two exercises of one instant comes first is not described, so those at the end
of what was read wait until nothing else of their instant can follow.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from pierre_mcp.errors import InvalidArgument
from pierre_mcp.models import Activity, DataWarning, Page
from pierre_mcp.spi import ActivityQuery
from providers.fitbit.kinds import EXERCISE

_CURSOR = re.compile(r"(\d{1,16}) ([\w-]{1,64}(?:,[\w-]{1,64})*)", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WESTMOST, _EASTMOST = timedelta(hours=-12), timedelta(hours=14, seconds=1)
"""How far clocks are from UTC; the second is for the part of one that bounds are cut by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """All that starts after ``instant`` was handed out, and of what starts then ``taken``."""

    instant: datetime
    taken: frozenset[str]

    def __str__(self) -> str:
        microseconds = (self.instant - _EPOCH) // timedelta(microseconds=1)
        return f"{microseconds} {','.join(sorted(self.taken))}"

    def is_past(self, activity: Activity) -> bool:
        """Whether the list has been beyond that one."""
        return activity.start_time > self.instant or (
            activity.start_time == self.instant and activity.id in self.taken
        )


def place_of(cursor: str | None) -> Place | None:
    """The place that a cursor names; raises ``InvalidArgument``."""
    if cursor is None:
        return None
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise InvalidArgument("cursor", "is not one that this provider gave out.")
    instant = _EPOCH + timedelta(microseconds=int(match[1]))
    return Place(instant=instant, taken=frozenset(match[2].split(",")))


class Listing:
    """One question for a list of exercises, from its first request to its answer."""

    def __init__(self, query: ActivityQuery) -> None:
        self._query = query
        self._place = place_of(query.cursor)
        self._earliest, _ = query.utc_bounds()
        self._read: dict[str, Activity] = {}
        self._reached: datetime | None = None
        self._warnings: list[DataWarning] = []
        since = _civil(query.after, _WESTMOST)
        bounds = [_civil(query.before, _EASTMOST), _civil(self._place, _EASTMOST)]
        until = min(filter(None, bounds), default=None)
        self._ended = bool(since and until and since >= until)
        self.filters = EXERCISE.filters(since, until)

    def add(
        self, activities: Iterable[Activity], lost: Iterable[DataWarning], *, is_last: bool
    ) -> None:
        """Take in a page."""
        for activity in activities:
            self._reached = min(activity.start_time, self._reached or activity.start_time)
            if self._place is None or not self._place.is_past(activity):
                self._read[activity.id] = activity
        self._warnings += [warning for warning in lost if warning not in self._warnings]
        # Where Google did not take the filter, the list goes on before what was asked for.
        below = self._earliest and self._reached and self._reached < self._earliest
        self._ended = is_last or bool(below)

    @property
    def is_answered(self) -> bool:
        """Whether another request would not add to the answer."""
        return self._ended or len(self._matching()) >= self._query.limit

    def page(self) -> Page[Activity]:
        """The answer from what was taken in."""
        matching, limit = self._matching(), self._query.limit
        last = None
        if len(matching) > limit:
            last = matching[limit - 1]
        elif not self._ended:
            last = next(reversed(self._settled()), None)
        return Page(
            items=tuple(matching[:limit]),
            next_cursor=None if last is None else str(self._after(last)),
            complete=self._ended or last is not None,
            warnings=tuple(self._warnings),
        )

    def _settled(self) -> list[Activity]:
        read = [a for a in self._read.values() if self._ended or a.start_time != self._reached]
        return sorted(read, key=lambda activity: activity.order_key, reverse=True)

    def _matching(self) -> list[Activity]:
        return [activity for activity in self._settled() if self._query.matches(activity)]

    def _after(self, last: Activity) -> Place:
        start = last.start_time
        taken = {a.id for a in self._settled() if a.start_time == start and a.id >= last.id}
        if self._place and self._place.instant == start:
            taken |= self._place.taken
        return Place(instant=start, taken=frozenset(taken))


def _civil(bound: date | datetime | Place | None, apart: timedelta) -> str | None:
    """What every clock that shows the bound's instant shows at most, or at least; a day as it is.

    Google compares what the athlete's own clock showed. As text these are in order of time.
    """
    if isinstance(bound, Place):
        bound = bound.instant
    if isinstance(bound, datetime):
        return (bound.astimezone(UTC).replace(tzinfo=None, microsecond=0) + apart).isoformat()
    return None if bound is None else bound.isoformat()
