"""Claims about lists of activities: order, pages, cursors, dates, sports."""

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

import pytest

from pierre_mcp.errors import InvalidArgument
from pierre_mcp.models import Activity
from pierre_mcp.spi import MAX_PAGE_SIZE, ActivityQuery, FitnessProvider
from pierre_mcp.testing.contract.hooks import Hooks

NO_CURSORS = ["", "nonsense", "0", "-1", "null", "{}", "9" * 4000, "2026-01-01T00:00:00Z"]


class ActivityClaims(Hooks):
    """``get_activities``."""

    async def test_activities_come_newest_first(self, activities: tuple[Activity, ...]) -> None:
        """By start, and by id where two start together."""
        keys = [activity.order_key for activity in activities]
        assert keys == sorted(keys, reverse=True)

    async def test_a_page_is_what_the_contract_says(
        self, provider: FitnessProvider, activities: tuple[Activity, ...]
    ) -> None:
        """A tuple of activities, which nobody can change, and a cursor that is text."""
        assert activities
        page = await provider.get_activities(ActivityQuery(limit=1))
        assert isinstance(page.items, tuple)
        assert all(type(item) is Activity for item in page.items)
        assert isinstance(page.next_cursor, str)

    async def test_ids_are_unique(self, activities: tuple[Activity, ...]) -> None:
        """An id means one activity."""
        ids = [activity.id for activity in activities]
        assert len(ids) == len(set(ids))

    @pytest.mark.parametrize("size", [1, 2, 7])
    async def test_no_page_is_longer_than_asked(
        self, provider: FitnessProvider, activities: tuple[Activity, ...], size: int
    ) -> None:
        """``limit`` is a limit."""
        assert activities
        assert len(await provider.get_activities(ActivityQuery(limit=size))) <= size

    @pytest.mark.parametrize("size", [1, 2, 7])
    async def test_pages_repeat_nothing_and_leave_nothing_out(
        self, provider: FitnessProvider, activities: tuple[Activity, ...], size: int
    ) -> None:
        """Small pages in a row hold what one large page holds."""
        paged = await _walk(provider, ActivityQuery(limit=size), at_least=len(activities))
        assert [a.id for a in paged][: len(activities)] == [a.id for a in activities]

    async def test_paging_ends_without_a_cursor(
        self, provider: FitnessProvider, activities: tuple[Activity, ...]
    ) -> None:
        """The last page says that it is the last one."""
        bounds = ActivityQuery(limit=MAX_PAGE_SIZE, after=activities[-1].start_time)
        paged = await _walk(provider, bounds)
        assert paged[: len(activities)] == list(activities)

    @pytest.mark.parametrize("cursor", NO_CURSORS)
    async def test_a_cursor_it_did_not_give_is_refused(
        self, provider: FitnessProvider, activities: tuple[Activity, ...], cursor: str
    ) -> None:
        """By ``InvalidArgument`` and not by the first page."""
        assert activities
        with pytest.raises(InvalidArgument) as refused:
            await provider.get_activities(ActivityQuery(cursor=cursor))
        assert refused.value.argument == "cursor"

    async def test_after_takes_its_instant_in(
        self, provider: FitnessProvider, activities: tuple[Activity, ...]
    ) -> None:
        """What starts exactly then belongs to the answer."""
        middle = activities[len(activities) // 2]
        found = await _walk(provider, ActivityQuery(limit=50, after=middle.start_time))
        assert found == [a for a in activities if a.start_time >= middle.start_time]

    async def test_before_leaves_its_instant_out(
        self, provider: FitnessProvider, activities: tuple[Activity, ...]
    ) -> None:
        """What starts exactly then does not belong to the answer."""
        middle = activities[len(activities) // 2]
        bounds = ActivityQuery(limit=50, after=activities[-1].start_time, before=middle.start_time)
        expected = [a for a in activities if a.start_time < middle.start_time]
        assert (await _walk(provider, bounds))[: len(expected)] == expected

    @pytest.mark.parametrize("hours", [-10, 5.5])
    async def test_a_bound_is_the_same_instant_in_every_zone(
        self, provider: FitnessProvider, activities: tuple[Activity, ...], hours: float
    ) -> None:
        """Its wall clock is not UTC's."""
        bound = activities[len(activities) // 2].start_time
        there = bound.astimezone(timezone(timedelta(hours=hours)))
        found = await _walk(provider, ActivityQuery(limit=50, after=there))
        assert found == [a for a in activities if a.start_time >= bound]

    async def test_a_date_means_the_local_day_of_the_record(
        self, provider: FitnessProvider, activities: tuple[Activity, ...]
    ) -> None:
        """Wherever on earth the athlete was."""
        complete = [a.local_date for a in activities if a.local_date > activities[-1].local_date]
        for day in sorted(set(complete))[:10]:
            bounds = ActivityQuery(limit=50, after=day, before=day + timedelta(days=1))
            assert await _walk(provider, bounds) == [a for a in activities if a.local_date == day]

    @pytest.mark.parametrize("year", [1971, 2200])
    async def test_a_time_without_activities_is_an_empty_page(
        self, provider: FitnessProvider, activities: tuple[Activity, ...], year: int
    ) -> None:
        """And not an error."""
        assert activities
        bounds = ActivityQuery(after=date(year, 1, 1), before=date(year, 1, 2))
        page = await provider.get_activities(bounds)
        assert (page.items, page.next_cursor) == ((), None)

    async def test_a_range_that_ends_where_it_begins_is_empty(
        self, provider: FitnessProvider, activities: tuple[Activity, ...]
    ) -> None:
        """``after`` is inclusive, ``before`` exclusive."""
        instant: datetime = activities[0].start_time
        bounds = ActivityQuery(after=instant, before=instant)
        assert (await provider.get_activities(bounds)).items == ()

    async def test_asking_for_a_sport_gives_it_and_its_variants(
        self, provider: FitnessProvider, activities: tuple[Activity, ...]
    ) -> None:
        """``run`` includes trail runs, on every page."""
        for sport in {a.sport_type for a in activities} | {
            a.sport_type.broader for a in activities
        }:
            bounds = ActivityQuery(limit=5, after=activities[-1].start_time, sport_type=sport)
            expected = [a for a in activities if a.sport_type.matches(sport)]
            assert (await _walk(provider, bounds))[: len(expected)] == expected

    async def test_lists_carry_neither_laps_nor_streams(
        self, activities: tuple[Activity, ...]
    ) -> None:
        """They are fetched one by one."""
        for activity in activities:
            assert (activity.laps, activity.streams) == (None, None)


async def _walk(
    provider: FitnessProvider, query: ActivityQuery, at_least: int | None = None
) -> list[Activity]:
    """Page after page to the end, or until there are enough."""
    found: list[Activity] = []
    cursors: set[str] = set()
    cursor: str | None = None
    while True:
        page = await provider.get_activities(replace(query, cursor=cursor))
        found += page.items
        cursor = page.next_cursor
        if cursor is None or (at_least is not None and len(found) >= at_least):
            return found
        assert cursor not in cursors, "the same cursor came twice: paging would never end"
        cursors.add(cursor)
