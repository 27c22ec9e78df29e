"""What is known of the folder, kept up to date: look, read what is new in the background, remember.

A question waits for reading a short while, telling how far it has come, and then gets what is known
so far. Nothing here knows what is asked.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

import anyio
import anyio.to_process
import anyio.to_thread
import structlog

from pierre_mcp.errors import ProviderError
from pierre_mcp.models import DataWarning, WarningCode
from pierre_mcp.spi import ProviderContext
from providers.files.exports import Exports, read_exports
from providers.files.folder import Found, Listing, list_folder
from providers.files.index import Index
from providers.files.library import Library, build_library, problem
from providers.files.reading import PROVIDER, Entry, close_archives, read_entry

WAIT_SECONDS = 8.0
"""How long a question waits for reading to finish."""

LOOK_AGAIN_AFTER = timedelta(seconds=2)
"""How fresh a look at the folder has to be for a question."""

FEW_FILES, FEW_BYTES = 8, 20_000_000
"""Up to so much is read in a thread: starting processes would take longer."""

FILE_SECONDS = 60.0
"""A file that takes longer to read is given up."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An answer's material, and how many files have not been read yet."""

    library: Library
    unread: int = 0

    @property
    def complete(self) -> bool:
        """Whether everything in the folder has been read."""
        return self.unread == 0

    @property
    def warnings(self) -> tuple[DataWarning, ...]:
        """One sentence about reading that goes on, and one about files that failed."""
        told = []
        if self.unread:
            detail = f"{self.unread} new files are still to be read. Ask again for the rest."
            told.append(DataWarning(code=WarningCode.STILL_INDEXING, detail=detail))
        if count := len(self.library.problems):
            # Without their names: those are for the operator's eyes, not for a model's.
            files = "1 file was" if count == 1 else f"{count} files were"
            detail = f"{files} not read in full. 'pierre-mcp doctor' lists which and why."
            told.append(DataWarning(code=WarningCode.FILE_DAMAGED, detail=detail))
        return tuple(told)


@dataclass(slots=True)
class _Reading:
    """Files being read in the background; ``step`` is set and replaced after each."""

    total: int
    done: int = 0
    finished: anyio.Event = field(default_factory=anyio.Event)
    step: anyio.Event = field(default_factory=anyio.Event)

    def advance(self) -> None:
        self.done += 1
        self.step.set()
        self.step = anyio.Event()


