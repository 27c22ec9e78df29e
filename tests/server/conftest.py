"""Servers to ask: on the in-memory provider of ``lakeside``, and real ones over HTTP."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from lakeside import Driver, Lake, a_lake, driving
from processes import Serving, environ_of, serving


@pytest.fixture
def lake() -> Lake:
    return a_lake()


@pytest.fixture(params=["auto", "legacy"])
async def drive(
    lake: Lake, request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[Driver]:
    async with driving(lake, mode=request.param, PIERRE_HOME=str(tmp_path)) as driver:
        yield driver


@pytest.fixture(scope="session")
def servers(tmp_path_factory) -> Iterator[dict[str, Serving]]:
    """A server of each HTTP transport."""
    environ = environ_of(tmp_path_factory.mktemp("home"), {"PIERRE_SYNTHETIC_TODAY": "2026-05-01"})
    with serving(environ, "streamable-http") as streamable, serving(environ, "sse") as sse:
        yield {"streamable-http": streamable, "sse": sse}
