"""The best stretches inside an activity: fastest standard distances and best powers.

Exact for the samples there are, in time linear in their number. A stretch may include a pause: its
time is elapsed time.
"""

from collections.abc import Sequence

from pierre_mcp.models import (
    STANDARD_DISTANCES_METERS,
    Activity,
    PersonalRecord,
    RecordKind,
)

POWER_DURATIONS_SECONDS = (5, 60, 300, 1200, 3600)
_LONGEST_DAY_SECONDS = 2 * 86_400
_LONGEST_STEP_SECONDS = 10
"""Devices that save space note a sample every few seconds."""


def fastest(
    times: Sequence[float], distances: Sequence[float | None], target_meters: float
) -> float | None:
    """Seconds of the fastest stretch of at least the target, between samples; ``None`` if shorter.

    Within the last step the time is shared out evenly, so that the stretch is exactly the target.
    """
    known = [(t, d) for t, d in zip(times, distances, strict=True) if d is not None]
    best: float | None = None
    first = 0
    for last in range(1, len(known)):
        end_time, end_distance = known[last]
        while first + 1 < last and end_distance - known[first + 1][1] >= target_meters:
            first += 1
        begin_time, begin_distance = known[first]
        covered = end_distance - begin_distance
        if covered < target_meters or end_time <= begin_time:
            continue
        step_time = known[first + 1][0] - begin_time
        step_distance = known[first + 1][1] - begin_distance
        excess = covered - target_meters
        saved = step_time * min(excess / step_distance, 1.0) if step_distance > 0 else 0.0
        seconds = end_time - begin_time - saved
        if seconds > 0 and (best is None or seconds < best):
            best = seconds
    return best


def best_mean_power(
    times: Sequence[float], watts: Sequence[float | None], seconds: int
) -> float | None:
    """The highest mean power over that many seconds.

    A sample stands for the few seconds to the next one; longer without any counts as zero.
    """
    if not times or times[-1] - times[0] + 1 < seconds or times[-1] > _LONGEST_DAY_SECONDS:
        return None
    by_second = [0.0] * (int(times[-1] - times[0]) + 1)
    for time, following, power in zip(times, (*times[1:], times[-1] + 1), watts, strict=True):
        first, until = int(time - times[0]), int(following - times[0])
        stands_for = until - first if until - first <= _LONGEST_STEP_SECONDS else 1
        by_second[first : first + max(stands_for, 1)] = [power or 0.0] * max(stands_for, 1)
    window = sum(by_second[:seconds])
    best = window
    for index in range(seconds, len(by_second)):
        window += by_second[index] - by_second[index - seconds]
        best = max(best, window)
    return round(best / seconds, 1) or None


def best_efforts(activity: Activity) -> list[PersonalRecord]:
    """The best stretches of an activity that has streams."""
    streams = activity.streams
    if streams is None:
        return []
    found: list[PersonalRecord] = []

    def add(kind: RecordKind, value: float, *, meters: float | None, seconds: float | None) -> None:
        found.append(
            PersonalRecord(
                provider=activity.provider,
                kind=kind,
                sport_type=activity.sport_type.broader,
                value=round(value, 1),
                value_unit="watts" if kind is RecordKind.BEST_POWER else "seconds",
                basis="best_effort",
                activity_id=activity.id,
                activity_name=activity.name,
                achieved_at=activity.start_time,
                utc_offset_seconds=activity.utc_offset_seconds,
                distance_meters=meters,
                duration_seconds=seconds,
            )
        )

    if streams.distance_meters is not None and not activity.indoor:
        for target in STANDARD_DISTANCES_METERS.get(activity.sport_type.broader, ()):
            seconds = fastest(streams.time_seconds, streams.distance_meters, target)
            if seconds is not None and target / seconds < _impossible_speed(activity):
                add(RecordKind.FASTEST_DISTANCE, seconds, meters=target, seconds=None)
    if streams.power_watts is not None:
        for duration in POWER_DURATIONS_SECONDS:
            watts = best_mean_power(streams.time_seconds, streams.power_watts, duration)
            if watts is not None:
                add(RecordKind.BEST_POWER, watts, meters=None, seconds=float(duration))
    return found


def _impossible_speed(activity: Activity) -> float:
    """Meters per second that nobody holds over a standard distance: a jump of the receiver."""
    return {"run": 8.0, "ride": 25.0, "swim": 2.6}.get(activity.sport_type.broader.value, 60.0)
