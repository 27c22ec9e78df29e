"""What stands before every request to a provider's API: its turn, its breaker, its limits.

A guard lets one request through or says why not, and learns from what came of it.
"""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from http import HTTPStatus

import anyio

from pierre_mcp.client.breaker import CircuitBreaker, Outcome, Permit
from pierre_mcp.client.limits import Limiter
from pierre_mcp.client.messages import Answer
from pierre_mcp.errors import NetworkError, ProviderServerError, ProviderTimeout, RateLimitExceeded

SPARED_PART = 0.1
"""What a question that can be done without leaves of every limit."""

sparing: ContextVar[bool] = ContextVar("pierre_sparing", default=False)
"""Whether the requests of the current task can be done without."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiGuard:
    """Before one person's requests to one class of a provider's endpoints.

    ``turns`` bounds how many of the person's are under way at once; ``None`` for any number.
    """

    provider: str
    breaker: CircuitBreaker
    limiter: Limiter
    turns: anyio.Semaphore | None = None
    held_back: Callable[[], None] = field(default=lambda: None)

    async def exchange(self, send: Callable[[], Awaitable[Answer]]) -> Answer:
        """What ``send`` brings.

        Where it is not sent, raises ``ProviderServerError`` for a provider that is left alone and
        ``RateLimitExceeded`` for one that allows no more, both with the time to wait.
        """
        async with AsyncExitStack() as waits:
            if self.turns is not None:
                await waits.enter_async_context(self.turns)
            permit = self.breaker.enter(anyio.current_time())
            if isinstance(permit, float):
                raise _left_alone(self.provider, permit)
            return await self._limited(send, permit)

    async def _limited(self, send: Callable[[], Awaitable[Answer]], permit: Permit) -> Answer:
        outcome = Outcome.NOTHING
        try:
            if wait := await self.limiter.enter(spare=SPARED_PART if sparing.get() else 0.0):
                self.held_back()
                raise _held_back(self.provider, wait)
            sent_at = self.limiter.clock()
            try:
                answer = await send()
            except (NetworkError, ProviderTimeout) as failure:
                outcome = Outcome.BAD
                if isinstance(failure, NetworkError):
                    await self.limiter.not_sent()
                raise
            outcome = _outcome_of(answer.status)
        finally:
            self.breaker.leave(permit, outcome, anyio.current_time())
        wait_seconds = await self.limiter.answered(answer.status, answer.headers, sent_at)
        return replace(answer, wait_seconds=wait_seconds)


def _left_alone(provider: str, seconds: float) -> ProviderServerError:
    """The provider failed so often that it is not asked now."""
    return ProviderServerError(
        provider,
        f"Provider '{provider}' has failed again and again and is left alone for "
        f"{max(1, round(seconds))} s.",
        retry_after_seconds=seconds,
    )


def _held_back(provider: str, seconds: float) -> RateLimitExceeded:
    """The provider is known to allow no request now, and is not asked."""
    return RateLimitExceeded(
        provider,
        f"Provider '{provider}' allows no more requests for now. Ask again in {seconds:.0f} s.",
        retry_after_seconds=seconds,
    )


def _outcome_of(status: int) -> Outcome:
    """What a status says of the provider: refusals are about the question or the person."""
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return Outcome.BAD
    return Outcome.NOTHING if status >= HTTPStatus.BAD_REQUEST else Outcome.GOOD
