"""The command line and its servers as processes of their own, as a person or a client starts them.

Nothing of the environment that the tests run in leaks into them: no setting of ours, no terminal.
"""

import os
import queue
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

LONG_ENOUGH_SECONDS = 120
"""After which a process that should have ended is taken to hang; no test measures time by it."""

PIERRE = (sys.executable, "-m", "pierre_mcp")

_TERMINAL = {
    "COLUMNS", "LINES", "TERM", "NO_COLOR", "FORCE_COLOR", "CLICOLOR", "COLORTERM",
    "TTY_COMPATIBLE", "TTY_INTERACTIVE", "PYTHONIOENCODING", "PYTHONUTF8", "LC_ALL", "LC_CTYPE",
    "LANG", "BROWSER", "DISPLAY", "WAYLAND_DISPLAY", "SSH_CONNECTION", "SSH_TTY",
}  # fmt: skip


def environ_of(home: Path, settings: Mapping[str, str] | None = None) -> dict[str, str]:
    """An environment with a home of its own and nothing else of ours but ``settings``."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PIERRE_") and name not in _TERMINAL
    }
    encoding = {"PYTHONIOENCODING": "utf-8", "PYTHONWARNINGS": "error"}
    return kept | encoding | {"PIERRE_HOME": str(home)} | dict(settings or {})


def run(
    environ: Mapping[str, str], *arguments: str, cwd: Path | None = None, piped: str = ""
) -> "Done":
    """The command line, to its end, with that and nothing more to read."""
    done = subprocess.run(  # noqa: S603 - our own command line
        [*PIERRE, *arguments],
        input=piped.encode(),
        capture_output=True,
        check=False,
        env=dict(environ),
        cwd=cwd,
        timeout=LONG_ENOUGH_SECONDS,
    )
    return Done(code=done.returncode, out=_text(done.stdout), err=_text(done.stderr))


def _text(output: bytes) -> str:
    return output.decode("utf-8").replace("\r\n", "\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a command that has ended left behind."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """A server that answers at ``url``."""

    process: subprocess.Popen[bytes]
    url: str
    port: int
    _log: "_Lines" = field(repr=False)

    def interrupt(self, by: int = signal.SIGINT) -> "Done":
        """Press Ctrl+C, or send another signal, and wait for the end."""
        self.process.send_signal(by)
        code = self.process.wait(LONG_ENOUGH_SECONDS)
        return Done(code=code, out="", err=self._log.rest())


@contextmanager
def serving(environ: Mapping[str, str], transport: str, *arguments: str) -> Iterator[Serving]:
    """A server over HTTP on a port of its own, ended with the block."""
    process = subprocess.Popen(  # noqa: S603 - our own command line
        [*PIERRE, "serve", "--transport", transport, "--port", "0", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=dict(environ),
    )
    log = _Lines(process)
    try:
        announced = log.first_with("Serving MCP at ")
        url = announced.split()[-1]
        port = re.search(r":(\d+)/", url)
        assert port is not None
        yield Serving(process=process, url=url, port=int(port[1]), _log=log)
    finally:
        if process.poll() is None:
            # By the way a person ends it, where there is one: coverage is written on that way.
            process.send_signal(signal.SIGTERM if os.name == "nt" else signal.SIGINT)
        try:
            process.wait(LONG_ENOUGH_SECONDS)
        finally:
            process.kill()
            log.rest()


class _Lines:
    """What a process writes on stderr, read as it comes so that it never waits for us."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._waiting: queue.Queue[str | None] = queue.Queue()
        self._seen: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def first_with(self, start: str) -> str:
        """The first line that starts so; an assertion fails when the process ends without it."""
        while (line := self._waiting.get(timeout=LONG_ENOUGH_SECONDS)) is not None:
            if line.startswith(start):
                return line
        raise AssertionError(f"the server ended: {''.join(self._seen)}")

    def rest(self) -> str:
        """Everything, once the process has ended."""
        self._reader.join(LONG_ENOUGH_SECONDS)
        return "".join(self._seen)

    def _read(self) -> None:
        stream = self._process.stderr
        assert stream is not None
        with stream:
            for raw in stream:
                line = raw.decode("utf-8").replace("\r\n", "\n")
                self._seen.append(line)
                self._waiting.put(line)
        self._waiting.put(None)
