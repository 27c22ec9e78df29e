"""What headers say of limits, in every form, and that nothing else is believed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pierre_mcp.client.limit_headers import MOST, Told, read_limits
from pierre_mcp.client.retry_after import LONGEST_WAIT_SECONDS

NOW = 1_795_608_000.0


def read(beginning: str = "x-ratelimit", /, **headers: str) -> list[Told]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return list(read_limits(named, beginning, NOW))


def told(**values) -> Told:
    return Told(header="x-ratelimit", **values)


def test_two_lists_side_by_side_tell_of_windows_by_their_place():
    assert read(x_ratelimit_limit="200, 2000", x_ratelimit_usage="7,41") == [
        told(limit=200, used=7, position=0),
        told(limit=2000, used=41, position=1),
    ]


def test_a_place_that_cannot_be_read_says_nothing_and_costs_no_other():
    assert read(x_ratelimit_limit="many,2000", x_ratelimit_usage="7,41") == [
        told(limit=2000, used=41, position=1)
    ]


def test_policies_tell_limits_and_what_is_left_is_of_the_one_in_force():
    assert read(
        x_ratelimit_limit="100, 100;window=60, 10000;window=86400",
        x_ratelimit_remaining="98",
        x_ratelimit_reset="3",
    ) == [
        told(limit=100, seconds=60),
        told(limit=10_000, seconds=86_400),
        told(limit=100, used=2, seconds=60, resets_in_seconds=3.0),
    ]


@pytest.mark.parametrize(
    "reset", ["90", f"{NOW + 90:.0f}", f"{(NOW + 90) * 1000:.0f}"], ids=["length", "s", "ms"]
)
def test_a_reset_is_a_length_or_a_moment(reset):
    [one] = read(x_ratelimit_limit="50", x_ratelimit_remaining="0", x_ratelimit_reset=reset)
    assert (one.used, one.resets_in_seconds) == (50, pytest.approx(90))


@pytest.mark.parametrize(
    "value", ["limit=100, remaining=30, reset=12", '"default";q=100;r=30;t=12']
)
def test_both_forms_of_the_draft_are_read(value):
    [one] = read("ratelimit", ratelimit=value)
    assert (one.limit, one.used, one.resets_in_seconds) == (100, 70, 12.0)


def test_the_drafts_policy_names_the_window():
    _, one = read("ratelimit", ratelimit_policy='"a";q=100;w=60', ratelimit='"a";r=3;t=9')
    assert (one.limit, one.used, one.seconds, one.resets_in_seconds) == (100, 97, 60, 9.0)


def test_nothing_left_is_learnt_without_a_limit():
    [one] = read(x_ratelimit_remaining="0", x_ratelimit_reset="30")
    assert one.used == one.limit


@pytest.mark.parametrize("nothing", [{}, {"x_ratelimit_limit": "100"}, {"x_ratelimit_reset": "9"}])
def test_what_tells_of_no_use_says_nothing(nothing):
    assert read(**nothing) == []


NAMES = [
    f"x-ratelimit{ending}" for ending in ("", "-limit", "-remaining", "-reset", "-usage", "-policy")
]
SCRAPS = st.lists(
    st.sampled_from(
        ["1", "100", "9" * 14, "9" * 400, "-5", "1e9", ",", ";", "window=", "w=", "r=", "t=", "q=",
         "limit=", "reset=", "\N{SUPERSCRIPT TWO}", "\N{ARABIC-INDIC DIGIT FIVE}", "nan", " "]
    ),
    max_size=8,
).map("".join)  # fmt: skip


@given(st.dictionaries(st.sampled_from(NAMES), SCRAPS | st.text(max_size=40)))
def test_whatever_is_sent_nothing_impossible_is_read(headers):
    for one in read_limits(headers, "x-ratelimit", NOW):
        assert one.limit is None or 0 < one.limit <= MOST + 1
        assert one.used is None or 0 <= one.used <= MOST + 1
        assert one.seconds is None or 0 < one.seconds <= LONGEST_WAIT_SECONDS
        reset = one.resets_in_seconds
        assert reset is None or 0 <= reset <= LONGEST_WAIT_SECONDS
