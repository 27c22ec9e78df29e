"""RELIABILITY S3: no secret is in clear in a file, a table, a log, an error or a repr."""

import logging
import traceback
from base64 import b64decode
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from databases import ADA, MASTER_KEY, NOW, a_consent, a_record, with_access
from sqlalchemy import text
from structlog.testing import capture_logs

from pierre_mcp.connections.keyfile import KeyFile
from pierre_mcp.connections.keys import load_keys
from pierre_mcp.connections.records import ApiToken
from pierre_mcp.connections.rotation import rotate
from pierre_mcp.connections.rows import hashed
from pierre_mcp.connections.schema import metadata
from pierre_mcp.connections.store import ConnectionStore
from pierre_mcp.errors import SealBroken, StoreError
from pierre_mcp.settings import Settings

PLACES = ("access", "refresh", "code_verifier", "state", "api token", "cookie")
CANARY = {place: f"{'canary'} of the {place}" for place in PLACES}


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], str]]:
    """Tells all that our logs and those of every library have said, from debug on."""
    caplog.set_level(logging.DEBUG)
    for library in ("sqlalchemy", "sqlalchemy.engine", "sqlalchemy.pool", "aiosqlite", "asyncpg"):
        caplog.set_level(logging.DEBUG, logger=library)
    with capture_logs() as logs:
        yield lambda: caplog.text + repr(logs)


async def use_everything(settings: Settings) -> list[object]:
    """Put a canary wherever a secret goes, through every method; what comes back."""
    store = await ConnectionStore.opened(settings)
    record = a_record(access=CANARY["access"], refresh=CANARY["refresh"])
    consent = a_consent(CANARY["state"], code_verifier=CANARY["code_verifier"])
    kept = await store.put(record)
    got: list[object] = [
        kept,
        await store.update(kept),
        await store.connection(ADA, "lakeside"),
        await store.connections(ADA),
        await store.begin(consent),
        await store.bind_browser(CANARY["state"], hashed(CANARY["cookie"])),
        await store.look(CANARY["state"], NOW),
        await store.pending(ADA, NOW),
    ]
    token = ApiToken(id="1", principal=ADA, label="x", created_at=NOW, expires_at=None)
    got += [
        await store.add_api_token(token, hashed(CANARY["api token"])),
        await store.api_token(hashed(CANARY["api token"])),
        await store.api_tokens(),
        await store.export(ADA),
        await rotate(settings),
        await store.reseal(),
        await store.take(CANARY["state"], NOW),
        await store.begin(consent),
        store,
        store.database,
        load_keys(settings),
        load_keys(settings).current(),
        settings,
    ]
    await store.put(with_access(record, CANARY["access"]))
    await store.close()
    return got


def secrets_of(settings: Settings) -> list[bytes]:
    """The canary, and every key as text and as bytes."""
    keys = [b64decode(MASTER_KEY), MASTER_KEY.encode()]
    if settings.master_key is None:
        for key in KeyFile(settings.home).read().keys:
            keys += [key.secret, repr(key.secret).encode()]
    return [b"canary of the", *keys]


async def test_no_file_in_home_holds_a_secret_in_clear(settings):
    await use_everything(settings)
    files = [file for file in settings.home.rglob("*") if file.is_file()]
    if settings.master_key is None:
        assert {"pierre.db", "master.key"} <= {file.name for file in files}
    for file in files:
        content = file.read_bytes()
        for secret in secrets_of(settings):
            assert secret not in content, file.name


async def test_no_table_holds_a_secret_in_clear(settings):
    await use_everything(settings)
    store = await ConnectionStore.opened(settings)
    async with store.database.reading() as db:
        rows = [
            row
            for table in metadata.tables
            for row in await db.execute(text(f"SELECT * FROM {table}"))
        ]
    await store.close()
    assert len(rows) == 3
    for secret in secrets_of(settings):
        assert secret not in repr(rows).encode()


async def test_nothing_that_is_said_or_shown_has_a_secret(settings, said):
    shown = repr(await use_everything(settings))
    assert "INSERT INTO connections" in said(), "the libraries were heard"
    for secret in secrets_of(settings):
        assert secret not in shown.encode()
        assert secret not in said().encode()


async def test_no_error_of_the_database_shows_a_secret(settings, said):
    """The tables are gone, so that every statement fails."""
    store = await ConnectionStore.opened(settings)
    async with store.database.writing() as db:
        for table in metadata.tables:
            await db.execute(text(f"DROP TABLE {table}"))
    consent = a_consent(CANARY["state"], code_verifier=CANARY["code_verifier"])
    token = ApiToken(id="1", principal=ADA, label="x", created_at=NOW, expires_at=None)
    record = a_record(access=CANARY["access"], refresh=CANARY["refresh"])
    works = [
        lambda: store.put(record),
        lambda: store.update(record),
        lambda: store.begin(consent),
        lambda: store.take(CANARY["state"], NOW),
        lambda: store.look(CANARY["state"], NOW),
        lambda: store.add_api_token(token, hashed(CANARY["api token"])),
        lambda: store.api_token(hashed(CANARY["api token"])),
    ]
    told = []
    for work in works:
        with pytest.raises(StoreError) as caught:
            await work()
        told += [repr(caught.value), *traceback.format_exception(caught.value)]
    await store.close()
    assert "canary" not in "".join(told)
    assert "store_failed" in said()
    assert "canary" not in said()


async def test_what_does_not_open_is_not_shown(settings, said):
    store = await ConnectionStore.opened(settings)
    await store.put(a_record(access=CANARY["access"]))
    async with store.database.writing() as db:
        await db.execute(text("UPDATE connections SET access = refresh"))
    with pytest.raises(SealBroken) as caught:
        await store.connection(ADA, "lakeside")
    await store.close()
    told = "".join(traceback.format_exception(caught.value))
    assert "canary" not in told + said()
    assert "v1." not in told


async def test_a_secret_that_was_removed_is_overwritten(tmp_path: Path):
    """So is the rest of its row, once SQLite has folded its log into the file."""
    settings = Settings(home=tmp_path / "home")
    store = await ConnectionStore.opened(settings)
    await store.put(a_record(account_id="an account of hers"))
    assert any(b"an account of hers" in f.read_bytes() for f in settings.home.iterdir())
    await store.forget(ADA)
    await store.close()
    content = b"".join(file.read_bytes() for file in settings.home.iterdir())
    assert b"an account of hers" not in content
    assert b"v1." not in content
