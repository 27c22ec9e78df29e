"""TCX: every Activity element is an activity, with the laps and totals the device wrote."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from pierre_mcp.errors import RecordingError
from pierre_mcp.models import Activity, Lap
from pierre_mcp.models.limits import MAX_PARTS, Checker, possible
from pierre_mcp.recordings.assemble import assemble
from pierre_mcp.recordings.efforts import best_efforts
from pierre_mcp.recordings.recording import Recording
from pierre_mcp.recordings.samples import LEAP, Sample, plausible_start
from pierre_mcp.recordings.sports import sport_of_words
from pierre_mcp.recordings.track import make_track
from pierre_mcp.recordings.xml import (
    Element,
    child_text,
    instant,
    number,
    read,
    texts_within,
)


@dataclass(slots=True)
class _Activity:
    sport: str | None
    start: datetime | None = None
    device: str | None = None
    laps: list[dict[str, Any]] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)


def read_tcx(text: str, *, provider: str, record_id: str) -> Recording:
    """The activities of a training center document."""
    found: list[_Activity] = []
    parts = 0

    def visit(event: Literal["start", "end"], element: Element) -> bool:
        nonlocal parts
        if event == "start" and element.name in ("Activity", "Lap"):
            parts += 1
            if parts > MAX_PARTS:
                raise RecordingError(f"holds more than {MAX_PARTS} activities and laps")
            if element.name == "Activity":
                found.append(_Activity(element.attributes.get("Sport")))
            elif found:
                start_time = instant(element.attributes.get("StartTime"))
                found[-1].laps.append({"start_time": start_time})
        return event == "end" and bool(found) and _take(found[-1], element)

    damage = read(text, visit)
    activities = tuple(
        activity
        for position, raw in enumerate(found, start=1)
        for activity in _activity(
            raw,
            provider=provider,
            activity_id=record_id if len(found) == 1 else f"{record_id}-{position}",
        )
    )
    return Recording(
        kind="tcx",
        content="activity" if activities else "no activity",
        activities=activities,
        best_efforts=tuple(effort for a in activities for effort in best_efforts(a)),
        damage=damage,
    )


def _take(activity: _Activity, element: Element) -> bool:
    """Note what an element says at its end; a point and a lap are used up."""
    match element.name:
        case "Trackpoint":
            time = instant(child_text(element, "Time"))
            if time is not None:
                activity.samples.append(_sample(time, element, len(activity.laps)))
            return True
        case "Lap" if activity.laps:
            activity.laps[-1] |= _lap_totals(element)
            return True
        case "Id":
            activity.start = activity.start or instant(element.text)
        case "Creator":
            activity.device = child_text(element, "Name")
        case _:
            pass
    return False


def _sample(time: datetime, element: Element, segment: int) -> Sample:
    texts = texts_within(element)
    return Sample(
        time=time,
        latitude_degrees=number(texts.get("LatitudeDegrees")),
        longitude_degrees=number(texts.get("LongitudeDegrees")),
        altitude_meters=number(texts.get("AltitudeMeters")),
        distance_meters=number(texts.get("DistanceMeters")),
        heart_rate_bpm=number(child_text(element, "HeartRateBpm", "Value")),
        cadence_rpm=number(texts.get("Cadence") or texts.get("RunCadence")),
        speed_mps=number(texts.get("Speed")),
        power_watts=number(texts.get("Watts")),
        segment=segment,
    )


def _lap_totals(element: Element) -> dict[str, Any]:
    return {
        "seconds": number(child_text(element, "TotalTimeSeconds")),
        "meters": number(child_text(element, "DistanceMeters")),
        "calories": number(child_text(element, "Calories")),
        "fastest": number(child_text(element, "MaximumSpeed")),
        "average_heart_rate": number(child_text(element, "AverageHeartRateBpm", "Value")),
        "highest_heart_rate": number(child_text(element, "MaximumHeartRateBpm", "Value")),
    }


def _activity(raw: _Activity, *, provider: str, activity_id: str) -> list[Activity]:
    sport = sport_of_words(raw.sport)
    check = Checker(activity_id)
    if sport[0].is_on_foot:
        # Both Cadence and RunCadence count one leg's steps.
        for sample in raw.samples:
            sample.cadence_rpm = sample.cadence_rpm and sample.cadence_rpm * 2
    starts = [raw.start, *(lap["start_time"] for lap in raw.laps)]
    claimed = next((start for start in starts if start is not None), None)
    start = plausible_start(claimed, raw.samples, check)
    if start is not None and raw.samples and start - LEAP < raw.samples[0].time < start:
        start = raw.samples[0].time
    track = make_track(raw.samples, start, activity_id)
    start = start or (track.start if track else None)
    if start is None or (track is None and not any(lap.get("seconds") for lap in raw.laps)):
        return []
    return [
        assemble(
            provider=provider,
            activity_id=activity_id,
            start=start,
            sport=sport,
            track=track,
            totals=_totals(raw, start if track is None else None, check),
            check=check,
            laps=[_lap(index, lap) for index, lap in enumerate(raw.laps, start=1)],
            device=raw.device,
        )
    ]


def _totals(raw: _Activity, start: datetime | None, check: Checker) -> dict[str, float | None]:
    """Sums of what every lap gives; with a ``start`` the end of the last lap ends the activity."""

    def total(key: str) -> float | None:
        values: list[float | None] = [lap.get(key) for lap in raw.laps]
        known = [value for value in values if value is not None]
        return sum(known) if known and len(known) == len(values) else None

    seconds = check.positive("moving_time_seconds", "seconds", total("seconds"))
    ends = [
        lap["start_time"] + timedelta(seconds=lap["seconds"])
        for lap in raw.laps
        if lap["start_time"] is not None and possible("seconds", lap.get("seconds")) is not None
    ]
    elapsed = (max(ends) - start).total_seconds() if ends and start else None
    return {
        "duration_seconds": check.positive("duration_seconds", "seconds", elapsed),
        "moving_time_seconds": seconds,
        "distance_meters": check.positive("distance_meters", "distance_meters", total("meters")),
        "calories_kcal": check.positive("calories_kcal", "calories_kcal", total("calories")),
    }


def _lap(index: int, lap: dict[str, Any]) -> Lap:
    seconds = possible("seconds", lap.get("seconds")) or None
    meters = possible("distance_meters", lap.get("meters"))
    return Lap(
        index=index,
        start_time=lap["start_time"],
        duration_seconds=seconds,
        distance_meters=meters,
        average_heart_rate_bpm=possible("heart_rate_bpm", lap.get("average_heart_rate")),
        max_heart_rate_bpm=possible("heart_rate_bpm", lap.get("highest_heart_rate")),
        calories_kcal=possible("calories_kcal", lap.get("calories")),
        max_speed_mps=possible("speed_mps", lap.get("fastest")) or None,
        average_speed_mps=round(meters / seconds, 3) if meters and seconds else None,
    )
