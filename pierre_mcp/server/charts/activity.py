"""One activity: what was measured on the way, its laps, and the shape of its route.

The route is drawn without a map and without coordinates: it tells where turns were, not where
somebody lives.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

from pierre_mcp.models import Activity, Streams, Units
from pierre_mcp.server.budget import thin
from pierre_mcp.server.charts.drawing import Box, Drawing, Theme, ticks
from pierre_mcp.server.charts.panels import Panel, draw_panels, plot_area, x_of
from pierre_mcp.server.tables import Table
from pierre_mcp.server.words import (
    METERS_PER_FOOT,
    METERS_PER_MILE,
    STANDING_MPS,
    clock,
    distance,
    effort_of,
)

SAMPLES = 240
PLACES = 48
_ROUTE_PX = 150
_HEAD_PX = 52


def draw_activity(
    activity: Activity, width: int, theme: Theme, *, units: Units, over_distance: bool
) -> Drawing:
    """The panels that the activity's streams have something for."""
    track = _Track(activity, units, over_distance=over_distance)
    drawing = Drawing(
        outer_width=width,
        theme=theme,
        title=f"Activity: {activity.sport_type.value.replace('_', ' ')}",
        description="Heart rate, pace or speed, power and elevation on the way.",
    )
    drawing.text(0, 16, _headline(activity, units), bold=True, size=14)
    drawing.text(0, 34, _subline(activity, units), size=11, color=theme.faint)
    if not track.shares:
        drawing.text(0, _HEAD_PX + 12, "The source has no samples of this activity.", size=12)
        drawing.height = _HEAD_PX + 30
        return drawing
    bottom = draw_panels(drawing, _HEAD_PX, track.shares, track.panels())
    _axis(drawing, bottom, track)
    _laps(drawing, activity, track, bottom)
    _places(drawing, track, bottom)
    bottom += 22
    drawing.height = _route(drawing, activity.streams, bottom)
    return drawing


def samples_of(activity: Activity, units: Units, count: int = 20) -> Table:
    """The activity in a few numbers, in the units that the drawing has."""
    track = _Track(activity, units, over_distance=False)
    columns = ("time", "distance", "heart_rate_bpm", "pace_or_speed", "power_watts", "elevation")
    step = max(1, math.ceil(len(track.shares) / count))
    return Table(
        columns=columns,
        rows=tuple(track.row(index) for index in range(0, len(track.shares), step)),
    )


