"""What a process knows of each provider beside its connections: breakers and budgets for retries.

It is shared by all people, since they share the provider. Nothing here asks anybody.
"""

from pierre_mcp.client.breaker import BreakerState, CircuitBreaker
from pierre_mcp.client.budget import RetryBudget
from pierre_mcp.client.observing import path_label
from pierre_mcp.spi import RetryConfig


class Way:
    """One provider: a breaker for each class of its endpoints, and one budget."""

    def __init__(self, config: RetryConfig) -> None:
        self.config = config
        self.budget = RetryBudget()
        self._breakers: dict[str, CircuitBreaker] = {}

    def breaker(self, path: str) -> CircuitBreaker:
        """The breaker of an endpoint; endpoints are told apart by the first word of their path."""
        label = path_label(path)
        if label not in self._breakers:
            self._breakers[label] = CircuitBreaker(
                threshold=self.config.circuit_breaker_threshold,
                reset_seconds=self.config.circuit_breaker_reset_secs,
            )
        return self._breakers[label]

    def breaker_state(self, now: float) -> BreakerState:
        """The worst state of any of its endpoints."""
        order = (BreakerState.CLOSED, BreakerState.HALF_OPEN, BreakerState.OPEN)
        states = (breaker.state(now) for breaker in self._breakers.values())
        return max(states, key=order.index, default=BreakerState.CLOSED)


class Ways:
    """Every provider that was asked, by name."""

    def __init__(self) -> None:
        self._known: dict[str, Way] = {}

    def to(self, provider: str, config: RetryConfig) -> Way:
        """The way to a provider, as its configuration has it."""
        if provider not in self._known or self._known[provider].config != config:
            self._known[provider] = Way(config)
        return self._known[provider]

    def breaker_state(self, provider: str, now: float) -> BreakerState:
        """How a provider's breakers stand; closed where it was never asked."""
        known = self._known.get(provider)
        return BreakerState.CLOSED if known is None else known.breaker_state(now)
