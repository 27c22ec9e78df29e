"""Reading through the cache: a fresh copy, else the provider, else a kept copy if it fails.

Here is decided what a failure means for a copy, when one is renewed early, and which question is
asked again later by itself. What the questions are is not known here.
"""

import random
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

import structlog
from pydantic import TypeAdapter

from pierre_mcp.caching.backend import CacheProvider, Entry
from pierre_mcp.caching.flights import Flights
from pierre_mcp.caching.keys import Owner, Place
from pierre_mcp.caching.policy import CachePolicy, CacheState, Freshness
from pierre_mcp.errors import (
    AuthenticationFailed,
    MissingScope,
    NotConnected,
    NotFound,
    ProviderError,
    RateLimitExceeded,
)
from pierre_mcp.spi import FitnessProvider

T = TypeVar("T")

EARLY_PART = 0.8
"""From that part of its life on, a copy that is asked for is renewed for the next question."""
MOST_SCHEDULED = 200
MOST_SCHEDULED_OF_OWNER = 20
LONGEST_SCHEDULE = timedelta(hours=24)
SHORTEST_WAIT_SECONDS = 1.0

_OVER = (AuthenticationFailed, MissingScope, NotFound, NotConnected)
"""What says that the person may not see the answer any more, or that there is none."""

_log = structlog.get_logger(__name__)

Opened = Callable[[], AbstractAsyncContextManager[FitnessProvider]]
"""Opens the provider anew, for work that outlives the call."""


@dataclass(slots=True, kw_only=True)
class Shared:
    """What all questions of a process share."""

    backend: CacheProvider
    clock: Callable[[], datetime]
    spawn: Callable[[Callable[[], Awaitable[None]]], None]
    sleep: Callable[[float], Awaitable[None]]
    chance: Callable[[], float] = random.random
    """Between 0 and 1, so that copies of one age are not all renewed at once."""
    flights: Flights = field(default_factory=Flights)
    renewing: set[str] = field(default_factory=set)
    scheduled: dict[str, Owner] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Question:
    """One thing to know, by how it is asked, where it is kept and how long it is good for."""

    place: Place
    kind: TypeAdapter[Any]
    ask: Callable[[FitnessProvider], Awaitable[Any]]
    lives: Callable[[Any], timedelta]
    """How long an answer is fresh; nothing of it is kept where that is no time at all."""


@dataclass(slots=True, kw_only=True)
class Reader:
    """One call's way to answers of one provider, and how they came about."""

    shared: Shared
    inner: FitnessProvider
    reopen: Opened
    policy: CachePolicy
    keeps: timedelta
    freshness: Freshness | None = None

    async def read(self, question: Question) -> Any:
        """The answer; raises what the provider does where there is no copy for the case."""
        shared, place = self.shared, question.place
        if self.policy is CachePolicy.BYPASS:
            answer = await question.ask(self.inner)
            self._note(CacheState.BYPASS, shared.clock())
            return answer
        found = await shared.backend.get(place, question.kind)
        entry = found.entry
        if entry is not None and self.policy is CachePolicy.USE_CACHE:
            now = shared.clock()
            if now < entry.fresh_until:
                self._note(CacheState.HIT, entry.fetched_at)
                if self._is_due_early(entry, now):
                    self._renew(question)
                return entry.value
        try:
            fetched = await self._fetched(question, found.stamp, self.inner)
        except ProviderError as failure:
            if isinstance(failure, _OVER):
                await shared.backend.drop(place)
            if not failure.is_transient:
                raise
            if entry is None:
                raise self._remembered(question, failure) from None
            self._note(CacheState.STALE, entry.fetched_at)
            return entry.value
        self._note(CacheState.MISS, fetched.fetched_at)
        return fetched.value

    async def _fetched(self, question: Question, stamp: str, provider: FitnessProvider) -> Entry:
        """The provider's answer, kept for the next question."""

        async def fetch() -> Entry:
            shared = self.shared
            value = await question.ask(provider)
            now, life = shared.clock(), question.lives(value)
            entry = Entry(value=value, fetched_at=now, fresh_until=now + life)
            if life > timedelta(0) and self.keeps > timedelta(0):
                await shared.backend.put(
                    question.place,
                    question.kind,
                    Entry(value=value, fetched_at=now, fresh_until=now + min(life, self.keeps)),
                    stamp=stamp,
                    keep=self.keeps,
                )
            return entry

        # A question of another connection, or that began under another stamp, may bring what has
        # been forgotten since.
        place = question.place
        return await self.shared.flights.share(f"{place.name} {place.owner.since} {stamp}", fetch)

    def _is_due_early(self, entry: Entry, now: datetime) -> bool:
        life = entry.fresh_until - entry.fetched_at
        part = EARLY_PART + (1 - EARLY_PART) * 0.5 * self.shared.chance()
        return now - entry.fetched_at >= life * part

    def _renew(self, question: Question) -> None:
        """Ask again beside the call; who asks next finds the answer."""
        name, renewing = question.place.name, self.shared.renewing
        if name in renewing:
            return
        renewing.add(name)

        async def renew() -> None:
            try:
                await self._asked_again(question)
            finally:
                renewing.discard(name)

        self.shared.spawn(renew)

    def _remembered(self, question: Question, failure: ProviderError) -> ProviderError:
        """The failure; where a quota is used up, the question is asked once it is there again."""
        wait, owner = failure.retry_after_seconds, question.place.owner
        shared, name = self.shared, question.place.name
        scheduled = shared.scheduled
        if not isinstance(failure, RateLimitExceeded) or wait is None:
            return failure
        if name not in scheduled:
            of_owner = sum(other == owner for other in scheduled.values())
            full = len(scheduled) >= MOST_SCHEDULED or of_owner >= MOST_SCHEDULED_OF_OWNER
            if full or wait > LONGEST_SCHEDULE.total_seconds():
                return failure
            scheduled[name] = owner

            async def later() -> None:
                next_wait: float | None = wait
                until = shared.clock() + LONGEST_SCHEDULE
                try:
                    while next_wait is not None and shared.clock() < until:
                        await shared.sleep(max(next_wait, SHORTEST_WAIT_SECONDS))
                        next_wait = await self._asked_again(question)
                finally:
                    scheduled.pop(name, None)

            shared.spawn(later)
        return failure.as_scheduled()

    async def _asked_again(self, question: Question) -> float | None:
        """Ask with a provider of its own; how long to wait where it is again too early to ask.

        Any other failure is of no consequence.
        """
        try:
            found = await self.shared.backend.get(question.place, question.kind)
            async with self.reopen() as provider:
                await self._fetched(question, found.stamp, provider)
        except ProviderError as failure:
            _log.info("not_renewed", provider=failure.provider, type=failure.type.value)
            if isinstance(failure, RateLimitExceeded):
                return failure.retry_after_seconds
        return None

    def _note(self, state: CacheState, fetched_at: datetime) -> None:
        part = Freshness(state=state, fetched_at=fetched_at)
        self.freshness = part if self.freshness is None else self.freshness.with_part(part)
