"""Curves with exact totals: a rough shape bent until its mean, peak or climb is what it has to be.

Pure arithmetic on lists of samples, one a second. A summary is decided first; its curve is made to
agree with it, so that lists need no curves and details contradict no list.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

from providers.synthetic.dice import Roll

_SMOOTHING = 0.93


def effort(structure: str, samples: int, roll: Roll) -> list[float]:
    """The shape of an effort around zero: warm-up, work as structured, some wandering."""
    noise = wander(samples, roll)
    ramp = max(1, min(480, samples // 8))
    values = []
    for index in range(samples):
        share = index / samples
        warm = -1.6 * (1 - index / ramp) if index < ramp else 0.0
        values.append(warm + _work(structure, share) + 0.35 * noise[index])
    return values


def _work(structure: str, share: float) -> float:
    """How hard it is at that share of the time."""
    match structure:
        case "intervals":
            inside = 0.2 < share < 0.85  # noqa: PLR2004 - warm-up and cool-down
            return (1.0 if (share - 0.2) * 9.2 % 1 < 0.58 else -0.9) if inside else -0.6  # noqa: PLR2004
        case "tempo":
            inside = 0.22 < share < 0.84  # noqa: PLR2004
            return (0.9 if (share - 0.22) * 4.9 % 1 < 0.8 else -0.4) if inside else -0.7  # noqa: PLR2004
        case "race":
            return 0.5 * share + (0.6 if share > 0.95 else 0.0)  # noqa: PLR2004 - the finish
        case _:
            return 0.35 * share


def wander(samples: int, roll: Roll) -> list[float]:
    """Smooth chance around zero, mostly within one of it."""
    value = 0.0
    values = []
    for _ in range(samples):
        value = _SMOOTHING * value + (1 - _SMOOTHING) * roll.between(-4, 4)
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

    The shape is stretched until the normalized power fits, then one second is the peak and the rest
    gives back what that second took.
    """
    middle = sum(shape) / len(shape)
    swing = [value - middle for value in shape]
    low, high = 0.0, average * 3
    curve = _clipped(swing, average, high, peak)
    if normalized_power(curve) < normalized:
        return curve
    for _ in range(24):
        stretch = (low + high) / 2
        curve = _clipped(swing, average, stretch, peak)
        if normalized_power(curve) < normalized:
            low = stretch
        else:
            high = stretch
    return curve


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
    """Meters above sea level of a round trip whose ascents add up to ``gain``."""
    waves = [(count, roll.between(0, 2 * math.pi), 1 / count) for count in (1, 2, 3, 5, 8, 13)]
    terrain = [
        sum(
            size * math.sin(2 * math.pi * count * i / samples + phase)
            for count, phase, size in waves
        )
        for i in range(samples)
    ]
    ascent = sum(max(after - before, 0.0) for before, after in pairwise(terrain))
    scale = gain / ascent if ascent else 0.0
    return [start + scale * (height - terrain[0]) for height in terrain]


def loop(
    distances: Sequence[float], start: tuple[float, float], roll: Roll
) -> list[tuple[float, float]]:
    """Positions along a closed, wobbly loop from ``start``, as long as the last distance."""
    wobble = [(count, roll.between(0, 2 * math.pi), 0.25 / count) for count in (2, 3, 5)]
    corners = 720
    outline = []
    for corner in range(corners + 1):
        angle = 2 * math.pi * corner / corners
        radius = 1 + sum(size * math.sin(count * angle + phase) for count, phase, size in wobble)
        outline.append((radius * math.cos(angle), radius * math.sin(angle)))
    lengths = [0.0]
    for (x0, y0), (x1, y1) in pairwise(outline):
        lengths.append(lengths[-1] + math.hypot(x1 - x0, y1 - y0))
    total = distances[-1] or 1.0
    scale = total / lengths[-1]
    turn = roll.between(0, 2 * math.pi)
    meters_per_degree = 111_195.0
    positions = []
    corner = 0
    for distance in distances:
        along = min(distance / scale, lengths[-1])
        while corner < corners - 1 and lengths[corner + 1] < along:
            corner += 1
        part = (along - lengths[corner]) / (lengths[corner + 1] - lengths[corner])
        x = outline[corner][0] + part * (outline[corner + 1][0] - outline[corner][0])
        y = outline[corner][1] + part * (outline[corner + 1][1] - outline[corner][1])
        dx, dy = (x - outline[0][0]) * scale, (y - outline[0][1]) * scale
        east = dx * math.cos(turn) - dy * math.sin(turn)
        north = dx * math.sin(turn) + dy * math.cos(turn)
        positions.append(
            (
                start[0] + north / meters_per_degree,
                start[1] + east / (meters_per_degree * math.cos(math.radians(start[0]))),
            )
        )
    return positions
