"""From a track and whatever totals a file gives to one activity.

A total of the file's own wins; what it does not give is taken from the samples.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pierre_mcp.models import Activity, Lap, SportType
from pierre_mcp.models.base import DataWarning
from pierre_mcp.models.limits import Checker, possible, too_much
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
    _lengthen(values, derived.get("duration_seconds"))
    for field in too_much(values):
        check.note(field)
        values[field] = derived.get(field)
    values |= dict.fromkeys(too_much(values))
    distance, moving = values.get("distance_meters"), values.get("moving_time_seconds")
    if values.get("average_speed_mps") is None and distance and moving:
        values["average_speed_mps"] = possible("speed_mps", round(distance / moving, 3)) or None
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
        laps=tuple(_part(lap, values) for lap in laps) or None,
        streams=track.streams if track else None,
        warnings=tuple(_distinct(warnings)),
        **values,
    )


def _from_track(track: Track) -> dict[str, float | None]:
    streams = track.streams
    found = (
        ("duration_seconds", "seconds", streams.time_seconds[-1]),
        ("moving_time_seconds", "seconds", moving_seconds(track)),
        ("distance_meters", "distance_meters", last_known(streams.distance_meters)),
        ("average_heart_rate_bpm", "heart_rate_bpm", average(streams.heart_rate_bpm)),
        ("max_heart_rate_bpm", "heart_rate_bpm", highest(streams.heart_rate_bpm)),
        ("average_power_watts", "power_watts", average(streams.power_watts)),
        ("max_power_watts", "power_watts", highest(streams.power_watts)),
        ("average_cadence_rpm", "cadence_rpm", _average_in_motion(streams.cadence_rpm)),
        ("max_speed_mps", "speed_mps", highest(streams.speed_mps)),
    )
    values = {field: possible(quantity, value) or None for field, quantity, value in found}
    climbed = climb(streams.altitude_meters)
    return values | {"elevation_gain_meters": possible("elevation_gain_meters", climbed)}


def _lengthen(values: dict[str, Any], sampled_seconds: float | None) -> None:
    """Elapsed time is no shorter than time in motion, nor much shorter than the samples run."""
    elapsed = values.get("duration_seconds")
    if elapsed is None:
        return
    if sampled_seconds is not None and sampled_seconds > _beyond(elapsed):
        elapsed = sampled_seconds
    values["duration_seconds"] = max(elapsed, values.get("moving_time_seconds") or 0.0)


def _part(lap: Lap, whole: Mapping[str, Any]) -> Lap:
    """The lap without what is more than the whole activity has."""
    wrong = [
        field
        for field in ("duration_seconds", "moving_time_seconds", "distance_meters")
        if (value := getattr(lap, field)) is not None
        and whole.get(field) is not None
        and value > _beyond(whole[field])
    ]
    wrong += too_much(dict(lap))
    return lap.model_copy(update=dict.fromkeys(wrong)) if wrong else lap


def _beyond(value: float) -> float:
    """What is more than this contradicts the value; less may be rounding."""
    return value * 1.05 + 10


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
