"""What is left of an application's requests, as a pure state told of every request and answer."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pierre_mcp.client.limit_headers import Told
from pierre_mcp.client.quota import MARGIN_SECONDS, Quota, Window
from pierre_mcp.spi import RateWindow

QUARTER = RateWindow(requests=3, seconds=900, aligned=True)
DAY = RateWindow(requests=10, seconds=86_400, aligned=True)
MINUTE = RateWindow(requests=100, seconds=60)
WINDOWS = (QUARTER, DAY)
NOON = 1_795_608_000.0  # 2026-11-25T12:00:00Z


def told(limit: int, used: int, position: int | None = 0, **values) -> Told:
    return Told(header="x-ratelimit", limit=limit, used=used, position=position, **values)


def after_requests(number: int, now: float) -> Quota:
    quota = Quota()
    for _ in range(number):
        quota = quota.taken(WINDOWS, now)
    return quota


def test_what_was_never_asked_may_be_asked():
    assert Quota().at(WINDOWS, NOON).wait_seconds(NOON) == 0


def test_a_window_that_is_used_up_is_waited_for_to_its_end():
    quota = after_requests(3, NOON + 60)
    assert quota.wait_seconds(NOON + 60) == 840 + MARGIN_SECONDS


def test_an_aligned_window_ends_at_the_quarter_whenever_it_was_first_asked_in():
    for began in (NOON + MARGIN_SECONDS, NOON + 450, NOON + 899):
        assert after_requests(3, began).wait_seconds(NOON + 900) == MARGIN_SECONDS


def test_the_day_is_waited_for_when_it_is_used_up():
    quota = Quota()
    for quarter in range(4):
        now = NOON + 900 * quarter + 10
        for _ in range(3):
            if quota.at(WINDOWS, now).wait_seconds(now) == 0:
                quota = quota.taken(WINDOWS, now)
    assert quota.wait_seconds(now) == NOON + 43_200 + MARGIN_SECONDS - now


def test_a_window_that_is_over_begins_anew():
    quota = after_requests(3, NOON + 60).at(WINDOWS, NOON + 903)
    assert quota.windows["x-ratelimit:900"].used == 0
    assert quota.windows["x-ratelimit:86400"].used == 3


def test_what_others_used_of_the_same_application_counts():
    quota = Quota().after(WINDOWS, [told(3, 3)], NOON + 59, NOON + 60)
    assert quota.wait_seconds(NOON + 60) > 800


def test_a_number_of_the_window_before_is_not_taken_for_this_ones():
    quota = Quota().after(WINDOWS, [told(3, 3)], NOON + 901, NOON + 903)
    assert quota.wait_seconds(NOON + 903) == 0


def test_a_limit_that_was_raised_is_learnt_and_outlives_the_window():
    quota = Quota().after(WINDOWS, [told(30, 2)], NOON + 60, NOON + 60)
    assert quota.at(WINDOWS, NOON + 3600).windows["x-ratelimit:900"].limit == 30


def test_counting_more_than_the_provider_says_is_kept_until_the_window_is_over():
    quota = after_requests(2, NOON + 60).after(WINDOWS, [told(3, 1)], NOON + 60, NOON + 60)
    assert quota.windows["x-ratelimit:900"].used == 2


def test_a_window_that_turns_out_to_be_another_is_taken_as_it_is_told():
    quota = Quota()
    for _ in range(100):
        quota = quota.taken((MINUTE,), NOON)
    one = told(100, 4, None, seconds=60, resets_in_seconds=58)
    quota = quota.after((MINUTE,), [one], NOON + 30, NOON + 31)
    assert quota.windows["x-ratelimit:60"] == Window(
        limit=100, used=4, ends_at=NOON + 31 + 58 + MARGIN_SECONDS
    )


def test_a_limit_that_nobody_declared_is_learnt_with_its_end():
    one = Told(header="ratelimit", limit=20, used=20, resets_in_seconds=40)
    quota = Quota().after((), [one], NOON, NOON)
    assert quota.wait_seconds(NOON) == 40 + MARGIN_SECONDS
    assert quota.wait_seconds(NOON + 43) == 0


def test_a_limit_without_an_end_is_not_learnt():
    one = Told(header="ratelimit", limit=20, used=20)
    assert Quota().after((), [one], NOON, NOON) == Quota()


def test_sparing_leaves_a_part_and_at_least_one():
    quota = after_requests(2, NOON + 60)
    assert quota.wait_seconds(NOON + 60) == 0
    assert quota.wait_seconds(NOON + 60, spare=0.1) > 0


def test_what_was_not_sent_is_given_back():
    quota = after_requests(3, NOON + 60).taken(WINDOWS, NOON + 60, -1)
    assert quota.wait_seconds(NOON + 60) == 0


def test_what_is_closed_opens_again_within_a_day():
    quota = Quota().closed(NOON + 10**9, NOON)
    assert 0 < quota.wait_seconds(NOON) <= 86_400


QUOTAS = st.builds(
    Quota,
    windows=st.dictionaries(
        st.text(max_size=20),
        st.builds(
            Window,
            limit=st.integers(1, 10**9),
            used=st.integers(0, 10**9),
            ends_at=st.floats(0, 4e9),
            early=st.integers(0, 100),
        ),
        max_size=4,
    ),
    closed_until=st.floats(0, 4e9),
)


@given(QUOTAS)
def test_what_is_written_is_read_again(quota):
    assert Quota.load(quota.dump()) == quota


@given(st.none() | st.text() | st.binary(max_size=60))
def test_whatever_lies_there_is_read_or_forgotten(text):
    assert Quota.load(text).wait_seconds(NOON) >= 0


@pytest.mark.parametrize(
    "text",
    ['{"windows": {"a": [1, 2]}}', '{"windows": {"a": ["x", 2, 3, 0]}}', '{"windows": []}',
     '{"windows": {"a": [1, 2, NaN, 0]}, "closed_until": Infinity}', "[]", "[" * 9999],
)  # fmt: skip
def test_garbage_is_as_if_nobody_had_asked(text):
    quota = Quota.load(text)
    assert quota.at(WINDOWS, NOON).wait_seconds(NOON) == 0


STEPS = st.lists(
    st.tuples(st.sampled_from([0, 1, 2, 3, 100, 700]), st.booleans()), min_size=1, max_size=300
)


@given(STEPS, st.sampled_from([0.0, 1.0]))
def test_never_more_is_allowed_than_an_aligned_window_has(steps, behind):
    """A provider that counts itself, by a clock that is right or a little behind ours."""
    quota, now = Quota(), NOON
    counted: dict[tuple[int, int], int] = {}
    for seconds, answers in steps:
        now += seconds
        quota = quota.at(WINDOWS, now)
        if quota.wait_seconds(now):
            continue
        quota = quota.taken(WINDOWS, now)
        keys = [(window.seconds, int((now - behind) // window.seconds)) for window in WINDOWS]
        for key in keys:
            counted[key] = counted.get(key, 0) + 1
        if answers:
            words = [
                told(window.requests, counted[key], place)
                for place, (window, key) in enumerate(zip(WINDOWS, keys, strict=True))
            ]
            quota = quota.after(WINDOWS, words, now, now)
    for (length, _), number in counted.items():
        assert number <= {900: 3, 86_400: 10}[length]


def test_clocks_that_differ_a_little_cost_no_refusal():
    ours_ahead = replace(Quota(), windows={})
    for _ in range(3):
        ours_ahead = ours_ahead.taken(WINDOWS, NOON + 899)
    # By our clock the next quarter has begun, by the provider's not yet.
    assert ours_ahead.at(WINDOWS, NOON + 901).wait_seconds(NOON + 901) > 0
