"""One holder at a time, and none that outlives its task or process: T1's and T3's locks.

On files, on PostgreSQL, and behind Redis; "another" is another process, or locks of their own.
"""

import asyncio
import random
import socket
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import pytest
from anyio.lowlevel import checkpoint
from children import children
from databases import ADA, BEA, CUT
from holders import count_alone, hold_until_killed, open_locks
from structlog.testing import capture_logs

from pierre_mcp.connections.advisory_locks import AdvisoryLocks
from pierre_mcp.connections.database import open_database
from pierre_mcp.connections.file_locks import FileLocks
from pierre_mcp.connections.locks import RefreshLocks, locks_for
from pierre_mcp.connections.polled_locks import lock_name
from pierre_mcp.connections.redis_locks import RedisLocks
from pierre_mcp.errors import ConfigurationError, StoreUnavailable
from pierre_mcp.principal import Principal
from pierre_mcp.settings import Settings

PATIENCE_SECONDS = 30
LOCKS = (
    "SELECT count(*) || ' by ' || count(DISTINCT pid) FROM pg_locks WHERE locktype = 'advisory';"
)
windows = sys.platform == "win32"


@pytest.fixture
def settings(locked_by: Settings) -> Settings:
    """Here it is the locks that differ."""
    return locked_by


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[RefreshLocks]:
    database, locks = await open_locks(settings)
    try:
        yield locks
    finally:
        await locks.close()
        await database.close()


@pytest.fixture
async def locks(settings: Settings) -> AsyncIterator[RefreshLocks]:
    async with opened(settings) as one:
        yield one


@pytest.fixture
async def other(settings: Settings) -> AsyncIterator[RefreshLocks]:
    """What another process would have."""
    async with opened(settings) as one:
        yield one


async def free(locks: RefreshLocks, principal: Principal = ADA, provider: str = "lakeside") -> None:
    """Succeeds only where nobody holds the lock."""
    with anyio.fail_after(PATIENCE_SECONDS):
        async with locks.hold(principal, provider):
            pass


async def wait_in_vain(settings: Settings, scope: anyio.CancelScope) -> None:
    """Ask for the lock a few times as another process would, then be cancelled."""
    asked = 0

    async def sleep(_seconds: float) -> None:
        nonlocal asked
        asked += 1
        if asked == 5:
            scope.cancel()
        await checkpoint()

    database, locks = await open_locks(settings, sleep)
    try:
        with scope:
            async with locks.hold(ADA, "lakeside"):
                pass
    finally:
        await locks.close()
        await database.close()
    assert scope.cancelled_caught, "somebody else held the lock, and yet it was given"


async def test_the_locks_are_those_of_the_database_behind_redis_where_there_is_one(settings):
    database = await open_database(settings)
    locks = locks_for(settings, database)
    await free(locks)
    inner = locks
    if settings.redis_url is not None:
        assert isinstance(locks, RedisLocks)
        inner = locks._inner  # noqa: SLF001
    assert isinstance(inner, FileLocks if database.file else AdvisoryLocks)
    if database.file:
        assert len(list((settings.home / "locks").iterdir())) == 1, "beside the database"
    await locks.close()
    await database.close()


# One at a time


async def test_within_a_process_and_beside_another_only_one_holds_a_lock(locks, other):
    inside = most = done = 0

    async def one(by: RefreshLocks) -> None:
        nonlocal inside, most, done
        async with by.hold(ADA, "lakeside"):
            inside += 1
            most = max(most, inside)
            await checkpoint()
            inside -= 1
            done += 1

    async with anyio.create_task_group() as tasks:
        for number in range(10):
            tasks.start_soon(one, (locks, other)[number % 2])
    assert (most, done) == (1, 10)


async def test_processes_exclude_each_other(settings, tmp_path, proof_scale):
    rounds = proof_scale(8, 100)
    (tmp_path / "count").write_text("0")
    with children(2, count_alone, settings, tmp_path, rounds) as others:
        for child in others:
            assert child.hear() == "ready"
        for child in others:
            child.tell("go")
        for child in others:
            assert child.hear() == "done"
    assert int((tmp_path / "count").read_text()) == 2 * rounds


