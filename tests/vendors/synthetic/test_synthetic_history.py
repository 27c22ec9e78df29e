"""What happened on a day never changes, whoever asks, when, in which order and in what pages."""

import hashlib
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from invented import FULL, NOW, athlete, days, end_of, moments, seeds, walk, with_empty_diary

from pierre_mcp.errors import ConfigurationError, InvalidArgument, NotFound
from pierre_mcp.models import SportType
from pierre_mcp.spi import ActivityQuery, Connection

BY_DAY = ("get_sleep_sessions", "get_recovery_metrics", "get_health_metrics")


@settings(max_examples=40, deadline=None)
@given(now=moments, seed=seeds)
async def test_something_was_finished_that_began_within_the_last_24_hours(now, seed):
    page = await athlete(now, seed=seed).get_activities(ActivityQuery(limit=1))
    (latest,) = page.items
    assert now - latest.start_time <= timedelta(hours=24)


@pytest.mark.parametrize("seed", ["1", "2", "3", "évaluation 7"])
async def test_in_ten_years_no_24_hours_are_without_an_activity(seed):
    for newer, older in pairwise(await walk(athlete(seed=seed))):
        assert end_of(newer) - older.start_time <= timedelta(hours=24)


@settings(max_examples=40, deadline=None)
@given(now=moments, seed=seeds)
async def test_nothing_lies_in_the_future(now, seed):
    provider = athlete(now, seed=seed)
    around = (now.date() - timedelta(days=2), now.date() + timedelta(days=9))
    activities = (await provider.get_activities(ActivityQuery(limit=5))).items
    assert all(end_of(activity) <= now for activity in activities)
    nights, recovery, health = [
        (await getattr(provider, ask)(*around)).items for ask in BY_DAY
    ]  # fmt: skip
    assert all(night.end_time <= now for night in nights)
    assert all(metrics.date <= provider.today() for metrics in (*recovery, *health))
    assert {metrics.date for metrics in recovery} == {n.date for n in nights if not n.is_nap}


async def test_an_activity_exists_from_the_second_it_ends(decade):
    latest = decade[0]
    before, after = end_of(latest) - timedelta(seconds=1), end_of(latest)
    with pytest.raises(NotFound, match="get_activities lists"):
        await athlete(before).get_activity(latest.id)
    assert await athlete(after).get_activity(latest.id) == latest


async def test_a_night_exists_from_the_second_it_ends():
    day = date(2026, 11, 20)
    (night,) = (await athlete().get_sleep_sessions(day, day)).items
    sleeping = athlete(night.end_time - timedelta(seconds=1))
    assert [len((await sleeping.get_sleep_sessions(day, day)).items),
            len((await sleeping.get_recovery_metrics(day, day)).items)] == [0, 0]  # fmt: skip
    assert (await athlete(night.end_time).get_sleep_sessions(day, day)).items == (night,)


async def test_activities_are_newest_first_and_never_overlap(decade):
    for newer, older in pairwise(decade):
        assert newer.order_key > older.order_key
        assert end_of(older) <= newer.start_time


async def test_history_reaches_back_ten_years_and_no_further(decade):
    assert decade[-1].local_date == date(2016, 11, 24)
    with pytest.raises(NotFound):
        await athlete().get_activity("2016-11-23-1")


async def test_a_filter_without_hits_ends():
    page = await athlete().get_activities(ActivityQuery(sport_type=SportType.GOLF))
    assert (page.items, page.next_cursor) == ((), None)


@settings(max_examples=25, deadline=None)
@given(day=days, later=st.integers(1, 2000), seed=seeds)
async def test_what_happened_on_a_day_does_not_depend_on_today(day, later, seed):
    soon = athlete(datetime(day.year, day.month, day.day, 23, 59, tzinfo=UTC), seed=seed)
    late = athlete(soon.now() + timedelta(days=later), seed=seed)
    query = ActivityQuery(limit=50, after=day, before=day + timedelta(days=1))
    known = (await soon.get_activities(query)).items
    assert known
    assert known == (await late.get_activities(query)).items
    for ask in BY_DAY:
        told = (await getattr(soon, ask)(day, day)).items
        assert told == (await getattr(late, ask)(day, day)).items


@settings(max_examples=6, deadline=None)
@given(order=st.lists(days, min_size=3, max_size=8, unique=True))
async def test_days_are_the_same_in_whatever_order_they_are_asked_for(order):
    asked, _ = with_empty_diary()
    again, _ = with_empty_diary()

    async def about(provider, day):
        query = ActivityQuery(limit=9, after=day, before=day + timedelta(days=1))
        page = await provider.get_activities(query)
        single = [await provider.get_activity(activity.id) for activity in page.items]
        assert tuple(single) == page.items
        return [page.items, *[(await getattr(provider, ask)(day, day)).items for ask in BY_DAY]]

    told = {day: await about(asked, day) for day in order}
    assert told == {day: await about(again, day) for day in sorted(order)}


@settings(max_examples=10, deadline=None)
@given(page_size=st.integers(1, 60), offset=st.integers(0, 3000))
async def test_paging_finds_the_same_activities_whatever_the_page_size(page_size, offset):
    now = NOW - timedelta(days=offset)
    bounds = {"after": now.date() - timedelta(days=30)}
    assert await walk(athlete(now), page_size, **bounds) == await walk(athlete(now), **bounds)


