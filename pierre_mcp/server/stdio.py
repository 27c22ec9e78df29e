"""One person's client on standard input and output.

The SDK reads and writes each message in a worker thread, which costs more than the rest of a small
call. Where input and output can be waited for, the event loop does it, by the SDK's own stream
parameters; the bytes are the same. Elsewhere, as on Windows, it is left to the SDK.
"""

import os
import select
import signal
import stat
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import anyio
import structlog
from anyio.abc import TaskStatus
from mcp.server.stdio import stdio_server

from pierre_mcp.composition import Composition
from pierre_mcp.server.app import PierreServer, build_server

_log = structlog.get_logger(__name__)

_CHUNK_BYTES = 65_536


async def serve_stdio(
    composition: Composition, announce: Callable[[], None] = lambda: None
) -> bool:
    """Serve one client until it closes either stream, or until a signal; says whether one came.

    ``announce`` is called once everything is ready to answer and, where
    ``input_can_be_waited_for``, signals are heard; elsewhere they are left to the caller.
    """
    async with composition:
        server = build_server(composition)
        try:
            if input_can_be_waited_for():
                return await _serve_without_threads(server, announce)
            announce()
            await server.run_stdio_async()
        except* BrokenPipeError:
            _log.info("client_left", detail="it closed our standard output")
        return False


def input_can_be_waited_for() -> bool:
    """Whether the event loop can tell that standard input has something to read."""
    if sys.platform == "win32":
        return False
    mode = os.fstat(0).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(0)


async def _serve_without_threads(server: PierreServer, announce: Callable[[], None]) -> bool:
    interrupted = False
    with _own_descriptors() as (source, target):
        lines = Lines(source)

        async def hear_signals(*, task_status: TaskStatus[None]) -> None:
            nonlocal interrupted
            with anyio.open_signal_receiver(*_SIGNALS) as signals:
                task_status.started()
                async for _ in signals:
                    break
            interrupted = True
            for number in _SIGNALS:  # a second one ends the process
                signal.signal(number, signal.SIG_DFL)
            lines.end()

        async with anyio.create_task_group() as tasks:
            await tasks.start(hear_signals)
            announce()
            # The SDK asks no more of its streams than these two have.
            streams = stdio_server(cast(Any, lines), cast(Any, Writer(target)))
            async with streams as (incoming, outgoing):
                await server.run_over(incoming, outgoing)
            tasks.cancel_scope.cancel()
    return interrupted


_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def _own_descriptors() -> Iterator[tuple[int, int]]:
    """Standard input and output for the protocol alone: a stray ``print`` goes to stderr."""
    source, target = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    try:
        os.dup2(nowhere, 0)
        os.dup2(2, 1)
        yield source, target
    finally:
        os.dup2(source, 0)
        os.dup2(target, 1)
        for descriptor in (source, target, nowhere):
            os.close(descriptor)


class Lines:
    """The lines that come in, until the client ends them or we do."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._waiting = anyio.CancelScope()
        self._ended = anyio.Event()

    def end(self) -> None:
        """Take what came so far for all there is."""
        self._ended.set()
        self._waiting.cancel()

    async def __aiter__(self) -> AsyncIterator[str]:
        """Each line without its end, however it was encoded."""
        rest = b""
        while not self._ended.is_set():
            with anyio.CancelScope() as self._waiting:
                await anyio.wait_readable(self._descriptor)
            if self._ended.is_set():
                return
            chunk = os.read(self._descriptor, _CHUNK_BYTES)
            if not chunk:
                break
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                yield line.decode(errors="replace")
        if rest:
            yield rest.decode(errors="replace")


class Writer:
    """What goes out, a little at a time, so that a client that does not read blocks nothing."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._held = b""
        self._ready = select.poll()
        self._ready.register(descriptor, select.POLLOUT)

    async def write(self, text: str) -> None:
        """Take it for the next ``flush``."""
        self._held += text.encode()

    async def flush(self) -> None:
        """Write it all; raises ``BrokenPipeError`` where nobody is left to read."""
        left, self._held = memoryview(self._held), b""
        while left:
            if not self._ready.poll(0):
                await anyio.wait_writable(self._descriptor)
            # So much fits wherever anything does.
            left = left[os.write(self._descriptor, left[: select.PIPE_BUF]) :]
