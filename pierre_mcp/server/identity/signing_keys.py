"""An issuer's public keys out of a JWKS document: those that may sign what we accept.

Pure. Whatever else stands in the document, private parts included, is left out.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jwk
from joserfc.errors import JoseError
from joserfc.jwk import Key

MOST_KEYS = 100
"""Keys of a document that are looked at."""
LONGEST_KEY_ID = 255
_RSA_BITS = range(2048, 8193)
_PUBLIC_PARTS = {"RSA": ("n", "e"), "EC": ("crv", "x", "y"), "OKP": ("crv", "x")}
_ALGORITHMS = {
    ("RSA", None): frozenset({"RS256", "PS256"}),
    ("EC", "P-256"): frozenset({"ES256"}),
    ("OKP", "Ed25519"): frozenset({"EdDSA", "Ed25519"}),
}
ALGORITHMS = frozenset[str]().union(*_ALGORITHMS.values())
"""All that a token may be signed with. A secret shared with the issuer is not among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A public key and the algorithms that it may be used with."""

    key: Key
    algorithms: frozenset[str]


class MalformedKeySet(ValueError):
    """The document is not a set of keys."""


def read_key_set(document: object) -> Mapping[str, SigningKey]:
    """The usable keys by their ids; one that is broken or for another purpose is passed over.

    Raises ``MalformedKeySet``.
    """
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise MalformedKeySet("no list of keys")
    usable: dict[str, SigningKey] = {}
    for entry in entries[:MOST_KEYS]:
        kid = entry.get("kid") if isinstance(entry, dict) else None
        if not isinstance(kid, str) or not 0 < len(kid) <= LONGEST_KEY_ID or kid in usable:
            continue
        if found := _signing_key(entry):
            usable[kid] = found
    return usable


def _signing_key(entry: Mapping[str, Any]) -> SigningKey | None:
    kind, curve = entry.get("kty"), entry.get("crv")
    if not isinstance(kind, str) or not isinstance(curve, str | None):
        return None
    algorithms = _ALGORITHMS.get((kind, curve))
    operations = entry.get("key_ops", ["verify"])
    if (
        algorithms is None
        or entry.get("use", "sig") != "sig"
        or not isinstance(operations, list)
        or "verify" not in operations
    ):
        return None
    if "alg" in entry:
        # One name of a curve means the other (RFC 9864); otherwise a key keeps to its algorithm.
        algorithms = algorithms if kind == "OKP" else algorithms & {str(entry["alg"])}
    parts = {name: str(entry.get(name, "")) for name in _PUBLIC_PARTS[kind]}
    if not algorithms:
        return None
    try:
        if kind == "RSA" and _bits(parts["n"]) not in _RSA_BITS:
            return None
        key = jwk.import_key({"kty": kind, **parts})
        key.get_op_key("verify")
    except (JoseError, ValueError, TypeError):
        return None
    return SigningKey(key=key, algorithms=algorithms)


def _bits(number: str) -> int:
    try:
        raw = base64.urlsafe_b64decode(number + "=" * (-len(number) % 4))
    except binascii.Error:
        return 0
    return int.from_bytes(raw).bit_length()
