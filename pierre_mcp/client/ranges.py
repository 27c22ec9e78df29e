"""Ranges of days that are longer than an API takes at once, and questions asked together."""

from collections.abc import Awaitable, Callable, Iterator
from datetime import date
from typing import Any

import anyio

from pierre_mcp.errors import ProviderError

Ask = Callable[[], Awaitable[Any]]


def windows(first: date, last: date, longest_days: int) -> Iterator[tuple[date, date]]:
    """First and last days of the parts, oldest first; both belong to each. Of nothing, none."""
    for begin in range(first.toordinal(), last.toordinal() + 1, longest_days):
        end = min(begin + longest_days - 1, last.toordinal())
        yield date.fromordinal(begin), date.fromordinal(end)


async def gather(*asks: Ask) -> list[Any]:
    """The answers in order; the first ``ProviderError`` ends the others and is raised as it is."""
    answers: list[Any] = [None] * len(asks)
    failures: list[ProviderError] = []

    async def one(number: int, ask: Ask) -> None:
        try:
            answers[number] = await ask()
        except ProviderError as failed:
            failures.append(failed)
            tasks.cancel_scope.cancel()

    async with anyio.create_task_group() as tasks:
        for number, ask in enumerate(asks):
            tasks.start_soon(one, number, ask)
    if failures:
        raise failures[0]
    return answers
