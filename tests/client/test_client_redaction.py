import logging

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from pierre_mcp.client.redaction import is_secret_name, redact, redact_text, remember


@pytest.mark.parametrize(
    "name",
    [
        "token", "access_token", "refreshToken", "client_secret", "api_key", "X-Api-Key",
        "Authorization", "Proxy-Authorization", "code", "state", "password", "Set-Cookie", "cookie",
        "code_verifier", "PIERRE_MASTER_KEY", "nonce", "credentials",
    ],
)  # fmt: skip
def test_a_secret_is_known_by_its_name(name):
    assert is_secret_name(name)
    assert redact(None, "info", {name: "canary-value"}) == {name: "***"}


@pytest.mark.parametrize(
    "name",
    [
        "status_code",
        "provider",
        "monkey",
        "statement",
        "encoder",
        "tokenizer",
        "duration_ms",
        "KeyError",
        "token_type_hint",
    ],
)
def test_what_only_looks_like_such_a_name_is_left_alone(name):
    assert redact(None, "info", {name: "200"}) == {name: "200"}


def test_nothing_is_not_a_secret():
    assert redact(None, "info", {"token": None, "code": ""}) == {"token": None, "code": ""}


@pytest.mark.parametrize(
    "text",
    [
        "GET https://api.invalid/v2/list?token=canary&openId=canary HTTP/1.1",
        "GET https://api.invalid/v2/list?canary",
        'HTTP Request: GET https://api.invalid/x?a=canary "HTTP/1.1 200 OK"',
        '127.0.0.1 - "GET /api/oauth/callback/harbour?code=canary&state=canary HTTP/1.1" 200',
        '"GET /connect/canary HTTP/1.1" 200',
        "redirected to https://app.invalid/#access_token=canary",
        "postgresql+asyncpg://pierre:canary@db.invalid/pierre",
        "redis://:canary@redis.invalid:6379/0",
        "Authorization: Bearer canary",
        "authorization=Basic canary==",
        "sent Bearer canary.canary-canary",
        "Cookie: a=canary; b=canary",
        "Set-Cookie: session=canary; Path=/; HttpOnly",
        "headers=[(b'Set-Cookie', b'session=canary; Path=/'), (b'X', b'1')]",
        "{'Authorization': 'Bearer canary'}",
        '{"access_token": "canary", "expires_in": 21600}',
        '{"refresh_token":"canary"}',
        "grant_type=refresh_token&refresh_token=canary&client_secret=canary",
        "token='canary value'",
        "client_secret = canary",
        "apiKey: canary",
        "b'access_token': b'canary'",
        "(password: canary)",
        """(b'www-authenticate', b'Bearer realm="x", access_token="canary"')""",
        "note='token: canary'",
        r'"{\"access_token\": \"canary\"}"',
    ],
)
def test_a_secret_is_known_by_its_place_in_a_text(text):
    cleaned = redact_text(text)
    assert "canary" not in cleaned
    assert "***" in cleaned


@pytest.mark.parametrize(
    "text",
    [
        "connected to https://api.invalid/v3/athlete in 12 ms",
        "What now? Nothing.",
        "3 of 4 activities, ratio 1:2",
        "VALUES (?, ?, ?)",
        "2026-11-24T12:00:00Z",
        "status_code=200 provider=harbour",
        "KeyError: 'distance'",
        "the token was refreshed",
        "there is no token:",
        "",
    ],
)
def test_a_text_without_secrets_stays_as_it_is(text):
    assert redact_text(text) == text


def test_what_is_not_secret_stays_readable():
    assert redact_text("GET https://api.invalid/v2/list?token=x HTTP/1.1") == (
        "GET https://api.invalid/v2/list?*** HTTP/1.1"
    )
    assert redact_text('{"access_token": "x", "expires_in": 5}') == (
        '{"access_token": ***, "expires_in": 5}'
    )


@pytest.mark.parametrize("wrapped", ["{}", "odd|{}|odd", "name{}", "%2F{}"])
def test_a_secret_in_use_is_known_by_its_value(wrapped):
    remember("s3cr/t+value", None)
    assert "s3cr" not in redact_text(wrapped.format("s3cr/t+value"))
    assert "s3cr" not in redact_text(wrapped.format("s3cr%2Ft%2Bvalue"))


def test_a_short_value_tears_no_holes_in_other_words():
    remember("run", "")
    assert redact_text("a run") == "a run"


def test_only_so_many_are_kept_and_the_latest_of_them():
    for n in range(2_000):
        remember("first-secret")
        remember(f"secret-{n:05}")
    assert redact_text("secret-00000") == "secret-00000"
    assert redact_text("secret-01999 first-secret") == "*** ***"


def test_secrets_are_found_however_deep_they_lie():
    event = {
        "event": "asked",
        "answer": {"tokens": [1], "inner": [{"access_token": "canary"}, "code=canary"], "n": 5},
        "request": ("Bearer canary", None, True, 1.5),
        "other": OSError("token=canary"),
    }
    cleaned = redact(None, "info", event)
    assert "canary" not in repr(cleaned)
    assert cleaned["event"] == "asked"
    assert cleaned["answer"]["n"] == 5
    assert cleaned["request"][1:] == [None, True, 1.5]


@given(
    st.dictionaries(
        st.text(), st.recursive(st.text() | st.integers(), st.lists, max_leaves=5), max_size=4
    )
)
def test_no_event_makes_it_fail(event):
    assert redact(None, "info", dict(event)).keys() == event.keys()


@pytest.mark.parametrize(
    "part", ["a", "a.", "/", "?", "a=", "token=", "://", "a://b?", "bearer ", "'", "#a", "cookie:"]
)
def test_a_secret_is_found_at_the_end_of_a_very_long_line(part):
    # A pattern that goes back over what it has read would take hours for this.
    assert "canary" not in redact_text(part * (200_000 // len(part)) + " token=canary")


def test_our_own_lines_are_clean(logged):
    structlog.get_logger("x").info("asked", url="https://a.invalid/?q=canary", api_key="canary")
    (line,) = logged()
    assert (line["event"], line["url"], line["api_key"]) == (
        "asked",
        "https://a.invalid/?***",
        "***",
    )


@pytest.mark.parametrize("library", ["httpx2", "httpcore2.http11", "mcp.client", "uvicorn.error"])
def test_the_lines_of_libraries_are_clean(logged, library):
    logging.getLogger(library).warning("GET %s", "https://a.invalid/x?token=canary")
    (line,) = logged()
    assert line["event"] == "GET https://a.invalid/x?***"


def test_exceptions_are_clean_and_show_where_they_arose(logged):
    def fail() -> None:
        token = "token=" + "canary"
        raise ValueError(f"refused: {token}")

    for log in (structlog.get_logger("x").exception, logging.getLogger("y").exception):
        try:
            fail()
        except ValueError:
            log("failed")
    for line in logged():
        assert "canary" not in line["exception"].splitlines()[-1]
        # Source is shown as it stands; it is no secret.
        assert 'raise ValueError(f"refused: {token}")' in line["exception"]
        assert 'token = "token="' not in line["exception"]
