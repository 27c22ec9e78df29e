"""Which unified fields Google gives, and from which of its own; the scorecard is made of this.

Data for docs and tests only: no call reads it. ``= ...`` stands before what is derived; a type of
data stands before the field where it is not that of the record.
"""

from collections.abc import Mapping

_SUMMARY = "metricsSummary."
_MEASURES = {
    "duration_seconds": "= endTime - startTime",
    "moving_time_seconds": "activeDuration",
    "distance_meters": _SUMMARY + "distanceMillimeters",
    "elevation_gain_meters": _SUMMARY + "elevationGainMillimeters",
    "average_heart_rate_bpm": _SUMMARY + "averageHeartRateBeatsPerMinute",
    "average_cadence_rpm": _SUMMARY + "mobilityMetrics.avgCadenceStepsPerMinute, on foot",
    "average_speed_mps": _SUMMARY
    + "averageSpeedMillimetersPerSecond, else = 1 / averagePaceSecondsPerMeter",
    "calories_kcal": _SUMMARY + "caloriesKcal",
}
_NIGHTLY = {
    "hrv_rmssd_ms": "daily-heart-rate-variability averageHeartRateVariabilityMilliseconds",
    "respiratory_rate_bpm": "daily-respiratory-rate breathsPerMinute",
    "spo2_percent": "daily-oxygen-saturation averagePercentage",
}
_TEMPERATURE = "daily-sleep-temperature-derivations "

FIELDS: Mapping[str, Mapping[str, str]] = {
    "Activity": {
        **_MEASURES,
        "name": "displayName",
        "start_time": "interval.startTime",
        "utc_offset_seconds": "interval.startUtcOffset",
        "device_name": "dataSource.device.displayName",
        "manual": "= dataSource.recordingMethod",
        "indoor": "= exerciseType, exerciseMetadata.hasGps",
        "start_latlng": "= first position of the exported TCX, with streams",
        "zones": _SUMMARY + "heartRateZoneDurations, within daily-heart-rate-zones of that day",
    },
    "Lap": {**_MEASURES, "start_time": "splitSummaries, else splits: startTime"},
    "Streams": {
        "time_seconds": "exported TCX Time",
        "distance_meters": "exported TCX DistanceMeters",
        "heart_rate_bpm": "exported TCX HeartRateBpm",
        "altitude_meters": "exported TCX AltitudeMeters",
        "latitude_degrees": "exported TCX LatitudeDegrees",
        "longitude_degrees": "exported TCX LongitudeDegrees",
    },
    "Athlete": {
        "timezone": "settings timeZone",
        "weight_kg": "weight weightGrams, the newest",
        "height_meters": "height heightMillimeters, the newest",
        "member_since": "profile membershipStartDate",
    },
    "SleepSession": {
        **_NIGHTLY,
        "start_time": "interval.startTime",
        "end_time": "interval.endTime",
        "utc_offset_seconds": "interval.endUtcOffset",
        "is_nap": "metadata.nap",
        "time_in_bed_seconds": "summary.minutesInSleepPeriod, else = stages",
        "total_sleep_seconds": "summary.minutesAsleep, else = stages",
        "light_sleep_seconds": "summary.stagesSummary LIGHT, else = stages",
        "deep_sleep_seconds": "summary.stagesSummary DEEP, else = stages",
        "rem_sleep_seconds": "summary.stagesSummary REM, else = stages",
        "awake_seconds": "= time in bed - time asleep",
        "sleep_efficiency_percent": "= time asleep / time in bed",
        "stages": "stages",
    },
    "RecoveryMetrics": {
        **_NIGHTLY,
        "resting_heart_rate_bpm": "daily-resting-heart-rate beatsPerMinute",
        "skin_temperature_celsius": _TEMPERATURE + "nightlyTemperatureCelsius",
        "skin_temperature_deviation_celsius": "= "
        + _TEMPERATURE
        + "nightlyTemperatureCelsius - baselineTemperatureCelsius",
    },
    "HealthMetrics": {
        "weight_kg": "weight weightGrams, the day's last",
        "body_fat_percent": "body-fat percentage, the day's last",
        "vo2_max_ml_per_kg_min": "daily-vo2-max vo2Max",
        "steps": "steps dailyRollUp countSum",
        "total_calories_kcal": "total-calories dailyRollUp kcalSum",
    },
}
