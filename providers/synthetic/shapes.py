"""Curves with exact totals: a rough shape bent until its mean, peak or climb is what it has to be.

Pure arithmetic on lists of samples, one a second. A summary is decided first; its curve is made to
agree with it, so that lists need no curves and details contradict no list.
"""

import math
from collections.abc import Sequence
from itertools import accumulate, pairwise

from providers.synthetic.dice import Roll

_METERS_PER_DEGREE = 111_195.0
_CORNERS = 720


def wander(samples: int, roll: Roll, *, seconds: float = 15.0) -> list[float]:
    """Smooth chance around zero with a standard deviation near one; ``seconds`` is its memory."""
    keep = 1 - 1 / seconds
    # An even draw of that half-width keeps the deviation of the sum at one.
    width = math.sqrt(3 * (1 - keep**2))
    value = 0.0
    values = []
    for _ in range(samples):
        value = keep * value + roll.between(-width, width)
        values.append(value)
    return values


def lagging(target: Sequence[float], seconds: float, *, start: float) -> list[float]:
    """What follows ``target`` that many seconds late."""
    value = start
    values = []
    for wanted in target:
        value += (wanted - value) / seconds
        values.append(value)
    return values


def with_mean_and_peak(
    shape: Sequence[float], mean: float, peak: float, floor: float
) -> list[float]:
    """The shape stretched so that its mean and its highest sample are exactly as given.

    Lows are softened until nothing falls below ``floor``.
    """
    samples = list(shape)
    while True:
        middle = sum(samples) / len(samples)
        top = max(samples)
        if top <= middle:
            return [mean] * len(samples)
        stretch = (peak - mean) / (top - middle)
        lowest = mean + stretch * (min(samples) - middle)
        if lowest >= floor:
            return [mean + stretch * (value - middle) for value in samples]
        samples = [
            value if value >= middle else middle + 0.85 * (value - middle) for value in samples
        ]


def power_curve(
    shape: Sequence[float], average: float, normalized: float, peak: float
) -> list[float]:
    """Watts whose mean, 30 s fourth-power mean and highest sample are as given.

    The shape is stretched until the normalized power fits; then one second is the peak and the rest
    gives back what that second took.
    """
    middle = sum(shape) / len(shape)
    swing = [value - middle for value in shape]
    low, high = 0.0, average * 4
    for _ in range(20):
        stretch = (low + high) / 2
        if normalized_power(_clipped(swing, average, stretch, peak)) < normalized:
            low = stretch
        else:
            high = stretch
    return _clipped(swing, average, high, peak)


def _clipped(swing: Sequence[float], average: float, stretch: float, peak: float) -> list[float]:
    """Watts between zero and the peak, the peak once, and the mean as given."""
    ceiling = peak * 0.96
    curve = [min(max(average + stretch * value, 0.0), ceiling) for value in swing]
    highest = max(range(len(curve)), key=curve.__getitem__)
    for _ in range(6):
        curve[highest] = peak
        missing = average * len(curve) - sum(curve)
        room = [i for i, v in enumerate(curve) if i != highest and 0.0 < v < ceiling]
        if abs(missing) < 0.01 or not room:  # noqa: PLR2004 - a hundredth of a joule
            break
        share = missing / len(room)
        for index in room:
            curve[index] = min(max(curve[index] + share, 0.0), ceiling)
    return curve


def normalized_power(watts: Sequence[float]) -> float:
    """Fourth-power mean of the 30 s rolling mean, after Coggan; samples are one second apart."""
    window = 30
    if len(watts) < window:
        return sum(watts) / len(watts)
    running = sum(watts[:window])
    total = (running / window) ** 4
    for index in range(window, len(watts)):
        running += watts[index] - watts[index - window]
        total += (running / window) ** 4
    return float((total / (len(watts) - window + 1)) ** 0.25)


def altitudes(samples: int, gain: float, start: float, roll: Roll) -> list[float]:
    """Meters above sea level of a round trip from its lowest point; ascents sum to ``gain``."""
    waves = [(count, roll.between(0, 2 * math.pi), 1 / count) for count in (1, 2, 3, 5, 8, 13)]
    terrain = [
        sum(
            size * math.sin(2 * math.pi * count * i / samples + phase)
            for count, phase, size in waves
        )
        for i in range(samples)
    ]
    lowest = min(range(samples), key=terrain.__getitem__)
    terrain = [height - terrain[lowest] for height in terrain[lowest:] + terrain[:lowest]]
    ascent = sum(max(after - before, 0.0) for before, after in pairwise(terrain))
    scale = gain / ascent if ascent else 0.0
    return [start + scale * height for height in terrain]


def loop(
    distances: Sequence[float], start: tuple[float, float], roll: Roll
) -> list[tuple[float, float]]:
    """Positions along a closed, wobbly loop from ``start``, as long as the last distance."""
    outline, lengths = _outline(roll)
    scale = (distances[-1] or 1.0) / lengths[-1]
    turn = roll.between(0, 2 * math.pi)
    cosine, sine = math.cos(turn) * scale, math.sin(turn) * scale
    degrees_east = _METERS_PER_DEGREE * math.cos(math.radians(start[0]))
    x0, y0 = outline[0]
    positions = []
    corner = 0
    for distance in distances:
        along = min(distance / scale, lengths[-1])
        while corner < _CORNERS - 1 and lengths[corner + 1] < along:
            corner += 1
        part = (along - lengths[corner]) / (lengths[corner + 1] - lengths[corner])
        (xa, ya), (xb, yb) = outline[corner], outline[corner + 1]
        x, y = xa + part * (xb - xa) - x0, ya + part * (yb - ya) - y0
        positions.append(
            (
                start[0] + (x * sine + y * cosine) / _METERS_PER_DEGREE,
                start[1] + (x * cosine - y * sine) / degrees_east,
            )
        )
    return positions


def _outline(roll: Roll) -> tuple[list[tuple[float, float]], list[float]]:
    """Corners of a closed figure of no particular size, and the way along it to each."""
    wobble = [(count, roll.between(0, 2 * math.pi), 0.25 / count) for count in (2, 3, 5)]
    outline = []
    for corner in range(_CORNERS + 1):
        angle = 2 * math.pi * corner / _CORNERS
        radius = 1 + sum(size * math.sin(count * angle + phase) for count, phase, size in wobble)
        outline.append((radius * math.cos(angle), radius * math.sin(angle)))
    sides = [math.hypot(xb - xa, yb - ya) for (xa, ya), (xb, yb) in pairwise(outline)]
    return outline, list(accumulate(sides, initial=0.0))
