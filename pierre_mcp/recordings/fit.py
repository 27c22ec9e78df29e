"""FIT: sessions, laps and records as activities; what else the file says about the athlete.

The decoding is fitdecode's. Here are the meanings: which value wins, what a zero means, which unit
a field really has. Field names are those of the public FIT profile.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import fitdecode
from fitdecode.types import DevField

from pierre_mcp.errors import RecordingError
from pierre_mcp.models import Activity, Lap, SportType
from pierre_mcp.models.limits import Checker, possible
from pierre_mcp.recordings.assemble import assemble
from pierre_mcp.recordings.efforts import best_efforts
from pierre_mcp.recordings.fit_body import athlete_of, health_of, recovery_of
from pierre_mcp.recordings.recording import Recording
from pierre_mcp.recordings.sports import fit_sport, is_indoors
from pierre_mcp.recordings.track import Sample, Track, make_track

Message = dict[str, Any]

_DEGREES_PER_SEMICIRCLE = 180 / 2**31
_CONTENTS = {
    "settings": "settings",
    "workout": "workout plan",
    "course": "course",
    "weight": "weight",
    "monitoring_a": "monitoring",
    "monitoring_b": "monitoring",
    "monitoring_daily": "monitoring",
    "blood_pressure": "blood pressure",
    "sport": "settings",
    "device": "device",
    "totals": "totals",
    "goals": "goals",
    "schedules": "schedules",
}
_KEPT = frozenset(
    {
        "file_id", "session", "lap", "record", "event", "activity", "device_info", "user_profile",
        "weight_scale", "monitoring_hr_data", "hrv_status_summary", "max_met_data", "sport",
        "workout",
    }
)  # fmt: skip
_WIDEST_OFFSET_SECONDS = 14 * 3600
_QUARTER_HOUR_SECONDS = 900


@dataclass(slots=True)
class _Messages:
    """The messages we understand, by name, in the order of the file."""

    by_name: dict[str, list[Message]] = field(default_factory=dict)
    damage: str | None = None

    def __getitem__(self, name: str) -> list[Message]:
        return self.by_name.get(name, [])

    def first(self, name: str) -> Message:
        """The first of a kind, empty when there is none."""
        return next(iter(self[name]), {})


def read_fit(content: bytes, *, provider: str, record_id: str) -> Recording:
    """The contents of a FIT file or of several, one after another."""
    messages = _decode(content)
    if not messages.by_name:
        raise RecordingError(messages.damage or "holds no FIT message")
    activities = tuple(_activities(messages, provider, record_id))
    dated = [m for m in messages["session"] if _instant(m.get("start_time")) is not None]
    damage = messages.damage
    if activities:
        content_name = "activity"
    elif messages["session"] and not dated:
        content_name = "activity without a date"
        damage = damage or "It was recorded without a date and cannot be placed in the history."
    else:
        kind = str(messages.first("file_id").get("type"))
        content_name = _CONTENTS.get(kind, "no activity")
    return Recording(
        kind="fit",
        content=content_name,
        activities=activities,
        best_efforts=tuple(effort for a in activities for effort in best_efforts(a)),
        recovery=recovery_of(messages.by_name, provider),
        health=health_of(messages.by_name, provider),
        athlete=athlete_of(messages.by_name, provider, record_id),
        damage=damage,
    )


def _decode(content: bytes) -> _Messages:
    """Every message up to where the file ends or breaks; a wrong checksum does not stop it."""
    found = _Messages()
    try:
        with fitdecode.FitReader(
            content,
            check_crc=fitdecode.CrcCheck.READONLY,
            error_handling=fitdecode.ErrorHandling.IGNORE,
        ) as reader:
            for frame in reader:
                if frame.frame_type == fitdecode.FIT_FRAME_CRC and not frame.matched:
                    found.damage = "A checksum does not match; what could be read was used."
                elif frame.frame_type == fitdecode.FIT_FRAME_DATA and frame.name in _KEPT:
                    found.by_name.setdefault(frame.name, []).append(_message(frame))
    except fitdecode.FitEOFError:
        found.damage = "The file ends too early; what precedes was read."
    except fitdecode.FitHeaderError:
        found.damage = "A header is damaged; what precedes was read."
    except Exception:  # noqa: BLE001 - on damaged bytes the decoder raises whatever comes
        found.damage = "The file is damaged; what precedes was read."
    return found


def _message(frame: Any) -> Message:
    """The named values of a message; a developer's field stands in only where no own one is."""
    own: Message = {}
    developers: Message = {}
    for item in frame.fields:
        if item.value is None or not isinstance(item.name, str):
            continue
        if isinstance(item.field, DevField):
            developers.setdefault(item.name.lower(), item.value)
        else:
            own.setdefault(item.name, item.value)
    if isinstance(developers.get("power"), int | float):
        own.setdefault("power", developers["power"])
    return own


