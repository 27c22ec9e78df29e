"""From Strava's payloads to unified activities and athletes; pure, and never trusting.

A field that cannot be what it should is null, with a warning; only a record without id or start is
lost. What comes as time, distance or watts is checked against what can have been measured.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from pierre_mcp.models import Activity, Athlete, DataWarning, SportType, WarningCode
from pierre_mcp.models.limits import BOUNDS, Checker, possible
from pierre_mcp.models.reading import Unreadable, each
from pierre_mcp.models.text import clean_text
from providers.strava.sports import SPORTS, VIRTUAL

PROVIDER = "strava"

HIDDEN_START = "T00:00:01Z"
"""How the start time is shown of an activity whose athlete hides it: the day is true, the time is
not. (Two public integrations, 2026; the official description is silent.)"""

Row = tuple[str, str, str, float, float]


def _rows(*rows: tuple[str, str, str]) -> tuple[Row, ...]:
    """Each with the bounds of what it measures: looked up once, not for every activity."""
    return tuple((*row, *BOUNDS[row[2]]) for row in rows)


# Our field, Strava's, and what it measures. The official description lacks heart rate, cadence and
# suffer_score, which is relative effort on Strava's own scale; public integrations find them in
# lists and details alike (2026-11).
LAP_ROWS = _rows(
    ("duration_seconds", "elapsed_time", "seconds"),
    ("moving_time_seconds", "moving_time", "seconds"),
    ("distance_meters", "distance", "distance_meters"),
    ("elevation_gain_meters", "total_elevation_gain", "elevation_gain_meters"),
    ("average_heart_rate_bpm", "average_heartrate", "heart_rate_bpm"),
    ("max_heart_rate_bpm", "max_heartrate", "heart_rate_bpm"),
    ("average_speed_mps", "average_speed", "speed_mps"),
    ("max_speed_mps", "max_speed", "speed_mps"),
)
SUMMARY_ROWS = (
    *LAP_ROWS,
    *_rows(
        ("calories_kcal", "calories", "calories_kcal"),
        ("training_load", "suffer_score", "training_load"),
    ),
)
POWER_ROWS = _rows(
    ("average_power_watts", "average_watts", "power_watts"),
    ("max_power_watts", "max_watts", "power_watts"),
    ("normalized_power_watts", "weighted_average_watts", "power_watts"),
)
_ATHLETE_ROWS = _rows(
    ("weight_kg", "weight", "weight_kg"),
    ("functional_threshold_power_watts", "ftp", "power_watts"),
)
_ZERO_COUNTS = ("elevation_gain_meters", "training_load")
_ORDERED = (
    ("average_heart_rate_bpm", "max_heart_rate_bpm"),
    ("average_speed_mps", "max_speed_mps"),
    ("average_power_watts", "max_power_watts"),
)
_RACES = {code: code in (1, 11) for code in (0, 1, 2, 3, 10, 11, 12)}
"""``workout_type`` of runs (0 to 3) and rides (10 to 12); 1 and 11 are races."""


def activities_of(payloads: Iterable[Any]) -> tuple[list[Activity], list[DataWarning]]:
    """The activities of a list, and a warning for each that could not be read."""
    return each(payloads, activity_of, "An activity", _id_in)


def _id_in(payload: Any) -> str | None:
    return _id(payload.get("id")) if isinstance(payload, dict) else None


def activity_of(payload: Any) -> Activity:
    """An activity from a list or by itself; raises ``Unreadable``."""
    if not isinstance(payload, dict):
        raise Unreadable("it is not an object.")
    activity_id = _id(payload.get("id"))
    if activity_id is None:
        raise Unreadable("it has no id.")
    start = instant_of(payload.get("start_date"))
    if start is None:
        raise Unreadable("it does not say when it started.")
    if start.microsecond:
        start = start.replace(microsecond=0)  # places in lists count whole seconds, as Strava does
    check = Checker(activity_id)
    sport, raw_sport = sport_of(payload)
    values = numbers(payload, SUMMARY_ROWS, check)
    # Without a power meter Strava estimates watts: nobody measured them, so they are unknown.
    if payload.get("device_watts") is True:
        values |= numbers(payload, POWER_ROWS, check)
    values["average_cadence_rpm"] = cadence_of(payload.get("average_cadence"), sport, check)
    values["start_latlng"] = place = _position(payload.get("start_latlng"), check)
    if not values.get("elevation_gain_meters") and not place and payload.get("elev_high") is None:
        # Where nothing recorded the altitude, the climb is 0.
        values.pop("elevation_gain_meters", None)
    _reconcile(values, check)
    values["utc_offset_seconds"], values["timezone"] = _clock(payload, start, check)
    gear = payload.get("gear")
    if isinstance(gear, dict):
        values["gear_name"] = clean_text(gear.get("name"))
    values["name"] = clean_text(payload.get("name"))
    values["device_name"] = clean_text(payload.get("device_name"))
    return Activity(
        provider=PROVIDER,
        id=activity_id,
        sport_type=sport,
        sport_type_raw=raw_sport,
        start_time=start,
        warnings=tuple(check.warnings),
        **values,
        **_flags(payload, is_placed=place is not None),
    )


def _flags(payload: Mapping[str, Any], *, is_placed: bool) -> dict[str, Any]:
    """What is true, false or unknown of an activity."""
    manual, private = payload.get("manual"), payload.get("private")
    flags = {
        "manual": manual if isinstance(manual, bool) else None,
        "private": private if isinstance(private, bool) else None,
    }
    if payload.get("visibility") == "only_me":
        flags["private"] = True
    trainer, workout = payload.get("trainer"), payload.get("workout_type")
    if trainer is True or payload.get("sport_type") in VIRTUAL:
        flags["indoor"] = True
    elif trainer is False and is_placed:
        flags["indoor"] = False
    if type(workout) is int:
        flags["race"] = _RACES.get(workout)
    return flags


def athlete_of(payload: Any) -> Athlete:
    """The athlete; raises ``Unreadable``."""
    athlete_id = _id(payload.get("id")) if isinstance(payload, dict) else None
    if athlete_id is None:
        raise Unreadable("the profile has no id.")
    check = Checker(athlete_id)
    names = (clean_text(payload.get(part)) for part in ("firstname", "lastname"))
    joined = instant_of(payload.get("created_at"))
    values = numbers(payload, _ATHLETE_ROWS, check)
    return Athlete(
        provider=PROVIDER,
        id=athlete_id,
        name=clean_text(" ".join(name for name in names if name)),
        username=clean_text(payload.get("username")),
        sex={"M": "male", "F": "female"}.get(str(payload.get("sex"))),
        city=clean_text(payload.get("city")),
        country=clean_text(payload.get("country")),
        member_since=joined.date() if joined else None,
        warnings=tuple(check.warnings),
        **values,
    )


def start_is_hidden(activity: Activity) -> bool:
    """Whether only the day of its start is known."""
    return any(warning.code is WarningCode.TIME_UNKNOWN for warning in activity.warnings)


def numbers(payload: Mapping[str, Any], rows: Iterable[Row], check: Checker) -> dict[str, Any]:
    """The values of ``rows`` that are there and can be."""
    found: dict[str, Any] = {}
    for field, wire, quantity, low, high in rows:
        raw = payload.get(wire)
        if raw is None:
            continue
        # Nearly every value passes here; what does not is looked at again, for the note.
        if type(raw) in _NUMERIC and low <= raw <= high:
            if raw or field in _ZERO_COUNTS:
                found[field] = raw
        else:
            check(field, quantity, raw)
    return found


_NUMERIC = (float, int)


def sport_of(payload: Mapping[str, Any]) -> tuple[SportType, str | None]:
    """The sport, and Strava's word where the vocabulary has no place for it."""
    # sport_type has replaced type; both are answered, type with fewer words (2026-11).
    word = payload.get("sport_type") or payload.get("type")
    known = SPORTS.get(word) if isinstance(word, str) else None
    return (known, None) if known else (SportType.OTHER, clean_text(word))


