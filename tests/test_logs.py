"""The log: for people on a terminal, JSON otherwise, and never the values of local variables."""

import io
import json
import logging
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import structlog

from pierre_mcp.logs import configure_logging

CANARY = "canary-of-a-token"


class Stream(io.StringIO):
    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


@pytest.fixture(params=[True, False], ids=["terminal", "pipe"])
def stream(request, monkeypatch) -> Iterator[Stream]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = Stream(terminal=request.param)
    # Not sys.stderr itself: pytest puts its own in place when the test begins.
    monkeypatch.setattr("pierre_mcp.logs.sys", SimpleNamespace(stderr=stream))
    yield stream
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)
    for library in ("aiosqlite", "alembic", "asyncpg", "sqlalchemy"):
        logging.getLogger(library).setLevel(logging.NOTSET)


def fail() -> None:
    token = CANARY  # noqa: F841 - what must not be told
    raise ValueError("no oars")


def log_a_failure(logger) -> None:
    try:
        fail()
    except ValueError:
        logger.exception("launch_failed")


def test_a_failure_is_told_with_its_traceback_and_no_local_value(stream: Stream):
    configure_logging("info")
    log_a_failure(structlog.get_logger())
    log_a_failure(logging.getLogger("somebody.else"))
    told = stream.getvalue()
    assert told.count("ValueError: no oars") == 2
    assert told.count("in fail") == 2
    assert CANARY not in told


def test_below_its_level_nothing_is_told(stream: Stream):
    configure_logging("warning")
    structlog.get_logger().info("rowing")
    logging.getLogger("somebody.else").info("rowing")
    assert stream.getvalue() == ""
    structlog.get_logger().warning("leaking")
    assert "leaking" in stream.getvalue()


def test_libraries_are_quiet_unless_one_asks_for_debug(stream: Stream):
    configure_logging("info")
    logging.getLogger("somebody.else").info("every request")
    assert stream.getvalue() == ""
    configure_logging("debug")
    logging.getLogger("somebody.else").info("every request")
    assert "every request" in stream.getvalue()


@pytest.mark.parametrize(
    "library", ["aiosqlite", "sqlalchemy.engine.Engine", "alembic.runtime.migration", "asyncpg"]
)
def test_what_quotes_values_is_quiet_even_when_one_asks_for_debug(stream: Stream, library: str):
    configure_logging("debug")
    for level in (logging.DEBUG, logging.INFO):
        logging.getLogger(library).log(level, "INSERT %s", CANARY)
    assert stream.getvalue() == ""
    logging.getLogger(library).warning("the disk is full")
    assert "the disk is full" in stream.getvalue()


def test_a_pipe_gets_one_json_object_a_line_from_us_and_from_libraries(stream: Stream):
    configure_logging("info")
    structlog.get_logger().info("launched", boat="Ada\nsecond line")
    logging.getLogger("somebody.else").warning("careful %s", "now")
    if stream.isatty():
        assert not stream.getvalue().startswith("{")
        return
    ours, theirs = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert (ours["event"], ours["boat"], ours["level"]) == ("launched", "Ada\nsecond line", "info")
    assert (theirs["event"], theirs["level"]) == ("careful now", "warning")
    assert ours["timestamp"].endswith("Z")
