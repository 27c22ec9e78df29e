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
"""The sports that are told apart, each by its color and its pattern."""


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


@dataclass(slots=True, kw_only=True)
class _Week:
    """A week of the calendar: its first day, and the days that anything was done on."""

    first: date
    done: dict[date, _Day] = field(default_factory=dict)

    def add(self, activity: Activity) -> None:
        day = self.done.setdefault(activity.local_date, _Day())
        group = _GROUPS.get(activity.sport_type.broader, _OTHER)
        seconds = activity.moving_time_seconds or activity.duration_seconds or 0.0
        day.seconds[group] += seconds
        day.names.append(f"{activity.sport_type.value.replace('_', ' ')} {clock(seconds)}")
        if activity.training_load is not None:
            day.load = (day.load or 0.0) + activity.training_load

    @property
    def dates(self) -> list[date]:
        return [self.first + timedelta(days=number) for number in range(7)]

    @property
    def count(self) -> int:
        return sum(len(day.names) for day in self.done.values())

    @property
    def seconds(self) -> float:
        return sum(day.total_seconds for day in self.done.values())

    @property
    def load(self) -> float | None:
        loads = [day.load for day in self.done.values() if day.load is not None]
        return sum(loads) if loads else None

    def seconds_of(self, group: str) -> float:
        return sum(day.seconds.get(group, 0.0) for day in self.done.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """Activities of a period, both days inclusive."""

    activities: Sequence[Activity]
    start: date
    end: date
    week_start: WeekStart = WeekStart.MONDAY

    def weeks(self) -> list[_Week]:
        """The latest first, ``MOST_WEEKS`` at most."""
        last = self.week_start.first_day(self.end)
        first = self.week_start.first_day(self.start)
        count = min(MOST_WEEKS, (last - first).days // 7 + 1)
        weeks = [_Week(first=last - timedelta(weeks=age)) for age in range(count)]
        by_first = {week.first: week for week in weeks}
        for activity in self.activities:
            week = by_first.get(self.week_start.first_day(activity.local_date))
            if week is not None:
                week.add(activity)
        return weeks

    def table(self) -> Table:
        """The weeks in numbers, the latest first."""
        rows = [
            (
                week.first.isoformat(),
                week.count,
                round(week.seconds / _HOUR, 2),
                None if week.load is None else round(week.load, 1),
            )
            for week in self.weeks()
        ]
        return Table(columns=("week_of", "activities", "hours", "training_load"), rows=tuple(rows))


def draw_training(training: Training, width: int, theme: Theme) -> Drawing:
    """A row a week: its days, its hours as a bar, and its load where one is known."""
    weeks = training.weeks()
    drawing = Drawing(
        outer_width=width,
        theme=theme,
        title="Training calendar",
        description=f"{len(weeks)} weeks, the latest first: each day, and hours and load a week.",
    )
    cells = _Cells(drawing)
    head = _heading(drawing, cells, weeks)
    longest = max((day.total_seconds for week in weeks for day in week.done.values()), default=0.0)
    most = max(week.seconds for week in weeks)
    for row, week in enumerate(weeks):
        top = head + row * _ROW_PX
        drawing.text(0, top + 21, f"{week.first:%d %b}", size=11, color=theme.faint)
        for column, day in enumerate(week.dates):
            box = cells.box(column, top)
            drawing.rect(box, "none", stroke=theme.grid, radius=4)
            if day in week.done:
                _mark(drawing, box, week.done[day], longest or 1.0)
            if training.start <= day <= training.end:
                drawing.place(box, _told_of_day(day, week.done.get(day)))
        _bar(drawing, cells.bar_box(top), week, most or 1.0)
        drawing.place(cells.bar_box(top), _told_of_week(week))
    drawing.height = head + len(weeks) * _ROW_PX + 8
    return drawing


class _Cells:
    """Where days and bars are, for the width there is."""

    def __init__(self, drawing: Drawing) -> None:
        self.left = 44.0
        self.side = min(32.0, max(20.0, drawing.width / 15))
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


def _heading(drawing: Drawing, cells: _Cells, weeks: Sequence[_Week]) -> float:
    """What is what; returns where the weeks begin."""
    drawing.text(0, 16, "Training", bold=True, size=14)
    done = {group for week in weeks for day in week.done.values() for group in day.seconds}
    names = {index: group for index, group in enumerate(GROUPS) if group in done}
    line = drawing.legend(0, 34, names) + 24
    for column, day in enumerate(weeks[0].dates):
        box = cells.box(column, 0)
        middle = box.left + box.width / 2
        drawing.text(
            middle, line, f"{day:%a}"[:2], size=10, anchor="middle", color=drawing.theme.faint
        )
    what = "Hours a week" if all(week.load is None for week in weeks) else "Hours, load"
    drawing.text(cells.bar_left, line, what, size=10, color=drawing.theme.faint)
    return line + 6


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


def _bar(drawing: Drawing, box: Box, week: _Week, most: float) -> None:
    x = box.left
    for index, group in enumerate(GROUPS):
        width = box.width * week.seconds_of(group) / most
        if width <= 0:
            continue
        drawing.rect(
            Box(left=x, top=box.top, width=width, height=box.height),
            drawing.fill_of(index),
            stroke=drawing.theme.series[index],
        )
        x += width
    hours = f"{week.seconds / _HOUR:.1f} h"
    if week.load is None:
        drawing.text(x + 6, box.top + 13, hours, size=11)
    else:
        drawing.text(x + 6, box.top + 7, hours, size=11)
        drawing.text(x + 6, box.top + 20, f"{week.load:.0f}", size=10, color=drawing.theme.faint)


def _told_of_day(day: date, done: _Day | None) -> str:
    if done is None:
        return f"{day:%a %d %b}: nothing recorded"
    told = f"{day:%a %d %b}: {', '.join(done.names)}"
    return told if done.load is None else f"{told}; load {done.load:.0f}"


def _told_of_week(week: _Week) -> str:
    told = f"week of {week.first:%d %B}: {clock(week.seconds) or '0:00'} in all"
    return told if week.load is None else f"{told}; load {week.load:.0f}"
