"""From Terra's payloads to activities, nights and the athlete; pure, and never trusting.

A field that cannot be what it should is null, with a warning; only a record without id or times is
lost. ``brand`` is the brand that recorded it, as the answer around the payloads says.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from pierre_mcp.models import Activity, Athlete, SleepSession, SportType, WarningCode, local_time
from pierre_mcp.models.limits import Checker, possible, too_much
from pierre_mcp.models.reading import Unreadable
from pierre_mcp.models.text import clean_text
from providers.terra.sports import sport_of
from providers.terra.wire import (
    PROVIDER,
    Moment,
    Row,
    measured,
    moment_of,
    number_of,
    part,
)

_HEART, _MOVEMENT, _DISTANCE = (
    ("heart_rate_data", "summary"),
    ("movement_data",),
    ("distance_data", "summary"),
)
_ELEVATION = (*_DISTANCE, "elevation")
_ASLEEP = ("sleep_durations_data", "asleep")

_ACTIVITY_ROWS: tuple[Row, ...] = (
    ("moving_time_seconds", ("active_durations_data", "activity_seconds"), "seconds"),
    ("distance_meters", (*_DISTANCE, "distance_meters"), "distance_meters"),
    ("elevation_gain_meters", (*_ELEVATION, "gain_actual_meters"), "elevation_gain_meters"),
    ("average_heart_rate_bpm", (*_HEART, "avg_hr_bpm"), "heart_rate_bpm"),
    ("max_heart_rate_bpm", (*_HEART, "max_hr_bpm"), "heart_rate_bpm"),
    ("average_power_watts", ("power_data", "avg_watts"), "power_watts"),
    ("max_power_watts", ("power_data", "max_watts"), "power_watts"),
    ("average_speed_mps", (*_MOVEMENT, "avg_speed_meters_per_second"), "speed_mps"),
    ("max_speed_mps", (*_MOVEMENT, "max_speed_meters_per_second"), "speed_mps"),
    ("calories_kcal", ("calories_data", "total_burned_calories"), "calories_kcal"),
    ("training_load", ("data_enrichment", "trimp_score"), "training_load"),
)
_CADENCE: Row = ("average_cadence_rpm", (*_MOVEMENT, "avg_cadence_rpm"), "cadence_rpm")
_ORDERED = (
    ("average_heart_rate_bpm", "max_heart_rate_bpm"),
    ("average_speed_mps", "max_speed_mps"),
    ("average_power_watts", "max_power_watts"),
)
_NIGHT_ROWS: tuple[Row, ...] = (
    (
        "time_in_bed_seconds",
        ("sleep_durations_data", "other", "duration_in_bed_seconds"),
        "seconds",
    ),
    ("total_sleep_seconds", (*_ASLEEP, "duration_asleep_state_seconds"), "seconds"),
    ("sleep_score", ("scores", "sleep"), "percent"),
    ("hrv_rmssd_ms", (*_HEART, "avg_hrv_rmssd"), "hrv_rmssd_ms"),
    ("average_heart_rate_bpm", (*_HEART, "avg_hr_bpm"), "heart_rate_bpm"),
    (
        "respiratory_rate_bpm",
        ("respiration_data", "breaths_data", "avg_breaths_per_min"),
        "respiratory_rate_bpm",
    ),
    (
        "spo2_percent",
        ("respiration_data", "oxygen_saturation_data", "avg_saturation_percentage"),
        "spo2_percent",
    ),
)
_STAGES = {
    "light_sleep_seconds": (*_ASLEEP, "duration_light_sleep_state_seconds"),
    "deep_sleep_seconds": (*_ASLEEP, "duration_deep_sleep_state_seconds"),
    "rem_sleep_seconds": (*_ASLEEP, "duration_REM_sleep_state_seconds"),
    "awake_seconds": ("sleep_durations_data", "awake", "duration_awake_state_seconds"),
}
_MANUAL = {1: False, 2: True}
"""``upload_type`` of activities: automatic and typed in. The others say neither."""
_DELETED = 4

SUMMARY_ID = r"[!-{}~]{1,128}"
"""Anything that can be seen, but the bar that divides the columns of our tables."""
ACTIVITY_ID = re.compile(rf"(\d{{4}}-\d\d-\d\d)_({SUMMARY_ID})", re.ASCII)


def brand_of(payload: Any) -> str | None:
    """Which brand recorded what an answer or a push holds."""
    return clean_text(part(payload, "user", "provider"), 60)


def id_of(payload: Any) -> str | None:
    """Our id of an activity: the UTC day of its start, by which it is found, and Terra's own id."""
    start = _moment(payload, "start_time")
    own = _summary_id(payload)
    return None if start is None or own is None else f"{start.instant.date()}_{own}"


