"""A provider's limits, learnt and respected before asking (C3); on real sockets."""

from datetime import UTC, datetime, timedelta

import anyio
import pytest
from quota_gate import Gate

from pierre_mcp.client.guarding import sparing
from pierre_mcp.errors import NetworkError, ProviderError, RateLimitExceeded
from pierre_mcp.spi import ApiKey, Connection, ProviderCapabilities, RateLimits, RateWindow
from pierre_mcp.testing import FakeClock, FakeRequest, Reply, faults

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
LIMITS = RateLimits(
    windows=(
        RateWindow(requests=100, seconds=900, aligned=True),
        RateWindow(requests=1000, seconds=86_400, aligned=True),
    )
)
OF_EACH = RateLimits(windows=(RateWindow(requests=5, seconds=60, per_person=True),))


@pytest.fixture
def clock():
    return FakeClock(NOON + timedelta(seconds=60))


@pytest.fixture
def gate(server, clock):
    gate = Gate(clock)
    server.routes["GET /v3/log"] = gate
    return gate


@pytest.fixture
def person(connect, clock, pool):
    """The client of a person of one application; the process has one ``pool``."""

    def make(name: str, *, limits: RateLimits = LIMITS, **more):
        client = {"clock": clock, "person": name, "ways": pool.ways} | more.pop("client", {})
        return connect(client=client, rate_limits=limits, **more)

    return make


async def ask(client, times: int) -> tuple[int, ProviderError | None]:
    """How many questions were answered, and what the last refusal was."""
    answered, refusal = 0, None
    for _ in range(times):
        try:
            await client.get_json("log")
            answered += 1
        except ProviderError as failure:
            refusal = failure
    return answered, refusal


async def test_nothing_is_asked_once_a_window_is_used_up(person, gate):
    answered, refusal = await ask(person("ada"), 103)
    assert (answered, gate.refused, sum(gate.used.values())) == (100, 0, 200)
    assert isinstance(refusal, RateLimitExceeded)
    assert refusal.retry_after_seconds == 842
    assert "Ask again in 842 s" in refusal.message


async def test_the_next_window_is_asked_in(person, gate, clock):
    await ask(person("ada"), 101)
    clock.advance(seconds=843)
    answered, _ = await ask(person("ada"), 3)
    assert (answered, gate.refused) == (3, 0)


async def test_all_people_of_one_application_share_its_limits(person, gate):
    await ask(person("ada"), 60)
    answered, _ = await ask(person("grace"), 60)
    assert (answered, gate.refused) == (40, 0)


async def test_another_application_has_limits_of_its_own(person, gate, server):
    await ask(person("ada"), 60)
    config = {"client_id": "another", "name": "harbour", "api_base_url": f"{server.url}/v3"}
    gate.used.clear()
    answered, _ = await ask(person("grace", config=config), 60)
    assert answered == 60


async def test_everybody_with_a_key_of_their_own_has_limits_of_their_own(person, gate):
    by_key = {
        "connection": Connection.API_KEY,
        "capabilities": ProviderCapabilities.ACTIVITIES,
        "oauth_endpoints": None,
        "api_key": ApiKey(where="In the settings there."),
    }
    gate.tells = False
    await ask(person("ada", **by_key), 100)
    gate.used.clear()
    answered, _ = await ask(person("grace", **by_key), 60)
    assert answered == 60


async def test_a_limit_of_each_person_is_nobody_elses(person, gate):
    gate.tells = False
    answered = [(await ask(person(name, limits=OF_EACH), 8))[0] for name in ("ada", "grace")]
    assert answered == [5, 5]


async def test_what_others_used_up_is_learnt_from_the_first_answer(person, gate):
    gate.used = {(900, int(NOON.timestamp()) // 900): 99}
    answered, _ = await ask(person("ada"), 5)
    assert (answered, gate.refused) == (1, 0)


async def test_a_refusal_without_a_time_is_told_with_the_end_of_the_window(person, gate, clock):
    gate.used = {(900, int(NOON.timestamp()) // 900): 100}
    clock.advance(seconds=240)
    _, refusal = await ask(person("ada"), 1)
    assert refusal.retry_after_seconds == 602
    assert sum(gate.used.values()) == 102


async def test_the_providers_own_word_holds_for_all(person, server):
    asked = 0

    async def busy(_: FakeRequest) -> Reply:
        nonlocal asked
        asked += 1
        return 429, {}, {"Retry-After": "14"}

    server.routes["GET /v3/log"] = busy
    bare = RateLimits()
    await ask(person("ada", limits=bare), 1)
    _, refusal = await ask(person("grace", limits=bare), 3)
    assert (asked, refusal.retry_after_seconds) == (1, 14)


async def test_limits_that_nobody_declared_are_learnt_from_their_headers(person, server, clock):
    left = 3

    async def counted(_: FakeRequest) -> Reply:
        nonlocal left
        left -= 1
        names = {"X-RateLimit-Limit": "3", "X-RateLimit-Remaining": str(left)}
        return 200, {}, {**names, "X-RateLimit-Reset": "30"}

    server.routes["GET /v3/log"] = counted
    answered, refusal = await ask(person("ada", limits=RateLimits()), 6)
    assert (answered, refusal.retry_after_seconds) == (3, 32)
    clock.advance(seconds=33)
    assert (await ask(person("ada", limits=RateLimits()), 1))[0] == 1


async def test_what_can_be_done_without_leaves_the_last_of_a_quota(person, gate):
    token = sparing.set(True)
    answered, _ = await ask(person("ada"), 120)
    sparing.reset(token)
    assert (answered, gate.refused) == (90, 0)
    assert (await ask(person("ada"), 120))[0] == 10


async def test_what_never_arrived_is_not_counted(person, gate, server):
    gate.tells = False
    server.break_next(faults.reset, times=3)
    for _ in range(3):
        with pytest.raises(NetworkError):
            await person("ada").get_json("log")
    assert (await ask(person("ada"), 105))[0] == 100


async def test_no_more_requests_of_one_person_are_under_way_than_it_allows(person, server):
    under_way = most = 0

    async def slow(_: FakeRequest) -> Reply:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await anyio.lowlevel.checkpoint()
        under_way -= 1
        return 200, {}, {}

    server.routes["GET /v3/log"] = slow
    two = RateLimits(at_once_per_person=2)
    async with anyio.create_task_group() as tasks:
        for _ in range(12):
            tasks.start_soon(person("ada", limits=two).get_json, "log")
    assert most <= 2


@pytest.mark.usefixtures("gate")
async def test_what_is_held_back_is_counted_for_the_operator(person, pool):
    await ask(person("ada"), 104)
    shown = pool.metrics.render(pool.ways, anyio.current_time())[0].decode()
    assert 'pierre_provider_held_back_total{provider="harbour"} 4.0' in shown
    quota = 'pierre_provider_quota_remaining{provider="harbour",window="x-ratelimit:86400"} 900.0'
    assert quota in shown
    assert 'pierre_provider_breaker{provider="harbour"} 0.0' in shown
