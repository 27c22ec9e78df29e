"""Nonsense over real pipes and sockets: the server lives, answers by its schemas, leaks nothing."""

import json
import queue
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import jsonschema
import pytest
from by_hand import INITIALIZE, INITIALIZED, call
from fuzzing import Fuzz
from processes import LONG_ENOUGH_SECONDS, PIERRE, environ_of, serving
from recorded import gpx_run, put

from pierre_mcp.errors import ErrorType

ROOT = Path(__file__).parents[2]
OURS = {str(ROOT), sys.prefix, sys.base_prefix, "site-packages", "pierre_mcp/"}
PATHS = re.compile("|".join(map(re.escape, OURS)))
TRACES = re.compile(r"Traceback|\.py\b|line \d+, in ")


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Two providers, one of them on files, and a day on which nothing changes."""
    recordings = tmp_path / "recordings"
    recordings.mkdir()
    put(recordings, "run.gpx", gpx_run())
    put(recordings, "broken.fit", b"no recording")
    settings = {
        "PIERRE_FILES_DIR": str(recordings),
        "PIERRE_SYNTHETIC_TODAY": "2026-05-01",
        "PIERRE_LOG_LEVEL": "warning",
    }
    return environ_of(tmp_path / "home", settings)


def strictly(text: str) -> Any:
    """JSON as the standard has it, which knows no NaN and no infinity."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(text, parse_constant=refuse)


class Judge:
    """Knows the advertised schemas, and holds every answer against them."""

    def __init__(self, tools: list[dict[str, Any]], private: Path) -> None:
        self.parameters = {t["name"]: list(t["inputSchema"]["properties"]) for t in tools}
        self._validators = {
            t["name"]: jsonschema.Draft202012Validator(t["outputSchema"]) for t in tools
        }
        self._private = str(private)
        self.succeeded = 0
        self.failed = 0

    def of(self, tool: str, text: str) -> dict[str, Any]:
        """The structure of an answer that is as it has to be; fails the test otherwise."""
        message = strictly(text)
        assert self._private not in text
        assert not PATHS.search(text), text[:2000]
        if "error" in message:
            assert not TRACES.search(text), text[:2000]
            assert set(message["error"]) <= {"code", "message", "data"}
            return {}
        result = message["result"]
        structure = result["structuredContent"]
        if tool in self._validators:
            self._validators[tool].validate(structure)
        assert structure["success"] is not result.get("isError", False)
        if structure["success"]:
            self.succeeded += 1
            return dict(structure)
        self.failed += 1
        assert not TRACES.search(text), text[:2000]
        kind = ErrorType(structure["error"]["type"])
        assert kind is not ErrorType.INTERNAL, f"{tool}: {text[:2000]}"
        return {}

    def convince(self, calls: int) -> None:
        """The fuzz got past the first check and was refused, often enough to mean something."""
        assert self.succeeded > calls / 10
        assert self.failed > calls / 10


