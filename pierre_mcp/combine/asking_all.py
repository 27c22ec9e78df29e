"""Asking several providers at the same time, each for itself.

One that fails or does not answer in time costs its own answer and nobody else's.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

import anyio
import structlog

from pierre_mcp.errors import PierreError, ProviderError, ProviderServerError, ProviderTimeout

T = TypeVar("T")

_log = structlog.get_logger(__name__)

ANSWER_SECONDS = 20.0
"""How long one of them may take, of the thirty that a call has."""


async def ask_all(
    asks: Mapping[str, Callable[[], Awaitable[T]]], seconds: float = ANSWER_SECONDS
) -> dict[str, T | ProviderError]:
    """What each of them answers within the time, or why it does not, by name."""
    answers: dict[str, T | ProviderError] = {}

    async def one(name: str, ask: Callable[[], Awaitable[T]]) -> None:
        answers[name] = await _answer_or_failure(name, ask)

    with anyio.move_on_after(seconds):
        async with anyio.create_task_group() as tasks:
            for name, ask in asks.items():
                tasks.start_soon(one, name, ask)
    return {name: answers[name] if name in answers else _too_late(name) for name in asks}


async def _answer_or_failure(name: str, ask: Callable[[], Awaitable[T]]) -> T | ProviderError:
    try:
        return await ask()
    except ProviderError as failure:
        return failure
    except TimeoutError:
        return _too_late(name)
    except PierreError as failure:
        return ProviderServerError(name, failure.message)
    except Exception as mistake:  # noqa: BLE001 - a stranger's mistake is not the others'
        _log.exception("provider_made_a_mistake", provider=name, error=type(mistake).__name__)
        return ProviderServerError(name, f"Provider '{name}' failed by a fault of its own.")


def _too_late(name: str) -> ProviderTimeout:
    return ProviderTimeout(name, f"Provider '{name}' did not answer in time for the others.")