def cadence_of(raw: object, sport: SportType, check: Checker) -> float | None:
    """Steps of both feet a minute on foot, where Strava counts one leg; else as it comes.

    What a cadence counts in a sport that we do not know cannot be said.
    """
    if raw is None or sport is SportType.OTHER:
        return None
    cadence = check.positive("average_cadence_rpm", "cadence_rpm", raw)
    return cadence * 2 if cadence and sport.is_on_foot else cadence


def instant_of(raw: object) -> datetime | None:
    """An aware time of this age, or ``None``."""
    try:
        instant = datetime.fromisoformat(raw) if isinstance(raw, str) else None
    except ValueError:
        return None
    plausible = instant and instant.tzinfo and _FIRST_YEAR <= instant.year <= _LAST_YEAR
    return instant if plausible else None


_FIRST_YEAR, _LAST_YEAR = 1970, 2999


def _id(raw: object) -> str | None:
    """Ids have outgrown 32 bits and, in some languages, floats: they are text from here on."""
    return str(raw) if type(raw) is int and 0 < raw < 1 << 63 else None


def _reconcile(values: dict[str, Any], check: Checker) -> None:
    """Drop what contradicts another value."""
    for mean, top in _ORDERED:
        if mean in values and values.get(top, values[mean]) < values[mean]:
            del values[top]
    moving, elapsed = values.get("moving_time_seconds"), values.get("duration_seconds")
    if moving and elapsed and moving > elapsed + 1:
        del values["moving_time_seconds"]
        check.note("moving_time_seconds", "is longer than the activity")


