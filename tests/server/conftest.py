"""A server on the in-memory provider of ``lakeside``, on both protocol eras."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from lakeside import Driver, Lake, a_lake, driving


@pytest.fixture
def lake() -> Lake:
    return a_lake()


@pytest.fixture(params=["auto", "legacy"])
async def drive(
    lake: Lake, request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[Driver]:
    async with driving(lake, mode=request.param, PIERRE_HOME=str(tmp_path)) as driver:
        yield driver
