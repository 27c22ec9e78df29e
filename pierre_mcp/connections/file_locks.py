"""Locks as files, for processes of one machine: the system lets go of them with the process."""

import asyncio
from pathlib import Path

import anyio
import structlog
from filelock import FileLock, Timeout

from pierre_mcp.connections.places import private_folder
from pierre_mcp.connections.polled_locks import PolledLocks, Sleep
from pierre_mcp.errors import StoreUnavailable

_log = structlog.get_logger(__name__)


class FileLocks(PolledLocks):
    """One file for each connection, in a folder that only its owner may enter.

    The files stay, empty: removing one that another process has just opened would make two locks.
    """

    def __init__(self, folder: Path, *, sleep: Sleep = anyio.sleep) -> None:
        super().__init__(sleep=sleep)
        self._folder = folder
        self._held: dict[str, FileLock] = {}

    async def close(self) -> None:
        """Nothing stays open between holds."""

    async def _try(self, name: str) -> bool:
        # In a thread: the folder may lie on a slow disk. It may be freed by another one.
        lock = FileLock(self._folder / f"{name}.lock", mode=0o600, thread_local=False)
        try:
            await asyncio.to_thread(self._acquire, lock)
        except Timeout:
            return False
        except OSError as refused:
            _log.error("lock_file_failed", reason=refused.strerror)
            raise StoreUnavailable(
                "The folder for locks beside the database cannot be used. Check that it belongs "
                "to the user the server runs as."
            ) from None
        self._held[name] = lock
        return True

    async def _free(self, name: str) -> None:
        if (lock := self._held.pop(name, None)) is not None:
            await asyncio.to_thread(lock.release)

    def _acquire(self, lock: FileLock) -> None:
        private_folder(self._folder)
        lock.acquire(blocking=False)
