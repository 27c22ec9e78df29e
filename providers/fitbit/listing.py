"""What a list of exercises is asked with; where it goes on is the walk by time that others have.

Google compares what the athlete's own clock showed, so bounds are those of every clock on earth.
Where it does not take the filter, the list goes on before what was asked for, and ends there.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from pierre_mcp.client.lists import TimeList
from pierre_mcp.models import Activity, DataWarning
from pierre_mcp.spi import ActivityQuery
from providers.fitbit.kinds import EXERCISE

_WESTMOST, _EASTMOST = timedelta(hours=-12), timedelta(hours=14, seconds=1)
"""How far clocks are from UTC; the second is for the part of one that bounds are cut by."""


class Listing(TimeList):
    """One question for a list of exercises, from its first request to its answer."""

    def __init__(self, query: ActivityQuery) -> None:
        super().__init__(query)
        reached = None if self.place is None else self.place[0]
        self._goes_on = reached or datetime.max.replace(tzinfo=UTC)
        self.is_reached = False
        """Whether a page was taken in with what is as old as the list goes on with."""
        since = _civil(query.after, _WESTMOST)
        bounds = [_civil(query.before, _EASTMOST), _civil(reached, _EASTMOST)]
        until = min(filter(None, bounds), default=None)
        if since and until and since >= until:
            self.add([], ended=True)
        self.filters = EXERCISE.filters(since, until)

    def take_in(
        self, activities: Iterable[Activity], lost: Iterable[DataWarning], *, is_last: bool
    ) -> None:
        """Take in a page."""
        page = list(activities)
        earliest = self.earliest
        below = earliest is not None and any(a.start_time < earliest for a in page)
        self.add(page, lost, ended=is_last or below)
        self.is_reached = self.is_reached or any(a.start_time <= self._goes_on for a in page)


def _civil(bound: date | datetime | None, apart: timedelta) -> str | None:
    """What every clock that shows the bound's instant shows at most, or at least; a day as it is.

    As text these are in order of time.
    """
    if isinstance(bound, datetime):
        return (bound.astimezone(UTC).replace(tzinfo=None, microsecond=0) + apart).isoformat()
    return None if bound is None else bound.isoformat()
