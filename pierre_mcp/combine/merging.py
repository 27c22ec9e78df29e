"""One record out of those of one workout: for each field the source that knows it best.

The best source is the one that recorded it, told by the device that a copy names; else the one
that a device and not a person wrote down; else the one that says more. What belongs together comes
from one source: moving time with its distance, powers, heart rates. Nothing is ever averaged.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from types import MappingProxyType
from typing import Any

from pierre_mcp.combine.same import Key, Reason, Workout, key_of
from pierre_mcp.models import Activity, SportType

_POWERS = ("average_power_watts", "max_power_watts", "normalized_power_watts")
_TOGETHER = {
    group: itemgetter(*group)
    for group in (
        ("start_time", "utc_offset_seconds", "timezone", "duration_seconds"),
        ("distance_meters", "moving_time_seconds", "average_speed_mps", "max_speed_mps"),
        _POWERS,
        ("average_heart_rate_bpm", "max_heart_rate_bpm"),
    )
}
"""Fields that are told by one source, which is one that knows the first of them, if any does."""
_ALONE: tuple[str, ...] = (
    "name", "elevation_gain_meters", "average_cadence_rpm", "calories_kcal", "training_load",
    "device_name", "gear_name", "manual", "private", "indoor", "race", "start_latlng", "laps",
    "streams", "zones",
)  # fmt: skip
"""Fields that are told by the best source that knows them."""
_FILLED = (*_ALONE, "utc_offset_seconds", "timezone", "duration_seconds")
"""Fields that any source tells where the better ones do not; those of the start last."""
_of_filled = itemgetter(*_FILLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """A workout as one record, under the id of its best source.

    ``sources`` are all records that tell of it, the best first, and ``starts`` when each of them
    begins. ``provenance`` names for each known field the provider that it comes from.
    """

    activity: Activity
    sources: tuple[Key, ...]
    starts: tuple[datetime, ...]
    provenance: Mapping[str, str]
    reason: Reason | None
    confidence: float


def merge(workout: Workout, priority: Sequence[str] = ()) -> Merged:
    """The workout's records as one; ``priority`` decides between providers that know it as well."""
    ranked = _ranked(workout.records, priority)
    best = ranked[0]
    if len(ranked) == 1:
        origin = dict.fromkeys(_known(best), best.provider)
    else:
        values, origin = _chosen(ranked)
        best = best.model_copy(update=values)
    return Merged(
        activity=best,
        sources=tuple(map(key_of, ranked)),
        starts=tuple([record.start_time for record in ranked]),
        provenance=MappingProxyType(origin),
        reason=workout.reason,
        confidence=workout.confidence,
    )


def _chosen(ranked: Sequence[Activity]) -> tuple[dict[str, Any], dict[str, str]]:
    """What the best source does not tell itself, and where each field comes from."""
    # The fields of each, the best source first; a long history asks for them a million times.
    told = [vars(record) for record in ranked]
    values: dict[str, Any] = {}
    origin = dict.fromkeys(_known(ranked[0]), ranked[0].provider)

    def take(known: Mapping[str, Any], *names: str) -> None:
        for name in names:
            values[name] = known[name]
            if known[name] is None:
                origin.pop(name, None)
            else:
                origin[name] = known["provider"]

    for group, of_group in _TOGETHER.items():
        # Who knows the first of them, and more of the others, knows them best.
        knowing = [known for known in told if known[group[0]] is not None] or told
        gaps = [of_group(known).count(None) for known in knowing]
        chosen = knowing[gaps.index(min(gaps))]
        if chosen is not told[0]:
            take(chosen, *group)
    if "average_power_watts" not in origin:
        powered = [one for one in told if one["normalized_power_watts"] or one["max_power_watts"]]
        take((powered or told)[0], *_POWERS)
    columns = zip(_FILLED, zip(*map(_of_filled, told), strict=True), strict=True)
    for name, column in columns:
        if name not in origin and column.count(None) < len(told):
            take(next(known for known in told if known[name] is not None), name)
    sports = [known["sport_type"] for known in told]
    if sports.count(sports[0]) < len(sports):
        vague = list(map(_vagueness, sports))
        take(told[vague.index(min(vague))], "sport_type", "sport_type_raw")
    notes = [note for record in ranked for note in record.warnings]
    values["warnings"] = tuple(dict.fromkeys(notes))
    return values, origin


def _known(activity: Activity) -> list[str]:
    told = vars(activity).items()
    return [name for name, value in told if value is not None and name != "warnings"]


def _ranked(records: Sequence[Activity], priority: Sequence[str]) -> list[Activity]:
    """The records, the best source first."""
    if len(records) == 1:
        return list(records)
    named = [one for one in records if one.device_name is not None]

    def rank(record: Activity) -> tuple[Any, ...]:
        """The smaller, the better a source."""
        recorded = bool(named) and any(
            _names(one.device_name, record.provider) for one in named if one is not record
        )
        copied = record.device_name is not None and any(
            _names(record.device_name, one.provider) for one in records if one is not record
        )
        place = priority.index(record.provider) if record.provider in priority else len(priority)
        return (
            not recorded,
            copied or record.recorded_by is not None,
            record.manual is True,
            place,
            list(vars(record).values()).count(None),
            key_of(record),
        )

    return sorted(records, key=rank)


def _names(device: str | None, provider: str) -> bool:
    """Whether the name of a device holds the name of a provider."""
    return device is not None and provider.replace("-", " ") in device.lower()


def _vagueness(sport: SportType) -> int:
    """Less for a variant than for its sport, most for none of the list."""
    if sport is SportType.OTHER:
        return 2
    return int(sport.broader is sport)
