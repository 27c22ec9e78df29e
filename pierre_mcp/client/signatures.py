"""Signatures of pushes that several providers share: ``t=<seconds>,v1=<hex>`` over time and body.

Pure; the present is when the push was received. A receiver that signs otherwise does it itself.
"""

import hmac
from datetime import timedelta

from pierre_mcp.spi import Push

TOLERANCE = timedelta(minutes=5)
"""How old a signed push may be, and how far ahead the provider's clock: a recorded one is no good
later."""

_LONGEST_STAMP, _LONGEST_HEADER = 12, 1000


def is_signed(push: Push, header: str, secret: str | None) -> bool:
    """Whether ``header`` holds a signature of the last minutes, made with ``secret``.

    A ``v0`` beside it proves nothing.
    """
    value = push.headers.get(header, "")[:_LONGEST_HEADER]
    pairs = [pair.strip().partition("=") for pair in value.split(",")]
    stamps = [value for name, _, value in pairs if name == "t"]
    if not secret or len(stamps) != 1:
        return False
    (stamp,) = stamps
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= _LONGEST_STAMP):
        return False
    if abs(push.received_at.timestamp() - int(stamp)) > TOLERANCE.total_seconds():
        return False
    wanted = hmac.new(secret.encode(), f"{stamp}.".encode() + push.body, "sha256").hexdigest()
    # All are compared, so that the time it takes tells nothing.
    return any([is_same(wanted, value) for name, _, value in pairs if name == "v1"])  # noqa: C419


def is_same(one: str, other: str) -> bool:
    """Whether two secrets are equal, in a time that tells nothing."""
    return hmac.compare_digest(_bytes(one), _bytes(other))


def _bytes(text: str) -> bytes:
    # Text that came as JSON may hold half of a surrogate pair.
    return text.encode(errors="backslashreplace")
