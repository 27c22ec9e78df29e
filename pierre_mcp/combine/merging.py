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
    records = workout.records
    if len(records) == 1:
        best = records[0]
        return Merged(
            activity=best,
            sources=(key_of(best),),
            provenance=MappingProxyType(dict.fromkeys(_known(best), best.provider)),
            reason=workout.reason,
            confidence=workout.confidence,
        )
    named = [one for one in records if one.device_name is not None]
    ranked = sorted(records, key=lambda one: _rank(one, records, named, priority))
    values, origin = _chosen(ranked)
    return Merged(
        activity=ranked[0].model_copy(update=values),
        sources=tuple([key_of(record) for record in ranked]),
        provenance=MappingProxyType(origin),
        reason=workout.reason,
        confidence=workout.confidence,
    )


def _chosen(ranked: Sequence[Activity]) -> tuple[dict[str, Any], dict[str, str]]:
    # The fields of each, the best source first; a long history asks for them a million times.
    told = [vars(record) for record in ranked]
    values: dict[str, Any] = {}
    origin: dict[str, str] = {}

    def take(known: Mapping[str, Any], *names: str) -> None:
        for name in names:
            value = values[name] = known[name]
            if value is not None:
                origin[name] = known["provider"]

    for group in _TOGETHER:
        take(_knows_best(told, group), *group)
    for name in ("utc_offset_seconds", "timezone", "duration_seconds"):
        if values[name] is None:
            take(_first_that_knows(told, name), name)
    if values["average_power_watts"] is None:
        powered = [one for one in told if one["normalized_power_watts"] or one["max_power_watts"]]
        take((powered or told)[0], *_TOGETHER[2])
    for name in _ALONE:
        take(_first_that_knows(told, name), name)
    sport = min(told, key=lambda known: _VAGUENESS[known["sport_type"]])
    take(sport, "sport_type", "sport_type_raw")
    origin |= {"id": ranked[0].provider, "provider": ranked[0].provider}
    notes = [note for record in ranked for note in record.warnings]
    values["warnings"] = tuple(dict.fromkeys(notes))
    return values, origin


def _first_that_knows(told: Sequence[Mapping[str, Any]], name: str) -> Mapping[str, Any]:
    for known in told:
        if known[name] is not None:
            return known
    return told[0]


def _knows_best(told: Sequence[Mapping[str, Any]], group: Sequence[str]) -> Mapping[str, Any]:
    """Who knows the first of them, and more of the others; the better source of two such."""
    best, fewest = None, len(group)
    for known in told:
        if known[group[0]] is None:
            continue
        lacking = [known[name] for name in group].count(None)
        if lacking == 0:
            return known
        if lacking < fewest:
            best, fewest = known, lacking
    if best is not None:
        return best
    return min(told, key=lambda known: [known[name] for name in group].count(None))


def _known(activity: Activity) -> list[str]:
    names = type(activity).model_fields
    return [name for name in names if name != "warnings" and getattr(activity, name) is not None]


def _rank(
    record: Activity,
    records: Sequence[Activity],
    named: Sequence[Activity],
    priority: Sequence[str],
) -> tuple[Any, ...]:
    """The smaller, the better a source; ``named`` are the records that tell of a device."""
    recorded = copied = False
    if named:
        others = [one for one in records if one is not record]
        recorded = any(_names(one.device_name, record.provider) for one in others)
        copied = any(_names(record.device_name, one.provider) for one in others)
    place = priority.index(record.provider) if record.provider in priority else len(priority)
    return (
        not recorded,
        copied or record.recorded_by is not None,
        record.manual is True,
        place,
        list(vars(record).values()).count(None),
        key_of(record),
    )


def _names(device: str | None, provider: str) -> bool:
    """Whether the name of a device holds the name of a provider."""
    return device is not None and provider.replace("-", " ") in device.lower()


def _vagueness(sport: SportType) -> int:
    """Less for a variant than for its sport, most for none of the list."""
    if sport is SportType.OTHER:
        return 2
    return int(sport.broader is sport)


_VAGUENESS = {sport: _vagueness(sport) for sport in SportType}
