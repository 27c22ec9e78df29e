"""Lists of activities from APIs that page by time: where a list goes on, what may be given out.

A place in a list is an instant and an id, so that what arrives or goes between two questions
neither repeats nor hides anything; an API's own page tokens live for one question only. Pure: a
provider asks the API, and hands in what came. Use it or not; the contract does not ask for it.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from pierre_mcp.errors import InvalidArgument
from pierre_mcp.models import Activity, DataWarning, Page
from pierre_mcp.spi import ActivityQuery

_CURSOR = re.compile(r"(\d{1,17}) ([!-~]{0,200})", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Key = tuple[datetime, str]


class TimeList:
    """One question for a list, from its first request to its answer.

    Raises ``InvalidArgument`` for a cursor that was not given out here.
    """

    def __init__(self, query: ActivityQuery) -> None:
        self._query = query
        self.place = _place_of(query.cursor)
        self.earliest, self.latest = query.utc_bounds()
        """Instants that enclose the answer, for an API that is asked by time: the first belongs to
        it, the last does not. A whole second is left for APIs that count no finer."""
        if self.place is not None:
            reached = self.place[0] + timedelta(seconds=1)
            self.latest = reached if self.latest is None else min(self.latest, reached)
        self._found: dict[str, Activity] = {}
        self._horizon: datetime | None = None
        self._warnings: list[DataWarning] = []
        self._ended = self._is_empty()

    def add(
        self,
        activities: Iterable[Activity],
        lost: Iterable[DataWarning] = (),
        *,
        ended: bool,
        horizon: datetime | None = None,
    ) -> None:
        """Take in a page; ``ended`` says that nothing follows it.

        Nothing that follows starts later than ``horizon``. Without it that is the earliest start of
        what came: the API lists by time, and those of one instant in any order.
        """
        for activity in activities:
            self._found[activity.id] = activity
            if horizon is None:
                known = self._horizon or activity.start_time
                self._horizon = min(known, activity.start_time)
        if horizon is not None:
            self._horizon = horizon
        self.note(lost)
        self._ended = ended

    def note(self, warnings: Iterable[DataWarning]) -> None:
        """Say something about the answer, once."""
        self._warnings += [warning for warning in warnings if warning not in self._warnings]

    @property
    def is_answered(self) -> bool:
        """Whether another request would not add to the answer."""
        return self._ended or len(self._matching(self._settled())) >= self._query.limit

    def page(self, *, complete: bool = True) -> Page[Activity]:
        """The answer from what was taken in."""
        # More start together than the allowed requests reach: then they come as they are.
        settled = self._settled() or self._in_order(self._found.values())
        matching, limit = self._matching(settled), self._query.limit
        last: Key | None = None
        if len(matching) > limit:
            last = matching[limit - 1].order_key
        elif not self._ended and settled:
            last = settled[-1].order_key
        elif not self._ended and self._horizon is not None:
            # Where an API did not take the bound, this may lie above the place: no reader is sent
            # back, who would walk in circles.
            ahead = (self._horizon, "")
            last = ahead if self.place is None or ahead < self.place else None
        return Page(
            items=tuple(matching[:limit]),
            next_cursor=None if last is None else _cursor_of(last),
            complete=complete and (self._ended or last is not None),
            warnings=tuple(self._warnings),
        )

    def _is_empty(self) -> bool:
        return bool(self.earliest and self.latest and self.earliest >= self.latest)

    def _settled(self) -> list[Activity]:
        """What nothing that is still to come can precede, newest first."""
        return self._in_order(
            activity
            for activity in self._found.values()
            if self._ended or self._horizon is None or activity.start_time > self._horizon
        )

    def _in_order(self, activities: Iterable[Activity]) -> list[Activity]:
        new = [a for a in activities if self.place is None or a.order_key < self.place]
        return sorted(new, key=lambda activity: activity.order_key, reverse=True)

    def _matching(self, settled: Iterable[Activity]) -> list[Activity]:
        return [activity for activity in settled if self._query.matches(activity)]


def _cursor_of(key: Key) -> str:
    return f"{(key[0] - _EPOCH) // _MICROSECOND} {key[1]}"


def _place_of(cursor: str | None) -> Key | None:
    if cursor is None:
        return None
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise InvalidArgument("cursor", "is not one that this provider gave out.")
    return _EPOCH + int(match[1]) * _MICROSECOND, match[2]
