"""What a provider adds that tells us of changes by itself: how its pushes are known and read.

The core owns the route and what follows; a receiver only says whether a push is genuine, whose it
is and what changed. It is pure: no input or output, and the present is handed in.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from pierre_mcp.spi.descriptor import ProviderConfig


class Changed(Enum):
    """What of a person's data a push is about."""

    ATHLETE = "athlete"
    ACTIVITIES = "activities"
    SLEEP = "sleep"
    RECOVERY = "recovery"
    HEALTH = "health"


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """One request as it arrived; names of headers in lower case."""

    method: str
    query: Mapping[str, str] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    received_at: datetime

    def told(self) -> dict[str, Any]:
        """The body as a JSON object; empty for anything else."""
        try:
            told = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return told if isinstance(told, dict) else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class PushReply:
    """What the provider wants to hear; ``body`` becomes JSON, ``None`` an empty answer."""

    status: int = 200
    body: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """One thing that a push says.

    ``record_id`` names the activity where it is about one. ``ended`` means that the person has
    ended the connection at the provider.
    """

    account_id: str = field(repr=False)
    changed: frozenset[Changed] = frozenset()
    record_id: str | None = None
    ended: bool = False


class WebhookReceiver(ABC):
    """How one provider pushes."""

    def handshake(self, push: Push, config: ProviderConfig) -> PushReply | None:  # noqa: ARG002
        """The answer to a question that comes before any push; ``None`` for what is none."""
        return None

    @abstractmethod
    def is_genuine(self, push: Push, config: ProviderConfig) -> bool:
        """Whether the provider sent it; compares signatures in constant time."""

    @abstractmethod
    def read(self, push: Push) -> tuple[Pushed, ...]:
        """What a genuine push says; empty for what does not concern us. Never raises."""

    def reply(self) -> PushReply:
        """What a push that was taken is answered with."""
        return PushReply()