class _Track:
    """The samples that are drawn, and how each is told."""

    def __init__(self, activity: Activity, units: Units, *, over_distance: bool) -> None:
        self.units = units
        self.effort = effort_of(activity.sport_type, units)
        self._columns: dict[str, list[float | None]] = {}
        self.shares: list[float] = []
        streams = activity.streams
        if streams is None or not streams.time_seconds:
            return
        names = ("time_seconds", "distance_meters", "heart_rate_bpm", "speed_mps", "power_watts",
                 "altitude_meters")  # fmt: skip
        present = {name: column for name in names if (column := getattr(streams, name)) is not None}
        values: list[list[Any]] = [list(column) for column in present.values()]
        chosen = thin(values, SAMPLES)
        self._columns = {
            name: [column[index] for index in chosen]
            for name, column in zip(present, values, strict=True)
        }
        self._slow_down()
        self.over_distance = over_distance and self._grows("distance_meters")
        along = self._columns["distance_meters" if self.over_distance else "time_seconds"]
        known = [value for value in along if value is not None]
        self.last = known[-1] - known[0]
        self.first = known[0]
        self.shares = [self.share(value if value is not None else self.first) for value in along]

    def share(self, value: float) -> float:
        """Where on the axis a time or a distance is."""
        return min(1.0, max(0.0, (value - self.first) / self.last)) if self.last > 0 else 0.0

    def column(self, name: str) -> list[float | None]:
        """A quantity's samples; nothing known where the device recorded none."""
        return self._columns.get(name) or [None] * len(self.shares)

    def panels(self) -> list[Panel]:
        """Heart rate, pace or speed, power and elevation."""
        effort, feet = self.effort, self.units is Units.IMPERIAL
        unit, meters = ("ft", METERS_PER_FOOT) if feet else ("m", 1.0)
        heights = [
            None if value is None else value / meters for value in self.column("altitude_meters")
        ]
        what = "Pace" if effort.is_pace else "Speed"
        return [
            Panel(
                name="Heart rate, bpm",
                values=self.column("heart_rate_bpm"),
                tell=lambda value: f"{value:.0f}",
                series=1,
                least_span=20,
            ),
            Panel(
                name=f"{what}, {effort.unit}",
                values=self._efforts(),
                tell=clock if effort.is_pace else lambda value: f"{value:.0f}",
                series=0,
                least_span=30 if effort.is_pace else 4,
                falling=effort.is_pace,
            ),
            Panel(
                name="Power, W",
                values=self.column("power_watts"),
                tell=lambda value: f"{value:.0f}",
                series=3,
                least_span=40,
            ),
            Panel(
                name=f"Elevation, {unit}",
                values=heights,
                tell=lambda value: f"{value:.0f}",
                series=2,
                least_span=20,
            ),
        ]

    def _efforts(self) -> list[float | None]:
        return [
            None if value is None or value < STANDING_MPS else self.effort.of(value)
            for value in self.column("speed_mps")
        ]

    def row(self, index: int) -> tuple[str | float | None, ...]:
        """One sample in numbers."""
        heart_rate, power = self.column("heart_rate_bpm")[index], self.column("power_watts")[index]
        height = self.column("altitude_meters")[index]
        feet = self.units is Units.IMPERIAL
        told = None if height is None else round(height / (METERS_PER_FOOT if feet else 1.0))
        return (
            clock(self.column("time_seconds")[index]),
            distance(self.column("distance_meters")[index], self.units) or None,
            None if heart_rate is None else round(heart_rate),
            self.effort.told(self.column("speed_mps")[index]) or None,
            None if power is None else round(power),
            None if told is None else f"{told} {'ft' if feet else 'm'}",
        )

    def told(self, index: int) -> str:
        """One sample in words."""
        time, along, heart_rate, effort, power, height = self.row(index)
        parts = (
            along,
            heart_rate is not None and f"{heart_rate} bpm",
            effort,
            power is not None and f"{power} W",
            height,
        )
        return f"{time}: {', '.join(str(part) for part in parts if part) or 'nothing recorded'}"

    def _slow_down(self) -> None:
        """Speed over some seconds where only distances are known."""
        times, distances = self._columns["time_seconds"], self._columns.get("distance_meters")
        if "speed_mps" in self._columns or distances is None:
            return
        speeds: list[float | None] = [None]
        for index in range(1, len(times)):
            before, now = distances[index - 1], distances[index]
            took = (times[index] or 0.0) - (times[index - 1] or 0.0)
            went = None if before is None or now is None else now - before
            speeds.append(None if went is None or took <= 0 or went < 0 else went / took)
        self._columns["speed_mps"] = speeds

    def _grows(self, name: str) -> bool:
        known = [value for value in self._columns.get(name, ()) if value is not None]
        return len(known) > 1 and known[-1] > known[0]


def _headline(activity: Activity, units: Units) -> str:
    sport = activity.sport_type.value.replace("_", " ")
    parts = (
        f"{activity.local_start:%a %d %b %Y}, {sport}",
        distance(activity.distance_meters, units),
    )
    return ", ".join(part for part in parts if part)


def _subline(activity: Activity, units: Units) -> str:
    effort = effort_of(activity.sport_type, units)
    seconds = activity.moving_time_seconds or activity.duration_seconds
    parts = (
        clock(seconds),
        effort.told(activity.average_speed_mps),
        activity.average_heart_rate_bpm and f"{activity.average_heart_rate_bpm:.0f} bpm",
        activity.average_power_watts and f"{activity.average_power_watts:.0f} W",
    )
    return ", ".join(str(part) for part in parts if part)


