"""From Garmin's payloads to unified activities; pure, and never trusting.

Rows of lists and single activities are one thing here: a single one holds the same values in three
nested objects, partly under other names. A field that cannot be what it should is null, with a
warning; only a record without id or start is lost.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from pierre_mcp.models import Activity, DataWarning, SportType
from pierre_mcp.models.limits import Checker, possible
from pierre_mcp.models.reading import Unreadable, each
from pierre_mcp.models.text import clean_text
from providers.garmin.sports import INDOORS, SPORTS

PROVIDER = "garmin"

Row = tuple[str, str, *tuple[str, ...]]
"""Our field, what it measures, and Garmin's fields: the first that holds more than zero counts."""

_ROWS: tuple[Row, ...] = (
    ("duration_seconds", "seconds", "elapsedDuration", "duration"),
    # Zero or absent indoors, where the timer's time stands in.
    ("moving_time_seconds", "seconds", "movingDuration", "duration"),
    ("distance_meters", "distance_meters", "distance"),
    ("elevation_gain_meters", "elevation_gain_meters", "elevationGain"),
    ("average_heart_rate_bpm", "heart_rate_bpm", "averageHR"),
    ("max_heart_rate_bpm", "heart_rate_bpm", "maxHR"),
    ("average_speed_mps", "speed_mps", "averageSpeed"),
    ("max_speed_mps", "speed_mps", "maxSpeed"),
    ("average_power_watts", "power_watts", "avgPower", "averagePower"),
    ("max_power_watts", "power_watts", "maxPower"),
    ("normalized_power_watts", "power_watts", "normPower", "normalizedPower"),
    # Steps are already those of both feet.
    (
        "average_cadence_rpm", "cadence_rpm",
        "averageRunningCadenceInStepsPerMinute", "averageRunCadence",
        "averageBikingCadenceInRevPerMinute", "averageBikeCadence",
        "averageSwimCadenceInStrokesPerMinute", "averageSwimCadence",
    ),
    ("calories_kcal", "calories_kcal", "calories"),
    ("training_load", "training_load", "activityTrainingLoad"),
)  # fmt: skip
_ORDERED = (
    ("average_heart_rate_bpm", "max_heart_rate_bpm"),
    ("average_speed_mps", "max_speed_mps"),
    ("average_power_watts", "max_power_watts"),
)


def activities_of(payloads: Iterable[Any]) -> tuple[list[Activity], list[DataWarning]]:
    """The activities of a list, and a warning for each that could not be read."""
    # Legs of a multisport activity are left out by default (public integrations, 2026-11).
    # Where one comes all the same, it must not count beside its whole.
    whole = [one for one in payloads if not isinstance(one, dict) or one.get("parentId") is None]
    return each(whole, activity_of, "An activity", _id_in)


def _id_in(payload: Any) -> str | None:
    return id_of(payload.get("activityId")) if isinstance(payload, dict) else None


def activity_of(payload: Any) -> Activity:
    """An activity from a list or by itself; raises ``Unreadable``."""
    if not isinstance(payload, dict):
        raise Unreadable("it is not an object.")
    activity_id = id_of(payload.get("activityId"))
    if activity_id is None:
        raise Unreadable("it has no id.")
    wire = dict(payload)
    for part in ("metadataDTO", "summaryDTO"):
        wire |= inner(payload, part)
    start = instant_of(wire.get("startTimeGMT"))
    if start is None:
        raise Unreadable("it does not say when it started.")
    check = Checker(activity_id)
    values = measured(wire, _ROWS, check)
    _reconcile(values, wire, check)
    place = _position(wire, check)
    word = _word(wire, "activityType", "activityTypeDTO")
    offset = _offset(wire.get("startTimeLocal"), start, check)
    sport = SPORTS.get(word or "")
    # manualActivity is what is seen, isManualActivity what is published (2026-11).
    manual = next(
        (f for n in ("manualActivity", "isManualActivity") if type(f := wire.get(n)) is bool), None
    )
    sharing = _word(wire, "privacy", "accessControlRuleDTO")
    event = _word(wire, "eventType", "eventTypeDTO")
    return Activity(
        provider=PROVIDER,
        id=activity_id,
        name=clean_text(wire.get("activityName")),
        sport_type=sport or SportType.OTHER,
        sport_type_raw=None if sport else clean_text(word),
        start_time=start,
        utc_offset_seconds=offset,
        timezone=_zone(inner(payload, "timeZoneUnitDTO").get("timeZone"), start, offset, check),
        manual=manual,
        private=None if sharing is None else sharing == "private",
        indoor=True if word in INDOORS else False if place else None,
        race=None if event in (None, "uncategorized") else event == "race",
        start_latlng=place,
        warnings=tuple(check.warnings),
        **values,
    )


