"""Lists through the cache: overlapping questions share work, and no page repeats or loses any."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any

import anyio
import pytest
from connected import HARBOUR, config_of
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from pierre_mcp.caching.keys import Owner
from pierre_mcp.caching.memory import MemoryCache
from pierre_mcp.caching.provider import CachingFitnessProvider
from pierre_mcp.caching.reading import Shared
from pierre_mcp.client.lists import TimeList
from pierre_mcp.errors import InvalidArgument
from pierre_mcp.models import Activity, Page, SportType
from pierre_mcp.principal import LOCAL
from pierre_mcp.spi import ActivityQuery, FitnessProvider, ProviderContext
from pierre_mcp.testing import FakeClock

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
SPORTS = (SportType.ROWING, SportType.RUN, SportType.TRAIL_RUN)


class Source(FitnessProvider):
    """A list that may change, in pages of at most 30, and how often it was asked."""

    def __init__(self, clock: FakeClock) -> None:
        async def silent(*_: Any) -> None:
            """Nobody waits."""

        context = ProviderContext(clock=clock, progress=silent, spawn=lambda _: None)
        super().__init__(HARBOUR, config_of(), context)
        self.held: dict[str, Activity] = {}
        self.given = self.count = 0

    async def get_activities(self, query: ActivityQuery) -> Page[Activity]:
        listing = TimeList(query)
        every = sorted(self.held.values(), key=lambda a: a.order_key, reverse=True)
        listing.add([a for a in every if listing.place is None or a.order_key < listing.place],
                    ended=True)  # fmt: skip
        page = listing.page()
        self.given += len(page.items)
        return page

    def add(self, minutes_ago: int, sport: SportType = SPORTS[0], name: str = "") -> str:
        start = NOW - timedelta(minutes=minutes_ago)
        self.count += 1
        number = f"{self.count}-{minutes_ago}-{name}"
        self.held[number] = Activity(
            provider="harbour", id=number, sport_type=sport, start_time=start
        )
        return number


class Walker:
    """A source behind a cache."""

    def __init__(self, count: int = 0) -> None:
        self.clock = FakeClock(NOW)
        self.source = Source(self.clock)
        for number in range(count):
            self.source.add(number * 60, SPORTS[number % 3])
        self.shared = Shared(
            backend=MemoryCache(self.clock),
            clock=self.clock,
            spawn=lambda _: None,
            sleep=anyio.sleep,
        )

    @asynccontextmanager
    async def reopen(self) -> AsyncIterator[FitnessProvider]:
        yield self.source

    def provider(self) -> CachingFitnessProvider:
        owner = Owner(principal=LOCAL, provider="harbour")
        return CachingFitnessProvider(
            self.source, owner=owner, shared=self.shared, reopen=self.reopen
        )

    async def page(self, **query: Any) -> Page[Activity]:
        return await self.provider().get_activities(ActivityQuery(**query))

    async def all_pages(self, **query: Any) -> list[str]:
        """Every id, page by page."""
        ids: list[str] = []
        cursor = None
        while True:
            page = await self.page(**query, cursor=cursor)
            ids += [activity.id for activity in page.items]
            if page.next_cursor is None:
                return ids
            cursor = page.next_cursor

    def expected(self, **query: Any) -> list[str]:
        wanted = ActivityQuery(**query)
        held = sorted(self.source.held.values(), key=lambda a: a.order_key, reverse=True)
        return [activity.id for activity in held if wanted.matches(activity)]


async def test_asking_for_20_then_50_then_the_next_page_costs_what_was_not_seen():
    walker = Walker(200)
    first = await walker.page(limit=20)
    assert walker.source.given == 20
    more = await walker.page(limit=50)
    assert walker.source.given == 50
    assert more.items[:20] == first.items
    after = await walker.page(limit=50, cursor=more.next_cursor)
    assert walker.source.given == 100
    again = await walker.page(limit=100)
    assert walker.source.given == 100
    assert again.items == more.items + after.items


async def test_another_sport_or_an_earlier_bound_is_answered_from_the_same_walk():
    walker = Walker(200)
    await walker.page(limit=100)
    given = walker.source.given
    runs = await walker.page(limit=30, sport_type=SportType.RUN)
    lately = await walker.page(limit=30, after=NOW - timedelta(hours=10))
    assert [a.id for a in runs.items] == walker.expected(sport_type=SportType.RUN)[:30]
    assert [a.id for a in lately.items] == walker.expected(after=NOW - timedelta(hours=10))
    assert lately.next_cursor is None
    assert walker.source.given == given


async def test_a_question_about_some_days_does_not_fetch_years():
    walker = Walker(1000)
    page = await walker.page(limit=200, after=NOW - timedelta(hours=10))
    assert (len(page.items), page.next_cursor) == (11, None)
    assert walker.source.given <= 50


async def test_a_question_about_a_year_is_asked_in_whole_pages():
    walker = Walker(1000)
    pages = []
    read = walker.source.get_activities

    async def counted(query: ActivityQuery) -> Page[Activity]:
        pages.append(query.limit)
        return await read(query)

    walker.source.get_activities = counted
    ids = await walker.all_pages(limit=200, after=NOW - timedelta(hours=500))
    assert len(ids) == 501
    assert pages == [200, 200, 200]


async def test_a_rare_sport_ends_with_a_cursor_rather_than_with_a_hundred_questions():
    walker = Walker()
    for number in range(3000):
        walker.source.add(number, SportType.RUN)
    walker.source.add(3000, SportType.SWIM)
    page = await walker.page(limit=20, sport_type=SportType.SWIM)
    assert (page.items, walker.source.given) == ((), 40 * 20)
    assert page.next_cursor is not None
    assert len(await walker.all_pages(limit=20, sport_type=SportType.SWIM)) == 1


@pytest.mark.parametrize("limit", [1, 7, 20, 33, 200])
@pytest.mark.parametrize("sport", [None, SportType.RUN])
async def test_the_pages_are_the_list(limit, sport):
    walker = Walker(120)
    for _ in range(2):
        ids = await walker.all_pages(limit=limit, sport_type=sport)
        assert ids == walker.expected(sport_type=sport)


async def test_a_local_day_bounds_as_it_does_without_a_cache():
    walker = Walker(200)
    query = {"after": date(2026, 4, 27), "before": date(2026, 4, 29)}
    assert await walker.all_pages(limit=9, **query) == walker.expected(**query)


@pytest.mark.parametrize(
    "cursor", ["", "x", "bm8", "e30", "WzEsMl0", "WyJhIixbIngiLCJ5Il1d", "a" * 5000]
)
async def test_a_cursor_of_nobodys_is_refused(cursor):
    with pytest.raises(InvalidArgument):
        await Walker(3).page(cursor=cursor)


@given(st.text(max_size=300))
def test_whatever_is_given_as_a_cursor_is_a_place_or_refused(cursor):
    async def ask() -> None:
        with suppress(InvalidArgument):
            await Walker(3).page(cursor=cursor)

    anyio.run(ask)


class Walks(RuleBasedStateMachine):
    """A list that grows and shrinks while somebody pages through it with several limits."""

    @initialize(count=st.integers(0, 60))
    def begin(self, count):
        self.walker = Walker(count)
        self.added = dict.fromkeys(self.walker.source.held, NOW - timedelta(days=1))
        self.start_again()

    @rule()
    def start_again(self):
        self.seen: list[str] = []
        # A copy may be a quarter of an hour old, and know nothing that is newer.
        settled = self.walker.clock() - timedelta(minutes=15)
        self.at_start = {one for one in self.walker.source.held if self.added[one] <= settled}
        self.gone: set[str] = set()
        self.cursor = None
        self.over = False

    @rule(minutes=st.integers(0, 4000))
    def grow(self, minutes):
        self.added[self.walker.source.add(minutes, name="new")] = self.walker.clock()

    @precondition(lambda self: self.walker.source.held)
    @rule(data=st.data())
    def shrink(self, data):
        number = data.draw(st.sampled_from(sorted(self.walker.source.held)))
        del self.walker.source.held[number]
        self.gone.add(number)

    @rule(minutes=st.integers(1, 40))
    def wait(self, minutes):
        self.walker.clock.advance(minutes=minutes)

    @rule()
    def forget(self):
        anyio.run(self.walker.provider().invalidate_activity_list_cache)

    @precondition(lambda self: not self.over)
    @rule(limit=st.integers(1, 40))
    def go_on(self, limit):
        page = anyio.run(lambda: self.walker.page(limit=limit, cursor=self.cursor))
        assert len(page.items) <= limit
        self.seen += [activity.id for activity in page.items]
        self.cursor = page.next_cursor
        self.over = self.cursor is None
        if self.over:
            lost = self.at_start - self.gone - set(self.seen)
            assert not lost

    @invariant()
    def nothing_comes_twice(self):
        assert len(self.seen) == len(set(self.seen))


def test_however_a_list_changes_no_page_repeats_or_loses_any(proof_scale):
    run_state_machine_as_test(
        Walks,
        settings=settings(
            max_examples=proof_scale(25, 1500), stateful_step_count=30, deadline=None
        ),
    )
