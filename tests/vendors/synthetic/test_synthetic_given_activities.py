"""``with_activities`` serves exactly what it is given, in order, whatever zones it is from."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from invented import FULL, NOW, walk

from pierre_mcp.errors import NotFound
from pierre_mcp.models import Activity, Lap, SportType
from pierre_mcp.spi import ActivityQuery
from providers.synthetic.provider import SyntheticProvider


def given_one(number, start, offset=0, **fields):
    return Activity(
        provider="synthetic",
        id=f"given-{number}",
        sport_type=SportType.RUN,
        start_time=start,
        utc_offset_seconds=offset,
        duration_seconds=60.0,
        **fields,
    )


starts = st.datetimes(
    min_value=datetime(2026, 11, 18),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2026, 11, 26),  # noqa: DTZ001
    timezones=st.just(UTC),
)
several = st.lists(st.tuples(starts, st.integers(-12, 14)), max_size=12).map(
    lambda pairs: [given_one(n, start, 3600 * hours) for n, (start, hours) in enumerate(pairs)]
)
bounds = st.one_of(
    st.none(), starts, st.dates(min_value=date(2026, 11, 18), max_value=date(2026, 11, 26))
)


@settings(max_examples=150, deadline=None)
@given(activities=several, page_size=st.integers(1, 5), after=bounds, before=bounds)
async def test_any_page_size_gives_what_has_ended_and_matches_in_order(
    activities, page_size, after, before
):
    provider = SyntheticProvider.with_activities(activities, now=NOW)
    query = {"after": after, "before": before}
    expected = sorted(
        (
            activity
            for activity in activities
            if activity.start_time + timedelta(seconds=60) <= NOW
            and ActivityQuery(**query).matches(activity)
        ),
        key=lambda activity: activity.order_key,
        reverse=True,
    )
    assert await walk(provider, page_size, **query) == expected


@settings(max_examples=40, deadline=None)
@given(activities=several)
async def test_totals_count_each_that_has_ended(activities):
    provider = SyntheticProvider.with_activities(activities, now=NOW)
    stats = await provider.get_stats()
    assert stats.totals.activity_count == len(await walk(provider))


async def test_laps_and_streams_come_when_asked_for():
    listed = given_one(1, NOW - timedelta(hours=1), laps=(Lap(index=1, distance_meters=100.0),))
    provider = SyntheticProvider.with_activities([listed], now=NOW)
    assert (await provider.get_activity("given-1")).laps is None
    assert (await provider.get_activity("given-1", FULL)) == listed


async def test_there_is_nothing_else():
    provider = SyntheticProvider.with_activities([], now=NOW)
    with pytest.raises(NotFound):
        await provider.get_activity("2026-11-23-1")
    span = (date(2026, 1, 1), NOW.date())
    assert not (await provider.get_sleep_sessions(*span)).items
    assert not (await provider.get_recovery_metrics(*span)).items
    assert not (await provider.get_health_metrics(*span)).items
    assert (await provider.get_stats()).totals.activity_count == 0
    assert (await provider.get_personal_records()).items == ()
