"""Garmin holds what every provider holds, over real sockets, on a history full of traps."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from garmin_fake import FakeGarmin, client_of
from garmin_history import NOW, history

from pierre_mcp.testing import FakeClock, ProviderContract
from providers.garmin import factory

HISTORY = history(7, 120)
TYPED_IN = next(workout for workout in HISTORY if workout.is_manual)
INDOORS = next(workout for workout in HISTORY if workout.word == "treadmill_running")


class TestGarmin(ProviderContract):
    factory = factory
    now = NOW
    unknown = {
        str(TYPED_IN.id): {"average_heart_rate_bpm", "start_latlng", "distance_meters"},
        str(INDOORS.id): {"elevation_gain_meters", "average_power_watts"},
    }

    @asynccontextmanager
    async def client(self) -> AsyncIterator:
        async with client_of(FakeGarmin(HISTORY), FakeClock(NOW)) as client:
            yield client
