"""What a place to keep answers has to do; the contract of ``MemoryCache`` and ``RedisCache``.

An entry carries a stamp, read before its value was fetched. Forgetting changes the stamp, so what
was kept before is no longer found, and what was asked before and comes in late is not kept.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from pydantic import TypeAdapter

from pierre_mcp.caching.keys import Owner, Place
from pierre_mcp.spi import Changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A kept answer."""

    value: Any
    fetched_at: datetime
    fresh_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was found in a place, and the stamp to hand in with what is put there instead."""

    entry: Entry | None
    stamp: str


class CacheProvider(Protocol):
    """A place to keep answers in.

    No method raises: what cannot be read was not found, and what cannot be kept is not kept.
    """

    async def get(self, place: Place, kind: TypeAdapter[Any]) -> Found:
        """What is kept there, of that type."""

    async def put(
        self, place: Place, kind: TypeAdapter[Any], entry: Entry, *, stamp: str, keep: timedelta
    ) -> None:
        """Keep an entry for so long, unless its owner has been forgotten since ``stamp``."""

    async def drop(self, place: Place) -> None:
        """Keep that one answer no longer."""

    async def forget(self, owner: Owner, group: Changed | None = None) -> None:
        """Keep nothing any more that is the owner's, or of that group of theirs.

        Works whatever ``owner.since`` says.
        """

    async def close(self) -> None:
        """Let go of what the backend holds open."""
