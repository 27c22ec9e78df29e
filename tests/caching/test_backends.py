"""Both places to keep answers hold what the contract says, and each what is its own."""

import json
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import anyio
import pytest
from anyio.abc import SocketAttribute, SocketStream
from databases import redis_server
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from pierre_mcp.caching.backend import CacheProvider
from pierre_mcp.caching.keys import Owner, Place, question
from pierre_mcp.caching.memory import MemoryCache
from pierre_mcp.caching.redis_cache import PAUSE, RedisCache
from pierre_mcp.principal import Principal
from pierre_mcp.spi import Changed
from pierre_mcp.testing import FakeClock
from pierre_mcp.testing.cache_contract import (
    ADA,
    KIND,
    NOW,
    OTHERS,
    WEEK,
    CacheContract,
    entry,
    kept,
    place,
    word,
)


class TestMemory(CacheContract):
    @asynccontextmanager
    async def opened(self, clock: FakeClock) -> AsyncIterator[CacheProvider]:
        yield MemoryCache(clock)


class TestRedis(CacheContract):
    is_shared = True

    @pytest.fixture(autouse=True)
    async def _empty(self, redis_url: str) -> AsyncIterator[None]:
        self.url = redis_url
        yield
        async with Redis.from_url(redis_url) as redis:
            await redis.flushall()

    @asynccontextmanager
    async def opened(self, clock: FakeClock) -> AsyncIterator[CacheProvider]:
        cache = RedisCache(self.url, clock)
        yield cache
        await cache.close()


# Memory


async def test_a_copy_goes_when_its_time_is_over():
    clock = FakeClock(NOW)
    cache = MemoryCache(clock)
    await kept(cache, place(), "x")
    clock.advance(days=7, seconds=-1)
    assert await word(cache, place()) == "x"
    clock.advance(seconds=1)
    assert await word(cache, place()) is None
    assert (len(cache), cache.size_bytes) == (0, 0)


async def test_what_was_not_used_for_longest_goes_first_when_there_is_no_room():
    cache = MemoryCache(FakeClock(NOW), most_bytes=25_000)
    await kept(cache, place(question="0"), "x")
    room = 25_000 // cache.size_bytes
    for number in range(1, room):
        await kept(cache, place(question=str(number)), "x")
    assert await word(cache, place(question="0")) == "x"  # used just now
    await kept(cache, place(question="more"), "x")
    assert await word(cache, place(question="0")) == "x"
    assert await word(cache, place(question="1")) is None
    assert cache.size_bytes <= 25_000


async def test_what_has_no_room_at_all_is_not_kept_and_costs_nothing():
    cache = MemoryCache(FakeClock(NOW), most_bytes=25_000)
    await kept(cache, place(question="small"), "x")
    await kept(cache, place(question="large"), "x" * 10_000)
    assert await word(cache, place(question="large")) is None
    assert await word(cache, place(question="small")) == "x"


@given(st.lists(st.tuples(st.sampled_from("pdfg"), st.integers(0, 5), st.integers(0, 4))))
def test_the_size_is_that_of_what_is_kept_whatever_happens(steps):
    async def run() -> None:
        cache = MemoryCache(FakeClock(NOW), most_bytes=20_000)
        owners = (ADA, *OTHERS)
        for step, number, whose in steps:
            at = place(owners[whose], question=str(number))
            if step == "p":
                await kept(cache, at, "x" * number * 100)
            elif step == "d":
                await cache.drop(at)
            elif step == "f":
                await cache.forget(at.owner, Changed.ACTIVITIES if number % 2 else None)
            else:
                await cache.get(at, KIND)
            assert cache.size_bytes <= 20_000
        for owner in owners:
            await cache.forget(owner)
        assert (len(cache), cache.size_bytes) == (0, 0)

    anyio.run(run)


# Names

texts = st.text(max_size=200) | st.sampled_from(
    ["", ":", "a:user:b", "%3A", "=stamp", "\ud800", "a" * 119, "é" * 40, "x:activity:1", "=" * 65]
)


@given(st.tuples(texts, texts, texts, texts), st.tuples(texts, texts, texts, texts))
def test_no_two_places_have_one_name(one, other):
    def name(parts) -> str:
        tenant, user, provider, about = parts
        owner = Owner(principal=Principal(tenant, user), provider=provider)
        asked = question("activity", about)
        return Place(owner=owner, group=Changed.ACTIVITIES, question=asked).name

    assert (name(one) == name(other)) == (one == other)
    assert name(one).isascii()
    assert name(one).isprintable()
    assert len(name(one)) < 700


# Redis


@pytest.fixture
async def cache(redis_url: str) -> AsyncIterator[tuple[RedisCache, Redis, FakeClock]]:
    clock = FakeClock(NOW)
    async with Redis.from_url(redis_url) as redis:
        await redis.flushall()
        opened = RedisCache(redis_url, clock)
        yield opened, redis, clock
        await opened.close()


async def test_a_copy_in_redis_ends_by_itself(cache):
    opened, redis, _ = cache
    await kept(opened, place(), "x")
    names = [name async for name in redis.scan_iter("*") if b"=" not in name]
    assert len(names) == 1
    assert 0 < await redis.ttl(names[0]) <= WEEK.total_seconds()


