"""The terminal and the browser of whoever runs a command: reading lines while other things happen.

What is read, and what is opened, means nothing here.
"""

import asyncio
import math
import os
import sys
import threading
import webbrowser
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import anyio

_CHUNK_BYTES = 65_536


def has_browser(environ: Mapping[str, str], platform: str) -> bool:
    """Whether a browser that opens here opens in front of the person.

    Over SSH, or without a screen, it would not: at best one for text would take the terminal.
    """
    if environ.get("BROWSER"):
        return True
    if environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"):
        return True
    over_ssh = environ.get("SSH_CONNECTION") or environ.get("SSH_TTY")
    return platform in ("darwin", "win32") and not over_ssh


async def open_in_browser(url: str) -> bool:
    """Open an address; whether that worked, which some browsers tell only when they are closed."""
    done = anyio.Event()
    opened = False

    def tell(worked: bool) -> None:  # noqa: FBT001 - what the browser said
        nonlocal opened
        opened = worked
        done.set()

    def work() -> None:
        worked = False
        with suppress(webbrowser.Error, OSError):
            worked = webbrowser.open(url)
        tell_loop(tell, worked)

    tell_loop = _teller()
    _start(work, "browser")
    await done.wait()
    return opened


async def typed_lines() -> AsyncIterator[str]:
    """The lines that are typed or pasted, as they come, until there is no more input."""
    sending, receiving = anyio.create_memory_object_stream[str | None](math.inf)
    tell_loop = _teller()

    def put(line: str | None) -> None:
        with suppress(anyio.ClosedResourceError, anyio.BrokenResourceError):  # nobody reads on
            sending.send_nowait(line)

    def work() -> None:
        rest = b""
        with suppress(OSError):  # the terminal is gone
            # ``os`` calls hold no lock that the interpreter needs to exit.
            while chunk := os.read(0, _CHUNK_BYTES):
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    tell_loop(put, line.decode(errors="replace").strip())
        tell_loop(put, None)

    _start(work, "typed")
    with sending, receiving:
        while (line := await receiving.receive()) is not None:
            yield line


@contextmanager
def children_print_to_stderr() -> Iterator[None]:
    """Within it what a browser prints goes to stderr: it writes to the descriptor, not to us."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _teller() -> Callable[..., None]:
    """How a thread calls a function in the loop that is running now, while that is there."""
    loop = asyncio.get_running_loop()

    def tell(call: Callable[..., Any], *args: Any) -> None:
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(call, *args)

    return tell


def _start(work: Callable[[], None], name: str) -> None:
    # A daemon, because it may wait for something that never comes when everything else has ended.
    threading.Thread(target=work, daemon=True, name=name).start()
