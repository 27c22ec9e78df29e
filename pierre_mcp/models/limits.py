"""What can possibly have been measured; anything else is unknown, with a note.

For whatever reads a file or a payload that others wrote. The bounds are generous: they catch
markers for "no value", broken data and wrong units, and leave extraordinary athletes alone.
"""

from collections.abc import Mapping
from typing import Any

from pierre_mcp.models.base import DataWarning, WarningCode

BOUNDS: dict[str, tuple[float, float]] = {
    "heart_rate_bpm": (25, 250),
    "power_watts": (0, 3000),
    "cadence_rpm": (0, 300),
    "speed_mps": (0, 60),
    "altitude_meters": (-500, 9000),
    "temperature_celsius": (-60, 70),
    "distance_meters": (0, 5_000_000),
    "latitude_degrees": (-90, 90),
    "longitude_degrees": (-180, 180),
    "elevation_gain_meters": (0, 50_000),
    "calories_kcal": (1, 50_000),
    "training_load": (0, 3000),
    "seconds": (0, 30 * 86_400),
    "weight_kg": (20, 350),
    "height_meters": (0.8, 2.6),
    "body_fat_percent": (1, 75),
    "muscle_mass_kg": (5, 200),
    "hrv_rmssd_ms": (1, 400),
    "vo2_max_ml_per_kg_min": (5, 100),
    "steps": (0, 300_000),
    "spo2_percent": (50, 100),
    "respiratory_rate_bpm": (4, 60),
    "skin_temperature_celsius": (15, 45),
    "skin_temperature_deviation_celsius": (-15, 15),
    "percent": (0, 100),
    "bmi": (8, 100),
    "fitness_age_years": (1, 120),
}
"""Lowest and highest possible value, both included, by quantity."""


MAX_PARTS = 10_000
"""The most activities, or laps of one, that a file is believed to hold."""


_MOST_PER_SECOND = {
    "distance_meters": 60.0,
    "elevation_gain_meters": 5.0,
    "calories_kcal": 1.0,
}
"""What nobody covers, climbs or burns on average over a whole activity or lap."""


def too_much(values: Mapping[str, Any]) -> list[str]:
    """The sums that are impossible in the time that the values give, by field."""
    seconds = values.get("moving_time_seconds") or values.get("duration_seconds")
    if not seconds:
        return []
    return [
        field
        for field, most in _MOST_PER_SECOND.items()
        if (value := values.get(field)) is not None and value > most * seconds
    ]


def possible(quantity: str, value: object) -> float | None:
    """The value as a number if it can be one of that quantity, else ``None``."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    low, high = BOUNDS[quantity]
    # Compared before it is converted: JSON may hold whole numbers that no float can.
    return float(value) if low <= value <= high else None


class Checker:
    """Checks the values of one record and notes those that cannot be."""

    def __init__(self, record_id: str) -> None:
        self.warnings: list[DataWarning] = []
        self._record_id = record_id

    def __call__(self, field: str, quantity: str, value: object) -> float | None:
        """The value, or ``None``; a value that was there and cannot be is noted."""
        checked = possible(quantity, value)
        # Zero where nothing was measured is how devices write "none": no note for that.
        if checked is None and value is not None and value != 0:
            self.note(field)
        return checked

    def positive(self, field: str, quantity: str, value: object) -> float | None:
        """The same, where zero also means that nothing was measured."""
        checked = self(field, quantity, value)
        return checked or None

    def note(self, field: str, problem: str = "holds a value that cannot be") -> None:
        """Say of a field what is wrong with it, and that it counts as unknown."""
        self.say(WarningCode.FIELD_UNREADABLE, field, f"{field} {problem}, and counts as unknown.")

    def say(self, code: WarningCode, field: str, detail: str) -> None:
        """Say anything else that a reader of the record must know."""
        self.warnings.append(
            DataWarning(code=code, detail=detail, field=field, record_id=self._record_id)
        )
