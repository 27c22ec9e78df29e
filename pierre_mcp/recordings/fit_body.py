"""What FIT files beside activities say about the body: weight, resting heart rate, HRV."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pierre_mcp.models import Athlete, HealthMetrics, RecoveryMetrics
from pierre_mcp.models.limits import possible
from pierre_mcp.models.text import clean_text

Messages = Mapping[str, Sequence[Mapping[str, Any]]]


def athlete_of(messages: Messages, provider: str, record_id: str) -> Athlete | None:
    """The user profile, when the file has one."""
    profile = next(iter(messages.get("user_profile", ())), None)
    if profile is None:
        return None
    sex = profile.get("gender")
    return Athlete(
        provider=provider,
        id=record_id,
        name=clean_text(profile.get("friendly_name")),
        sex=sex if sex in ("male", "female") else None,
        weight_kg=possible("weight_kg", profile.get("weight")),
        height_meters=possible("height_meters", profile.get("height")),
        resting_heart_rate_bpm=possible("heart_rate_bpm", profile.get("resting_heart_rate")),
        max_heart_rate_bpm=possible("heart_rate_bpm", profile.get("default_max_heart_rate")),
    )


def health_of(messages: Messages, provider: str) -> tuple[HealthMetrics, ...]:
    """Weighings and VO2max estimates with a date; the day is UTC's, for neither has an offset."""
    measured = [
        HealthMetrics(
            provider=provider,
            date=when.date(),
            weight_kg=possible("weight_kg", message.get("weight")),
            body_fat_percent=possible("body_fat_percent", message.get("percent_fat")),
            muscle_mass_kg=possible("muscle_mass_kg", message.get("muscle_mass")),
        )
        for message in messages.get("weight_scale", ())
        if (when := _when(message, "timestamp")) is not None
    ]
    measured += [
        HealthMetrics(
            provider=provider,
            date=when.date(),
            vo2_max_ml_per_kg_min=possible("vo2_max_ml_per_kg_min", message.get("vo2_max")),
        )
        for message in messages.get("max_met_data", ())
        if (when := _when(message, "update_time")) is not None
    ]
    return tuple(
        metrics
        for metrics in measured
        if metrics.weight_kg is not None or metrics.vo2_max_ml_per_kg_min is not None
    )


def recovery_of(messages: Messages, provider: str) -> tuple[RecoveryMetrics, ...]:
    """Resting heart rate of monitoring files and last night's HRV (rMSSD) of HRV status files."""
    found = [
        RecoveryMetrics(provider=provider, date=when.date(), resting_heart_rate_bpm=rate)
        for message in messages.get("monitoring_hr_data", ())
        if (when := _when(message, "timestamp")) is not None
        and (rate := _resting_heart_rate(message)) is not None
    ]
    found += [
        RecoveryMetrics(provider=provider, date=when.date(), hrv_rmssd_ms=hrv)
        for message in messages.get("hrv_status_summary", ())
        if (when := _when(message, "timestamp")) is not None
        and (hrv := possible("hrv_rmssd_ms", message.get("last_night_average"))) is not None
    ]
    return tuple(found)


def _resting_heart_rate(message: Mapping[str, Any]) -> float | None:
    """The day's own value; the plain field is an average of seven days."""
    days_own = possible("heart_rate_bpm", message.get("current_day_resting_heart_rate"))
    return days_own or possible("heart_rate_bpm", message.get("resting_heart_rate"))


def _when(message: Mapping[str, Any], name: str) -> datetime | None:
    value = message.get(name)
    return value if isinstance(value, datetime) and value.tzinfo is not None else None
