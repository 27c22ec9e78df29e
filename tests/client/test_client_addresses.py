import pytest
from hypothesis import given
from hypothesis import strategies as st

from pierre_mcp.client.addresses import api_url, query_pairs
from pierre_mcp.errors import NotFound

BASE = "https://api.invalid/v3"


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("athlete", f"{BASE}/athlete"),
        ("/athlete", f"{BASE}/athlete"),
        ("activities/1/laps", f"{BASE}/activities/1/laps"),
        ("1/user/-/profile.json", f"{BASE}/1/user/-/profile.json"),
        ("dataTypes/steps:rollUp", f"{BASE}/dataTypes/steps:rollUp"),
        ("names/a%20b%2Fc", f"{BASE}/names/a%20b%2Fc"),
        ("names/a b\u00e9", f"{BASE}/names/a%20b%C3%A9"),
        ("list/", f"{BASE}/list/"),
    ],
)
def test_a_path_lies_below_the_base(path, url):
    assert api_url("harbour", BASE, path, []) == url


def test_a_slash_at_the_end_of_the_base_changes_nothing():
    assert api_url("harbour", f"{BASE}/", "athlete", []) == f"{BASE}/athlete"


@pytest.mark.parametrize(
    "path",
    [
        "", "/", "//evil.invalid/x", "https://evil.invalid/x", "..", "../../admin", "a/../b",
        "activities/..", "activities/./1", "activities/%2e%2e", "activities/%2E%2E/%2e%2e/admin",
        "activities/..%2f..%2fadmin", "activities/..%5cadmin", "a\\b", "activities//laps",
        "activities/1?access_token=x", "activities/1#x", "activities/1\r\nX-Evil: 1", "a/\x00",
        "activities/%0d%0a",
    ],
)  # fmt: skip
def test_a_path_that_would_lead_elsewhere_is_no_record(path):
    with pytest.raises(NotFound):
        api_url("harbour", BASE, path, [])


@given(st.text(max_size=30))
def test_no_id_leaves_the_place_it_was_put_in(identifier):
    try:
        url = api_url("harbour", BASE, f"activities/{identifier}", [])
    except NotFound:
        return
    assert url.startswith(f"{BASE}/activities/")
    assert url.isascii()
    assert url.isprintable()
    assert not set("?#\\") & set(url)


def test_parameters_are_encoded_and_sequences_repeat():
    pairs = query_pairs({"q": "a b&c", "type": ["run", "ride"], "n": 3, "x": 1.5, "all": True})
    assert api_url("harbour", BASE, "log", pairs) == (
        f"{BASE}/log?q=a%20b%26c&type=run&type=ride&n=3&x=1.5&all=true"
    )


def test_no_parameters_are_no_query():
    assert query_pairs(None) == []
    assert query_pairs({"type": ()}) == []
