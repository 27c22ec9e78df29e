"""A lake to ask, and a client that asks it on both eras of the protocol."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from lakeside import NOW, Driver, Lake, a_night, an_activity, driving


@pytest.fixture
def lake() -> Lake:
    return Lake(
        activities=[an_activity(number) for number in range(1, 51)],
        nights=[a_night(NOW.date() - timedelta(days=age)) for age in range(30)],
    )


@pytest.fixture(params=["auto", "legacy"])
async def drive(lake: Lake, request: pytest.FixtureRequest, tmp_path: Any) -> AsyncIterator[Driver]:
    async with driving(lake, mode=request.param, PIERRE_HOME=str(tmp_path)) as driver:
        yield driver