def _axis(drawing: Drawing, top: float, track: _Track) -> None:
    per, tell = _along(track)
    count = 3 if drawing.is_narrow else 6
    first, last = track.first / per, (track.first + track.last) / per
    for tick in ticks(first, last, count, seconds=not track.over_distance):
        drawing.text(
            x_of(drawing, track.share(tick * per)),
            top + 4,
            tell(tick),
            anchor="middle",
            size=10,
            color=drawing.theme.faint,
        )


def _along(track: _Track) -> tuple[float, Callable[[float], str]]:
    if not track.over_distance:
        return 1.0, clock
    if track.units is Units.IMPERIAL:
        return METERS_PER_MILE, lambda value: f"{value:g} mi"
    return 1000.0, lambda value: f"{value:g} km"


def _laps(drawing: Drawing, activity: Activity, track: _Track, bottom: float) -> None:
    """Where each lap ends, by its number while there is room."""
    name = "distance_meters" if track.over_distance else "duration_seconds"
    laps, reached, last_x = activity.laps or (), 0.0, -99.0
    for lap in laps[:-1]:
        length = getattr(lap, name)
        if length is None:
            return
        reached += length
        x = x_of(drawing, track.share(reached))
        drawing.line([(x, _HEAD_PX + 16), (x, bottom - 12)], drawing.theme.grid)
        if x - last_x > 16:  # noqa: PLR2004 - px, two figures
            drawing.text(x - 3, _HEAD_PX + 13, str(lap.index), anchor="end", size=9,
                         color=drawing.theme.faint)  # fmt: skip
            last_x = x


def _places(drawing: Drawing, track: _Track, bottom: float) -> None:
    area = plot_area(drawing, _HEAD_PX, bottom - _HEAD_PX - 10)
    count = min(PLACES, len(track.shares))
    width = area.width / count
    for number in range(count):
        wanted = (number + 0.5) / count
        index = min(range(len(track.shares)), key=lambda i: abs(track.shares[i] - wanted))
        box = Box(left=area.left + number * width, top=area.top, width=width, height=area.height)
        drawing.place(box, track.told(index))


def _route(drawing: Drawing, streams: Streams | None, top: float) -> float:
    """The shape of the way, north up; a circle where it began, a square where it ended."""
    points = _projected(streams)
    if len(points) < 2:  # noqa: PLR2004 - a way has two ends
        return top
    drawing.text(0, top + 13, "Route, north up", bold=True, size=12)
    area = plot_area(drawing, top + 22, _ROUTE_PX)
    xs, ys = [x for x, _ in points], [y for _, y in points]
    span = max(max(xs) - min(xs), max(ys) - min(ys), 1e-9)
    scale = min(area.width, area.height) / span
    if max(xs) - min(xs) > 0:
        scale = min(
            area.width / max(max(xs) - min(xs), 1e-9), area.height / max(max(ys) - min(ys), 1e-9)
        )
    shape = [
        (area.left + (x - min(xs)) * scale, area.bottom - (y - min(ys)) * scale) for x, y in points
    ]
    color = drawing.theme.series[0]
    drawing.line(shape, color, 2)
    (x, y), (end_x, end_y) = shape[0], shape[-1]
    drawing.rect(Box(left=end_x - 5, top=end_y - 5, width=10, height=10), drawing.theme.paper,
                 stroke=drawing.theme.series[1])  # fmt: skip
    drawing.circle(x, y, 4, color, drawing.theme.paper)
    return area.bottom + 14


def _projected(streams: Streams | None) -> Sequence[tuple[float, float]]:
    """East and north of somewhere, in degrees of latitude; the short way around the globe."""
    if streams is None or streams.latitude_degrees is None or streams.longitude_degrees is None:
        return []
    known = [
        (latitude, longitude)
        for latitude, longitude in zip(
            streams.latitude_degrees, streams.longitude_degrees, strict=True
        )
        if latitude is not None and longitude is not None
    ]
    step = max(1, len(known) // 400)
    known = known[::step] + known[-1:]
    if not known:
        return []
    here = known[0]
    shrink = math.cos(math.radians(here[0]))
    return [
        (((longitude - here[1] + 180) % 360 - 180) * shrink, latitude - here[0])
        for latitude, longitude in known
    ]
