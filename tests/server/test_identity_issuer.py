"""Tokens of a real issuer, a process that signs, rotates and misbehaves; its keys, kept by us."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from issuer import IssuerProcess, running_issuer

from pierre_mcp.client.pool import HttpPool
from pierre_mcp.principal import Principal
from pierre_mcp.server.identity.claims import Expected
from pierre_mcp.server.identity.fetching import FetchJson, is_safe_address
from pierre_mcp.server.identity.issuer import Issuer
from pierre_mcp.server.identity.issuer_keys import (
    FRESH_SECONDS,
    KEPT_SECONDS,
    RETRY_SECONDS,
    SEARCH_SECONDS,
    IssuerKeys,
)
from pierre_mcp.server.identity.outcome import Accepted, Refusal
from pierre_mcp.server.identity.signing_keys import MalformedKeySet, read_key_set

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
AUDIENCE = "https://pierre.example.org/mcp"


class Seconds:
    """A clock of seconds that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def process() -> Iterator[IssuerProcess]:
    with running_issuer() as running:
        yield running


@pytest.fixture
def issuer(process: IssuerProcess) -> Iterator[IssuerProcess]:
    process.behave("well")
    process.asked()
    yield process
    process.behave("well")


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
async def gate(issuer: IssuerProcess, seconds: Seconds) -> AsyncIterator[Issuer]:
    async with HttpPool() as pool:

        async def fetch(url: str) -> tuple[int, Any]:
            return await pool.send("oidc-issuer", "GET", url, headers={})

        yield a_gate(issuer, fetch, seconds)


def a_gate(
    issuer: IssuerProcess, fetch: FetchJson, seconds: Seconds, patience_seconds: float = 30
) -> Issuer:
    expected = Expected(
        issuer=issuer.url, audience=AUDIENCE, tenant_claim="tenant", user_claim="sub"
    )
    keys = IssuerKeys(issuer.url, fetch, clock=seconds, patience_seconds=patience_seconds)
    return Issuer(expected, keys, clock=lambda: NOW)


def a_token(issuer: IssuerProcess, **changes: Any) -> str:
    good = {
        "iss": issuer.url,
        "aud": AUDIENCE,
        "sub": "ada",
        "tenant": "lake",
        "exp": NOW.timestamp() + 300,
    }
    return issuer.token(**(good | changes))


async def refusal(gate: Issuer, token: str) -> Refusal:
    outcome = await gate.check(token)
    assert isinstance(outcome, Refusal), outcome
    return outcome


@pytest.mark.parametrize("how", ["RS256", "PS256", "ES256", "EdDSA", "Ed25519"])
async def test_a_good_token_is_taken_in_each_algorithm(
    gate: Issuer, issuer: IssuerProcess, how: str
):
    outcome = await gate.check(a_token(issuer, how=how, scope="read"))
    assert outcome == Accepted(principal=Principal("lake", "ada"), scopes=frozenset({"read"}))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"how": "none"}, "not accepted"),
        ({"how": "none", "header": {"alg": "NONE"}}, "not accepted"),
        ({"how": "HS256 with the public key"}, "not accepted"),
        ({"how": "RS512"}, "not accepted"),
        ({"how": "a key that is not published"}, "does not publish"),
        ({"how": "a foreign key under a known id"}, "signature"),
        ({"header": {"kid": None}}, "kid"),
        ({"header": {"kid": ""}}, "kid"),
        ({"header": {"kid": 7}}, "kid"),
        ({"header": {"kid": ["rsa-1"]}}, "kid"),
        ({"header": {"crit": ["exp"]}}, "extensions"),
        ({"header": {"b64": True}}, "extensions"),
        ({"header": {"b64": False}}, "nor a JWT"),
        ({"header": {"typ": "logout+jwt"}}, "kind"),
        ({"aud": "https://other.example/mcp"}, "audience"),
        ({"iss": "https://other.example"}, "another issuer"),
        ({"exp": NOW.timestamp() - 60}, "expired"),
        ({"nbf": NOW.timestamp() + 60}, "not valid yet"),
        ({"exp": None}, "exp"),
        ({"sub": None}, "sub"),
        ({"tenant": "local", "sub": "local"}, "local"),
        ({"payload": "[]"}, "signature"),
        ({"payload": "ada"}, "signature"),
        ({"payload": "[" * 50_000}, "signature"),
        ({"payload": ""}, "signature"),
    ],
    ids=str,
)
async def test_a_false_token_is_refused_and_told_why(
    gate: Issuer, issuer: IssuerProcess, changes: dict[str, Any], told: str
):
    assert await gate.check(a_token(issuer))
    refused = await refusal(gate, a_token(issuer, **changes))
    assert told in refused.reason
    assert refused.retry_after_seconds is None


