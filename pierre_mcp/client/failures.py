"""The one place where an HTTP status or a foreign exception becomes one of our errors.

Messages name the provider, what happened and what to do. They never quote a body, an address or
the foreign exception, whose text may hold either.
"""

import ssl
from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

import anyio
import httpx2
import structlog

from pierre_mcp.client.retry_after import retry_after_seconds
from pierre_mcp.errors import (
    AuthenticationFailed,
    ErrorType,
    InvalidResponse,
    MissingScope,
    NetworkError,
    NotConfigured,
    NotConnected,
    NotFound,
    ProviderError,
    ProviderServerError,
    ProviderTimeout,
    RateLimitExceeded,
)

_log = structlog.get_logger(__name__)

ReadError = Callable[[int, Any], ErrorType | None]
"""What a descriptor knows about unsuccessful answers, see ``ProviderDescriptor.read_error``."""

_Row = tuple[tuple[type[Exception], ...], type[ProviderError], str]

# The first row that fits counts, so a kind stands above its parent.
_BY_EXCEPTION: tuple[_Row, ...] = (
    (
        (httpx2.TimeoutException, TimeoutError),
        ProviderTimeout,
        "did not answer in time. Try again in a moment.",
    ),
    (
        (httpx2.ProxyError,),
        NetworkError,
        "could not be reached through the proxy that the environment names.",
    ),
    (
        (httpx2.DecodingError, httpx2.TooManyRedirects, httpx2.SSEError),
        InvalidResponse,
        "sent an answer that cannot be read.",
    ),
    (
        (
            httpx2.LocalProtocolError,
            httpx2.UnsupportedProtocol,
            httpx2.InvalidURL,
            httpx2.CookieConflict,
            httpx2.StreamError,
            UnicodeError,
        ),
        ProviderError,
        "could not be asked in a valid form. Check its configured address and keys.",
    ),
    (
        (httpx2.HTTPStatusError,),
        ProviderServerError,
        "failed on its own side. Try again later.",
    ),
    (
        (httpx2.HTTPError, OSError, anyio.BrokenResourceError, anyio.EndOfStream),
        NetworkError,
        "could not be reached, or the connection broke off. Try again in a moment.",
    ),
)

FOREIGN = tuple({kind for kinds, _, _ in _BY_EXCEPTION for kind in kinds})
"""Every exception that sending a request may end in; any other is a mistake of ours."""

_UNTRUSTED = (
    "was not reached: what answered has no certificate that this machine trusts. Check its "
    "configured address and this machine's clock and certificates."
)

_BY_ERROR_TYPE: Mapping[ErrorType, tuple[type[ProviderError], str]] = {
    ErrorType.NEEDS_REAUTH: (
        AuthenticationFailed,
        "no longer accepts this connection. Connect it again with connect_provider.",
    ),
    ErrorType.MISSING_SCOPE: (
        MissingScope,
        "was not given the permission for this. Connect it again and leave everything ticked.",
    ),
    ErrorType.NOT_CONFIGURED: (
        NotConfigured,
        "does not accept this application. Check its credentials, and whether it is active there.",
    ),
    ErrorType.NOT_CONNECTED: (
        NotConnected,
        "holds nothing of the connected account, which was never set up there. Do so in its app.",
    ),
    ErrorType.NOT_FOUND: (
        NotFound,
        "has no such record, or none that this connection may see.",
    ),
    ErrorType.RATE_LIMITED: (RateLimitExceeded, "allows no more requests for now."),
    ErrorType.TIMEOUT: (ProviderTimeout, "did not answer in time. Try again in a moment."),
    ErrorType.PROVIDER_ERROR: (ProviderServerError, "failed on its own side. Try again later."),
    ErrorType.INVALID_RESPONSE: (InvalidResponse, "sent an answer that it does not document."),
}

_BY_STATUS: Mapping[int, ErrorType] = {
    HTTPStatus.UNAUTHORIZED: ErrorType.NEEDS_REAUTH,
    HTTPStatus.NOT_FOUND: ErrorType.NOT_FOUND,
    HTTPStatus.GONE: ErrorType.NOT_FOUND,
    HTTPStatus.REQUEST_TIMEOUT: ErrorType.TIMEOUT,
    HTTPStatus.GATEWAY_TIMEOUT: ErrorType.TIMEOUT,
    HTTPStatus.TOO_EARLY: ErrorType.PROVIDER_ERROR,
    HTTPStatus.TOO_MANY_REQUESTS: ErrorType.RATE_LIMITED,
}

_CLIENT_ERRORS = range(400, 500)
_SERVER_ERRORS = range(500, 600)


def failure_of_exception(provider: str, cause: Exception) -> ProviderError:
    """Our error for one of ``FOREIGN``."""
    if _is_untrusted(cause):
        return NetworkError(provider, _sentence(provider, _UNTRUSTED))
    for kinds, kind, what in _BY_EXCEPTION:
        if isinstance(cause, kinds):
            return kind(provider, _sentence(provider, what))
    raise TypeError(f"{type(cause).__name__} is not a failure of sending") from None


def failure_of_status(
    provider: str,
    status: int,
    *,
    headers: Mapping[str, str],
    payload: Any,
    read_error: ReadError | None,
    now: datetime,
    wait_seconds: float | None = None,
) -> ProviderError:
    """Our error for an answer that is no success.

    ``payload`` is the parsed body, ``headers`` have names in lower case. ``wait_seconds`` is what
    is known of when to come back beside Retry-After.
    """
    meant = _ask(provider, read_error, status, payload) or type_of_status(status)
    refused = status in _CLIENT_ERRORS and status != HTTPStatus.TOO_EARLY
    if meant is ErrorType.PROVIDER_ERROR and refused:
        return ProviderError(
            provider, _sentence(provider, f"refused the request (status {status}).")
        )
    kind, what = _BY_ERROR_TYPE[meant]
    wait = None
    if kind.is_transient:
        told = retry_after_seconds(headers.get("retry-after"), now)
        wait = max((one for one in (told, wait_seconds) if one is not None), default=None)
    if kind is RateLimitExceeded and wait is not None:
        what += f" Ask again in {wait:.0f} s."
    return kind(provider, _sentence(provider, what), retry_after_seconds=wait)


def type_of_status(status: int) -> ErrorType:
    """What an unsuccessful status says by itself."""
    if status in _BY_STATUS:
        return _BY_STATUS[HTTPStatus(status)]
    if status in _CLIENT_ERRORS or status in _SERVER_ERRORS:
        return ErrorType.PROVIDER_ERROR
    return ErrorType.INVALID_RESPONSE


def unreadable(provider: str, what: str = "sent an answer that cannot be read.") -> InvalidResponse:
    """The error for a body that is not what it should be."""
    return InvalidResponse(provider, _sentence(provider, what))


def _sentence(provider: str, what: str) -> str:
    return f"Provider '{provider}' {what}"


def _ask(
    provider: str, read_error: ReadError | None, status: int, payload: Any
) -> ErrorType | None:
    """What the descriptor says; a reader that trips over an unexpected body says nothing."""
    if read_error is None:
        return None
    try:
        meant = read_error(status, payload)
    except Exception as mistake:  # noqa: BLE001 - a stranger's code, fed with a stranger's answer
        _log.warning("read_error_failed", provider=provider, mistake=type(mistake).__name__)
        return None
    return meant if meant in _BY_ERROR_TYPE else None


def _is_untrusted(cause: BaseException | None) -> bool:
    """Whether a certificate was refused, which the HTTP library reports as a failed connection."""
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
