"""WHOOP's days: a night, the recovery after it and the strain until the next; pure.

A recovery says which night it follows and a night which cycle it opens, so all three are joined by
id and none by guessing. The day is the local one on which the night ended.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pierre_mcp.models import (
    DataWarning,
    HealthMetrics,
    RecoveryMetrics,
    SleepSession,
    WarningCode,
)
from pierre_mcp.models.limits import Checker
from pierre_mcp.models.reading import Unreadable
from providers.whoop.mapping import (
    KILOJOULES_PER_KCAL,
    PROVIDER,
    Night,
    Row,
    account_of,
    instant_of,
    measured,
    score_of,
    uuid_of,
)

_RECOVERY_ROWS: tuple[Row, ...] = (
    ("recovery_score", "recovery_score", "percent", 1),
    ("hrv_rmssd_ms", "hrv_rmssd_milli", "hrv_rmssd_ms", 1),
    ("resting_heart_rate_bpm", "resting_heart_rate", "heart_rate_bpm", 1),
    ("spo2_percent", "spo2_percentage", "spo2_percent", 1),
    ("skin_temperature_celsius", "skin_temp_celsius", "skin_temperature_celsius", 1),
)
_STRAIN_ROWS: tuple[Row, ...] = (("strain_score", "strain", "percent", 1),)
_ENERGY_ROWS: tuple[Row, ...] = (
    ("total_calories_kcal", "kilojoule", "calories_kcal", KILOJOULES_PER_KCAL),
)
_TOP_STRAIN = 21


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a recovery or a cycle adds to a day; ``key`` is the night's id or the cycle's."""

    key: str
    values: Mapping[str, Any]
    warnings: tuple[DataWarning, ...]


def recovery_of(payload: Any) -> Part:
    """A recovery, by the night it follows; raises ``Unreadable``."""
    sleep_id = uuid_of(payload.get("sleep_id")) if isinstance(payload, dict) else None
    if sleep_id is None:
        raise Unreadable("it does not say which night it belongs to.")
    check = Checker(sleep_id)
    score = score_of(payload, check, "recovery_score", "Recovery")
    values = measured(score, _RECOVERY_ROWS, check)
    if score.get("user_calibrating") is True and "recovery_score" in values:
        sentence = "WHOOP is still getting to know this athlete, so the score is a rough one."
        check.say(WarningCode.EXPERIMENTAL, "recovery_score", sentence)
    return Part(key=sleep_id, values=values, warnings=tuple(check.warnings))


def cycle_of(payload: Any) -> Part:
    """A cycle by its id; raises ``Unreadable``."""
    cycle_id = account_of(payload.get("id")) if isinstance(payload, dict) else None
    if cycle_id is None:
        raise Unreadable("it has no id.")
    check = Checker(cycle_id)
    score = score_of(payload, check, "strain_score", "Strain and energy")
    values = measured(score, _STRAIN_ROWS, check)
    if values.get("strain_score", 0) > _TOP_STRAIN:
        del values["strain_score"]
        check.note("strain_score")
    if instant_of(payload.get("end")) is not None:
        values |= measured(score, _ENERGY_ROWS, check)
    elif score:
        sentence = "The day is not over: strain is what there was so far, energy is left out."
        check.say(WarningCode.PERIOD_SHORTENED, "strain_score", sentence)
    return Part(key=cycle_id, values=values, warnings=tuple(check.warnings))


def with_variability(session: SleepSession, recovery: Part | None) -> SleepSession:
    """The night with the heart rate variability that its recovery tells."""
    if recovery is None:
        return session
    about = [w for w in recovery.warnings if w.field == "hrv_rmssd_ms"]
    return session.model_copy(
        update={
            "hrv_rmssd_ms": recovery.values.get("hrv_rmssd_ms"),
            "warnings": (*session.warnings, *about),
        }
    )


def recovery_days(
    nights: Iterable[Night], recoveries: Mapping[str, Part], cycles: Mapping[str, Part]
) -> tuple[list[RecoveryMetrics], list[DataWarning]]:
    """A row for each day with a value, newest first; and why other days have none."""

    def has_recovery(night: Night) -> bool:
        part = recoveries.get(night.session.id)
        return part is not None and bool(part.values)

    rows: dict[date, RecoveryMetrics] = {}
    reasons: list[DataWarning] = []
    # A second sleep of a day may have none: it does not stand for the night that has.
    for night in sorted(nights, key=has_recovery, reverse=True):
        parts = [recoveries.get(night.session.id), cycles.get(night.cycle_id or "")]
        known, warnings = _together(parts, without="total_calories_kcal")
        if not known:
            reasons += warnings
        elif night.session.date not in rows:
            day = night.session.date
            rows[day] = RecoveryMetrics(provider=PROVIDER, date=day, warnings=warnings, **known)
    return sorted(rows.values(), key=lambda row: row.date, reverse=True), reasons


def health_days(
    nights: Iterable[Night], cycles: Mapping[str, Part], today: date, body: Mapping[str, float]
) -> list[HealthMetrics]:
    """The energy of each day that is over, and the weight that stands today, newest first."""
    rows: dict[date, HealthMetrics] = {}
    if weight := body.get("weight_kg"):
        undated = DataWarning(
            code=WarningCode.TIME_UNKNOWN,
            detail="WHOOP keeps one weight, without a date: it stands there today.",
            field="weight_kg",
        )
        rows[today] = HealthMetrics(
            provider=PROVIDER, date=today, weight_kg=weight, warnings=(undated,)
        )
    for night in nights:
        day = night.session.date
        known, warnings = _together([cycles.get(night.cycle_id or "")], without="strain_score")
        if not known:
            continue
        row = rows.get(day) or HealthMetrics(provider=PROVIDER, date=day)
        if row.total_calories_kcal is None:
            notes = (*row.warnings, *warnings)
            rows[day] = row.model_copy(update={**known, "warnings": notes})
    return sorted(rows.values(), key=lambda row: row.date, reverse=True)


def _together(
    parts: Iterable[Part | None], *, without: str
) -> tuple[dict[str, Any], tuple[DataWarning, ...]]:
    """The values and warnings of the parts, but for those about one field."""
    values: dict[str, Any] = {}
    warnings: list[DataWarning] = []
    for part in parts:
        if part is not None:
            values |= {name: value for name, value in part.values.items() if name != without}
            warnings += [warning for warning in part.warnings if warning.field != without]
    return values, tuple(warnings)