@pytest.mark.parametrize("other", ["ES256", "EdDSA", "PS256"])
async def test_a_key_is_good_for_its_own_algorithm_only(
    gate: Issuer, issuer: IssuerProcess, other: str
):
    header, body, signature = a_token(issuer).split(".")
    foreign = a_token(issuer, how=other).split(".")
    assert "signature" in (await refusal(gate, f"{header}.{body}.{foreign[2]}")).reason
    assert "signature" in (await refusal(gate, f"{foreign[0]}.{body}.{signature}")).reason


async def test_a_key_may_be_for_one_algorithm_of_its_kind(gate: Issuer, issuer: IssuerProcess):
    issuer.behave("odd keys")
    for how, taken in (("RS256", Accepted), ("PS256", Refusal)):
        token = a_token(issuer, how=how, header={"kid": "for-one-algorithm"})
        assert isinstance(await gate.check(token), taken), how


async def test_keys_that_a_token_brings_along_are_not_looked_at(
    gate: Issuer, issuer: IssuerProcess
):
    """Its own key, or the address of one: the signature has to hold by the published keys."""
    brought = {"jku": "https://evil.example/jwks", "x5u": "https://evil.example/cert"}
    assert isinstance(await gate.check(a_token(issuer, header=brought)), Accepted)
    assert set(issuer.asked()) == {"discovery", "jwks"}


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.text(alphabet=".eyJhbGciOiJub25lIn0ñ\x00", max_size=80))
async def test_text_that_is_no_token_is_refused(gate: Issuer, text: str):
    assert isinstance(await gate.check(text), Refusal)


async def test_any_change_to_a_token_is_refused(gate: Issuer, issuer: IssuerProcess):
    token = a_token(issuer, how="ES256")
    for place in range(len(token)):
        changed = "A" if token[place] != "A" else "Q"
        # The last character of a part holds bits that decode to nothing.
        if token[place + 1 : place + 2] in ("", "."):
            continue
        assert await refusal(gate, token[:place] + changed + token[place + 1 :])


async def test_keys_are_read_once_for_many_tokens(gate: Issuer, issuer: IssuerProcess):
    async with anyio.create_task_group() as tasks:
        for how in ("RS256", "ES256", "EdDSA") * 10:
            tasks.start_soon(gate.check, a_token(issuer, how=how))
    assert issuer.asked() == {"discovery": 1, "jwks": 1}


async def test_after_a_rotation_the_new_key_counts_and_the_old_one_does_not(
    gate: Issuer, issuer: IssuerProcess
):
    old = a_token(issuer)
    assert isinstance(await gate.check(old), Accepted)
    issuer.rotate()
    assert isinstance(await gate.check(a_token(issuer)), Accepted)
    assert "does not publish" in (await refusal(gate, old)).reason


async def test_a_withdrawn_key_ends_with_the_age_of_the_kept_ones(
    gate: Issuer, issuer: IssuerProcess, seconds: Seconds
):
    old = a_token(issuer)
    await gate.check(old)
    issuer.rotate()
    seconds.now += FRESH_SECONDS - 1
    assert isinstance(await gate.check(old), Accepted)
    seconds.now += 1
    assert "does not publish" in (await refusal(gate, old)).reason


async def test_a_flood_of_unknown_keys_costs_one_fetch_a_minute(
    gate: Issuer, issuer: IssuerProcess, seconds: Seconds
):
    await gate.check(a_token(issuer))
    issuer.asked()
    flood = [a_token(issuer, header={"kid": f"made-up-{number}"}) for number in range(50)]
    for minute in range(3):
        async with anyio.create_task_group() as tasks:
            for token in flood:
                tasks.start_soon(gate.check, token)
        for token in flood:
            assert "does not publish" in (await refusal(gate, token)).reason
        assert issuer.asked() == {"jwks": 1}, minute
        seconds.now += SEARCH_SECONDS


