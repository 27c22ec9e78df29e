"""Processes that a test starts, talks to and, when it wants, kills."""

import multiprocessing
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

_context = multiprocessing.get_context("spawn" if sys.platform == "win32" else "forkserver")
# Every process begins as a copy of one that has these, and shares nothing with the test's own.
_context.set_forkserver_preload(
    ["pytest", "aiosqlite", "alembic.command", "asyncpg", "pierre_mcp.connections.rotation"]
)
PATIENCE_SECONDS = 60


class Child:
    """A process of its own with a line to us; ``work`` is called with its end of the line first."""

    def __init__(self, work: Callable[..., None], *args: Any) -> None:
        self._line, theirs = _context.Pipe()
        self.process = _context.Process(target=work, args=(theirs, *args), daemon=True)
        self.process.start()
        theirs.close()

    def hear(self) -> Any:
        """The next thing it says; an error when it ends without a word."""
        assert self._line.poll(PATIENCE_SECONDS), "the process says nothing"
        return self._line.recv()

    def tell(self, what: Any) -> None:
        self._line.send(what)

    def kill(self) -> None:
        """SIGKILL: it has no chance to tidy up."""
        self.process.kill()
        self.process.join()

    def ended_well(self) -> bool:
        self.process.join(PATIENCE_SECONDS)
        return self.process.exitcode == 0


@contextmanager
def children(number: int, work: Callable[..., None], *args: Any) -> Iterator[list[Child]]:
    """That many processes, none of which outlives the block."""
    started = [Child(work, *args) for _ in range(number)]
    try:
        yield started
    finally:
        for child in started:
            child.kill()


def wait_for_word(line: Connection) -> Any:
    """In the child: wait until the test says something."""
    return line.recv()
