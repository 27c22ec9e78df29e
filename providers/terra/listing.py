"""Where a list of activities goes on, and which of those fetched may be handed out; pure.

Terra has no pages, only ranges of days, so a list is read backwards in windows. Whether Terra
counts days by the athlete's clock or in UTC, and whether the last day belongs to a range, is
unconfirmed (2026-11): windows share a day, and what lies near the edge of one waits for the next.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from pierre_mcp.client.lists import TimeList
from pierre_mcp.client.ranges import windows
from pierre_mcp.models import Activity, DataWarning, Page, WarningCode
from pierre_mcp.spi import ActivityQuery

LONGEST_DAYS = 27
"""With the day that windows share, 28: more than a month is answered later, by webhook only."""
HISTORY = timedelta(days=1825)
"""So far back a list without bounds looks."""
FIRST_DAY = date(2000, 1, 1)

_EAST, _WEST = timedelta(hours=14), timedelta(hours=12)
_DAY = timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)


def ranges(first: date, last: date) -> list[tuple[date, date]]:
    """What to ask for, oldest first, so that no day is only the last one of a range.

    The newest are the longest: most questions are about them.
    """
    spare = -((last - first).days + 1) % LONGEST_DAYS
    parts = windows(first - spare * _DAY, last, LONGEST_DAYS)
    return [(max(begin, first), end + _DAY) for begin, end in parts]


class Listing:
    """One question for a list of activities, from its first request to its answer."""

    def __init__(self, query: ActivityQuery, now: datetime) -> None:
        self._list = TimeList(query)
        earliest, latest = self._list.earliest, self._list.latest
        self._is_open = earliest is None
        oldest = datetime(FIRST_DAY.year, 1, 1, tzinfo=UTC)
        earliest = now - HISTORY if earliest is None else max(earliest, oldest)
        latest = now if latest is None else min(now, latest)
        self._ranges: list[tuple[date, date]] = []
        if earliest <= latest:
            self._ranges = ranges((earliest - _WEST).date(), (latest + _EAST).date())
        else:
            self._list.add((), ended=True)
        self._near_the_edge: list[Activity] = []
        self._delayed = False

    @property
    def window(self) -> tuple[date, date] | None:
        """The range of the next request; ``None`` when the question is answered."""
        return None if self._list.is_answered else self._ranges[-1]

    def add(
        self, activities: Iterable[Activity], notes: Iterable[DataWarning], *, delayed: bool
    ) -> None:
        """Take in the answer for ``window``."""
        begin, _ = self._ranges.pop()
        # By whichever clock its day is counted, what starts later was in this window or before.
        horizon = datetime(begin.year, begin.month, begin.day, tzinfo=UTC) + _WEST - _MICROSECOND
        found = [*self._near_the_edge, *activities]
        ended = not self._ranges
        self._near_the_edge = [a for a in found if a.start_time <= horizon and not ended]
        settled = [a for a in found if a.start_time > horizon or ended]
        self._list.add(settled, notes, ended=ended, horizon=horizon)
        self._delayed |= delayed

    def page(self) -> Page[Activity]:
        """The answer from what was taken in."""
        page = self._list.page(complete=not self._delayed)
        if self._is_open and page.next_cursor is None:
            detail = "Nothing older than five years was looked for: after names an older day."
            self._list.note([DataWarning(code=WarningCode.PERIOD_SHORTENED, detail=detail)])
            page = self._list.page(complete=page.complete)
        return page
