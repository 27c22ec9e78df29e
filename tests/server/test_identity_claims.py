"""Claims of a token whose signature is good: for whom, from when to when, and who."""

import math
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pierre_mcp.principal import LOCAL, Principal
from pierre_mcp.server.identity.claims import LEEWAY_SECONDS, Expected, read_claims
from pierre_mcp.server.identity.outcome import Accepted, Refusal, person

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SECONDS = NOW.timestamp()
EXPECTED = Expected(
    issuer="https://id.example.org",
    audience="https://pierre.example.org/mcp",
    tenant_claim="https://example.org/club",
    user_claim="sub",
)


def claims(**changes: Any) -> dict[str, Any]:
    """Good ones, with changes; what is ``...`` is left out."""
    good: dict[str, Any] = {
        "iss": EXPECTED.issuer,
        "aud": EXPECTED.audience,
        "sub": "ada",
        "exp": SECONDS + 300,
    }
    return {name: value for name, value in (good | changes).items() if value is not ...}


def reason(**changes: Any) -> str:
    outcome = read_claims(claims(**changes), EXPECTED, NOW)
    assert isinstance(outcome, Refusal), outcome
    assert outcome.retry_after_seconds is None
    return outcome.reason


def accepted(**changes: Any) -> Accepted:
    outcome = read_claims(claims(**changes), EXPECTED, NOW)
    assert isinstance(outcome, Accepted), outcome
    return outcome


@pytest.mark.parametrize(
    "issuer",
    [..., None, "", "https://id.example.org/", "http://id.example.org", "HTTPS://ID.EXAMPLE.ORG"],
)
def test_the_issuer_is_compared_exactly(issuer: Any):
    assert "another issuer" in reason(iss=issuer)


@pytest.mark.parametrize(
    "audience",
    [
        ...,
        None,
        [],
        {},
        7,
        "https://pierre.example.org",
        "https://pierre.example.org/mcp/",
        "https://pierre.example.org/mcp.evil.example",
        ["https://other.example/mcp"],
        [["https://pierre.example.org/mcp"]],
    ],
)
def test_a_token_for_another_audience_is_refused(audience: Any):
    assert "audience" in reason(aud=audience)


def test_one_audience_of_several_is_enough():
    assert accepted(aud=["account", EXPECTED.audience])


@pytest.mark.parametrize(
    "expires", [..., None, "4102444800", True, math.nan, math.inf, -math.inf, [], 10**400]
)
def test_a_token_without_a_usable_end_is_refused(expires: Any):
    assert "no usable exp" in reason(exp=expires)


def test_an_end_counts_with_a_small_leeway():
    assert accepted(exp=SECONDS - LEEWAY_SECONDS + 1)
    assert "expired" in reason(exp=SECONDS - LEEWAY_SECONDS)


@pytest.mark.parametrize("name", ["nbf", "iat"])
def test_a_beginning_counts_with_a_small_leeway(name: str):
    assert accepted(**{name: SECONDS + LEEWAY_SECONDS})
    assert "not valid yet" in reason(**{name: SECONDS + LEEWAY_SECONDS + 1})
    assert "not valid yet" in reason(**{name: "soon"})


@pytest.mark.parametrize("subject", [..., None, "", 7, ["ada"]])
def test_a_token_of_nobody_is_refused(subject: Any):
    assert "sub" in reason(sub=subject)


def test_a_subject_is_needed_even_where_another_claim_names_the_user():
    by_mail = Expected(
        issuer=EXPECTED.issuer, audience=EXPECTED.audience, tenant_claim="club", user_claim="email"
    )
    named = read_claims(claims(email="ada@example.org", club="lake"), by_mail, NOW)
    assert named == Accepted(principal=Principal("lake", "ada@example.org"), scopes=frozenset())
    assert isinstance(read_claims(claims(email="a@b", sub=...), by_mail, NOW), Refusal)
    assert isinstance(read_claims(claims(), by_mail, NOW), Refusal)


def test_tenant_and_user_are_the_claims_that_the_operator_named():
    outcome = accepted(**{EXPECTED.tenant_claim: "lake", "tenant": "elsewhere"})
    assert outcome.principal == Principal("lake", "ada")


def test_without_a_tenant_it_is_the_default_one():
    assert accepted().principal == Principal("default", "ada")


@pytest.mark.parametrize(
    "name",
    ["", " ", "a" * 256, "a\nb", "a\x00b", "a\u202eb", "a\u200bb", "\ud800", " a", 7, None, ["a"]],
)
def test_what_is_no_name_names_nobody(name: Any):
    assert "names nobody" in reason(**{EXPECTED.tenant_claim: name})
    with pytest.raises(ValueError, match="tenant and user"):
        person("lake", name)


def test_no_token_stands_for_the_local_person():
    assert "local" in reason(**{EXPECTED.tenant_claim: LOCAL.tenant, "sub": LOCAL.user})


def test_a_token_that_is_bound_to_a_key_is_no_bearer_token():
    assert "bound" in reason(cnf={"jkt": "x"})


@pytest.mark.parametrize(
    ("granted", "scopes"),
    [
        ({"scope": "read write"}, {"read", "write"}),
        ({"scp": ["read", 7]}, {"read"}),
        ({"scp": "read write"}, {"read", "write"}),
        ({"scope": 7}, set()),
        ({}, set()),
    ],
)
def test_scopes_are_read_as_issuers_write_them(granted: dict[str, Any], scopes: set[str]):
    assert accepted(**granted).scopes == scopes


_TEXT = st.text(alphabet="al:1 \n\u202e\ud800", max_size=6)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=5,
)


@given(
    st.dictionaries(
        st.sampled_from([*claims(), "nbf", "iat", "scope", "scp", "cnf", EXPECTED.tenant_claim]),
        _JSON,
    )
)
def test_whatever_claims_hold_there_is_an_outcome(changes: dict[str, Any]):
    outcome = read_claims(claims() | changes, EXPECTED, NOW)
    assert isinstance(outcome, Accepted | Refusal)
    if isinstance(outcome, Accepted):
        assert outcome.principal != LOCAL


@given(st.lists(st.tuples(_TEXT, _TEXT), min_size=2, max_size=2, unique=True))
def test_no_two_people_have_the_same_key(people: list[tuple[str, str]]):
    first, second = (Principal(*names) for names in people)
    assert first.key != second.key


def test_names_that_hold_the_separator_stay_apart():
    assert Principal("a:1", "b").key != Principal("a", "1:b").key
    assert Principal("a", ":b").key != Principal("a:", "b").key
