"""An issuer's keys, kept: read when first needed, read again when old or when one is missing.

The network is the ``FetchJson`` that is handed in. However many tokens name keys that do not exist,
the issuer is asked once a minute; while it does not answer, once in ten seconds, and the keys known
so far go on serving for a day.
"""

import math
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import anyio
import structlog

from pierre_mcp.server.identity.fetching import FetchJson, is_safe_address
from pierre_mcp.server.identity.outcome import Refusal
from pierre_mcp.server.identity.signing_keys import MalformedKeySet, SigningKey, read_key_set
from pierre_mcp.settings import is_loopback

FRESH_SECONDS = 900
"""Age from which the keys are read again; a key that was withdrawn is accepted no longer."""
KEPT_SECONDS = 86_400
"""Age to which keys serve on while the issuer does not answer."""
SEARCH_SECONDS = 60
"""Time between two readings for the sake of a key that is missing."""
RETRY_SECONDS = 10
"""Time between two readings after one that failed."""
PATIENCE_SECONDS = 5.0
"""The longest that a call waits for the issuer."""

_OK = 200
_log = structlog.get_logger(__name__)


class IssuerKeys:
    """The public keys of one issuer, by their ids."""

    def __init__(
        self,
        issuer: str,
        fetch: FetchJson,
        *,
        clock: Callable[[], float] = time.monotonic,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._issuer = issuer
        self._fetch = fetch
        self._clock = clock
        self._patience_seconds = patience_seconds
        self._keys: Mapping[str, SigningKey] = {}
        self._keys_url: str | None = None
        self._read_at: float | None = None
        self._failed_at: float | None = None
        self._searched_at: float | None = None
        self._reading = anyio.Lock()

    async def find(self, kid: str) -> SigningKey | Refusal:
        """The key, read from the issuer where that is due; nobody with a known key waits twice."""
        known = self._known(kid)
        under_way = self._reading.locked()
        if (under_way and known is None) or (not under_way and self._is_due(kid)):
            async with self._reading:
                # Whoever waited finds what the one before has read.
                if self._is_due(kid):
                    await self._read()
            known = self._known(kid)
        if known is not None:
            return known
        if self._failed_at is not None:
            wait = RETRY_SECONDS - (self._clock() - self._failed_at)
            return Refusal(
                reason="The issuer of tokens cannot be reached to check this one. Try again later.",
                retry_after_seconds=max(1, math.ceil(wait)),
            )
        return Refusal(reason="The token is signed with a key that its issuer does not publish.")

    def _known(self, kid: str) -> SigningKey | None:
        return self._keys.get(kid) if _within(KEPT_SECONDS, self._read_at, self._clock()) else None

    def _is_due(self, kid: str) -> bool:
        now = self._clock()
        if _within(RETRY_SECONDS, self._failed_at, now):
            return False
        if not _within(FRESH_SECONDS, self._read_at, now):
            return True
        return kid not in self._keys and not _within(SEARCH_SECONDS, self._searched_at, now)

    async def _read(self) -> None:
        now = self._clock()
        if _within(FRESH_SECONDS, self._read_at, now):
            # Counted before the issuer answers: a caller who leaves early has used it up too.
            self._searched_at = now
        try:
            with anyio.fail_after(self._patience_seconds):
                keys = await self._published()
        except Exception as failure:  # noqa: BLE001 - whatever it is, known keys go on serving
            self._keys_url = None
            self._searched_at = None
            self._failed_at = self._clock()
            _log.warning("issuer_keys_not_read", issuer=self._issuer, reason=repr(failure))
        else:
            self._keys, self._read_at, self._failed_at = keys, now, None

    async def _published(self) -> Mapping[str, SigningKey]:
        if self._keys_url is None:
            address = f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"
            self._keys_url = self._keys_url_in(await self._json(address))
        return read_key_set(await self._json(self._keys_url))

    async def _json(self, url: str) -> Any:
        status, body = await self._fetch(url)
        if status != _OK:
            raise MalformedKeySet(f"status {status}")
        return body

    def _keys_url_in(self, document: object) -> str:
        """Where the issuer says its keys are: of this issuer, and on an address as safe as its."""
        if not isinstance(document, dict) or document.get("issuer") != self._issuer:
            raise MalformedKeySet("the discovery document is not this issuer's")
        url = document.get("jwks_uri")
        if not isinstance(url, str) or not is_safe_address(
            url, plain=is_loopback(urlsplit(self._issuer).hostname or "")
        ):
            raise MalformedKeySet("the discovery document has no usable jwks_uri")
        return url


def _within(seconds: float, since: float | None, now: float) -> bool:
    return since is not None and now - since < seconds
