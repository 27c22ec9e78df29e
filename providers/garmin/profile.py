"""From Garmin's payloads to the athlete; pure, and never trusting."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from pierre_mcp.models import Athlete
from pierre_mcp.models.limits import Checker, possible
from pierre_mcp.models.text import clean_text
from providers.garmin.mapping import PROVIDER, id_of, zone_of

_FLOORS = tuple(f"zone{number}Floor" for number in range(1, 6))


def athlete_of(settings: Any, zones: Any, newest: Any, today: Any) -> Athlete:
    """The athlete from their settings, heart rate zones, newest activity and today's summary.

    The settings hold no id: an activity and a summary name their owner by the same number.
    """
    told, activity, day = (_first(payload) for payload in (settings, newest, today))
    athlete_id = id_of(activity.get("ownerId")) or id_of(day.get("userProfileId"))
    check = Checker(athlete_id or PROVIDER)
    # Zones may be set for single sports; those of all others are the athlete's.
    each = [zone for zone in zones if isinstance(zone, dict)] if isinstance(zones, list) else []
    used = next((zone for zone in each if zone.get("sport") == "DEFAULT"), _first(each))
    zone = zone_of(told.get("timeZone"))
    return Athlete(
        provider=PROVIDER,
        id=athlete_id or PROVIDER,
        name=clean_text(activity.get("ownerFullName")),
        username=clean_text(told.get("displayName")),
        timezone=None if zone is None else zone.key,
        max_heart_rate_bpm=check(
            "max_heart_rate_bpm", "heart_rate_bpm", used.get("maxHeartRateUsed")
        ),
        resting_heart_rate_bpm=check(
            "resting_heart_rate_bpm", "heart_rate_bpm", day.get("restingHeartRate")
        ),
        heart_rate_zone_floors_bpm=_floors(used, check),
        warnings=tuple(check.warnings),
    )


def _floors(used: Mapping[str, Any], check: Checker) -> tuple[float, ...] | None:
    raw = [used.get(name) for name in _FLOORS]
    if raw == [None] * len(raw):
        return None
    floors = tuple(f for value in raw if (f := possible("heart_rate_bpm", value)) is not None)
    if len(floors) == len(raw) and all(low < high for low, high in pairwise(floors)):
        return floors
    check.note("heart_rate_zone_floors_bpm", "holds zones that cannot be")
    return None


def _first(payload: Any) -> Mapping[str, Any]:
    """The object, or the first of a list; empty where there is none."""
    found = payload[0] if isinstance(payload, list) and payload else payload
    return found if isinstance(found, dict) else {}
