"""What ends a server from outside: Ctrl+C and SIGTERM, made into an orderly end.

A stdio server reads its input in a thread which nothing can wake, so an interrupt alone would leave
the process hanging until the next line. Here it means what a leaving client means, the end of the
input, and the server shuts down as it does then.
"""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_CHUNK_BYTES = 65536


def signals_interrupt() -> None:
    """Make both signals raise ``KeyboardInterrupt`` where they hit, so that what is open is closed.

    Called inside an event loop it replaces the loop's own way, which is to cancel what is running:
    that would cancel the closing too.
    """
    for number in _SIGNALS:
        signal.signal(number, signal.default_int_handler)


@contextmanager
def interrupt_ends_input() -> Iterator[None]:
    """Within it the first SIGINT or SIGTERM ends standard input; a second one ends the process.

    Must be entered in the main thread. Raises ``KeyboardInterrupt`` when it is left after a signal.
    """
    source = os.dup(0)
    reading, writing = os.pipe()
    os.dup2(reading, 0)
    os.close(reading)
    # A daemon, because it may wait for input that never comes when everything else has ended.
    threading.Thread(target=_pump, args=(source, writing), daemon=True, name="stdin").start()
    interrupted = False

    def end_input(_number: int, _frame: FrameType | None) -> None:
        nonlocal interrupted
        interrupted = True
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        _close_under_writer(writing)

    before = {number: signal.signal(number, end_input) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if interrupted:
        raise KeyboardInterrupt


def _pump(source: int, target: int) -> None:
    """Copy bytes as they come; ``os`` calls hold no lock that the interpreter needs to exit."""
    try:
        while chunk := os.read(source, _CHUNK_BYTES):
            while chunk:
                chunk = chunk[os.write(target, chunk) :]
    except OSError:
        pass  # the terminal is gone, or the server has stopped reading
    _close_under_writer(target)


def _close_under_writer(descriptor: int) -> None:
    """End the pipe; its number stays taken, so that a write under way cannot hit another file."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)
