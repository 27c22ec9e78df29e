"""Where connections are kept on this machine, and how files are made that only their owner reads.

It knows paths and permissions; what is in the files is the business of others.
"""

import os
from contextlib import suppress
from pathlib import Path

from pierre_mcp.settings import Settings


def is_postgresql(settings: Settings) -> bool:
    """Whether connections are kept in PostgreSQL rather than in a SQLite file."""
    return (settings.database_url or "").startswith("postgres")


def own_file(settings: Settings) -> Path:
    """The SQLite file that connections are kept in unless the operator names another place."""
    return settings.home / "pierre.db"


def was_begun(settings: Settings) -> bool:
    """Whether anything may be kept: somebody named a place or a key, or our own file is there."""
    named = settings.database_url is not None or settings.master_key is not None
    return named or own_file(settings).exists()


def private_folder(folder: Path) -> None:
    """Make a folder that only its owner may enter; one that is there already stays as it is."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def private_file(path: Path) -> None:
    """Make an empty file that only its owner may read, unless there is one."""
    private_folder(path.parent)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def replace_private_file(path: Path, text: str) -> None:
    """Put ``text`` in place of what the file holds, whole and on the disk, or not at all.

    Two processes must not do this at once: the caller holds a lock.
    """
    private_folder(path.parent)
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)  # left behind by a process that was killed here
    descriptor = os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make a rename last; Windows has no such call and needs none."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
