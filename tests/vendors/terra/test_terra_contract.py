"""Terra holds what every provider holds, over real sockets, on a history full of traps."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from terra_fake import FakeTerra, client_of
from terra_history import NOW, SPEEDS, history

from pierre_mcp.testing import FakeClock, ProviderContract
from providers.terra import factory
from providers.terra.mapping import id_of

HISTORY = history(7, 64, 70)
STILL = next(w for w in HISTORY.activities if SPEEDS[w["metadata"]["type"]] == 0)
RUN = next(w for w in HISTORY.activities if w["metadata"]["type"] == 8)


class TestTerra(ProviderContract):
    factory = factory
    now = NOW
    unknown = {
        id_of(STILL): {"distance_meters", "average_speed_mps", "average_power_watts"},
        id_of(RUN): {"average_cadence_rpm", "normalized_power_watts"},
    }

    @asynccontextmanager
    async def client(self) -> AsyncIterator:
        async with client_of(FakeTerra(HISTORY), FakeClock(NOW)) as client:
            yield client
