"""The folder behind the contract: look, read what is new, answer from what is known.

Reading goes on in the background while questions are answered. A question waits for it a short
while, telling how far it has come, and then is answered with what is known so far.
"""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import TypeVar

import anyio
import anyio.to_process
import anyio.to_thread

from pierre_mcp.errors import InvalidArgument, NotFound, ProviderError, RecordingError
from pierre_mcp.models import (
    Activity,
    Athlete,
    DataWarning,
    HealthMetrics,
    Page,
    Period,
    PersonalRecord,
    RecoveryMetrics,
    Stats,
    WarningCode,
    compute_stats,
)
from pierre_mcp.spi import ActivityQuery, FitnessProvider, Include
from providers.files.exports import Exports, read_exports
from providers.files.folder import Found, Listing, list_folder
from providers.files.index import Index
from providers.files.library import Library, build_library
from providers.files.reading import PROVIDER, Entry, read_entry, read_file

WAIT_SECONDS = 8.0
"""How long a question waits for reading to finish."""

LOOK_AGAIN_AFTER = timedelta(seconds=2)
"""How fresh a look at the folder has to be for a question."""

FEW_FILES = 8
"""Up to so many files are read in a thread: starting processes would take longer."""

_CURSOR = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?\+00:00) (\S+)")

M = TypeVar("M", RecoveryMetrics, HealthMetrics)


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


