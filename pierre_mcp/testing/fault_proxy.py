"""A bad network on this machine: a TCP proxy that lets everything through until it is told not to.

What stands behind it may be any server, whatever it speaks. A fault takes effect with the next
bytes that a client sends, on connections that are open already too.

    async with FaultProxy(api.port) as proxy:
        proxy.fault = faults.reset  # in place of an answer
        proxy.fault = Disturbance(ends_after_bytes=40)  # amid the real one
        proxy.fault = None
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from types import TracebackType
from typing import Self

import anyio
from anyio.abc import ByteStream, Listener, SocketAttribute, SocketStream, TaskGroup

from pierre_mcp.testing import faults
from pierre_mcp.testing.faults import GONE, Fault

_BLOCK_BYTES = 65_536


class Ending(Enum):
    """How a connection ends before its time."""

    CLOSE = "close"
    RESET = "reset"
    HALF_CLOSE = "half_close"
    """Nothing more is sent, and what the client sends is still taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disturbance:
    """What happens to each answer on its way back.

    It waits for ``late_seconds``, then comes in pieces of ``piece_bytes`` with a pause before each,
    and breaks off after so many bytes. ``sleep`` does the waiting.
    """

    late_seconds: float = 0.0
    piece_bytes: int = _BLOCK_BYTES
    pause_seconds: float = 0.0
    ends_after_bytes: int | None = None
    ends_by: Ending = Ending.CLOSE
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep


_NONE = Disturbance()


class FaultProxy:
    """Stands before a server at a port of this machine, or at a Unix socket."""

    def __init__(self, upstream: int | str) -> None:
        self.fault: Fault | Disturbance | None = None
        self.connections = 0
        self.port = 0
        self._upstream = upstream
        self._tasks: TaskGroup | None = None
        self._listener: Listener[SocketStream] | None = None

    @property
    def url(self) -> str:
        """The base address for a client of HTTP."""
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
        self.port = listener.extra(SocketAttribute.local_port)  # noqa: S610 - not Django's
        self._tasks = await anyio.create_task_group().__aenter__()
        self._listener = listener
        self._tasks.start_soon(listener.serve, self._connection)
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._tasks is not None and self._listener is not None:
            tasks, self._tasks = self._tasks, None
            tasks.cancel_scope.cancel()
            try:
                await tasks.__aexit__(None, None, None)
            finally:
                with anyio.CancelScope(shield=True):
                    await self._listener.aclose()

    async def _connection(self, client: SocketStream) -> None:
        self.connections += 1
        async with client:
            with suppress(*GONE):
                server: ByteStream = await (
                    anyio.connect_unix(self._upstream)
                    if isinstance(self._upstream, str)
                    else anyio.connect_tcp("127.0.0.1", self._upstream)
                )
                async with server:
                    await _Conversation(self, client, server).run()


class _Conversation:
    """One client and the server behind the proxy."""

    def __init__(self, proxy: FaultProxy, client: SocketStream, server: ByteStream) -> None:
        self._proxy = proxy
        self._client = client
        self._server = server
        self._disturbance = _NONE
        self._passed_bytes = 0

    async def run(self) -> None:
        """Until either side ends it, or a fault does."""
        async with anyio.create_task_group() as both:
            both.start_soon(self._there, both)
            both.start_soon(self._back, both)

    async def _there(self, both: TaskGroup) -> None:
        with suppress(*GONE):
            while True:
                data = await self._client.receive()
                fault = self._proxy.fault
                if callable(fault):
                    await fault(self._client)
                    break
                self._disturbance, self._passed_bytes = fault or _NONE, 0
                await self._server.send(data)
        both.cancel_scope.cancel()

    async def _back(self, both: TaskGroup) -> None:
        with suppress(*GONE):
            while True:
                data = await self._server.receive()
                way = self._disturbance
                if way.late_seconds and not self._passed_bytes:
                    await way.sleep(way.late_seconds)
                if not await self._pass_on(data, way):
                    if way.ends_by is Ending.HALF_CLOSE:
                        await self._client.send_eof()
                        return  # the client is still heard, and nothing more is said
                    if way.ends_by is Ending.RESET:
                        await faults.reset(self._client)
                    break
        both.cancel_scope.cancel()

    async def _pass_on(self, data: bytes, way: Disturbance) -> bool:
        """Send what may be sent; false where that was the last of it."""
        left = way.ends_after_bytes
        allowed = len(data) if left is None else max(0, left - self._passed_bytes)
        kept = data[:allowed]
        for start in range(0, len(kept), way.piece_bytes):
            if way.pause_seconds:
                await way.sleep(way.pause_seconds)
            await self._client.send(kept[start : start + way.piece_bytes])
        self._passed_bytes += len(kept)
        return len(kept) == len(data) and (left is None or self._passed_bytes < left)
