"""What lies in the folder: recordings and tables of vendors' exports, by a look at names only."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_RECORDINGS = (".fit", ".tcx", ".gpx", ".fit.gz", ".tcx.gz", ".gpx.gz")
_TABLES = ("activities.csv", "_summarizedactivities.json")


@dataclass(frozen=True, slots=True, order=True)
class Found:
    """A file: its path below the folder with forward slashes, and what tells that it changed."""

    path: str
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """All files of interest, each sorted by path."""

    recordings: tuple[Found, ...]
    tables: tuple[Found, ...]


def list_folder(root: Path) -> Listing:
    """Every recording and table below ``root``; hidden ones are left out, links are followed once.

    Raises ``OSError`` when the folder itself cannot be read.
    """
    with os.scandir(root):
        pass
    found = list(_walk(root))
    return Listing(
        recordings=tuple(sorted(f for f in found if f.path.lower().endswith(_RECORDINGS))),
        tables=tuple(sorted(f for f in found if f.path.lower().endswith(_TABLES))),
    )


def _walk(root: Path) -> Iterator[Found]:
    seen: set[tuple[int, int]] = set()
    for folder, subfolders, names in os.walk(root, followlinks=True):
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
            if name.startswith(".") or not name.lower().endswith(_RECORDINGS + _TABLES):
                continue
            path = Path(folder, name)
            try:
                status = path.stat()
            except OSError:
                continue
            yield Found(path.relative_to(root).as_posix(), status.st_size, status.st_mtime_ns)
