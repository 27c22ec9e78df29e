"""What other processes do with locks; see ``processes``."""

from multiprocessing.connection import Connection
from pathlib import Path

import anyio
from children import wait_for_word
from databases import ADA

from pierre_mcp.connections.database import Database, open_database
from pierre_mcp.connections.locks import RefreshLocks, locks_for
from pierre_mcp.connections.polled_locks import Sleep
from pierre_mcp.connections.redis_locks import RedisLocks
from pierre_mcp.settings import Settings

SHORT_LEASE_SECONDS = 1


async def open_locks(
    settings: Settings, sleep: Sleep = anyio.sleep
) -> tuple[Database, RefreshLocks]:
    """The locks of these settings, with a lease that a test can wait for."""
    database = await open_database(settings)
    inner = locks_for(settings.model_copy(update={"redis_url": None}), database, sleep=sleep)
    if settings.redis_url is None:
        return database, inner
    lease = SHORT_LEASE_SECONDS
    return database, RedisLocks(inner, settings.redis_url, lease_seconds=lease, sleep=sleep)


def hold_until_killed(line: Connection, settings: Settings) -> None:
    async def run() -> None:
        _, locks = await open_locks(settings)
        async with locks.hold(ADA, "lakeside"):
            line.send("held")
            wait_for_word(line)

    anyio.run(run)


def count_alone(line: Connection, settings: Settings, folder: Path, rounds: int) -> None:
    """Count up a number in a file, in steps that only a lock keeps apart."""

    async def run() -> None:
        _, locks = await open_locks(settings)
        line.send("ready")
        wait_for_word(line)
        for _ in range(rounds):
            async with locks.hold(ADA, "lakeside"):
                (folder / "somebody").touch(exist_ok=False)
                count = int((folder / "count").read_text())
                await anyio.lowlevel.checkpoint()
                (folder / "count").write_text(str(count + 1))
                (folder / "somebody").unlink()
        line.send("done")

    anyio.run(run)
