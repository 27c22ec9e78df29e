"""WHOOP holds what every provider holds, over real sockets, on a history full of traps."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from whoop_fake import FakeWhoop, client_of
from whoop_history import NOW, PENDING, UNSCORABLE, history

from pierre_mcp.testing import FakeClock, ProviderContract
from providers.whoop import factory

HISTORY = history(7)
UNSCORED = {
    state: next(w["id"] for w in HISTORY.workouts if w["score_state"] == state)
    for state in (PENDING, UNSCORABLE)
}
INDOORS = next(w for w in HISTORY.workouts if "distance_meter" not in w.get("score", {}))


class TestWhoop(ProviderContract):
    factory = factory
    now = NOW
    unknown = {
        **{
            unscored: {"average_heart_rate_bpm", "calories_kcal", "distance_meters"}
            for unscored in UNSCORED.values()
        },
        INDOORS["id"]: {"distance_meters", "average_speed_mps", "elevation_gain_meters"},
    }

    @asynccontextmanager
    async def client(self) -> AsyncIterator:
        async with client_of(FakeWhoop(HISTORY), FakeClock(NOW)) as client:
            yield client
