"""The original file of an activity: unpacked, read, and what of it belongs to the activity.

The API itself tells neither laps nor samples nor the device.
"""

import zlib
from datetime import timedelta
from io import BytesIO
from zipfile import BadZipFile, ZipFile

from pierre_mcp.errors import RecordingError
from pierre_mcp.models import Activity, SportType
from pierre_mcp.recordings import MAX_BYTES, Recording, read_recording
from providers.garmin.mapping import PROVIDER

_FILES = (".fit", ".tcx", ".gpx")
_MAX_RATIO, _SMALL = 100, 1_000_000
_CLOCKS_DIFFER = timedelta(seconds=90)


def recording_of(packed: bytes, activity: Activity) -> Recording:
    """What an archive holds; raises ``RecordingError``."""
    return read_recording(unzipped(packed), provider=PROVIDER, record_id=activity.id)


def sessions_in(recording: Recording, activity: Activity) -> list[Activity]:
    """What a file holds of the activity: its one session, or those of a multisport activity.

    A leg of a multisport activity may come with the file of the whole.
    """
    sessions, start = list(recording.activities), activity.start_time
    if len(sessions) <= 1:
        return sessions
    if activity.sport_type is not SportType.MULTISPORT:
        # By its start alone: before and after a leg there may be transitions of a minute.
        nearest = min(sessions, key=lambda session: abs(session.start_time - start))
        return [nearest] if abs(nearest.start_time - start) <= _CLOCKS_DIFFER else []
    if activity.duration_seconds is None:
        return sessions
    end = start + timedelta(seconds=activity.duration_seconds)
    return [s for s in sessions if start - _CLOCKS_DIFFER <= s.start_time < end]


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