async def test_locks_of_different_connections_do_not_wait_for_each_other(locks):
    names = [(Principal("club", f"person {number}"), "lakeside") for number in range(100)]
    names += [(ADA, "a"), (ADA, "b"), (BEA, "a"), (Principal("", "clubada"), "a")]
    everyone = anyio.Event()
    held = 0

    async def one(principal: Principal, provider: str) -> None:
        nonlocal held
        async with locks.hold(principal, provider):
            held += 1
            if held == len(names):
                everyone.set()
            await everyone.wait()

    with anyio.fail_after(PATIENCE_SECONDS):
        async with anyio.create_task_group() as tasks:
            for principal, provider in names:
                tasks.start_soon(one, principal, provider)
    assert held == len(names)


def test_no_two_connections_share_a_name():
    tuples = [("a", "b", "c"), ("ab", "", "c"), ("", "ab", "c"), ("a", "bc", ""), ("a", "", "bc")]
    assert len({lock_name(Principal(t, u), p) for t, u, p in tuples}) == len(tuples)


# None outlives its holder


async def test_a_holder_that_is_killed_leaves_nothing_locked(settings, locks):
    with children(1, hold_until_killed, settings) as (holder,):
        assert holder.hear() == "held"
        await wait_in_vain(settings, anyio.CancelScope())
        holder.kill()
        await free(locks)


async def test_a_holder_that_fails_leaves_nothing_locked(locks, other):
    with pytest.raises(RuntimeError, match="of its own"):
        async with locks.hold(ADA, "lakeside"):
            raise RuntimeError("of its own")
    await free(other)
    await free(locks)


async def test_a_holder_that_is_cancelled_leaves_nothing_locked(locks, other):
    with anyio.CancelScope() as scope:
        async with locks.hold(ADA, "lakeside"):
            scope.cancel()
            await checkpoint()
    assert scope.cancelled_caught
    await free(other)


async def test_a_waiter_that_is_cancelled_leaves_nothing_locked(settings, locks, other):
    async with other.hold(ADA, "lakeside"):
        await wait_in_vain(settings, anyio.CancelScope())
    await free(other)
    await free(locks)


async def test_cancelled_at_any_moment_nothing_is_left_locked(locks, other, proof_scale):
    dice = random.Random(20261124)

    async def hold() -> None:
        async with locks.hold(ADA, "lakeside"):
            await checkpoint()

    for _ in range(proof_scale(12, 300)):
        task = asyncio.ensure_future(hold())
        for _ in range(dice.randrange(30)):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        await free(other)


# Files


@pytest.mark.skipif(windows, reason="Windows has no such modes")
async def test_lock_files_are_for_their_owner_alone(tmp_path):
    locks = FileLocks(tmp_path / "home" / "locks")
    async with locks.hold(ADA, "lakeside"):
        pass
    (file,) = (tmp_path / "home" / "locks").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert "ada" not in file.name


async def test_a_folder_that_cannot_be_used_is_told_as_ours(tmp_path):
    (tmp_path / "locks").write_text("not a folder")
    with pytest.raises(StoreUnavailable) as caught:
        await free(FileLocks(tmp_path / "locks"))
    assert str(tmp_path) not in caught.value.message


# PostgreSQL


@asynccontextmanager
async def advisory(settings: Settings) -> AsyncIterator[AdvisoryLocks]:
    database = await open_database(settings)
    locks = locks_for(settings, database)
    assert isinstance(locks, AdvisoryLocks)
    try:
        yield locks
    finally:
        await locks.close()
        await database.close()


async def test_100_locks_hang_on_one_connection(postgres, postgres_settings):
    told = ""

    async def hold_more(locks: AdvisoryLocks, left: int) -> None:
        nonlocal told
        if not left:
            told = postgres.run(LOCKS)
            return
        async with locks.hold(ADA, str(left)):
            await hold_more(locks, left - 1)

    async with advisory(postgres_settings) as locks:
        await hold_more(locks, 100)
        assert "100 by 1" in told
        assert "0 by 0" in postgres.run(LOCKS)


