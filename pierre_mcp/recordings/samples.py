"""Samples as devices note them, and which of their times and places can be true.

One wrong byte sends a sample a century ahead or to the other side of the earth. What its neighbours
contradict is left out here; sums are ``track``'s business.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TypeVar

from pierre_mcp.models.limits import Checker

T = TypeVar("T")
Columns = dict[str, tuple[float | None, ...] | None]

EARTH_RADIUS_METERS = 6_371_008.8
LEAP = timedelta(days=1)
"""A sample that lies further than this from the ones around it has a wrong time."""

_FASTEST_MPS, _POSITION_NOISE_METERS = 60.0, 100.0
_STEEPEST_MPS, _ALTITUDE_NOISE_METERS = 30.0, 50.0


@dataclass(slots=True, kw_only=True)
class Sample:
    """What a device noted at one instant; ``segment`` counts up at every recorded pause."""

    time: datetime
    distance_meters: float | None = None
    heart_rate_bpm: float | None = None
    power_watts: float | None = None
    cadence_rpm: float | None = None
    speed_mps: float | None = None
    altitude_meters: float | None = None
    latitude_degrees: float | None = None
    longitude_degrees: float | None = None
    temperature_celsius: float | None = None
    segment: int = 0


def plausible_start(
    claimed: datetime | None, samples: Sequence[Sample], check: Checker
) -> datetime | None:
    """The start that a file claims, unless it lies far from every sample: then ``None``."""
    if claimed is None or not samples or any(abs(s.time - claimed) <= LEAP for s in samples):
        return claimed
    check.note("start_time")
    return None


def in_order(samples: Iterable[Sample]) -> tuple[list[Sample], int]:
    """The samples whose times grow, and how many do not.

    Where one time is far ahead of those around it, that one is wrong and not all that follow.
    """
    kept: list[Sample] = []
    dropped = 0
    for sample in samples:
        if kept and sample.time <= kept[-1].time:
            dropped += 1
            if len(kept) > 1 and kept[-1].time - kept[-2].time <= LEAP:
                continue
            kept.pop()
        if not kept or sample.time > kept[-1].time:
            kept.append(sample)
    leaps = [after.time - before.time > LEAP for before, after in pairwise(kept)]
    if leaps[-2:] == [False, True]:
        dropped += 1
        kept.pop()
    if leaps[:2] == [True, False]:
        dropped += 1
        kept.pop(0)
    return kept, dropped


def drop_wrong_places(times: Sequence[float], columns: Columns) -> None:
    """Unset positions and altitudes that no receiver was at.

    Those are positions of exactly 0, 0, which receivers write before they have a fix, and jumps out
    of reach of the samples before and after.
    """
    latitudes, longitudes = columns["latitude_degrees"], columns["longitude_degrees"]
    columns["latitude_degrees"] = columns["longitude_degrees"] = None
    if latitudes is not None and longitudes is not None:
        places = [
            None if latitude is None or longitude is None or latitude == longitude == 0
            else (latitude, longitude)
            for latitude, longitude in zip(latitudes, longitudes, strict=True)
        ]  # fmt: skip
        reached = _reached(times, places, meters_between, _FASTEST_MPS, _POSITION_NOISE_METERS)
        if any(reached):
            columns["latitude_degrees"] = tuple(place[0] if place else None for place in reached)
            columns["longitude_degrees"] = tuple(place[1] if place else None for place in reached)
    if (altitudes := columns["altitude_meters"]) is not None:
        heights = _reached(times, altitudes, _rise, _STEEPEST_MPS, _ALTITUDE_NOISE_METERS)
        known = any(height is not None for height in heights)
        columns["altitude_meters"] = tuple(heights) if known else None


def _rise(one: float, other: float) -> float:
    return abs(other - one)


def _reached(
    times: Sequence[float],
    values: Sequence[T | None],
    meters: Callable[[T, T], float],
    fastest_mps: float,
    noise_meters: float,
) -> list[T | None]:
    """The values without those that are too far from all of their neighbours."""
    known = [(time, value) for time, value in zip(times, values, strict=True) if value is not None]
    far = [
        meters(before[1], after[1]) > noise_meters + fastest_mps * (after[0] - before[0])
        for before, after in pairwise(known)
    ]
    if not any(far):
        return list(values)
    around = zip([True, *far], [*far, True], strict=True)
    wrong = {time for (time, _), sides in zip(known, around, strict=True) if all(sides)}
    return [None if time in wrong else value for time, value in zip(times, values, strict=True)]


def meters_between(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Great-circle distance of two positions in degrees, by the haversine formula."""
    latitude_1, latitude_2 = math.radians(one[0]), math.radians(other[0])
    half_latitude = (latitude_2 - latitude_1) / 2
    half_longitude = math.radians(other[1] - one[1]) / 2
    chord = math.sin(half_latitude) ** 2
    chord += math.cos(latitude_1) * math.cos(latitude_2) * math.sin(half_longitude) ** 2
    return 2 * EARTH_RADIUS_METERS * math.asin(math.sqrt(min(chord, 1.0)))
