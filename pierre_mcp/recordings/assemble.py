"""From a track and whatever totals a file gives to one activity.

A total of the file's own wins; what it does not give is taken from the samples.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pierre_mcp.models import Activity, Lap, SportType
from pierre_mcp.models.base import DataWarning
from pierre_mcp.models.limits import Checker
from pierre_mcp.models.text import clean_text
from pierre_mcp.recordings.track import (
    Track,
    average,
    climb,
    highest,
    last_known,
    moving_seconds,
    start_position,
)


def assemble(
    *,
    provider: str,
    activity_id: str,
    start: datetime,
    sport: tuple[SportType, str | None],
    track: Track | None,
    totals: Mapping[str, Any],
    check: Checker,
    laps: Sequence[Lap] = (),
    name: object = None,
    device: object = None,
    utc_offset_seconds: int | None = None,
    indoor: bool | None = None,
) -> Activity:
    """One activity; ``totals`` holds checked values by field name, ``None`` where there is none."""
    derived = _from_track(track) if track else {}
    values: dict[str, Any] = {
        field: totals.get(field) if totals.get(field) is not None else derived.get(field)
        for field in {*totals, *derived}
    }
    duration, moving = values.get("duration_seconds"), values.get("moving_time_seconds")
    if duration is not None and moving is not None and moving > duration:
        # Timers round differently: elapsed time cannot be the shorter one.
        values["duration_seconds"] = moving
    distance, moving = values.get("distance_meters"), values.get("moving_time_seconds")
    if values.get("average_speed_mps") is None and distance and moving:
        values["average_speed_mps"] = round(distance / moving, 3)
    _order(values, "average_heart_rate_bpm", "max_heart_rate_bpm")
    _order(values, "average_power_watts", "max_power_watts")
    _order(values, "average_speed_mps", "max_speed_mps")
    warnings = [*check.warnings, *(track.warnings if track else ())]
    return Activity(
        provider=provider,
        id=activity_id,
        name=clean_text(name),
        sport_type=sport[0],
        sport_type_raw=clean_text(sport[1]),
        start_time=start,
        utc_offset_seconds=utc_offset_seconds,
        device_name=clean_text(device),
        indoor=indoor,
        manual=False,
        start_latlng=start_position(track.streams) if track else None,
        laps=tuple(laps) or None,
        streams=track.streams if track else None,
        warnings=tuple(_distinct(warnings)),
        **values,
    )


def _from_track(track: Track) -> dict[str, float | None]:
    streams = track.streams
    return {
        "duration_seconds": streams.time_seconds[-1] or None,
        "moving_time_seconds": moving_seconds(track) or None,
        "distance_meters": last_known(streams.distance_meters),
        "elevation_gain_meters": climb(streams.altitude_meters),
        "average_heart_rate_bpm": average(streams.heart_rate_bpm),
        "max_heart_rate_bpm": highest(streams.heart_rate_bpm),
        "average_power_watts": average(streams.power_watts),
        "max_power_watts": highest(streams.power_watts),
        "average_cadence_rpm": _average_in_motion(streams.cadence_rpm),
        "max_speed_mps": highest(streams.speed_mps),
    }


def _average_in_motion(cadence: Sequence[float | None] | None) -> float | None:
    """Cadence is averaged over turning, as devices do."""
    return average([value for value in cadence or () if value])


def _order(values: dict[str, Any], average_field: str, highest_field: str) -> None:
    """A highest value below the average is not one."""
    mean, top = values.get(average_field), values.get(highest_field)
    if mean is not None and top is not None and top < mean:
        values[highest_field] = None


def _distinct(warnings: Sequence[DataWarning]) -> list[DataWarning]:
    return list(dict.fromkeys(warnings))
