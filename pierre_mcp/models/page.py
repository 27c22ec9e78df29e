"""A part of a longer list, with what a reader must know about that part."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from pierre_mcp.models.base import DataWarning

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Local calendar days, both inclusive; ``None`` leaves that side open."""

    start_date: date | None = None
    end_date: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """Items in the order the method promises, and whether they are all.

    ``next_cursor`` is opaque and ``None`` at the end of the list. ``complete`` is false when the
    provider knows that something that belongs here is still missing. ``period`` is what the items
    cover, where a method has to say so. ``warnings`` are about the page; each item has its own.
    """

    items: tuple[T, ...] = ()
    next_cursor: str | None = None
    complete: bool = True
    period: Period | None = None
    warnings: tuple[DataWarning, ...] = ()

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)
