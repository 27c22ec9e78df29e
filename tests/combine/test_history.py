"""Several providers' activities as one list: each workout once, whatever fails or grows."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import anyio
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from pierre_mcp.client.lists import TimeList
from pierre_mcp.combine.history import History, merged_page
from pierre_mcp.combine.same import WIDEST_SHIFT, find_same, key_of
from pierre_mcp.errors import AuthenticationFailed, ProviderError, ProviderServerError
from pierre_mcp.models import Activity, Decision, Page, SportType
from pierre_mcp.spi import ActivityQuery

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


@dataclass
class Shelf:
    """One provider's list, in pages of at most ``most``; fails when it is told to."""

    name: str
    most: int = 200
    held: dict[str, Activity] = field(default_factory=dict)
    failure: ProviderError | None = None
    hangs: bool = False
    asked: int = 0

    def add(self, number: int, *, late: float = 0, sport: SportType = SportType.RUN) -> None:
        """The workout of that number: one begins every two hours, back from now."""
        start = NOW - timedelta(hours=2 * number) + timedelta(seconds=late)
        self.held[f"{number}"] = Activity(
            provider=self.name,
            id=f"{number}",
            sport_type=sport,
            start_time=start,
            duration_seconds=3600.0,
            distance_meters=10_000.0 + number,
        )

    async def read(self, query: ActivityQuery) -> Page[Activity]:
        self.asked += 1
        if self.hangs:
            await anyio.sleep_forever()
        if self.failure is not None:
            raise self.failure
        listing = TimeList(query)
        every = sorted(self.held.values(), key=lambda one: one.order_key, reverse=True)
        new = [one for one in every if listing.place is None or one.order_key < listing.place]
        matching = [one for one in new if query.matches(one)]
        limit = min(query.limit, self.most)
        listing.add(matching[:limit], ended=len(matching) <= limit)
        if len(matching) <= limit:
            return listing.page()
        last = matching[limit - 1]
        cursor = (
            f"{(last.start_time - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)}"
        )
        return Page(items=tuple(matching[:limit]), next_cursor=f"{cursor} {last.id}")


async def page(shelves, place=None, decisions=(), **query) -> History:
    sources = {shelf.name: shelf.read for shelf in shelves}
    return await merged_page(sources, ActivityQuery(**query), place, decisions, seconds=0.5)


async def everything(shelves, decisions=(), **query) -> list[History]:
    pages, place = [], None
    while True:
        pages.append(await page(shelves, place, decisions, **query))
        place = pages[-1].next_place
        if place is None:
            return pages


def numbers(pages: list[History]) -> list[int]:
    return [int(one.activity.id) for history in pages for one in history.workouts]


def two_shelves(count: int, most: int = 200) -> tuple[Shelf, Shelf]:
    watch, service = Shelf("watch", most), Shelf("service", most)
    for number in range(count):
        if number % 5:
            watch.add(number)
        if number % 3:
            service.add(number, late=20)
    return watch, service


@pytest.mark.parametrize("limit", [1, 3, 10, 50, 200])
@pytest.mark.parametrize("most", [4, 200])
async def test_every_workout_comes_once_and_in_order(limit, most):
    pages = await everything(two_shelves(60, most), limit=limit)
    wanted = [number for number in range(60) if number % 5 or number % 3]
    assert numbers(pages) == wanted
    assert all(len(history.workouts) <= limit for history in pages)
    doubled = [one for history in pages for one in history.workouts if len(one.sources) == 2]
    assert len(doubled) == sum(bool(number % 5 and number % 3) for number in range(60))


async def test_a_page_costs_each_provider_one_question():
    shelves = two_shelves(300)
    await page(shelves, limit=20)
    assert [shelf.asked for shelf in shelves] == [1, 1]


async def test_one_that_fails_costs_its_own_records_and_is_named():
    watch, service = two_shelves(40)
    watch.failure = ProviderServerError("watch", "down")
    pages = await everything((watch, service), limit=10)
    assert numbers(pages) == [number for number in range(40) if number % 3]
    assert {failure.provider for history in pages for failure in history.failures} == {"watch"}


