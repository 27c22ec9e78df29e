"""One record out of those of one workout: for each field the source that knows it best.

The best source is the one that recorded it, told by the device that a copy names; else the one
that a device and not a person wrote down; else the one that says more. What belongs together comes
from one source: moving time with its distance, powers, heart rates. Nothing is ever averaged.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from pierre_mcp.combine.same import Key, Reason, Workout, key_of
from pierre_mcp.models import Activity, SportType

_TOGETHER: tuple[tuple[str, ...], ...] = (
    ("start_time", "utc_offset_seconds", "timezone", "duration_seconds"),
    ("distance_meters", "moving_time_seconds", "average_speed_mps", "max_speed_mps"),
    ("average_power_watts", "max_power_watts", "normalized_power_watts"),
    ("average_heart_rate_bpm", "max_heart_rate_bpm"),
)
"""Fields that are told by one source, which is one that knows the first of them, if any does."""
_ALONE: tuple[str, ...] = (
    "name", "elevation_gain_meters", "average_cadence_rpm", "calories_kcal", "training_load",
    "device_name", "gear_name", "manual", "private", "indoor", "race", "start_latlng", "laps",
    "streams", "zones",
)  # fmt: skip
"""Fields that are told by the best source that knows them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """A workout as one record, under the id of its best source.

    ``sources`` are all records that tell of it, the best first. ``provenance`` names for each known
    field the provider that it comes from.
    """

    activity: Activity
    sources: tuple[Key, ...]
    provenance: Mapping[str, str]
    reason: Reason | None
    confidence: float


def merge(workout: Workout, priority: Sequence[str] = ()) -> Merged:
    """The workout's records as one; ``priority`` decides between providers that know it as well."""
    ranked = sorted(workout.records, key=lambda one: _rank(one, workout.records, priority))
    best = ranked[0]
    if len(ranked) == 1:
        values: dict[str, Any] = {}
        origin = dict.fromkeys(_known(best), best.provider)
    else:
        values, origin = _chosen(ranked)
    return Merged(
        activity=best.model_copy(update=values) if values else best,
        sources=tuple(key_of(record) for record in ranked),
        provenance=MappingProxyType(origin),
        reason=workout.reason,
        confidence=workout.confidence,
    )


def _chosen(ranked: Sequence[Activity]) -> tuple[dict[str, Any], dict[str, str]]:
    values: dict[str, Any] = {}
    origin: dict[str, str] = {}

    def take(record: Activity, *names: str) -> None:
        for name in names:
            values[name] = getattr(record, name)
            if values[name] is not None:
                origin[name] = record.provider

    for group in _TOGETHER:
        # Who knows the first of them, and more of the others, knows them best.
        knowing = [one for one in ranked if getattr(one, group[0]) is not None]
        knowing.sort(key=lambda one: -sum(getattr(one, name) is not None for name in group))
        take((knowing or list(ranked))[0], *group)
        for name in group[1:]:
            if values[name] is None and group[0] == "start_time":
                others = [one for one in ranked if getattr(one, name) is not None]
                take((others or list(ranked))[0], name)
    if values["average_power_watts"] is None:
        powered = [one for one in ranked if one.normalized_power_watts or one.max_power_watts]
        take((powered or list(ranked))[0], *_TOGETHER[2])
    for name in _ALONE:
        knowing = [one for one in ranked if getattr(one, name) is not None]
        take((knowing or list(ranked))[0], name)
    specific = min(ranked, key=lambda one: _vagueness(one.sport_type))
    take(specific, "sport_type", "sport_type_raw")
    origin |= {"id": ranked[0].provider, "provider": ranked[0].provider}
    notes = [note for record in ranked for note in record.warnings]
    values["warnings"] = tuple(dict.fromkeys(notes))
    return values, origin


def _known(activity: Activity) -> list[str]:
    names = type(activity).model_fields
    return [name for name in names if name != "warnings" and getattr(activity, name) is not None]


def _rank(
    record: Activity, records: Sequence[Activity], priority: Sequence[str]
) -> tuple[Any, ...]:
    """The smaller, the better a source."""
    others = [one for one in records if one is not record]
    recorded = any(_names(one.device_name, record.provider) for one in others)
    copied = any(_names(record.device_name, one.provider) for one in others)
    known = sum(getattr(record, name) is not None for name in _COUNTED)
    place = priority.index(record.provider) if record.provider in priority else len(priority)
    return (
        not recorded,
        copied or record.recorded_by is not None,
        record.manual is True,
        place,
        -known,
        key_of(record),
    )


_COUNTED = tuple(
    name
    for group in (*_TOGETHER, _ALONE)
    for name in group
    if name not in ("laps", "streams", "zones")
)


def _names(device: str | None, provider: str) -> bool:
    """Whether the name of a device holds the name of a provider."""
    return device is not None and provider.replace("-", " ") in device.lower()


def _vagueness(sport: SportType) -> int:
    """Less for a variant than for its sport, most for none of the list."""
    if sport is SportType.OTHER:
        return 2
    return int(sport.broader is sport)
