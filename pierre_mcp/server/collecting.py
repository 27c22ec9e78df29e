"""All activities of a period, for what adds them up or draws them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from pierre_mcp.models import Activity, DataWarning, WarningCode
from pierre_mcp.server.arguments import DateRange
from pierre_mcp.spi import MAX_PAGE_SIZE, ActivityQuery, FitnessProvider

MAX_PAGES = 25
"""The most pages of activities that one question reads; at 200 a page, 5,000 activities."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Activities of a period, and the part of it that they cover in full."""

    activities: tuple[Activity, ...]
    covered: DateRange
    complete: bool
    warnings: tuple[DataWarning, ...] = ()


async def collect(provider: FitnessProvider, dates: DateRange) -> Found:
    """All activities of the period, newest first, within ``MAX_PAGES`` requests.

    When they do not suffice, the period begins on the day after the oldest activity that was
    read, for that day may be known in part only.
    """
    query = ActivityQuery(
        limit=MAX_PAGE_SIZE, after=dates.start, before=dates.end + timedelta(days=1)
    )
    activities: list[Activity] = []
    complete = True
    warnings: list[DataWarning] = []
    for _ in range(MAX_PAGES):
        page = await provider.get_activities(query)
        activities.extend(page.items)
        complete = complete and page.complete
        warnings.extend(warning for warning in page.warnings if warning not in warnings)
        if page.next_cursor is None:
            newest = activities[0].local_date if activities else None
            return Found(
                activities=tuple(activities),
                covered=dates.stated(provider.today(), newest),
                complete=complete,
                warnings=tuple(warnings),
            )
        query = replace(query, cursor=page.next_cursor)
    begins = _day_after_oldest(activities, dates)
    warnings.append(
        DataWarning(
            code=WarningCode.PERIOD_SHORTENED,
            detail=f"Only from {begins.isoformat()} on: {MAX_PAGES} pages of activities were read. "
            "Ask for the time before with start_date and end_date.",
        )
    )
    return Found(
        activities=tuple(a for a in activities if a.local_date >= begins),
        covered=DateRange(start=begins, end=max(begins, activities[0].local_date)),
        complete=False,
        warnings=tuple(warnings),
    )


def _day_after_oldest(activities: Sequence[Activity], dates: DateRange) -> date:
    if not activities:
        return dates.end
    return min(activity.local_date for activity in activities) + timedelta(days=1)
