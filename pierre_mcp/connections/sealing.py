"""Sealing of secrets: AES-256-GCM, bound to the place where the sealed text is kept.

Sealed text names its format and its key and opens only for the same tenant, user, provider and
field. Where keys come from, and where sealed text goes, is the business of others.
"""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pierre_mcp.connections.key import Key
from pierre_mcp.connections.keys import KeyRing
from pierre_mcp.errors import SealBroken
from pierre_mcp.principal import Principal

_FORMAT = "v1"
_NONCE_BYTES = 12
_TAG_BYTES = 16


class Sealer:
    """Seals with the ring's current key and opens with any of its keys."""

    def __init__(self, keys: KeyRing) -> None:
        self.keys = keys

    def seal(
        self,
        text: str,
        *,
        principal: Principal,
        provider: str,
        field: str,
        key: Key | None = None,
    ) -> str:
        """The text, sealed for this place; ``key`` is for fields that must share one."""
        key = key or self.keys.current()
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = AESGCM(key.secret).encrypt(
            nonce, text.encode("utf-8", "surrogatepass"), _place(key.id, principal, provider, field)
        )
        return f"{_FORMAT}.{key.id}.{_encode(nonce + sealed)}"

    def open(self, sealed: str, *, principal: Principal, provider: str, field: str) -> str:
        """The text that was sealed for this place.

        Raises ``SealBroken`` for anything else, without saying what it was.
        """
        form, _, rest = sealed.partition(".")
        key_id, _, encoded = rest.partition(".")
        content = _decode(encoded)
        if form != _FORMAT or content is None or len(content) < _NONCE_BYTES + _TAG_BYTES:
            raise _broken(provider, "it was altered, or written by a newer version")
        key = self.keys.find(key_id)
        if key is None:
            raise _broken(
                provider,
                "the key that sealed it is neither in PIERRE_MASTER_KEY nor in the key file",
            )
        try:
            opened = AESGCM(key.secret).decrypt(
                content[:_NONCE_BYTES],
                content[_NONCE_BYTES:],
                _place(key_id, principal, provider, field),
            )
        except InvalidTag:
            raise _broken(provider, "it was altered, or belongs to another place") from None
        return opened.decode("utf-8", "surrogatepass")


def _place(key_id: str, principal: Principal, provider: str, field: str) -> bytes:
    """What the sealed text is bound to; each part stands behind its length."""
    parts = (_FORMAT, key_id, principal.tenant, principal.user, provider, field)
    encoded = [part.encode("utf-8", "surrogatepass") for part in parts]
    return b"".join(len(part).to_bytes(8, "big") + part for part in encoded)


def _encode(content: bytes) -> str:
    return urlsafe_b64encode(content).decode("ascii").rstrip("=")


def _decode(text: str) -> bytes | None:
    """The bytes of canonical base64; several spellings of the same bytes would be a flipped bit."""
    try:
        content = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return None
    return content if _encode(content) == text else None


def _broken(provider: str, reason: str) -> SealBroken:
    return SealBroken(
        f"The secret kept for '{provider}' cannot be opened: {reason}. "
        "Restore the key, or connect again."
    )
