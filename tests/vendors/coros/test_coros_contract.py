"""COROS holds what every provider holds, over real sockets and with real files."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from coros_fake import NOW, FakeCoros, client_of, history

from pierre_mcp.testing import FakeClock, ProviderContract
from providers.coros import factory

HISTORY = history(7)
UNTOLD = next(w for w in HISTORY.workouts if w["startTimezone"] is None)


class TestCoros(ProviderContract):
    factory = factory
    now = NOW
    unknown = {UNTOLD["labelId"]: {"utc_offset_seconds", "device_name", "name", "training_load"}}

    @asynccontextmanager
    async def client(self) -> AsyncIterator:
        async with client_of(FakeCoros(HISTORY), FakeClock(NOW)) as client:
            yield client
