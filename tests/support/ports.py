"""Who listens on a port of this machine."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from anyio.abc import SocketStream


@asynccontextmanager
async def a_stranger(port: int) -> AsyncIterator[None]:
    """Another program has the port; it hangs up on whoever comes, so that nobody waits for it."""
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=port)
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, _hangs_up)
        yield
        tasks.cancel_scope.cancel()


async def _hangs_up(stream: SocketStream) -> None:
    await stream.aclose()


async def gone(port: int, host: str = "127.0.0.1") -> None:
    """Wait until nobody listens there any more."""
    while await listens(port, host):
        pass


async def listens(port: int, host: str = "127.0.0.1") -> bool:
    """Whether somebody takes a connection there."""
    try:
        stream = await anyio.connect_tcp(host, port)
    except OSError:
        return False
    await stream.aclose()
    return True
