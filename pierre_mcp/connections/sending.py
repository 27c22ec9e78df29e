"""How this room reaches the network: through a function that the composition hands it."""

from collections.abc import Mapping
from typing import Any, Protocol


class Send(Protocol):
    """Send one request to a provider and return its status and parsed body.

    The body is parsed JSON or a form, plain text as it is, and ``None`` where it is none of these.
    Raises ``NetworkError``, ``ProviderTimeout`` and ``InvalidResponse`` (too large); no status is
    an error here.
    """

    async def __call__(
        self,
        provider: str,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: str | None = None,
    ) -> tuple[int, Any]:
        """Status and parsed body."""
