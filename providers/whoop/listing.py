"""Where a list of workouts goes on, and which of those fetched may be handed out; pure.

A place in a list is an instant: WHOOP's own tokens live for one question only, in which a page
follows the other at once. Workouts that start together may come in any order, so those at the end
of what was fetched are held back until all of them are known.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pierre_mcp.errors import InvalidArgument
from pierre_mcp.models import Activity, DataWarning, Page
from pierre_mcp.spi import ActivityQuery

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_CURSOR = re.compile(r"(\d{1,14}) ([0-9a-fA-F-]{36}(?:,[0-9a-fA-F-]{36})*)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Everything that starts after ``instant`` was handed out, and so was ``taken``."""

    instant: datetime
    taken: frozenset[str]

    def __str__(self) -> str:
        milliseconds = (self.instant - _EPOCH) // _MILLISECOND
        return f"{milliseconds} {','.join(sorted(self.taken))}"

    def covers(self, activity: Activity) -> bool:
        """Whether it was handed out before."""
        if activity.start_time == self.instant:
            return activity.id in self.taken
        return activity.start_time > self.instant


def place_of(cursor: str) -> Place:
    """The place that a cursor names; raises ``InvalidArgument``."""
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise InvalidArgument("cursor", "is not one that this provider gave out.")
    instant = _EPOCH + int(match[1]) * _MILLISECOND
    return Place(instant=instant, taken=frozenset(match[2].split(",")))


class Listing:
    """One question for a list of workouts, from its first request to its answer."""

    def __init__(self, query: ActivityQuery) -> None:
        self._query = query
        self._place = place_of(query.cursor) if query.cursor is not None else None
        self._found: dict[str, Activity] = {}
        self._reached: datetime | None = None
        self._ended = False
        self._warnings: list[DataWarning] = []

    def bounds(self) -> tuple[datetime | None, datetime | None]:
        """The instants to ask from (inclusive) and to (exclusive)."""
        earliest, latest = self._query.utc_bounds()
        if self._place is not None:
            reached = self._place.instant + _MILLISECOND
            latest = reached if latest is None else min(latest, reached)
        return earliest, latest

    def add(
        self, activities: Iterable[Activity], lost: Iterable[DataWarning], *, ended: bool
    ) -> None:
        """Take in a page; ``ended`` says that none follows it."""
        for activity in activities:
            start = activity.start_time
            self._reached = start if self._reached is None else min(self._reached, start)
            if self._place is None or not self._place.covers(activity):
                self._found[activity.id] = activity
        self._warnings += [warning for warning in lost if warning not in self._warnings]
        self._ended = ended

    @property
    def is_answered(self) -> bool:
        """Whether another request would not add to the answer."""
        return self._ended or len(self._matching(self._settled())) >= self._query.limit

    def page(self) -> Page[Activity]:
        """The answer from what was taken in."""
        # More start together than the allowed requests reach: then they come as they are.
        settled = self._settled() or self._sorted(self._found.values())
        matching = self._matching(settled)
        last = None
        if len(matching) > self._query.limit:
            last = matching[self._query.limit - 1]
        elif not self._ended and settled:
            last = settled[-1]
        return Page(
            items=tuple(matching[: self._query.limit]),
            next_cursor=None if last is None else str(self._after(last, settled)),
            complete=self._ended or last is not None,
            warnings=tuple(self._warnings),
        )

    def _settled(self) -> list[Activity]:
        """What may be handed out: what is not fetched yet comes after all of it."""
        known = self._found.values()
        return self._sorted(a for a in known if self._ended or a.start_time != self._reached)

    def _matching(self, activities: Iterable[Activity]) -> list[Activity]:
        return [activity for activity in activities if self._query.matches(activity)]

    @staticmethod
    def _sorted(activities: Iterable[Activity]) -> list[Activity]:
        return sorted(activities, key=lambda activity: activity.order_key, reverse=True)

    def _after(self, last: Activity, settled: Iterable[Activity]) -> Place:
        start = last.start_time
        taken = {a.id for a in settled if a.start_time == start and a.id >= last.id}
        if self._place is not None and self._place.instant == start:
            taken |= self._place.taken
        return Place(instant=start, taken=frozenset(taken))
