"""When to leave a provider alone that keeps failing: a pure state machine, told of every call.

It opens after several failures among the last calls, sends nothing while it is open, then lets one
call through at a time, and closes once two of them have succeeded. It waits for nothing and calls
nobody; the present is handed in, in seconds of any clock that only grows.
"""

from collections import deque
from dataclasses import dataclass
from enum import StrEnum

LAST_CALLS = 10
CLOSES_AFTER = 2


class BreakerState(StrEnum):
    """Whether calls are let through."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Outcome(StrEnum):
    """What a call says of the provider."""

    GOOD = "good"
    BAD = "bad"
    NOTHING = "nothing"
    """It was given up, or says something of the question only."""


@dataclass(frozen=True, slots=True)
class Permit:
    """One call that may be sent; handed back with its outcome, whatever happens."""

    era: int


class CircuitBreaker:
    """The state of one provider."""

    def __init__(self, *, threshold: int = 5, reset_seconds: float = 60.0) -> None:
        self._threshold = threshold
        self._reset_seconds = reset_seconds
        self._last: deque[bool] = deque(maxlen=max(LAST_CALLS, threshold))
        self._opened_at: float | None = None
        self._probing = False
        self._successes = 0
        self._era = 0

    def state(self, now: float) -> BreakerState:
        """How it stands."""
        if self._opened_at is None:
            return BreakerState.CLOSED
        waited = now - self._opened_at >= self._reset_seconds
        return BreakerState.HALF_OPEN if waited else BreakerState.OPEN

    def enter(self, now: float) -> Permit | float:
        """A permit, or how many seconds no call is worth sending."""
        if self._opened_at is None:
            return Permit(self._era)
        left = self._opened_at + self._reset_seconds - now
        if left > 0:
            return left
        if self._probing:
            return 1.0  # the one that was let through will tell
        self._probing = True
        return Permit(self._era)

    def leave(self, permit: Permit, outcome: Outcome, now: float) -> None:
        """Take a permit back. One of an earlier state says nothing of this one."""
        if permit.era != self._era:
            return
        if self._opened_at is None:
            if outcome is not Outcome.NOTHING:
                self._last.append(outcome is Outcome.BAD)
            if sum(self._last) >= self._threshold:
                self._begin(now)
            return
        self._probing = False
        if outcome is Outcome.BAD:
            self._begin(now)
        elif outcome is Outcome.GOOD:
            self._successes += 1
            if self._successes >= CLOSES_AFTER:
                self._begin(None)

    def _begin(self, opened_at: float | None) -> None:
        self._era += 1
        self._opened_at = opened_at
        self._probing = False
        self._successes = 0
        self._last.clear()
