"""FIT: which activities a file holds, and what else it says about the athlete.

Files hold one session or several, of which some may be written twice or not at all. One session's
values are ``fit_session``'s business, the bytes are ``fit_messages``'.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from pierre_mcp.errors import RecordingError
from pierre_mcp.models import Activity
from pierre_mcp.models.limits import possible
from pierre_mcp.recordings.efforts import best_efforts
from pierre_mcp.recordings.fit_body import athlete_of, health_of, recovery_of
from pierre_mcp.recordings.fit_messages import Message, Messages, decode, instant, word
from pierre_mcp.recordings.fit_session import activity_of
from pierre_mcp.recordings.fit_zones import zones_of
from pierre_mcp.recordings.recording import Recording

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
_WIDEST_OFFSET_SECONDS = 14 * 3600
_QUARTER_HOUR_SECONDS = 900
_ROUNDING = timedelta(seconds=60)
"""A record so long after the end of a session does not belong to it."""


def read_fit(content: bytes, *, provider: str, record_id: str) -> Recording:
    """The contents of a FIT file or of several, one after another."""
    messages = decode(content)
    if not messages.by_name:
        raise RecordingError(messages.damage or "holds no FIT message")
    activities = tuple(_activities(messages, provider, record_id))
    dated = [m for m in messages["session"] if instant(m.get("start_time")) is not None]
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


def _activities(messages: Messages, provider: str, record_id: str) -> Iterator[Activity]:
    records = [m for m in messages["record"] if instant(m.get("timestamp")) is not None]
    sessions = _sessions(messages, records)
    device, offset = _device(messages), _utc_offset(messages)
    following = [instant(session.get("start_time")) for session in sessions[1:]]
    for number, (session, then) in enumerate(zip(sessions, [*following, None], strict=False), 1):
        alone = len(sessions) == 1
        activity = activity_of(
            session,
            records=records if alone else _within(records, session, last=number == len(sessions)),
            laps=_laps_within(messages["lap"], session, then),
            pauses=_pauses(messages["event"]),
            provider=provider,
            activity_id=record_id if alone else f"{record_id}-{number}",
            device=device,
            utc_offset_seconds=offset,
            name=messages.first("workout").get("wkt_name"),
        )
        yield activity.model_copy(update={"zones": zones_of(messages, session, number - 1)})


def _sessions(messages: Messages, records: Sequence[Message]) -> list[Message]:
    """Each session once, and one for the records that a broken file has no session for."""
    if not messages["session"]:
        kind = str(messages.first("file_id").get("type"))
        if not records or kind in ("course", "segment"):
            return []
        return [messages.first("sport")]
    once: dict[tuple[object, ...], Message] = {}
    for session in messages["session"]:
        if instant(session.get("start_time")) is not None:
            key = (session["start_time"], session.get("total_distance"), session.get("sport"))
            once.setdefault(key, session)
    sessions = list(once.values())
    ends = [end for session in sessions if (end := _end(session)) is not None]
    if messages.damage and len(ends) == len(sessions) > 0:
        begun = [m for m in records if m["timestamp"] > max(ends) + _ROUNDING]
        if len(begun) > 1:
            sessions.append({"start_time": begun[0]["timestamp"]})
    return sessions


def _end(session: Message) -> datetime | None:
    start = instant(session.get("start_time"))
    seconds = possible("seconds", session.get("total_elapsed_time"))
    return None if start is None or seconds is None else start + timedelta(seconds=seconds)


def _within(records: Sequence[Message], session: Message, *, last: bool) -> Sequence[Message]:
    """The records of one session among several: from its start to its end."""
    end = _end(session)
    return [
        record
        for record in records
        if session["start_time"] <= record["timestamp"]
        and (last or end is None or record["timestamp"] <= end)
    ]


def _laps_within(
    laps: Sequence[Message], session: Message, following: datetime | None
) -> list[Message]:
    """The laps of a session; one that begins with the next session is that one's."""
    end = _end(session)
    if end is None:
        return list(laps)
    start = session["start_time"]
    second = timedelta(seconds=1)
    return [
        lap
        for lap in laps
        if (begun := instant(lap.get("start_time"))) is None
        or (
            start - second <= begun < end + second
            and (following is None or begun < following or following <= start)
        )
    ]


def _pauses(events: Sequence[Message]) -> list[datetime]:
    """The instants at which the timer was started again."""
    starts = [
        time
        for event in events
        if word(event.get("event")) == "timer"
        and word(event.get("event_type")) == "start"
        and (time := instant(event.get("timestamp"))) is not None
    ]
    return sorted(starts)[1:]


def _device(messages: Messages) -> str | None:
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


def _utc_offset(messages: Messages) -> int | None:
    """The offset of the device's clock, from the two clocks in the activity message."""
    activity = messages.first("activity")
    utc, there = instant(activity.get("timestamp")), activity.get("local_timestamp")
    if utc is None or not isinstance(there, datetime):
        return None
    seconds = (there.replace(tzinfo=UTC) - utc).total_seconds()
    rounded = round(seconds / _QUARTER_HOUR_SECONDS) * _QUARTER_HOUR_SECONDS
    believable = abs(seconds - rounded) < 60 and abs(rounded) <= _WIDEST_OFFSET_SECONDS  # noqa: PLR2004
    return int(rounded) if believable else None
