"""How Google writes numbers, lengths of time, instants and days; pure, and never trusting.

What is not written as it should be is ``None``: whether that deserves a note is known elsewhere.
"""

import re
from datetime import UTC, date, datetime
from typing import Any

from pierre_mcp.models.limits import BOUNDS, Checker

_NUMBER = re.compile(r"-?\d{1,18}(?:\.\d{1,18})?", re.ASCII)
_SECONDS = re.compile(r"(-?\d{1,9}(?:\.\d{1,9})?)s", re.ASCII)
_LONGEST_INSTANT = 40
_YEARS = range(1980, 2200)
_WESTMOST, _EASTMOST = -12 * 3600, 14 * 3600


def number_of(raw: object) -> float | None:
    """A number; Google writes whole ones of 64 bits as text."""
    if isinstance(raw, str) and _NUMBER.fullmatch(raw):
        return float(raw)
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return None
    # JSON may hold whole numbers that no float can; nothing measured is that large.
    return float(raw) if abs(raw) < 1e18 else None  # noqa: PLR2004 - 18 digits, as above


def seconds_of(raw: object) -> float | None:
    """A length of time: "1025s"."""
    match = _SECONDS.fullmatch(raw) if isinstance(raw, str) else None
    return float(match[1]) if match else None


def offset_of(raw: object) -> int | None:
    """How far east of UTC a clock is, "-14400s", where a place on earth may have that."""
    seconds = seconds_of(raw)
    if seconds is None or seconds % 60 or not _WESTMOST <= seconds <= _EASTMOST:
        return None
    return int(seconds)


def instant_of(raw: object) -> datetime | None:
    """An instant of RFC 3339 in UTC, in years of which there is data."""
    if not isinstance(raw, str) or len(raw) > _LONGEST_INSTANT:
        return None
    try:
        instant = datetime.fromisoformat(raw)
    except ValueError:
        return None
    if instant.tzinfo is None or instant.year not in _YEARS:
        return None
    return instant.astimezone(UTC)


def day_of(raw: Any) -> date | None:
    """A whole civil date; Google leaves parts out, or writes 0, where they are unknown."""
    year, month, day = (inner(raw, part) for part in ("year", "month", "day"))
    if not (type(year) is type(month) is type(day) is int and year in _YEARS):
        return None
    try:
        return date(year, month, day)
    except (ValueError, OverflowError):
        return None


def inner(raw: Any, *path: str) -> Any:
    """What stands at the path in nested objects; ``None`` where something else is on the way."""
    for step in path:
        raw = raw.get(step) if isinstance(raw, dict) else None
    return raw


Row = tuple[str, str, str, float]
"""Our field, Google's, what it measures, and how many of Google's units are one of ours."""


def measured(source: Any, rows: tuple[Row, ...], check: Checker) -> dict[str, float]:
    """The values of ``rows`` that are there and can be; zero says that nothing was measured."""
    found: dict[str, float] = {}
    for field, wire, quantity, units in rows:
        raw = inner(source, wire)
        if raw is None:
            continue
        number = seconds_of(raw) if quantity == "seconds" else number_of(raw)
        value = None if number is None else number / units
        low, high = BOUNDS[quantity]
        if value and low <= value <= high:
            found[field] = round(value, 6)
        elif value != 0:
            check.note(field)
    return found
