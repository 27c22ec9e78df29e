"""Which database is opened and how, the form of its tables, and what its errors become."""

import asyncio
import os
import random
import sqlite3
import stat
import sys
import traceback

import anyio
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from databases import ADA, CUT, MASTER_KEY, a_consent, a_record, with_access
from sqlalchemy import make_url, text
from structlog.testing import capture_logs

from pierre_mcp.connections import database, migrating
from pierre_mcp.connections.database import open_database
from pierre_mcp.connections.schema import REVISION, VERSION_TABLE, metadata
from pierre_mcp.connections.store import ConnectionStore
from pierre_mcp.errors import ConfigurationError, StoreError, StoreUnavailable
from pierre_mcp.settings import Settings

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
CANARY = "canary"  # under another name, because a traceback shows the lines of the test too


def at(url: str, tmp_path) -> Settings:
    return Settings(home=tmp_path / "home", database_url=url, master_key=MASTER_KEY)


# Opening


@posix
async def test_every_file_is_for_its_owner_alone_whatever_the_umask(tmp_path):
    before = os.umask(0)
    try:
        store = await ConnectionStore.opened(Settings(home=tmp_path / "home"))
        await store.put(a_record())
        modes = {f.name: stat.S_IMODE(f.stat().st_mode) for f in (tmp_path / "home").iterdir()}
        await store.close()
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "home").stat().st_mode) == 0o700
    assert {"master.key", "pierre.db", "pierre.db-wal", "pierre.db-shm"} <= modes.keys()
    assert set(modes.values()) == {0o600}


async def test_sqlite_is_made_to_survive_a_power_cut_and_to_forget(tmp_path):
    opened = await open_database(Settings(home=tmp_path / "home"))
    async with opened.writing() as db:
        found = [
            (await db.execute(text(f"PRAGMA {name}"))).scalar_one()
            for name in ("journal_mode", "synchronous", "secure_delete")
        ]
    await opened.close()
    assert found == ["wal", 2, 1]


@pytest.mark.parametrize("scheme", ["sqlite", "sqlite+aiosqlite"])
async def test_a_sqlite_file_may_lie_anywhere(tmp_path, scheme):
    file = tmp_path / "else" / "where 100%.db"
    store = await ConnectionStore.opened(at(f"{scheme}:///{file}", tmp_path))
    await store.put(a_record())
    await store.close()
    assert file.exists()
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    "url",
    [
        "canary",
        "mysql://canary@host/x",
        "sqlite+pysqlite:///canary.db",
        "postgresql+psycopg://u:canary@host/x",
        "postgresql+asyncpg://u:canary@host:port/x",
        "sqlite+aiosqlite:///:memory:",
        "sqlite+aiosqlite://",
        "sqlite+aiosqlite:///file:canary?mode=memory",
        "://canary",
    ],
)
async def test_an_address_that_will_not_do_is_refused_without_quoting_it(tmp_path, url):
    with pytest.raises(ConfigurationError, match="PIERRE_DATABASE_URL: ") as caught:
        await open_database(at(url, tmp_path))
    assert CANARY not in "".join(traceback.format_exception(caught.value))


async def test_postgresql_without_its_driver_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    with pytest.raises(ConfigurationError, match=r"pip install pierre-mcp\[postgres\]"):
        await open_database(at("postgresql://localhost/x", tmp_path))


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
async def test_the_addresses_that_hosters_hand_out_work(postgres_settings, scheme):
    _, _, rest = postgres_settings.database_url.partition("://")
    url = f"{scheme}://{rest}{'&' if '?' in rest else '?'}sslmode=prefer"
    opened = await open_database(postgres_settings.model_copy(update={"database_url": url}))
    await opened.close()


# The form of the tables


async def test_migrations_make_the_tables_that_the_code_works_with(settings):
    def differences(connection):
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "version_table": VERSION_TABLE}
        )
        return compare_metadata(context, metadata)

    opened = await open_database(settings)
    async with opened.reading() as db:
        assert await db.run_sync(differences) == []
    await opened.close()


def test_the_code_works_with_the_newest_migration():
    config = Config()
    config.set_main_option("script_location", str(migrating.FOLDER))
    assert ScriptDirectory.from_config(config).get_heads() == [REVISION]


async def test_what_is_kept_is_there_when_the_store_is_opened_again(settings):
    for _ in range(2):
        store = await ConnectionStore.opened(settings)
        await store.put(a_record())
        await store.close()
    store = await ConnectionStore.opened(settings)
    assert (await store.connection(ADA, "lakeside")).version == 2
    await store.close()


async def test_several_stores_of_one_process_may_be_opened_at_once(settings):
    async def one(name: str) -> None:
        store = await ConnectionStore.opened(settings)
        await store.put(a_record(provider=name))
        await store.close()

    async with anyio.create_task_group() as tasks:
        for name in "abcd":
            tasks.start_soon(one, name)
    store = await ConnectionStore.opened(settings)
    assert len(await store.connections(ADA)) == 4
    await store.close()


