"""Strava holds what every provider holds, over real sockets, on a history full of traps."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from strava_fake import FakeStrava, client_of
from strava_history import NOW, history

from pierre_mcp.testing import FakeClock, ProviderContract
from providers.strava import factory

HISTORY = history(7, 240)
ESTIMATED = next(e for e in HISTORY if e.summary.get("device_watts") is False)
TYPED_IN = next(e for e in HISTORY if e.summary["manual"])


class TestStrava(ProviderContract):
    factory = factory
    now = NOW
    unknown = {
        str(ESTIMATED.id): {"average_power_watts", "max_power_watts"},
        str(TYPED_IN.id): {"average_heart_rate_bpm", "device_name", "start_latlng"},
    }

    @asynccontextmanager
    async def client(self) -> AsyncIterator:
        async with client_of(FakeStrava(HISTORY), FakeClock(NOW)) as client:
            yield client
