"""A drawing as SVG text: shapes, text, and places that a reader can step through.

Everything a chart tells is also in words at its places, for keyboards and screen readers. Colors
are names that the theme resolves, either to values or to CSS variables of the page around it.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

FONT = "Roboto, 'Segoe UI', system-ui, sans-serif"

SERIES = 6
"""So many series can be told apart, each by a color and by a pattern of its own."""

MARGIN_PX = 12
_SWATCH_PX, _LETTER_PX, _LEGEND_GAP_PX, _LEGEND_LINE_PX = 15, 6.2, 10, 17
_NARROW = 520


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """The colors of a drawing; each is a CSS color or variable."""

    paper: str
    ink: str
    faint: str
    grid: str
    series: tuple[str, ...]


LIGHT = Theme(
    paper="#ffffff",
    ink="#1c1c1e",
    faint="#5c5c63",
    grid="#d9d9de",
    series=("#0067a8", "#b34a00", "#00735a", "#9a3e78", "#6b6b00", "#5c5c63"),
)
DARK = Theme(
    paper="#1c1c1e",
    ink="#f2f2f5",
    faint="#b0b0b8",
    grid="#48484d",
    series=("#5db6ee", "#f0965a", "#3fc5a0", "#e39ac6", "#d8cf56", "#b0b0b8"),
)
IN_PAGE = Theme(
    paper="var(--paper)",
    ink="var(--ink)",
    faint="var(--faint)",
    grid="var(--grid)",
    series=tuple(f"var(--series-{number})" for number in range(1, SERIES + 1)),
)
"""The page around it says which; see ``page``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle, in px from the top left."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right side."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Its lower side."""
        return self.top + self.height


@dataclass(slots=True, kw_only=True)
class Drawing:
    """What is drawn so far; ``title`` and ``description`` are for who does not see it.

    ``outer_width`` has a margin on each side; places count from inside of it.
    """

    outer_width: int
    theme: Theme
    title: str
    description: str = ""
    height: float = 0
    _parts: list[str] = field(default_factory=list)
    _patterns: set[int] = field(default_factory=set)
    _places: list[str] = field(default_factory=list)

    @property
    def width(self) -> int:
        """How much can be drawn on, in px."""
        return self.outer_width - 2 * MARGIN_PX

    @property
    def is_narrow(self) -> bool:
        """Whether it is made for a phone."""
        return self.width < _NARROW

    def fill_of(self, series: int) -> str:
        """The pattern of a series, with its color."""
        index = series % SERIES
        self._patterns.add(index)
        return f"url(#p{index})"

    def rect(self, box: Box, fill: str, *, stroke: str | None = None, radius: float = 0) -> None:
        """A rectangle."""
        self._add(
            "rect",
            {
                "x": box.left,
                "y": box.top,
                "width": max(0.0, box.width),
                "height": max(0.0, box.height),
                "rx": radius or None,
                "fill": fill,
                "stroke": stroke,
            },
        )

    def circle(self, x: float, y: float, radius: float, fill: str, stroke: str) -> None:
        """A circle."""
        self._add("circle", {"cx": x, "cy": y, "r": radius, "fill": fill, "stroke": stroke})

    def line(self, points: Sequence[tuple[float, float]], stroke: str, width: float = 1) -> None:
        """A line through the points; a single one becomes a dot."""
        if not points:
            return
        if len(points) == 1:
            (x, y) = points[0]
            self.circle(x, y, max(1.5, width), stroke, stroke)
            return
        told = " ".join(f"{number(x)},{number(y)}" for x, y in points)
        self._add(
            "polyline",
            {
                "points": told,
                "fill": "none",
                "stroke": stroke,
                "stroke-width": width,
                "stroke-linejoin": "round",
            },
        )

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        color: str | None = None,
        size: float = 12,
        anchor: str = "start",
        bold: bool = False,
    ) -> None:
        """Words; ``y`` is their base line."""
        self._add(
            "text",
            {
                "x": x,
                "y": y,
                "fill": color or self.theme.ink,
                "font-size": size,
                "text-anchor": None if anchor == "start" else anchor,
                "font-weight": "600" if bold else None,
            },
            escape(text),
        )

    def legend(self, left: float, y: float, names: Mapping[int, str]) -> float:
        """Which series is which, in as many lines as it takes; ``y`` is the first one's base line.

        Returns that of the last.
        """
        x = left
        for series, name in names.items():
            if x > left and x + legend_width([name]) - _LEGEND_GAP_PX > self.width:
                x, y = left, y + _LEGEND_LINE_PX
            swatch = Box(left=x, top=y - 9, width=10, height=10)
            self.rect(swatch, self.fill_of(series), stroke=self.theme.series[series])
            self.text(x + _SWATCH_PX, y, name, size=11, color=self.theme.faint)
            x += legend_width([name])
        return y

    def place(self, box: Box, told: str) -> None:
        """Where a reader can stop, and what they are told there."""
        attributes = {
            "x": box.left,
            "y": box.top,
            "width": max(1.0, box.width),
            "height": max(1.0, box.height),
            "class": "place",
            "role": "img",
            "aria-label": told,
        }
        self._places.append(_element("rect", attributes))

    def svg(self) -> str:
        """The whole of it."""
        width, height = self.outer_width, math.ceil(self.height) + 2 * MARGIN_PX
        defs = "".join(_pattern(index, self.theme) for index in sorted(self._patterns))
        description = f"<desc>{escape(self.description)}</desc>" if self.description else ""
        corner = {"x": -MARGIN_PX, "y": -MARGIN_PX}
        background = _element(
            "rect", {**corner, "width": width, "height": height, "fill": self.theme.paper}
        )
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="-{MARGIN_PX} -{MARGIN_PX} {width} {height}" '
            f'font-family="{escape(FONT)}" role="group">'
            f"<title>{escape(self.title)}</title>{description}<defs>{defs}</defs>"
            f"{background}{''.join(self._parts)}"
            f'<g fill="#000" fill-opacity="0">{"".join(self._places)}</g></svg>'
        )

    def _add(self, name: str, attributes: Mapping[str, object], content: str | None = None) -> None:
        self._parts.append(_element(name, attributes, content))


def number(value: float) -> str:
    """A coordinate; raises ``ValueError`` for one that is none."""
    if not math.isfinite(value):
        raise ValueError("a drawing has no place for a number that is none")
    return f"{value:.1f}".removesuffix(".0")


def legend_width(names: Iterable[str]) -> float:
    """What a legend of these names takes, in px; letters are taken to be wide ones."""
    return sum(_SWATCH_PX + _LETTER_PX * len(name) + _LEGEND_GAP_PX for name in names)


_CLOCK_STEPS = (
    5, 10, 15, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 14400, 28800, 43200, 86400,
)  # fmt: skip
"""Each at most 2.5 times the one before, so that a finer step than is wanted is not many more."""


def ticks(low: float, high: float, count: int = 3, *, seconds: bool = False) -> list[float]:
    """Round numbers within the range, about so many; ``seconds`` are round as a clock is.

    At least two where the range is one, so that a reader can tell the scale. What is round is whole
    from a step of one on, as labels may be.
    """
    span = high - low
    if span <= 0:
        return [low]
    raw = span / max(1, count)
    power = 10.0 ** math.floor(math.log10(raw))
    steps = [power * factor for factor in (1, 2, 5, 10)]
    if seconds and _CLOCK_STEPS[0] <= raw <= _CLOCK_STEPS[-1]:
        steps = list(_CLOCK_STEPS)
    found: list[float] = []
    coarsest = next(index for index, step in enumerate(steps) if step >= raw)
    for step in reversed(steps[: coarsest + 1]):
        found = [
            step * index for index in range(math.ceil(low / step), math.floor(high / step) + 1)
        ]
        if len(found) > 1:
            break
    return found


def extent(values: Iterable[float | None], least_span: float) -> tuple[float, float] | None:
    """The lowest and the highest, with a little air, at least so far apart; or nothing."""
    known = [value for value in values if value is not None and math.isfinite(value)]
    if not known:
        return None
    low, high = min(known), max(known)
    missing = max(0.0, least_span - (high - low))
    air = (high - low + missing) * 0.06
    return low - missing / 2 - air, high + missing / 2 + air


def _element(name: str, attributes: Mapping[str, object], content: str | None = None) -> str:
    told = "".join(
        f' {key}="{number(value) if isinstance(value, int | float) else escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{told}/>" if content is None else f"<{name}{told}>{content}</{name}>"


_TURNS = (0, 45, 0, 90, 135, 0)
_INNER = (
    '<rect width="6" height="6"/>',
    '<rect width="3" height="6"/>',
    '<circle cx="3" cy="3" r="1.9"/>',
    '<rect width="3" height="6"/>',
    '<rect width="2" height="6"/>',
    '<rect width="2.4" height="2.4"/><rect x="3" y="3" width="2.4" height="2.4"/>',
)


def _pattern(index: int, theme: Theme) -> str:
    color = escape(theme.series[index])
    return (
        f'<pattern id="p{index}" width="6" height="6" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate({_TURNS[index]})"><rect width="6" height="6" fill="{color}" '
        f'fill-opacity="0.3"/><g fill="{color}">{_INNER[index]}</g></pattern>'
    )
