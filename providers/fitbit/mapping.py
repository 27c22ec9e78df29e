"""From Google's payloads to unified activities, laps, zones and athletes; pure, and never trusting.

A field that cannot be what it should is null, with a warning; only a record without id or start is
lost.
"""

import json
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from pierre_mcp.models import (
    Activity,
    Athlete,
    DataWarning,
    Lap,
    SportType,
    Streams,
    ZoneTime,
)
from pierre_mcp.models.limits import BOUNDS, MAX_PARTS, Checker, too_much
from pierre_mcp.models.reading import Unreadable, each
from pierre_mcp.models.text import clean_text
from providers.fitbit.sports import INDOOR, SPORTS
from providers.fitbit.wire import Row, day_of, inner, instant_of, measured, number_of, seconds_of
from providers.fitbit.wire import offset_of as clock_of

PROVIDER = "fitbit"

_METRICS: tuple[Row, ...] = (
    ("distance_meters", "distanceMillimeters", "distance_meters", 1000),
    ("elevation_gain_meters", "elevationGainMillimeters", "elevation_gain_meters", 1000),
    ("average_heart_rate_bpm", "averageHeartRateBeatsPerMinute", "heart_rate_bpm", 1),
    ("average_speed_mps", "averageSpeedMillimetersPerSecond", "speed_mps", 1000),
    ("calories_kcal", "caloriesKcal", "calories_kcal", 1),
)
_CADENCE: tuple[Row, ...] = (("average_cadence_rpm", "avgCadenceStepsPerMinute", "cadence_rpm", 1),)
_MOVING: tuple[Row, ...] = (("moving_time_seconds", "activeDuration", "seconds", 1),)
BODY_ROWS: tuple[Row, ...] = (
    ("weight_kg", "weightGrams", "weight_kg", 1000),
    ("height_meters", "heightMillimeters", "height_meters", 1000),
)
_MEASURED = ("PASSIVELY_MEASURED", "ACTIVELY_MEASURED", "DERIVED")
_ZONES = (("LIGHT", "lightTime"), ("MODERATE", "moderateTime"), ("VIGOROUS", "vigorousTime"),
          ("PEAK", "peakTime"))  # fmt: skip
_LONGEST_ID = 64
_ROUNDED_SECONDS = 2
"""By less than that a file may seem to begin before its exercise."""


def id_of(name: Any) -> str | None:
    """The last part of a resource name, where it is one that can stand in a path."""
    last = name.rpartition("/")[2] if isinstance(name, str) else ""
    plain = last.replace("-", "").replace("_", "")
    return last if plain.isascii() and plain.isalnum() and len(last) <= _LONGEST_ID else None


def activities_of(points: Iterable[Any]) -> tuple[list[Activity], list[DataWarning]]:
    """The activities of a list, and a warning for each that could not be read."""
    return each(points, activity_of, "An exercise", lambda point: id_of(inner(point, "name")))


def activity_of(point: Any) -> Activity:
    """An activity of a data point of the type exercise; raises ``Unreadable``."""
    exercise, activity_id = inner(point, "exercise"), id_of(inner(point, "name"))
    start = instant_of(inner(exercise, "interval", "startTime"))
    if activity_id is None:
        raise Unreadable("it has no id.")
    if start is None:
        raise Unreadable("it does not say when it started.")
    check = Checker(activity_id)
    word = clean_text(inner(exercise, "exerciseType")) or ""
    sport = SPORTS.get(word, SportType.OTHER)
    method = inner(point, "dataSource", "recordingMethod")
    has_gps = inner(exercise, "exerciseMetadata", "hasGps") is True
    offset = inner(exercise, "interval", "startUtcOffset")
    if offset is not None and clock_of(offset) is None:
        check.note("utc_offset_seconds")
    values: dict[str, Any] = _whole(exercise, inner(exercise, "interval"), sport, check)
    return Activity(
        provider=PROVIDER,
        id=activity_id,
        name=clean_text(inner(exercise, "displayName")),
        sport_type=sport,
        sport_type_raw=word or None,
        start_time=start,
        utc_offset_seconds=clock_of(offset),
        device_name=clean_text(inner(point, "dataSource", "device", "displayName")),
        manual=method == "MANUAL" if method in ("MANUAL", *_MEASURED) else None,
        indoor=True if word in INDOOR else (False if has_gps else None),
        warnings=tuple(check.warnings),
        **values,
    )


def laps_of(exercise: Any, sport: SportType, check: Checker) -> tuple[Lap, ...] | None:
    """The laps that were taken, else the kilometres or miles that Google counts by itself."""
    found: list[Lap] = []
    parts = inner(exercise, "splitSummaries") or inner(exercise, "splits")
    for part in parts[:MAX_PARTS] if isinstance(parts, list) else ():
        values = _whole(part, part, sport, check)
        if not values:
            check.note("laps", "holds something that is not a lap")
            continue
        start = instant_of(inner(part, "startTime"))
        found.append(Lap(index=len(found) + 1, start_time=start, **values))
    return tuple(found) or None


