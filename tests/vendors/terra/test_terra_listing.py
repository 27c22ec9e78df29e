"""Lists by windows of days: nothing twice, nothing left out, whatever Terra means by a day."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from terra_fake import FakeTerra, connected
from terra_history import NOW, History, history

from pierre_mcp.errors import InvalidArgument
from pierre_mcp.models import Activity, WarningCode
from pierre_mcp.spi import ActivityQuery, FitnessProvider
from providers.terra.api import MAX_LIST_REQUESTS
from providers.terra.listing import HISTORY, ranges
from providers.terra.mapping import activity_of, id_of

modes = pytest.mark.parametrize(
    ("by_utc", "takes_last_day"), [(a, b) for a in (False, True) for b in (False, True)]
)
A_DAY = timedelta(days=1)


def truth(held: History) -> list[Activity]:
    """Every activity there is, newest first."""
    found = [activity_of(payload, "GARMIN") for payload in held.activities]
    return sorted(found, key=lambda activity: activity.order_key, reverse=True)


async def walk(provider: FitnessProvider, query: ActivityQuery) -> list[str]:
    """The ids of every page to the end."""
    ids: list[str] = []
    cursor = None
    while True:
        page = await provider.get_activities(replace(query, cursor=cursor))
        ids += [activity.id for activity in page]
        cursor = page.next_cursor
        if cursor is None:
            return ids


@modes
@pytest.mark.parametrize("limit", [3, 50])
async def test_every_activity_comes_once_whatever_a_day_is(by_utc, takes_last_day, limit):
    held = history(31, 0, 80, ties=0.3)
    fake = FakeTerra(held, by_utc=by_utc, takes_last_day=takes_last_day)
    oldest = truth(held)[-1].start_time
    async with connected(fake) as provider:
        found = await walk(provider, ActivityQuery(limit=limit, after=oldest))
    assert found == [activity.id for activity in truth(held)]


@modes
async def test_every_local_day_holds_its_own_whatever_a_day_is(by_utc, takes_last_day):
    held = history(32, 0, 40)
    async with connected(FakeTerra(held, by_utc=by_utc, takes_last_day=takes_last_day)) as provider:
        for day in sorted({activity.local_date for activity in truth(held)})[-15:]:
            query = ActivityQuery(limit=50, after=day, before=day + A_DAY)
            found = [activity.id for activity in (await provider.get_activities(query))]
            assert found == [a.id for a in truth(held) if a.local_date == day]


@modes
async def test_every_night_and_day_is_found_whatever_a_day_is(by_utc, takes_last_day):
    held = history(33, 90, 3)
    async with connected(FakeTerra(held, by_utc=by_utc, takes_last_day=takes_last_day)) as provider:
        today = provider.today()
        start = today - timedelta(days=100)
        nights = await provider.get_sleep_sessions(start, today)
        assert {night.id for night in nights} == {n["metadata"]["summary_id"] for n in held.nights}
        days = await provider.get_health_metrics(start, today)
        told = {d["metadata"]["start_time"][:10] for d in held.days}
        assert {str(day.date) for day in days} == told
        for night in nights.items[:10]:
            page = await provider.get_sleep_sessions(night.date, night.date)
            assert page.items == tuple(n for n in nights if n.date == night.date)


def test_ranges_are_short_enough_and_share_a_day():
    for length in (1, 2, 26, 27, 28, 29, 300):
        first = date(2026, 1, 1)
        found = ranges(first, first + length * A_DAY)
        assert found[0][0] == first
        assert found[-1][1] == first + (length + 1) * A_DAY
        assert all(0 < (end - begin).days < 28 for begin, end in found)
        assert all(older[1] == newer[0] for older, newer in pairwise(found))
    assert ranges(date(2026, 1, 2), date(2026, 1, 1)) == []


async def test_a_question_costs_no_more_requests_than_are_allowed_and_goes_on_from_there():
    """One activity in years, and it is found by the cursors of empty pages."""
    held = History(activities=history(34, 0, 1).activities)
    fake = FakeTerra(held)
    later = NOW + timedelta(days=700)
    async with connected(fake) as provider:
        provider.now = lambda: later
        page = await provider.get_activities(ActivityQuery())
        assert page.items == ()
        assert page.next_cursor is not None
        assert len(fake.asked) == MAX_LIST_REQUESTS
        assert len(await walk(provider, ActivityQuery())) == 1


async def test_a_list_without_bounds_ends_and_says_where():
    fake = FakeTerra(History(activities=[]))
    async with connected(fake) as provider:
        cursor, pages = None, 0
        while True:
            page = await provider.get_activities(ActivityQuery(cursor=cursor))
            pages += 1
            if page.next_cursor is None:
                break
            cursor = page.next_cursor
    assert [warning.code for warning in page.warnings] == [WarningCode.PERIOD_SHORTENED]
    asked = [date.fromisoformat(request.query["start_date"][0]) for request in fake.api.requests]
    assert min(asked) == (NOW - HISTORY - timedelta(hours=12)).date()
    assert pages == 7


async def test_a_bounded_list_ends_without_a_word():
    async with connected(FakeTerra(History(activities=[]))) as provider:
        page = await provider.get_activities(ActivityQuery(after=date(2026, 4, 1)))
    assert (page.items, page.next_cursor, page.complete, page.warnings) == ((), None, True, ())


async def test_a_page_of_this_month_costs_one_request():
    fake = FakeTerra(history(35, 0, 40))
    async with connected(fake) as provider:
        assert len(await provider.get_activities(ActivityQuery(limit=10))) == 10
    assert len(fake.asked) == 1


async def test_what_arrives_meanwhile_repeats_nothing():
    held = history(36, 0, 60)
    latest = truth(held)[0].id
    newest = next(payload for payload in held.activities if id_of(payload) == latest)
    held.activities.remove(newest)
    expected = [activity.id for activity in truth(held)]
    async with connected(FakeTerra(held)) as provider:
        query = ActivityQuery(limit=7, after=truth(held)[-1].start_time)
        page = await provider.get_activities(query)
        held.activities.append(newest)
        ids = [a.id for a in page]
        while page.next_cursor is not None:
            page = await provider.get_activities(replace(query, cursor=page.next_cursor))
            ids += [a.id for a in page]
    assert ids == expected


@pytest.mark.parametrize("cursor", ["1", "1777636800", "1777636800  x", "a b"])
async def test_a_cursor_of_another_form_is_refused(cursor):
    async with connected(FakeTerra(History(activities=[]))) as provider:
        with pytest.raises(InvalidArgument):
            await provider.get_activities(ActivityQuery(cursor=cursor))


async def test_what_terra_sends_later_is_not_taken_for_nothing():
    """A window that is answered by a message leaves the list incomplete, and says which days."""
    held = history(37, 0, 120)
    delayed = (NOW - timedelta(days=40)).date().isoformat()
    fake = FakeTerra(held, delays=lambda start: start < delayed)
    async with connected(fake) as provider:
        query = ActivityQuery(limit=200, after=truth(held)[-1].start_time)
        page = await provider.get_activities(query)
    assert not page.complete
    assert {warning.code for warning in page.warnings} == {WarningCode.STILL_INDEXING}
    assert 0 < len(page) < len(held.activities)
    assert "sent nothing of it" in page.warnings[0].detail
