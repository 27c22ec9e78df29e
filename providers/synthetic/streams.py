"""The second-by-second record of a workout, and its laps, in agreement with its summary.

The clock runs on through pauses, so they show as gaps in ``time_seconds``. Laps are cut from the
streams and add up to the whole.
"""

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

from pierre_mcp.models import Activity, Lap, SportType, Streams
from providers.synthetic import shapes
from providers.synthetic.dice import Dice, Roll
from providers.synthetic.workouts import Workout

_LAP_METERS = {SportType.RIDE: 5000.0, SportType.SWIM: 100.0}
_HOME_ALTITUDE_METERS = 436.0


def streams_of(workout: Workout, dice: Dice) -> Streams | None:
    """One sample a second of moving time; ``None`` for what was entered by hand."""
    activity = workout.activity
    if activity.manual:
        return None
    roll = dice.roll("streams", activity.id)
    samples = int(activity.moving_time_seconds or 0)
    effort = shapes.effort(workout.session.structure, samples, roll)
    speeds = _speeds(activity, effort)
    distances = _running_sum(speeds, activity.distance_meters) if speeds else None
    gain = activity.elevation_gain_meters
    positions = (
        shapes.loop(distances, activity.start_latlng, roll)
        if distances and activity.start_latlng
        else None
    )
    return Streams(
        time_seconds=_times(samples, workout.session.pause_seconds, roll),
        distance_meters=_rounded(distances, 1),
        speed_mps=_rounded(speeds, 3),
        heart_rate_bpm=_rounded(_heart_rates(activity, effort), 0),
        power_watts=_rounded(_powers(activity, effort), 0),
        cadence_rpm=_rounded(_cadences(activity, samples, roll), 0),
        altitude_meters=_rounded(
            None if gain is None else shapes.altitudes(samples, gain, _HOME_ALTITUDE_METERS, roll),
            2,
        ),
        latitude_degrees=_rounded([p[0] for p in positions] if positions else None, 6),
        longitude_degrees=_rounded([p[1] for p in positions] if positions else None, 6),
    )


def laps_of(activity: Activity, streams: Streams | None) -> tuple[Lap, ...] | None:
    """Automatic laps by distance, the last one shorter; ``None`` without distances."""
    if streams is None or streams.distance_meters is None:
        return None
    distances = [distance or 0.0 for distance in streams.distance_meters]
    length = _LAP_METERS.get(activity.sport_type.broader, 1000.0)
    bounds = [0]
    for index, distance in enumerate(distances):
        if distance >= length * len(bounds) and index + 1 < len(distances):
            bounds.append(index + 1)
    bounds.append(len(distances))
    # A last lap of a few meters belongs to the one before it.
    if len(bounds) > 2 and distances[-1] - distances[bounds[-2] - 1] < length * 0.05:  # noqa: PLR2004
        del bounds[-2]
    return tuple(
        _lap(number, activity, streams, first, end)
        for number, (first, end) in enumerate(pairwise(bounds), start=1)
    )


def _lap(number: int, activity: Activity, streams: Streams, first: int, end: int) -> Lap:
    times = streams.time_seconds
    began = 0.0 if first == 0 else times[first - 1]
    ended = times[end - 1] if end < len(times) else (activity.duration_seconds or times[-1])
    distances = streams.distance_meters or ()
    before = 0.0 if first == 0 else distances[first - 1] or 0.0
    distance = round((distances[end - 1] or 0.0) - before, 1)
    moving = float(end - first)
    altitude = streams.altitude_meters
    return Lap(
        index=number,
        start_time=activity.start_time + timedelta(seconds=began),
        duration_seconds=ended - began,
        moving_time_seconds=moving,
        distance_meters=distance,
        elevation_gain_meters=None
        if altitude is None
        else round(_ascent(altitude[max(first - 1, 0) : end]), 1),
        average_heart_rate_bpm=_mean(streams.heart_rate_bpm, first, end),
        max_heart_rate_bpm=_highest(streams.heart_rate_bpm, first, end),
        average_power_watts=_mean(streams.power_watts, first, end),
        max_power_watts=_highest(streams.power_watts, first, end),
        average_cadence_rpm=_mean(streams.cadence_rpm, first, end),
        average_speed_mps=round(distance / moving, 3),
        max_speed_mps=_highest(streams.speed_mps, first, end),
    )


def _speeds(activity: Activity, effort: Sequence[float]) -> list[float] | None:
    if activity.distance_meters is None or activity.max_speed_mps is None:
        return None
    mean = activity.distance_meters / len(effort)
    return shapes.with_mean_and_peak(effort, mean, activity.max_speed_mps, mean * 0.35)


def _heart_rates(activity: Activity, effort: Sequence[float]) -> list[float] | None:
    mean, peak = activity.average_heart_rate_bpm, activity.max_heart_rate_bpm
    if mean is None or peak is None:
        return None
    # The heart follows the effort about twenty seconds late and drifts upward.
    lagging: list[float] = []
    value = min(effort) * 1.2
    for index, now in enumerate(effort):
        value += (now - value) / 20
        lagging.append(value + 0.4 * index / len(effort))
    return shapes.with_mean_and_peak(lagging, mean, peak, mean * 0.66)


def _powers(activity: Activity, effort: Sequence[float]) -> list[float] | None:
    average, normalized = activity.average_power_watts, activity.normalized_power_watts
    if average is None or normalized is None or activity.max_power_watts is None:
        return None
    return shapes.power_curve(effort, average, normalized, activity.max_power_watts)


def _cadences(activity: Activity, samples: int, roll: Roll) -> list[float] | None:
    mean = activity.average_cadence_rpm
    if mean is None:
        return None
    noise = shapes.wander(samples, roll)
    middle = sum(noise) / samples
    return [mean + 3 * (value - middle) for value in noise]


def _times(samples: int, pause_seconds: int, roll: Roll) -> tuple[float, ...]:
    """Seconds since the start at the end of each moving second; pauses are jumps in between."""
    stops = min(1 + pause_seconds // 240, 6) if pause_seconds else 0
    at = sorted(roll.whole(samples // 10, samples - 2) for _ in range(stops))
    lengths = [pause_seconds // stops] * stops if stops else []
    if lengths:
        lengths[-1] += pause_seconds - sum(lengths)
    times = []
    paused = 0
    stop = 0
    for index in range(samples):
        while stop < stops and at[stop] <= index:
            paused += lengths[stop]
            stop += 1
        times.append(float(index + 1 + paused))
    return tuple(times)


def _running_sum(speeds: Sequence[float], total: float | None) -> list[float]:
    covered = 0.0
    distances = []
    for speed in speeds:
        covered += speed
        distances.append(covered)
    if total is not None:
        distances[-1] = total
    return distances


def _rounded(values: Sequence[float] | None, decimals: int) -> tuple[float | None, ...] | None:
    return None if values is None else tuple(float(round(v, decimals)) for v in values)


def _ascent(altitudes: Sequence[float | None]) -> float:
    known = [altitude for altitude in altitudes if altitude is not None]
    return sum(max(b - a, 0.0) for a, b in pairwise(known))


def _mean(column: Sequence[float | None] | None, first: int, end: int) -> float | None:
    values = [v for v in column[first:end] if v is not None] if column else []
    return round(sum(values) / len(values), 1) if values else None


def _highest(column: Sequence[float | None] | None, first: int, end: int) -> float | None:
    values = [v for v in column[first:end] if v is not None] if column else []
    return max(values) if values else None