class FilesProvider(FitnessProvider):
    """One folder of recordings."""

    _index: Index | None = None
    _library: Library | None = None
    _tables: tuple[Found, ...] = ()
    _exports = Exports()
    _looked_at: datetime | None = None
    _reading: _Reading | None = None

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the index."""
        if self._index is not None:
            await anyio.to_thread.run_sync(self._index.close)

    async def get_athlete(self) -> Athlete:
        """What the newest files say about their owner."""
        return (await self._ask()).athlete

    async def get_activities(self, query: ActivityQuery) -> Page[Activity]:
        """Activities by the times inside the files."""
        older_than = _position(query.cursor)
        library = await self._ask()
        page = library.page(query, older_than)
        return Page(
            items=page.items,
            next_cursor=page.next_cursor,
            complete=self._reading is None,
            warnings=self._warnings(library),
        )

    async def get_activity(
        self, activity_id: str, include: frozenset[Include] = frozenset()
    ) -> Activity:
        """One activity; laps and streams are read from its file."""
        library = await self._ask()
        known = next((a for a in library.activities if a.id == activity_id), None)
        if known is None:
            raise NotFound(
                PROVIDER, "There is no activity with that id. get_activities lists the ids."
            )
        if not include:
            return known
        found = library.files[activity_id]
        try:
            _, recording = await anyio.to_thread.run_sync(read_file, str(self._root()), found)
        except RecordingError as unreadable:
            raise ProviderError(
                PROVIDER, f"Its file can no longer be read: {unreadable.message}."
            ) from None
        whole = next((a for a in recording.activities if a.id == activity_id), None)
        if whole is None:
            raise NotFound(PROVIDER, "Its file has changed. Ask get_activities again.")
        return known.model_copy(
            update={
                "laps": whole.laps if Include.LAPS in include else None,
                "streams": whole.streams if Include.STREAMS in include else None,
            }
        )

    async def get_stats(self) -> Stats:
        """Totals of everything in the folder, by sport."""
        library = await self._ask()
        period = _period(library)
        return compute_stats(
            PROVIDER,
            library.activities,
            start_date=period.start_date,
            end_date=period.end_date,
            complete=self._reading is None,
        ).model_copy(update={"warnings": self._warnings(library)})

    async def get_personal_records(self) -> Page[PersonalRecord]:
        """The bests of whole activities and of stretches inside them."""
        library = await self._ask()
        records = await anyio.to_thread.run_sync(library.records)
        return Page(
            items=records,
            complete=self._reading is None,
            period=_period(library),
            warnings=self._warnings(library),
        )

    async def get_recovery_metrics(self, start: date, end: date) -> Page[RecoveryMetrics]:
        """What monitoring files hold."""
        library = await self._ask()
        return self._between(library, library.recovery, start, end)

    async def get_health_metrics(self, start: date, end: date) -> Page[HealthMetrics]:
        """What weighings and fitness tests in the folder hold."""
        library = await self._ask()
        return self._between(library, library.health, start, end)

    async def health_check(self) -> None:
        """The folder can be listed."""
        await self._list()

    async def diagnose(self) -> tuple[DataWarning, ...]:
        """Every file that could not be read, or only in part, with its reason."""
        library = await self._ask()
        while self._reading is not None:
            await self._reading.finished.wait()
            library = await self._ask()
        return library.problems

    def _between(self, library: Library, metrics: Sequence[M], start: date, end: date) -> Page[M]:
        return Page(
            items=tuple(m for m in metrics if start <= m.date <= end),
            complete=self._reading is None,
            warnings=self._warnings(library),
        )

    def _warnings(self, library: Library) -> tuple[DataWarning, ...]:
        """One sentence about reading that goes on, and one about files that failed."""
        warnings = []
        if self._reading is not None:
            warnings.append(
                DataWarning(
                    code=WarningCode.STILL_INDEXING,
                    detail=f"{self._reading.done} of {self._reading.total} new files are read. "
                    "Ask again for the rest.",
                )
            )
        if library.problems:
            first = library.problems[0].detail
            count = len(library.problems)
            others = f" and {count - 1} more" if count > 1 else ""
            warnings.append(
                DataWarning(
                    code=WarningCode.FILE_DAMAGED,
                    detail=f"Not read in full: {first}{others}. 'pierre-mcp doctor' lists all.",
                )
            )
        return tuple(warnings)

    async def _ask(self) -> Library:
        """What is known after a fresh look, waiting a while for what is new."""
        now = self.context.clock()
        if self._reading is None and (
            self._looked_at is None or now - self._looked_at >= LOOK_AGAIN_AFTER
        ):
            await self._look()
            self._looked_at = now
        if self._reading is not None:
            with anyio.move_on_after(WAIT_SECONDS):
                await self._wait(self._reading)
        if self._library is None or self._reading is not None:
            self._library = await anyio.to_thread.run_sync(self._build)
        return self._library

    async def _look(self) -> None:
        """Compare the folder with the index, and start to read what is new or has changed."""
        listing = await self._list()
        index = await anyio.to_thread.run_sync(self._opened)
        known = await anyio.to_thread.run_sync(index.known)
        present = {found.path: found for found in listing.recordings}
        gone = [path for path in known if path not in present]
        stale = [found for path, found in present.items() if known.get(path) != found]
        if gone:
            await anyio.to_thread.run_sync(index.forget, gone)
        if listing.tables != self._tables:
            self._exports = await anyio.to_thread.run_sync(
                read_exports, self._root(), listing.tables
            )
        if gone or stale or listing.tables != self._tables:
            self._library = None
        self._tables = listing.tables
        if stale:
            reading = self._reading = _Reading(total=len(stale))
            newest_first = sorted(stale, key=lambda found: found.mtime_ns, reverse=True)
            self.context.spawn(lambda: self._read(index, newest_first, reading))

    async def _read(self, index: Index, stale: Sequence[Found], reading: _Reading) -> None:
        """Read the files, newest first, on all cores; each is kept as soon as it is read."""
        root = str(self._root())
        in_processes = len(stale) > FEW_FILES
        workers = anyio.CapacityLimiter((os.cpu_count() or 1) if in_processes else 1)

        async def one(found: Found) -> None:
            if in_processes:
                entry = await anyio.to_process.run_sync(
                    read_entry, root, found, cancellable=True, limiter=workers
                )
            else:
                entry = await anyio.to_thread.run_sync(read_entry, root, found, limiter=workers)
            await anyio.to_thread.run_sync(index.store, [entry])
            reading.advance()

        try:
            async with anyio.create_task_group() as tasks:
                for found in stale:
                    tasks.start_soon(one, found)
        finally:
            self._reading = None
            self._library = None
            reading.finished.set()
            reading.advance()

    async def _wait(self, reading: _Reading) -> None:
        told = -1
        while not reading.finished.is_set():
            percent = 100 * reading.done // reading.total
            if percent != told:
                told = percent
                await self.context.progress(reading.done, reading.total, "Reading recordings")
            await reading.step.wait()
        await self.context.progress(reading.total, reading.total, "Reading recordings")

    async def _list(self) -> Listing:
        try:
            return await anyio.to_thread.run_sync(list_folder, self._root())
        except FileNotFoundError:
            problem = "does not exist"
        except NotADirectoryError:
            problem = "is a file and not a folder"
        except OSError as refused:
            problem = f"cannot be read ({refused.strerror or 'unknown reason'})"
        raise ProviderError(PROVIDER, f"The folder in PIERRE_FILES_DIR {problem}. Set another one.")

    def _root(self) -> Path:
        return Path(self.config.options["dir"]).expanduser()

    def _opened(self) -> Index:
        if self._index is None:
            data_dir = Path(self.config.data_dir or self._root() / ".pierre")
            self._index = Index(data_dir, self._root().absolute())
        return self._index

    def _build(self) -> Library:
        entries: list[Entry] = self._opened().entries()
        return build_library(entries, self._exports)


def _period(library: Library) -> Period:
    if not library.activities:
        return Period()
    days = [activity.local_date for activity in library.activities]
    return Period(start_date=min(days), end_date=max(days))


def _position(cursor: str | None) -> tuple[datetime, str] | None:
    if cursor is None:
        return None
    match = _CURSOR.fullmatch(cursor)
    try:
        if match is not None:
            return datetime.fromisoformat(match[1]), match[2]
    except ValueError:
        pass
    raise InvalidArgument("cursor", "is not one that this provider gave out.")
