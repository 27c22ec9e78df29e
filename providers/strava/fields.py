"""Which unified fields Strava gives, and from which of its own; the scorecard is made of this.

Data for docs and tests only: no call reads it. ``= ...`` stands before what is derived.
"""

from collections.abc import Mapping

_MEASURES = {
    "duration_seconds": "elapsed_time",
    "moving_time_seconds": "moving_time",
    "distance_meters": "distance",
    "elevation_gain_meters": "total_elevation_gain",
    "average_heart_rate_bpm": "average_heartrate",
    "max_heart_rate_bpm": "max_heartrate",
    "average_cadence_rpm": "average_cadence, twice that on foot",
    "average_speed_mps": "average_speed",
    "max_speed_mps": "max_speed",
}

FIELDS: Mapping[str, Mapping[str, str]] = {
    "Activity": {
        **_MEASURES,
        "name": "name",
        "start_time": "start_date",
        "utc_offset_seconds": "utc_offset, else = timezone at the start",
        "timezone": "timezone",
        "average_power_watts": "average_watts, where device_watts",
        "max_power_watts": "max_watts, where device_watts",
        "normalized_power_watts": "weighted_average_watts, where device_watts",
        "calories_kcal": "calories, of one activity",
        "training_load": "suffer_score",
        "device_name": "device_name",
        "gear_name": "gear.name, of one activity",
        "manual": "manual",
        "private": "private, visibility",
        "indoor": "= trainer, or a virtual sport",
        "race": "= workout_type",
        "start_latlng": "start_latlng",
        "zones": "/activities/{id}/zones",
    },
    "Lap": {
        **_MEASURES,
        "start_time": "start_date",
        "average_power_watts": "average_watts, where device_watts",
    },
    "Streams": {
        "time_seconds": "time",
        "distance_meters": "distance",
        "heart_rate_bpm": "heartrate",
        "power_watts": "watts, where device_watts",
        "cadence_rpm": "cadence, twice that on foot",
        "speed_mps": "velocity_smooth",
        "altitude_meters": "altitude",
        "latitude_degrees": "latlng",
        "longitude_degrees": "latlng",
        "temperature_celsius": "temp",
    },
    "Athlete": {
        "name": "firstname, lastname",
        "username": "username",
        "sex": "sex",
        "city": "city",
        "country": "country",
        "weight_kg": "weight",
        "functional_threshold_power_watts": "ftp",
        "heart_rate_zone_floors_bpm": "/athlete/zones heart_rate",
        "power_zone_floors_watts": "/athlete/zones power",
        "member_since": "created_at",
    },
}
