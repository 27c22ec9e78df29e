"""From COROS's payloads to unified values; pure, and never trusting.

A field that cannot be what it should is null, with a warning; only a record without id, start or
day is lost. ``calorie`` and ``avgSpeed`` are not read: nobody has confirmed their units.
"""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from pierre_mcp.models import (
    Activity,
    RecoveryMetrics,
    SleepSession,
    WarningCode,
)
from pierre_mcp.models.limits import Checker
from pierre_mcp.models.reading import Unreadable
from pierre_mcp.models.text import clean_text
from pierre_mcp.recordings import Recording
from providers.coros.sports import sport_of

PROVIDER = "coros"

R = TypeVar("R")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_SECOND, _LAST_SECOND = 946_684_800, 32_503_680_000
"""From 2000 to 3000: zero and milliseconds are no seconds of ours."""
_LABEL = re.compile(r"[0-9A-Za-z]{1,40}", re.ASCII)
_QUARTER_SECONDS = 900
_WESTMOST, _EASTMOST = -48, 56
_FROM_FILE = (
    "elevation_gain_meters", "average_heart_rate_bpm", "max_heart_rate_bpm", "average_power_watts",
    "max_power_watts", "normalized_power_watts", "max_speed_mps", "calories_kcal", "start_latlng",
)  # fmt: skip


def activity_of(payload: Any) -> Activity:
    """A workout as lists tell it; raises ``Unreadable``."""
    label = label_of(payload.get("labelId")) if isinstance(payload, dict) else None
    if label is None:
        raise Unreadable("it has no id.")
    start = second_of(payload.get("startTime"))
    if start is None:
        raise Unreadable("it does not say when it started.")
    check = Checker(label)
    sport, numbers = sport_of(payload.get("mode"), payload.get("subMode"))
    values: dict[str, Any] = {"duration_seconds": _elapsed(start, payload.get("endTime"), check)}
    moving = check.positive("moving_time_seconds", "seconds", payload.get("duration"))
    elapsed = values["duration_seconds"]
    if moving and elapsed and moving > elapsed + 1:
        check.note("moving_time_seconds", "is longer than the workout")
        moving = None
    values["moving_time_seconds"] = moving
    meters = check.positive("distance_meters", "distance_meters", payload.get("distance"))
    values["distance_meters"] = meters
    seconds = moving or elapsed
    if meters and seconds:
        speed = check.positive("average_speed_mps", "speed_mps", meters / seconds)
        values["average_speed_mps"] = speed
    if sport.is_on_foot:
        # Steps of both feet on foot; of other sports nobody has confirmed what it counts.
        cadence = check.positive("average_cadence_rpm", "cadence_rpm", payload.get("avgFrequency"))
        values["average_cadence_rpm"] = cadence
    return Activity(
        provider=PROVIDER,
        id=label,
        sport_type=sport,
        sport_type_raw=numbers,
        start_time=start,
        utc_offset_seconds=_offset(payload.get("startTimezone"), check),
        device_name=clean_text(payload.get("deviceName")),
        warnings=tuple(check.warnings),
        **values,
    )


def recorded_of(recording: Recording, check: Checker) -> dict[str, Any]:
    """What of a workout only its file knows; what the list says stays."""
    if len(recording.activities) > 1:
        detail = "Its file holds several legs, which are not added up here."
        check.say(WarningCode.FIELD_UNREADABLE, "average_heart_rate_bpm", detail)
    if len(recording.activities) != 1:
        return {}
    (recorded,) = recording.activities
    return {name: getattr(recorded, name) for name in _FROM_FILE}


def sleep_of(payload: Any) -> SleepSession | None:
    """The night of a day, ``None`` where there was none; raises ``Unreadable``."""
    day = _day(payload)
    raw = payload.get("sleepStartTime"), payload.get("sleepEndTime")
    if not any(raw) or raw[0] == raw[1]:
        return None
    start, end = map(wall_of, raw)
    if start is None or end is None or not start < end <= start + timedelta(days=1):
        raise Unreadable("its sleep does not say from when to when it was.")
    check = Checker(f"{day:%Y%m%d}")
    check.say(
        WarningCode.TIME_UNKNOWN,
        "start_time",
        "COROS tells the clock on the athlete's wall without its zone: times are shown as UTC.",
    )
    return SleepSession(
        provider=PROVIDER,
        id=f"{day:%Y%m%d}",
        date=end.date(),
        start_time=start,
        end_time=end,
        # What of it was spent awake is not told, so the time asleep is unknown.
        time_in_bed_seconds=(end - start).total_seconds(),
        hrv_rmssd_ms=check.positive("hrv_rmssd_ms", "hrv_rmssd_ms", payload.get("ppgHrv")),
        average_heart_rate_bpm=check.positive(
            "average_heart_rate_bpm", "heart_rate_bpm", payload.get("sleepAvgHr")
        ),
        warnings=tuple(check.warnings),
    )


def recovery_of(payload: Any) -> RecoveryMetrics | None:
    """The recovery of a day, ``None`` where nothing was measured; raises ``Unreadable``."""
    day = _day(payload)
    check = Checker(f"{day:%Y%m%d}")
    resting = check.positive("resting_heart_rate_bpm", "heart_rate_bpm", payload.get("rhr"))
    variability = check.positive("hrv_rmssd_ms", "hrv_rmssd_ms", payload.get("ppgHrv"))
    if resting is None and variability is None:
        return None
    return RecoveryMetrics(
        provider=PROVIDER,
        date=day,
        resting_heart_rate_bpm=resting,
        hrv_rmssd_ms=variability,
        warnings=tuple(check.warnings),
    )


def label_of(raw: object) -> str | None:
    """The id of a workout, as text."""
    text = str(raw) if type(raw) is int and 0 < raw < 1 << 64 else raw
    return text if isinstance(text, str) and _LABEL.fullmatch(text) else None


def second_of(raw: object) -> datetime | None:
    """An instant from seconds since 1970."""
    if type(raw) is not int or not _FIRST_SECOND <= raw <= _LAST_SECOND:
        return None
    return _EPOCH + timedelta(seconds=raw)


def wall_of(raw: object) -> datetime | None:
    """A local time without an offset, as if it were UTC."""
    try:
        told = datetime.strptime(raw, "%Y-%m-%d %H:%M:%S") if isinstance(raw, str) else None  # noqa: DTZ007
    except ValueError:
        return None
    return told.replace(tzinfo=UTC) if told and told.year >= 2000 else None  # noqa: PLR2004


def _day(payload: Any) -> date:
    raw = payload.get("happenDay") if isinstance(payload, dict) else None
    try:
        day = date(raw // 10_000, raw // 100 % 100, raw % 100) if type(raw) is int else None
    except (ValueError, OverflowError):
        day = None
    if day is None or not 2000 <= day.year < 3000:  # noqa: PLR2004 - no watch is older
        raise Unreadable("it does not say which day it is.")
    return day


def _elapsed(start: datetime, raw_end: object, check: Checker) -> float | None:
    if raw_end is None:
        return None
    end = second_of(raw_end)
    if end is None or end < start:
        check.note("duration_seconds")
        return None
    return check.positive("duration_seconds", "seconds", (end - start).total_seconds())


def _offset(raw: object, check: Checker) -> int | None:
    """Seconds east of UTC from quarters of an hour: 32 is UTC+8."""
    if type(raw) is int and _WESTMOST <= raw <= _EASTMOST:
        return raw * _QUARTER_SECONDS
    if raw is not None:
        check.note("utc_offset_seconds")
    return None