async def test_a_migration_that_fails_leaves_nothing_half_done(settings, monkeypatch):
    run = migrating._run_steps  # noqa: SLF001

    def fail_at_the_end(connection):
        run(connection)
        raise RuntimeError("power cut")

    monkeypatch.setattr(migrating, "_run_steps", fail_at_the_end)
    with pytest.raises(RuntimeError, match="power cut"):
        await open_database(settings)
    monkeypatch.undo()
    store = await ConnectionStore.opened(settings)
    await store.put(a_record())
    await store.close()


async def test_a_database_of_a_newer_version_is_refused_and_left_as_it_is(settings):
    opened = await open_database(settings)
    async with opened.writing() as db:
        await db.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    await opened.close()
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="made by a newer version of pierre-mcp"):
            await open_database(settings)


# Errors


def told(caught: pytest.ExceptionInfo) -> str:
    """All that a traceback shows."""
    return "".join(traceback.format_exception(caught.value))


async def test_a_database_that_is_busy_for_too_long_is_unavailable_for_now(tmp_path, monkeypatch):
    monkeypatch.setattr(database, "_BUSY_SECONDS", 0)
    store = await ConnectionStore.opened(Settings(home=tmp_path / "home"))
    other = sqlite3.connect(tmp_path / "home" / "pierre.db")
    other.execute("BEGIN IMMEDIATE")
    with capture_logs() as logs, pytest.raises(StoreUnavailable) as caught:
        await store.put(a_record(access=CANARY))
    other.rollback()
    other.close()
    assert caught.value.is_retryable
    assert logs[0]["kind"] == "SQLITE_BUSY"
    assert CANARY not in told(caught) + repr(logs)
    await store.put(a_record())
    await store.close()


async def test_a_damaged_file_is_told_as_ours(tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "pierre.db").write_bytes(b"canary" * 1000)
    with pytest.raises(StoreError) as caught:
        await open_database(Settings(home=tmp_path / "home"))
    assert CANARY not in told(caught)
    assert str(tmp_path) not in caught.value.message


async def test_a_home_that_is_no_folder_is_told_as_ours(tmp_path):
    (tmp_path / "home").write_text("")
    with pytest.raises(StoreUnavailable) as caught:
        await open_database(Settings(home=tmp_path / "home"))
    assert str(tmp_path) not in caught.value.message


async def test_a_postgresql_that_is_not_there_is_unavailable_for_now(tmp_path):
    with capture_logs() as logs, pytest.raises(StoreUnavailable) as caught:
        await open_database(at(f"postgresql://u:{CANARY}@127.0.0.1:1/x", tmp_path))
    assert CANARY not in told(caught) + repr(logs)


async def test_a_postgresql_that_has_no_such_database_is_told_as_ours(postgres_settings, tmp_path):
    url = make_url(postgres_settings.database_url).set(database=CANARY).render_as_string()
    with capture_logs() as logs, pytest.raises(StoreError) as caught:
        await open_database(at(url, tmp_path))
    assert logs[0]["kind"] == "3D000"
    assert CANARY not in told(caught) + repr(logs)


async def test_connections_that_postgresql_cut_are_made_anew(postgres, postgres_settings):
    store = await ConnectionStore.opened(postgres_settings)
    await store.put(a_record())
    postgres.run(CUT)
    assert await store.connection(ADA, "lakeside") is not None
    await store.close()


@pytest.mark.parametrize("text", ["a\ud800", "a\0b"])
async def test_a_name_that_the_database_does_not_take_is_told_as_ours(store, text):
    try:
        await store.put(a_record(provider=text))
        assert await store.remove(ADA, text), "it took it after all"
    except StoreError as refused:
        assert text not in refused.message  # noqa: PT017
    await store.put(a_record())


# Cancellation


async def test_cancelled_at_any_moment_the_store_stays_usable(store, proof_scale):
    dice = random.Random(20261124)
    read = await store.put(a_record(access="0"))

    async def work(number: int) -> None:
        current = await store.connection(ADA, "lakeside")
        await store.update(with_access(current, f"{number}"))
        await store.begin(a_consent(f"{number}"))

    for number in range(proof_scale(30, 500)):
        if number % 2:
            task = asyncio.ensure_future(work(number))
            for _ in range(dice.randrange(dice.choice([10, 100, 1000]))):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
        else:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(work, number)
                for _ in range(dice.randrange(dice.choice([10, 100, 1000]))):
                    await asyncio.sleep(0)
                tasks.cancel_scope.cancel()
    with anyio.fail_after(30):
        last = await store.put(a_record(access="last"))
        assert last.version > read.version
        assert await store.connection(ADA, "lakeside") == last