def day_and_summary_id(activity_id: str) -> tuple[date, str] | None:
    """What an id of ours says; ``None`` where it is none."""
    match = ACTIVITY_ID.fullmatch(activity_id)
    try:
        return None if match is None else (date.fromisoformat(match[1]), match[2])
    except ValueError:
        return None


def standing(payloads: Iterable[Any]) -> list[Any]:
    """The activities that stand: the last word on each, and nothing of those that were deleted."""
    latest: dict[object, Any] = {}
    deleted = set()
    for number, payload in enumerate(payloads):
        own = _summary_id(payload)
        latest[number if own is None else own] = payload
        if own and number_of(part(payload, "metadata", "upload_type")) == _DELETED:
            deleted.add(own)
    return [payload for own, payload in latest.items() if own not in deleted]


def activity_of(payload: Any, brand: str | None) -> Activity:
    """An activity without its parts; raises ``Unreadable``."""
    start, activity_id = _moment(payload, "start_time"), id_of(payload)
    if start is None:
        raise Unreadable("it does not say when it started.")
    if activity_id is None:
        raise Unreadable("it has no id.")
    check = Checker(activity_id)
    sport, raw_sport = sport_of(number_of(part(payload, "metadata", "type")))
    values = measured(payload, _ACTIVITY_ROWS, check)
    # Whether a cadence counts one foot or both is not said: it is told where there are no feet.
    if turns(sport):
        values |= measured(payload, (_CADENCE,), check)
    flat = part(payload, *_ELEVATION, "gain_actual_meters") == 0
    if flat and part(payload, *_ELEVATION, "max_meters") is not None:
        values["elevation_gain_meters"] = 0.0  # somebody measured the height
    values["duration_seconds"] = _seconds(start, _moment(payload, "end_time"), payload, check)
    _reconcile(values, check)
    _say_if_uncertain(start, check)
    return Activity(
        provider=PROVIDER,
        recorded_by=brand,
        id=activity_id,
        name=clean_text(part(payload, "metadata", "name")),
        sport_type=sport,
        sport_type_raw=raw_sport,
        start_time=start.instant,
        utc_offset_seconds=start.offset_seconds,
        device_name=clean_text(part(payload, "device_data", "name")),
        manual=_MANUAL.get(number_of(part(payload, "metadata", "upload_type")) or 0),
        start_latlng=place_of(part(payload, "position_data", "start_pos_lat_lng_deg"), check),
        warnings=tuple(check.warnings),
        **values,
    )


def night_of(payload: Any, brand: str | None) -> SleepSession:
    """A night or nap; raises ``Unreadable``."""
    start, end = _moment(payload, "start_time"), _moment(payload, "end_time")
    if start is None or end is None or end.instant <= start.instant:
        raise Unreadable("it does not say when it began and ended.")
    # The description lets the id be null: a brand then has one sleep that ends at a time.
    night_id = _summary_id(payload) or end.wall.isoformat()
    check = Checker(night_id)
    values = measured(payload, _NIGHT_ROWS, check)
    stages = {
        field: check(field, "seconds", part(payload, *path)) for field, path in _STAGES.items()
    }
    # Brands without stages have zeros for all of them.
    if any(seconds for field, seconds in stages.items() if field != "awake_seconds"):
        values |= stages
    elif stages["awake_seconds"]:
        values["awake_seconds"] = stages["awake_seconds"]
    if values.get("total_sleep_seconds", 0) > values.get("time_in_bed_seconds", _A_DAY) + 60:
        values.pop("time_in_bed_seconds", None)
        check.note("time_in_bed_seconds", "is shorter than the sleep")
    values["sleep_efficiency_percent"] = _efficiency(payload, check)
    _say_if_uncertain(start, check)
    return SleepSession(
        provider=PROVIDER,
        recorded_by=brand,
        id=night_id,
        date=local_time(end.instant, end.offset_seconds).date(),
        start_time=start.instant,
        end_time=end.instant,
        utc_offset_seconds=end.offset_seconds,
        is_nap=part(payload, "metadata", "is_nap") is True,
        warnings=tuple(check.warnings),
        **values,
    )


