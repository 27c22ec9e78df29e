"""GPX 1.0 and 1.1: every track with times is an activity; routes and way points are not."""

from dataclasses import dataclass, field
from typing import Literal

from pierre_mcp.errors import RecordingError
from pierre_mcp.models import Activity
from pierre_mcp.models.limits import MAX_PARTS, Checker
from pierre_mcp.recordings.assemble import assemble
from pierre_mcp.recordings.efforts import best_efforts
from pierre_mcp.recordings.recording import Recording
from pierre_mcp.recordings.samples import Sample
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
class _Track:
    element: Element
    samples: list[Sample] = field(default_factory=list)
    points: int = 0
    segment: int = 0


def read_gpx(text: str, *, provider: str, record_id: str) -> Recording:
    """The tracks of a GPX document; one without times has nothing to place in a history."""
    tracks: list[_Track] = []
    device = None

    def visit(event: Literal["start", "end"], element: Element) -> bool:
        nonlocal device
        if event == "start" and element.name == "gpx":
            device = element.attributes.get("creator")
        elif event == "start" and element.name == "trk":
            if len(tracks) == MAX_PARTS:
                raise RecordingError(f"holds more than {MAX_PARTS} tracks")
            tracks.append(_Track(element))
        elif tracks:
            return _take(tracks[-1], event, element)
        return False

    damage = read(text, visit)
    timed = [track for track in tracks if len({s.time for s in track.samples}) > 1]
    activities = tuple(
        activity
        for number_, track in enumerate(timed, start=1)
        for activity in _activity(
            track,
            provider=provider,
            activity_id=record_id if len(timed) == 1 else f"{record_id}-{number_}",
            device=device,
        )
    )
    if activities:
        content = "activity"
    elif any(track.points for track in tracks):
        content = "track without times" if not any(t.samples for t in tracks) else "single point"
    else:
        content = "no track"
    return Recording(
        kind="gpx",
        content=content,
        activities=activities,
        best_efforts=tuple(effort for a in activities for effort in best_efforts(a)),
        damage=damage,
    )


def _take(track: _Track, event: Literal["start", "end"], element: Element) -> bool:
    """Note what an element says about the track; a point at its end is used up."""
    match event, element.name:
        case "start", "trkseg":
            track.segment += 1
        case "end", "trkpt":
            track.points += 1
            if (sample := _sample(element, track.segment)) is not None:
                track.samples.append(sample)
            return True
        case _:
            pass
    return False


def _sample(element: Element, segment: int) -> Sample | None:
    time = instant(child_text(element, "time"))
    if time is None:
        return None
    texts = texts_within(element)

    def first(*names: str) -> float | None:
        return number(next((texts[name] for name in names if name in texts), None))

    return Sample(
        time=time,
        latitude_degrees=number(element.attributes.get("lat")),
        longitude_degrees=number(element.attributes.get("lon")),
        altitude_meters=number(child_text(element, "ele")),
        speed_mps=first("speed"),
        heart_rate_bpm=first("hr", "heartrate"),
        cadence_rpm=first("cad", "cadence"),
        power_watts=first("power", "PowerInWatts", "watts"),
        temperature_celsius=first("atemp", "temp"),
        segment=segment,
    )


def _activity(
    track: _Track, *, provider: str, activity_id: str, device: str | None
) -> list[Activity]:
    sport = sport_of_words(child_text(track.element, "type"))
    if sport[0].is_on_foot:
        # The extension counts one leg's steps.
        for sample in track.samples:
            sample.cadence_rpm = sample.cadence_rpm and sample.cadence_rpm * 2
    made = make_track(track.samples, None, activity_id)
    if made is None:
        return []
    return [
        assemble(
            provider=provider,
            activity_id=activity_id,
            start=made.start,
            sport=sport,
            track=made,
            totals={},
            check=Checker(activity_id),
            name=child_text(track.element, "name"),
            device=device,
        )
    ]
