"""One question on its way at a time: whoever asks the same meanwhile waits for its answer."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import anyio

T = TypeVar("T")


@dataclass(slots=True)
class _Flight:
    landed: anyio.Event = field(default_factory=anyio.Event)
    answers: list[Any] = field(default_factory=list)
    failure: Exception | None = None


class Flights:
    """The questions under way in this process, by name."""

    def __init__(self) -> None:
        self._under_way: dict[str, _Flight] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._under_way

    async def share(self, name: str, ask: Callable[[], Awaitable[T]]) -> T:
        """The answer to ``ask``, or to the same question that is on its way already.

        Where whoever asks is cancelled, one of those who wait asks in their place.
        """
        while (flight := self._under_way.get(name)) is not None:
            await flight.landed.wait()
            if flight.failure is not None:
                raise flight.failure.with_traceback(None)
            for answer in flight.answers:
                shared: T = answer
                return shared
        flight = self._under_way[name] = _Flight()
        try:
            answer = await ask()
            flight.answers.append(answer)
        except Exception as failure:
            flight.failure = failure
            raise
        finally:
            del self._under_way[name]
            flight.landed.set()
        return answer