def _position(raw: object, check: Checker) -> tuple[float, float] | None:
    # An empty list, and the point in the Gulf of Guinea, are how Strava says that there is none.
    if not raw or raw == [0, 0]:
        return None
    if isinstance(raw, list) and len(raw) == 2:  # noqa: PLR2004 - latitude and longitude
        latitude = possible("latitude_degrees", raw[0])
        longitude = possible("longitude_degrees", raw[1])
        if latitude is not None and longitude is not None:
            return latitude, longitude
    check.note("start_latlng")
    return None


def _clock(
    payload: Mapping[str, Any], start: datetime, check: Checker
) -> tuple[int | None, str | None]:
    """The athlete's offset from UTC at the start, and their zone."""
    text, given = payload.get("timezone"), payload.get("utc_offset")
    wall = payload.get("start_date_local")
    zone = _zone(text[-_LONGEST_ZONE:]) if isinstance(text, str) else None
    if text is not None and zone is None:
        check.note("timezone")
    offset = _offset(given)
    if offset is None and given is not None:
        check.note("utc_offset_seconds")
    if offset is None and zone is not None:
        # The "(GMT-08:00)" in the text is the winter's; the zone knows daylight saving.
        shift = start.astimezone(zone).utcoffset()
        offset = _offset(None if shift is None else shift.total_seconds())
    is_hidden = isinstance(wall, str) and wall.endswith(HIDDEN_START)
    if is_hidden or offset is None:
        # start_date_local ends in a Z that is not true: it is the clock on the athlete's wall.
        wall_time = instant_of(wall)
        apart = wall_time and (wall_time - start).total_seconds()
        offset = _offset(apart) if offset is None else offset
        if is_hidden and apart in (0, offset):
            check.say(
                WarningCode.TIME_UNKNOWN,
                "start_time",
                "Only the day is known: the athlete hides the start time at Strava.",
            )
            # The offset would move what is shown to another day; as UTC the day is right.
            offset = offset if apart else None
    return offset, None if zone is None else zone.key


def _offset(raw: object) -> int | None:
    """Seconds east of UTC, if it is an offset that a place on earth may have."""
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return None
    return int(raw) if _WESTMOST <= raw <= _EASTMOST and raw % 60 == 0 else None


_WESTMOST, _EASTMOST = -12 * 3600, 14 * 3600
_LONGEST_ZONE = 64


@lru_cache(maxsize=1024)
def _zone(text: str) -> ZoneInfo | None:
    """The zone of a text like "(GMT-08:00) America/Los_Angeles"."""
    try:
        return ZoneInfo(text.rpartition(" ")[2])
    except (ValueError, OSError, KeyError):
        return None
