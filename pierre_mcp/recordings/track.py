"""Samples over time: made into streams, and summed up where a file gives no totals of its own.

Distance is taken from the device, else along the positions on a sphere. Climbing counts rises of
more than ``CLIMB_NOISE_METERS``, so that a wandering barometer does not climb mountains. Time moves
between samples that are not further apart than a pause (``PAUSE_SECONDS``, or three times the usual
step where a device notes seldom) and, where the distance is known, at more than a crawl.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from pierre_mcp.models import DataWarning, Streams, WarningCode
from pierre_mcp.models.limits import possible
from pierre_mcp.recordings.samples import (
    Columns,
    Sample,
    drop_wrong_places,
    in_order,
    meters_between,
)

CLIMB_NOISE_METERS = 2.0
PAUSE_SECONDS = 30.0
CRAWL_MPS = 0.25
_COLUMNS = (
    "distance_meters",
    "heart_rate_bpm",
    "power_watts",
    "cadence_rpm",
    "speed_mps",
    "altitude_meters",
    "latitude_degrees",
    "longitude_degrees",
    "temperature_celsius",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """Samples in order of time as streams, with a note when some had to be left out."""

    start: datetime
    streams: Streams
    segments: tuple[int, ...]
    warnings: tuple[DataWarning, ...] = ()


def make_track(samples: Iterable[Sample], start: datetime | None, record_id: str) -> Track | None:
    """The samples as streams from ``start`` (by default the first sample); ``None`` without any.

    Samples whose times cannot be are dropped, and so are positions and altitudes that nobody
    reaches.
    """
    kept, dropped = in_order(s for s in samples if start is None or s.time >= start)
    if not kept:
        return None
    begin = start or kept[0].time
    times = tuple(round((s.time - begin).total_seconds(), 3) for s in kept)
    columns: Columns = {name: _column(kept, name) for name in _COLUMNS}
    drop_wrong_places(times, columns)
    if columns["distance_meters"] is None:
        columns["distance_meters"] = _distances(columns, len(kept))
    warnings: tuple[DataWarning, ...] = ()
    if dropped:
        warnings = (
            DataWarning(
                code=WarningCode.RECORD_UNREADABLE,
                detail=f"{dropped} samples with times that repeat, go back or leap were left out.",
                record_id=record_id,
            ),
        )
    return Track(
        start=begin,
        streams=Streams(time_seconds=times, **columns),
        segments=tuple(sample.segment for sample in kept),
        warnings=warnings,
    )


def _column(samples: Sequence[Sample], name: str) -> tuple[float | None, ...] | None:
    """The checked values; ``None`` when the device never gave one.

    A column of nothing but zeros is a sensor that was not there. Position, altitude and temperature
    may really be zero.
    """
    values = tuple(possible(name, getattr(sample, name)) for sample in samples)
    if name in ("latitude_degrees", "longitude_degrees", "altitude_meters", "temperature_celsius"):
        return values if any(value is not None for value in values) else None
    return values if any(values) else None


def _distances(columns: Columns, count: int) -> tuple[float | None, ...] | None:
    """Meters along the positions since the first one."""
    latitudes, longitudes = columns["latitude_degrees"], columns["longitude_degrees"]
    if latitudes is None or longitudes is None:
        return None
    covered = 0.0
    last: tuple[float, float] | None = None
    distances: list[float | None] = []
    for index in range(count):
        latitude, longitude = latitudes[index], longitudes[index]
        if latitude is None or longitude is None:
            distances.append(None)
            continue
        if last is not None:
            covered += meters_between(last, (latitude, longitude))
        last = (latitude, longitude)
        distances.append(round(covered, 2))
    return tuple(distances) if covered else None


def climb(altitudes: Sequence[float | None] | None) -> float | None:
    """Meters gained; ``None`` without altitudes."""
    known = [altitude for altitude in altitudes or () if altitude is not None]
    if len(known) < 2:  # noqa: PLR2004 - a rise takes two
        return None
    gained = 0.0
    low = high = known[0]
    for altitude in known[1:]:
        if altitude > high:
            high = altitude
        elif altitude < high - CLIMB_NOISE_METERS:
            # The rise is over: it counts if it was more than noise.
            gained += high - low if high - low > CLIMB_NOISE_METERS else 0.0
            low = high = altitude
        if altitude < low:
            low = high = altitude
    gained += high - low if high - low > CLIMB_NOISE_METERS else 0.0
    return round(gained, 1)


def moving_seconds(track: Track) -> float:
    """Seconds in motion; pauses between segments and standing still do not count."""
    times, distances = track.streams.time_seconds, track.streams.distance_meters
    steps = sorted(after - before for before, after in pairwise(times))
    pause = max(PAUSE_SECONDS, 3 * steps[len(steps) // 2]) if steps else PAUSE_SECONDS
    moving = 0.0
    for index, (before, after) in enumerate(pairwise(times)):
        step = after - before
        if step > pause or track.segments[index] != track.segments[index + 1]:
            continue
        if distances is not None:
            begun, ended = distances[index], distances[index + 1]
            if begun is not None and ended is not None and (ended - begun) / step < CRAWL_MPS:
                continue
        moving += step
    return round(moving, 3)


def last_known(column: Sequence[float | None] | None) -> float | None:
    """The last value there is."""
    return next((value for value in reversed(column or ()) if value is not None), None)


def average(column: Sequence[float | None] | None) -> float | None:
    """The mean of the values there are."""
    known = [value for value in column or () if value is not None]
    return round(sum(known) / len(known), 2) if known else None


def highest(column: Sequence[float | None] | None) -> float | None:
    """The highest value there is."""
    return max((value for value in column or () if value is not None), default=None)


def start_position(streams: Streams) -> tuple[float, float] | None:
    """The first known position."""
    for latitude, longitude in zip(
        streams.latitude_degrees or (), streams.longitude_degrees or (), strict=True
    ):
        if latitude is not None and longitude is not None:
            return (latitude, longitude)
    return None
