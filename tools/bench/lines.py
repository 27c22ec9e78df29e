"""Ways to ask a server, and how long each answer took.

The raw ones speak JSON-RPC by themselves and do little else, so that the client's own work hides
nothing; the official client does what a host does, the check against the output schema included.
"""

import itertools
import json
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Protocol, Self

import anyio

BARE = Path(__file__).with_name("bare.py")
OURS = Path(__file__).with_name("servers.py")
ENVELOPE = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A tool and its arguments."""

    tool: str
    arguments: dict[str, Any] = field(default_factory=dict)

    @property
    def message(self) -> bytes:
        """The question as a request of the protocol as it is now."""
        params = {"name": self.tool, "arguments": self.arguments, "_meta": ENVELOPE}
        return json.dumps(
            {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        ).encode()

    @property
    def line(self) -> bytes:
        """The same as a line whose id is still to be filled in."""
        return self.message.replace(b"%", b"%%").replace(b'"id": 1,', b'"id": %d,', 1) + b"\n"


@dataclass(slots=True, kw_only=True)
class Times:
    """How long calls took, each and all together."""

    each_us: list[float] = field(default_factory=list)
    seconds: float = 0.0
    answer_bytes: int = 0

    def add(self, other: "Times") -> None:
        """Count those too."""
        self.each_us += other.each_us
        self.seconds += other.seconds
        self.answer_bytes = max(self.answer_bytes, other.answer_bytes)

    @property
    def median_us(self) -> float:
        """The middle one."""
        return median(self.each_us)

    @property
    def p99_us(self) -> float:
        """The 99th percentile."""
        return sorted(self.each_us)[int(len(self.each_us) * 0.99)]

    @property
    def calls_per_second(self) -> float:
        """All of them by the time that all took."""
        return len(self.each_us) / self.seconds


class Line(Protocol):
    """A way to ask a server."""

    def ask(self, questions: Sequence[Question], calls: int) -> Times:
        """Ask so many times, the questions in turn."""
        ...


def command_of(which: str, transport: str) -> list[str]:
    """How a server of the bench is started: ``bare`` or ``ours``, on ``stdio`` or ``http``."""
    return [sys.executable, str(BARE if which == "bare" else OURS), transport]


@contextmanager
def serving(which: str, transport: str) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    """A server of the bench, and the port where it is to be asked; 0 on standard input."""
    process = subprocess.Popen(
        command_of(which, transport),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if transport == "http" else None,
    )
    port = 0
    try:
        if process.stderr is not None:
            port = int(process.stderr.readline().split()[-1])
        yield process, port
    finally:
        process.terminate()
        process.communicate()


@contextmanager
def line_to(which: str, transport: str, *, client: str, at_once: int) -> Iterator[Line]:
    """A server of the bench, and a line to it."""
    if client == "official":
        yield Official(which, transport, at_once)
        return
    with serving(which, transport) as (process, port):
        if transport == "stdio":
            yield Pipes(process, at_once)
        else:
            with Sockets(port, at_once) as sockets:
                yield sockets


class Pipes:
    """Standard input and output, so many questions at a time."""

    def __init__(self, process: "subprocess.Popen[bytes]", at_once: int) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._in, self._out = process.stdin, process.stdout
        self._at_once = at_once

    def ask(self, questions: Sequence[Question], calls: int) -> Times:
        """A line there, and lines back in whatever order; the next question goes out with each."""
        times = Times()
        lines = [question.line for question in questions]
        started: dict[int, float] = {}
        begun = time.perf_counter()
        for number in range(calls + self._at_once):
            if number >= self._at_once:
                answer = self._out.readline()
                taken = time.perf_counter() - started[_read(answer)["id"]]
                times.each_us.append(taken * 1_000_000)
                times.answer_bytes = max(times.answer_bytes, len(answer))
            if number < calls:
                started[number] = time.perf_counter()
                self._in.write(lines[number % len(lines)] % number)
                self._in.flush()
        times.seconds = time.perf_counter() - begun
        return times


class Sockets:
    """Connections that are kept, a question at a time on each."""

    def __init__(self, port: int, at_once: int) -> None:
        self._sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(at_once)]
        self._port = port
        for one in self._sockets:
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for one in self._sockets:
            one.close()

    def ask(self, questions: Sequence[Question], calls: int) -> Times:
        """The next question goes out wherever an answer has come in."""
        times = Times()
        requests = itertools.cycle([_post(question, self._port) for question in questions])
        begun = time.perf_counter()
        with selectors.DefaultSelector() as selector:
            for one in self._sockets[:calls]:
                selector.register(one, selectors.EVENT_READ, Pending())
            left = calls
            for key in list(selector.get_map().values()):
                key.data.begin(key.fileobj, next(requests))
                left -= 1
            while selector.get_map():
                for key, _ in selector.select():
                    answer = key.data.received(key.fileobj)
                    if answer is None:
                        continue
                    _read(answer)
                    taken = time.perf_counter() - key.data.started
                    times.each_us.append(taken * 1_000_000)
                    times.answer_bytes = max(times.answer_bytes, len(answer))
                    if left > 0:
                        key.data.begin(key.fileobj, next(requests))
                        left -= 1
                    else:
                        selector.unregister(key.fileobj)
        times.seconds = time.perf_counter() - begun
        return times


class Pending:
    """An answer that is coming in on one connection."""

    def __init__(self) -> None:
        self.started = 0.0
        self._came = b""

    def begin(self, connection: socket.socket, request: bytes) -> None:
        """Ask."""
        self._came = b""
        self.started = time.perf_counter()
        connection.sendall(request)

    def received(self, connection: socket.socket) -> bytes | None:
        """The body, once all of it is here."""
        self._came += connection.recv(262_144)
        head, found, body = self._came.partition(b"\r\n\r\n")
        if not found:
            return None
        assert head.startswith(b"HTTP/1.1 200"), self._came[:2000]
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        return body if len(body) == int(length) else None


class Official:
    """The SDK's own client, which starts the server by itself on standard input and output."""

    def __init__(self, which: str, transport: str, at_once: int) -> None:
        self._which, self._transport, self._at_once = which, transport, at_once

    def ask(self, questions: Sequence[Question], calls: int) -> Times:
        """So many callers take turns over one session."""
        return anyio.run(self._ask, questions, calls)

    async def _ask(self, questions: Sequence[Question], calls: int) -> Times:
        times = Times()
        numbers = iter(range(calls))
        async with self._session() as session:

            async def caller() -> None:
                for number in numbers:
                    question = questions[number % len(questions)]
                    started = time.perf_counter()
                    answer = await session.call_tool(question.tool, question.arguments)
                    times.each_us.append((time.perf_counter() - started) * 1_000_000)
                    assert not answer.is_error, answer

            for question in questions:  # the first of each kind does not count
                await session.call_tool(question.tool, question.arguments)
            begun = time.perf_counter()
            async with anyio.create_task_group() as tasks:
                for _ in range(self._at_once):
                    tasks.start_soon(caller)
            times.seconds = time.perf_counter() - begun
        return times

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[Any]:
        from mcp import Client, StdioServerParameters
        from mcp.client.stdio import stdio_client

        if self._transport == "stdio":
            command = command_of(self._which, self._transport)
            server = StdioServerParameters(command=command[0], args=command[1:])
            async with Client(stdio_client(server)) as client:
                yield client
            return
        with serving(self._which, self._transport) as (_, port):
            async with Client(f"http://127.0.0.1:{port}/mcp") as client:
                yield client


def _post(question: Question, port: int) -> bytes:
    message = question.message
    head = (
        f"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        "Accept: application/json, text/event-stream\r\nMCP-Protocol-Version: 2026-07-28\r\n"
        f"Mcp-Method: tools/call\r\nMcp-Name: {question.tool}\r\n"
        f"Content-Length: {len(message)}\r\n\r\n"
    )
    return head.encode() + message


def _read(answer: bytes) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(answer)
    assert "result" in read, answer
    assert not read["result"].get("isError"), answer
    return read
