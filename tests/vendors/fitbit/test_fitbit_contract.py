"""Fitbit holds what every provider holds, over real sockets, on a history full of traps."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fitbit_fake import FakeFitbit, client_of
from fitbit_history import NOW, history

from pierre_mcp.testing import FakeClock, ProviderContract
from providers.fitbit import factory

HISTORY = history(7, 50, days=70)
TYPED_IN = next(
    e for e in HISTORY.exercises if e["dataSource"]["recordingMethod"] == "MANUAL"
)  # fmt: skip


class TestFitbit(ProviderContract):
    factory = factory
    now = NOW
    unknown = {
        TYPED_IN["name"].rpartition("/")[2]: {
            "average_heart_rate_bpm", "device_name", "average_power_watts", "training_load",
        }
    }  # fmt: skip

    @asynccontextmanager
    async def client(self) -> AsyncIterator:
        async with client_of(FakeFitbit(HISTORY), FakeClock(NOW)) as client:
            yield client