async def test_one_that_hangs_keeps_nobody_waiting():
    watch, service = two_shelves(10)
    watch.hangs = True
    history = await page((watch, service), limit=10)
    assert [int(one.activity.id) for one in history.workouts] == [n for n in range(10) if n % 3]
    assert [failure.type.value for failure in history.failures] == ["timeout"]


async def test_all_that_fail_are_all_named():
    watch, service = two_shelves(10)
    watch.failure = ProviderServerError("watch", "down")
    service.failure = AuthenticationFailed("service", "over")
    history = await page((watch, service), limit=10)
    assert (history.workouts, history.next_place) == ((), None)
    assert len(history.failures) == 2


async def test_one_that_comes_back_or_is_connected_between_pages_joins_in():
    watch, service = two_shelves(40)
    watch.failure = ProviderServerError("watch", "down")
    first = await page((watch, service), limit=5)
    watch.failure = None
    rest = await everything_from((watch, service), first.next_place, limit=5)
    last = int(first.workouts[-1].activity.id)
    assert numbers(rest) == [n for n in range(last + 1, 40) if n % 5 or n % 3]


async def everything_from(shelves, place, decisions=(), **query) -> list[History]:
    pages = []
    while place is not None:
        pages.append(await page(shelves, place, decisions, **query))
        place = pages[-1].next_place
    return pages


async def test_a_sport_that_one_provider_knows_less_well_is_found():
    watch, strap = Shelf("watch"), Shelf("strap")
    for number in range(20):
        watch.add(number, sport=SportType.TRAIL_RUN if number % 2 else SportType.RIDE)
        strap.add(number, late=10, sport=SportType.OTHER)
    pages = await everything((watch, strap), limit=4, sport_type=SportType.RUN)
    assert numbers(pages) == [number for number in range(20) if number % 2]


async def test_bounds_are_kept():
    after, before = NOW - timedelta(hours=41), NOW - timedelta(hours=19)
    pages = await everything(two_shelves(60), limit=3, after=after, before=before)
    assert numbers(pages) == [n for n in range(10, 21) if n % 5 or n % 3]


async def test_what_a_person_called_one_workout_comes_once_however_far_apart():
    watch, service = Shelf("watch"), Shelf("service")
    for number in range(0, 40, 2):
        watch.add(number)
        service.add(number, late=-5 * 3600)
    words = [
        Decision(one=("watch", f"{n}"), other=("service", f"{n}"), same=True, decided_at=NOW)
        for n in range(0, 40, 2)
    ]
    pages = await everything((watch, service), words, limit=3)
    assert Counter(numbers(pages)) == Counter(range(0, 40, 2))


def same(number: int, other: int) -> Decision:
    """The person's word on the watch's and the service's workouts of those numbers."""
    return Decision(
        one=("watch", f"{number}"), other=("service", f"{other}"), same=True, decided_at=NOW
    )


def two_apart(count: int) -> tuple[Shelf, Shelf]:
    """One workout in two hours, told by the watch and by the service in turn."""
    watch, service = Shelf("watch"), Shelf("service")
    for number in range(count):
        (service if number % 2 else watch).add(number)
    return watch, service


async def test_a_workout_told_before_the_word_on_it_is_not_told_again_under_it():
    shelves = two_apart(12)
    first = await page(shelves, limit=3)
    assert numbers([first]) == [0, 1, 2]
    rest = await everything_from(shelves, first.next_place, [same(0, 5)], limit=3)
    assert numbers(rest) == [3, 4, 6, 7, 8, 9, 10, 11]


@pytest.mark.parametrize("limit", [1, 3])
async def test_what_waits_under_a_word_is_not_lost_when_it_is_taken_back(limit):
    watch, service = two_apart(24)
    service.held["11"] = service.held["11"].model_copy(update={"device_name": "Watch 7"})
    first = await page((watch, service), None, [same(16, 11)], limit=13)
    assert numbers([first]) == [*range(11), 12, 13]
    rest = await everything_from((watch, service), first.next_place, limit=limit)
    assert numbers(rest) == [11, *range(14, 24)]