def _activities(messages: _Messages, provider: str, record_id: str) -> Iterator[Activity]:
    records = [m for m in messages["record"] if _instant(m.get("timestamp")) is not None]
    sessions = [m for m in messages["session"] if _instant(m.get("start_time")) is not None]
    if not sessions:
        if (
            messages["session"]
            or not records
            or str(messages.first("file_id").get("type"))
            in (
                "course",
                "segment",
            )
        ):
            return
        # Cut off before its summary was written: the records say what they can.
        sessions = [{"start_time": records[0]["timestamp"], **messages.first("sport")}]
    device = _device(messages)
    offset = _utc_offset(messages)
    seen: set[tuple[Any, ...]] = set()
    made = []
    for session in sessions:
        key = (session["start_time"], session.get("total_distance"), session.get("sport"))
        if key not in seen:
            seen.add(key)
            made.append(session)
    for number, session in enumerate(made, start=1):
        yield _activity(
            session,
            records=_within(records, session, last=number == len(made), many=len(made) > 1),
            laps=messages["lap"],
            pauses=_pauses(messages["event"]),
            provider=provider,
            activity_id=record_id if len(made) == 1 else f"{record_id}-{number}",
            device=device,
            offset=offset,
            name=messages.first("workout").get("wkt_name"),
        )


def _activity(
    session: Message,
    *,
    records: Sequence[Message],
    laps: Sequence[Message],
    pauses: Sequence[datetime],
    provider: str,
    activity_id: str,
    device: str | None,
    offset: int | None,
    name: object,
) -> Activity:
    check = Checker(activity_id)
    sub_sport = _word(session.get("sub_sport"))
    sport = fit_sport(_word(session.get("sport")), sub_sport)
    start = session["start_time"]
    track = make_track(_samples(records, sport[0], pauses), start, activity_id)
    return assemble(
        provider=provider,
        activity_id=activity_id,
        start=start,
        sport=sport,
        track=track,
        totals=_totals(session, sport[0], check, track),
        check=check,
        laps=[
            _lap(index, lap, sport[0])
            for index, lap in enumerate(_laps_within(laps, session), start=1)
        ],
        name=name,
        device=device,
        utc_offset_seconds=offset,
        indoor=is_indoors(sub_sport),
    )


def _samples(
    records: Sequence[Message], sport: SportType, pauses: Sequence[datetime]
) -> Iterator[Sample]:
    segment = 0
    for record in records:
        time = _instant(record["timestamp"])
        if time is None:
            continue
        while segment < len(pauses) and pauses[segment] <= time:
            segment += 1
        yield Sample(
            time=time,
            distance_meters=_number(record.get("distance")),
            heart_rate_bpm=_number(record.get("heart_rate")),
            power_watts=_number(record.get("power")),
            cadence_rpm=_cadence(record, "cadence", "fractional_cadence", sport),
            speed_mps=_number(record.get("enhanced_speed", record.get("speed"))),
            altitude_meters=_number(record.get("enhanced_altitude", record.get("altitude"))),
            latitude_degrees=_degrees(record.get("position_lat")),
            longitude_degrees=_degrees(record.get("position_long")),
            temperature_celsius=_number(record.get("temperature")),
            segment=segment,
        )


def _totals(
    session: Message, sport: SportType, check: Checker, track: Track | None
) -> dict[str, float | None]:
    """The session's own totals. Zero means "not measured", but for climbing where it was."""
    climbed = session.get("total_ascent")
    if not climbed and (track is None or track.streams.altitude_meters is None):
        climbed = None
    speed = session.get("enhanced_avg_speed", session.get("avg_speed"))
    fastest = session.get("enhanced_max_speed", session.get("max_speed"))
    return {
        "duration_seconds": check.positive(
            "duration_seconds", "seconds", session.get("total_elapsed_time")
        ),
        "moving_time_seconds": check.positive(
            "moving_time_seconds", "seconds", session.get("total_timer_time")
        ),
        "distance_meters": check.positive(
            "distance_meters", "distance_meters", session.get("total_distance")
        ),
        "elevation_gain_meters": check("elevation_gain_meters", "elevation_gain_meters", climbed),
        "average_heart_rate_bpm": check(
            "average_heart_rate_bpm", "heart_rate_bpm", session.get("avg_heart_rate")
        ),
        "max_heart_rate_bpm": check(
            "max_heart_rate_bpm", "heart_rate_bpm", session.get("max_heart_rate")
        ),
        "average_power_watts": check.positive(
            "average_power_watts", "power_watts", session.get("avg_power")
        ),
        "max_power_watts": check.positive(
            "max_power_watts", "power_watts", session.get("max_power")
        ),
        "normalized_power_watts": check.positive(
            "normalized_power_watts", "power_watts", session.get("normalized_power")
        ),
        "average_cadence_rpm": check.positive(
            "average_cadence_rpm", "cadence_rpm", _average_cadence(session, sport)
        ),
        "average_speed_mps": check.positive("average_speed_mps", "speed_mps", speed),
        "max_speed_mps": check.positive("max_speed_mps", "speed_mps", fastest),
        "calories_kcal": check.positive(
            "calories_kcal", "calories_kcal", session.get("total_calories")
        ),
        "training_load": check.positive(
            "training_load", "training_load", session.get("training_stress_score")
        ),
    }


