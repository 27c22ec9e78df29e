"""The folder behind the contract: every answer is made from what the catalog knows.

Laps, streams and zones are the exception: they are read from the file itself when asked for.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime
from functools import cached_property
from math import inf
from pathlib import Path
from types import TracebackType
from typing import TypeVar

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
    compute_stats,
)
from pierre_mcp.spi import ActivityQuery, FitnessProvider, Include
from providers.files.catalog import Catalog, Known
from providers.files.library import Library
from providers.files.reading import PROVIDER, close_archives, read_file

_CURSOR = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?\+00:00) (\S+)")

M = TypeVar("M", RecoveryMetrics, HealthMetrics)


class FilesProvider(FitnessProvider):
    """One folder of recordings."""

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the index."""
        await self._catalog.close()

    @cached_property
    def _catalog(self) -> Catalog:
        root = Path(self.config.options["dir"]).expanduser()
        return Catalog(root, Path(self.config.data_dir or root / ".pierre"), self.context)

    async def get_athlete(self) -> Athlete:
        """What the newest files say about their owner."""
        return (await self._catalog.ask()).library.athlete

    async def get_activities(self, query: ActivityQuery) -> Page[Activity]:
        """Activities by the times inside the files."""
        older_than = _position(query.cursor)
        known = await self._catalog.ask()
        page = known.library.page(query, older_than)
        return Page(
            items=page.items,
            next_cursor=page.next_cursor,
            complete=known.complete,
            warnings=known.warnings,
        )

    async def get_activity(
        self, activity_id: str, include: frozenset[Include] = frozenset()
    ) -> Activity:
        """One activity; laps, streams and zones are read from its file."""
        library = (await self._catalog.ask()).library
        known = library.by_id.get(activity_id)
        if known is None:
            raise NotFound(
                PROVIDER, "There is no activity with that id. get_activities lists the ids."
            )
        if not include:
            return known.activity
        try:
            _, recording = await anyio.to_thread.run_sync(
                read_file, str(self._catalog.root), known.found
            )
        except RecordingError as unreadable:
            raise ProviderError(
                PROVIDER, f"Its file can no longer be read: {unreadable.message}."
            ) from None
        finally:
            close_archives()
        whole = next((a for a in recording.activities if a.id == activity_id), None)
        if whole is None:
            raise NotFound(PROVIDER, "Its file has changed. Ask get_activities again.")
        return known.activity.model_copy(
            update={
                "laps": whole.laps if Include.LAPS in include else None,
                "streams": whole.streams if Include.STREAMS in include else None,
                "zones": whole.zones if Include.ZONES in include else None,
            }
        )

    async def get_stats(self) -> Stats:
        """Totals of everything in the folder, by sport."""
        known = await self._catalog.ask()
        period = _period(known.library)
        return compute_stats(
            PROVIDER,
            known.library.activities,
            start_date=period.start_date,
            end_date=period.end_date,
            complete=known.complete,
        ).model_copy(update={"warnings": known.warnings})

    async def get_personal_records(self) -> Page[PersonalRecord]:
        """The bests of whole activities and of stretches inside them."""
        known = await self._catalog.ask()
        return Page(
            items=await anyio.to_thread.run_sync(known.library.records),
            complete=known.complete,
            period=_period(known.library),
            warnings=known.warnings,
        )

    async def get_recovery_metrics(self, start: date, end: date) -> Page[RecoveryMetrics]:
        """What monitoring files hold."""
        known = await self._catalog.ask()
        return _between(known, known.library.recovery, start, end)

    async def get_health_metrics(self, start: date, end: date) -> Page[HealthMetrics]:
        """What weighings and fitness tests in the folder hold."""
        known = await self._catalog.ask()
        return _between(known, known.library.health, start, end)

    async def health_check(self) -> None:
        """The folder can be listed."""
        await self._catalog.list()

    async def diagnose(self) -> tuple[DataWarning, ...]:
        """Every file that could not be read, or only in part or for nothing, with its reason."""
        library = (await self._catalog.ask(wait_seconds=inf)).library
        return library.problems + library.duplicates


def _between(known: Known, metrics: Sequence[M], start: date, end: date) -> Page[M]:
    return Page(
        items=tuple(m for m in metrics if start <= m.date <= end),
        complete=known.complete,
        warnings=known.warnings,
    )


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
