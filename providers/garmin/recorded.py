"""The original file of an activity: unpacked, read, and its parts put beside what the API says.

The API itself tells neither laps nor samples nor the device.
"""

import zlib
from collections.abc import Sequence
from datetime import timedelta
from io import BytesIO
from typing import Any
from zipfile import BadZipFile, ZipFile

from pierre_mcp.errors import RecordingError
from pierre_mcp.models import Activity, WarningCode
from pierre_mcp.models.limits import Checker
from pierre_mcp.recordings import MAX_BYTES, read_recording
from pierre_mcp.spi import Include
from providers.garmin.mapping import PROVIDER

_FILES = (".fit", ".tcx", ".gpx")
_MAX_RATIO, _SMALL = 100, 1_000_000
_CLOCKS_DIFFER = timedelta(seconds=90)


def sessions_of(packed: bytes, activity: Activity) -> list[Activity]:
    """What the file holds of the activity: its one session, or those of a multisport activity.

    Raises ``RecordingError``. A leg of a multisport activity may come with the file of the whole.
    """
    recording = read_recording(unzipped(packed), provider=PROVIDER, record_id=activity.id)
    sessions = list(recording.activities)
    if len(sessions) <= 1 or activity.duration_seconds is None:
        return sessions
    begin = activity.start_time - _CLOCKS_DIFFER
    end = activity.start_time + timedelta(seconds=activity.duration_seconds)
    return [session for session in sessions if begin <= session.start_time < end]


def unzipped(packed: bytes) -> bytes:
    """The one recording in an archive; raises ``RecordingError``."""
    try:
        with ZipFile(BytesIO(packed)) as archive:
            members = [m for m in archive.infolist() if m.filename.lower().endswith(_FILES)]
            if not members:
                raise RecordingError("holds no recording")
            most = min(MAX_BYTES, max(_SMALL, members[0].compress_size * _MAX_RATIO))
            with archive.open(members[0]) as member:
                content = member.read(most + 1)
    except (BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError, zlib.error):
        raise RecordingError("cannot be unpacked") from None
    if len(content) > most:
        raise RecordingError("expands to more than a recording can be")
    return content


def parts_of(
    sessions: Sequence[Activity], include: frozenset[Include], check: Checker
) -> dict[str, Any]:
    """The parts that were asked for, and the device."""
    found: dict[str, Any] = {"device_name": next((s.device_name for s in sessions), None)}
    if Include.LAPS in include:
        laps = [lap for session in sessions for lap in session.laps or ()]
        numbered = [lap.model_copy(update={"index": n}) for n, lap in enumerate(laps, start=1)]
        found["laps"] = tuple(numbered) or None
    for part in {Include.STREAMS, Include.ZONES} & include:
        if len(sessions) > 1:
            check.say(
                WarningCode.FIELD_UNREADABLE,
                part.value,
                f"{part.value} are told of the legs of a multisport activity, not of the whole.",
            )
        else:
            found[part.value] = next((getattr(s, part.value) for s in sessions), None)
    return found
