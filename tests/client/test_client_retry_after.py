from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pierre_mcp.client.retry_after import LONGEST_WAIT_SECONDS, retry_after_seconds

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("14", 14),
        (" 120 ", 120),
        ("1.5", 1.5),
        ("007", 7),
        ("Tue, 24 Nov 2026 12:01:30 GMT", 90),
        ("Tuesday, 24-Nov-26 12:01:30 GMT", 90),
        ("Tue Nov 24 12:01:30 2026", 90),
        ("Tue, 24 Nov 2026 13:01:30 +0100", 90),
    ],
    ids=["none", "seconds", "spaces", "fraction", "zeros", "imf", "rfc850", "asctime", "offset"],
)
def test_every_form_is_read(value, seconds):
    assert retry_after_seconds(value, NOW) == seconds


@pytest.mark.parametrize(
    "value",
    ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"],
)
def test_a_moment_that_is_past_means_now(value):
    assert retry_after_seconds(value, NOW) == 0


@pytest.mark.parametrize("value", [
    "86401", "9" * 400, "9" * 5000, "99999999999.5", "Fri, 31 Dec 9999 23:59:59 GMT",
])  # fmt: skip
def test_more_than_a_day_is_not_believed(value):
    assert retry_after_seconds(value, NOW) == LONGEST_WAIT_SECONDS


@pytest.mark.parametrize(
    "value",
    [
        None, "", "soon", "-5", "1e3", "nan", "inf", "12 s", "30, 60", "\u0661\u0662",
        "Tue, 99 Nov 2026 12:01:30 GMT", "Tue, 24 Nov 99999999999999999999 12:01:30 GMT", "0x10",
    ],
)  # fmt: skip
def test_what_is_no_time_counts_as_not_sent(value):
    assert retry_after_seconds(value, NOW) is None


@given(st.text(max_size=60))
def test_no_text_makes_it_fail(value):
    wait = retry_after_seconds(value, NOW)
    assert wait is None or 0 <= wait <= LONGEST_WAIT_SECONDS


@given(st.integers(min_value=-10_000, max_value=200_000))
def test_a_date_and_its_distance_say_the_same(seconds):
    date = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)
    expected = min(max(seconds, 0), LONGEST_WAIT_SECONDS)
    assert retry_after_seconds(date, NOW) == expected