class Catalog:
    """The folder ``root``; its index lies in ``data_dir``."""

    def __init__(self, root: Path, data_dir: Path, context: ProviderContext) -> None:
        self.root = root
        self._data_dir = data_dir
        self._context = context
        self._lock = anyio.Lock()
        self._library: Library | None = None
        self._changes = 0
        self._tables: tuple[Found, ...] = ()
        self._exports = Exports()
        self._closed: tuple[str, ...] = ()
        self._given_up: set[Found] = set()
        self._looked_at: datetime | None = None
        self._reading: _Reading | None = None

    async def ask(self, *, wait_seconds: float | None = None) -> Known:
        """What is known after a fresh look, once reading is over or the wait is.

        Raises ``ProviderError`` when there is no such folder.
        """
        async with self._lock:
            if self._reading is None and self._looked_long_ago():
                await self._look()
                self._looked_at = self._context.clock()
        if (reading := self._reading) is not None:
            with anyio.move_on_after(WAIT_SECONDS if wait_seconds is None else wait_seconds):
                await self._wait(reading)
        return await self._known()

    async def list(self) -> Listing:
        """What lies in the folder now; raises ``ProviderError`` when it cannot be read."""
        try:
            return await anyio.to_thread.run_sync(list_folder, self.root)
        except FileNotFoundError:
            problem = "does not exist"
        except NotADirectoryError:
            problem = "is a file and not a folder"
        except OSError as refused:
            problem = f"cannot be read ({refused.strerror or 'unknown reason'})"
        raise ProviderError(PROVIDER, f"The folder in PIERRE_FILES_DIR {problem}. Set another one.")

    async def close(self) -> None:
        """Let go of the index."""
        if "_index" in self.__dict__:
            await anyio.to_thread.run_sync(self._index.close)

    @cached_property
    def _index(self) -> Index:
        return Index(self._data_dir, self.root.absolute())

    def _looked_long_ago(self) -> bool:
        return (
            self._looked_at is None or self._context.clock() - self._looked_at >= LOOK_AGAIN_AFTER
        )

    async def _known(self) -> Known:
        reading, changes, library = self._reading, self._changes, self._library
        unread = reading.total - reading.done if reading else 0
        if library is None:
            library = await anyio.to_thread.run_sync(self._build)
            if changes == self._changes:
                self._library = library
        return Known(library=library, unread=unread)

    def _build(self) -> Library:
        library = build_library(self._index.entries(), self._exports, self._context.clock())
        closed = tuple(problem(path, "the folder cannot be opened") for path in self._closed)
        return replace(library, problems=closed + library.problems)

    def _changed(self) -> None:
        self._changes += 1
        self._library = None

    async def _look(self) -> None:
        """Compare the folder with the index, and start to read what is new or has changed."""
        listing = await self.list()
        known = await anyio.to_thread.run_sync(self._index.known)
        present = {found.path: found for found in listing.recordings}
        gone = [path for path in known if path not in present]
        stale = [
            found
            for path, found in present.items()
            if known.get(path) != found and found not in self._given_up
        ]
        if gone:
            await anyio.to_thread.run_sync(self._index.forget, gone)
            self._changed()
        if listing.tables != self._tables:
            self._exports = await anyio.to_thread.run_sync(read_exports, self.root, listing.tables)
            self._tables = listing.tables
            self._changed()
        if listing.closed != self._closed:
            self._closed = listing.closed
            self._changed()
        if stale:
            reading = self._reading = _Reading(total=len(stale))
            newest_first = sorted(stale, key=lambda found: (found.mtime_ns, found.path))[::-1]
            self._context.spawn(lambda: self._read(newest_first, reading))

    async def _read(self, stale: Sequence[Found], reading: _Reading) -> None:
        """Read the files, newest first, on all cores; each is kept as soon as it is read."""
        size = sum(found.size for found in stale)
        in_processes = len(stale) > FEW_FILES or size > FEW_BYTES
        cores = os.cpu_count() or 1
        turn = anyio.CapacityLimiter(cores if in_processes else 1)
        workers = anyio.CapacityLimiter(cores)

        async def one(found: Found) -> None:
            async with turn:
                entry = await self._entry(found, workers if in_processes else None)
            if entry.given_up:
                self._given_up.add(found)
            await anyio.to_thread.run_sync(self._index.store, [entry])
            self._changed()
            reading.advance()
            _log_progress(reading)

        try:
            async with anyio.create_task_group() as tasks:
                for found in stale:
                    tasks.start_soon(one, found)
        finally:
            close_archives()
            self._reading = None
            reading.finished.set()
            reading.step.set()

    async def _entry(self, found: Found, workers: anyio.CapacityLimiter | None) -> Entry:
        """One file in a process, or in a thread without ``workers``; it costs no other file."""
        root = str(self.root)
        reason = f"given up after {FILE_SECONDS:.0f} s"
        with anyio.move_on_after(FILE_SECONDS):
            if workers is None:
                return await anyio.to_thread.run_sync(
                    read_entry, root, found, abandon_on_cancel=True
                )
            # A process may die of what happens around it, and takes its file along.
            for _ in range(2):
                with suppress(anyio.BrokenWorkerProcess):
                    return await anyio.to_process.run_sync(
                        read_entry, root, found, cancellable=True, limiter=workers
                    )
            reason = "it broke the process that read it"
        return Entry(found=found, reason=reason, given_up=True)

    async def _wait(self, reading: _Reading) -> None:
        told = -1
        while not reading.finished.is_set():
            percent = 100 * reading.done // reading.total
            if percent != told:
                told = percent
                await self._context.progress(reading.done, reading.total, "Reading recordings")
            await reading.step.wait()
        await self._context.progress(reading.total, reading.total, "Reading recordings")


def _log_progress(reading: _Reading) -> None:
    """On the terminal, for whoever started the server: every twentieth part of many files."""
    if reading.total <= FEW_FILES:
        return
    step = max(1, reading.total // 20)
    if reading.done % step == 0 or reading.done == reading.total:
        _log.info("reading_recordings", done=reading.done, total=reading.total)
