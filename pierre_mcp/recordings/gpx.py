"""GPX 1.0 and 1.1: every track with times is an activity; routes and way points are not."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from xml.etree.ElementTree import Element

from pierre_mcp.models import Activity
from pierre_mcp.models.limits import Checker
from pierre_mcp.recordings.assemble import assemble
from pierre_mcp.recordings.efforts import best_efforts
from pierre_mcp.recordings.recording import Recording
from pierre_mcp.recordings.sports import sport_of_words
from pierre_mcp.recordings.track import Sample, make_track
from pierre_mcp.recordings.xml import (
    Reader,
    child_text,
    descendant_text,
    instant,
    number,
)

_FIRST_RECEIVERS = datetime(1980, 1, 6, tzinfo=UTC)
"""When GPS time begins; converters write earlier times for "none"."""


@dataclass(slots=True)
class _Track:
    name: str | None = None
    sport: str | None = None
    samples: list[Sample] = field(default_factory=list)
    points: int = 0
    segment: int = 0


def read_gpx(text: str, *, provider: str, record_id: str) -> Recording:
    """The tracks of a GPX document; one without times has nothing to place in a history."""
    reader = Reader(text)
    tracks: list[_Track] = []
    device = None
    for event, name, element in reader:
        if event == "start" and name == "gpx":
            device = element.get("creator")
        elif event == "start" and name == "trk":
            tracks.append(_Track())
        elif tracks:
            _take(tracks[-1], event, name, element)
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
        damage=reader.damage,
    )


def _take(track: _Track, event: str, name: str, element: Element) -> None:
    match event, name:
        case "start", "trkseg":
            track.segment += 1
        case "end", "trkpt":
            track.points += 1
            if (sample := _sample(element, track.segment)) is not None:
                track.samples.append(sample)
            element.clear()
        case "end", "trk":
            track.sport = child_text(element, "type")
            track.name = child_text(element, "name")
        case _:
            pass


def _sample(element: Element, segment: int) -> Sample | None:
    time = instant(child_text(element, "time"))
    if time is None or time < _FIRST_RECEIVERS:
        return None
    return Sample(
        time=time,
        latitude_degrees=number(element.get("lat")),
        longitude_degrees=number(element.get("lon")),
        altitude_meters=number(child_text(element, "ele")),
        speed_mps=number(descendant_text(element, "speed")),
        heart_rate_bpm=number(descendant_text(element, "hr", "heartrate")),
        cadence_rpm=number(descendant_text(element, "cad", "cadence")),
        power_watts=number(descendant_text(element, "power", "PowerInWatts", "watts")),
        temperature_celsius=number(descendant_text(element, "atemp", "temp")),
        segment=segment,
    )


def _activity(
    track: _Track, *, provider: str, activity_id: str, device: str | None
) -> list[Activity]:
    sport = sport_of_words(track.sport)
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
            name=track.name,
            device=device,
        )
    ]
