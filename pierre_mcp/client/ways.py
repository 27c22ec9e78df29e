"""What a process knows of each provider beside its connections: breakers, budgets, limits.

It is shared by all people, since they share the provider. Nothing here asks anybody.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from weakref import WeakValueDictionary

import anyio

from pierre_mcp.client.addresses import path_label
from pierre_mcp.client.breaker import BreakerState, CircuitBreaker
from pierre_mcp.client.budget import RetryBudget
from pierre_mcp.client.limits import Limiter, QuotaLeft, Quotas
from pierre_mcp.spi import Connection, ProviderConfig, ProviderDescriptor, RetryConfig


class Way:
    """One provider: a breaker for each class of its endpoints, and one budget."""

    def __init__(self, config: RetryConfig, quotas: Quotas) -> None:
        self.config = config
        self.budget = RetryBudget()
        self._quotas = quotas
        self._breakers: dict[str, CircuitBreaker] = {}
        self._limiters: dict[str, Limiter] = {}
        self._turns: WeakValueDictionary[str, anyio.Semaphore] = WeakValueDictionary()

    def breaker(self, path: str) -> CircuitBreaker:
        """The breaker of an endpoint; endpoints are told apart by the first word of their path."""
        label = path_label(path)
        if label not in self._breakers:
            self._breakers[label] = CircuitBreaker(
                threshold=self.config.circuit_breaker_threshold,
                reset_seconds=self.config.circuit_breaker_reset_secs,
            )
        return self._breakers[label]

    def turns(self, at_once: int | None, person: str) -> anyio.Semaphore | None:
        """What a person's requests wait for, where only so many may be under way."""
        if at_once is None:
            return None
        turns = self._turns.get(person)
        if turns is None:
            turns = self._turns[person] = anyio.Semaphore(at_once)
        return turns

    def limiter(
        self,
        descriptor: ProviderDescriptor,
        config: ProviderConfig,
        person: str,
        clock: Callable[[], datetime],
    ) -> Limiter:
        """The limits that a person's requests count in.

        They are those of the application, except where everybody brings a key of their own.
        """
        by_key = descriptor.connection is Connection.API_KEY
        limiter = Limiter(
            provider=descriptor.name,
            limits=descriptor.rate_limits,
            application=person if by_key else config.client_id or "",
            person=person,
            quotas=self._quotas,
            clock=clock,
        )
        if not by_key:
            self._limiters[limiter.application] = limiter
        return limiter

    def quota_left(self) -> tuple[QuotaLeft, ...]:
        """What is left for all people of each application of the operator's."""
        return tuple(
            left for limiter in self._limiters.values() for left in limiter.left(of_all=True)
        )

    def breaker_state(self, now: float) -> BreakerState:
        """The worst state of any of its endpoints."""
        order = (BreakerState.CLOSED, BreakerState.HALF_OPEN, BreakerState.OPEN)
        states = (breaker.state(now) for breaker in self._breakers.values())
        return max(states, key=order.index, default=BreakerState.CLOSED)


class Ways:
    """Every provider that was asked, by name."""

    def __init__(self) -> None:
        self.quotas = Quotas()
        self._known: dict[str, Way] = {}

    def to(self, provider: str, config: RetryConfig) -> Way:
        """The way to a provider, as its configuration has it."""
        if provider not in self._known or self._known[provider].config != config:
            self._known[provider] = Way(config, self.quotas)
        return self._known[provider]

    def known(self) -> Mapping[str, Way]:
        """The way to every provider that was asked, by name."""
        return self._known

    def breaker_state(self, provider: str, now: float) -> BreakerState:
        """How a provider's breakers stand; closed where it was never asked."""
        known = self._known.get(provider)
        return BreakerState.CLOSED if known is None else known.breaker_state(now)