def inner(payload: Any, name: str) -> Mapping[str, Any]:
    """The object under a name, empty where there is none."""
    found = payload.get(name) if isinstance(payload, dict) else None
    return found if isinstance(found, dict) else {}


def measured(wire: Mapping[str, Any], rows: Iterable[Row], check: Checker) -> dict[str, Any]:
    """The values of ``rows`` that are there and can be; zero is how Garmin writes "none"."""
    found: dict[str, Any] = {}
    for field, quantity, *names in rows:
        raw = next((value for name in names if (value := wire.get(name))), None)
        if (value := check.positive(field, quantity, raw)) is not None:
            found[field] = value
    return found


def instant_of(raw: object) -> datetime | None:
    """UTC from text without an offset, in either of Garmin's forms, or from epoch milliseconds."""
    try:
        if isinstance(raw, str):
            told = datetime.fromisoformat(raw)
            instant = told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)
        elif isinstance(raw, int | float) and not isinstance(raw, bool):
            instant = datetime.fromtimestamp(raw / 1000, UTC)
        else:
            return None
    except (ValueError, OverflowError, OSError):
        return None
    return instant.replace(microsecond=0) if _FIRST_YEAR <= instant.year <= _LAST_YEAR else None


_FIRST_YEAR, _LAST_YEAR = 1990, 2199


def offset_between(utc: datetime, wall: datetime) -> int | None:
    """Seconds east of UTC from two clocks, the second written as if it were UTC's."""
    seconds = int((wall - utc).total_seconds())
    return seconds if _WESTMOST <= seconds <= _EASTMOST and seconds % 900 == 0 else None


_WESTMOST, _EASTMOST = -12 * 3600, 14 * 3600


def id_of(raw: object) -> str | None:
    """Ids are whole numbers, and text from here on."""
    return str(raw) if type(raw) is int and 0 < raw < 1 << 63 else None


def legs_of(payload: Any) -> list[str]:
    """The ids of the legs of a single multisport activity, in their order."""
    told = inner(payload, "metadataDTO").get("childIds")
    found = [id_of(each) for each in told[:_MOST_LEGS]] if isinstance(told, list) else []
    return [each for each in found if each is not None]


_MOST_LEGS = 20


def _word(wire: Mapping[str, Any], *names: str) -> str | None:
    """The key of a type, whichever of its two names it stands under."""
    keys = (inner(wire, name).get("typeKey") for name in names)
    return next((key for key in keys if isinstance(key, str) and key), None)


def _reconcile(values: dict[str, Any], wire: Mapping[str, Any], check: Checker) -> None:
    """Drop what contradicts another value; a flat course is one where altitude was recorded."""
    for mean, top in _ORDERED:
        if mean in values and values.get(top, values[mean]) < values[mean]:
            del values[top]
    moving, elapsed = values.get("moving_time_seconds"), values.get("duration_seconds")
    if moving and elapsed and moving > elapsed + 1:
        del values["moving_time_seconds"]
        check.note("moving_time_seconds", "is longer than the activity")
    if wire.get("elevationGain") == 0 and wire.get("maxElevation") is not None:
        values["elevation_gain_meters"] = 0.0


def _position(wire: Mapping[str, Any], check: Checker) -> tuple[float, float] | None:
    raw = wire.get("startLatitude"), wire.get("startLongitude")
    if not any(raw):
        return None
    latitude = possible("latitude_degrees", raw[0])
    longitude = possible("longitude_degrees", raw[1])
    if latitude is not None and longitude is not None:
        return latitude, longitude
    check.note("start_latlng")
    return None


def _offset(wall: object, start: datetime, check: Checker) -> int | None:
    local = instant_of(wall)
    offset = None if local is None else offset_between(start, local)
    if offset is None and wall is not None:
        check.note("utc_offset_seconds")
    return offset


def _zone(name: object, start: datetime, offset: int | None, check: Checker) -> str | None:
    """The zone, unless the two clocks of the activity say otherwise."""
    if name is None:
        return None
    zone = zone_of(name)
    clocks = None if offset is None else timedelta(seconds=offset)
    if zone is None or clocks not in (None, start.astimezone(zone).utcoffset()):
        check.note("timezone")
        return None
    return zone.key


def zone_of(name: object) -> ZoneInfo | None:
    """The zone of that name, where there is one."""
    return _zone_info(name) if isinstance(name, str) and len(name) <= _LONGEST_ZONE else None


_LONGEST_ZONE = 64


@lru_cache(maxsize=256)
def _zone_info(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return None
