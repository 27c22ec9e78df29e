"""From WHOOP's payloads to workouts, nights and the athlete; pure, and never trusting.

A field that cannot be what it should is null, with a warning; only a record without id or times is
lost. What WHOOP has not scored is null and says why.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from pierre_mcp.models import (
    Activity,
    Athlete,
    SleepSession,
    SportType,
    WarningCode,
    local_time,
)
from pierre_mcp.models.limits import Checker
from pierre_mcp.models.reading import Unreadable
from pierre_mcp.models.text import clean_text
from providers.whoop.sports import sport_of

PROVIDER = "whoop"

R = TypeVar("R")
Row = tuple[str, str, str, float]

MILLI = 1000
KILOJOULES_PER_KCAL = 4.184

# Our field, WHOOP's, what it measures, and how many of WHOOP's units are one of ours.
_WORKOUT_ROWS: tuple[Row, ...] = (
    ("average_heart_rate_bpm", "average_heart_rate", "heart_rate_bpm", 1),
    ("max_heart_rate_bpm", "max_heart_rate", "heart_rate_bpm", 1),
    ("calories_kcal", "kilojoule", "calories_kcal", KILOJOULES_PER_KCAL),
    ("distance_meters", "distance_meter", "distance_meters", 1),
    ("elevation_gain_meters", "altitude_gain_meter", "elevation_gain_meters", 1),
)
_STAGE_ROWS: tuple[Row, ...] = (
    ("time_in_bed_seconds", "total_in_bed_time_milli", "seconds", MILLI),
    ("awake_seconds", "total_awake_time_milli", "seconds", MILLI),
    ("light_sleep_seconds", "total_light_sleep_time_milli", "seconds", MILLI),
    ("deep_sleep_seconds", "total_slow_wave_sleep_time_milli", "seconds", MILLI),
    ("rem_sleep_seconds", "total_rem_sleep_time_milli", "seconds", MILLI),
)
_NIGHT_ROWS: tuple[Row, ...] = (
    ("sleep_efficiency_percent", "sleep_efficiency_percentage", "percent", 1),
    ("sleep_score", "sleep_performance_percentage", "percent", 1),
    ("respiratory_rate_bpm", "respiratory_rate", "respiratory_rate_bpm", 1),
)
_BODY_ROWS: tuple[Row, ...] = (
    ("weight_kg", "weight_kilogram", "weight_kg", 1),
    ("height_meters", "height_meter", "height_meters", 1),
    ("max_heart_rate_bpm", "max_heart_rate", "heart_rate_bpm", 1),
)
_ZERO_COUNTS = frozenset(
    {"elevation_gain_meters", "awake_seconds", "light_sleep_seconds", "deep_sleep_seconds",
     "rem_sleep_seconds", "strain_score"}
)  # fmt: skip
"""Where zero is a measurement. Anywhere else it says that nothing was measured."""

_REASONS = {
    "PENDING_SCORE": "WHOOP has not scored it yet. Ask again later.",
    "UNSCORABLE": "WHOOP could not score it, mostly for too little data.",
}
_NO_SCORE = "WHOOP gave no score."


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """A sleep, and the cycle (WHOOP's day) that belongs to it."""

    session: SleepSession
    cycle_id: str | None


def id_in(payload: Any) -> str | None:
    """The id of whatever is a record."""
    return uuid_of(payload.get("id")) if isinstance(payload, dict) else None


def activity_of(payload: Any) -> Activity:
    """A workout from a list or by itself; raises ``Unreadable``."""
    workout_id = uuid_of(payload.get("id")) if isinstance(payload, dict) else None
    if workout_id is None:
        raise Unreadable("it has no id.")
    start = instant_of(payload.get("start"))
    if start is None:
        raise Unreadable("it does not say when it started.")
    check = Checker(workout_id)
    score = score_of(payload, check, "average_heart_rate_bpm", "Heart rate, energy and distance")
    values = measured(score, _WORKOUT_ROWS, check)
    seconds = _seconds_between(start, payload.get("end"), check)
    meters = values.get("distance_meters")
    if seconds and meters:
        values["average_speed_mps"] = check.positive(
            "average_speed_mps", "speed_mps", meters / seconds
        )
    highest = values.get("max_heart_rate_bpm")
    if highest is not None and highest < values.get("average_heart_rate_bpm", 0):
        check.note("max_heart_rate_bpm")
        del values["max_heart_rate_bpm"]
    word = payload.get("sport_name")
    return Activity(
        provider=PROVIDER,
        id=workout_id,
        sport_type=sport_of(word) or SportType.OTHER,
        # A workout of WHOOP's has no name; its word says more than the sport does.
        sport_type_raw=clean_text(word),
        start_time=start,
        utc_offset_seconds=offset_of(payload.get("timezone_offset"), check),
        duration_seconds=seconds,
        warnings=tuple(check.warnings),
        **values,
    )


def night_of(payload: Any) -> Night:
    """A night or nap; raises ``Unreadable``."""
    sleep_id = uuid_of(payload.get("id")) if isinstance(payload, dict) else None
    if sleep_id is None:
        raise Unreadable("it has no id.")
    start, end = instant_of(payload.get("start")), instant_of(payload.get("end"))
    if start is None or end is None or end <= start:
        raise Unreadable("it does not say when it began and ended.")
    check = Checker(sleep_id)
    score = score_of(payload, check, "sleep_score", "Stages and scores")
    stages = score.get("stage_summary")
    values = measured(score, _NIGHT_ROWS, check)
    if isinstance(stages, dict):
        values |= measured(stages, _STAGE_ROWS, check)
    elif stages is not None:
        check.note("time_in_bed_seconds")
    parts = [values.get(f"{stage}_sleep_seconds") for stage in ("light", "deep", "rem")]
    known = [seconds for seconds in parts if seconds is not None]
    if len(known) == len(parts):
        values["total_sleep_seconds"] = sum(known) or None
    offset = offset_of(payload.get("timezone_offset"), check)
    session = SleepSession(
        provider=PROVIDER,
        id=sleep_id,
        date=local_time(end, offset).date(),
        start_time=start,
        end_time=end,
        utc_offset_seconds=offset,
        is_nap=payload.get("nap") is True,
        warnings=tuple(check.warnings),
        **values,
    )
    return Night(session=session, cycle_id=account_of(payload.get("cycle_id")))


def athlete_of(profile: Any) -> Athlete:
    """The athlete without measurements of the body; raises ``Unreadable``."""
    athlete_id = account_of(profile.get("user_id")) if isinstance(profile, dict) else None
    if athlete_id is None:
        raise Unreadable("the profile has no id.")
    names = (clean_text(profile.get(part)) for part in ("first_name", "last_name"))
    name = clean_text(" ".join(name for name in names if name))
    return Athlete(provider=PROVIDER, id=athlete_id, name=name)


def body_of(payload: Any, check: Checker) -> dict[str, Any]:
    """Weight, height and highest heart rate as they stand today."""
    return measured(payload, _BODY_ROWS, check) if isinstance(payload, dict) else {}


def score_of(payload: Mapping[str, Any], check: Checker, field: str, what: str) -> dict[str, Any]:
    """The score, or nothing and a note that says why; ``what`` is missing then."""
    state, score = payload.get("score_state"), payload.get("score")
    if state == "SCORED" and isinstance(score, dict):
        return score
    reason = _REASONS.get(state, _NO_SCORE) if isinstance(state, str) else _NO_SCORE
    check.say(WarningCode.NOT_SCORED, field, f"{what}: {reason}")
    return {}


def measured(payload: Mapping[str, Any], rows: Iterable[Row], check: Checker) -> dict[str, Any]:
    """The values of ``rows`` that are there and can be, in our units."""
    found: dict[str, Any] = {}
    for field, wire, quantity, units in rows:
        value = check(field, quantity, _scaled(payload.get(wire), units))
        if value or (value == 0 and field in _ZERO_COUNTS):
            found[field] = value
    return found


def _scaled(raw: object, units: float) -> object:
    if units == 1 or isinstance(raw, bool) or not isinstance(raw, int | float):
        return raw
    try:
        return raw / units
    except OverflowError:  # JSON may hold whole numbers that no float can
        return raw


def _seconds_between(start: datetime, raw_end: object, check: Checker) -> float | None:
    if raw_end is None:
        return None
    end = instant_of(raw_end)
    seconds = None if end is None else (end - start).total_seconds()
    if seconds is None or seconds < 0:
        check.note("duration_seconds")
        return None
    return check.positive("duration_seconds", "seconds", seconds)


def instant_of(raw: object) -> datetime | None:
    """An aware time of this age in whole milliseconds, as WHOOP writes them, or ``None``."""
    try:
        instant = datetime.fromisoformat(raw) if isinstance(raw, str) else None
    except ValueError:
        return None
    if instant is None or instant.tzinfo is None or not _FIRST_YEAR <= instant.year <= _LAST_YEAR:
        return None
    whole = instant.microsecond // 1000 * 1000
    return instant.replace(microsecond=whole).astimezone(UTC)


_FIRST_YEAR, _LAST_YEAR = 1971, 2999

_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)", re.ASCII)
_WESTMOST, _EASTMOST = -12 * 3600, 14 * 3600


def offset_of(raw: object, check: Checker) -> int | None:
    """Seconds east of UTC of a text like "-05:00" or "Z"."""
    if raw == "Z":
        return 0
    match = _OFFSET.fullmatch(raw) if isinstance(raw, str) else None
    if match is not None:
        sign, hours, minutes = match.groups()
        seconds = int(f"{sign}{int(hours) * 3600 + int(minutes) * 60}")
        if int(minutes) < 60 and _WESTMOST <= seconds <= _EASTMOST:  # noqa: PLR2004 - an hour's
            return seconds
    if raw is not None:
        check.note("utc_offset_seconds")
    return None


_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def uuid_of(raw: object) -> str | None:
    """The id of a workout or sleep; numbers were those of API v1, which is gone."""
    return raw if isinstance(raw, str) and _UUID.fullmatch(raw) else None


def account_of(raw: object) -> str | None:
    """The id of a person or a cycle, as text."""
    return str(raw) if type(raw) is int and 0 < raw < 1 << 63 else None
