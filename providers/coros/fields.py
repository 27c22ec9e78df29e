"""Which unified fields COROS gives, and from which of its own; the scorecard is made of this.

Data for docs and tests only: no call reads it. ``= ...`` stands before what is derived.
"""

from collections.abc import Mapping

_OF_FILE = "the FIT file, of one activity"

FIELDS: Mapping[str, Mapping[str, str]] = {
    "Activity": {
        "start_time": "startTime",
        "utc_offset_seconds": "= startTimezone * 900",
        "duration_seconds": "= endTime - startTime",
        "moving_time_seconds": "duration",
        "distance_meters": "distance",
        "average_cadence_rpm": "avgFrequency, on foot",
        "average_speed_mps": "= distance / duration",
        "device_name": "deviceName",
        "elevation_gain_meters": _OF_FILE,
        "average_heart_rate_bpm": _OF_FILE,
        "max_heart_rate_bpm": _OF_FILE,
        "average_power_watts": _OF_FILE,
        "max_power_watts": _OF_FILE,
        "normalized_power_watts": _OF_FILE,
        "max_speed_mps": _OF_FILE,
        "calories_kcal": _OF_FILE,
        "start_latlng": _OF_FILE,
        "zones": f"{_OF_FILE}, where it holds them",
    },
    "Lap": dict.fromkeys(
        (
            "start_time", "duration_seconds", "moving_time_seconds", "distance_meters",
            "average_heart_rate_bpm",
        ),
        _OF_FILE,
    ),
    "Streams": dict.fromkeys(
        (
            "time_seconds", "distance_meters", "heart_rate_bpm", "power_watts", "cadence_rpm",
            "speed_mps", "altitude_meters", "latitude_degrees", "longitude_degrees",
        ),
        _OF_FILE,
    ),
    "SleepSession": {
        "start_time": "sleepStartTime, the clock on the wall",
        "end_time": "sleepEndTime, the clock on the wall",
        "time_in_bed_seconds": "= sleepEndTime - sleepStartTime",
        "hrv_rmssd_ms": "ppgHrv",
        "average_heart_rate_bpm": "sleepAvgHr",
    },
    "RecoveryMetrics": {
        "hrv_rmssd_ms": "ppgHrv",
        "resting_heart_rate_bpm": "rhr",
    },
}  # fmt: skip
