"""A panel: one quantity along an axis that several share, one below the other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from pierre_mcp.server.charts.drawing import Box, Drawing, extent, legend_width, ticks

LABELS_PX = 46
HEADING_PX = 22
_PANEL_PX = 84
_GAP_PX = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A quantity: values along the axis, ``None`` where unknown, and how one is told.

    ``falling`` puts less above more, as with a pace. ``bars`` are parts that add up, each with its
    name, in place of a line.
    """

    name: str
    values: Sequence[float | None]
    tell: Callable[[float], str]
    series: int
    least_span: float = 1.0
    falling: bool = False
    bars: Sequence[tuple[str, Sequence[float | None]]] = ()


def draw_panels(
    drawing: Drawing, top: float, across: Sequence[float], panels: Sequence[Panel]
) -> float:
    """Draw the panels that know anything; ``across`` is each value's place, from 0 to 1.

    Returns where they end.
    """
    for panel in panels:
        bounds = extent(panel.values, panel.least_span)
        if bounds is None:
            continue
        low, high = (0.0, bounds[1]) if panel.bars else bounds
        drawing.text(0, top + 13, panel.name, bold=True, size=12)
        if panel.bars:
            names = {part: name for part, (name, values) in enumerate(panel.bars) if any(values)}
            left = drawing.width - legend_width(names.values())
            drawing.legend(left, top + 13, names)
        area = plot_area(drawing, top + HEADING_PX, _PANEL_PX)
        scale = _Scale(low=low, high=high, area=area, falling=panel.falling)
        for tick in ticks(low, high, seconds=panel.falling):
            y = scale.y(tick)
            drawing.line([(area.left, y), (area.right, y)], drawing.theme.grid)
            drawing.text(
                area.left - 6,
                y + 4,
                panel.tell(tick),
                anchor="end",
                size=10,
                color=drawing.theme.faint,
            )
        if panel.bars:
            _bars(drawing, panel, across, scale)
        else:
            _line(drawing, panel, across, scale)
        top = area.bottom + _GAP_PX
    return top


def plot_area(drawing: Drawing, top: float, height: float) -> Box:
    """Where values are, right of their labels."""
    return Box(left=LABELS_PX, top=top, width=drawing.width - LABELS_PX - 4, height=height)


def x_of(drawing: Drawing, share: float) -> float:
    """A place on the axis, in px."""
    area = plot_area(drawing, 0, 0)
    return area.left + share * area.width


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    low: float
    high: float
    area: Box
    falling: bool

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        share = share if self.falling else 1 - share
        return self.area.top + min(1.0, max(0.0, share)) * self.area.height


def _line(drawing: Drawing, panel: Panel, across: Sequence[float], scale: _Scale) -> None:
    """What is unknown is a gap."""
    color = drawing.theme.series[panel.series]
    points = [
        None if value is None else (x_of(drawing, share), scale.y(value))
        for share, value in zip(across, panel.values, strict=True)
    ]
    for known, run in groupby(points, key=lambda point: point is not None):
        if known:
            drawing.line([point for point in run if point is not None], color, 1.8)


def _bars(drawing: Drawing, panel: Panel, across: Sequence[float], scale: _Scale) -> None:
    width = min(26.0, 0.7 * scale.area.width / max(1, len(across)))
    for index, share in enumerate(across):
        below = 0.0
        for part, (_, values) in enumerate(panel.bars):
            value = values[index]
            if not value:
                continue
            top, bottom = scale.y(below + value), scale.y(below)
            box = Box(
                left=x_of(drawing, share) - width / 2, top=top, width=width, height=bottom - top
            )
            drawing.rect(box, drawing.fill_of(part), stroke=drawing.theme.series[part])
            below += value