async def test_what_may_be_one_workout_is_listed_beside_it():
    watch, service = Shelf("watch"), Shelf("service")
    watch.add(1)
    service.add(1, late=3600)
    history = await page((watch, service), limit=10)
    assert len(history.workouts) == 2
    assert [(link.one, link.other) for link in history.possible] == [
        (("service", "1"), ("watch", "1"))
    ]


class Growing(RuleBasedStateMachine):
    """Lists grow, providers come and go, and the person decides on doubles while paging through.

    A record that was called one workout with one that was given counts as told when its page comes.
    """

    @initialize(count=st.integers(0, 30), most=st.integers(2, 40))
    def begin(self, count, most):
        self.shelves = [Shelf(name, most) for name in ("watch", "service", "strap")]
        for number in range(count):
            for place, shelf in enumerate(self.shelves):
                if (number + place) % 4:
                    shelf.add(number, late=place * 7)
        self.words: dict[frozenset[tuple[str, str]], Decision] = {}
        self.start_again()

    @rule()
    def start_again(self):
        self.place, self.over = None, False
        self.told: set[tuple[str, str]] = set()
        self.seen: list[tuple[str, str]] = []
        self.always = {key for shelf in self.shelves for key in self._keys(shelf)}

    def _keys(self, shelf):
        return {(shelf.name, number) for number in shelf.held}

    @rule(number=st.integers(0, 40), which=st.integers(0, 2))
    def grow(self, number, which):
        if f"{number}" not in self.shelves[which].held:
            self.shelves[which].add(number, late=which * 7)

    @rule(which=st.integers(0, 2), fails=st.booleans())
    def come_and_go(self, which, fails):
        shelf = self.shelves[which]
        shelf.failure = ProviderServerError(shelf.name, "down") if fails else None

    def _workouts(self, words):
        held = [one for shelf in self.shelves if not shelf.failure for one in shelf.held.values()]
        return find_same(held, words).workouts

    @rule(
        one=st.integers(0, 30),
        later=st.integers(0, 7),
        which=st.permutations(range(3)),
        word=st.sampled_from([True, True, False, None]),
    )
    def decide(self, one, later, which, word):
        pair = [
            (self.shelves[place].name, f"{number}")
            for place, number in zip(which, (one, one + later), strict=False)
        ]
        words = {key: said for key, said in self.words.items() if key != frozenset(pair)}
        if word is not None:
            said = Decision(one=pair[0], other=pair[1], same=word, decided_at=NOW)
            words[said.pair] = said
        for workout in self._workouts(words.values()):
            starts = [record.start_time for record in workout.records]
            if max(starts) - min(starts) > WIDEST_SHIFT:
                return  # the tool refuses that
        self.words = words

    @precondition(lambda self: not self.over)
    @rule(limit=st.integers(1, 12))
    def go_on(self, limit):
        words = tuple(self.words.values())
        history = anyio.run(lambda: page(self.shelves, self.place, words, limit=limit))
        for shelf in self.shelves:
            if shelf.failure is not None:
                self.always -= self._keys(shelf)
        assert len(history.workouts) <= limit
        starts = [one.activity.start_time for one in history.workouts]
        assert starts == sorted(starts, reverse=True)
        assert history.next_place is None or len(history.next_place.given) < 30
        self.seen += [source for one in history.workouts for source in one.sources]
        assert not (history.next_place and self.place) or history.next_place.at <= self.place.at
        border = history.next_place.at if history.next_place else datetime.min.replace(tzinfo=UTC)
        for workout in self._workouts(words):
            keys = {key_of(record): record.start_time for record in workout.records}
            if keys.keys() & set(self.seen):
                self.told |= {key for key, start in keys.items() if start >= border}
        self.place, self.over = history.next_place, history.next_place is None
        if self.over:
            assert not self.always - set(self.seen) - self.told

    @invariant()
    def nothing_comes_twice(self):
        assert len(self.seen) == len(set(self.seen))


def test_however_lists_grow_and_fail_nothing_comes_twice_or_is_lost(proof_scale):
    run_state_machine_as_test(
        Growing,
        settings=settings(max_examples=proof_scale(25, 600), stateful_step_count=25, deadline=None),
    )
