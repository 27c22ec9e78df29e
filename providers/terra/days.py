"""From Terra's days and nights to recovery and health by local day; pure, and never trusting.

Several payloads add up to one day: what a night says of it comes before what its day says, and
the first that knows a field is believed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from pierre_mcp.models import DataWarning, HealthMetrics, RecoveryMetrics, SleepSession
from pierre_mcp.models.limits import Checker
from pierre_mcp.models.reading import Unreadable
from providers.terra.mapping import night_of
from providers.terra.wire import PROVIDER, Row, items, measured, moment_of, part

_HEART = ("heart_rate_data", "summary")
_BREATHING = ("respiration_data",)

_RECOVERY_OF_NIGHTS: tuple[Row, ...] = (
    ("readiness_score", ("readiness_data", "readiness"), "percent"),
    ("hrv_rmssd_ms", (*_HEART, "avg_hrv_rmssd"), "hrv_rmssd_ms"),
    ("hrv_sdnn_ms", (*_HEART, "avg_hrv_sdnn"), "hrv_rmssd_ms"),
    ("resting_heart_rate_bpm", (*_HEART, "resting_hr_bpm"), "heart_rate_bpm"),
    (
        "respiratory_rate_bpm",
        (*_BREATHING, "breaths_data", "avg_breaths_per_min"),
        "respiratory_rate_bpm",
    ),
    (
        "spo2_percent",
        (*_BREATHING, "oxygen_saturation_data", "avg_saturation_percentage"),
        "spo2_percent",
    ),
)
_RECOVERY_OF_DAYS: tuple[Row, ...] = (
    ("recovery_score", ("scores", "recovery"), "percent"),
    ("stress_score", ("stress_data", "avg_stress_level"), "percent"),
    ("strain_score", ("strain_data", "strain_level"), "percent"),
    ("hrv_rmssd_ms", (*_HEART, "avg_hrv_rmssd"), "hrv_rmssd_ms"),
    ("hrv_sdnn_ms", (*_HEART, "avg_hrv_sdnn"), "hrv_rmssd_ms"),
    ("resting_heart_rate_bpm", (*_HEART, "resting_hr_bpm"), "heart_rate_bpm"),
)
_HEALTH_OF_DAYS: tuple[Row, ...] = (
    ("steps", ("distance_data", "steps"), "steps"),
    ("active_calories_kcal", ("calories_data", "net_activity_calories"), "calories_kcal"),
    ("total_calories_kcal", ("calories_data", "total_burned_calories"), "calories_kcal"),
)
# Our field, the mean of a day, that of a single measurement, what it is, and how many are one.
_BODY = (
    ("weight_kg", "day_avg_weight_kg", "weight_kg", "weight_kg", 1),
    ("body_fat_percent", "day_avg_bodyfat_percentage", "bodyfat_percentage", "body_fat_percent", 1),
    ("muscle_mass_kg", "day_avg_muscle_mass_g", "muscle_mass_g", "muscle_mass_kg", 1000),
    ("bmi", "day_avg_bmi", "BMI", "bmi", 1),
    (
        "fitness_age_years",
        "day_avg_estimated_fitness_age",
        "estimated_fitness_age",
        "fitness_age_years",
        1,
    ),
)
_OXYGEN: tuple[Row, ...] = tuple(
    ("vo2_max_ml_per_kg_min", ("oxygen_data", name), "vo2_max_ml_per_kg_min")
    for name in ("day_avg_vo2max_ml_per_min_per_kg", "vo2max_ml_per_min_per_kg")
)

R = TypeVar("R", RecoveryMetrics, HealthMetrics)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one payload adds to a day."""

    day: date
    values: dict[str, Any]
    warnings: tuple[DataWarning, ...]
    brand: str | None
    weight: float = 0.0
    """Of several nights that end on a day, the longest is the one that counts."""


def recovery_of_night(payload: Any, brand: str | None) -> Part:
    """What a night says of the day of waking; nothing for a nap. Raises ``Unreadable``."""
    night: SleepSession = night_of(payload, brand)
    check = Checker(str(night.date))
    values = {} if night.is_nap else measured(payload, _RECOVERY_OF_NIGHTS, check)
    # Zero is a measurement here: as warm as ever.
    delta = check(
        "skin_temperature_deviation_celsius",
        "skin_temperature_deviation_celsius",
        part(payload, "temperature_data", "delta"),
    )
    if delta is not None and not night.is_nap:
        values["skin_temperature_deviation_celsius"] = delta
    return Part(
        day=night.date,
        values=values,
        warnings=tuple(check.warnings),
        brand=brand,
        weight=(night.end_time - night.start_time).total_seconds(),
    )


def recovery_of_day(payload: Any, brand: str | None) -> Part:
    """Recovery, stress and strain of a day; raises ``Unreadable``."""
    return _part(payload, brand, _RECOVERY_OF_DAYS)


def health_of_day(payload: Any, brand: str | None) -> Part:
    """Steps and energy of a day; raises ``Unreadable``."""
    found = _part(payload, brand, _HEALTH_OF_DAYS)
    if "steps" in found.values:
        found.values["steps"] = int(found.values["steps"])
    return found


def health_of_body(payload: Any, brand: str | None) -> Part:
    """What scales and tests told on a day; raises ``Unreadable``."""
    found = _part(payload, brand, _OXYGEN)
    check = Checker(str(found.day))
    for field, mean, single, quantity, divisor in _BODY:
        told = [part(payload, "measurements_data", mean)]
        told += [part(one, single) for one in items(payload, "measurements_data", "measurements")]
        raw = next((value for value in told if value is not None), None)
        if divisor != 1 and isinstance(raw, int | float) and abs(raw) < _MOST_GRAMS:
            raw = raw / divisor
        value = check.positive(field, quantity, raw)
        if value is not None:
            found.values[field] = value
    return Part(
        day=found.day,
        values=found.values,
        warnings=(*found.warnings, *check.warnings),
        brand=brand,
    )


_MOST_GRAMS = 10**9


def days_of(model: type[R], parts: Iterable[Part], start: date, end: date) -> tuple[R, ...]:
    """A row for each day of the range of which something is known, newest first."""
    days: dict[date, dict[str, Any]] = {}
    for one in sorted(parts, key=lambda part: part.weight, reverse=True):
        if one.values and start <= one.day <= end:
            known = days.get(one.day, {"recorded_by": one.brand, "warnings": ()})
            new = tuple(note for note in one.warnings if note not in known["warnings"])
            days[one.day] = {**one.values, **known, "warnings": known["warnings"] + new}
    return tuple(
        model(provider=PROVIDER, date=day, **known)
        for day, known in sorted(days.items(), reverse=True)
    )


def notes_of_rowless(parts: Iterable[Part], start: date, end: date) -> list[DataWarning]:
    """What is wrong with days of which nothing else is known: they have no row to say it."""
    rowless = [one for one in parts if not one.values and start <= one.day <= end]
    return [note for one in rowless for note in one.warnings]


def _part(payload: Any, brand: str | None, rows: Iterable[Row]) -> Part:
    moment = moment_of(part(payload, "metadata", "start_time"))
    if moment is None:
        raise Unreadable("it does not say which day it is of.")
    check = Checker(str(moment.day))
    values = measured(payload, rows, check)
    return Part(day=moment.day, values=values, warnings=tuple(check.warnings), brand=brand)
