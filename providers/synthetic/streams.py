"""The second-by-second record of a workout, in agreement with its summary.

The summary is decided first (``workouts``). Here the blocks of effort, hills and chance make rough
shapes, and ``shapes`` bends each until its mean, peak, sum or normalized power is the summary's.
The clock runs on through pauses, so they show as gaps in ``time_seconds``.
"""

from collections.abc import Sequence

from pierre_mcp.models import Activity, SportType, Streams
from providers.synthetic import shapes
from providers.synthetic.dice import Dice, Roll
from providers.synthetic.sessions import Session
from providers.synthetic.workouts import Workout, speed_exponent

_SLOWED_BY_GRADE = {SportType.RUN: 2.5, SportType.RIDE: 6.0, SportType.NORDIC_SKI: 4.0}
"""Share of speed lost per unit of grade."""
_LONGEST_STOP_SECONDS = 240


def streams_of(workout: Workout, dice: Dice) -> Streams | None:
    """One sample a second of moving time; ``None`` for what was entered by hand."""
    activity, session = workout.activity, workout.session
    if activity.manual:
        return None
    roll = dice.roll("streams", activity.id)
    samples = session.moving_seconds
    effort = _effort(session)
    gain = activity.elevation_gain_meters
    heights = (
        None
        if gain is None
        else shapes.altitudes(samples, gain, session.place.altitude_meters, roll)
    )
    speeds = _speeds(activity, effort, heights, roll)
    distances = _running_sum(speeds, activity.distance_meters) if speeds else None
    positions = (
        shapes.loop(distances, activity.start_latlng, roll)
        if distances and activity.start_latlng
        else None
    )
    return Streams(
        time_seconds=_times(samples, session.pause_seconds, roll),
        distance_meters=_rounded(distances, 1),
        speed_mps=_rounded(speeds, 3),
        heart_rate_bpm=_rounded(_heart_rates(activity, effort, roll), 0),
        power_watts=_rounded(_powers(activity, effort, roll), 0),
        cadence_rpm=_rounded(_cadences(activity, samples, roll), 0),
        altitude_meters=_rounded(heights, 2),
        latitude_degrees=_rounded([p[0] for p in positions] if positions else None, 6),
        longitude_degrees=_rounded([p[1] for p in positions] if positions else None, 6),
    )


def _effort(session: Session) -> list[float]:
    """Intensity relative to its mean, second by second, a few seconds late at each change."""
    mean = session.intensity
    wanted = [block.intensity / mean for block in session.blocks for _ in range(block.seconds)]
    return shapes.lagging(wanted, 4.0, start=wanted[0])


def _speeds(
    activity: Activity, effort: Sequence[float], heights: Sequence[float] | None, roll: Roll
) -> list[float] | None:
    if activity.distance_meters is None or activity.max_speed_mps is None:
        return None
    mean = activity.distance_meters / len(effort)
    slowing = _SLOWED_BY_GRADE.get(activity.sport_type.broader, 1.5) if heights else 0.0
    exponent = speed_exponent(activity.sport_type)
    shape = []
    before = heights[0] if heights else 0.0
    for index, (level, chance) in enumerate(
        zip(effort, shapes.wander(len(effort), roll), strict=True)
    ):
        height = heights[index] if heights else 0.0
        grade = max(-0.15, min((height - before) / mean, 0.15))
        before = height
        shape.append(level**exponent * (1 - slowing * grade) + 0.02 * chance)
    return shapes.with_mean_and_peak(shape, mean, activity.max_speed_mps, mean * 0.3)


def _heart_rates(activity: Activity, effort: Sequence[float], roll: Roll) -> list[float] | None:
    mean, peak = activity.average_heart_rate_bpm, activity.max_heart_rate_bpm
    if mean is None or peak is None:
        return None
    # The heart starts low, follows the effort half a minute late and drifts upward.
    late = shapes.lagging(effort, 28.0, start=0.62 * effort[0])
    chance = shapes.wander(len(effort), roll, seconds=60.0)
    shape = [
        level + 0.05 * index / len(effort) + 0.012 * chance[index]
        for index, level in enumerate(late)
    ]
    return shapes.with_mean_and_peak(shape, mean, peak, mean * 0.6)


def _powers(activity: Activity, effort: Sequence[float], roll: Roll) -> list[float] | None:
    average, normalized = activity.average_power_watts, activity.normalized_power_watts
    if average is None or normalized is None or activity.max_power_watts is None:
        return None
    rough = 0.05 if activity.indoor else 0.22
    slow = shapes.wander(len(effort), roll, seconds=40.0)
    shape = [
        level * (1 + rough * slow[index] + roll.between(-1.4, 1.4) * rough)
        for index, level in enumerate(effort)
    ]
    return shapes.power_curve(shape, average, normalized, activity.max_power_watts)


def _cadences(activity: Activity, samples: int, roll: Roll) -> list[float] | None:
    mean = activity.average_cadence_rpm
    if mean is None:
        return None
    noise = shapes.wander(samples, roll)
    middle = sum(noise) / samples
    return [mean + 2 * (value - middle) for value in noise]


def _times(samples: int, pause_seconds: int, roll: Roll) -> tuple[float, ...]:
    """Seconds since the start at the end of each moving second; pauses are jumps in between."""
    stops = 1 + pause_seconds // _LONGEST_STOP_SECONDS if pause_seconds else 0
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
