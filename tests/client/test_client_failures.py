import importlib
import inspect
import pkgutil
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime

import anyio
import httpx2
import pytest

from pierre_mcp.client.failures import (
    FOREIGN,
    failure_of_exception,
    failure_of_status,
    type_of_status,
)
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

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def exceptions_of(package) -> Iterator[type[Exception]]:
    for module in [package.__name__, *(m.name for m in pkgutil.walk_packages(package.__path__))]:
        name = module if module.startswith(package.__name__) else f"{package.__name__}.{module}"
        try:
            found = importlib.import_module(name)
        except ImportError:
            continue  # an optional part that is not installed cannot raise either
        for kind in vars(found).values():
            if inspect.isclass(kind) and issubclass(kind, Exception):
                ours = kind.__module__.partition(".")[0] == package.__name__
                if ours and not issubclass(kind, Warning):
                    yield kind


ALL_OF_HTTPX2 = sorted(set(exceptions_of(httpx2)), key=lambda kind: kind.__name__)


def made(kind: type[Exception]) -> Exception:
    """An instance whose text is a secret."""
    instance = kind.__new__(kind)
    instance.args = ("https://user:canary@api.invalid/?token=canary",)
    return instance


def test_the_library_has_the_exceptions_it_is_known_for():
    names = {kind.__name__ for kind in ALL_OF_HTTPX2}
    assert {"ConnectTimeout", "InvalidURL", "StreamConsumed", "CookieConflict"} <= names
    assert len(names) > 25


@pytest.mark.parametrize("kind", ALL_OF_HTTPX2, ids=lambda kind: kind.__name__)
def test_no_exception_of_the_http_library_is_left_unmapped(kind):
    assert issubclass(kind, FOREIGN)
    failure = failure_of_exception("harbour", made(kind))
    assert isinstance(failure, ProviderError)
    assert failure.provider == "harbour"
    assert "canary" not in str(failure)


@pytest.mark.parametrize(
    ("cause", "kind"),
    [
        (httpx2.ConnectTimeout("x"), ProviderTimeout),
        (httpx2.PoolTimeout("x"), ProviderTimeout),
        (TimeoutError(), ProviderTimeout),
        (httpx2.ConnectError("x"), NetworkError),
        (httpx2.RemoteProtocolError("x"), NetworkError),
        (httpx2.ProxyError("x"), NetworkError),
        (OSError("x"), NetworkError),
        (ssl.SSLError("x"), NetworkError),
        (anyio.BrokenResourceError(), NetworkError),
        (anyio.EndOfStream(), NetworkError),
        (httpx2.DecodingError("x"), InvalidResponse),
        (UnicodeEncodeError("ascii", "x", 0, 1, "x"), ProviderError),
        (httpx2.InvalidURL("x"), ProviderError),
    ],
    ids=lambda value: getattr(value, "__name__", type(value).__name__),
)
def test_an_exception_becomes_the_kind_that_says_what_to_do(cause, kind):
    assert type(failure_of_exception("harbour", cause)) is kind


def test_a_request_of_invalid_form_is_not_worth_repeating():
    assert not failure_of_exception("harbour", httpx2.InvalidURL("x")).is_retryable


def test_an_untrusted_certificate_is_named_as_such():
    try:
        raise httpx2.ConnectError("x") from ssl.SSLCertVerificationError("x")
    except httpx2.ConnectError as cause:
        failure = failure_of_exception("harbour", cause)
    assert isinstance(failure, NetworkError)
    assert "certificate" in failure.message


def test_a_mistake_of_ours_is_not_disguised():
    with pytest.raises(TypeError, match="KeyError"):
        failure_of_exception("harbour", KeyError("x"))


def failed(status, *, headers=None, payload=None, read_error=None) -> ProviderError:
    return failure_of_status(
        "harbour",
        status,
        headers=headers or {},
        payload=payload,
        read_error=read_error,
        now=NOW,
    )


EXPECTED = {
    401: AuthenticationFailed,
    404: NotFound,
    410: NotFound,
    408: ProviderTimeout,
    425: ProviderServerError,
    429: RateLimitExceeded,
    504: ProviderTimeout,
}


@pytest.mark.parametrize("status", [*range(100, 200), *range(300, 600)])
def test_every_status_that_is_no_success_has_its_error(status):
    failure = failed(status)
    ranges = {1: InvalidResponse, 3: InvalidResponse, 4: ProviderError, 5: ProviderServerError}
    assert type(failure) is EXPECTED.get(status, ranges[status // 100])
    assert type_of_status(status) is failure.type
    assert failure.message.startswith("Provider 'harbour' ")


@pytest.mark.parametrize("status", [0, 99, 600, 999])
def test_a_status_that_does_not_exist_is_an_invalid_response(status):
    assert isinstance(failed(status), InvalidResponse)


def test_what_may_be_asked_again_is_what_passes_by_itself():
    retryable = {status for status in range(300, 600) if failed(status).is_retryable}
    assert retryable == {408, 425, 429, *range(500, 600)}


@pytest.mark.parametrize("status", [429, 503, 504, 408])
def test_retry_after_is_passed_on(status):
    assert failed(status, headers={"retry-after": "14"}).retry_after_seconds == 14


def test_a_wait_is_said_in_words_where_it_is_known():
    assert "14 s" in failed(429, headers={"retry-after": "14"}).message
    assert failed(429).retry_after_seconds is None


def test_retry_after_means_nothing_where_waiting_does_not_help():
    assert failed(404, headers={"retry-after": "14"}).retry_after_seconds is None


@pytest.mark.parametrize(
    ("meant", "kind"),
    [
        (ErrorType.MISSING_SCOPE, MissingScope),
        (ErrorType.NOT_CONFIGURED, NotConfigured),
        (ErrorType.NEEDS_REAUTH, AuthenticationFailed),
        (ErrorType.NOT_CONNECTED, NotConnected),
        (ErrorType.NOT_FOUND, NotFound),
        (ErrorType.RATE_LIMITED, RateLimitExceeded),
        (ErrorType.PROVIDER_ERROR, ProviderError),
    ],
)
def test_the_descriptor_may_know_better_than_the_status(meant, kind):
    seen = []

    def read_error(status, payload):
        seen.append((status, payload))
        return meant

    failure = failed(403, payload={"code": 7}, read_error=read_error)
    assert type(failure) is kind
    assert seen == [(403, {"code": 7})]


@pytest.mark.parametrize("meant", [None, ErrorType.CONFIGURATION, ErrorType.UNSUPPORTED_FEATURE])
def test_what_the_descriptor_does_not_say_the_status_says(meant):
    assert isinstance(failed(404, read_error=lambda *_: meant), NotFound)


def test_a_reader_that_trips_over_a_body_says_nothing():
    assert isinstance(failed(401, read_error=lambda _, body: body["x"]), AuthenticationFailed)


def test_a_body_never_reaches_a_message():
    payload = {"message": "canary", "error": "canary"}
    failures = [failed(s, payload=payload, headers={"x": "canary"}) for s in range(300, 600)]
    assert not [f for f in failures if "canary" in repr(f) + str(f)]
