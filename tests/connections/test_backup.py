"""What a backup holds can be used elsewhere, together with its key and not without it."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from databases import ADA, a_record, sqlite_settings

from pierre_mcp.connections.records import ConnectionRecord
from pierre_mcp.connections.store import ConnectionStore
from pierre_mcp.errors import ConfigurationError, SealBroken


async def backed_up(place: Path, elsewhere: Path) -> None:
    """Copy the database as docs/operating.md says, while its server is open."""
    store = await ConnectionStore.opened(sqlite_settings(place))
    try:
        await store.put(a_record())
        copy = str(elsewhere / "home" / "pierre.db")
        with closing(sqlite3.connect(place / "home" / "pierre.db")) as database:
            database.execute("VACUUM INTO ?", (copy,))
    finally:
        await store.close()


async def restored(place: Path) -> ConnectionRecord | None:
    store = await ConnectionStore.opened(sqlite_settings(place))
    try:
        return await store.connection(ADA, "lakeside")
    finally:
        await store.close()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "one"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    (tmp_path / "other" / "home").mkdir(parents=True, mode=0o700)
    return tmp_path / "other"


async def test_tokens_can_be_read_where_database_and_key_were_restored(
    place: Path, elsewhere: Path
):
    await backed_up(place, elsewhere)
    shutil.copy2(place / "home" / "master.key", elsewhere / "home" / "master.key")
    shutil.rmtree(place)
    record = await restored(elsewhere)
    assert record is not None
    assert record.tokens == a_record().tokens


async def test_without_its_key_a_backup_gives_nobody_anything(place: Path, elsewhere: Path):
    await backed_up(place, elsewhere)
    with pytest.raises((SealBroken, ConfigurationError)):
        await restored(elsewhere)
