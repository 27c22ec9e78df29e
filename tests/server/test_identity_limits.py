"""The server's own limit on calls: a pure bucket, and what a person meets who empties it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lakeside import NOW, Lake, LakesideFactory
from many_people import TokensInMemory, served

from pierre_mcp.composition import Composition
from pierre_mcp.principal import Principal
from pierre_mcp.registry import ProviderRegistry
from pierre_mcp.server.identity.limits import CallLimits
from pierre_mcp.settings import load_settings

ADA, BOB, EVE = (Principal("lake", name) for name in ("ada", "bob", "eve"))


def test_a_person_may_use_a_minutes_calls_at_once_and_then_waits_for_one():
    limits = CallLimits(3)
    assert [limits.take(ADA, 100) for _ in range(4)] == [0, 0, 0, 20]
    assert limits.take(ADA, 110) == 10
    assert limits.take(ADA, 120) == 0
    assert limits.take(ADA, 120) == 20


def test_another_person_is_not_held_up():
    limits = CallLimits(1)
    assert limits.take(ADA, 0) == 0
    assert limits.take(ADA, 0) > 0
    assert limits.take(BOB, 0) == 0
    assert limits.take(Principal("sea", "ada"), 0) == 0


def test_a_bucket_never_holds_more_than_a_minutes_calls():
    limits = CallLimits(2)
    limits.take(ADA, 0)
    assert [limits.take(ADA, 86_400) for _ in range(3)] == [0, 0, 30]


def test_a_clock_that_goes_back_gives_nothing_and_takes_nothing():
    limits = CallLimits(2)
    assert limits.take(ADA, 100) == 0
    assert limits.take(ADA, 50) == 0
    assert limits.take(ADA, 50) == 30
    assert limits.take(ADA, 80) == 0


def test_only_so_many_people_are_remembered_the_latest_ones():
    limits = CallLimits(1, most_people=2)
    for person in (ADA, BOB, ADA, EVE):
        limits.take(person, 0)
    assert len(limits) == 2
    assert limits.take(ADA, 0) > 0
    assert limits.take(BOB, 0) == 0


@given(
    st.integers(min_value=1, max_value=1000),
    st.lists(st.floats(min_value=0, max_value=90), min_size=1, max_size=200),
)
def test_in_no_stretch_are_there_more_calls_than_the_rate_and_a_full_bucket(
    calls_per_minute: int, pauses: list[float]
):
    limits = CallLimits(calls_per_minute)
    now = 0.0
    allowed = 0
    for pause in pauses:
        now += pause
        allowed += limits.take(ADA, now) == 0
    assert allowed <= calls_per_minute + calls_per_minute * now / 60 + 1e-3


@given(st.integers(min_value=1, max_value=1000), st.floats(min_value=0, max_value=1e9))
def test_whoever_waits_as_told_is_let_in(calls_per_minute: int, start: float):
    limits = CallLimits(calls_per_minute)
    for _ in range(calls_per_minute):
        assert limits.take(ADA, start) == 0
    for _ in range(3):
        wait = limits.take(ADA, start)
        if wait:
            start += wait
            assert limits.take(ADA, start) == 0


def a_composition(home: Any, lake: Lake, **environ: str) -> Composition:
    configuration = load_settings(
        {
            "PIERRE_DEFAULT_PROVIDER": "lakeside",
            "PIERRE_HOME": str(home),
            "PIERRE_CALLS_PER_MINUTE": "3",
            **environ,
        }
    )
    registry = ProviderRegistry(configuration)
    registry.register_factory("lakeside", LakesideFactory(lake))
    return Composition(configuration, registry=registry, clock=lambda: NOW)


async def test_one_call_too_many_says_whose_limit_it_is_and_reaches_no_provider(
    tmp_path: Any, lake: Lake
):
    tokens = TokensInMemory()
    composition = a_composition(tmp_path, lake, PIERRE_PUBLIC_URL="https://pierre.example.org")
    async with served(composition, api_tokens=tokens) as server:
        ada, bob = [await tokens.make("lake", name, NOW) for name in ("ada", "bob")]
        again = await tokens.make("lake", "ada", NOW)
        # What is wrong with a call does not make it free.
        for tool in ("get_athlete", "get_nothing", "get_activity"):
            await server.call(ada, tool)
        lake.calls = 0
        for token in (ada, again):
            refused = await server.call(token, "get_athlete")
            error = refused["error"]
            assert (error["type"], error["retryable"]) == ("rate_limited", True)
            assert 1 <= error["retry_after_seconds"] <= 20
            assert "server's own limit" in error["message"]
            assert "3 calls" in error["message"]
        assert lake.calls == 0
        assert (await server.call(bob, "get_athlete"))["success"] is True


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_the_local_person_has_no_limit(tmp_path: Any, lake: Lake, mode: str):
    async with (
        served(a_composition(tmp_path, lake)) as server,
        server.client(None, mode=mode) as client,
    ):
        for _ in range(5):
            assert not (await client.call_tool("get_athlete", {})).is_error
