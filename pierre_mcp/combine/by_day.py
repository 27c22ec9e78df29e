"""Nights, recovery and body measurements of several providers, one row for each local day.

A day is told by one provider, its source. The sources stand in one order for the whole answer, so
that a trend does not jump from device to device: who is preferred, then who recorded it rather than
copied it, then who knows more days. What the source of a day lacks is taken from the next, field
by field where a measurement is one on any device, by groups where values belong together. Scores
are of a vendor's own scale and come from the day's source alone. Nothing is ever averaged.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from pierre_mcp.models import HealthMetrics, RecoveryMetrics, SleepSession

D = TypeVar("D", SleepSession, RecoveryMetrics, HealthMetrics)

_MEASURED_AT_NIGHT = (
    ("hrv_rmssd_ms",), ("average_heart_rate_bpm",), ("respiratory_rate_bpm",), ("spo2_percent",),
)  # fmt: skip
_MEASURED_BY_DAY = (
    ("hrv_rmssd_ms",), ("hrv_sdnn_ms",), ("resting_heart_rate_bpm",), ("respiratory_rate_bpm",),
    ("spo2_percent",), ("skin_temperature_celsius", "skin_temperature_deviation_celsius"),
)  # fmt: skip
_MEASURED_OF_THE_BODY = (
    ("weight_kg", "body_fat_percent", "muscle_mass_kg", "bmi"),
    ("vo2_max_ml_per_kg_min", "fitness_age_years"),
    ("steps", "active_calories_kcal", "total_calories_kcal"),
)
"""What a body did or weighs is told by one provider as a whole: parts of two do not add up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated(Generic[D]):
    """One record of a day under its source's name, and whose every value is that is another's."""

    record: D
    others: Mapping[str, str]


def nights_by_day(
    told: Mapping[str, Sequence[SleepSession]], priority: Sequence[str] = ()
) -> list[Dated[SleepSession]]:
    """Each day's nights and naps as its source tells them, newest first.

    The source is the first that tells of a night, where any does: a second device's night is the
    same one. Only the longest night takes measurements from others, and only of theirs.
    """
    dated: list[Dated[SleepSession]] = []
    for day in _days(told, priority):
        of_night = [records for records in day if any(not one.is_nap for one in records)]
        chosen = (of_night or day)[0]
        mains = [_main_night(records) for records in (of_night or day)]
        for record in chosen:
            if record is mains[0] and not record.is_nap:
                dated.append(_filled([one for one in mains if not one.is_nap], _MEASURED_AT_NIGHT))
            else:
                dated.append(Dated(record=record, others={}))
    return sorted(dated, key=lambda one: (one.record.end_time, one.record.id), reverse=True)


def recovery_by_day(
    told: Mapping[str, Sequence[RecoveryMetrics]], priority: Sequence[str] = ()
) -> list[Dated[RecoveryMetrics]]:
    """Recovery of each day, newest first."""
    return [_filled(_firsts(day), _MEASURED_BY_DAY) for day in _days(told, priority)]


def health_by_day(
    told: Mapping[str, Sequence[HealthMetrics]], priority: Sequence[str] = ()
) -> list[Dated[HealthMetrics]]:
    """Body measurements of each day, newest first."""
    return [_filled(_firsts(day), _MEASURED_OF_THE_BODY) for day in _days(told, priority)]


def ordered(told: Mapping[str, Sequence[D]], priority: Sequence[str] = ()) -> list[str]:
    """The providers, the best source first."""

    def rank(name: str) -> tuple[int, bool, int, int, str]:
        records = told[name]
        place = priority.index(name) if name in priority else len(priority)
        copied = any(one.recorded_by is not None for one in records)
        known = sum(_fullness(one)[0] for one in records)
        return place, copied, -len({one.date for one in records}), -known, name

    return sorted((name for name, records in told.items() if records), key=rank)


def _days(told: Mapping[str, Sequence[D]], priority: Sequence[str]) -> list[list[list[D]]]:
    """For each day, newest first, the records of each source that knows it, the best first."""
    days: dict[date, list[list[D]]] = {}
    for name in ordered(told, priority):
        of_day: dict[date, list[D]] = {}
        for record in told[name]:
            of_day.setdefault(record.date, []).append(record)
        for day, records in of_day.items():
            days.setdefault(day, []).append(records)
    return [days[day] for day in sorted(days, reverse=True)]


def _firsts(day: Iterable[list[D]]) -> list[D]:
    return [max(records, key=_fullness) for records in day]


def _fullness(record: D) -> tuple[int, str]:
    known = record.model_dump(exclude_none=True, exclude={"warnings"})
    return len(known), repr(sorted(known.items()))


def _main_night(records: Sequence[SleepSession]) -> SleepSession:
    def length(one: SleepSession) -> tuple[bool, float, str]:
        return not one.is_nap, (one.end_time - one.start_time).total_seconds(), one.id

    return max(records, key=length)


def _filled(records: Sequence[D], groups: Sequence[Sequence[str]]) -> Dated[D]:
    """The first record, with each group that it knows nothing of from the next that does."""
    first, *rest = records
    values: dict[str, float] = {}
    others: dict[str, str] = {}
    for group in groups:
        if any(getattr(first, name) is not None for name in group):
            continue
        for record in rest:
            known = {n: v for n in group if (v := getattr(record, n)) is not None}
            if known:
                values |= known
                others |= dict.fromkeys(known, record.provider)
                break
    if not values:
        return Dated(record=first, others=others)
    return Dated(record=first.model_copy(update=values), others=others)


Merge = Callable[[Mapping[str, Sequence[D]], Sequence[str]], list[Dated[D]]]
"""One of the three above."""
