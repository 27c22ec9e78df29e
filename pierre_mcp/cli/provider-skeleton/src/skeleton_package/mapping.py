"""Payloads into unified values: pure functions, without input or output.

A field that is bad or missing becomes ``None`` with a warning, and costs neither the record nor the
page. Nothing is invented: unknown is never 0.
"""

from datetime import datetime
from typing import Any

from pierre_mcp.models import Activity, Athlete, DataWarning, SportType
from pierre_mcp.models.limits import Checker
from pierre_mcp.models.reading import Unreadable, each
from pierre_mcp.models.text import clean_text

PROVIDER = "skeleton-name"
SPORTS = {"run": SportType.RUN, "ride": SportType.RIDE, "swim": SportType.SWIM}


def activities_of(payload: Any) -> tuple[list[Activity], list[DataWarning]]:
    """The workouts of a list, and a warning for each that could not be read."""
    listed = payload.get("workouts") if isinstance(payload, dict) else None
    if not isinstance(listed, list):
        raise Unreadable("the list of workouts is not a list.")
    return each(listed, activity_of, "A workout")


def activity_of(payload: Any) -> Activity:
    """One workout; raises ``Unreadable``."""
    workout_id = _id_of(payload)
    start = _instant(payload.get("start"))
    if start is None:
        raise Unreadable("it does not say when it started.")
    offset = start.utcoffset()
    check = Checker(workout_id)
    word = payload.get("sport")
    sport = SPORTS.get(word) if isinstance(word, str) else None
    return Activity(
        provider=PROVIDER,
        id=workout_id,
        name=clean_text(payload.get("title")),
        sport_type=sport or SportType.OTHER,
        sport_type_raw=None if sport else clean_text(word),
        start_time=start,
        utc_offset_seconds=None if offset is None else int(offset.total_seconds()),
        duration_seconds=check.positive("duration_seconds", "seconds", payload.get("seconds")),
        distance_meters=check.positive("distance_meters", "distance_meters", payload.get("meters")),
        average_heart_rate_bpm=check.positive(
            "average_heart_rate_bpm", "heart_rate_bpm", payload.get("average_bpm")
        ),
        warnings=tuple(check.warnings),
    )


def athlete_of(payload: Any) -> Athlete:
    """The person; raises ``Unreadable``."""
    return Athlete(provider=PROVIDER, id=_id_of(payload), name=clean_text(payload.get("name")))


def _id_of(payload: Any) -> str:
    found = payload.get("id") if isinstance(payload, dict) else None
    if isinstance(found, bool) or not isinstance(found, int | str) or not str(found):
        raise Unreadable("it has no id.")
    return str(found)


def _instant(value: object) -> datetime | None:
    """An aware time, or ``None``."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None
