"""How long a kept answer takes through the whole stack, against a tool that does nothing.

The client speaks JSON-RPC by itself and does nothing else, so that its own work hides nothing. Both
servers are asked in turns. Arguments vary, and each was asked for once before.
"""

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, Protocol

from report import Measurement

SERVERS = Path(__file__).with_name("servers.py")
LIMIT = 50
PROVIDERS = ("alfa", "bravo", "charlie", "delta", "echo", "foxtrot")
_HELLO = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "bench", "version": "1"},
}


class Line(Protocol):
    """A way to ask a server."""

    def ask(self, message: dict[str, Any]) -> dict[str, Any]:
        """The answer to a request, or nothing in particular to a notification."""
        ...


def warm_over_stdio(rounds: int) -> Measurement:
    """The middle ratio, over pipes."""
    return _warm(rounds, "stdio")


def warm_over_http(rounds: int) -> Measurement:
    """The middle ratio, over streamable HTTP."""
    return _warm(rounds, "http")


def all_of_six(rounds: int) -> Measurement:
    """The middle ratio of the merged list of six kept providers to the list of one."""
    with _serving("ours", "stdio") as line:
        one = [{"provider": name, "limit": LIMIT} for name in PROVIDERS]
        every = [{"provider": "all", "limit": LIMIT}]
        pairs = _in_turns(
            lambda: _times(line, "get_activities", one, rounds),
            lambda: _times(line, "get_activities", every, rounds),
        )
    return _ratio(*pairs, "one_us", "all_us")


def _warm(rounds: int, transport: str) -> Measurement:
    with _serving("bare", transport) as bare, _serving("ours", transport) as line:
        asked = [{"provider": name, "limit": LIMIT} for name in PROVIDERS]
        pairs = _in_turns(
            lambda: _times(bare, "nothing", [{}], rounds),
            lambda: _times(line, "get_activities", asked, rounds),
        )
    return _ratio(*pairs, "nothing_us", "activities_us")


def _in_turns(
    first: Callable[[], list[float]], second: Callable[[], list[float]]
) -> tuple[list[float], list[float]]:
    sides: tuple[list[float], list[float]] = ([], [])
    for _ in range(5):
        sides[0].extend(first())
        sides[1].extend(second())
    return sides


def _ratio(
    least: list[float], measured: list[float], least_name: str, measured_name: str
) -> Measurement:
    return Measurement(
        value=median(measured) / median(least),
        details={least_name: round(median(least)), measured_name: round(median(measured))},
    )


def _times(line: Line, tool: str, arguments: list[dict[str, Any]], rounds: int) -> list[float]:
    """How long each call took, in microseconds; the first of each kind does not count."""
    for one in arguments:
        _call(line, tool, one)
    return [_call(line, tool, arguments[n % len(arguments)]) for n in range(rounds * 3)]


def _call(line: Line, tool: str, arguments: dict[str, Any]) -> float:
    message = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": tool, "arguments": arguments},
    }
    started = time.perf_counter()
    answer = line.ask(message)
    taken = (time.perf_counter() - started) * 1_000_000
    assert not answer["result"].get("isError"), answer
    return taken


@contextmanager
def _serving(which: str, transport: str) -> Iterator[Line]:
    process = subprocess.Popen(
        [sys.executable, str(SERVERS), which, transport],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if transport == "http" else None,
    )
    try:
        line: Line = Pipes(process) if transport == "stdio" else Http(process)
        line.ask({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": _HELLO})
        line.ask({"jsonrpc": "2.0", "method": "notifications/initialized"})
        yield line
    finally:
        process.terminate()
        process.communicate()


class Pipes:
    """Standard input and output."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._in, self._out = process.stdin, process.stdout

    def ask(self, message: dict[str, Any]) -> dict[str, Any]:
        """A line there, and the next one back."""
        self._in.write(json.dumps(message).encode() + b"\n")
        self._in.flush()
        if "id" not in message:
            return {}
        answer: dict[str, Any] = json.loads(self._out.readline())
        return answer


class Http:
    """One connection that is kept."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stderr is not None
        port = int(process.stderr.readline().split()[-1])
        self._connection = http.client.HTTPConnection("127.0.0.1", port)
        self._headers = {
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
        }

    def ask(self, message: dict[str, Any]) -> dict[str, Any]:
        """A POST, and the data of its only event."""
        self._connection.request("POST", "/mcp", json.dumps(message), self._headers)
        response = self._connection.getresponse()
        session = response.getheader("mcp-session-id")
        if session is not None:
            self._headers["mcp-session-id"] = session
            self._headers["mcp-protocol-version"] = _HELLO["protocolVersion"]  # type: ignore[assignment]
        body = response.read()
        if "id" not in message:
            return {}
        told = (line[5:] for line in body.splitlines() if line.startswith(b"data:"))
        data = next(filter(bytes.strip, told))
        answer: dict[str, Any] = json.loads(data)
        return answer