async def test_forgetting_removes_the_bytes_and_not_only_the_way_to_them(cache):
    opened, redis, _ = cache
    for owner in (ADA, OTHERS[0]):
        for number in range(3):
            await kept(opened, place(owner, question=str(number)), "secret-" + owner.principal.user)
    await opened.forget(ADA)
    left = [await redis.get(n) async for n in redis.scan_iter("*") if b"=" not in n]
    assert len(left) == 3
    assert not any(b"secret-ada" in one for one in left)


@pytest.mark.parametrize("spoil", ["cut", "flip", "empty", "list", "json", "bomb", "foreign"])
async def test_a_damaged_copy_was_not_found(cache, spoil):
    opened, redis, clock = cache
    await kept(opened, place(), "x" * 8_000)
    (name,) = [name async for name in redis.scan_iter("*") if b"=" not in name]
    good = await redis.get(name)
    head, _, body = good.partition(b"\n")
    await redis.delete(name)
    match spoil:
        case "cut":
            await redis.set(name, good[:-20])
        case "flip":
            await redis.set(name, head + b"\n" + bytes(byte ^ 1 for byte in body))
        case "empty":
            await redis.set(name, b"")
        case "list":
            await redis.rpush(name, good)
        case "json":
            await redis.set(name, b"[" * 50_000)
        case "bomb":
            await redis.set(name, head + b"\n" + zlib.compress(b" " * 200_000_000, 9))
        case "foreign":
            await redis.set(name, json.dumps({"other": "program"}))
    assert await word(opened, place()) is None
    clock.advance(seconds=10)
    await redis.delete(name)
    await kept(opened, place(), "new")
    assert await word(opened, place()) == "new"


async def test_a_copy_of_another_version_is_not_read(cache):
    opened, redis, _ = cache
    await kept(opened, place(), "x")
    (name,) = [name async for name in redis.scan_iter("*") if b"=" not in name]
    head, _, body = (await redis.get(name)).partition(b"\n")
    told = json.loads(head)
    await redis.set(name, json.dumps(["pierre-mcp 0.0.1", *told[1:]]).encode() + b"\n" + body)
    assert await word(opened, place()) is None


async def test_a_redis_that_is_gone_is_left_alone_for_a_while_and_found_again():
    clock = FakeClock(NOW)
    with redis_server() as url:
        cache = RedisCache(url, clock)
        await kept(cache, place(), "x")
    assert await word(cache, place()) is None
    await kept(cache, place(), "x")
    await cache.drop(place())
    await cache.forget(ADA)
    await cache.close()


async def test_a_redis_that_is_slow_is_left_alone_and_asked_again_after_a_pause(
    redis_url, monkeypatch
):
    clock = FakeClock(NOW)
    patient = RedisCache(redis_url, clock)
    await kept(patient, place(), "x")
    monkeypatch.setattr("pierre_mcp.caching.redis_cache.ANSWER_SECONDS", 1.0)
    hasty = RedisCache(redis_url, clock)
    async with Redis.from_url(redis_url) as redis:
        await redis.client_pause(2500)
        assert await word(hasty, place()) is None
        await redis.ping()  # answered once the pause is over
        assert await word(hasty, place()) is None
        clock.advance(seconds=PAUSE.total_seconds())
        assert await word(hasty, place()) == "x"
    await hasty.close()
    await patient.close()


@pytest.mark.parametrize(
    "says", [b"", b"-ERR no\r\n", b"*3\r\n:1\r\n:2\r\n:3\r\n", b"garbage\r\n", b"+OK\r\n", None]
)
async def test_whatever_answers_in_the_place_of_redis_nothing_is_found_and_nothing_raised(
    says, monkeypatch
):
    monkeypatch.setattr("pierre_mcp.caching.redis_cache.ANSWER_SECONDS", 0.2)

    async def answer(stream: SocketStream) -> None:
        async with stream:
            try:
                while await stream.receive():
                    if says is None:
                        await anyio.sleep_forever()
                    if not says:
                        return
                    await stream.send(says)
            except (anyio.BrokenResourceError, anyio.EndOfStream, anyio.ClosedResourceError):
                return

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra_attributes[SocketAttribute.local_port]()
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, answer)
        clock = FakeClock(NOW)
        cache = RedisCache(f"redis://127.0.0.1:{port}", clock)
        for _ in range(2):
            found = await cache.get(place(), KIND)
            assert found.entry is None
            await cache.put(place(), KIND, entry("x"), stamp=found.stamp, keep=WEEK)
            await cache.forget(ADA)
            clock.advance(seconds=PAUSE.total_seconds() + 1)
        await cache.close()
        tasks.cancel_scope.cancel()


async def test_a_copy_is_not_kept_longer_than_it_may_be(cache):
    opened, redis, _ = cache
    stamp = (await opened.get(place(), KIND)).stamp
    await opened.put(place(), KIND, entry("x"), stamp=stamp, keep=timedelta(minutes=5))
    (name,) = [name async for name in redis.scan_iter("*") if b"=" not in name]
    assert await redis.ttl(name) <= 300