@settings(max_examples=15, deadline=None)
@given(first=days, length=st.integers(1, 40), instants=st.booleans())
async def test_bounds_select_what_lies_between_them(decade, first, length, instants):
    query = {"after": first, "before": first + timedelta(days=length)}
    if instants:
        query = {
            name: datetime(day.year, day.month, day.day, 7, 30, tzinfo=UTC)
            for name, day in query.items()
        }
    expected = [a for a in decade if ActivityQuery(**query).matches(a)]
    assert await walk(athlete(), **query) == expected


async def test_a_page_begun_yesterday_goes_on_today_without_repeat_or_gap():
    yesterday = await athlete(NOW - timedelta(days=1)).get_activities(ActivityQuery(limit=10))
    today = await athlete(NOW).get_activities(ActivityQuery(limit=10, cursor=yesterday.next_cursor))
    expected = await athlete(NOW - timedelta(days=1)).get_activities(ActivityQuery(limit=20))
    assert yesterday.items + today.items == expected.items


async def test_another_seed_is_another_history():
    one = await athlete(seed="1").get_activities(ActivityQuery(limit=20))
    two = await athlete(seed="2").get_activities(ActivityQuery(limit=20))
    assert one.items != two.items


async def test_twenty_activities_need_only_the_days_they_are_from():
    provider, diary = with_empty_diary()
    page = await provider.get_activities(ActivityQuery(limit=20))
    covered = (NOW.date() - page.items[-1].local_date).days + 1
    assert diary.workouts.cache_info().currsize <= covered + 1
    assert covered < 20


async def test_a_page_of_long_ago_needs_none_of_the_years_since():
    provider, diary = with_empty_diary()
    await provider.get_activities(ActivityQuery(limit=20, before=date(2018, 3, 1)))
    assert diary.workouts.cache_info().currsize < 25


async def test_one_activity_needs_one_day():
    provider, diary = with_empty_diary()
    await provider.get_activity("2020-02-11-1", FULL)
    assert diary.workouts.cache_info().currsize == 1


async def test_the_past_is_pinned_so_that_evaluations_can_be_repeated():
    provider = athlete(today="2026-05-01")
    page = await provider.get_activities(ActivityQuery(limit=4))
    assert [(a.id, a.name, a.distance_meters, a.average_heart_rate_bpm) for a in page.items] == [
        ("2026-05-01-1", "Lunch Walk", 2460.6, 86.0),
        ("2026-04-30-2", "Evening Walk", 1668.0, 84.0),
        ("2026-04-30-1", "Easy Lunch Run", 7708.3, 139.0),
        ("2026-04-29-2", "Evening Loop", 25759.4, 127.0),
    ]
    span = (date(2025, 5, 1), date(2026, 5, 1))
    told = [*await walk(provider, after=span[0])]
    for ask in BY_DAY:
        told += (await getattr(provider, ask)(*span)).items
    told += [await provider.get_activity(activity.id, FULL) for activity in page.items]
    digest = hashlib.sha256(
        "\n".join(item.model_dump_json(exclude_none=True) for item in told).encode()
    )
    assert digest.hexdigest()[:16] == "28028871ccd059c9"


async def test_a_configured_today_is_the_end_of_that_day_at_home():
    provider = athlete(today="2026-05-01")
    assert provider.today() == date(2026, 5, 1)
    assert provider.now() == datetime(2026, 5, 1, 21, 59, 59, tzinfo=UTC)
    (latest,) = (await provider.get_activities(ActivityQuery(limit=1))).items
    assert latest.local_date == date(2026, 5, 1)


@pytest.mark.parametrize("malformed", ["tomorrow", "2026-13-01", "0001-01-01", "9999-12-31", "1"])
async def test_a_malformed_today_names_the_variable(malformed):
    with pytest.raises(ConfigurationError, match="PIERRE_SYNTHETIC_TODAY"):
        athlete(today=malformed)


async def test_it_says_that_it_is_synthetic_and_needs_no_connection():
    descriptor = athlete().descriptor
    assert descriptor.synthetic
    assert descriptor.connection is Connection.NONE
    assert descriptor.verified.against == "not_applicable"


@pytest.mark.parametrize(
    "unknown",
    ["", "nope", "2026-11-23-99", "2026-11-23-1 ", "2030-01-01-1", "1999-01-01-1",
     "0001-01-01-1", "9999-12-31-1"],
)  # fmt: skip
async def test_an_id_of_nothing_that_happened_is_not_found(unknown):
    with pytest.raises(NotFound, match="get_activities lists"):
        await athlete().get_activity(unknown)


@settings(max_examples=60, deadline=None)
@given(cursor=st.text(max_size=40))
async def test_a_made_up_cursor_is_an_invalid_argument(cursor):
    with pytest.raises(InvalidArgument, match="cursor"):
        await athlete().get_activities(ActivityQuery(cursor=cursor))


@pytest.mark.parametrize(
    "cursor", ["9999-99-99T00:00:00+00:00 1", "2026-11-24T00:00:00+02:00 1", "2026-11-24 1"]
)
async def test_a_cursor_without_an_instant_is_an_invalid_argument(cursor):
    with pytest.raises(InvalidArgument, match="cursor"):
        await athlete().get_activities(ActivityQuery(cursor=cursor))


@pytest.mark.parametrize("instant", ["0001-01-01T00:00:00", "9999-12-31T23:59:59"])
async def test_the_ends_of_the_calendar_are_bounds_like_any_other(instant):
    cursor = f"{instant}+00:00 x"
    day = date.fromisoformat(instant[:10])
    for query in (
        ActivityQuery(cursor=cursor),
        ActivityQuery(after=day),
        ActivityQuery(before=day),
    ):
        page = await athlete().get_activities(query)
        assert len(page.items) in (0, 20)