@pytest.mark.parametrize(
    "how",
    [
        "is down",
        "fails",
        "garbage",
        "names another issuer",
        "sends for keys in clear",
        "is no document",
    ],
)
async def test_a_new_server_takes_nothing_while_the_issuer_misbehaves(
    gate: Issuer, issuer: IssuerProcess, seconds: Seconds, how: str
):
    issuer.behave(how)
    token = a_token(issuer)
    refused = await refusal(gate, token)
    assert "cannot be reached" in refused.reason
    assert refused.retry_after_seconds == RETRY_SECONDS
    issuer.asked()
    issuer.behave("well")
    seconds.now += RETRY_SECONDS - 1
    assert (await refusal(gate, token)).retry_after_seconds == 1
    assert issuer.asked() == {}
    seconds.now += 1
    assert isinstance(await gate.check(token), Accepted)


@pytest.mark.parametrize("how", ["is down", "fails", "garbage"])
async def test_known_keys_go_on_serving_for_a_day_while_the_issuer_is_down(
    gate: Issuer, issuer: IssuerProcess, seconds: Seconds, how: str
):
    token = a_token(issuer)
    await gate.check(token)
    issuer.behave(how)
    seconds.now += KEPT_SECONDS - 1
    assert isinstance(await gate.check(token), Accepted)
    unknown = a_token(issuer, header={"kid": "made-up"})
    assert (await refusal(gate, unknown)).retry_after_seconds is not None
    seconds.now += 1
    assert (await refusal(gate, token)).retry_after_seconds is not None


async def test_an_issuer_that_publishes_no_keys_withdraws_them_all(
    gate: Issuer, issuer: IssuerProcess, seconds: Seconds
):
    token = a_token(issuer)
    await gate.check(token)
    issuer.behave("no keys")
    seconds.now += FRESH_SECONDS
    assert "does not publish" in (await refusal(gate, token)).reason


async def test_nobody_with_a_known_key_waits_for_an_issuer_that_hangs(
    gate: Issuer, issuer: IssuerProcess, seconds: Seconds
):
    token = a_token(issuer)
    await gate.check(token)
    issuer.asked()
    issuer.behave("hangs")
    seconds.now += FRESH_SECONDS
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(gate.check, token)
        await issuer.until_asked()
        issuer.asked()
        # The first is waiting for the issuer, and the others are served.
        for _ in range(10):
            assert isinstance(await gate.check(token), Accepted)
        assert issuer.asked() == {}
        tasks.cancel_scope.cancel()


async def test_the_wait_for_an_issuer_is_bounded(issuer: IssuerProcess, seconds: Seconds):
    async def never(_: str) -> tuple[int, Any]:
        await anyio.sleep_forever()
        raise AssertionError

    gate = a_gate(issuer, never, seconds, patience_seconds=0.01)
    with anyio.fail_after(60):
        assert (await refusal(gate, a_token(issuer))).retry_after_seconds == RETRY_SECONDS


async def test_whoever_leaves_while_keys_are_read_blocks_nobody(
    gate: Issuer, issuer: IssuerProcess
):
    token = a_token(issuer)
    issuer.behave("hangs")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(gate.check, token)
        await issuer.until_asked()
        tasks.cancel_scope.cancel()
    issuer.behave("well")
    assert isinstance(await gate.check(token), Accepted)


async def test_keys_for_something_else_are_passed_over(gate: Issuer, issuer: IssuerProcess):
    issuer.behave("odd keys")
    assert isinstance(await gate.check(a_token(issuer)), Accepted)
    for kid in ("shared", "for-secrecy", "for-another-algorithm", "off-the-curve", "small"):
        outcome = await refusal(gate, a_token(issuer, header={"kid": kid}))
        assert "does not publish" in outcome.reason


@pytest.mark.parametrize("document", [None, [], "keys", 7, {}, {"keys": None}, {"keys": {}}])
def test_what_is_no_key_set_is_malformed(document: Any):
    with pytest.raises(MalformedKeySet):
        read_key_set(document)


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://id.example.org/realm", True),
        ("http://127.0.0.1:8080", True),
        ("http://localhost", True),
        ("http://[::1]:9", True),
        ("http://id.example.org", False),
        ("http://127.0.0.1.evil.example", False),
        ("https://ada@id.example.org", False),
        ("http://localhost@evil.example", False),
        ("file:///etc/passwd", False),
        ("https://", False),
        ("https://[", False),
        ("", False),
    ],
)
def test_only_encrypted_addresses_and_this_machine_are_safe(url: str, safe: bool):
    assert is_safe_address(url) is safe
    assert is_safe_address(url, plain=False) is (safe and url.startswith("https"))
