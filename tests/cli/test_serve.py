"""``serve`` as a person starts and stops it: what it says, what it refuses, how it ends."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio
import httpx2
import pytest
import strangers
from mcp import Client
from processes import LONG_ENOUGH_SECONDS, PIERRE, environ_of, serving

posix = pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals and SIGINT are POSIX's")

TRANSPORTS = ["streamable-http", "sse"]
INITIALIZE = (
    b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18",'
    b'"capabilities":{},"clientInfo":{"name":"hand","version":"1"}}}\n'
)


class Terminal:
    """A server with a terminal as its standard input and error."""

    def __init__(self, process: subprocess.Popen[bytes], master: int) -> None:
        self.process = process
        self._master = master

    def read_until(self, word: str) -> str:
        """What the person sees, up to a word that has to come."""
        seen = ""
        while word not in seen:
            chunk = os.read(self._master, 4096)
            assert chunk, seen
            seen += chunk.decode()
        return seen

    def press_ctrl_c(self) -> None:
        os.write(self._master, b"\x03")


@contextmanager
def on_a_terminal(home: Path) -> Iterator[Terminal]:
    import pty

    master, slave = pty.openpty()
    process = subprocess.Popen(  # noqa: S603 - our own command line
        [*PIERRE, "serve"],
        stdin=slave,
        stdout=subprocess.PIPE,
        stderr=slave,
        env=environ_of(home, {"TERM": "xterm"}),
        start_new_session=True,
        preexec_fn=lambda: _take_terminal(slave),  # noqa: PLW1509 - so that ^C reaches the server
    )
    os.close(slave)
    try:
        yield Terminal(process, master)
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
        os.close(master)


def _take_terminal(descriptor: int) -> None:
    import fcntl
    import termios

    fcntl.ioctl(descriptor, termios.TIOCSCTTY, 0)


@posix
def test_on_a_terminal_it_says_what_it_is_and_ctrl_c_ends_it(home: Path):
    with on_a_terminal(home) as terminal:
        told = terminal.read_until("Stop it with Ctrl+C.")
        assert "This is an MCP server." in told
        assert "pierre-mcp client-config" in told
        terminal.press_ctrl_c()
        assert "Traceback" not in terminal.read_until("Stopped.")
        assert terminal.process.wait(LONG_ENOUGH_SECONDS) in (0, 130)
        assert terminal.process.stdout is not None
        assert terminal.process.stdout.read() == b""


@contextmanager
def started(environ: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(  # noqa: S603 - our own command line
        [*PIERRE, "serve"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environ,
    ) as server:
        try:
            yield server
        finally:
            server.kill()


def say(server: subprocess.Popen[bytes], lines: bytes) -> None:
    assert server.stdin is not None
    server.stdin.write(lines)
    server.stdin.flush()


def test_without_a_terminal_it_says_nothing_and_ends_with_its_client(home: Path):
    with started(environ_of(home)) as server:
        out, err = server.communicate(INITIALIZE, timeout=LONG_ENOUGH_SECONDS)
    assert (server.returncode, err) == (0, b"")
    assert out.count(b"\n") == 1
    assert b'"protocolVersion"' in out


@posix
@pytest.mark.parametrize("closed", [[0], [1], [2], [0, 1, 2]])
def test_a_standard_stream_that_was_closed_before_the_start_is_an_empty_one(
    home: Path, closed: list[int]
):
    def close() -> None:
        for descriptor in closed:
            os.close(descriptor)

    done = subprocess.run(  # noqa: S603 - our own command line
        [*PIERRE, "serve"],
        input=b"",
        capture_output=True,
        env=environ_of(home),
        preexec_fn=close,
        timeout=LONG_ENOUGH_SECONDS,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@posix
def test_ctrl_c_ends_a_server_whose_client_is_still_there(home: Path):
    with started(environ_of(home)) as server:
        say(server, INITIALIZE)
        assert server.stdout is not None
        assert b'"protocolVersion"' in server.stdout.readline()
        server.send_signal(signal.SIGINT)
        assert server.wait(LONG_ENOUGH_SECONDS) in (0, 130)
        assert server.communicate() == (b"", b"Stopped.\n")


CALL = (
    b'{"jsonrpc":"2.0","method":"notifications/initialized"}\n'
    b'{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"get_activities",'
    b'"arguments":{"provider":"slow"}}}\n'
)


@dataclass
class Slow:
    """A plug-in whose answer never comes, and what is known of it from outside."""

    environ: dict[str, str]
    asked: Path
    closed: Path

    def wait_until_asked(self) -> None:
        """Return when the call has reached the provider: a fifo opens when both ends do."""
        self.asked.open(encoding="utf-8").close()


@pytest.fixture
def slow(home: Path, tmp_path: Path) -> Slow:
    asked, closed = tmp_path / "asked", tmp_path / "closed"
    os.mkfifo(asked)
    found = strangers.install(
        tmp_path / "site",
        "slow",
        answer=f"import anyio; open({str(asked)!r}, 'w').close(); await anyio.sleep_forever()",
        on_close=f"open({str(closed)!r}, 'w').close()",
    )
    return Slow(environ_of(home, found), asked, closed)


@posix
@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_amid_a_call_a_signal_ends_a_stdio_server_and_closes_its_providers(slow: Slow, by: int):
    with started(slow.environ) as server:
        say(server, INITIALIZE + CALL)
        slow.wait_until_asked()
        server.send_signal(by)
        assert server.wait(LONG_ENOUGH_SECONDS) in (0, 130)
        assert server.communicate()[1] == b"Stopped.\n"
    assert slow.closed.exists()


@posix
@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_amid_a_call_a_signal_ends_an_http_server_and_closes_its_providers(slow: Slow, by: int):
    async def ask(url: str) -> None:
        async with Client(url) as client:
            await client.call_tool("get_activities", {"provider": "slow"})

    with serving(slow.environ, "streamable-http") as server, ThreadPoolExecutor(1) as caller:
        asking = caller.submit(anyio.run, ask, server.url)
        slow.wait_until_asked()
        done = server.interrupt(by)
        assert asking.exception(LONG_ENOUGH_SECONDS) is not None
    assert done.code in (0, 130)
    assert done.err == f"Serving MCP at {server.url}\nStopped.\n"
    assert slow.closed.exists()


@posix
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_ctrl_c_ends_an_http_server(home: Path, transport: str):
    with serving(environ_of(home), transport) as server:
        done = server.interrupt()
    assert done.code in (0, 130)
    assert done.err == f"Serving MCP at {server.url}\nStopped.\n"


@posix
def test_ctrl_c_ends_an_http_server_that_holds_a_stream_open(home: Path):
    with (
        serving(environ_of(home), "sse") as server,
        socket.create_connection(("127.0.0.1", server.port)) as client,
    ):
        host = f"127.0.0.1:{server.port}"
        client.sendall(f"GET /sse HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        assert b"200 OK" in client.recv(65536)
        done = server.interrupt()
        rest = b""
        while chunk := client.recv(65536):
            rest += chunk
    assert done.code in (0, 130)
    assert done.err == f"Serving MCP at {server.url}\nStopped.\n"
    assert rest.endswith(b"0\r\n\r\n"), "the stream is ended and not broken off"


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_the_address_is_told_on_stderr(home: Path, transport: str):
    path = {"streamable-http": "/mcp", "sse": "/sse"}[transport]
    with serving(environ_of(home), transport) as server:
        assert server.url == f"http://127.0.0.1:{server.port}{path}"


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_server_with_a_public_address_asks_for_a_token(home: Path, transport: str):
    environ = environ_of(home, {"PIERRE_PUBLIC_URL": "https://pierre.example.org"})
    with serving(environ, transport) as server:
        answer = httpx2.get(server.url)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer resource_metadata=")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PIERRE_PUBLIC_URL", "http://pierre.example.org"),
        ("PIERRE_ALLOWED_HOSTS", "*"),
        ("PIERRE_OIDC_ISSUER", "http://id.example.org"),
    ],
)
def test_an_address_that_cannot_be_meant_stops_the_start_in_one_sentence(
    pierre, variable: str, value: str
):
    done = pierre("serve", "--transport", "sse", "--port", "0", **{variable: value})
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"pierre-mcp: {variable}: ")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_port_that_is_taken_is_one_sentence(pierre, transport: str):
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        done = pierre("serve", "--transport", transport, "--port", str(port))
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"pierre-mcp: Cannot listen on 127.0.0.1 port {port}: ")
    assert done.err.endswith("Choose another --port.\n")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_a_port_that_is_none_is_refused(pierre, port: str):
    done = pierre("serve", "--transport", "sse", "--port", port)
    assert done.code == 2
    assert "--port" in done.err
    assert "Traceback" not in done.err
