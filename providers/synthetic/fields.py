"""Which unified fields the synthetic athlete has; the scorecard is made of this.

Data for docs and tests only: no call reads it. Every value is made up, from a seed and the date.
"""

from collections.abc import Mapping

_MADE_UP = "= made up"

FIELDS: Mapping[str, Mapping[str, str]] = {
    model: dict.fromkeys(fields.split(), _MADE_UP)
    for model, fields in {
        "Activity": """
            name start_time utc_offset_seconds timezone duration_seconds moving_time_seconds
            distance_meters elevation_gain_meters average_heart_rate_bpm max_heart_rate_bpm
            average_power_watts max_power_watts normalized_power_watts average_cadence_rpm
            average_speed_mps max_speed_mps calories_kcal training_load device_name gear_name
            manual private indoor race start_latlng zones
        """,
        "Lap": """
            start_time duration_seconds moving_time_seconds distance_meters elevation_gain_meters
            average_heart_rate_bpm max_heart_rate_bpm average_power_watts max_power_watts
            average_cadence_rpm average_speed_mps max_speed_mps
        """,
        "Streams": """
            time_seconds distance_meters heart_rate_bpm power_watts cadence_rpm speed_mps
            altitude_meters latitude_degrees longitude_degrees
        """,
        "Athlete": """
            name username sex birth_date city country timezone weight_kg height_meters
            max_heart_rate_bpm resting_heart_rate_bpm functional_threshold_power_watts
            heart_rate_zone_floors_bpm member_since
        """,
        "SleepSession": """
            start_time end_time utc_offset_seconds timezone time_in_bed_seconds
            total_sleep_seconds light_sleep_seconds deep_sleep_seconds rem_sleep_seconds
            awake_seconds sleep_efficiency_percent sleep_score hrv_rmssd_ms
            average_heart_rate_bpm respiratory_rate_bpm spo2_percent stages is_nap
        """,
        "RecoveryMetrics": """
            recovery_score hrv_rmssd_ms resting_heart_rate_bpm respiratory_rate_bpm spo2_percent
            skin_temperature_deviation_celsius
        """,
        "HealthMetrics": "weight_kg body_fat_percent bmi vo2_max_ml_per_kg_min",
    }.items()
}
