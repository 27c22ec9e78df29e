"""Dates at the edge of what a date can be mean all there is, and no sum of dates overflows."""

import pytest
from lakeside import Driver

EDGES = ["0001-01-01", "9999-12-31", "1899-12-31", "2200-01-01"]


@pytest.mark.parametrize("provider", ["lakeside", "synthetic"])
@pytest.mark.parametrize("group_by", ["day", "week", "month", "sport"])
@pytest.mark.parametrize("edge", EDGES)
async def test_totals_up_to_an_edge_are_an_answer(
    drive: Driver, provider: str, group_by: str, edge: str
):
    answer = await drive.answer("get_stats", provider=provider, group_by=group_by, end_date=edge)
    assert answer["result"]["totals"]["activity_count"] == 0


@pytest.mark.parametrize("edge", EDGES)
async def test_nights_up_to_an_edge_are_an_answer(drive: Driver, edge: str):
    answer = await drive.answer("get_sleep_sessions", end_date=edge)
    assert answer["result"]["rows"] == []


async def test_between_both_edges_lies_everything(drive: Driver):
    dates = {"start_date": "0001-01-01", "end_date": "9999-12-31"}
    nights = await drive.answer("get_sleep_sessions", **dates)
    stats = await drive.answer("get_stats", **dates)
    assert len(nights["result"]["rows"]) == 30
    assert stats["result"]["totals"]["activity_count"] == 50


@pytest.mark.parametrize(
    ("after", "before"),
    [
        ("0001-01-01", "9999-12-31"),
        ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"),
        ("1899-12-31T23:59:59Z", 99_999_999_999),
    ],
)
async def test_activities_between_both_edges_are_all(drive: Driver, after, before):
    answer = await drive.answer("get_activities", limit=200, after=after, before=before)
    assert len(answer["result"]["rows"]) == 50


@pytest.mark.parametrize("bound", [-99_999_999_999, "-99999999999", 1e308, "1e400"])
async def test_a_number_that_is_no_time_is_refused(drive: Driver, bound):
    assert (await drive.error("get_activities", after=bound))["argument"] == "after"
