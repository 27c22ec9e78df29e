"""From Garmin's payloads to nights and days; pure, and never trusting.

A night and its HRV belong to the day of waking, everything else to the account's calendar day. Each
function takes the answers to all the windows that a range was split into.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from pierre_mcp.models import HealthMetrics, RecoveryMetrics, SleepSession, local_time
from pierre_mcp.models.limits import Checker, possible
from pierre_mcp.models.reading import Unreadable
from providers.garmin.mapping import (
    PROVIDER,
    Row,
    activity_of,
    inner,
    instant_of,
    measured,
    offset_between,
)

_NIGHT_ROWS: tuple[Row, ...] = (
    ("total_sleep_seconds", "seconds", "sleepTimeSeconds"),
    ("average_heart_rate_bpm", "heart_rate_bpm", "avgHeartRate"),
    ("respiratory_rate_bpm", "respiratory_rate_bpm", "averageRespirationValue"),
    ("spo2_percent", "spo2_percent", "averageSpO2Value"),
)
_STAGES = {
    "light_sleep_seconds": "lightSleepSeconds",
    "deep_sleep_seconds": "deepSleepSeconds",
    "rem_sleep_seconds": "remSleepSeconds",
    "awake_seconds": "awakeSleepSeconds",
}
_RECOVERY_ROWS = (
    ("resting_heart_rate_bpm", "heart_rate_bpm", "heartRate", "restingValue"),
    ("stress_score", "percent", "stress", "avgLevel"),
    ("spo2_percent", "spo2_percent", "pulseOx", "avgValue"),
    ("energy_level_max", "percent", "bodyBattery", "maxValue"),
    ("energy_level_min", "percent", "bodyBattery", "minValue"),
)
_CALORIE_ROWS: tuple[Row, ...] = (
    ("active_calories_kcal", "calories_kcal", "burnedActive"),
    ("total_calories_kcal", "calories_kcal", "burnedTotal"),
)
_BODY_ROWS: tuple[Row, ...] = (
    ("body_fat_percent", "body_fat_percent", "bodyFat"),
    ("bmi", "bmi", "bmi"),
)
_GRAMS = {"weight_kg": "weight", "muscle_mass_kg": "muscleMass"}
_MOST_GRAMS = 1_000_000
_ROUNDING_SECONDS = 60
_OFFSET_MINUTES = range(-12 * 60, 14 * 60 + 1, 15)

ByDay = dict[date, float]


def hrv_of(payloads: Iterable[Any]) -> ByDay:
    """Each night's average rMSSD; nights without any are left out, or the whole answer is empty."""
    found: ByDay = {}
    for told in _objects(payloads, "hrvSummaries"):
        day, hrv = _day(told), possible("hrv_rmssd_ms", told.get("lastNightAvg"))
        if day is not None and hrv is not None:
            found[day] = hrv
    return found


def sessions_of(payloads: Iterable[Any], hrv: ByDay) -> list[SleepSession]:
    """Nights and naps, newest first; a night is flat or wrapped in ``dailySleepDTO``."""
    found: dict[str, SleepSession] = {}
    for told in _objects(payloads):
        wire = {**told, **inner(told, "dailySleepDTO")}
        night = _night(wire, hrv)
        naps = [_nap(nap, wire) for nap in _objects([wire], "dailyNapDTOS")]
        found |= {each.id: each for each in (night, *naps) if each is not None}
    return sorted(found.values(), key=lambda each: (each.date, each.start_time), reverse=True)


