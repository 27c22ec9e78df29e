"""The room, opened: store, locks, keeping and service put together from the settings."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from pierre_mcp.connections.keeping import TokenKeeper
from pierre_mcp.connections.locks import locks_for
from pierre_mcp.connections.sending import Send
from pierre_mcp.connections.service import Connections
from pierre_mcp.connections.store import ConnectionStore
from pierre_mcp.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenConnections:
    """What others use of the room: connecting, and the store where nothing is decided."""

    service: Connections
    store: ConnectionStore


@asynccontextmanager
async def open_connections(
    settings: Settings,
    *,
    send: Send,
    clock: Callable[[], datetime],
    spawn: Callable[[Callable[[], Awaitable[None]]], None],
) -> AsyncIterator[OpenConnections]:
    """Everybody's connections while the context lasts.

    Raises ``ConfigurationError`` or ``StoreUnavailable``.
    """
    store = await ConnectionStore.opened(settings)
    try:
        locks = locks_for(settings, store.database)
        try:
            keeper = TokenKeeper(rows=store, locks=locks, send=send, clock=clock, spawn=spawn)
            service = Connections(store=store, keeper=keeper, send=send, clock=clock)
            yield OpenConnections(service=service, store=store)
        finally:
            await locks.close()
    finally:
        await store.close()
