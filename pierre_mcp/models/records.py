"""Personal records, and how they are found in activities.

A record made by a whole activity is one thing, the fastest stretch inside one is another:
``basis`` says which. Only what the activities show is a record; nothing is extrapolated.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Literal

from pierre_mcp.models.activity import Activity
from pierre_mcp.models.base import Record, UtcTime
from pierre_mcp.models.sports import SportType


class RecordKind(StrEnum):
    """The closed list of kinds of record."""

    LONGEST_DISTANCE = "longest_distance"
    LONGEST_DURATION = "longest_duration"
    MOST_ELEVATION_GAIN = "most_elevation_gain"
    FASTEST_DISTANCE = "fastest_distance"
    BEST_POWER = "best_power"


class PersonalRecord(Record):
    """The athlete's best of one kind in one sport.

    ``value`` is in the unit of ``value_unit``. For ``fastest_distance`` it is seconds over
    ``distance_meters``; for ``best_power`` watts held for ``duration_seconds``.
    """

    kind: RecordKind
    sport_type: SportType
    value: float
    value_unit: Literal["meters", "seconds", "watts"]
    distance_meters: float | None = None
    duration_seconds: float | None = None
    basis: Literal["whole_activity", "best_effort"]
    activity_id: str
    activity_name: str | None = None
    achieved_at: UtcTime
    utc_offset_seconds: int | None = None


STANDARD_DISTANCES_METERS = {
    SportType.RUN: (1000.0, 1609.344, 5000.0, 10000.0, 21097.5, 42195.0),
    SportType.RIDE: (10000.0, 40000.0, 100000.0),
    SportType.SWIM: (400.0, 1000.0, 1500.0),
}
"""Distances people compare times over, by broader sport."""

_WHOLE_DISTANCE_TOLERANCE = 0.03
"""A whole activity counts for a distance when it is no shorter and at most 3 % longer."""

_MEASURES: tuple[tuple[RecordKind, str, Literal["meters", "seconds"]], ...] = (
    (RecordKind.LONGEST_DISTANCE, "distance_meters", "meters"),
    (RecordKind.LONGEST_DURATION, "moving_time_seconds", "seconds"),
    (RecordKind.MOST_ELEVATION_GAIN, "elevation_gain_meters", "meters"),
)


def records_of_activity(activity: Activity) -> list[PersonalRecord]:
    """What one whole activity would hold if it were the athlete's only one."""
    found = [
        _record(activity, kind, value, unit)
        for kind, field, unit in _MEASURES
        if (value := getattr(activity, field)) is not None and value > 0
    ]
    elapsed, distance = activity.duration_seconds, activity.distance_meters
    # Kilometers on a trainer or treadmill are estimates and not times over a distance.
    if elapsed and distance and not activity.indoor:
        found.extend(
            _record(
                activity,
                RecordKind.FASTEST_DISTANCE,
                elapsed,
                "seconds",
                distance_meters=standard,
            )
            for standard in STANDARD_DISTANCES_METERS.get(activity.sport_type.broader, ())
            if standard <= distance <= standard * (1 + _WHOLE_DISTANCE_TOLERANCE)
        )
    return found


def _record(
    activity: Activity,
    kind: RecordKind,
    value: float,
    unit: Literal["meters", "seconds", "watts"],
    *,
    distance_meters: float | None = None,
) -> PersonalRecord:
    return PersonalRecord(
        provider=activity.provider,
        kind=kind,
        sport_type=activity.sport_type.broader,
        value=value,
        value_unit=unit,
        distance_meters=distance_meters,
        basis="whole_activity",
        activity_id=activity.id,
        activity_name=activity.name,
        achieved_at=activity.start_time,
        utc_offset_seconds=activity.utc_offset_seconds,
    )


def best_records(candidates: Iterable[PersonalRecord]) -> tuple[PersonalRecord, ...]:
    """The best candidate of each kind, sport, distance and duration; the earlier wins a tie.

    The result does not depend on the order of ``candidates``. A best effort and a whole activity
    over the same distance compete with each other.
    """
    best: dict[tuple[str, str, float, float], PersonalRecord] = {}
    for candidate in candidates:
        key = (
            candidate.sport_type.value,
            candidate.kind.value,
            candidate.distance_meters or 0.0,
            candidate.duration_seconds or 0.0,
        )
        current = best.get(key)
        if current is None or _rank(candidate) < _rank(current):
            best[key] = candidate
    return tuple(best[key] for key in sorted(best))


def _rank(record: PersonalRecord) -> tuple[float, str, str]:
    smaller_is_better = record.kind is RecordKind.FASTEST_DISTANCE
    return (
        record.value if smaller_is_better else -record.value,
        record.achieved_at.isoformat(),
        record.activity_id,
    )


def records_from_activities(activities: Iterable[Activity]) -> tuple[PersonalRecord, ...]:
    """The records that whole activities hold."""
    return best_records(
        record for activity in activities for record in records_of_activity(activity)
    )
