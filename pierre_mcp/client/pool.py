"""The connections to every provider's servers: pooled per provider, timed, capped, observed.

Providers do not wait for each other: each has a pool of its own. It follows no redirect, keeps no
cookie (one would travel to the next person) and decides nothing about an answer's status.
"""

import ssl
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.metadata import version
from logging import WARNING, getLogger
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

import anyio
import httpx2

from pierre_mcp.client.bodies import parse_any, read_body
from pierre_mcp.client.failures import FOREIGN, failure_of_exception, type_of_status
from pierre_mcp.client.messages import Answer, Outgoing
from pierre_mcp.client.metrics import RequestMetrics
from pierre_mcp.client.observing import CANCELLED, OK, Observer
from pierre_mcp.client.redaction import is_secret_name, remember
from pierre_mcp.client.ways import Ways
from pierre_mcp.errors import (
    InvalidResponse,
    NetworkError,
    ProviderError,
)

CONNECT_SECONDS = 10.0
LARGE_BODIES_AT_ONCE = 2
"""Of one provider; small bodies do not count."""

_LAST_SUCCESS = 399
"""Up to here a status is no failure of the request; what a redirect means, the asker decides."""


@cache
def _trusted() -> ssl.SSLContext:
    """The authorities that this machine trusts; reading them all takes longer than a request."""
    return httpx2.create_ssl_context()


class HttpPool:
    """Every way to every provider of one process; closed together when it is left."""

    def __init__(
        self,
        *,
        observer: Observer | None = None,
        tls: ssl.SSLContext | None = None,
        connect_seconds: float = CONNECT_SECONDS,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self._observer = observer or Observer(RequestMetrics())
        self._tls = tls
        self._connect_seconds = connect_seconds
        self._clients: dict[tuple[str, bool], httpx2.AsyncClient] = {}
        self._turns: defaultdict[str, anyio.Semaphore] = defaultdict(
            lambda: anyio.Semaphore(LARGE_BODIES_AT_ONCE)
        )
        self._exits = AsyncExitStack()
        self._clock = clock
        self.clock_offset_seconds: float | None = None
        """How far our clock is ahead of the one that answered last; ``None`` while unknown."""
        self.ways = Ways()
        """What is known of each provider that was asked."""

    async def __aenter__(self) -> Self:
        # They log addresses with their queries, and headers; we say the same without.
        for library in ("httpx2", "httpcore2"):
            getLogger(library).setLevel(WARNING)
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._clients.clear()
        await self._exits.__aexit__(exc_type, exc, traceback)

    @property
    def metrics(self) -> RequestMetrics:
        """The numbers of every request so far."""
        return self._observer.numbers

    async def send(
        self,
        provider: str,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: str | None = None,
    ) -> tuple[int, Any]:
        """Status and parsed body (JSON or a form, else ``None``) of a call that is not a read.

        Raises ``NetworkError``, ``ProviderTimeout`` and ``InvalidResponse``; no status is an error.
        """
        remember(*_secrets_of(headers, body))
        answer = await self.exchange(
            Outgoing(
                provider=provider,
                method=method,
                url=url,
                label_path=urlsplit(url).path,
                headers={"Accept": "application/json", **headers},
                body=body,
            )
        )
        return answer.status, parse_any(answer.body, answer.headers.get("content-type", ""))

    async def exchange(self, request: Outgoing) -> Answer:
        """Make one attempt; every attempt at any provider passes through here, so this is where
        the guard stands, and what retry repeats.

        Raises ``NetworkError``, ``ProviderTimeout``, ``InvalidResponse``, what its guard says where
        it is not let through, or ``ProviderError``.
        """
        if request.guard is None:
            return await self._observed(request)
        return await request.guard.exchange(lambda: self._observed(request))

    async def _observed(self, request: Outgoing) -> Answer:
        with self._observer.request(request.provider, request.method, request.label_path) as seen:
            try:
                answer = await self._within_time(request)
            except ProviderError as failure:
                seen.outcome = failure.type.value
                raise
            except anyio.get_cancelled_exc_class():
                seen.outcome = CANCELLED
                raise
            seen.status = answer.status
            seen.outcome = OK if answer.status <= _LAST_SUCCESS else type_of_status(answer.status)
            return answer

    async def _within_time(self, request: Outgoing) -> Answer:
        failure: ProviderError | None = None
        with anyio.move_on_after(request.timeout_seconds):
            try:
                return await self._attempt(request)
            except FOREIGN as cause:
                failure = failure_of_exception(request.provider, cause)
        # Raised out here, the error does not carry the foreign one, which holds the request.
        raise failure or failure_of_exception(request.provider, TimeoutError())

    async def _attempt(self, request: Outgoing) -> Answer:
        client = self._client(request.provider, kept=request.address is None)
        url = httpx2.URL(request.url)
        headers = dict(request.headers)
        extensions = {}
        if request.address is not None:
            headers["Host"] = url.netloc.decode("ascii")
            extensions["sni_hostname"] = url.host
            url = url.copy_with(host=request.address)
        async with client.stream(
            request.method,
            url,
            headers=headers,
            content=request.body,
            extensions=extensions,
            timeout=httpx2.Timeout(
                request.timeout_seconds,
                connect=min(self._connect_seconds, request.timeout_seconds),
            ),
        ) as response:
            self._compare_clocks(response.headers.get("date"))
            return Answer(
                status=response.status_code,
                headers={name.lower(): value for name, value in response.headers.items()},
                body=await self._body(request.provider, response),
            )

    def _compare_clocks(self, date: str | None) -> None:
        if self._clock is None or date is None:
            return
        try:
            there = parsedate_to_datetime(date)
            self.clock_offset_seconds = (self._clock() - there).total_seconds()
        except (ValueError, TypeError):
            return  # it is no date, or one without a zone

    async def _body(self, provider: str, response: httpx2.Response) -> bytes:
        try:
            return await read_body(provider, response, self._turns[provider])
        except (InvalidResponse, httpx2.DecodingError):
            if response.is_success:
                raise
            # A failure is told by its status, and a body that cannot be read changes nothing.
            return b""

    def _client(self, provider: str, *, kept: bool) -> httpx2.AsyncClient:
        key = (provider, kept)
        if key not in self._clients:
            try:
                client = httpx2.AsyncClient(
                    verify=self._tls or _trusted(),
                    cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
                    headers={
                        "User-Agent": f"pierre-mcp/{version('pierre-mcp')}",
                        "Accept-Encoding": "gzip, deflate",
                    },
                    limits=httpx2.Limits(
                        max_connections=100, max_keepalive_connections=20 if kept else 0
                    ),
                    follow_redirects=False,
                )
            except (ImportError, ValueError):
                client = None
            if client is None:
                raise NetworkError(
                    provider,
                    f"Provider '{provider}' cannot be reached through the proxy that the "
                    "environment names. Check HTTPS_PROXY and ALL_PROXY.",
                )
            self._clients[key] = client
            self._exits.push_async_callback(client.aclose)
        return self._clients[key]


def _secrets_of(headers: Mapping[str, str], body: str | None) -> list[str]:
    """What must not be seen of a call that obtains or ends a token."""
    credentials = [v.split(" ")[-1] for name, v in headers.items() if is_secret_name(name)]
    return credentials + [v for name, v in parse_qsl(body or "") if is_secret_name(name)]
