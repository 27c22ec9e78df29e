"""A command under way, on pipes or on a terminal: what it writes is read as it comes.

The waiting is done in threads, so that servers of the test can answer in its loop meanwhile.
"""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

import anyio
from processes import LONG_ENOUGH_SECONDS, PIERRE, Done

_ON_A_TERMINAL = """\
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, "-m", "pierre_mcp", *sys.argv[1:]])
"""


class Talk:
    """``told`` is what came on stderr, or on the terminal where there is one."""

    def __init__(self, process: subprocess.Popen[bytes], terminal: int | None) -> None:
        self.process = process
        self._terminal = terminal
        self._more = threading.Condition()
        self._told = self._out = b""
        self._ended = False
        assert process.stdout is not None
        heard = process.stderr.fileno() if terminal is None else terminal
        self._readers = [
            threading.Thread(target=self._read, args=(heard, "_told"), daemon=True),
            threading.Thread(
                target=self._read, args=(process.stdout.fileno(), "_out"), daemon=True
            ),
        ]
        for reader in self._readers:
            reader.start()

    @property
    def told(self) -> str:
        return self._told.decode().replace("\r\n", "\n")

    async def until(self, pattern: str) -> re.Match[str]:
        """Wait until it has told something like that."""

        def wait() -> re.Match[str]:
            with self._more:
                found = self._more.wait_for(
                    lambda: re.search(pattern, self.told) or (self._ended and "ended"),
                    LONG_ENOUGH_SECONDS,
                )
            assert isinstance(found, re.Match), f"it did not say {pattern!r}: {self.told}"
            return found

        return await anyio.to_thread.run_sync(wait)

    def type(self, line: str) -> None:
        """Type a line on the terminal."""
        assert self._terminal is not None
        os.write(self._terminal, line.encode() + b"\n")

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)

    async def end(self) -> Done:
        """Wait for its end, and what it left."""

        def wait() -> Done:
            code = self.process.wait(LONG_ENOUGH_SECONDS)
            for reader in self._readers:
                reader.join(LONG_ENOUGH_SECONDS)
            return Done(code=code, out=self._out.decode(), err=self.told)

        return await anyio.to_thread.run_sync(wait)

    def _read(self, source: int, into: str) -> None:
        with suppress(OSError):  # a terminal whose other end is closed
            while chunk := os.read(source, 65_536):
                with self._more:
                    setattr(self, into, getattr(self, into) + chunk)
                    self._more.notify_all()
        with self._more:
            self._ended = True
            self._more.notify_all()


@contextmanager
def talking(
    environ: Mapping[str, str], *arguments: str, on_terminal: bool = False
) -> Iterator[Talk]:
    """The command line under way; nothing of it outlives the block."""
    ours = theirs = None
    if on_terminal:
        ours, theirs = os.openpty()
    process = subprocess.Popen(  # noqa: S603 - our own command line
        [sys.executable, "-c", _ON_A_TERMINAL, *arguments]
        if on_terminal
        else [*PIERRE, *arguments],
        stdin=subprocess.DEVNULL if theirs is None else theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if theirs is None else theirs,
        env=dict(environ),
        start_new_session=on_terminal,
    )
    if theirs is not None:
        os.close(theirs)
    try:
        yield Talk(process, ours)
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
        if ours is not None:
            os.close(ours)
