"""What lies in the folder: recordings and tables of vendors' exports, by a look at names only.

Vendors pack recordings into archives inside their exports. Those in a zip file are listed with its
path, ``!/`` and their name in it; they are read where they are.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from pathlib import Path
from zipfile import BadZipFile, ZipFile, ZipInfo

_RECORDINGS = (".fit", ".tcx", ".gpx", ".fit.gz", ".tcx.gz", ".gpx.gz")
_TABLES = ("activities.csv", "_summarizedactivities.json")
_ARCHIVE = ".zip"
IN_ARCHIVE = "!/"
_MOST_IN_ARCHIVE = 100_000


@dataclass(frozen=True, slots=True, order=True)
class Found:
    """A file: its path below the folder with forward slashes, and what tells that it changed."""

    path: str
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """All files of interest, each sorted by path, and the folders that could not be looked into."""

    recordings: tuple[Found, ...]
    tables: tuple[Found, ...]
    closed: tuple[str, ...] = ()


def list_folder(root: Path) -> Listing:
    """Every recording and table below ``root``; hidden ones are left out, links are followed once.

    Raises ``OSError`` when the folder itself cannot be read.
    """
    with os.scandir(root):
        pass
    closed: list[str] = []
    found = list(_walk(root, closed))
    packed = [f for f in found if f.path.lower().endswith(_ARCHIVE)]
    return Listing(
        recordings=tuple(
            sorted(
                [f for f in found if f.path.lower().endswith(_RECORDINGS)]
                + [f for archive in packed for f in _members(root, archive)]
            )
        ),
        tables=tuple(sorted(f for f in found if f.path.lower().endswith(_TABLES))),
        closed=tuple(sorted(closed)),
    )


def _walk(root: Path, closed: list[str]) -> Iterator[Found]:
    def refused(error: OSError) -> None:
        closed.append(Path(os.fsdecode(error.filename)).relative_to(root).as_posix())

    seen: set[tuple[int, int]] = set()
    for folder, subfolders, names in os.walk(root, followlinks=True, onerror=refused):
        try:
            status = Path(folder).stat()
        except OSError:
            subfolders.clear()
            continue
        # A link that leads back to where we have been would go round for ever.
        if (status.st_dev, status.st_ino) in seen:
            subfolders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        for name in names:
            if name.startswith(".") or not name.lower().endswith(
                (*_RECORDINGS, *_TABLES, _ARCHIVE)
            ):
                continue
            path = Path(folder, name)
            try:
                status = path.stat()
            except OSError:
                continue
            yield Found(path.relative_to(root).as_posix(), status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=64)
def _members(root: Path, archive: Found) -> tuple[Found, ...]:
    """The recordings in an archive; one that cannot be opened stands for itself, to be reported."""
    try:
        with ZipFile(root / archive.path) as opened:
            inside = list(islice(opened.infolist(), _MOST_IN_ARCHIVE))
    except (OSError, BadZipFile, ValueError, NotImplementedError):
        return (archive,)
    return tuple(
        Found(f"{archive.path}{IN_ARCHIVE}{member.filename}", member.file_size, _written(member))
        for member in inside
        if member.filename.lower().endswith(_RECORDINGS)
    )


def _written(member: ZipInfo) -> int:
    """When a member was written, by a clock whose zone nobody knows; the epoch when unreadable."""
    with suppress(ValueError):
        return int(datetime(*member.date_time, tzinfo=UTC).timestamp()) * 10**9
    return 0
