"""The ways in which a server or the network between fails, as functions on an open connection.

A fault takes the place of an answer: it is handed the connection after the request was read, and
the connection is closed when it returns. ``FakeApi`` takes them from a route or ``break_next``.
"""

import socket
import struct
import sys
import zlib
from collections.abc import Awaitable, Callable
from contextlib import suppress

import anyio
from anyio.abc import ByteStream, SocketAttribute

Fault = Callable[[ByteStream], Awaitable[None]]

GONE = (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError, OSError)
"""What is raised here when the other side has left."""

_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
_BLOCK_BYTES = 2**16
_LINGER = "hh" if sys.platform == "win32" else "ii"


async def hang(stream: ByteStream) -> None:
    """Never answer, until the client leaves."""
    with suppress(*GONE):
        while True:
            await stream.receive()


async def reset(stream: ByteStream) -> None:
    """Drop the connection without an answer."""
    # Zero seconds of lingering: closing sends RST instead of an orderly end.
    raw = stream.extra(SocketAttribute.raw_socket)  # noqa: S610 - not Django's
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(_LINGER, 1, 0))


async def garbage(stream: ByteStream) -> None:
    """Answer with what is not HTTP."""
    await stream.send(b"\x00\xffSSH-2.0-nonsense\r\n\r\n")


async def cut_short(stream: ByteStream) -> None:
    """Promise more bytes than come."""
    await stream.send(_HEAD + b'content-length: 1000\r\n\r\n{"id": 1}')


def drip(pause_seconds: float = 0.01) -> Fault:
    """Send a promised body a byte at a time, with a pause before each, until the client leaves."""

    async def fault(stream: ByteStream) -> None:
        with suppress(*GONE):
            await stream.send(_HEAD + b"content-length: 1000000\r\n\r\n")
            while True:
                await anyio.sleep(pause_seconds)
                await stream.send(b" ")

    return fault


def huge(total_bytes: int, *, declared: bool = False) -> Fault:
    """Send so many bytes, with their number in the header (``declared``) or without."""

    async def fault(stream: ByteStream) -> None:
        length = f"content-length: {total_bytes}\r\n" if declared else ""
        with suppress(*GONE):
            await stream.send(_HEAD + length.encode() + b"connection: close\r\n\r\n")
            for _ in range(total_bytes // _BLOCK_BYTES):
                await stream.send(b" " * _BLOCK_BYTES)

    return fault


def gzip_bomb(total_bytes: int) -> Fault:
    """Send so many bytes of nothing, a thousand times smaller on the wire."""

    async def fault(stream: ByteStream) -> None:
        packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
        # After a full flush a block depends on nothing before it, so one serves for all.
        start = packer.compress(b"[") + packer.flush(zlib.Z_FULL_FLUSH)
        block = packer.compress(b" " * 2**20) + packer.flush(zlib.Z_FULL_FLUSH)
        with suppress(*GONE):
            await stream.send(
                _HEAD + b"content-encoding: gzip\r\nconnection: close\r\n\r\n" + start
            )
            for _ in range(total_bytes // 2**20):
                await stream.send(block)

    return fault


async def leave(stream: ByteStream) -> None:
    """Close without a word; amid the opening of TLS, this breaks that off."""


async def half_a_handshake(stream: ByteStream) -> None:
    """Begin to answer a client that opens TLS, and leave in the middle of the first record."""
    await stream.send(b"\x16\x03\x03\x00\x7a\x02\x00")


def status(code: int, **headers: str) -> Fault:
    """Answer with a status and nothing else; ``retry_after="7"`` is the header Retry-After."""
    named = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    answer = f"HTTP/1.1 {code} Fault\r\n{named}content-length: 0\r\nconnection: close\r\n\r\n"

    async def fault(stream: ByteStream) -> None:
        await stream.send(answer.encode())

    return fault
