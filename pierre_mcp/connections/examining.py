"""A look at the store and at Redis, for whoever asks whether they can be used.

It makes neither database nor key, which are made at first use, and opens no secret: a row names the
key that sealed it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from redis.exceptions import RedisError
from sqlalchemy import func, select

from pierre_mcp.connections.database import database_of, open_database
from pierre_mcp.connections.key import Key
from pierre_mcp.connections.keyfile import KeyFile
from pierre_mcp.connections.keys import given_keys, load_keys
from pierre_mcp.connections.places import is_postgresql
from pierre_mcp.connections.redis_locks import client_of
from pierre_mcp.connections.schema import connections
from pierre_mcp.settings import Settings

_ANSWER_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """How many connections there are, and how many of them no key there is can open.

    ``keyless`` where there is no key at all: whoever opens the store would make one.
    """

    connections: int
    unreadable: int
    keyless: bool


async def examine_store(settings: Settings) -> Kept | None:
    """What is kept, ``None`` where nothing was ever kept here.

    Raises ``ConfigurationError`` or ``StoreError`` where nothing could be.
    """
    known = {key.id for key in _keys(settings)}
    database = database_of(settings)
    if database.file is not None:
        with database.translated():
            try:
                database.file.stat()
            except FileNotFoundError:
                return None
    database = await open_database(settings)
    try:
        async with database.reading() as db:
            by_key = select(connections.c.key_id, func.count()).group_by(connections.c.key_id)
            found = (await db.execute(by_key)).all()
    finally:
        await database.close()
    return Kept(
        connections=sum(count for _, count in found),
        unreadable=sum(count for key, count in found if key is not None and key not in known),
        keyless=not known,
    )


async def redis_answers(url: str) -> bool:
    """Whether Redis can be reached; raises ``ConfigurationError`` for what is no address."""
    client = client_of(url, _ANSWER_SECONDS)
    try:
        return bool(await client.ping())
    except (RedisError, OSError):
        return False
    finally:
        await client.aclose()


def _keys(settings: Settings) -> Sequence[Key]:
    if settings.master_key is not None:
        return given_keys(settings.master_key)
    if is_postgresql(settings):
        load_keys(settings)  # refuses
    try:
        return KeyFile(settings.home).found().keys
    except FileNotFoundError:
        return ()
