"""What every provider promises: the suite asks as the server would and looks for lies."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import ClassVar

from pierre_mcp.spi import ApiClient
from pierre_mcp.testing import FakeClock, GivenToken, ProviderContract, open_client

from fake_skeleton_package import NOW, TOKEN, fake, history
from skeleton_package import DESCRIPTOR, factory


class TestContract(ProviderContract):
    factory = factory
    now = NOW
    # What the source leaves out of an activity has to stay unknown.
    unknown: ClassVar = {"997": {"distance_meters", "average_heart_rate_bpm"}}

    @asynccontextmanager
    async def client(self) -> AsyncIterator[ApiClient]:
        token = GivenToken(secret=TOKEN, granted_scopes=frozenset(DESCRIPTOR.default_scopes))
        async with (
            fake(history()) as api,
            open_client(DESCRIPTOR, f"{api.url}/v1", token, FakeClock(NOW)) as client,
        ):
            yield client
