"""Which unified fields WHOOP gives, and from which of its own; the scorecard is made of this.

Data for docs and tests only: no call reads it. ``= ...`` stands before what is derived.
"""

from collections.abc import Mapping

FIELDS: Mapping[str, Mapping[str, str]] = {
    "Activity": {
        "start_time": "start",
        "utc_offset_seconds": "timezone_offset",
        "duration_seconds": "= end - start",
        "distance_meters": "score.distance_meter",
        "elevation_gain_meters": "score.altitude_gain_meter",
        "average_heart_rate_bpm": "score.average_heart_rate",
        "max_heart_rate_bpm": "score.max_heart_rate",
        "average_speed_mps": "= score.distance_meter / (end - start)",
        "calories_kcal": "= score.kilojoule / 4.184",
    },
    "Athlete": {
        "name": "first_name, last_name",
        "weight_kg": "/v2/user/measurement/body weight_kilogram",
        "height_meters": "/v2/user/measurement/body height_meter",
        "max_heart_rate_bpm": "/v2/user/measurement/body max_heart_rate",
    },
    "SleepSession": {
        "start_time": "start",
        "end_time": "end",
        "utc_offset_seconds": "timezone_offset",
        "is_nap": "nap",
        "time_in_bed_seconds": "stage_summary.total_in_bed_time_milli",
        "total_sleep_seconds": "= light + slow wave + REM of stage_summary",
        "light_sleep_seconds": "stage_summary.total_light_sleep_time_milli",
        "deep_sleep_seconds": "stage_summary.total_slow_wave_sleep_time_milli",
        "rem_sleep_seconds": "stage_summary.total_rem_sleep_time_milli",
        "awake_seconds": "stage_summary.total_awake_time_milli",
        "sleep_efficiency_percent": "score.sleep_efficiency_percentage",
        "sleep_score": "score.sleep_performance_percentage",
        "hrv_rmssd_ms": "/v2/recovery hrv_rmssd_milli, of the same sleep_id",
        "respiratory_rate_bpm": "score.respiratory_rate",
    },
    "RecoveryMetrics": {
        "recovery_score": "score.recovery_score",
        "strain_score": "/v2/cycle score.strain, of the night's cycle_id",
        "hrv_rmssd_ms": "score.hrv_rmssd_milli",
        "resting_heart_rate_bpm": "score.resting_heart_rate",
        "spo2_percent": "score.spo2_percentage",
        "skin_temperature_celsius": "score.skin_temp_celsius",
    },
    "HealthMetrics": {
        "weight_kg": "/v2/user/measurement/body weight_kilogram, on today's row",
        "total_calories_kcal": "= /v2/cycle score.kilojoule / 4.184, of the night's cycle_id",
    },
}
