"""Locks in PostgreSQL, which lets go of them when the connection they were asked on ends.

All locks of a process hang on one connection of its own, however many are held: 100 refreshes at
once do not need 100 connections.
"""

from contextlib import suppress

import anyio
import structlog
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from pierre_mcp.connections.database import Database
from pierre_mcp.connections.polled_locks import PolledLocks, Sleep
from pierre_mcp.errors import StoreError, StoreUnavailable

_TRY = text("SELECT pg_try_advisory_lock(:key)")
_FREE = text("SELECT pg_advisory_unlock(:key)")
_STATEMENT_SECONDS = 5

_log = structlog.get_logger(__name__)


class AdvisoryLocks(PolledLocks):
    """Advisory locks of a session. They need a connection that no pooler shares out."""

    def __init__(self, database: Database, *, sleep: Sleep = anyio.sleep) -> None:
        super().__init__(sleep=sleep)
        self._database = database
        self._wire: AsyncConnection | None = None
        self._asking = anyio.Lock()
        self._held: dict[str, AsyncConnection] = {}

    async def close(self) -> None:
        """Close the connection and, with it, free whatever is still held."""
        async with self._asking:
            await self._drop()

    async def _try(self, name: str) -> bool:
        async with self._asking:
            try:
                return await self._tried(name)
            except StoreUnavailable:
                # It dropped since it was last used; a new one tells whether the database is gone.
                return await self._tried(name)

    async def _free(self, name: str) -> None:
        wire = self._held.pop(name, None)
        if wire is None:
            return
        async with self._asking:
            if wire is self._wire:
                # If this fails, the connection is dropped and the lock with it.
                with suppress(StoreError):
                    await self._asked(wire, _FREE, name)

    async def _tried(self, name: str) -> bool:
        if self._wire is None:
            self._wire = await self._database.own_connection(_STATEMENT_SECONDS)
        wire = self._wire
        taken = await self._asked(wire, _TRY, name)
        if taken:
            self._held[name] = wire
        return taken

    async def _asked(self, wire: AsyncConnection, question: TextClause, name: str) -> bool:
        key = int.from_bytes(bytes.fromhex(name[:16]), "big", signed=True)
        try:
            with self._database.translated():
                return bool((await wire.execute(question, {"key": key})).scalar_one())
        except StoreError:
            await self._drop()
            raise

    async def _drop(self) -> None:
        wire, self._wire = self._wire, None
        if wire is None:
            return
        if lost := sum(held is wire for held in self._held.values()):
            _log.warning("locks_lost_with_connection", count=lost)
        with suppress(StoreError), self._database.translated():
            await wire.invalidate()
        with suppress(StoreError), self._database.translated():
            await wire.close()
