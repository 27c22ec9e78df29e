"""Who listens on a port of this machine."""

import anyio


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
