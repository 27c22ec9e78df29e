"""One key: 32 secret bytes, and the id by which what it sealed names it."""

import binascii
from base64 import b64decode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Self

KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Key:
    """A key and its id, which follows from the key and does not give it away."""

    id: str
    secret: bytes = field(repr=False)

    @classmethod
    def of(cls, secret: bytes) -> Self:
        """The key with these bytes."""
        return cls(sha256(b"pierre-mcp key id\0" + secret).hexdigest()[:16], secret)


def parse_key(text: str) -> Key | None:
    """A key in base64 of either alphabet, padded or not; ``None`` when it is not one."""
    text = text.strip().rstrip("=").replace("-", "+").replace("_", "/")
    try:
        secret = b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    return Key.of(secret) if len(secret) == KEY_BYTES else None
