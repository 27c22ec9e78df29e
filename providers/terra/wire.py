"""How Terra writes: parts that may be missing at any depth, numbers for words, and times.

Pure, and never trusting: what is not as it should be is ``None``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from pierre_mcp.models.limits import Checker

PROVIDER = "terra"

R = TypeVar("R")
Path = tuple[str, ...]
Row = tuple[str, Path, str]
"""Our field, where it stands in a payload, and what it measures."""

_FIRST_YEAR, _LAST_YEAR = 1971, 2999
_LONGEST_TIME = 40
_WESTMOST, _EASTMOST = -12 * 3600, 14 * 3600
_UTC, _LOCAL = 0, 1
"""``timestamp_localization``. The description gives two words and two numbers, and not which is
which; one public integration has them so (2026-11)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A time to the second; ``wall`` is the clock as it was written.

    Where it was written without an offset, and nothing says that it is UTC, ``instant`` is that
    clock taken for UTC's, and ``is_certain`` false.
    """

    instant: datetime
    wall: datetime
    offset_seconds: int | None
    is_certain: bool

    @property
    def day(self) -> date:
        """The day on the clock as it was written."""
        return self.wall.date()


def moment_of(raw: object, localization: object = None) -> Moment | None:
    """The time that a text means, if it is one of this age."""
    try:
        told = datetime.fromisoformat(raw) if isinstance(raw, str) else None
    except ValueError:
        return None
    if told is None or not _FIRST_YEAR <= told.year <= _LAST_YEAR or len(str(raw)) > _LONGEST_TIME:
        return None
    told, given = told.replace(microsecond=0), told.utcoffset()
    wall = told.replace(tzinfo=None)
    if given is None:
        is_utc = localization is not None and number_of(localization) == _UTC
        return Moment(
            instant=wall.replace(tzinfo=UTC), wall=wall, offset_seconds=None, is_certain=is_utc
        )
    offset: int | None = int(given.total_seconds())
    # Nothing east of Greenwich is also how a time in UTC looks, whoever's it is.
    is_local = offset != 0 or number_of(localization) == _LOCAL
    if not is_local or offset is None or not _WESTMOST <= offset <= _EASTMOST or offset % 60:
        offset = None
    return Moment(instant=told.astimezone(UTC), wall=wall, offset_seconds=offset, is_certain=True)


def part(payload: Any, *path: str) -> Any:
    """What stands at the end of a path of names, if all of it is there."""
    for name in path:
        if not isinstance(payload, dict):
            return None
        payload = payload.get(name)
    return payload


def items(payload: Any, *path: str) -> list[Any]:
    """The list at the end of a path; an empty one where there is none."""
    found = part(payload, *path)
    return found if isinstance(found, list) else []


def number_of(raw: object) -> int | None:
    """A whole number that stands for a word; the description allows it to be written as 8.0."""
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not 0 <= raw < _MOST_WORDS:
        return None
    return int(raw) if raw == int(raw) else None


_MOST_WORDS = 1000


def measured(payload: Any, rows: Iterable[Row], check: Checker) -> dict[str, Any]:
    """The values of ``rows`` that are there and can be; a zero says that nothing was measured."""
    found = {}
    for field, path, quantity in rows:
        value = check.positive(field, quantity, part(payload, *path))
        if value is not None:
            found[field] = value
    return found
