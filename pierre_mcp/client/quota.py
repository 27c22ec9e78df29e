"""What is left of an application's requests: a pure state, told of every request and answer.

A window that is over begins anew by itself. Nothing here waits, asks or knows a network; the
present is handed in as seconds since the epoch.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pierre_mcp.client.limit_headers import MOST, Told
from pierre_mcp.client.retry_after import LONGEST_WAIT_SECONDS
from pierre_mcp.spi import RateWindow

MARGIN_SECONDS = 2.0
"""A window counts as over so much later: the provider's clock may be behind ours."""

_UNKNOWN = "told"
"""The window of limits whose length nobody told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Requests so far in a window that ends then; ``limit`` is what the provider allows in it.

    ``early`` of them were made when it may have been over for the provider: they count in the next
    one as well.
    """

    limit: int
    used: int = 0
    ends_at: float = 0.0
    early: int = 0

    def with_requests(self, requests: int, now: float) -> "Window":
        """With so many more."""
        early = self.early + (requests if now >= self.ends_at - MARGIN_SECONDS else 0)
        return replace(self, used=max(0, self.used + requests), early=max(0, early))


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """Every window of one application, or of one person of its, by name."""

    windows: Mapping[str, Window] = field(default_factory=dict)
    closed_until: float = 0.0
    """The provider said that nobody should ask before."""

    @property
    def last_end(self) -> float:
        """When all of this is history."""
        return max([self.closed_until, *(one.ends_at for one in self.windows.values())])

    def wait_seconds(self, now: float, *, spare: float = 0.0) -> float:
        """How long no request is allowed; 0 where one is.

        ``spare`` is the part of every window that is not to be touched, at least one request.
        """
        wait = self.closed_until - now
        for one in self.windows.values():
            kept = max(1, math.ceil(one.limit * spare)) if spare else 0
            if now < one.ends_at and one.used >= one.limit - kept:
                wait = max(wait, one.ends_at - now)
        return max(wait, 0.0)

    def taken(self, declared: Sequence[RateWindow], now: float, requests: int = 1) -> "Quota":
        """With so many requests more, or less where one was not sent."""
        return replace(
            self,
            windows={
                name: one.with_requests(requests, now)
                for name, one in self.at(declared, now).windows.items()
            },
        )

    def at(self, declared: Sequence[RateWindow], now: float) -> "Quota":
        """As it is then: what is over has begun anew, and what was never asked is there."""
        windows = {name: one for name, one in self.windows.items() if now < one.ends_at}
        for window in declared:
            name = name_of(window)
            if name not in windows:
                before = self.windows.get(name)
                ends_at = _end_of(window, now)
                if before is None:
                    windows[name] = Window(limit=window.requests, ends_at=ends_at)
                else:
                    recent = before.early if now - before.ends_at < window.seconds else 0
                    windows[name] = Window(limit=before.limit, used=recent, ends_at=ends_at)
        return replace(self, windows=windows)

    def after(
        self, declared: Sequence[RateWindow], told: Iterable[Told], sent_at: float, now: float
    ) -> "Quota":
        """As an answer has it that was asked for at ``sent_at``.

        A number that may belong to the window before is not believed.
        """
        quota = self.at(declared, now)
        windows = dict(quota.windows)
        for one in told:
            known = _declared(declared, one)
            if known is None and one.resets_in_seconds is None:
                continue  # without an end it would never be over
            name = f"{one.header}:{_UNKNOWN}" if known is None else name_of(known)
            before = windows.get(name, Window(limit=one.limit or MOST))
            used = one.used
            if known and known.aligned and not _is_surely_of(before, known, sent_at, now):
                used = None
            windows[name] = _told_of(
                before, one, used, now, aligned=known is not None and known.aligned
            )
        return replace(quota, windows=windows)

    def closed(self, until: float, now: float) -> "Quota":
        """With nothing to be asked before then."""
        until = min(until, now + LONGEST_WAIT_SECONDS)
        return replace(self, closed_until=max(self.closed_until, until))

    def dump(self) -> str:
        """As a text, for others who share it."""
        windows = {
            n: [one.limit, one.used, one.ends_at, one.early] for n, one in self.windows.items()
        }
        return json.dumps({"windows": windows, "closed_until": self.closed_until})

    @classmethod
    def load(cls, text: str | bytes | None) -> "Quota":
        """From such a text; anything else is as if nobody had asked yet."""
        try:
            known = json.loads(text or "{}")
            windows = {
                str(name): Window(
                    limit=int(limit), used=int(used), ends_at=_time(ends_at), early=int(early)
                )
                for name, (limit, used, ends_at, early) in known.get("windows", {}).items()
            }
            return cls(windows=windows, closed_until=_time(known.get("closed_until", 0)))
        except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
            return cls()


def name_of(window: RateWindow) -> str:
    """What a declared window is called among all of its provider's."""
    return f"{window.header}:{window.seconds}"


def _told_of(before: Window, told: Told, used: int | None, now: float, *, aligned: bool) -> Window:
    """A window after one more word on it."""
    after = replace(before, limit=told.limit or before.limit, used=max(before.used, used or 0))
    if aligned or told.resets_in_seconds is None:
        return after
    ends_at = now + told.resets_in_seconds + MARGIN_SECONDS
    if abs(ends_at - before.ends_at) <= MARGIN_SECONDS:
        return after
    # It is not the window that we took it for, so what we counted is of no account.
    return replace(after, used=used or 0, ends_at=ends_at, early=0)


def _is_surely_of(window: Window, declared: RateWindow, sent_at: float, now: float) -> bool:
    """Whether a request that was under way from then till now counts in that window."""
    began = window.ends_at - declared.seconds
    return began <= sent_at and now < window.ends_at - MARGIN_SECONDS


def _declared(declared: Sequence[RateWindow], told: Told) -> RateWindow | None:
    """The window that is meant: by its place or length, else the one of that limit, or the only."""
    of_header = [window for window in declared if window.header == told.header]
    if told.position is not None:
        return of_header[told.position] if told.position < len(of_header) else None
    if told.seconds is not None:
        return next((one for one in of_header if one.seconds == told.seconds), None)
    of_limit = [window for window in of_header if window.requests == told.limit]
    fitting = of_limit or of_header
    return fitting[0] if len(fitting) == 1 else None


def _end_of(window: RateWindow, now: float) -> float:
    """When the window ends that a request at that time falls into."""
    if window.aligned:
        # The epoch began at midnight, and days have no leap seconds in it.
        begun = (now - MARGIN_SECONDS) // window.seconds
        return (begun + 1) * window.seconds + MARGIN_SECONDS
    return now + window.seconds + MARGIN_SECONDS


def _time(value: Any) -> float:
    number = float(value)
    return number if math.isfinite(number) else 0.0