def _lap(index: int, lap: Message, sport: SportType) -> Lap:
    def value(quantity: str, *names: str) -> float | None:
        found = next((lap[name] for name in names if lap.get(name) is not None), None)
        return possible(quantity, found) or None

    return Lap(
        index=index,
        start_time=_instant(lap.get("start_time")),
        duration_seconds=value("seconds", "total_elapsed_time"),
        moving_time_seconds=value("seconds", "total_timer_time"),
        distance_meters=possible("distance_meters", lap.get("total_distance")),
        elevation_gain_meters=possible("elevation_gain_meters", lap.get("total_ascent")),
        average_heart_rate_bpm=value("heart_rate_bpm", "avg_heart_rate"),
        max_heart_rate_bpm=value("heart_rate_bpm", "max_heart_rate"),
        average_power_watts=value("power_watts", "avg_power"),
        max_power_watts=value("power_watts", "max_power"),
        normalized_power_watts=value("power_watts", "normalized_power"),
        average_cadence_rpm=possible("cadence_rpm", _average_cadence(lap, sport)) or None,
        average_speed_mps=value("speed_mps", "enhanced_avg_speed", "avg_speed"),
        max_speed_mps=value("speed_mps", "enhanced_max_speed", "max_speed"),
        calories_kcal=value("calories_kcal", "total_calories"),
    )


def _average_cadence(message: Message, sport: SportType) -> float | None:
    name = "avg_running_cadence" if "avg_running_cadence" in message else "avg_cadence"
    fraction = "avg_fractional_cadence"
    return _cadence(message, name, fraction, sport)


def _cadence(message: Message, name: str, fraction: str, sport: SportType) -> float | None:
    """Whole and fractional revolutions a minute; a stride on foot is two steps."""
    whole = _number(message.get(name))
    if whole is None:
        return None
    cadence = whole + (_number(message.get(fraction)) or 0.0)
    return cadence * 2 if sport.is_on_foot else cadence


def _within(
    records: Sequence[Message], session: Message, *, last: bool, many: bool
) -> Sequence[Message]:
    """The records of one session among several: from its start to its end."""
    if not many:
        return records
    start = _instant(session["start_time"])
    seconds = possible("seconds", session.get("total_elapsed_time")) or 0.0
    if start is None:
        return []
    end = start + timedelta(seconds=seconds)
    return [
        record
        for record in records
        if start <= record["timestamp"] and (last or record["timestamp"] <= end)
    ]


def _laps_within(laps: Sequence[Message], session: Message) -> list[Message]:
    start = _instant(session.get("start_time"))
    seconds = possible("seconds", session.get("total_elapsed_time"))
    if start is None or seconds is None:
        return list(laps)
    end = start + timedelta(seconds=seconds + 1)
    return [
        lap
        for lap in laps
        if (begun := _instant(lap.get("start_time"))) is None
        or start - timedelta(seconds=1) <= begun < end
    ]


def _pauses(events: Sequence[Message]) -> list[datetime]:
    """The instants at which the timer was started again."""
    starts = [
        time
        for event in events
        if _word(event.get("event")) == "timer"
        and _word(event.get("event_type")) == "start"
        and (time := _instant(event.get("timestamp"))) is not None
    ]
    return sorted(starts)[1:]


def _device(messages: _Messages) -> str | None:
    """Manufacturer and product of the recording device, as far as they have names."""
    for message in (*messages["file_id"][:1], *messages["device_info"]):
        named = message.get("product_name")
        if isinstance(named, str):
            return named
        words = [message.get("manufacturer"), message.get("garmin_product")]
        known = [str(word).replace("_", " ") for word in words if isinstance(word, str)]
        if known:
            return " ".join(known)
    return None


def _utc_offset(messages: _Messages) -> int | None:
    """The offset of the device's clock, from the two clocks in the activity message."""
    activity = messages.first("activity")
    utc, there = _instant(activity.get("timestamp")), activity.get("local_timestamp")
    if utc is None or not isinstance(there, datetime):
        return None
    seconds = (there.replace(tzinfo=UTC) - utc).total_seconds()
    rounded = round(seconds / _QUARTER_HOUR_SECONDS) * _QUARTER_HOUR_SECONDS
    believable = abs(seconds - rounded) < 60 and abs(rounded) <= _WIDEST_OFFSET_SECONDS  # noqa: PLR2004
    return int(rounded) if believable else None


def _instant(value: object) -> datetime | None:
    """A time with a date; a device without one counts seconds since it was switched on."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value
    return None


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _degrees(semicircles: object) -> float | None:
    if not isinstance(semicircles, int | float):
        return None
    return round(semicircles * _DEGREES_PER_SEMICIRCLE, 7)


def _word(value: object) -> str | None:
    return value if isinstance(value, str) else None
