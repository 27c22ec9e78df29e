"""Time in heart rate zones, as devices count it."""

from datetime import UTC, datetime

import fit_writer as fit
import pytest

from pierre_mcp.recordings import read_recording

START = datetime(2026, 5, 1, 6, 30, tzinfo=UTC)
BOUNDS = (100, 120, 140, 150, 160, 185)
TIMES = (5_000, 10_000, 40_000, 30_000, 20_000, 8_000, 2_000)


def zones(**changed):
    told = {"of": 18, "index": 0, "hr_times": TIMES, "hr_bounds": BOUNDS} | changed
    content = fit.file(
        fit.file_id(), fit.ride(START, samples=120), fit.message(fit.TIME_IN_ZONE, told)
    )
    (activity,) = read_recording(content, provider="files", record_id="a").activities
    return activity.zones


def test_zones_begin_where_the_device_says_and_the_last_is_open():
    found = zones()
    assert [(z.zone, z.floor, z.ceiling) for z in found] == [
        (1, 100, 120),
        (2, 120, 140),
        (3, 140, 150),
        (4, 150, 160),
        (5, 160, None),
    ]


def test_time_below_the_first_zone_is_in_none_and_beyond_the_highest_rate_in_the_last():
    assert [z.time_in_zone_seconds for z in zones()] == [10, 40, 30, 20, 10]


@pytest.mark.parametrize(
    "changed",
    [
        {"of": 19},
        {"index": 1},
        {"hr_bounds": (100, 120, 140, 150, 160)},
        {"hr_bounds": (100, 120, 120, 150, 160, 185)},
        {"hr_bounds": (100, 120, None, 150, 160, 185)},
        {"hr_times": (0,) * 7},
        {"hr_times": (5_000, None, 40_000, 30_000, 20_000, 8_000, 2_000)},
        {"hr_times": (5_000, 10_000, 400_000, 30_000, 20_000, 8_000, 2_000)},
    ],
    ids=str,
)
def test_zones_that_are_not_the_session_s_or_cannot_be_are_none(changed):
    assert zones(**changed) is None
