"""Kept answers in this process: bounded by bytes and time, the least recently used go first.

Values are kept as they are, for models are frozen; their size is guessed from that of their JSON.
An index by owner makes forgetting cost what is theirs, and no scan of everything.
"""

import itertools
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from pierre_mcp.caching.backend import Entry, Found
from pierre_mcp.caching.keys import Owner, Place
from pierre_mcp.spi import Changed

MOST_BYTES = 64 * 1024 * 1024
OVERHEAD_BYTES = 500
"""What an entry takes beside its value."""
BYTES_OF_JSON = 5
"""What objects take in memory for each byte of their JSON: 4.8 in lists and 3.6 in streams, as
measured with CPython 3.11 (2026-11)."""
MOST_STAMPS = 100_000
"""How many forgotten owners are remembered; a question to a provider does not take so long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    place: Place
    entry: Entry
    until: datetime
    size_bytes: int


class MemoryCache:
    """A ``CacheProvider`` within one process."""

    def __init__(self, clock: Callable[[], datetime], *, most_bytes: int = MOST_BYTES) -> None:
        self._clock = clock
        self._most_bytes = most_bytes
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._of_owner: defaultdict[str, set[str]] = defaultdict(set)
        self._stamps: OrderedDict[tuple[str, Changed], int] = OrderedDict()
        self._next_stamp = itertools.count(1)
        self.size_bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    async def get(self, place: Place, kind: TypeAdapter[Any]) -> Found:  # noqa: ARG002 - no bytes here
        """What is kept there."""
        stamp = self._stamp(place)
        name = place.name
        kept = self._kept.get(name)
        if kept is None or kept.place.owner.since != place.owner.since:
            return Found(entry=None, stamp=stamp)
        if self._clock() >= kept.until:
            self._remove(name)
            return Found(entry=None, stamp=stamp)
        self._kept.move_to_end(name)
        return Found(entry=kept.entry, stamp=stamp)

    async def put(
        self, place: Place, kind: TypeAdapter[Any], entry: Entry, *, stamp: str, keep: timedelta
    ) -> None:
        """Keep an entry, unless its owner has been forgotten since, or it is larger than all."""
        if stamp != self._stamp(place):
            return
        name = place.name
        size = len(kind.dump_json(entry.value)) * BYTES_OF_JSON + len(name) + OVERHEAD_BYTES
        self._remove(name)
        if size > self._most_bytes:
            return
        kept = _Kept(place=place, entry=entry, until=self._clock() + keep, size_bytes=size)
        self._kept[name] = kept
        self._of_owner[place.owner.name].add(name)
        self.size_bytes += size
        while self.size_bytes > self._most_bytes:
            self._remove(next(iter(self._kept)))

    async def drop(self, place: Place) -> None:
        """Keep that one no longer."""
        self._remove(place.name)

    async def forget(self, owner: Owner, group: Changed | None = None) -> None:
        """Keep nothing any more of the owner's."""
        for one in Changed if group is None else (group,):
            self._stamps[owner.name, one] = next(self._next_stamp)
            self._stamps.move_to_end((owner.name, one))
        while len(self._stamps) > MOST_STAMPS:
            self._stamps.popitem(last=False)
        for name in list(self._of_owner.get(owner.name, ())):
            if group is None or self._kept[name].place.group is group:
                self._remove(name)

    async def close(self) -> None:
        """Keep nothing."""
        self._kept.clear()
        self._of_owner.clear()
        self.size_bytes = 0

    def _stamp(self, place: Place) -> str:
        return f"{place.owner.since} {self._stamps.get((place.owner.name, place.group), 0)}"

    def _remove(self, name: str) -> None:
        kept = self._kept.pop(name, None)
        if kept is None:
            return
        self.size_bytes -= kept.size_bytes
        owner = kept.place.owner.name
        self._of_owner[owner].discard(name)
        if not self._of_owner[owner]:
            del self._of_owner[owner]
