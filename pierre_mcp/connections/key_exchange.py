"""A pasted key turned into the token that an API takes, prepared from the descriptor.

Pure, as ``oauth`` is: the request goes out by somebody else, and the answer comes in parsed. The
key takes the place of a refresh token; it is what the connection lives by.
"""

import json
import math
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urljoin

from pierre_mcp.connections.oauth import Granted, Refusal, Request
from pierre_mcp.connections.records import Tokens
from pierre_mcp.spi import KeyExchange, ProviderConfig

_OK = range(200, 300)
_REFUSED = (400, 401, 403)
_LONGEST_TOKEN = 16_384


def exchange(exchanged: KeyExchange, config: ProviderConfig, key: str) -> Request:
    """The request that turns the key into a token."""
    return Request(
        method="POST",
        url=urljoin(f"{config.api_base_url}/", exchanged.path.lstrip("/")),
        headers={"Authorization": f"{exchanged.scheme} {key}", "Accept": "*/*"},
    )


def read_exchange(
    answer: tuple[int, Any], exchanged: KeyExchange, key: str, now: datetime
) -> Granted | Refusal:
    """What the answer means. A key that is refused is over: nothing else can be wrong with it."""
    status, body = answer
    if status not in _OK:
        return Refusal.GRANT if status in _REFUSED else Refusal.PASSING
    token = body.strip().strip('"') if isinstance(body, str) else ""
    if not token or len(token) > _LONGEST_TOKEN or not token.isprintable() or " " in token:
        return Refusal.PASSING
    until = _end_of(token)
    if until is None or until <= now:
        until = now + timedelta(seconds=exchanged.token_life_seconds)
    tokens = Tokens(access=token, refresh=key, obtained_at=now, expires_at=until)
    return Granted(tokens=tokens, scopes=None, account_id=None)


def _end_of(token: str) -> datetime | None:
    """When a JWT says that it ends. The API checks the signature; we only want to be early."""
    # Loaded with the first such key, since most people have none.
    from joserfc import jws  # noqa: PLC0415
    from joserfc.errors import JoseError  # noqa: PLC0415

    with suppress(JoseError, ValueError, TypeError, AttributeError, OverflowError, OSError):
        claims = json.loads(jws.extract_compact(token.encode("ascii")).payload)
        ends = claims.get("exp")
        if isinstance(ends, int | float) and math.isfinite(ends):
            return datetime.fromtimestamp(ends, tz=UTC)
    return None
