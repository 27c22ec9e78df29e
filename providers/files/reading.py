"""One file read and boiled down to what the index keeps; runs in a worker thread or process.

An id is the beginning of the SHA-256 of the unpacked content: it stays when a file is renamed,
moved, compressed or copied to another machine.
"""

import hashlib
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from pierre_mcp.errors import RecordingError
from pierre_mcp.models import Activity
from pierre_mcp.recordings import MAX_BYTES, read_recording, unpack
from pierre_mcp.recordings.recording import Recording
from providers.files.days import by_day
from providers.files.folder import IN_ARCHIVE, Found

PROVIDER = "files"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What the index keeps of a file; everything is text, so that it travels between processes.

    ``activities``, ``efforts``, ``recovery``, ``health`` and ``athlete`` are JSON of the models.
    ``reason`` says why the file, or a part of it, could not be read; ``given_up`` that this may
    have been the machine's fault, so that another start of the server tries again.
    """

    found: Found
    digest: str | None = None
    content: str | None = None
    reason: str | None = None
    activities: tuple[str, ...] = ()
    efforts: tuple[str, ...] = ()
    recovery: tuple[str, ...] = ()
    health: tuple[str, ...] = ()
    athlete: str | None = None
    given_up: bool = False


def read_entry(root: str, found: Found) -> Entry:
    """The entry of one file; a file that cannot be read gives an entry with the reason."""
    try:
        digest, recording = read_file(root, found)
    except RecordingError as unreadable:
        return Entry(found=found, reason=unreadable.message)
    except Exception as unexpected:  # noqa: BLE001 - a reader's fault must not cost other files
        return Entry(found=found, reason=f"the reader failed ({type(unexpected).__name__})")
    # A monitoring file repeats a value all day long: the last of a day stands.
    days = by_day(reversed(recording.recovery))
    return Entry(
        found=found,
        digest=digest,
        content=recording.content,
        reason=recording.damage,
        activities=tuple(_bare(activity).model_dump_json() for activity in recording.activities),
        efforts=tuple(effort.model_dump_json() for effort in recording.best_efforts),
        recovery=tuple(metrics.model_dump_json() for metrics in days),
        health=tuple(metrics.model_dump_json() for metrics in recording.health),
        athlete=recording.athlete.model_dump_json() if recording.athlete else None,
    )


def read_file(root: str, found: Found) -> tuple[str, Recording]:
    """The digest and the whole recording; raises ``RecordingError`` with the reason."""
    if found.size > MAX_BYTES:
        raise RecordingError(f"larger than {MAX_BYTES // 1_000_000} MB")
    try:
        content = unpack(_content(root, found.path))
    except OSError as refused:
        raise RecordingError(f"cannot be opened: {refused.strerror or 'unreadable'}") from None
    digest = hashlib.sha256(content).hexdigest()[:16]
    return digest, read_recording(content, provider=PROVIDER, record_id=digest)


def _content(root: str, path: str) -> bytes:
    archive, inside, member = path.partition(IN_ARCHIVE)
    if not inside:
        return Path(root, path).read_bytes()
    status = Path(root, archive).stat()
    try:
        return _opened(Path(root, archive), status.st_size, status.st_mtime_ns).read(member)
    except (BadZipFile, KeyError, RuntimeError, EOFError, zlib.error):
        raise RecordingError("cannot be unpacked") from None


def close_archives() -> None:
    """Let go of what was kept open: some systems would not let anybody replace it."""
    _opened.cache_clear()


@lru_cache(maxsize=1)
def _opened(archive: Path, _size: int, _mtime_ns: int) -> ZipFile:
    """An archive of thousands, whose table of contents is read once and not for each of them."""
    return ZipFile(archive)


def _bare(activity: Activity) -> Activity:
    return activity.model_copy(update={"laps": None, "streams": None, "zones": None})
