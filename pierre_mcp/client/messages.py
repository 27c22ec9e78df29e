"""One request to a provider and what came back, as they pass through this room.

Nothing of them shows in a repr: either may hold a secret or a person's data.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Protocol

TIMEOUT_SECONDS = 30.0


class Guard(Protocol):
    """What stands before a request, see ``guarding``."""

    async def exchange(self, send: "Callable[[], Awaitable[Answer]]") -> "Answer":
        """Let the request through, or raise the ``ProviderError`` that says why not."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One request. ``label_path`` is the path it is reported under.

    ``address`` connects to this IP address instead of looking the host up again, and keeps no
    connection afterwards. ``guard`` decides whether the provider is asked now.
    """

    provider: str
    method: str
    url: str = field(repr=False)
    label_path: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: str | None = field(default=None, repr=False)
    address: str | None = None
    guard: Guard | None = field(default=None, repr=False)
    timeout_seconds: float = TIMEOUT_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back; header names in lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    wait_seconds: float | None = None
    """For how long nothing should be asked, where it says that this was one request too many."""

    @property
    def is_success(self) -> bool:
        """Whether the status is a 2xx."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES
