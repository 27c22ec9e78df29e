"""Which unified fields recordings give, and from which of their own; the scorecard is made of this.

Data for docs and tests only: no call reads it. ``= ...`` stands before what is derived; where a FIT
file says nothing of the whole, and for TCX and GPX, sums and averages are taken of the samples.
"""

from collections.abc import Mapping

_MEASURES = {
    "duration_seconds": "FIT total_elapsed_time; = first to last sample",
    "moving_time_seconds": "FIT total_timer_time; = samples in motion",
    "distance_meters": "FIT total_distance, TCX DistanceMeters; = positions",
    "elevation_gain_meters": "FIT total_ascent; = altitudes",
    "average_heart_rate_bpm": "FIT avg_heart_rate, TCX AverageHeartRateBpm; = samples",
    "max_heart_rate_bpm": "FIT max_heart_rate, TCX MaximumHeartRateBpm; = samples",
    "average_power_watts": "FIT avg_power; = samples",
    "max_power_watts": "FIT max_power; = samples",
    "normalized_power_watts": "FIT normalized_power",
    "average_cadence_rpm": "FIT avg_cadence, twice that on foot; = samples",
    "average_speed_mps": "FIT enhanced_avg_speed; = distance over time",
    "max_speed_mps": "FIT enhanced_max_speed, TCX MaximumSpeed; = samples",
    "calories_kcal": "FIT total_calories, TCX Calories",
}

FIELDS: Mapping[str, Mapping[str, str]] = {
    "Activity": {
        **_MEASURES,
        "name": "GPX trk name, TCX Notes; the tables of an export",
        "start_time": "FIT start_time, TCX Id; = first sample",
        "utc_offset_seconds": "= FIT local_timestamp",
        "training_load": "FIT training_stress_score",
        "device_name": "FIT file_id, device_info; TCX Creator; GPX creator",
        "gear_name": "the tables of an export",
        "manual": "= there are samples",
        "indoor": "= FIT sub_sport",
        "start_latlng": "= first position",
        "zones": "FIT time_in_zone, of heart rate",
    },
    "Lap": {
        **_MEASURES,
        "start_time": "FIT start_time, TCX StartTime",
    },
    "Streams": {
        "time_seconds": "= timestamps",
        "distance_meters": "FIT distance, TCX DistanceMeters; = positions",
        "heart_rate_bpm": "FIT heart_rate, TCX HeartRateBpm, GPX hr",
        "power_watts": "FIT power, TCX Watts, GPX power",
        "cadence_rpm": "FIT cadence, TCX Cadence and RunCadence, GPX cad; twice that on foot",
        "speed_mps": "FIT enhanced_speed, TCX Speed",
        "altitude_meters": "FIT enhanced_altitude, TCX AltitudeMeters, GPX ele",
        "latitude_degrees": "position",
        "longitude_degrees": "position",
        "temperature_celsius": "FIT temperature, GPX atemp",
    },
    "Athlete": {
        "name": "FIT user_profile friendly_name",
        "sex": "FIT user_profile gender",
        "weight_kg": "FIT user_profile weight",
        "height_meters": "FIT user_profile height",
        "max_heart_rate_bpm": "FIT zones_target max_heart_rate",
        "resting_heart_rate_bpm": "FIT user_profile resting_heart_rate",
    },
    "RecoveryMetrics": {
        "resting_heart_rate_bpm": "FIT monitoring_hr_data",
        "hrv_rmssd_ms": "FIT hrv_status_summary last_night_average",
    },
    "HealthMetrics": {
        "weight_kg": "FIT weight_scale weight",
        "body_fat_percent": "FIT weight_scale percent_fat",
        "muscle_mass_kg": "FIT weight_scale muscle_mass",
        "vo2_max_ml_per_kg_min": "FIT max_met_data vo2_max",
    },
}
