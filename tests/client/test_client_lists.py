"""A list walked by cursor over an API that pages by time, while records come and go."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pierre_mcp.client.lists import TimeList
from pierre_mcp.client.ranges import gather, windows
from pierre_mcp.errors import InvalidArgument, NetworkError
from pierre_mcp.models import Activity, Page, SportType
from pierre_mcp.spi import ActivityQuery

START = datetime(2026, 5, 1, tzinfo=UTC)


def workout(minute: int, number: int, sport: SportType = SportType.RUN) -> Activity:
    start = START + timedelta(minutes=minute)
    return Activity(provider="x", id=f"id-{number}", sport_type=sport, start_time=start)


def asked(
    records: list[Activity], query: ActivityQuery, per_page: int, most: int, dice: random.Random
) -> Page[Activity]:
    """What a provider answers: newest first, those of one instant in any order."""
    listing = TimeList(query)
    enclosed = [
        r
        for r in records
        if (listing.latest is None or r.start_time < listing.latest)
        and (listing.earliest is None or r.start_time >= listing.earliest)
    ]
    dice.shuffle(enclosed)
    enclosed.sort(key=lambda record: record.start_time, reverse=True)
    for number in range(most):
        if listing.is_answered:
            break
        page = enclosed[number * per_page : (number + 1) * per_page]
        listing.add(page, ended=(number + 1) * per_page >= len(enclosed))
    return listing.page()


histories = st.lists(st.integers(0, 40), max_size=40)


@given(histories, st.integers(1, 7), st.integers(8, 20), st.randoms(use_true_random=False))
def test_a_walk_repeats_nothing_and_loses_nothing_that_was_there(minutes, limit, per_page, dice):
    records = [workout(minute, number) for number, minute in enumerate(minutes)]
    there = {record.id for record in records}
    query, walked = ActivityQuery(limit=limit), []
    for step in range(200):
        page = asked(records, query, per_page, 99, dice)
        walked += page.items
        if page.next_cursor is None:
            break
        query = replace(query, cursor=page.next_cursor)
        records.append(workout(100 + step, 1000 + step))
        if dice.random() < 0.3:
            there.discard(records.pop(dice.randrange(len(records))).id)
    ids = [record.id for record in walked]
    assert len(ids) == len(set(ids))
    assert there <= set(ids)
    keys = [record.order_key for record in walked]
    assert keys == sorted(keys, reverse=True)


@given(histories, st.integers(1, 5), st.randoms(use_true_random=False))
def test_a_sport_that_is_rare_is_found_although_requests_run_out(minutes, limit, dice):
    spread = [3 * minute + number for number, minute in enumerate(sorted(minutes))]
    sports = [SportType.RUN, SportType.RUN, SportType.ROWING]
    records = [workout(m, n, sports[n % 3]) for n, m in enumerate(spread)]
    query, walked = ActivityQuery(limit=limit, sport_type=SportType.ROWING), []
    for _ in range(200):
        page = asked(records, query, 2, 2, dice)
        walked += [record.id for record in page.items]
        if page.next_cursor is None:
            break
        query = replace(query, cursor=page.next_cursor)
    assert sorted(walked) == sorted(r.id for r in records if r.sport_type is SportType.ROWING)


def test_what_may_still_be_preceded_waits_behind_the_horizon():
    listing = TimeList(ActivityQuery(limit=10))
    horizon = START + timedelta(minutes=5)
    listing.add([workout(9, 1), workout(4, 2)], ended=False, horizon=horizon)
    assert [activity.id for activity in listing.page()] == ["id-1"]


def test_where_nothing_is_known_yet_the_list_goes_on_at_the_horizon():
    listing = TimeList(ActivityQuery(limit=10))
    listing.add([], ended=False, horizon=START)
    page = listing.page()
    assert page.next_cursor is not None
    following = TimeList(ActivityQuery(cursor=page.next_cursor))
    following.add([workout(1, 1), workout(-1, 2)], ended=True)
    assert [activity.id for activity in following.page()] == ["id-2"]


def test_no_cursor_leads_back_where_an_api_takes_no_bound():
    listing = TimeList(ActivityQuery())
    listing.add([workout(5, 1)], ended=False)
    first = listing.page()
    assert first.next_cursor is not None
    listing = TimeList(ActivityQuery(cursor=first.next_cursor))
    listing.add([workout(9, 2)], ended=False)
    assert (listing.page().next_cursor, listing.page().complete) == (None, False)


def test_an_empty_range_needs_no_request():
    assert TimeList(ActivityQuery(after=START, before=START)).is_answered


@pytest.mark.parametrize("cursor", ["", "1", "x y", "1 a b", "-1 a", f"{10**18} a", "1 \u00fc"])
def test_a_cursor_that_was_not_given_out_is_refused(cursor: str):
    with pytest.raises(InvalidArgument):
        TimeList(ActivityQuery(cursor=cursor))


@given(st.dates(date(2020, 1, 1), date(2026, 1, 1)), st.integers(0, 100), st.integers(1, 40))
def test_windows_cover_a_range_once_and_none_is_too_long(first: date, days: int, longest: int):
    last = first + timedelta(days=days)
    parts = list(windows(first, last, longest))
    covered = [
        begin + timedelta(days=n) for begin, end in parts for n in range((end - begin).days + 1)
    ]
    assert covered == [first + timedelta(days=n) for n in range(days + 1)]
    assert all((end - begin).days < longest for begin, end in parts)


def test_an_empty_range_has_no_windows():
    assert list(windows(date(2026, 5, 2), date(2026, 5, 1), 7)) == []


async def test_answers_come_in_the_order_of_the_questions():
    async def say(word: str) -> str:
        return word

    assert await gather(lambda: say("a"), lambda: say("b")) == ["a", "b"]


async def test_the_first_failure_is_raised_as_it_is():
    async def fail() -> None:
        raise NetworkError("x", "gone")

    with pytest.raises(NetworkError, match="gone"):
        await gather(fail, fail)
