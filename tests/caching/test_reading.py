"""Kept answers: fresh ones serve, old ones stand in for a failure, questions are shared."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from inspect import getmembers, isfunction
from typing import Any

import anyio
import pytest
from connected import HARBOUR, config_of

from pierre_mcp.caching import reading
from pierre_mcp.caching.backend import Found
from pierre_mcp.caching.keys import Owner, Place
from pierre_mcp.caching.memory import MemoryCache
from pierre_mcp.caching.policy import (
    KEEP,
    CachePolicy,
    CacheState,
    is_worth_caching,
    keeps_for,
)
from pierre_mcp.caching.provider import CachingFitnessProvider
from pierre_mcp.caching.reading import Shared
from pierre_mcp.errors import (
    AuthenticationFailed,
    MissingScope,
    NetworkError,
    NotConnected,
    NotFound,
    ProviderError,
    ProviderServerError,
    ProviderTimeout,
    RateLimitExceeded,
    UnsupportedFeature,
)
from pierre_mcp.models import Activity, Athlete, Page, SleepSession, SportType
from pierre_mcp.principal import Principal
from pierre_mcp.spi import (
    ActivityQuery,
    Connection,
    FitnessProvider,
    Include,
    ProviderCapabilities,
    ProviderContext,
    ProviderDescriptor,
    Terms,
)
from pierre_mcp.testing import FakeClock

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
TODAY = NOW.astimezone().date()
ADA, BEA = Principal("club", "ada"), Principal("club", "bea")


class Source(FitnessProvider):
    """Answers with the number of the question; fails or waits as it is told."""

    def __init__(self, desk: "Desk", descriptor: ProviderDescriptor) -> None:
        async def silent(*_: Any) -> None:
            """Nobody waits."""

        context = ProviderContext(clock=desk.clock, progress=silent, spawn=desk.spawn)
        super().__init__(descriptor, config_of(), context)
        self.desk = desk

    async def get_athlete(self) -> Athlete:
        return Athlete(provider="harbour", id="1", name=await self.desk.asked("athlete"))

    async def get_activities(self, query: ActivityQuery) -> Page[Activity]:
        number = await self.desk.asked("activities")
        return Page(items=(outing(number),), complete=self.desk.complete)

    async def get_activity(
        self, activity_id: str, include: frozenset[Include] = frozenset()
    ) -> Activity:
        return outing(await self.desk.asked(f"activity {activity_id} {len(include)}"))

    async def get_sleep_sessions(self, start: date, end: date) -> Page[SleepSession]:
        await self.desk.asked(f"sleep {start} {end}")
        return Page()


def outing(name: str) -> Activity:
    return Activity(
        provider="harbour", id=name, name=name, sport_type=SportType.ROWING, start_time=NOW
    )


@dataclass
class Desk:
    """A source, a cache before it, and who waits for what."""

    clock: FakeClock
    tasks: Any
    questions: list[str] = field(default_factory=list)
    failure: Exception | None = None
    before: Callable[[], Awaitable[None]] | None = None
    complete: bool = True
    descriptor: ProviderDescriptor = HARBOUR
    slept: list[float] = field(default_factory=list)
    wakes: anyio.Event = field(default_factory=anyio.Event)
    backend: Any = None
    shared: Any = None

    def spawn(self, work: Callable[[], Awaitable[None]]) -> None:
        self.tasks.start_soon(work)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await self.wakes.wait()

    async def asked(self, what: str) -> str:
        self.questions.append(what)
        number = str(len(self.questions))
        if self.before is not None:
            await self.before()
        if self.failure is not None:
            raise self.failure
        return number

    def provider(
        self,
        policy: CachePolicy = CachePolicy.USE_CACHE,
        principal: Principal = ADA,
        since: str = "1",
    ) -> CachingFitnessProvider:
        return CachingFitnessProvider(
            Source(self, self.descriptor),
            owner=Owner(principal=principal, provider="harbour", since=since),
            shared=self.shared,
            reopen=self.reopen,
            policy=policy,
        )

    @asynccontextmanager
    async def reopen(self) -> AsyncIterator[FitnessProvider]:
        yield Source(self, self.descriptor)

    async def name(self, **more: Any) -> str | None:
        return (await self.provider(**more).get_athlete()).name


@asynccontextmanager
async def desk() -> AsyncIterator[Desk]:
    async with anyio.create_task_group() as tasks:
        on = Desk(FakeClock(NOW), tasks)
        on.backend = MemoryCache(on.clock)
        on.shared = Shared(
            backend=on.backend, clock=on.clock, spawn=on.spawn, sleep=on.sleep, chance=lambda: 0.0
        )
        yield on
        tasks.cancel_scope.cancel()


async def test_a_fresh_copy_costs_no_question_and_says_so():
    async with desk() as on:
        assert await on.name() == "1"
        on.clock.advance(hours=19)
        provider = on.provider()
        assert (await provider.get_athlete()).name == "1"
        assert provider.freshness is not None
        assert (provider.freshness.state, provider.freshness.fetched_at) == (CacheState.HIT, NOW)
        assert on.questions == ["athlete"]


async def test_a_copy_whose_time_is_over_is_asked_for_again():
    async with desk() as on:
        await on.name()
        on.clock.advance(hours=24)
        provider = on.provider()
        assert (await provider.get_athlete()).name == "2"
        assert provider.freshness.state is CacheState.MISS
        assert provider.freshness.fetched_at == on.clock()


async def test_each_kind_has_its_own_life(monkeypatch):
    monkeypatch.setattr(reading, "EARLY_PART", 1.0)
    async with desk() as on:
        old = TODAY - timedelta(days=30)

        async def ask(provider: CachingFitnessProvider) -> None:
            await provider.get_athlete()
            await provider.get_activities(ActivityQuery())
            await provider.get_activity("7")
            await provider.get_sleep_sessions(old, TODAY)
            await provider.get_sleep_sessions(old, old)

        await ask(on.provider())
        kinds, on.questions = on.questions, []
        again: dict[str, set[int]] = {kind: set() for kind in kinds}
        for minutes in range(10, 24 * 60 + 20, 10):
            on.clock.advance(minutes=10)
            # The source is down, so that copies are not renewed and their ends are seen.
            on.failure, on.questions = ProviderServerError("harbour", "down"), []
            await ask(on.provider())
            for kind in on.questions:
                again[kind].add(minutes)
        assert {kind: min(at) for kind, at in again.items()} == {
            "athlete": 1440, "activities": 20, "activity 7 0": 60,
            f"sleep {old} {TODAY}": 20, f"sleep {old} {old}": 360,
        }  # fmt: skip


async def test_two_hundred_who_ask_the_same_at_once_cost_one_question():
    async with desk() as on:
        go_on, names = anyio.Event(), []
        on.before = go_on.wait

        async def ask() -> None:
            names.append(await on.name())

        async with anyio.create_task_group() as askers:
            for _ in range(200):
                askers.start_soon(ask)
            await anyio.wait_all_tasks_blocked()
            go_on.set()
        assert names == ["1"] * 200
        assert len(on.questions) == 1


async def test_a_question_under_way_is_not_shared_with_the_next_connection(monkeypatch):
    async with desk() as on:

        async def away(_place: Place, _kind: Any) -> Found:
            return Found(entry=None, stamp="")  # as of a Redis that cannot be reached

        monkeypatch.setattr(on.backend, "get", away)
        go_on, names = anyio.Event(), []
        on.before = go_on.wait

        async def ask(since: str) -> None:
            names.append((since, await on.name(since=since)))

        async with anyio.create_task_group() as askers:
            for since in ("1", "2"):
                askers.start_soon(ask, since)
                await anyio.wait_all_tasks_blocked()
            go_on.set()
        assert sorted(names) == [("1", "1"), ("2", "2")]


async def test_a_cancelled_first_asker_costs_one_question_more():
    async with desk() as on:
        go_on, names = anyio.Event(), []
        on.before = go_on.wait
        first = anyio.CancelScope()

        async def leads() -> None:
            with first:
                await on.name()

        async def ask() -> None:
            names.append(await on.name())

        async with anyio.create_task_group() as askers:
            askers.start_soon(leads)
            await anyio.wait_all_tasks_blocked()
            for _ in range(50):
                askers.start_soon(ask)
            await anyio.wait_all_tasks_blocked()
            first.cancel()
            await anyio.wait_all_tasks_blocked()
            go_on.set()
        assert names == ["2"] * 50
        assert len(on.questions) == 2


async def test_a_failure_is_everybodys_who_waited_and_the_next_one_asks_anew():
    async with desk() as on:
        go_on, failed = anyio.Event(), []
        on.before, on.failure = go_on.wait, NotFound("harbour", "no such athlete")

        async def ask() -> None:
            with pytest.raises(NotFound) as raised:
                await on.name()
            failed.append(raised.value)

        async with anyio.create_task_group() as askers:
            for _ in range(20):
                askers.start_soon(ask)
            await anyio.wait_all_tasks_blocked()
            go_on.set()
        assert (len(failed), len(on.questions)) == (20, 1)
        on.failure = None
        assert await on.name() == "2"


@pytest.mark.parametrize("kind", [ProviderServerError, ProviderTimeout, NetworkError])
async def test_a_kept_copy_stands_in_for_a_failure_and_says_how_old_it_is(kind):
    async with desk() as on:
        await on.name()
        on.clock.advance(days=6)
        on.failure = kind("harbour", "down")
        provider = on.provider()
        assert (await provider.get_athlete()).name == "1"
        assert (provider.freshness.state, provider.freshness.fetched_at) == (CacheState.STALE, NOW)
        on.clock.advance(days=1)
        with pytest.raises(kind):
            await on.name()


@pytest.mark.parametrize("kind", [AuthenticationFailed, MissingScope, NotFound, NotConnected])
async def test_who_may_not_see_an_answer_any_more_gets_no_copy_either_now_or_later(kind):
    async with desk() as on:
        await on.name()
        on.clock.advance(days=2)
        on.failure = kind("harbour", "no")
        with pytest.raises(kind):
            await on.name()
        on.failure = ProviderServerError("harbour", "down")
        with pytest.raises(ProviderServerError):
            await on.name()


async def test_a_refresh_asks_although_there_is_a_copy_and_a_failed_one_keeps_it():
    async with desk() as on:
        await on.name()
        assert await on.name(policy=CachePolicy.REFRESH) == "2"
        assert await on.name() == "2"
        on.failure = ProviderTimeout("harbour", "slow")
        provider = on.provider(CachePolicy.REFRESH)
        assert (await provider.get_athlete()).name == "2"
        assert provider.freshness.state is CacheState.STALE
        on.failure = None
        assert await on.name() == "2"


async def test_bypassing_neither_reads_nor_keeps_a_copy():
    async with desk() as on:
        await on.name()
        provider = on.provider(CachePolicy.BYPASS)
        assert (await provider.get_athlete()).name == "2"
        assert provider.freshness.state is CacheState.BYPASS
        assert await on.name() == "1"
        on.failure = ProviderServerError("harbour", "down")
        with pytest.raises(ProviderServerError):
            await on.name(policy=CachePolicy.BYPASS)


async def test_a_copy_near_its_end_serves_and_is_renewed_once_for_the_next():
    async with desk() as on:
        await on.name()
        on.clock.advance(hours=20)
        go_on = anyio.Event()
        on.before = go_on.wait
        assert [await on.name() for _ in range(5)] == ["1"] * 5
        await anyio.wait_all_tasks_blocked()
        go_on.set()
        await anyio.wait_all_tasks_blocked()
        assert on.questions == ["athlete"] * 2
        assert await on.name() == "2"


async def test_a_renewal_that_fails_is_nobodys_failure():
    async with desk() as on:
        await on.name()
        on.clock.advance(hours=20)
        on.failure = AuthenticationFailed("harbour", "over")
        assert await on.name() == "1"
        await anyio.wait_all_tasks_blocked()
        on.failure = None
        assert await on.name() == "1"


async def test_a_question_that_no_quota_is_left_for_is_asked_by_itself_later():
    async with desk() as on:
        on.failure = RateLimitExceeded("harbour", "No more.", retry_after_seconds=900.0)
        for _ in range(3):
            with pytest.raises(RateLimitExceeded) as raised:
                await on.name()
            assert raised.value.scheduled
            assert raised.value.retry_after_seconds == 900.0
            assert "ask it again afterwards" in raised.value.message
        await anyio.wait_all_tasks_blocked()
        assert on.slept == [900.0]
        on.failure = None
        on.clock.advance(minutes=15)
        on.wakes.set()
        await anyio.wait_all_tasks_blocked()
        asked = len(on.questions)
        provider = on.provider()
        assert (await provider.get_athlete()).name == str(asked)
        assert provider.freshness.state is CacheState.HIT
        assert on.shared.scheduled == {}


async def test_what_comes_too_early_again_is_asked_once_more():
    async with desk() as on:
        on.failure = RateLimitExceeded("harbour", "No more.", retry_after_seconds=900.0)
        with pytest.raises(RateLimitExceeded):
            await on.name()
        on.failure = RateLimitExceeded("harbour", "No more.", retry_after_seconds=0.0)
        await anyio.wait_all_tasks_blocked()
        opens, on.wakes = on.wakes, anyio.Event()
        opens.set()
        await anyio.wait_all_tasks_blocked()
        assert on.slept == [900.0, 1.0]
        on.failure = None
        on.wakes.set()
        await anyio.wait_all_tasks_blocked()
        assert await on.name() == "3"


async def test_with_a_copy_at_hand_a_used_up_quota_is_no_error():
    async with desk() as on:
        await on.name()
        on.clock.advance(days=2)
        on.failure = RateLimitExceeded("harbour", "No more.", retry_after_seconds=900.0)
        provider = on.provider()
        assert (await provider.get_athlete()).name == "1"
        assert provider.freshness.state is CacheState.STALE


async def test_no_owner_schedules_more_than_their_share():
    async with desk() as on:
        on.failure = RateLimitExceeded("harbour", "No more.", retry_after_seconds=900.0)
        scheduled = []
        for number in range(30):
            with pytest.raises(RateLimitExceeded) as raised:
                await on.provider().get_activity(str(number))
            scheduled.append(raised.value.scheduled)
        assert sum(scheduled) == 20
        with pytest.raises(RateLimitExceeded) as raised:
            await on.provider(principal=BEA).get_activity("1")
        assert raised.value.scheduled


@pytest.mark.parametrize("wait", [None, 1e6])
async def test_a_wait_that_nobody_knows_or_outlives_a_day_is_not_promised(wait):
    async with desk() as on:
        on.failure = RateLimitExceeded("harbour", "No more.", retry_after_seconds=wait)
        with pytest.raises(RateLimitExceeded) as raised:
            await on.name()
        assert not raised.value.scheduled
        assert on.slept == []


async def test_nothing_of_one_person_or_connection_serves_another():
    async with desk() as on:
        await on.name()
        assert await on.name(principal=BEA) == "2"
        assert await on.name(since="2") == "3"


async def test_what_changed_is_asked_for_again_and_the_rest_is_not():
    async with desk() as on:
        provider = on.provider()
        await provider.get_athlete()
        await provider.get_activity("7")
        await provider.invalidate_activity_list_cache()
        await on.provider().get_athlete()
        await on.provider().get_activity("7")
        assert on.questions == ["athlete", "activity 7 0", "activity 7 0"]
        await provider.invalidate_user_cache()
        await on.name()
        assert on.questions[3:] == ["athlete"]


async def test_an_answer_that_was_under_way_when_all_was_forgotten_does_not_come_back():
    async with desk() as on:
        go_on = anyio.Event()
        on.before = go_on.wait
        async with anyio.create_task_group() as askers:
            askers.start_soon(on.name)
            await anyio.wait_all_tasks_blocked()
            await on.provider().invalidate_user_cache()
            on.before = None
            assert await on.name() == "2"
            go_on.set()
        assert await on.name() == "2"


async def test_what_is_incomplete_is_asked_for_again_after_a_minute():
    async with desk() as on:
        on.complete = False
        for _ in range(2):
            await on.provider().get_activities(ActivityQuery())
        on.clock.advance(minutes=1)
        await on.provider().get_activities(ActivityQuery())
        assert len(on.questions) == 2


async def test_terms_decide_how_long_a_copy_is_kept():
    async with desk() as on:
        terms = Terms(source="x", read=None, keep_days=2)
        on.descriptor = replace(HARBOUR, terms=terms)
        await on.name()
        on.clock.advance(days=2)
        on.failure = ProviderServerError("harbour", "down")
        with pytest.raises(ProviderServerError):
            await on.name()


async def test_terms_that_allow_no_keeping_are_kept():
    async with desk() as on:
        terms = Terms(source="x", read=None, keep_days=0)
        on.descriptor = replace(HARBOUR, terms=terms)
        assert [await on.name() for _ in range(3)] == ["1", "2", "3"]
        assert len(on.backend) == 0
        assert not is_worth_caching(on.descriptor)


def test_what_asks_nobody_is_not_worth_keeping():
    local = replace(
        HARBOUR,
        connection=Connection.NONE,
        capabilities=ProviderCapabilities.ACTIVITIES,
        oauth_endpoints=None,
        api_base_url=None,
        default_scopes=(),
        scope_needs=(),
    )
    assert not is_worth_caching(local)
    assert is_worth_caching(HARBOUR)
    assert keeps_for(HARBOUR) == KEEP


async def test_what_a_provider_lacks_it_lacks_with_a_cache_too():
    async with desk() as on:
        for _ in range(2):
            with pytest.raises(UnsupportedFeature):
                await on.provider().get_stats()
        with pytest.raises(ProviderError):
            await on.provider().get_health_metrics(TODAY, TODAY)


def test_no_method_of_the_contract_is_forgotten():
    def public(of: type) -> set[str]:
        return {
            name
            for name, member in getmembers(of)
            if (isfunction(member) or isinstance(member, property))
            and (not name.startswith("_") or name in ("__aenter__", "__aexit__"))
        }

    # The way to the API is the inner provider's, which is asked with it.
    assert public(FitnessProvider) - set(vars(CachingFitnessProvider)) == {"api"}
