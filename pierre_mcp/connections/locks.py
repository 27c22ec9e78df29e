"""One refresh at a time for each connection, among all processes that share the database.

What the lock guards re-reads its row and writes with compare-and-set. Where a lock is lost with the
wire it hung on two may refresh at once: a provider that rotates refuses the second, and the first
writes its tokens over whatever the second made of that. One that ends the grant at a token's second
use ends it, and the person connects again.
"""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

import anyio

from pierre_mcp.connections.database import Database
from pierre_mcp.connections.polled_locks import Sleep
from pierre_mcp.principal import Principal
from pierre_mcp.settings import Settings


class RefreshLocks(Protocol):
    """Locks named by person and provider; none outlives its process, or its lease."""

    def hold(self, principal: Principal, provider: str) -> AbstractAsyncContextManager[None]:
        """Wait for the connection's lock and hold it; cancellation leaves nothing locked.

        Raises ``StoreUnavailable`` where the lock cannot be asked for.
        """

    async def close(self) -> None:
        """Let go of what the locks need, once none is held."""


def locks_for(
    settings: Settings, database: Database, *, sleep: Sleep = anyio.sleep
) -> RefreshLocks:
    """The locks that go with this database, behind Redis where there is one."""
    inner: RefreshLocks
    if database.file is None:
        from pierre_mcp.connections.advisory_locks import AdvisoryLocks  # noqa: PLC0415

        inner = AdvisoryLocks(database, sleep=sleep)
    else:
        from pierre_mcp.connections.file_locks import FileLocks  # noqa: PLC0415

        # Beside the file, so that whoever shares it shares them.
        inner = FileLocks(database.file.parent / "locks", sleep=sleep)
    if settings.redis_url is None:
        return inner
    from pierre_mcp.connections.redis_locks import RedisLocks  # noqa: PLC0415 - loads Redis

    return RedisLocks(inner, settings.redis_url, sleep=sleep)
