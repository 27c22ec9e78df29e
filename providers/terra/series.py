"""From an activity's samples and laps to streams and laps; pure, and never trusting.

Terra gives every measure a list of its own, at times of its own. They are brought together on one
axis of whole seconds, with gaps where a measure has no sample.
"""

from collections.abc import Callable
from datetime import UTC
from typing import Any

from pierre_mcp.models import Activity, Lap, Streams
from pierre_mcp.models.limits import MAX_PARTS, Checker, possible
from providers.terra.mapping import place_of, turns
from providers.terra.wire import Moment, Path, Row, items, measured, moment_of, part

_DETAILED = ("distance_data", "detailed")
_COLUMNS: tuple[tuple[str, Path, str, str], ...] = (
    (
        "distance_meters",
        (*_DETAILED, "distance_samples"),
        "distance_meters",
        "distance_meters",
    ),
    ("heart_rate_bpm", ("heart_rate_data", "detailed", "hr_samples"), "bpm", "heart_rate_bpm"),
    ("power_watts", ("power_data", "power_samples"), "watts", "power_watts"),
    ("cadence_rpm", ("movement_data", "cadence_samples"), "cadence_rpm", "cadence_rpm"),
    ("speed_mps", ("movement_data", "speed_samples"), "speed_meters_per_second", "speed_mps"),
    ("altitude_meters", (*_DETAILED, "elevation_samples"), "elev_meters", "altitude_meters"),
)
"""Our column, where its samples are, what a sample has it under, and what it measures."""
_POSITIONS = ("position_data", "position_samples")
_LAP_ROWS: tuple[Row, ...] = (
    ("moving_time_seconds", ("active_duration_seconds",), "seconds"),
    ("distance_meters", ("distance_meters",), "distance_meters"),
    ("average_heart_rate_bpm", ("avg_hr_bpm",), "heart_rate_bpm"),
    ("average_power_watts", ("avg_watts",), "power_watts"),
    ("average_speed_mps", ("avg_speed_meters_per_second",), "speed_mps"),
    ("calories_kcal", ("calories",), "calories_kcal"),
)
_LATE_SECONDS = 10
"""Devices write a last sample a moment after the end."""


def streams_of(payload: Any, activity: Activity, check: Checker) -> Streams | None:
    """Every measure second by second; ``None`` where there is no sample."""
    seconds_of = _axis(payload, activity)
    columns: dict[str, dict[int, float]] = {}
    strange = False
    for column, path, name, quantity in _COLUMNS:
        if column == "cadence_rpm" and not turns(activity.sport_type):
            continue
        for sample in items(payload, *path):
            second, raw = seconds_of(sample), part(sample, name)
            value = possible(quantity, raw)
            # A heart that stands still is a gap.
            strange = strange or (value is None and raw not in (None, 0))
            if second is not None and value is not None:
                columns.setdefault(column, {})[second] = value
    for sample in items(payload, *_POSITIONS):
        second, place = seconds_of(sample), place_of(part(sample, "coords_lat_lng_deg"))
        if second is not None and place is not None:
            columns.setdefault("latitude_degrees", {})[second] = place[0]
            columns.setdefault("longitude_degrees", {})[second] = place[1]
    if strange:
        check.note("streams", "hold samples that cannot be")
    axis = sorted({second for column in columns.values() for second in column})
    if not axis:
        return None
    return Streams(
        time_seconds=tuple(float(second) for second in axis),
        **{name: tuple(map(column.get, axis)) for name, column in columns.items()},
    )


def laps_of(payload: Any, activity: Activity, check: Checker) -> tuple[Lap, ...] | None:
    """The laps in order; ``None`` where there are none."""
    laps: list[Lap] = []
    for told in items(payload, "lap_data", "laps")[:MAX_PARTS]:
        if not isinstance(told, dict):
            check.note("laps", "hold one that cannot be read")
            continue
        values = measured(told, _LAP_ROWS, check)
        start, end = moment_of(told.get("start_time")), moment_of(told.get("end_time"))
        if start is not None:
            seconds = _between(_start_of(activity, payload), start)
            values["start_time"] = start.instant if seconds is not None else None
        if start is not None and end is not None:
            values["duration_seconds"] = check.positive(
                "duration_seconds", "seconds", (end.wall - start.wall).total_seconds()
            )
        laps.append(Lap(index=len(laps) + 1, **values))
    return tuple(laps) or None


def _axis(payload: Any, activity: Activity) -> Callable[[Any], int | None]:
    """How many seconds after the start a sample was taken, if it lies within the activity."""
    start, lasts = _start_of(activity, payload), activity.duration_seconds
    latest = None if lasts is None else lasts * 1.05 + _LATE_SECONDS

    def seconds_of(sample: Any) -> int | None:
        taken = moment_of(part(sample, "timestamp"))
        seconds = None if taken is None else _between(start, taken)
        if seconds is None or (latest is not None and seconds > latest):
            return None
        return seconds

    return seconds_of


def _start_of(activity: Activity, payload: Any) -> Moment:
    told = moment_of(part(payload, "metadata", "start_time"))
    start = activity.start_time.astimezone(UTC)
    return told or Moment(
        instant=start, wall=start.replace(tzinfo=None), offset_seconds=None, is_certain=True
    )


def _between(start: Moment, later: Moment) -> int | None:
    """Whole seconds from one to the other, by their clocks where one of them names no zone."""
    zoned = start.is_certain and later.is_certain
    apart = later.instant - start.instant if zoned else later.wall - start.wall
    seconds = round(apart.total_seconds())
    return seconds if 0 <= seconds <= _MOST_SECONDS else None


_MOST_SECONDS = 30 * 86_400
