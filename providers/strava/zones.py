"""From Strava's payloads to zones: the athlete's own, and the time of an activity in them; pure.

Zones count as a whole: where one of them cannot be, none of that measure is believed.
"""

from itertools import pairwise
from typing import Any, Literal, NamedTuple

from pierre_mcp.models import ZoneTime
from pierre_mcp.models.limits import BOUNDS, Checker

Measure = Literal["heart_rate_bpm", "power_watts"]

_MEASURES: dict[str, Measure] = {"heartrate": "heart_rate_bpm", "power": "power_watts"}
"""Strava's words for what an activity's zones measure. It also has zones of pace, undocumented
(seen in a recorded answer, 2026-11), which the unified values have no place for."""

_FEWEST, _MOST = 2, 30


class _Range(NamedTuple):
    floor: float
    ceiling: float | None


def floors_of(
    payload: Any, wire: str, measure: Measure, field: str, check: Checker
) -> tuple[float, ...] | None:
    """Where the athlete's zones of one measure begin; ``None`` where none are set."""
    told = payload.get(wire) if isinstance(payload, dict) else None
    zones = told.get("zones") if isinstance(told, dict) else None
    if not zones:
        return None
    ranges = _ranges(zones, measure)
    floors = tuple(each.floor for each in ranges or ())
    if len(floors) < _FEWEST or not all(low < high for low, high in pairwise(floors)):
        check.note(field, "holds zones that cannot be")
        return None
    return floors


def times_of(payload: Any, check: Checker, *, measured: bool) -> tuple[ZoneTime, ...] | None:
    """The time in each zone; ``measured`` says whether watts come from a meter."""
    found: dict[Measure, tuple[ZoneTime, ...]] = {}
    for told in payload if isinstance(payload, list) else ():
        word = told.get("type") if isinstance(told, dict) else None
        measure = _MEASURES.get(word) if isinstance(word, str) else None
        if measure is None or measure in found or told.get("sensor_based") is False:
            continue
        # Watts without a meter are estimates here too.
        if measure == "power_watts" and not measured:
            continue
        buckets = told.get("distribution_buckets")
        times = _times(buckets, measure)
        if times is None and buckets:
            check.note("zones", "holds zones that cannot be")
        # Without a second in any zone nothing was measured.
        if times and any(zone.time_in_zone_seconds for zone in times):
            found[measure] = times
    return tuple(zone for measure in _MEASURES.values() for zone in found.get(measure, ())) or None


def _times(buckets: Any, measure: Measure) -> tuple[ZoneTime, ...] | None:
    ranges = _ranges(buckets, measure)
    if ranges is None:
        return None
    times = [_number(bucket.get("time"), BOUNDS["seconds"][1]) for bucket in buckets]
    if None in times:
        return None
    return tuple(
        ZoneTime(
            measure=measure,
            zone=number,
            floor=each.floor,
            ceiling=each.ceiling,
            time_in_zone_seconds=time or 0.0,
        )
        for number, (each, time) in enumerate(zip(ranges, times, strict=True), start=1)
    )


def _ranges(zones: Any, measure: Measure) -> list[_Range] | None:
    """From the lowest to the highest, one after the other; ``None`` where they are not that."""
    if not isinstance(zones, list) or not 0 < len(zones) <= _MOST:
        return None
    highest = BOUNDS[measure][1]
    ranges: list[_Range] = []
    reached = 0.0
    for place, zone in enumerate(zones, start=1):
        if not isinstance(zone, dict):
            return None
        floor, ceiling = _number(zone.get("min"), highest), _number(zone.get("max"), highest)
        # The last one is open, which Strava writes as -1.
        is_open = place == len(zones) and zone.get("max") in (-1, None)
        if floor is None or floor < reached or (ceiling is None and not is_open):
            return None
        reached = floor if ceiling is None else ceiling
        if reached < floor:
            return None
        ranges.append(_Range(floor, ceiling))
    return ranges


def _number(value: object, highest: float) -> float | None:
    """Not below zero: a first zone begins at nothing."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= highest else None