def recovery_of(summaries: Iterable[Any], hrv: ByDay) -> list[RecoveryMetrics]:
    """Days with anything of it, newest first."""
    days: dict[date, tuple[Checker, dict[str, Any]]] = {}
    for told in _objects(summaries, "data"):
        if (day := _day(told)) is None:
            continue
        check = Checker(day.isoformat())
        values: dict[str, Any] = {}
        for field, quantity, part, name in _RECOVERY_ROWS:
            raw = inner(told, part).get(name)
            # Zero and below are states such as "too active to tell", and no measurement.
            if not isinstance(raw, int | float) or raw > 0:
                values[field] = check(field, quantity, raw)
        days[day] = check, values
    for day, value in hrv.items():
        days.setdefault(day, (Checker(day.isoformat()), {}))[1]["hrv_rmssd_ms"] = value
    return [
        RecoveryMetrics(provider=PROVIDER, date=day, warnings=tuple(check.warnings), **values)
        for day, (check, values) in sorted(days.items(), reverse=True)
        if any(value is not None for value in values.values())
    ]


def health_of(
    weights: Iterable[Any], summaries: Iterable[Any], vo2_max: ByDay, fitness_age: ByDay
) -> list[HealthMetrics]:
    """Days with anything of it, newest first."""
    days: dict[date, dict[str, Any]] = {}
    checks: dict[date, Checker] = {}

    def know(day: date, values: Mapping[str, Any]) -> None:
        known = days.setdefault(day, {})
        known |= {field: v for field, v in values.items() if v is not None and field not in known}

    for told in _objects(weights, "dailyWeightSummaries"):
        if (day := _day(told, "summaryDate")) is not None:
            check = checks.setdefault(day, Checker(day.isoformat()))
            # The latest weighing counts; what it did not measure, an earlier one may have.
            for weighing in (inner(told, "latestWeight"), *_objects([told], "allWeightMetrics")):
                know(day, _kilograms(weighing, check) | measured(weighing, _BODY_ROWS, check))
    for told in _objects(summaries, "data"):
        if (day := _day(told)) is not None and _is_recorded(told):
            check = checks.setdefault(day, Checker(day.isoformat()))
            know(day, measured(inner(told, "calories"), _CALORIE_ROWS, check))
            steps = check("steps", "steps", inner(inner(told, "movement"), "steps").get("value"))
            know(day, {"steps": None if steps is None else int(steps)})
    for day, value in vo2_max.items():
        know(day, {"vo2_max_ml_per_kg_min": value})
    for day, value in fitness_age.items():
        know(day, {"fitness_age_years": value})
    return [
        HealthMetrics(
            provider=PROVIDER,
            date=day,
            warnings=tuple(dict.fromkeys(checks[day].warnings)) if day in checks else (),
            **values,
        )
        for day, values in sorted(days.items(), reverse=True)
        if values
    ]


def vo2_max_of(payloads: Iterable[Any]) -> ByDay:
    """That of the newest activity that has one, on its day."""
    for row in _objects(payloads):
        value = possible("vo2_max_ml_per_kg_min", row.get("vO2MaxValue"))
        try:
            if value is not None:
                return {activity_of(row).local_date: value}
        except Unreadable:
            continue
    return {}


def fitness_age_of(payloads: Iterable[Any], day: date) -> ByDay:
    """Published as a list, seen as one object (2026-11)."""
    for told in _objects(payloads):
        age = possible("fitness_age_years", told.get("fitnessAge"))
        return {} if age is None or told.get("invalidReason") else {day: age}
    return {}


def _night(wire: Mapping[str, Any], hrv: ByDay) -> SleepSession | None:
    """``None`` for a night without data: it may be filled with nulls."""
    start, end = (instant_of(wire.get(f"sleep{which}TimestampGMT")) for which in ("Start", "End"))
    if start is None or end is None or not start < end:
        return None
    offset = _waking_offset(wire)
    day = _day(wire) if offset is None else local_time(end, offset).date()
    if day is None:
        return None
    check = Checker(day.isoformat())
    in_bed = (end - start).total_seconds()
    values = measured(wire, _NIGHT_ROWS, check)
    stages = {field: check(field, "seconds", wire.get(name)) for field, name in _STAGES.items()}
    if wire.get("deviceRemCapable") is False:
        stages["rem_sleep_seconds"] = None
    # All zeros are a night of which no stages are known.
    values |= stages if any(stages.values()) else {}
    if (asleep := values.get("total_sleep_seconds")) is not None:
        if asleep > in_bed + _ROUNDING_SECONDS:
            check.note("total_sleep_seconds", "is longer than the night")
            del values["total_sleep_seconds"]
        else:
            efficiency = min(100 * asleep / in_bed, 100.0)
            values["sleep_efficiency_percent"] = round(efficiency, 1)
    score = inner(inner(wire, "sleepScores"), "overall").get("value")
    return SleepSession(
        provider=PROVIDER,
        id=f"{start.timestamp():.0f}",
        date=day,
        start_time=start,
        end_time=end,
        utc_offset_seconds=offset,
        time_in_bed_seconds=in_bed,
        sleep_score=check.positive("sleep_score", "percent", score),
        # By Garmin's own day, which a traveller's clock may not show on waking.
        hrv_rmssd_ms=hrv.get(_day(wire) or day),
        warnings=tuple(check.warnings),
        **values,
    )


