"""What every place to keep answers in holds: subclass ``CacheContract`` and say how it is opened.

    class TestMine(CacheContract):
        @asynccontextmanager
        async def opened(self, clock):
            yield MyCache(...)

A backend that two of ``opened`` share at once, as processes share a Redis, sets ``is_shared``.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest
from pydantic import TypeAdapter

from pierre_mcp.caching.backend import CacheProvider, Entry
from pierre_mcp.caching.keys import Owner, Place
from pierre_mcp.models import Activity, Page, SportType
from pierre_mcp.principal import Principal
from pierre_mcp.spi import Changed
from pierre_mcp.testing.clock import FakeClock

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
WEEK = timedelta(days=7)
KIND: TypeAdapter[Page[Activity]] = TypeAdapter(Page[Activity])

ADA = Owner(principal=Principal("club", "ada"), provider="harbour", since="1")
OTHERS = (
    Owner(principal=Principal("club", "bea"), provider="harbour", since="1"),
    Owner(principal=Principal("lake", "ada"), provider="harbour", since="1"),
    Owner(principal=Principal("club", "ada"), provider="quay", since="1"),
    Owner(principal=Principal("club", "ada:provider:harbour"), provider="x", since="1"),
)


def place(
    owner: Owner = ADA, group: Changed = Changed.ACTIVITIES, question: str = "stats"
) -> Place:
    """A place in which something may be kept."""
    return Place(owner=owner, group=group, question=question)


def entry(word: str, at: datetime = NOW) -> Entry:
    """Something to keep, told by its word."""
    activity = Activity(
        provider="harbour", id=word, name=word, sport_type=SportType.ROWING, start_time=at
    )
    return Entry(
        value=Page(items=(activity,)), fetched_at=at, fresh_until=at + timedelta(minutes=5)
    )


@pytest.mark.anyio
class CacheContract:
    """The claims."""

    is_shared: ClassVar[bool] = False

    def opened(self, clock: FakeClock) -> AbstractAsyncContextManager[CacheProvider]:
        """The backend, empty at first; on an ``is_shared`` one, a second way to the same."""
        raise NotImplementedError

    @asynccontextmanager
    async def cache(self) -> AsyncIterator[tuple[CacheProvider, FakeClock]]:
        """The backend and the clock by which it keeps."""
        clock = FakeClock(NOW)
        async with self.opened(clock) as opened:
            yield opened, clock

    async def test_what_was_put_is_found_as_it_was(self) -> None:
        """Values come back equal, with their times."""
        async with self.cache() as (cache, _):
            await kept(cache, place(), "one")
            found = (await cache.get(place(), KIND)).entry
            assert found == entry("one")

    async def test_what_was_not_put_is_not_found(self) -> None:
        """An empty place is no failure."""
        async with self.cache() as (cache, _):
            assert (await cache.get(place(), KIND)).entry is None

    async def test_the_last_word_counts(self) -> None:
        """Putting again replaces."""
        async with self.cache() as (cache, _):
            await kept(cache, place(), "one")
            await kept(cache, place(), "two")
            assert await word(cache, place()) == "two"

    async def test_nothing_of_one_owner_is_found_by_another(self) -> None:
        """Whatever they are called."""
        async with self.cache() as (cache, _):
            await kept(cache, place(), "hers")
            for other in OTHERS:
                assert await word(cache, place(other)) is None
                await kept(cache, place(other), "theirs")
            assert await word(cache, place()) == "hers"

    async def test_a_question_does_not_answer_another(self) -> None:
        """Places of one owner are apart."""
        async with self.cache() as (cache, _):
            await kept(cache, place(question="activity:1"), "one")
            assert await word(cache, place(question="activity:10")) is None
            assert await word(cache, place(question="activity:1:laps")) is None

    async def test_a_dropped_answer_is_gone_and_others_stay(self) -> None:
        """Dropping is of one place."""
        async with self.cache() as (cache, _):
            for question in ("activity:1", "activity:2"):
                await kept(cache, place(question=question), question)
            await cache.drop(place(question="activity:1"))
            await cache.drop(place(question="activity:3"))
            assert await word(cache, place(question="activity:1")) is None
            assert await word(cache, place(question="activity:2")) == "activity:2"

    async def test_a_forgotten_owner_has_nothing_and_others_have_theirs(self) -> None:
        """Forgetting is of one owner, whatever connection they have now."""
        async with self.cache() as (cache, _):
            for owner in (ADA, *OTHERS):
                for group in Changed:
                    await kept(cache, place(owner, group, group.value), "x")
            await cache.forget(replace(ADA, since="2"))
            for group in Changed:
                assert await word(cache, place(ADA, group, group.value)) is None
                for other in OTHERS:
                    assert await word(cache, place(other, group, group.value)) == "x"

    async def test_a_forgotten_group_leaves_the_others(self) -> None:
        """Forgetting may be of one group."""
        async with self.cache() as (cache, _):
            for group in Changed:
                await kept(cache, place(ADA, group, group.value), "x")
            await cache.forget(ADA, Changed.SLEEP)
            for group in Changed:
                expected = None if group is Changed.SLEEP else "x"
                assert await word(cache, place(ADA, group, group.value)) == expected

    @pytest.mark.parametrize("group", [None, Changed.ACTIVITIES])
    async def test_what_was_asked_before_and_comes_after_forgetting_is_not_found(
        self, group: Changed | None
    ) -> None:
        """An answer that was under way brings back nothing old."""
        async with self.cache() as (cache, _):
            stamp = (await cache.get(place(), KIND)).stamp
            await cache.forget(ADA, group)
            await cache.put(place(), KIND, entry("old"), stamp=stamp, keep=WEEK)
            assert await word(cache, place()) is None
            await kept(cache, place(), "new")
            assert await word(cache, place()) == "new"

    async def test_nothing_of_one_connection_is_found_by_the_next(self) -> None:
        """Even where nobody could tell the cache that the first one ended."""
        async with self.cache() as (cache, _):
            await kept(cache, place(), "of the first account")
            again = replace(ADA, since="2")
            assert await word(cache, place(again)) is None
            await kept(cache, place(again), "of the second")
            assert await word(cache, place(again)) == "of the second"
            assert await word(cache, place()) is None

    async def test_two_ways_to_a_shared_backend_find_the_same(self) -> None:
        """What one process keeps another finds, and forgets for both."""
        if not self.is_shared:
            pytest.skip("is within one process")
        clock = FakeClock(NOW)
        async with self.opened(clock) as one, self.opened(clock) as other:
            await kept(one, place(), "x")
            assert await word(other, place()) == "x"
            await other.forget(ADA)
            assert await word(one, place()) is None


async def kept(cache: CacheProvider, at: Place, word: str) -> None:
    """Keep something, as a reader does: asked first, then put."""
    stamp = (await cache.get(at, KIND)).stamp
    await cache.put(at, KIND, entry(word), stamp=stamp, keep=WEEK)


async def word(cache: CacheProvider, at: Place) -> Any:
    """What is kept there, by its word."""
    found = (await cache.get(at, KIND)).entry
    return None if found is None else found.value.items[0].name
