"""Asking no provider more often than it allows, in all processes together.

What was counted and told is kept per application, and per person where the provider counts people.
Every process has a picture of its own; where something is shared, that is asked before each
request, and where it fails the own picture has to do.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Protocol, TypeVar

import structlog

from pierre_mcp.client.limit_headers import Told, read_limits
from pierre_mcp.client.quota import Quota
from pierre_mcp.client.retry_after import retry_after_seconds
from pierre_mcp.spi import RateLimits, RateWindow

T = TypeVar("T")

Change = Callable[[str | None], tuple[str, T]]
"""From a text that is kept, or none, to the next one, and what came of it; pure."""

KEEP_SECONDS = 2 * 86_400
"""Longer than any limit lasts."""
PAUSE_SECONDS = 5.0
"""How long what is shared is left alone after it failed."""
_MANY = 1000

_log = structlog.get_logger(__name__)


class SharingFailedError(Exception):
    """What is shared could not be asked or changed; why is not for whoever asks a provider."""


class SharedTexts(Protocol):
    """Small texts by name that several processes change, one after the other."""

    async def change(self, name: str, change: Change[T]) -> T:
        """Replace a text by what ``change`` makes of it, and tell what came of it.

        ``change`` may be called more than once. A text that nobody has changed for
        ``KEEP_SECONDS`` need not be kept. Raises ``SharingFailedError``.
        """
        ...


@dataclass(slots=True)
class Quotas:
    """The picture that one process has of every application's quota."""

    shared: SharedTexts | None = None
    _known: dict[str, Quota] = field(default_factory=dict)
    _paused_until: float = 0.0

    def known(self, name: str) -> Quota:
        """The process's own picture."""
        return self._known.get(name, Quota())

    async def change(self, name: str, change: Callable[[Quota], tuple[Quota, T]], now: float) -> T:
        """Change a quota for all, and tell what came of it."""

        def change_text(text: str | None) -> tuple[str, tuple[Quota, T]]:
            # Where what is shared was lost, every process brings what it knows.
            quota, outcome = change(self.known(name) if text is None else Quota.load(text))
            return quota.dump(), (quota, outcome)

        if self.shared is None or now < self._paused_until:
            quota, outcome = change(self.known(name))
        else:
            try:
                quota, outcome = await self.shared.change(name, change_text)
            except SharingFailedError:
                self._paused_until = now + PAUSE_SECONDS
                _log.warning("limits_not_shared")
                quota, outcome = change(self.known(name))
        if len(self._known) >= _MANY and name not in self._known:
            self._known = {n: one for n, one in self._known.items() if one.last_end > now}
        self._known[name] = quota
        return outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaLeft:
    """What is left of one limit: requests, of how many, until when.

    ``window`` names the header that tells of it and its length in seconds.
    """

    window: str
    remaining: int
    limit: int
    resets_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scope:
    """One quota that a request counts in."""

    name: str
    windows: tuple[RateWindow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limiter:
    """The limits of one person's requests. ``application`` is whose the limits are."""

    provider: str
    limits: RateLimits
    application: str = field(repr=False)
    person: str = field(repr=False)
    quotas: Quotas = field(repr=False)
    clock: Callable[[], datetime] = field(repr=False)

    async def enter(self, *, spare: float = 0.0) -> float:
        """Count one request that is about to be sent; or how many seconds none may be.

        ``spare`` is the part of each window that is left to others.
        """
        now = self._now()
        entered: list[_Scope] = []
        for scope in self._scopes():
            known = self.quotas.known(scope.name)
            wait = known.wait_seconds(now, spare=spare)
            if not wait and (scope.windows or known.windows):
                wait = await self.quotas.change(scope.name, _take(scope, now, spare), now)
            if wait:
                for before in entered:
                    await self._count(before, -1)
                return wait
            entered.append(scope)
        return 0.0

    async def not_sent(self) -> None:
        """Take back one request that never reached the provider."""
        for scope in self._scopes():
            await self._count(scope, -1)

    async def answered(
        self, status: int, headers: Mapping[str, str], sent_at: datetime
    ) -> float | None:
        """Learn from an answer; how long to wait, where it says that this was one too many."""
        now, waits = self._now(), [0.0]
        told = self._read(headers, now)
        scopes = self._scopes()
        for scope in scopes:
            own = [one for one in told if self._scope_of(one, scopes) is scope]
            learn = _learn(scope, own, sent_at.timestamp(), now)
            before = self.quotas.known(scope.name)
            if own and learn(before)[0] != before:
                await self.quotas.change(scope.name, learn, now)
            waits.append(self.quotas.known(scope.name).wait_seconds(now))
        if status != HTTPStatus.TOO_MANY_REQUESTS:
            return None
        wait = retry_after_seconds(headers.get("retry-after"), self.clock())
        if wait is None:
            wait = max(waits) or self._shortest_seconds()
        if wait is None:
            return None
        if wait > max(waits):
            await self.quotas.change(scopes[0].name, _close(now + wait, now), now)
        return max(wait, *waits)

    def left(self, *, of_all: bool = False) -> tuple[QuotaLeft, ...]:
        """What this process knows to be left, the scarcest first; nothing where nobody told.

        With ``of_all`` only what all people of the application share.
        """
        now = self._now()
        known = [
            QuotaLeft(
                window=name,
                remaining=max(0, one.limit - one.used),
                limit=one.limit,
                resets_at=datetime.fromtimestamp(one.ends_at, tz=self.clock().tzinfo),
            )
            for scope in self._scopes()
            if not of_all or scope.name == _name(self.provider, self.application)
            for name, one in self.quotas.known(scope.name).at(scope.windows, now).windows.items()
        ]
        return tuple(sorted(known, key=lambda one: one.remaining / one.limit))

    async def _count(self, scope: _Scope, requests: int) -> None:
        now = self._now()
        if self.quotas.known(scope.name).windows:
            await self.quotas.change(
                scope.name,
                lambda quota: (quota.taken(scope.windows, now, requests), None),
                now,
            )

    def _scopes(self) -> tuple[_Scope, ...]:
        """The quotas that count, what is not told of any other first."""
        of_all = tuple(window for window in self.limits.windows if not window.per_person)
        of_one = tuple(window for window in self.limits.windows if window.per_person)
        whole = _Scope(name=_name(self.provider, self.application), windows=of_all)
        if not of_one:
            return (whole,)
        own = _Scope(name=_name(self.provider, self.application, self.person), windows=of_one)
        return (own, whole) if of_all else (own,)

    def _read(self, headers: Mapping[str, str], now: float) -> list[Told]:
        declared = (window.header for window in self.limits.windows)
        beginnings = dict.fromkeys((*declared, *self.limits.headers))
        return [one for beginning in beginnings for one in read_limits(headers, beginning, now)]

    def _scope_of(self, told: Told, scopes: tuple[_Scope, ...]) -> _Scope:
        """Whose windows the header tells of; the first one's where none is declared for it."""
        for scope in scopes:
            if any(window.header == told.header for window in scope.windows):
                return scope
        return scopes[0]

    def _shortest_seconds(self) -> float | None:
        """How long to wait where nobody says: until the shortest limit is over, if there is one."""
        return min((float(one.seconds) for one in self.limits.windows), default=None)

    def _now(self) -> float:
        return self.clock().timestamp()


def _take(scope: _Scope, now: float, spare: float) -> Callable[[Quota], tuple[Quota, float]]:
    def take(quota: Quota) -> tuple[Quota, float]:
        present = quota.at(scope.windows, now)
        wait = present.wait_seconds(now, spare=spare)
        return (present, wait) if wait else (present.taken(scope.windows, now), 0.0)

    return take


def _learn(
    scope: _Scope, told: list[Told], sent_at: float, now: float
) -> Callable[[Quota], tuple[Quota, None]]:
    return lambda quota: (quota.after(scope.windows, told, sent_at, now), None)


def _close(until: float, now: float) -> Callable[[Quota], tuple[Quota, None]]:
    return lambda quota: (quota.closed(until, now), None)


def _name(*parts: str) -> str:
    """The name of a quota, from which neither application nor person can be read."""
    return hashlib.sha256("\x00".join(parts).encode(errors="surrogatepass")).hexdigest()[:32]
