"""What a subclass says about its provider, and what the claims have in common."""

from collections.abc import AsyncIterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest

from pierre_mcp.models import Activity
from pierre_mcp.spi import (
    ActivityQuery,
    ApiClient,
    FitnessProvider,
    ProviderCapabilities,
    ProviderConfig,
    ProviderDescriptor,
    ProviderFactory,
)
from pierre_mcp.testing.clock import FakeClock
from pierre_mcp.testing.opening import open_provider

SAMPLE = 60
"""So many of the newest activities are looked at."""

WELLNESS: Mapping[str, ProviderCapabilities] = {
    "get_sleep_sessions": ProviderCapabilities.SLEEP_TRACKING,
    "get_recovery_metrics": ProviderCapabilities.RECOVERY_METRICS,
    "get_health_metrics": ProviderCapabilities.HEALTH_METRICS,
}
"""The methods that answer a range of days, and the capability each belongs to."""

WELLNESS_RANGE = timedelta(days=60)
"""How far back the claims about days look from ``now``."""


@pytest.mark.anyio
class Hooks:
    """Say how the provider is made, when it is asked, and what its source leaves out."""

    factory: ClassVar[ProviderFactory]
    """What the entry point refers to."""

    now: ClassVar[datetime]
    """The instant at which the suite asks; the test data lies before it."""

    unknown: ClassVar[Mapping[str, AbstractSet[str]]]
    """Activities of the test data by id, with the fields that their source does not give.

    At least one field of one activity: without it nobody sees whether unknown stays unknown.
    """

    def config(self, folder: Path) -> ProviderConfig:  # noqa: ARG002 - for those who override it
        """The configuration to test with; ``folder`` is empty and for this test alone."""
        return ProviderConfig(name=self.factory.supported_providers()[0])

    @asynccontextmanager
    async def client(self) -> AsyncIterator[ApiClient | None]:
        """The way to an API with the test data, for a provider that one connects to.

        Start a ``FakeApi`` and hand out ``open_client`` on it; another call is another one of the
        same data.
        """
        yield None

    @asynccontextmanager
    async def opened(self, folder: Path) -> AsyncIterator[FitnessProvider]:
        """The provider as the suite asks it."""
        clock = FakeClock(self.now)
        async with (
            self.client() as client,
            open_provider(self.factory, self.config(folder), clock, client) as provider,
        ):
            yield provider

    @pytest.fixture
    def anyio_backend(self) -> str:
        """The event loop that the server runs on."""
        return "asyncio"

    @pytest.fixture
    def described(self, tmp_path: Path) -> ProviderDescriptor:
        """The descriptor of the provider under test."""
        name = self.config(tmp_path).name
        return next(d for d in self.factory.descriptors if d.name == name)

    @pytest.fixture
    async def provider(self, tmp_path: Path) -> AsyncIterator[FitnessProvider]:
        """The provider, open."""
        async with self.opened(tmp_path) as opened:
            yield opened

    @pytest.fixture
    async def activities(self, provider: FitnessProvider) -> tuple[Activity, ...]:
        """The newest activities; the claim is left out for a provider that declares none."""
        if ProviderCapabilities.ACTIVITIES not in provider.descriptor.capabilities:
            pytest.skip("declares no activities")
        page = await provider.get_activities(ActivityQuery(limit=SAMPLE))
        assert page.complete, "the provider needs longer than a question waits"
        assert len(page) > 2, "the test data needs at least three activities"  # noqa: PLR2004
        return page.items


async def days_of(provider: FitnessProvider, method: str) -> tuple[Any, ...]:
    """What a method that answers days has of the last two months; skips when it is not declared."""
    if WELLNESS[method] not in provider.descriptor.capabilities:
        pytest.skip(f"declares nothing that {method} would answer")
    today = provider.today()
    page = await getattr(provider, method)(today - WELLNESS_RANGE, today)
    assert len(page) > 1, f"the test data needs at least two days for {method}"
    return tuple(page.items)


async def everything(provider: FitnessProvider) -> AsyncIterator[tuple[str, Any]]:
    """Every record within the suite's sight, with words that tell which it is."""
    if ProviderCapabilities.ACTIVITIES in provider.descriptor.capabilities:
        for activity in await provider.get_activities(ActivityQuery(limit=SAMPLE)):
            yield f"activity {activity.id}", activity
    today = provider.today()
    for method, capability in WELLNESS.items():
        if capability in provider.descriptor.capabilities:
            page = await getattr(provider, method)(today - WELLNESS_RANGE, today)
            for item in page:
                yield f"{type(item).__name__} of {item.date}", item
    if type(provider).get_athlete is not FitnessProvider.get_athlete:
        yield "athlete", await provider.get_athlete()
