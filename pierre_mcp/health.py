"""How providers have been doing, learnt from the calls that were made anyway.

Pure bookkeeping: it is told of every call and asked for a summary. It calls nobody.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderHealth:
    """What recent calls say about a provider.

    ``is_healthy`` is the outcome of the last call. ``average_latency_ms`` weighs recent calls more
    and is ``None`` before the first.
    """

    provider: str
    is_healthy: bool
    last_check: datetime | None
    consecutive_failures: int
    average_latency_ms: float | None


_RECENT_WEIGHT = 0.2


class HealthLog:
    """The health of every provider called since the start, by name."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._known: dict[str, ProviderHealth] = {}

    def record(self, provider: str, *, succeeded: bool, latency_ms: float) -> None:
        """Note one call and how long it took."""
        before = self.of(provider)
        average = before.average_latency_ms
        self._known[provider] = ProviderHealth(
            provider=provider,
            is_healthy=succeeded,
            last_check=self._clock(),
            consecutive_failures=0 if succeeded else before.consecutive_failures + 1,
            average_latency_ms=latency_ms
            if average is None
            else average + _RECENT_WEIGHT * (latency_ms - average),
        )

    def known(self) -> Mapping[str, ProviderHealth]:
        """Every provider that was called, by name."""
        return self._known

    def of(self, provider: str) -> ProviderHealth:
        """The summary for one provider; healthy until a call says otherwise."""
        return self._known.get(
            provider,
            ProviderHealth(
                provider=provider,
                is_healthy=True,
                last_check=None,
                consecutive_failures=0,
                average_latency_ms=None,
            ),
        )
