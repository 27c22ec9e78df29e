"""Asking again when a provider fails for a moment: how often, how soon, and when not at all.

tenacity makes the attempts; here is decided what is worth another one. Nothing that changes
anything is sent from here. A wait that the caller has no time for is not slept but told.
"""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus

import anyio
from tenacity import AsyncRetrying, RetryCallState

from pierre_mcp.client.budget import RetryBudget
from pierre_mcp.client.messages import Answer
from pierre_mcp.errors import NetworkError, ProviderError, ProviderTimeout, RateLimitExceeded
from pierre_mcp.spi import RetryConfig

PASSING = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)  # fmt: skip
"""Statuses that may pass by themselves."""

Result = tuple[Answer, ProviderError | None]
Attempt = Callable[[], Awaitable[Result]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrier:
    """How one provider is asked again. ``chance`` is between 0 and 1."""

    config: RetryConfig
    budget: RetryBudget
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep
    chance: Callable[[], float] = random.random
    retried: Callable[[], None] = field(default=lambda: None)

    async def ask(self, attempt: Attempt) -> Result:
        """What the last attempt brought; raises its ``ProviderError``."""
        self.budget.asked()

        async def once() -> Result:
            return await attempt()

        attempts = AsyncRetrying(
            stop=self._is_over,
            wait=self._wait_seconds,
            retry=self._is_passing,
            sleep=self._pause,
            retry_error_callback=_as_it_came,
        )
        result: Result = await attempts(once)
        return result

    def _is_passing(self, state: RetryCallState) -> bool:
        outcome = state.outcome
        if outcome is None:
            return False
        if outcome.failed:
            failure = outcome.exception()
            return isinstance(failure, NetworkError | ProviderTimeout | RateLimitExceeded)
        answer, failed = outcome.result()
        return failed is not None and answer.status in PASSING

    def _is_over(self, state: RetryCallState) -> bool:
        if state.attempt_number > self.config.max_retries:
            return True
        left = anyio.current_effective_deadline() - anyio.current_time()
        left = min(left, self.config.timeout_secs)  # for whoever sets no deadline of their own
        return state.upcoming_sleep >= left or not self.budget.take()

    def _wait_seconds(self, state: RetryCallState) -> float:
        """The provider's own word, or twice as long each time, both with some jitter."""
        config = self.config
        doubled = config.base_delay_ms * 2.0 ** (state.attempt_number - 1)
        spread = 1 + config.jitter_factor * (2 * self.chance() - 1)
        waited = min(doubled * spread, config.max_delay_ms) / 1000
        return max(waited, _told_seconds(state) or 0.0)

    async def _pause(self, seconds: float) -> None:
        self.retried()
        await self.sleep(seconds)


def _told_seconds(state: RetryCallState) -> float | None:
    outcome = state.outcome
    if outcome is None:
        return None
    if outcome.failed:
        failure = outcome.exception()
        return failure.retry_after_seconds if isinstance(failure, ProviderError) else None
    _, failed = outcome.result()
    return None if failed is None else failed.retry_after_seconds


def _as_it_came(state: RetryCallState) -> Result:
    """What the last attempt brought, as if nobody had asked again."""
    outcome = state.outcome
    if outcome is None:
        raise RuntimeError("no attempt was made")
    result: Result = outcome.result()
    return result
