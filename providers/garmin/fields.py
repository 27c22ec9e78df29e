"""Which unified fields Garmin gives, and from which of its own; the scorecard is made of this.

Data for docs and tests only: no call reads it. ``= ...`` stands before what is derived. Two names
are those of lists and of single activities.
"""

from collections.abc import Mapping

_IN_FILE = "the original file"

FIELDS: Mapping[str, Mapping[str, str]] = {
    "Activity": {
        "name": "activityName",
        "start_time": "startTimeGMT",
        "utc_offset_seconds": "= startTimeLocal - startTimeGMT",
        "timezone": "timeZoneUnitDTO.timeZone, of one activity",
        "duration_seconds": "elapsedDuration, else duration",
        "moving_time_seconds": "movingDuration, else duration",
        "distance_meters": "distance",
        "elevation_gain_meters": "elevationGain",
        "average_heart_rate_bpm": "averageHR",
        "max_heart_rate_bpm": "maxHR",
        "average_power_watts": "avgPower, averagePower",
        "max_power_watts": "maxPower",
        "normalized_power_watts": "normPower, normalizedPower",
        "average_cadence_rpm": "averageRunningCadenceInStepsPerMinute, averageRunCadence; else of "
        "bikes, else of strokes",
        "average_speed_mps": "averageSpeed",
        "max_speed_mps": "maxSpeed",
        "calories_kcal": "calories, those at rest included",
        "training_load": "activityTrainingLoad",
        "device_name": _IN_FILE,
        "manual": "manualActivity, isManualActivity",
        "private": "= privacy.typeKey, accessControlRuleDTO.typeKey",
        "indoor": "= typeKey, or a position",
        "race": "= eventType.typeKey",
        "start_latlng": "startLatitude, startLongitude",
        "zones": f"{_IN_FILE}, of heart rate",
    },
    "Lap": dict.fromkeys(
        (
            "start_time", "duration_seconds", "moving_time_seconds", "distance_meters",
            "average_heart_rate_bpm",
        ),
        _IN_FILE,
    ),
    "Streams": dict.fromkeys(
        (
            "time_seconds", "distance_meters", "heart_rate_bpm", "power_watts", "cadence_rpm",
            "speed_mps", "altitude_meters", "latitude_degrees", "longitude_degrees",
        ),
        _IN_FILE,
    ),
    "Athlete": {
        "name": "ownerFullName of the newest activity",
        "username": "displayName",
        "timezone": "timeZone",
        "max_heart_rate_bpm": "maxHeartRateUsed",
        "resting_heart_rate_bpm": "restingHeartRate of today",
        "heart_rate_zone_floors_bpm": "zone1Floor to zone5Floor",
    },
    "SleepSession": {
        "start_time": "sleepStartTimestampGMT, napStartTimestampGMT",
        "end_time": "sleepEndTimestampGMT, napEndTimestampGMT",
        "utc_offset_seconds": "= sleepEndTimestampLocal - sleepEndTimestampGMT",
        "is_nap": "= dailyNapDTOS",
        "time_in_bed_seconds": "= end - start",
        "total_sleep_seconds": "sleepTimeSeconds, napTimeSec",
        "light_sleep_seconds": "lightSleepSeconds",
        "deep_sleep_seconds": "deepSleepSeconds",
        "rem_sleep_seconds": "remSleepSeconds",
        "awake_seconds": "awakeSleepSeconds",
        "sleep_efficiency_percent": "= sleepTimeSeconds / (end - start)",
        "sleep_score": "sleepScores.overall.value",
        "hrv_rmssd_ms": "hrvSummaries[].lastNightAvg",
        "average_heart_rate_bpm": "avgHeartRate",
        "respiratory_rate_bpm": "averageRespirationValue",
        "spo2_percent": "averageSpO2Value",
    },
    "RecoveryMetrics": {
        "stress_score": "stress.avgLevel",
        "energy_level_max": "bodyBattery.maxValue",
        "energy_level_min": "bodyBattery.minValue",
        "hrv_rmssd_ms": "hrvSummaries[].lastNightAvg",
        "resting_heart_rate_bpm": "heartRate.restingValue",
        "spo2_percent": "pulseOx.avgValue",
    },
    "HealthMetrics": {
        "weight_kg": "weight / 1000",
        "body_fat_percent": "bodyFat",
        "muscle_mass_kg": "muscleMass / 1000",
        "bmi": "bmi",
        "vo2_max_ml_per_kg_min": "vO2MaxValue of the newest activity that has one",
        "fitness_age_years": "fitnessAge of today",
        "steps": "movement.steps.value",
        "active_calories_kcal": "calories.burnedActive",
        "total_calories_kcal": "calories.burnedTotal",
    },
}  # fmt: skip
