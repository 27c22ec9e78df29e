"""How an issuer's documents are read: through a function that is handed in, from safe addresses."""

from typing import Any, Protocol
from urllib.parse import urlsplit

from pierre_mcp.settings import is_loopback


class FetchJson(Protocol):
    """GET an address: the status and the parsed body, ``None`` where it is not JSON.

    Follows no redirect, and reads no more than a cap. Raises ``NetworkError`` kinds.
    """

    async def __call__(self, url: str, /) -> tuple[int, Any]:
        """Status and parsed body."""


def is_safe_address(url: str, *, plain: bool = True) -> bool:
    """Whether what is read there can be trusted: https, or this machine where ``plain`` may be."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    if "@" in parts.netloc or not host:
        return False
    return parts.scheme == "https" or (plain and parts.scheme == "http" and is_loopback(host))
