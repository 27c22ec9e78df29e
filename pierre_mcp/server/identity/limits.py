"""How many calls a person may make: a bucket for each, that fills as time goes by.

Pure: the present is handed in, in seconds of any clock that does not jump. The buckets are this
process's own, so each replica of a server allows the whole.
"""

import math
from collections import OrderedDict

from pierre_mcp.principal import Principal

MOST_PEOPLE = 10_000
"""Buckets that are remembered; beyond, whoever has not called for longest gets a full one anew."""
_MINUTE = 60.0
_ROUNDING = 1e-6


class CallLimits:
    """A bucket of ``calls_per_minute`` calls for each person, refilled at that rate."""

    def __init__(self, calls_per_minute: int, *, most_people: int = MOST_PEOPLE) -> None:
        self.calls_per_minute = calls_per_minute
        self._most_people = most_people
        self._buckets: OrderedDict[Principal, tuple[float, float]] = OrderedDict()

    def take(self, principal: Principal, now: float) -> float:
        """Take one call: 0, or the whole seconds until there is one to take."""
        left, since = self._buckets.pop(principal, (float(self.calls_per_minute), now))
        per_second = self.calls_per_minute / _MINUTE
        left = min(self.calls_per_minute, left + max(0.0, now - since) * per_second)
        # A hair's breadth below one is one: who waited as told must not be sent away by rounding.
        wait = 0.0 if left > 1 - _ROUNDING else float(math.ceil((1 - left) / per_second))
        self._buckets[principal] = (left if wait else max(0.0, left - 1), now)
        if len(self._buckets) > self._most_people:
            self._buckets.popitem(last=False)
        return wait

    def __len__(self) -> int:
        """How many people are remembered."""
        return len(self._buckets)
