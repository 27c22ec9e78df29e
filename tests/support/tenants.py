"""What other processes do with the store until they are killed or told; see ``processes``."""

import os
import secrets
import signal
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import Any

import anyio
from children import wait_for_word
from databases import ADA, BEA, NOW, a_consent, a_record, with_access

from pierre_mcp.connections import keyfile
from pierre_mcp.connections.database import Database
from pierre_mcp.connections.rotation import rotate
from pierre_mcp.connections.store import ConnectionStore
from pierre_mcp.settings import Settings


def start_and_keep_one(line: Connection, settings: Settings) -> None:
    """Open the store at the same time as others, and keep something of one's own."""

    async def run() -> None:
        line.send("ready")
        name = wait_for_word(line)
        store = await ConnectionStore.opened(settings)
        await store.put(a_record(provider=name))
        line.send("kept")
        await store.close()

    anyio.run(run)


def change_until_done(line: Connection, settings: Settings, wins: int) -> None:
    """Change one connection as often as that, reading it again whenever another was first."""

    async def run() -> None:
        store = await ConnectionStore.opened(settings)
        line.send("ready")
        wait_for_word(line)
        won = 0
        while won < wins:
            read = await store.connection(ADA, "lakeside")
            count = int(read.tokens.access) + 1
            won += await store.update(with_access(read, str(count))) is not None
        line.send("done")
        await store.close()

    anyio.run(run)


def write_until_killed(line: Connection, settings: Settings) -> None:
    """Do all that a server does with one person's rows, and say before each step what comes."""

    async def run() -> None:
        store = await ConnectionStore.opened(settings)
        me, number = secrets.token_hex(8), 0
        while True:
            number += 1
            line.send(number)
            kept = await store.put(a_record(access=f"put {number}"))
            await store.update(with_access(kept, f"updated {number}"))
            await store.begin(a_consent(f"{me} {number}"))
            await store.take(f"{me} {number}", NOW)
            if number % 3 == 0:
                await store.remove(ADA, "lakeside")

    anyio.run(run)


def read_and_write_until_told(line: Connection, settings: Settings, people: int) -> None:
    """Read everything again and again, with a store that stays open and with new ones."""

    async def run() -> None:
        store = await ConnectionStore.opened(settings)
        line.send("ready")
        rounds = 0
        while not line.poll():
            rounds += 1
            await read_all(store, people)
            read = await store.connection(BEA, "written")
            changed = replace(with_access(read, f"round {rounds}"), refused_at=None)
            assert await store.update(changed) is not None
            new = await ConnectionStore.opened(settings)
            await read_all(new, people)
            await new.close()
        await store.close()
        line.send(rounds)

    anyio.run(run)


async def read_all(store: ConnectionStore, people: int) -> None:
    for number in range(people):
        read = await store.connection(ADA, f"p{number}")
        assert read.tokens.access == f"access {number}"
        assert read.tokens.refresh == f"refresh {number}"


def rotate_and_die(line: Connection, settings: Settings, step: int) -> None:
    """Rotate the keys, and be killed at the moment of that number; say so when there is none."""
    moments = 0

    def moment() -> None:
        nonlocal moments
        moments += 1
        if moments == step:
            os.kill(os.getpid(), signal.SIGKILL)

    keyfile.replace_private_file = _around(keyfile.replace_private_file, moment)
    os.fsync = _around(os.fsync, moment)
    writing = Database.writing

    @asynccontextmanager
    async def watched(database: Database):
        moment()
        async with writing(database) as connection:
            yield connection
            moment()
        moment()

    Database.writing = watched
    anyio.run(rotate, settings)
    line.send("never killed")


def _around(done: Callable[..., Any], moment: Callable[[], None]) -> Callable[..., Any]:
    def watched(*args: Any) -> Any:
        moment()
        result = done(*args)
        moment()
        return result

    return watched