class Wire:
    """A stdio server and the lines it writes."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._lines: queue.Queue[bytes] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def send(self, *lines: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(b"".join(line + b"\n" for line in lines))
        self._process.stdin.flush()

    def receive(self) -> str:
        return self._lines.get(timeout=LONG_ENOUGH_SECONDS).decode("utf-8")

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)


@pytest.fixture
def wire(environ: dict[str, str], tmp_path: Path) -> Iterator[Wire]:
    log = tmp_path / "log"
    with (
        log.open("wb") as stderr,
        subprocess.Popen(  # noqa: S603 - our own command line
            [*PIERRE, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr,
            env=environ,
        ) as process,
    ):  # fmt: skip
        wire = Wire(process)
        try:
            wire.send(json.dumps(INITIALIZE).encode(), json.dumps(INITIALIZED).encode())
            wire.receive()
            yield wire
            assert process.stdin is not None
            process.stdin.close()
            process.stdin = None
            assert process.wait(LONG_ENOUGH_SECONDS) == 0
        finally:
            process.kill()
    for line in log.read_text(encoding="utf-8").splitlines():
        assert json.loads(line)["event"] != "tool_failed", line


def tools_of(wire: Wire) -> list[dict[str, Any]]:
    wire.send(b'{"jsonrpc":"2.0","id":"tools","method":"tools/list"}')
    return strictly(wire.receive())["result"]["tools"]


def test_fuzzed_calls_over_stdio(
    wire: Wire, tmp_path: Path, proof_scale: Callable[[int, int], int]
):
    calls = proof_scale(400, 40_000)
    judge, fuzz = Judge(tools_of(wire), tmp_path), Fuzz(seed=20261124)
    for number in range(calls):
        tool = fuzz.pick(list(judge.parameters))
        sent = call(number, tool, **fuzz.arguments(judge.parameters.get(tool, [])))
        wire.send(json.dumps(sent).encode())
        line = wire.receive()
        assert strictly(line)["id"] == number
        fuzz.learn(judge.of(tool, line))
    judge.convince(calls)


def test_fuzzed_calls_over_http(
    environ: dict[str, str], tmp_path: Path, proof_scale: Callable[[int, int], int]
):
    calls = proof_scale(200, 10_000)
    fuzz = Fuzz(seed=7)
    with (
        serving(environ, "streamable-http") as server,
        httpx2.Client(timeout=LONG_ENOUGH_SECONDS) as client,
    ):
        judge = Judge(strictly(posted(client, server.url, "tools/list", {}))["result"]["tools"],
                      tmp_path)  # fmt: skip
        for _ in range(calls):
            tool = fuzz.pick(list(judge.parameters))
            arguments = fuzz.arguments(judge.parameters.get(tool, []))
            params = {"name": tool, "arguments": arguments}
            fuzz.learn(judge.of(tool, posted(client, server.url, "tools/call", params)))
        done = server.interrupt() if sys.platform != "win32" else None
    judge.convince(calls)
    assert done is None or "tool_failed" not in done.err


def posted(client: httpx2.Client, url: str, method: str, params: dict[str, Any]) -> str:
    """The answer to one request of the newest protocol, which needs no session."""
    version = "2026-07-28"
    meta = {
        "io.modelcontextprotocol/protocolVersion": version,
        "io.modelcontextprotocol/clientInfo": {"name": "hand", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params | {"_meta": meta}}
    headers = {
        "Accept": "application/json, text/event-stream",
        "Content-Type": "application/json",
        "Mcp-Protocol-Version": version,
        "Mcp-Method": method,
    }
    name = params.get("name", "")
    if name.isascii() and name.isprintable() and name.strip() == name != "":
        headers["Mcp-Name"] = name
    response = client.post(url, content=json.dumps(body).encode(), headers=headers)
    if response.headers["content-type"].startswith("text/event-stream"):
        return next(line[6:] for line in response.text.splitlines() if line.startswith("data: {"))
    return response.text


MALFORMED = (
    b"", b"{", b"null", b"[]", b'"x"', b"1e999", b"\xff\xfe\x00", b"[" * 100_000, b"{" * 5_000,
    b'{"jsonrpc":"2.0"}', b'{"jsonrpc":"1.0","id":1,"method":"tools/list"}',
    b'{"jsonrpc":"2.0","id":null,"method":"tools/list"}',
    b'{"jsonrpc":"2.0","id":{"a":1},"method":"tools/list"}',
    b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":[]}',
    b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":5}}',
    b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_stats","arguments":[]}}',
    b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_stats","arguments":"x"}}',
    b'{"jsonrpc":"2.0","id":1,"method":"no/such/method"}',
    b'{"jsonrpc":"2.0","id":1,"result":{}}',
    b'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":99}}',
    b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"\\ud800"}}',
    b'{"a":' * 2_000 + b"1" + b"}" * 2_000,
)  # fmt: skip


@pytest.mark.parametrize("line", MALFORMED, ids=lambda line: line[:40])
def test_a_malformed_line_does_not_end_the_conversation(wire: Wire, tmp_path: Path, line: bytes):
    wire.send(line, json.dumps(call(1000, "get_athlete")).encode())
    while True:
        told = wire.receive()
        message = strictly(told)
        assert message["jsonrpc"] == "2.0"
        assert str(tmp_path) not in told
        assert not TRACES.search(told)
        if message.get("id") == 1000:
            break
    assert message["result"]["structuredContent"]["success"] is True
