"""The athlete, and what their body reports: sleep, recovery, health.

A night belongs to the local day on which the athlete woke up. HRV says which statistic it is:
rMSSD and SDNN are different numbers and are never mixed.
"""

from datetime import date
from enum import StrEnum

from pierre_mcp.models.base import Gathered, Model, UtcTime


class Athlete(Gathered):
    """Who the data belongs to, as far as the provider says.

    The floors of zones are where zone 1, 2, ... begin, lowest first; the last zone is open above.
    """

    id: str
    name: str | None = None
    username: str | None = None
    sex: str | None = None
    birth_date: date | None = None
    city: str | None = None
    country: str | None = None
    timezone: str | None = None
    weight_kg: float | None = None
    height_meters: float | None = None
    max_heart_rate_bpm: float | None = None
    resting_heart_rate_bpm: float | None = None
    functional_threshold_power_watts: float | None = None
    heart_rate_zone_floors_bpm: tuple[float, ...] | None = None
    power_zone_floors_watts: tuple[float, ...] | None = None
    member_since: date | None = None


class SleepStage(StrEnum):
    """The closed list of sleep stages."""

    AWAKE = "awake"
    LIGHT = "light"
    DEEP = "deep"
    REM = "rem"
    ASLEEP = "asleep"
    """Asleep, with no finer stage known."""


class SleepStageInterval(Model):
    """A stretch of one stage within a night."""

    stage: SleepStage
    start_time: UtcTime
    end_time: UtcTime


class SleepSession(Gathered):
    """One night or nap; ``date`` is the local day of waking.

    ``sleep_efficiency_percent`` is total sleep over time in bed. ``hrv_rmssd_ms`` is the night's
    average rMSSD in milliseconds.
    """

    id: str
    date: date
    start_time: UtcTime
    end_time: UtcTime
    utc_offset_seconds: int | None = None
    timezone: str | None = None
    is_nap: bool = False
    time_in_bed_seconds: float | None = None
    total_sleep_seconds: float | None = None
    light_sleep_seconds: float | None = None
    deep_sleep_seconds: float | None = None
    rem_sleep_seconds: float | None = None
    awake_seconds: float | None = None
    sleep_efficiency_percent: float | None = None
    sleep_score: float | None = None
    hrv_rmssd_ms: float | None = None
    average_heart_rate_bpm: float | None = None
    respiratory_rate_bpm: float | None = None
    spo2_percent: float | None = None
    stages: tuple[SleepStageInterval, ...] | None = None


class RecoveryMetrics(Gathered):
    """How recovered the athlete was on a local day.

    Scores are on the provider's own scale and are not comparable across providers. The levels are
    the day's highest and lowest of a reserve from 0 to 100 that some devices estimate.
    ``skin_temperature_deviation_celsius`` is relative to the athlete's own baseline.
    """

    date: date
    recovery_score: float | None = None
    readiness_score: float | None = None
    stress_score: float | None = None
    strain_score: float | None = None
    energy_level_max: float | None = None
    energy_level_min: float | None = None
    hrv_rmssd_ms: float | None = None
    hrv_sdnn_ms: float | None = None
    resting_heart_rate_bpm: float | None = None
    respiratory_rate_bpm: float | None = None
    spo2_percent: float | None = None
    skin_temperature_celsius: float | None = None
    skin_temperature_deviation_celsius: float | None = None


class HealthMetrics(Gathered):
    """Body measurements of a local day, and what the body did on it in all.

    ``total_calories_kcal`` includes what a body needs at rest, ``active_calories_kcal`` does not.
    """

    date: date
    weight_kg: float | None = None
    body_fat_percent: float | None = None
    muscle_mass_kg: float | None = None
    bmi: float | None = None
    vo2_max_ml_per_kg_min: float | None = None
    fitness_age_years: float | None = None
    steps: int | None = None
    active_calories_kcal: float | None = None
    total_calories_kcal: float | None = None