async def test_a_connection_that_drops_is_made_anew(postgres, postgres_settings):
    async with advisory(postgres_settings) as locks, advisory(postgres_settings) as other:
        with capture_logs() as logs:
            async with locks.hold(ADA, "lakeside"):
                postgres.run(CUT)
                await free(other)
                await free(locks, BEA)
            await free(locks)
        assert "locks_lost_with_connection" in [entry["event"] for entry in logs]


# Redis


class Counted:
    """Inner locks that count how often they are held."""

    def __init__(self) -> None:
        self.holds = 0

    @asynccontextmanager
    async def hold(self, _principal: Principal, _provider: str) -> AsyncIterator[None]:
        self.holds += 1
        yield

    async def close(self) -> None:
        pass


@pytest.fixture(params=["closed", "silent", "babbling"])
async def broken_redis(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """An address where nobody is, where nobody answers, or where the answers make no sense."""

    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if request.param == "babbling":
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 3)
        await reader.read()  # until the other side gives up
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    if request.param == "closed":
        server.close()
    yield f"redis://:canary@127.0.0.1:{port}"
    server.close()


async def test_without_a_usable_redis_the_inner_lock_decides_and_it_is_told_once(broken_redis):
    inner = Counted()
    locks = RedisLocks(
        inner, broken_redis, answer_seconds=0.05, clock=iter(range(0, 999, 50)).__next__
    )
    with capture_logs() as logs:
        for _ in range(3):
            await free(locks)
    await locks.close()
    assert inner.holds == 3
    assert [entry["event"] for entry in logs] == ["redis_locks_left_out"]
    assert "canary" not in repr(logs)


async def test_a_redis_that_failed_is_left_alone_for_a_while(unused_port: int):
    tried = []
    locks = RedisLocks(Counted(), f"redis://127.0.0.1:{unused_port}", clock=lambda: 0.0)
    locks._queue._client.lock = lambda *_, **__: tried.append(1) or Refusing()  # noqa: SLF001
    for _ in range(3):
        await free(locks)
    await locks.close()
    assert len(tried) == 1


class Refusing:
    async def acquire(self, *, blocking: bool) -> bool:
        raise ConnectionRefusedError


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


async def test_a_lock_in_redis_that_nobody_frees_holds_nobody_up_for_longer_than_a_lease(redis_url):
    """Another's leftover without an end, say; time passes here only by sleeping."""
    from redis.asyncio import Redis

    now = 0.0

    async def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds
        await checkpoint()

    name = f"pierre:refresh:{lock_name(ADA, 'leftover')}"
    async with Redis.from_url(redis_url) as client:
        await client.set(name, "somebody")
        inner = Counted()
        locks = RedisLocks(inner, redis_url, lease_seconds=30, sleep=sleep, clock=lambda: now)
        await free(locks, provider="leftover")
        await locks.close()
        assert inner.holds == 1
        assert 30 < now < 31
        assert await client.get(name) == b"somebody", "what is not ours is left alone"
        await client.delete(name)


async def test_what_is_held_in_redis_ends_with_the_hold_or_with_the_lease(redis_url):
    from redis.asyncio import Redis

    name = f"pierre:refresh:{lock_name(ADA, 'lakeside')}"
    locks = RedisLocks(Counted(), redis_url)
    async with Redis.from_url(redis_url) as client:
        async with locks.hold(ADA, "lakeside"):
            assert 0 < await client.pttl(name) <= 30_000
        assert await client.exists(name) == 0
    await locks.close()


@pytest.mark.parametrize("url", ["localhost:6379", "http://canary@localhost", "redis://x:canary"])
def test_an_address_that_is_not_redis_is_refused_without_quoting_it(url):
    with pytest.raises(ConfigurationError, match="REDIS_URL") as caught:
        RedisLocks(Counted(), url)
    assert "canary" not in caught.value.message
