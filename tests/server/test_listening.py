"""The socket that clients meet."""

import asyncio
import socket

import anyio

from pierre_mcp.server.listening import listen


async def test_small_answers_are_sent_at_once():
    """Held back until the first is acknowledged, every answer would take 40 ms longer."""
    held_back: list[int] = []
    met = anyio.Event()

    async def meet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted = writer.get_extra_info("socket")
        held_back.append(not accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()
        met.set()

    with listen("127.0.0.1", 0) as listener:
        async with await asyncio.start_server(meet, sock=listener) as server:
            async with await anyio.connect_tcp(*listener.getsockname()):
                await met.wait()
            server.close()
    assert held_back == [False]
