"""Laps cut from the streams of a workout, so that they add up to the whole.

Structured workouts have a lap for every block, as if the lap button had been pressed; all others
have automatic laps by distance. What has no distance has no laps.
"""

from collections.abc import Sequence
from datetime import timedelta
from itertools import accumulate, pairwise

from pierre_mcp.models import Activity, Lap, SportType, Streams
from providers.synthetic.workouts import Workout

_AUTOMATIC_METERS = {SportType.RIDE: 5000.0, SportType.SWIM: 100.0}
_SHORTEST_LAST_LAP = 0.05
"""Share of a lap; what is shorter belongs to the lap before."""


def laps_of(workout: Workout, streams: Streams | None) -> tuple[Lap, ...] | None:
    """The laps; ``None`` for what was entered by hand or has no distance."""
    if streams is None or streams.distance_meters is None:
        return None
    if workout.session.structured:
        bounds = [0, *accumulate(block.seconds for block in workout.session.blocks)]
    else:
        sport = workout.activity.sport_type.broader
        distances = [distance or 0.0 for distance in streams.distance_meters]
        bounds = _by_distance(distances, _AUTOMATIC_METERS.get(sport, 1000.0))
    return tuple(
        _lap(number, workout.activity, streams, first, end)
        for number, (first, end) in enumerate(pairwise(bounds), start=1)
    )


def _by_distance(distances: Sequence[float], length: float) -> list[int]:
    """Indexes of the samples at which laps begin, and the end."""
    bounds = [0]
    for index, distance in enumerate(distances[:-1]):
        if distance >= length * len(bounds):
            bounds.append(index + 1)
    last_lap = distances[-1] - distances[bounds[-1] - 1]
    if len(bounds) > 1 and last_lap < length * _SHORTEST_LAST_LAP:
        bounds.pop()
    return [*bounds, len(distances)]


def _lap(number: int, activity: Activity, streams: Streams, first: int, end: int) -> Lap:
    """The lap of the samples from ``first`` up to ``end``; a pause before a sample is its lap's."""
    times = streams.time_seconds
    began = 0.0 if first == 0 else times[first - 1]
    ended = times[end - 1] if end < len(times) else (activity.duration_seconds or times[-1])
    distances = streams.distance_meters or ()
    before = 0.0 if first == 0 else distances[first - 1] or 0.0
    distance = round((distances[end - 1] or 0.0) - before, 1)
    moving = float(end - first)
    altitudes = _known(streams.altitude_meters, max(first - 1, 0), end)
    climbed = sum(max(after - before, 0.0) for before, after in pairwise(altitudes))
    return Lap(
        index=number,
        start_time=activity.start_time + timedelta(seconds=began),
        duration_seconds=ended - began,
        moving_time_seconds=moving,
        distance_meters=distance,
        elevation_gain_meters=round(climbed, 1) if altitudes else None,
        average_heart_rate_bpm=_mean(_known(streams.heart_rate_bpm, first, end)),
        max_heart_rate_bpm=max(_known(streams.heart_rate_bpm, first, end), default=None),
        average_power_watts=_mean(_known(streams.power_watts, first, end)),
        max_power_watts=max(_known(streams.power_watts, first, end), default=None),
        average_cadence_rpm=_mean(_known(streams.cadence_rpm, first, end)),
        average_speed_mps=round(distance / moving, 3),
        max_speed_mps=max(_known(streams.speed_mps, first, end), default=None),
    )


def _known(column: Sequence[float | None] | None, first: int, end: int) -> list[float]:
    return [value for value in column[first:end] if value is not None] if column else []


def _mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 1) if values else None
