"""Which activities are asked for, and whether one of them is meant."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from pierre_mcp.models import Activity, SportType

MAX_PAGE_SIZE = 200
"""The largest ``limit`` a provider is ever asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityQuery:
    """Which activities, newest first by (start_time, id).

    ``after`` is inclusive and ``before`` exclusive. A ``date`` bounds the record's own local day,
    an aware ``datetime`` the instant of its start. ``cursor`` is a ``Page.next_cursor`` of the same
    query; a page that follows it holds what is older, whatever has been added since.
    """

    limit: int = 20
    cursor: str | None = None
    after: date | datetime | None = None
    before: date | datetime | None = None
    sport_type: SportType | None = None

    def matches(self, activity: Activity) -> bool:
        """Whether an activity lies within the bounds and is of the sport (or a variant of it)."""
        if self.sport_type is not None and not activity.sport_type.matches(self.sport_type):
            return False
        if self.after is not None and _starts_before(activity, self.after):
            return False
        return self.before is None or _starts_before(activity, self.before)

    def utc_bounds(self) -> tuple[datetime | None, datetime | None]:
        """Instants that enclose the query in every time zone, for an API that knows no local day.

        What lies between them and outside the query is left to ``matches``.
        """
        return _as_instant(self.after, -_WIDEST_OFFSET), _as_instant(self.before, _WIDEST_OFFSET)


_WIDEST_OFFSET = timedelta(hours=14)


def _starts_before(activity: Activity, bound: date | datetime) -> bool:
    if isinstance(bound, datetime):
        return activity.start_time < bound
    return activity.local_date < bound


def _as_instant(bound: date | datetime | None, widening: timedelta) -> datetime | None:
    if bound is None or isinstance(bound, datetime):
        return bound
    return datetime(bound.year, bound.month, bound.day, tzinfo=UTC) + widening
