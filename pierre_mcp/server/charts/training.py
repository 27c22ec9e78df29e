"""The training of some weeks: a calendar of days, and what each week added up to."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from pierre_mcp.models import Activity, SportType, WeekStart
from pierre_mcp.server.charts.drawing import Box, Drawing, Theme
from pierre_mcp.server.tables import Table
from pierre_mcp.server.words import clock

MOST_WEEKS = 26
_ROW_PX = 34
_HEAD_PX = 64
_HOUR = 3600.0
_OTHER = "other"
_GROUPS = {
    SportType.RUN: "run",
    SportType.RIDE: "ride",
    SportType.SWIM: "swim",
    SportType.STRENGTH_TRAINING: "strength",
    SportType.WALK: "walk",
    SportType.HIKE: "walk",
}
GROUPS = ("run", "ride", "swim", "strength", "walk", _OTHER)
"""The sports that are told apart, each by its color, pattern and letter."""


@dataclass(slots=True)
class _Day:
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    names: list[str] = field(default_factory=list)
    load: float | None = None

    @property
    def total_seconds(self) -> float:
        return sum(self.seconds.values())

    @property
    def main_group(self) -> str:
        return max(self.seconds, key=lambda group: self.seconds[group])


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """Activities of a period, both days inclusive."""

    activities: Sequence[Activity]
    start: date
    end: date
    week_start: WeekStart = WeekStart.MONDAY

    @property
    def weeks(self) -> list[date]:
        """The first day of each week, the latest first, ``MOST_WEEKS`` at most."""
        last = self.week_start.first_day(self.end)
        first = self.week_start.first_day(self.start)
        count = min(MOST_WEEKS, (last - first).days // 7 + 1)
        return [last - timedelta(weeks=age) for age in range(count)]

    def days(self) -> dict[date, _Day]:
        """What was done on each day that anything was done on."""
        found: dict[date, _Day] = {}
        for activity in self.activities:
            day = found.setdefault(activity.local_date, _Day())
            group = _GROUPS.get(activity.sport_type.broader, _OTHER)
            seconds = activity.moving_time_seconds or activity.duration_seconds or 0.0
            day.seconds[group] += seconds
            day.names.append(f"{activity.sport_type.value.replace('_', ' ')} {clock(seconds)}")
            if activity.training_load is not None:
                day.load = (day.load or 0.0) + activity.training_load
        return found

    def table(self) -> Table:
        """The weeks in numbers, the latest first."""
        days = self.days()
        rows = []
        for week in self.weeks:
            of_week = [days[day] for day in _week(week) if day in days]
            loads = [day.load for day in of_week if day.load is not None]
            hours = sum(day.total_seconds for day in of_week) / _HOUR
            count = sum(len(day.names) for day in of_week)
            rows.append(
                (week.isoformat(), count, round(hours, 2), round(sum(loads), 1) if loads else None)
            )
        return Table(columns=("week_of", "activities", "hours", "training_load"), rows=tuple(rows))


def draw_training(training: Training, width: int, theme: Theme) -> Drawing:
    """A row a week: its days, and its hours as a bar."""
    days = training.days()
    weeks = training.weeks
    drawing = Drawing(
        outer_width=width,
        theme=theme,
        title="Training calendar",
        description=f"{len(weeks)} weeks, the latest first: hours of training by day and by week.",
    )
    cells = _Cells(drawing)
    _heading(drawing, cells, training)
    longest = max((day.total_seconds for day in days.values()), default=0.0) or 1.0
    totals = {
        week: sum(days[day].total_seconds for day in _week(week) if day in days) for week in weeks
    }
    most = max(totals.values()) or 1.0
    for row, week in enumerate(weeks):
        top = _HEAD_PX + row * _ROW_PX
        drawing.text(0, top + 21, f"{week:%d %b}", size=11, color=theme.faint)
        for column, day in enumerate(_week(week)):
            box = cells.box(column, top)
            drawing.rect(box, "none", stroke=theme.grid, radius=4)
            if day in days:
                _mark(drawing, box, days[day], longest)
            if training.start <= day <= training.end:
                drawing.place(box, _told_of_day(day, days.get(day)))
        _bar(drawing, cells, top, [days[day] for day in _week(week) if day in days], most)
        told = f"week of {week:%d %B}: {clock(totals[week]) or '0:00'} in all"
        drawing.place(cells.bar_box(top), told)
    drawing.height = _HEAD_PX + len(weeks) * _ROW_PX + 8
    return drawing


class _Cells:
    """Where days and bars are, for the width there is."""

    def __init__(self, drawing: Drawing) -> None:
        self.left = 44.0
        self.side = 26.0 if drawing.is_narrow else 32.0
        self.bar_left = self.left + 7 * self.side + 10
        self.bar_width = max(20.0, drawing.width - self.bar_left - 46)

    def box(self, column: int, top: float) -> Box:
        return Box(
            left=self.left + column * self.side + 1,
            top=top + 2,
            width=self.side - 2,
            height=_ROW_PX - 4,
        )

    def bar_box(self, top: float) -> Box:
        return Box(left=self.bar_left, top=top + 8, width=self.bar_width, height=18)


def _heading(drawing: Drawing, cells: _Cells, training: Training) -> None:
    drawing.text(0, 16, "Training", bold=True, size=14)
    present = [
        group for group in GROUPS if any(group in day.seconds for day in training.days().values())
    ]
    x = 0.0
    for group in present:
        index = GROUPS.index(group)
        drawing.rect(
            Box(left=x, top=24, width=11, height=11),
            drawing.fill_of(index),
            stroke=drawing.theme.series[index],
        )
        drawing.text(x + 15, 34, group, size=11, color=drawing.theme.faint)
        x += 15 + 6.2 * len(group) + 12
    for column, day in enumerate(_week(training.weeks[0])):
        box = cells.box(column, 0)
        middle = box.left + box.width / 2
        drawing.text(
            middle,
            _HEAD_PX - 6,
            f"{day:%a}"[:2],
            size=10,
            anchor="middle",
            color=drawing.theme.faint,
        )
    drawing.text(cells.bar_left, _HEAD_PX - 6, "Hours a week", size=10, color=drawing.theme.faint)


def _mark(drawing: Drawing, box: Box, day: _Day, longest: float) -> None:
    """A square whose area grows with the day's hours, in the pattern of its main sport."""
    share = math.sqrt(day.total_seconds / longest) if day.total_seconds else 0.0
    side = max(6.0, share * (min(box.width, box.height) - 4))
    index = GROUPS.index(day.main_group)
    middle = (box.left + box.width / 2, box.top + box.height / 2)
    drawing.rect(
        Box(left=middle[0] - side / 2, top=middle[1] - side / 2, width=side, height=side),
        drawing.fill_of(index),
        stroke=drawing.theme.series[index],
        radius=3,
    )


def _bar(drawing: Drawing, cells: _Cells, top: float, days: Sequence[_Day], most: float) -> None:
    box = cells.bar_box(top)
    x = box.left
    for index, group in enumerate(GROUPS):
        seconds = sum(day.seconds.get(group, 0.0) for day in days)
        if seconds <= 0:
            continue
        width = box.width * seconds / most
        drawing.rect(
            Box(left=x, top=box.top, width=width, height=box.height),
            drawing.fill_of(index),
            stroke=drawing.theme.series[index],
        )
        x += width
    total = sum(day.total_seconds for day in days)
    drawing.text(x + 6, box.top + 13, f"{total / _HOUR:.1f} h", size=11)


def _told_of_day(day: date, done: _Day | None) -> str:
    if done is None:
        return f"{day:%a %d %b}: nothing recorded"
    told = f"{day:%a %d %b}: {', '.join(done.names)}"
    return told if done.load is None else f"{told}; load {done.load:.0f}"


def _week(first: date) -> list[date]:
    return [first + timedelta(days=number) for number in range(7)]
