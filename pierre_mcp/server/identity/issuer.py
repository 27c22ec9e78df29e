"""Tokens that an OIDC issuer signed: the signature by its published keys, then the claims.

Only signatures of key pairs are taken; what a token's header says of keys, other than an id, is not
looked at. Key ids and claims decide nothing before the signature is known to be good.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry

from pierre_mcp.server.identity.claims import Expected, read_claims
from pierre_mcp.server.identity.issuer_keys import IssuerKeys
from pierre_mcp.server.identity.outcome import Accepted, Refusal
from pierre_mcp.server.identity.signing_keys import ALGORITHMS, LONGEST_KEY_ID

_TYPES = frozenset({"jwt", "at+jwt", "application/at+jwt"})
"""What a token may call itself (RFC 9068); a logout or proof token is none to call with."""
_MALFORMED = Refusal(reason="The token is not one of this server's, nor a JWT.")
_NOT_GENUINE = Refusal(reason="The signature of the token does not hold.")


class _Registry(JWSRegistry):
    """Our algorithms. The library warns of the name EdDSA and, under it, takes a second curve."""

    max_header_length = 4096

    def __init__(self) -> None:
        super().__init__(algorithms=sorted(ALGORITHMS), strict_check_header=False)

    def get_alg(self, name: str) -> Any:
        return super().get_alg("Ed25519" if name == "EdDSA" else name)


_REGISTRY = _Registry()


class Issuer:
    """Checks the tokens of one issuer."""

    def __init__(
        self, expected: Expected, keys: IssuerKeys, *, clock: Callable[[], datetime]
    ) -> None:
        self._expected = expected
        self._keys = keys
        self._clock = clock

    async def check(self, token: str) -> Accepted | Refusal:
        """Whose token it is, or why it is refused."""
        header = _header(token)
        if header is None:
            return _MALFORMED
        algorithm, kid = header.get("alg"), header.get("kid")
        if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
            return Refusal(reason="The token is signed in a way that is not accepted.")
        if "crit" in header or "b64" in header:
            return Refusal(reason="The token asks for extensions that are not known here.")
        if str(header.get("typ", "JWT")).lower() not in _TYPES:
            return Refusal(reason="The token is of a kind that gives no access.")
        if not isinstance(kid, str) or not 0 < len(kid) <= LONGEST_KEY_ID:
            return Refusal(reason="The token does not say which key it is signed with (kid).")
        found = await self._keys.find(kid)
        if isinstance(found, Refusal):
            return found
        if algorithm not in found.algorithms:
            return _NOT_GENUINE
        try:
            decoded = jwt.decode(token, found.key, registry=_REGISTRY)
        except (JoseError, ValueError, TypeError, RecursionError):
            return _NOT_GENUINE
        return read_claims(decoded.claims, self._expected, self._clock())


def _header(token: str) -> dict[str, Any] | None:
    """What the token says of itself, before anything is known to be true."""
    try:
        return dict(jws.extract_compact(token.encode("ascii"), registry=_REGISTRY).headers())
    except (JoseError, ValueError, TypeError, AttributeError, RecursionError):
        return None
