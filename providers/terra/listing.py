"""Where a list of activities goes on, and which of those fetched may be handed out; pure.

Terra has no pages, only ranges of days, so a list is read backwards in windows. Whether Terra
counts days by the athlete's clock or in UTC, and whether the last day belongs to a range, is
unconfirmed (2026-11): windows share a day, and what lies near the edge of one waits for the next.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from pierre_mcp.errors import InvalidArgument
from pierre_mcp.models import Activity, DataWarning, Page, WarningCode
from pierre_mcp.spi import ActivityQuery
from providers.terra.mapping import ACTIVITY_ID

LONGEST = timedelta(days=27)
"""With both ends, 28 days: ranges of more than a month are answered later, by webhook only."""
HISTORY = timedelta(days=1825)
"""So far back a list without bounds looks."""
FIRST_DAY = date(2000, 1, 1)

_EAST, _WEST = timedelta(hours=14), timedelta(hours=12)
_DAY = timedelta(days=1)
_CURSOR = re.compile(rf"(\d{{9,11}}) ({ACTIVITY_ID.pattern})?", re.ASCII)

Key = tuple[datetime, str]


def windows(first: date, last: date) -> list[tuple[date, date]]:
    """Ranges to ask for, newest first, so that every day in between is safely inside of one."""
    found = []
    while last > first:
        begin = max(first, last - LONGEST)
        found.append((begin, last))
        last = begin
    return found


class Listing:
    """One question for a list of activities, from its first request to its answer."""

    def __init__(self, query: ActivityQuery, now: datetime) -> None:
        self._query = query
        self._place = _place_of(query.cursor)
        earliest, latest = query.utc_bounds()
        self._is_open = earliest is None
        oldest = datetime(FIRST_DAY.year, 1, 1, tzinfo=UTC)
        earliest = now - HISTORY if earliest is None else max(earliest, oldest)
        bounds = [now, latest, None if self._place is None else self._place[0]]
        latest = min(bound for bound in bounds if bound is not None)
        self._windows = (
            []
            if latest < earliest
            else windows((earliest - _WEST).date(), (latest + _EAST).date() + _DAY)
        )
        self._found: dict[str, Activity] = {}
        self._reached = latest
        self._delayed = False
        self._warnings: list[DataWarning] = []

    @property
    def window(self) -> tuple[date, date] | None:
        """The range of the next request; ``None`` when everything has been asked for."""
        return self._windows[0] if self._windows else None

    def add(
        self, activities: Iterable[Activity], notes: Iterable[DataWarning], *, delayed: bool
    ) -> None:
        """Take in the answer for ``window``."""
        begin, _ = self._windows.pop(0)
        self._found |= {activity.id: activity for activity in activities}
        self._warnings += [note for note in notes if note not in self._warnings]
        self._delayed |= delayed
        # By whichever clock its day is counted, what starts from here on was in a window.
        self._reached = datetime(begin.year, begin.month, begin.day, tzinfo=UTC) + _WEST

    @property
    def is_answered(self) -> bool:
        """Whether another request would not add to the answer."""
        return not self._windows or len(self._matching()) >= self._query.limit

    def page(self) -> Page[Activity]:
        """The answer from what was taken in."""
        matching, limit, cursor = self._matching(), self._query.limit, None
        if len(matching) > limit:
            cursor = _cursor(matching[limit - 1].order_key)
        elif self._windows:
            cursor = _cursor((self._reached, ""))
        elif self._is_open:
            detail = "Nothing older than five years was looked for: after names an older day."
            self._warnings.append(DataWarning(code=WarningCode.PERIOD_SHORTENED, detail=detail))
        return Page(
            items=tuple(matching[:limit]),
            next_cursor=cursor,
            complete=not self._delayed,
            warnings=tuple(self._warnings),
        )

    def _matching(self) -> list[Activity]:
        """What matches and nothing that is still to come can precede, newest first."""
        known = [
            activity
            for activity in self._found.values()
            if (not self._windows or activity.start_time >= self._reached)
            and (self._place is None or activity.order_key < self._place)
            and self._query.matches(activity)
        ]
        return sorted(known, key=lambda activity: activity.order_key, reverse=True)


def _cursor(key: Key) -> str:
    return f"{key[0].timestamp():.0f} {key[1]}"


def _place_of(cursor: str | None) -> Key | None:
    """The place that a cursor names; raises ``InvalidArgument``."""
    if cursor is None:
        return None
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise InvalidArgument("cursor", "is not one that this provider gave out.")
    return datetime.fromtimestamp(int(match[1]), UTC), match[2] or ""
