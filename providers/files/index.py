"""What was read of the folder, kept in SQLite so that it is read only once.

One file of its own for each folder. Several processes may use it at once. It holds nothing that is
not in the recordings: when it is damaged or of another version it is made anew.
"""

import json
import os
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from contextlib import closing, suppress
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

import structlog

from providers.files.folder import Found
from providers.files.reading import Entry

_VERSION = 2
"""Raise it when reading changes: every file is then read again."""

_SCHEMA = """
CREATE TABLE entries (
    path BLOB PRIMARY KEY,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    entry TEXT NOT NULL
) WITHOUT ROWID
"""

_log = structlog.get_logger(__name__)


class Index:
    """The index of one folder; every method blocks and may be called from any thread."""

    def __init__(self, data_dir: Path, root: Path) -> None:
        name = sha256(os.fsencode(root)).hexdigest()[:12]
        self.path = data_dir / f"index-{name}.sqlite3"
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def known(self) -> dict[str, Found]:
        """What was read, by path, whatever came of it."""
        rows = self._run("SELECT path, size, mtime_ns FROM entries")
        found = (Found(_text(path), size, mtime_ns) for path, size, mtime_ns in rows)
        return {one.path: one for one in found}

    def entries(self) -> list[Entry]:
        """Everything that was read, in order of path."""
        rows = self._run("SELECT entry FROM entries ORDER BY path")
        return [_entry(text) for (text,) in rows]

    def store(self, entries: Iterable[Entry]) -> None:
        """Keep what was read, in place of what was known of the same paths."""
        rows = [
            (_bytes(e.found.path), e.found.size, e.found.mtime_ns, json.dumps(asdict(e)))
            for e in entries
        ]
        self._run_many("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?)", rows)

    def forget(self, paths: Iterable[str]) -> None:
        """Drop files that are gone."""
        self._run_many("DELETE FROM entries WHERE path = ?", [(_bytes(path),) for path in paths])

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _run(self, statement: str) -> list[tuple[Any, ...]]:
        with self._lock:
            try:
                return self._open().execute(statement).fetchall()
            except sqlite3.DatabaseError as damaged:
                self._start_over(damaged)
                return self._open().execute(statement).fetchall()

    def _run_many(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        if not rows:
            return
        with self._lock:
            try:
                self._write(statement, rows)
            except sqlite3.DatabaseError as damaged:
                self._start_over(damaged)
                self._write(statement, rows)

    def _write(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        connection = self._open()
        with connection:
            connection.executemany(statement, rows)

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            connection = sqlite3.connect(self._place(), timeout=10, check_same_thread=False)
            try:
                _prepare(connection)
            except sqlite3.DatabaseError:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _place(self) -> str | Path:
        """The file, or memory when it cannot be written: then the next start reads all again."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # Made before SQLite opens it, so that nobody else can read it even for a moment.
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as refused:
            _log.warning("index_not_kept", reason=refused.strerror)
            return ":memory:"
        return self.path

    def _start_over(self, problem: sqlite3.DatabaseError) -> None:
        """Remove a damaged index; a busy or full disk is somebody else's to mend."""
        if isinstance(problem, sqlite3.OperationalError):
            raise problem
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        for suffix in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                Path(f"{self.path}{suffix}").unlink()


def _prepare(connection: sqlite3.Connection) -> None:
    with suppress(sqlite3.OperationalError):
        # Refused at once while another process has it open; whoever opens it next gets it done.
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    if _version(connection) == _VERSION:
        return
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        if _version(connection) != _VERSION:  # another process may have been first
            connection.execute("DROP TABLE IF EXISTS entries")
            connection.execute(_SCHEMA)
            connection.execute(f"PRAGMA user_version = {_VERSION}")


def _version(connection: sqlite3.Connection) -> int:
    with closing(connection.execute("PRAGMA user_version")) as cursor:
        return int(cursor.fetchone()[0])


def _bytes(path: str) -> bytes:
    """A path for the table; a name that is not text comes with surrogates, which SQLite refuses."""
    return path.encode("utf-8", "surrogatepass")


def _text(path: bytes) -> str:
    return path.decode("utf-8", "surrogatepass")


def _entry(text: str) -> Entry:
    values = json.loads(text)
    values["found"] = Found(**values["found"])
    for name in ("activities", "efforts", "recovery", "health"):
        values[name] = tuple(values[name])
    return Entry(**values)
