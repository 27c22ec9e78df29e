"""What of a recording stands beside an activity that a vendor's API tells of: laps, streams, zones.

Which sessions of the file are that activity is for the vendor's side to say, and so is which of
the file's sums count.
"""

from collections.abc import Collection, Sequence
from typing import Any

from pierre_mcp.models import Activity, WarningCode
from pierre_mcp.models.limits import Checker
from pierre_mcp.recordings.recording import Recording


def parts_of(
    recording: Recording,
    sessions: Sequence[Activity],
    wanted: Collection[str],
    check: Checker,
    *,
    legs: Sequence[str] = (),
) -> dict[str, Any]:
    """The values of the fields in ``wanted``: ``laps``, ``streams`` and ``zones``.

    Laps of several sessions follow each other; streams and zones are told of single sessions only.
    What is missing of the file is noted. ``legs`` are ids under which those can be asked for.
    """
    if recording.damage is not None:
        check.say(WarningCode.FILE_DAMAGED, "streams", recording.damage)
    if not sessions:
        check.note("streams", "of this activity are not in its file")
    found: dict[str, Any] = {}
    if "laps" in wanted:
        laps = [lap for session in sessions for lap in session.laps or ()]
        numbered = [lap.model_copy(update={"index": n}) for n, lap in enumerate(laps, start=1)]
        found["laps"] = tuple(numbered) or None
    for part in sorted({"streams", "zones"}.intersection(wanted)):
        if len(sessions) > 1:
            detail = f"{part} are told of the legs of a multisport activity, not of the whole."
            if legs:
                detail += f" Their ids are {', '.join(legs)}."
            check.say(WarningCode.FIELD_UNREADABLE, part, detail)
        else:
            found[part] = next((getattr(session, part) for session in sessions), None)
    if found.get("streams") is not None:
        # What a session says of no field is about its samples.
        for note in (note for note in sessions[0].warnings if note.field is None):
            check.say(note.code, "streams", note.detail)
    return found
