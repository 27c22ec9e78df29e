"""One value out of several of one day or owner: what the first lacks, the next ones fill in."""

from collections.abc import Iterable
from datetime import date
from typing import TypeVar

from pierre_mcp.models import Athlete, HealthMetrics, RecoveryMetrics

D = TypeVar("D", RecoveryMetrics, HealthMetrics)
M = TypeVar("M", RecoveryMetrics, HealthMetrics, Athlete)


def by_day(metrics: Iterable[D]) -> tuple[D, ...]:
    """One value a day, newest day first; in each field the first that has it wins."""
    days: dict[date, D] = {}
    for one in metrics:
        days[one.date] = filled(days[one.date], one) if one.date in days else one
    return tuple(days[day] for day in sorted(days, reverse=True))


def filled(first: M, second: M) -> M:
    """The first, with what it lacks taken from the second."""
    changes = {
        name: value
        for name in type(first).model_fields
        if getattr(first, name) is None and (value := getattr(second, name)) is not None
    }
    return first.model_copy(update=changes) if changes else first
