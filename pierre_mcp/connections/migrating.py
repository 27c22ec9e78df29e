"""Bringing the tables to the form this code works with, under a lock, when the store is opened.

Any number of processes may start at once: one migrates, the others wait and find it done.
"""

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
from filelock import AsyncFileLock
from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection

from pierre_mcp.connections.database import Database
from pierre_mcp.connections.schema import REVISION, VERSION_TABLE
from pierre_mcp.errors import ConfigurationError

FOLDER = Path(__file__).parent / "migrations"
_ADVISORY_KEY = 0x70696572
"""PostgreSQL's lock for this; any number that no one else uses."""

_in_this_process = threading.Lock()
"""Alembic keeps what it works on in globals."""


async def migrate(database: Database) -> None:
    """Apply every missing step, all or none.

    Raises ``ConfigurationError`` where a newer version of this program was here before.
    """
    with database.translated():
        async with _only_process(database), database.migrating() as connection:
            if database.file is not None:
                # Not in a transaction, and refused while another process does it: hence the lock.
                await connection.run_sync(_use_wal)
            async with connection.begin():
                if database.file is None:
                    await connection.execute(
                        text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_KEY}
                    )
                if await connection.run_sync(_revision) != REVISION:
                    await _upgrade(connection)


@asynccontextmanager
async def _only_process(database: Database) -> AsyncIterator[None]:
    """Beside SQLite a file says who; PostgreSQL has a lock of its own."""
    if database.file is None:
        yield
        return
    lock = Path(f"{database.file}.lock")
    async with AsyncFileLock(lock, mode=0o600):
        yield


def _use_wal(connection: Connection) -> None:
    driver = connection.connection
    cursor = driver.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.close()


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608
    return found.scalar_one_or_none()


async def _upgrade(connection: AsyncConnection) -> None:
    while not _in_this_process.acquire(blocking=False):  # noqa: ASYNC110 - loops and threads alike
        await anyio.sleep(0.01)
    try:
        await connection.run_sync(_run_steps)
    finally:
        _in_this_process.release()


def _run_steps(connection: Connection) -> None:
    # Loaded only where there is something to do.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()

    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    known = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
    here = _revision(connection)
    if here is not None and here not in known:
        raise ConfigurationError(
            "The database of connections was made by a newer version of pierre-mcp. Install that "
            "version, or set PIERRE_DATABASE_URL or PIERRE_HOME to another place."
        )
    command.upgrade(config, "head")
