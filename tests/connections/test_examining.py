"""Looking at the store from outside: what there is, and whether the keys there are open it."""

from pathlib import Path

import pytest
from databases import ADA, BEA, MASTER_KEY, a_record, sqlite_settings

from pierre_mcp.connections.examining import examine_store, redis_answers
from pierre_mcp.connections.store import ConnectionStore
from pierre_mcp.errors import ConfigurationError, StoreUnavailable
from pierre_mcp.settings import Settings

OTHER_KEY = "4" * 43 + "="


async def test_everybodys_connections_are_counted(settings: Settings):
    store = await ConnectionStore.opened(settings)
    for principal in (ADA, BEA):
        await store.put(a_record(principal))
    await store.close()
    kept = await examine_store(settings)
    assert (kept.connections, kept.unreadable, kept.keyless) == (2, 0, False)


async def test_with_another_key_they_are_counted_as_unreadable(settings: Settings):
    store = await ConnectionStore.opened(settings)
    await store.put(a_record(ADA))
    await store.close()
    kept = await examine_store(settings.model_copy(update={"master_key": OTHER_KEY}))
    assert (kept.connections, kept.unreadable) == (1, 1)


async def test_where_nothing_was_kept_nothing_is_made(tmp_path: Path):
    settings = sqlite_settings(tmp_path)
    assert await examine_store(settings) is None
    assert not settings.home.exists()


async def test_postgresql_without_a_key_is_refused_before_it_is_asked(tmp_path: Path):
    settings = sqlite_settings(tmp_path, database_url="postgresql+asyncpg://127.0.0.1:1/x")
    with pytest.raises(ConfigurationError, match="PIERRE_MASTER_KEY"):
        await examine_store(settings)
    with pytest.raises(StoreUnavailable):
        await examine_store(settings.model_copy(update={"master_key": MASTER_KEY}))


async def test_redis_answers_or_does_not(redis_url: str):
    assert await redis_answers(redis_url)
    assert not await redis_answers("redis://127.0.0.1:1")