_A_DAY = 86_400


def athlete_of(payload: Any) -> Athlete:
    """Who the brand says that the athlete is; raises ``Unreadable``."""
    told = part(payload, "athlete")
    athlete_id = _id(part(told, "provider_user_id")) or _id(part(payload, "user", "user_id"))
    if athlete_id is None:
        raise Unreadable("the profile has no id.")
    check = Checker(athlete_id)
    names = (clean_text(part(told, name)) for name in ("first_name", "last_name"))
    sex = part(told, "sex") or part(told, "gender")
    return Athlete(
        provider=PROVIDER,
        recorded_by=brand_of(payload),
        id=athlete_id,
        name=clean_text(" ".join(name for name in names if name)),
        sex=_SEXES.get(sex.lower()) if isinstance(sex, str) else None,
        birth_date=_date(told, "date_of_birth", "birth_date", check),
        city=clean_text(part(told, "city")),
        country=clean_text(part(told, "country")),
        member_since=_date(told, "account_creation_date", "member_since", check),
        warnings=tuple(check.warnings),
    )


_SEXES = {"male": "male", "m": "male", "female": "female", "f": "female"}


def turns(sport: SportType) -> bool:
    """Whether a cadence of this sport can only be turns of a crank."""
    return sport.broader is SportType.RIDE or sport is SportType.HANDCYCLE


def place_of(raw: object, check: Checker | None = None) -> tuple[float, float] | None:
    """Latitude and longitude; the point in the Gulf of Guinea is how devices say that none is."""
    if not isinstance(raw, list) or len(raw) != 2 or raw in ([0, 0], [None, None]):  # noqa: PLR2004
        return None
    latitude = possible("latitude_degrees", raw[0])
    longitude = possible("longitude_degrees", raw[1])
    if latitude is not None and longitude is not None:
        return latitude, longitude
    if check is not None:
        check.note("start_latlng")
    return None


def _moment(payload: Any, name: str) -> Moment | None:
    metadata = part(payload, "metadata")
    return moment_of(part(metadata, name), part(metadata, "timestamp_localization"))


def _summary_id(payload: Any) -> str | None:
    return _id(part(payload, "metadata", "summary_id"))


def _id(raw: object) -> str | None:
    text = str(raw) if type(raw) is int and abs(raw) < 1 << 63 else raw
    return text if isinstance(text, str) and re.fullmatch(SUMMARY_ID, text, re.ASCII) else None


def _seconds(start: Moment, end: Moment | None, payload: Any, check: Checker) -> float | None:
    if end is None:
        if part(payload, "metadata", "end_time") is not None:
            check.note("duration_seconds")
        return None
    seconds = (end.instant - start.instant).total_seconds()
    if seconds < 0:
        check.note("duration_seconds")
        return None
    return check.positive("duration_seconds", "seconds", seconds)


def _reconcile(values: dict[str, Any], check: Checker) -> None:
    """Drop what contradicts another value."""
    for mean, top in _ORDERED:
        if mean in values and values.get(top, values[mean]) < values[mean]:
            del values[top]
    moving, elapsed = values.get("moving_time_seconds"), values["duration_seconds"]
    if moving and elapsed and moving > elapsed + 1:
        del values["moving_time_seconds"]
        check.note("moving_time_seconds", "is longer than the activity")
    for field in too_much(values):
        del values[field]
        check.note(field)


def _efficiency(payload: Mapping[str, Any], check: Checker) -> float | None:
    """In per cent, as described; that no brand's is a fraction is unconfirmed (2026-11)."""
    raw = part(payload, "sleep_durations_data", "sleep_efficiency")
    value = check.positive("sleep_efficiency_percent", "percent", raw)
    return value * 100 if value is not None and value <= 1 else value


def _say_if_uncertain(start: Moment, check: Checker) -> None:
    if not start.is_certain:
        detail = "The brand gave no time zone: times are the clock where the athlete was, as UTC."
        check.say(WarningCode.TIME_UNKNOWN, "start_time", detail)


def _date(payload: Any, name: str, field: str, check: Checker) -> date | None:
    raw = part(payload, name)
    moment = moment_of(raw)
    try:
        # People are older than devices.
        if moment is None and isinstance(raw, str):
            told = date.fromisoformat(raw[:10])
            return told if told.year > 1900 else None  # noqa: PLR2004
    except ValueError:
        pass
    if moment is None and raw is not None:
        check.note(field)
    return None if moment is None else moment.day
