"""What the headers of an answer say of limits: every form that is in use, read into one.

Pairs of lists (``-Limit: 100,1000`` and ``-Usage: 3,40``), three headers (``-Limit``,
``-Remaining``, ``-Reset``), with further policies in the first (``100, 100;window=60``), and the
two forms of the IETF's draft (draft-ietf-httpapi-ratelimit-headers). What is none of them says
nothing.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from pierre_mcp.client.retry_after import LONGEST_WAIT_SECONDS

MOST = 10**9
"""A larger number is no number of requests."""

_MOST_CHARACTERS = 500
_EPOCH_FROM = 1_000_000_000
_EPOCH_IN_MILLISECONDS_FROM = 1_000_000_000_000

_NUMBER = re.compile(r"\d{1,15}(?:\.\d+)?", re.ASCII)
_POLICY = re.compile(r"(\d{1,9})\s*;\s*(?:window|w)\s*=\s*(\d{1,9})", re.ASCII)
_NAMED = re.compile(r"\b(limit|remaining|reset|r|t|q|w)\s*=\s*(\d{1,15})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is said of one window; ``None`` for what is not.

    ``seconds`` is its length, and ``position`` its place among several of one header.
    """

    header: str
    limit: int | None = None
    used: int | None = None
    seconds: int | None = None
    position: int | None = None
    resets_in_seconds: float | None = None


def read_limits(headers: Mapping[str, str], beginning: str, now: float) -> tuple[Told, ...]:
    """What headers with such names say; ``headers`` have names in lower case, ``now`` is epoch."""

    def value(ending: str) -> str:
        return headers.get(f"{beginning}-{ending}", "")[:_MOST_CHARACTERS]

    limits, usage = value("limit"), value("usage")
    if usage:
        return _pairs(beginning, limits, usage)
    told = tuple(
        Told(header=beginning, limit=int(number), seconds=int(seconds))
        for text in (limits, value("policy"))
        for number, seconds in _POLICY.findall(text)
        if int(number) <= MOST and 0 < int(seconds) <= LONGEST_WAIT_SECONDS
    )
    at_present = _at_present(beginning, headers, told[0].limit if len(told) == 1 else None, now)
    if at_present is None:
        return told
    lengths = {one.limit: one.seconds for one in told}
    return (*told, replace(at_present, seconds=lengths.get(at_present.limit)))


def _pairs(beginning: str, limits: str, usage: str) -> tuple[Told, ...]:
    """Two lists side by side; a place that either cannot be read at says nothing."""
    sides = zip(limits.split(","), usage.split(","), strict=False)
    return tuple(
        Told(header=beginning, limit=limit, used=used, position=position)
        for position, (left, right) in enumerate(sides)
        if (limit := _whole(left)) and (used := _whole(right)) is not None
    )


def _at_present(
    beginning: str, headers: Mapping[str, str], only: int | None, now: float
) -> Told | None:
    """What is left in the window that will be used up first; ``only`` is the one limit there is."""
    whole = headers.get(beginning, "")[:_MOST_CHARACTERS]
    named = {name: int(number) for name, number in _NAMED.findall(whole)}
    remaining = named.get("remaining", named.get("r"))
    reset: float | None = named.get("reset", named.get("t"))
    limit = named.get("limit", named.get("q"))
    if remaining is None:
        remaining = _whole(headers.get(f"{beginning}-remaining", ""))
        limit = _whole(headers.get(f"{beginning}-limit", "").split(",")[0])
        reset = _seconds(headers.get(f"{beginning}-reset", ""))
    if remaining is None or remaining > MOST:
        return None
    limit = only if limit is None else limit
    if limit is None or not 0 < limit <= MOST:
        # Without a limit only one thing can be learnt: that nothing is left.
        limit = remaining + 1
        used = 1 if remaining else limit
    else:
        used = max(0, limit - remaining)
    return Told(header=beginning, limit=limit, used=used, resets_in_seconds=_in_seconds(reset, now))


def _in_seconds(reset: float | None, now: float) -> float | None:
    """A moment or a length of time, as a length; what is longer than a day is not believed."""
    if reset is None:
        return None
    if reset >= _EPOCH_IN_MILLISECONDS_FROM:
        reset /= 1000
    if reset >= _EPOCH_FROM:
        reset -= now
    return min(max(reset, 0.0), LONGEST_WAIT_SECONDS)


def _whole(text: str) -> int | None:
    number = _seconds(text)
    return None if number is None or number > MOST else int(number)


def _seconds(text: str) -> float | None:
    found = _NUMBER.fullmatch(text.strip()[:_MOST_CHARACTERS])
    return None if found is None else float(found[0])