def zones_of(exercise: Any, day: Any, check: Checker) -> tuple[ZoneTime, ...] | None:
    """The time in each zone of heart rate, whose bounds are those of the athlete's ``day``.

    Google tells how long in an exercise, and from where to where by days only.
    """
    times = inner(exercise, "metricsSummary", "heartRateZoneDurations")
    ranges = inner(day, "heartRateZones")
    by_word = {
        inner(each, "heartRateZoneType"): each
        for each in (ranges if isinstance(ranges, list) else ())
        if isinstance(inner(each, "heartRateZoneType"), str)
    }
    found: list[ZoneTime] = []
    for word, wire in _ZONES:
        seconds = seconds_of(inner(times, wire))
        floor = number_of(inner(by_word.get(word), "minBeatsPerMinute"))
        ceiling = number_of(inner(by_word.get(word), "maxBeatsPerMinute"))
        if seconds is None or floor is None or ceiling is None:
            return None
        found.append(
            ZoneTime(
                measure="heart_rate_bpm",
                zone=len(found) + 1,
                floor=floor,
                ceiling=ceiling,
                time_in_zone_seconds=seconds,
            )
        )
    longest, highest = BOUNDS["seconds"][1], BOUNDS["heart_rate_bpm"][1]
    if not all(
        0 <= zone.floor <= (zone.ceiling or 0) <= highest
        and 0 <= zone.time_in_zone_seconds <= longest
        for zone in found
    ) or not all((low.ceiling or 0) <= high.floor for low, high in pairwise(found)):
        check.note("zones", "holds zones that cannot be")
        return None
    return tuple(found) if any(zone.time_in_zone_seconds for zone in found) else None


def file_of(content: bytes) -> bytes:
    """The exported file, also where it comes as a text inside JSON."""
    if not content.lstrip().startswith(b"{"):
        return content
    try:
        text = inner(json.loads(content), "tcxData")
    except (ValueError, RecursionError):
        return b""
    return text.encode(errors="replace") if isinstance(text, str) else b""


def streams_of(recorded: Sequence[Activity], activity: Activity, check: Checker) -> Streams | None:
    """The streams of an exported file, in seconds from the start of the exercise."""
    streams = recorded[0].streams if recorded else None
    if streams is None:
        return None
    late = (recorded[0].start_time - activity.start_time).total_seconds()
    late = 0 if -_ROUNDED_SECONDS < late < 0 else late
    times = tuple(time + late for time in streams.time_seconds)
    longest = (activity.duration_seconds or BOUNDS["seconds"][1]) * 1.05 + 10
    if times[0] < 0 or times[-1] > longest:
        check.note("streams", "lies outside the exercise")
        return None
    return streams.model_copy(update={"time_seconds": times})


def athlete_of(identity: Any, profile: Any, settings: Any, body: Iterable[Any]) -> Athlete:
    """The athlete; ``body`` is data of weight and height. Raises ``Unreadable``."""
    athlete_id = id_of(inner(identity, "healthUserId"))
    if athlete_id is None:
        raise Unreadable("the identity has no id.")
    check = Checker(athlete_id)
    values: dict[str, Any] = {}
    for told in body:
        values |= measured(told, BODY_ROWS, check)
    return Athlete(
        provider=PROVIDER,
        id=athlete_id,
        timezone=_zone(inner(settings, "timeZone"), check),
        member_since=day_of(inner(profile, "membershipStartDate")),
        warnings=tuple(check.warnings),
        **values,
    )


def _whole(part: Any, interval: Any, sport: SportType, check: Checker) -> dict[str, float]:
    """What was measured of an exercise or of a part of it."""
    summary = inner(part, "metricsSummary")
    values = measured(summary, _METRICS, check) | measured(part, _MOVING, check)
    if sport.is_on_foot:
        values |= measured(inner(summary, "mobilityMetrics"), _CADENCE, check)
    start, end = (instant_of(inner(interval, name)) for name in ("startTime", "endTime"))
    elapsed = (end - start).total_seconds() if start and end else None
    if elapsed is not None and 0 < elapsed <= BOUNDS["seconds"][1]:
        values["duration_seconds"] = elapsed
    elif elapsed:
        check.note("duration_seconds")
    if values.get("moving_time_seconds", 0) > values.get("duration_seconds", float("inf")) + 1:
        check.note("moving_time_seconds")
        del values["moving_time_seconds"]
    # A pace is a speed turned over; the device gives one or the other.
    pace = number_of(inner(summary, "averagePaceSecondsPerMeter"))
    if "average_speed_mps" not in values and pace and 0 < 1 / pace <= BOUNDS["speed_mps"][1]:
        values["average_speed_mps"] = round(1 / pace, 6)
    for field in too_much(values):
        check.note(field)
        del values[field]
    return values


def _zone(key: Any, check: Checker) -> str | None:
    if not isinstance(key, str) or len(key) > _LONGEST_ID:
        return None
    try:
        return ZoneInfo(key).key
    except (ValueError, OSError, KeyError):
        check.note("timezone")
        return None
