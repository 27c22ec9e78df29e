"""The history that the index and the exports make together, ready to be asked.

A value that is built anew whenever either of them changes; it does no input or output.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from pierre_mcp.models import (
    Activity,
    Athlete,
    DataWarning,
    HealthMetrics,
    Page,
    PersonalRecord,
    RecoveryMetrics,
    WarningCode,
    best_records,
    records_of_activity,
)
from pierre_mcp.models.text import clean_text
from pierre_mcp.spi import ActivityQuery
from providers.files.days import by_day, filled
from providers.files.exports import Exports
from providers.files.folder import Found
from providers.files.reading import PROVIDER, Entry

_CLOCKS_DIFFER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Kept:
    """An activity, and the file that has its laps and streams."""

    activity: Activity
    found: Found


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """Everything known, newest first where there is an order of time."""

    activities: tuple[Activity, ...] = ()
    by_id: Mapping[str, Kept]
    efforts: tuple[str, ...] = ()
    """As JSON, because there are many and few ask for them."""
    recovery: tuple[RecoveryMetrics, ...] = ()
    health: tuple[HealthMetrics, ...] = ()
    athlete: Athlete
    problems: tuple[DataWarning, ...] = ()
    duplicates: tuple[DataWarning, ...] = ()

    def page(self, query: ActivityQuery, older_than: tuple[datetime, str] | None) -> Page[Activity]:
        """The next activities that match."""
        begin = 0
        if older_than is not None:
            keys = _Descending(self.activities)
            begin = bisect_left(keys, _Reversed(older_than))
            while begin < len(keys) and self.activities[begin].order_key >= older_than:
                begin += 1
        matching = (a for a in islice(self.activities, begin, None) if query.matches(a))
        found = tuple(islice(matching, query.limit + 1))
        items = found[: query.limit]
        more = len(found) > query.limit
        cursor = f"{items[-1].start_time.isoformat()} {items[-1].id}" if more else None
        return Page(items=items, next_cursor=cursor)

    def records(self) -> tuple[PersonalRecord, ...]:
        """The best of whole activities and of stretches inside them."""
        whole = (record for a in self.activities for record in records_of_activity(a))
        inside = (
            effort.model_copy(update={"activity_name": kept.activity.name})
            for effort in map(PersonalRecord.model_validate_json, self.efforts)
            if (kept := self.by_id.get(effort.activity_id)) is not None
        )
        return best_records((*whole, *inside))


@dataclass(frozen=True, slots=True, order=False)
class _Reversed:
    """An order key that sorts the newest first."""

    key: tuple[datetime, str]

    def __lt__(self, other: "_Reversed") -> bool:
        return self.key > other.key


class _Descending(Sequence[_Reversed]):
    """The activities' order keys as an ascending sequence, without making a list of them."""

    def __init__(self, activities: Sequence[Activity]) -> None:
        self._activities = activities

    def __len__(self) -> int:
        return len(self._activities)

    def __getitem__(self, index: Any) -> Any:
        return _Reversed(self._activities[index].order_key)


def build_library(entries: Iterable[Entry], exports: Exports, now: datetime) -> Library:
    """The history of the entries; content that lies there twice counts once, by its first path.

    A recording from the future is a device with a wrong clock and cannot be placed.
    """
    by_id: dict[str, Kept] = {}
    efforts: list[str] = []
    kept: list[Entry] = []
    problems: list[DataWarning] = []
    duplicates: list[DataWarning] = []
    first_path: dict[str, str] = {}
    for entry in sorted(entries, key=lambda e: e.found.path):
        if entry.reason is not None:
            problems.append(problem(entry.found.path, entry.reason))
        if entry.digest is None:
            continue
        if entry.digest in first_path:
            reason = f"the same content as {first_path[entry.digest]}"
            duplicates.append(problem(entry.found.path, reason))
            continue
        first_path[entry.digest] = entry.found.path
        kept.append(entry)
        for text in entry.activities:
            bare = Activity.model_validate_json(text)
            if bare.start_time > now + _CLOCKS_DIFFER:
                problems.append(problem(entry.found.path, "it is dated in the future"))
            else:
                by_id[bare.id] = Kept(exports.completed(entry.found.path, bare), entry.found)
        efforts += entry.efforts
    newest_first = sorted(kept, key=lambda e: (e.found.mtime_ns, e.found.path), reverse=True)
    return Library(
        activities=tuple(
            sorted((k.activity for k in by_id.values()), key=lambda a: a.order_key, reverse=True)
        ),
        by_id=by_id,
        efforts=tuple(efforts),
        recovery=by_day(
            RecoveryMetrics.model_validate_json(text) for e in newest_first for text in e.recovery
        ),
        health=by_day(
            HealthMetrics.model_validate_json(text) for e in newest_first for text in e.health
        ),
        athlete=_athlete(newest_first),
        problems=tuple(problems),
        duplicates=tuple(duplicates),
    )


def problem(path: str, reason: str) -> DataWarning:
    """What an operator has to know about a file or folder."""
    return DataWarning(
        code=WarningCode.FILE_DAMAGED, detail=f"{clean_text(path) or 'a file'}: {reason}"
    )


def _athlete(newest_first: Iterable[Entry]) -> Athlete:
    athlete = Athlete(provider=PROVIDER, id=PROVIDER)
    for entry in newest_first:
        if entry.athlete is not None:
            athlete = filled(athlete, Athlete.model_validate_json(entry.athlete))
    return athlete