def _nap(wire: Mapping[str, Any], night: Mapping[str, Any]) -> SleepSession | None:
    """Nobody has shown the form of its times (2026-11): those of nights and of text are read."""
    start, end = (instant_of(wire.get(f"nap{which}TimestampGMT")) for which in ("Start", "End"))
    if start is None or end is None or not start < end:
        return None
    minutes = wire.get("napEndTimeOffset")
    if type(minutes) is int and minutes in _OFFSET_MINUTES:
        offset: int | None = minutes * 60
    else:
        offset = _waking_offset(night)
    day = (_day(wire) or _day(night)) if offset is None else local_time(end, offset).date()
    if day is None:
        return None
    check = Checker(day.isoformat())
    asleep = check.positive("total_sleep_seconds", "seconds", wire.get("napTimeSec"))
    in_bed = (end - start).total_seconds()
    if asleep and asleep > in_bed + _ROUNDING_SECONDS:
        check.note("total_sleep_seconds", "is longer than the nap")
        asleep = None
    return SleepSession(
        provider=PROVIDER,
        id=f"nap-{start.timestamp():.0f}",
        date=day,
        start_time=start,
        end_time=end,
        utc_offset_seconds=offset,
        is_nap=True,
        time_in_bed_seconds=in_bed,
        total_sleep_seconds=asleep,
        warnings=tuple(check.warnings),
    )


def _waking_offset(wire: Mapping[str, Any]) -> int | None:
    """East of UTC on waking: the local time is the clock on the wall, written as if it were UTC."""
    utc, wall = (instant_of(wire.get(f"sleepEndTimestamp{which}")) for which in ("GMT", "Local"))
    return None if utc is None or wall is None else offset_between(utc, wall)


def _is_recorded(told: Mapping[str, Any]) -> bool:
    """Of a day on which no device was worn, calories are made up from the profile."""
    flags = told.get("includesWellnessData"), told.get("includesActivityData")
    return flags != (False, False)


def _kilograms(weighing: Mapping[str, Any], check: Checker) -> dict[str, float | None]:
    """The published text says kilograms, and grams are what is seen (2026-11)."""
    found: dict[str, float | None] = {}
    for field, name in _GRAMS.items():
        raw = weighing.get(name)
        if isinstance(raw, int | float) and not isinstance(raw, bool) and 0 < raw < _MOST_GRAMS:
            raw = raw / 1000
        found[field] = check(field, field, raw)
    return found


def _objects(payloads: Iterable[Any], name: str | None = None) -> Iterator[Mapping[str, Any]]:
    """The objects in answers, which are lists, or have the list under a name, or are empty."""
    for payload in payloads:
        if name is not None:
            payload = payload.get(name) if isinstance(payload, dict) else None  # noqa: PLW2901
        for each in payload if isinstance(payload, list) else (payload,):
            if isinstance(each, dict):
                yield each


def _day(told: Mapping[str, Any], name: str = "calendarDate") -> date | None:
    raw = told.get(name)
    try:
        return date.fromisoformat(raw) if isinstance(raw, str) else None
    except ValueError:
        return None
