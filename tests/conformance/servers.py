"""Our server as the clients meet it: a process of its own, a home of its own, a fixed day.

A server says its address on stderr when it listens; nothing here waits by the clock.
"""

import os
import queue
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from steps import StepFailed, expect

HERE = Path(__file__).parent
TODAY = "2026-05-01"
"""The synthetic athlete's day, so that two runs see the same data."""

STDIO = ("-m", "pierre_mcp", "serve")
LONGEST_START_SECONDS = 60
LONGEST_STOP_SECONDS = 20

_ADDRESS = re.compile(r"Serving MCP at (http://\S+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace:
    """A temporary folder, and the environment of every process that works in it."""

    folder: Path

    @property
    def settings(self) -> dict[str, str]:
        """The server's settings; all else is as it comes."""
        return {
            "PIERRE_HOME": str(self.folder / "pierre"),
            "PIERRE_LOG_LEVEL": "warning",
            "PIERRE_SYNTHETIC_TODAY": TODAY,
        }

    @property
    def environment(self) -> dict[str, str]:
        """This process's environment without its own settings and its own home."""
        mine = {name: value for name, value in os.environ.items() if not name.startswith("PIERRE_")}
        home = str(self.folder)
        return {**mine, **self.settings, "HOME": home, "USERPROFILE": home, "NO_COLOR": "1"}


@contextmanager
def serving(place: Workplace, *arguments: str | Path) -> Iterator[str]:
    """The address of a server that this Python runs with these arguments, until the block ends."""
    process = subprocess.Popen(  # noqa: S603 - this Python and our own server
        [sys.executable, *map(str, arguments)], cwd=place.folder, env=place.environment,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        encoding="utf-8", errors="replace",
    )  # fmt: skip
    assert process.stderr is not None
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    said: list[str] = []
    reader = threading.Thread(target=_listen, args=(process.stderr, lines, said))
    reader.start()
    try:
        yield _address(lines, said)
        expect(process.poll() is None, f"the server ended by itself:\n{''.join(said)}")
    except Exception as failure:
        failure.add_note(f"The server said:\n{''.join(said)}")
        raise
    finally:
        process.terminate()
        try:
            process.wait(LONGEST_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise StepFailed("the server did not stop when it was told to") from None
        finally:
            reader.join()
            process.stderr.close()
    faults = [line for line in said if "Traceback" in line]
    expect(not faults, f"the server logged a fault:\n{''.join(faults)}")


def serving_http(
    place: Workplace, transport: str = "streamable-http"
) -> AbstractContextManager[str]:
    """``pierre-mcp serve`` over HTTP on a port that is free."""
    return serving(place, *STDIO, "--transport", transport, "--port", "0")


def _listen(stream: IO[str], lines: "queue.SimpleQueue[str | None]", said: list[str]) -> None:
    for line in stream:
        said.append(line)
        lines.put(line)
    lines.put(None)


def _address(lines: "queue.SimpleQueue[str | None]", said: list[str]) -> str:
    while True:
        try:
            line = lines.get(timeout=LONGEST_START_SECONDS)
        except queue.Empty:
            raise StepFailed(f"no server within {LONGEST_START_SECONDS} s") from None
        if line is None:
            raise StepFailed(f"the server did not start:\n{''.join(said)}")
        if found := _ADDRESS.search(line):
            return found[1]
