"""Totals over activities, and the one way in which this project adds activities up.

A provider with a statistics endpoint of its own reports what that endpoint says; everything else
is added up here, so that two providers with the same activities have the same totals.
"""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Literal

from pierre_mcp.models.activity import Activity
from pierre_mcp.models.base import Model, Record
from pierre_mcp.models.preferences import WeekStart


class GroupBy(StrEnum):
    """How totals are split."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    SPORT = "sport"


class Totals(Model):
    """Sums over some activities.

    A sum is ``None`` when no activity gave the value; activities without it add nothing.
    """

    activity_count: int = 0
    distance_meters: float | None = None
    moving_time_seconds: float | None = None
    duration_seconds: float | None = None
    elevation_gain_meters: float | None = None
    calories_kcal: float | None = None


class StatsGroup(Model):
    """One row of totals; ``key`` is a day, an ISO week (2026-W07), a month or a sport."""

    key: str
    totals: Totals


class Stats(Record):
    """Totals of a period, and the same split into groups.

    ``start_date`` and ``end_date`` are local days, both inclusive, and bound what was counted;
    ``source`` says whether the provider reported the totals or they were added up from activities.
    ``complete`` is false when not every activity of the period was counted.
    """

    start_date: date | None
    end_date: date | None
    source: Literal["provider", "computed"]
    complete: bool = True
    totals: Totals
    group_by: GroupBy = GroupBy.SPORT
    groups: tuple[StatsGroup, ...] = ()


_SUMMED = tuple(name for name in Totals.model_fields if name != "activity_count")


def add_up(activities: Iterable[Activity]) -> Totals:
    """The totals of ``activities``; rounded to a thousandth so that order cannot show."""
    count = 0
    sums: dict[str, float] = {}
    for activity in activities:
        count += 1
        for name in _SUMMED:
            value = getattr(activity, name)
            if value is not None:
                sums[name] = sums.get(name, 0.0) + value
    return Totals(activity_count=count, **{name: round(total, 3) for name, total in sums.items()})


def group_key(
    activity: Activity, group_by: GroupBy, week_start: WeekStart = WeekStart.MONDAY
) -> str:
    """The group an activity counts in, by its own local day or its sport.

    A week from Monday is an ISO week; any other is told by its first day.
    """
    day = activity.local_date
    match group_by:
        case GroupBy.DAY:
            return day.isoformat()
        case GroupBy.WEEK if week_start is not WeekStart.MONDAY:
            return week_start.first_day(day).isoformat()
        case GroupBy.WEEK:
            iso = day.isocalendar()
            return f"{iso.year}-W{iso.week:02}"
        case GroupBy.MONTH:
            return f"{day:%Y-%m}"
        case GroupBy.SPORT:
            return activity.sport_type.value


def compute_stats(
    provider: str,
    activities: Iterable[Activity],
    *,
    start_date: date | None,
    end_date: date | None,
    group_by: GroupBy = GroupBy.SPORT,
    complete: bool = True,
    week_start: WeekStart = WeekStart.MONDAY,
) -> Stats:
    """Totals of the activities whose local day lies in the period; groups in order of their key."""
    counted = [
        activity
        for activity in activities
        if (start_date is None or activity.local_date >= start_date)
        and (end_date is None or activity.local_date <= end_date)
    ]
    members: dict[str, list[Activity]] = {}
    for activity in counted:
        members.setdefault(group_key(activity, group_by, week_start), []).append(activity)
    return Stats(
        provider=provider,
        start_date=start_date,
        end_date=end_date,
        source="computed",
        complete=complete,
        totals=add_up(counted),
        group_by=group_by,
        groups=tuple(
            StatsGroup(key=key, totals=add_up(group)) for key, group in sorted(members.items())
        ),
    )
