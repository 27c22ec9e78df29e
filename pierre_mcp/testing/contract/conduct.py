"""Claims about the provider as a whole: it is what it says it is, and always the same."""

import socket
from importlib.metadata import entry_points
from pathlib import Path

import anyio
import pytest

from pierre_mcp.errors import UnsupportedFeature
from pierre_mcp.models import Activity, Page
from pierre_mcp.registry import ENTRY_POINT_GROUP
from pierre_mcp.spi import (
    ActivityQuery,
    FitnessProvider,
    Include,
    ProviderCapabilities,
    ProviderContext,
    ProviderDescriptor,
)
from pierre_mcp.testing.clock import FakeClock
from pierre_mcp.testing.contract.hooks import WELLNESS, WELLNESS_RANGE, Hooks

_BY_ACTIVITIES = ("get_activities", "get_activity")


class ConductClaims(Hooks):
    """Discovery, creation, capabilities, determinism, life and death."""

    def test_its_entry_point_leads_to_the_factory(self, described: ProviderDescriptor) -> None:
        """Installed, it is found by its name."""
        found = entry_points(group=ENTRY_POINT_GROUP, name=described.name)
        assert found, f"no installed package has the entry point '{described.name}'"
        loaded = next(iter(found)).load()
        assert type(loaded() if isinstance(loaded, type) else loaded) is type(self.factory)

    def test_creating_it_does_no_input_or_output(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A provider that is installed and never asked costs nothing."""

        def refuse(*_: object) -> None:
            pytest.fail("creating the provider opened a file or a connection")

        config = self.config(tmp_path)
        context = ProviderContext(clock=FakeClock(self.now), progress=_silent, spawn=refuse)
        self.factory.create(config, context)  # what is imported lazily is read from disk once
        with monkeypatch.context() as watched:
            watched.setattr(socket, "socket", refuse)
            watched.setattr("builtins.open", refuse)
            watched.setattr("pathlib.Path.open", refuse)
            self.factory.create(config, context)

    async def test_what_is_declared_is_implemented(self, provider: FitnessProvider) -> None:
        """No declared capability ends in ``UnsupportedFeature``."""
        declared = provider.descriptor.capabilities
        today = provider.today()
        if ProviderCapabilities.ACTIVITIES in declared:
            page = await provider.get_activities(ActivityQuery(limit=1))
            for activity in page:
                await provider.get_activity(activity.id, frozenset(Include))
        for method, capability in WELLNESS.items():
            if capability in declared:
                await getattr(provider, method)(today - WELLNESS_RANGE, today)

    async def test_what_is_not_declared_is_not_implemented(self, provider: FitnessProvider) -> None:
        """Whoever asks the capabilities is told of everything there is."""
        declared = provider.descriptor.capabilities
        belongs_to = dict.fromkeys(_BY_ACTIVITIES, ProviderCapabilities.ACTIVITIES) | dict(WELLNESS)
        for method, capability in belongs_to.items():
            implemented = getattr(type(provider), method) is not getattr(FitnessProvider, method)
            assert implemented == (capability in declared), f"{method} contradicts {capability}"

    async def test_what_is_not_declared_says_so_by_its_error(
        self, provider: FitnessProvider
    ) -> None:
        """``UnsupportedFeature`` and nothing else, before any call."""
        declared = provider.descriptor.capabilities
        today = provider.today()
        if ProviderCapabilities.ACTIVITIES not in declared:
            with pytest.raises(UnsupportedFeature):
                await provider.get_activities(ActivityQuery())
            with pytest.raises(UnsupportedFeature):
                await provider.get_activity("1")
        for method, capability in WELLNESS.items():
            if capability not in declared:
                with pytest.raises(UnsupportedFeature):
                    await getattr(provider, method)(today, today)

    async def test_the_same_question_has_the_same_answer(
        self, provider: FitnessProvider, activities: tuple[Activity, ...], tmp_path: Path
    ) -> None:
        """Asked twice, and asked of another provider of the same configuration."""
        query = ActivityQuery(limit=len(activities))
        assert (await provider.get_activities(query)).items == activities
        async with self.opened(tmp_path) as another:
            assert (await another.get_activities(query)).items == activities

    async def test_questions_asked_at_once_do_not_mix(
        self, provider: FitnessProvider, activities: tuple[Activity, ...]
    ) -> None:
        """One provider serves several calls at the same time: nothing of a call is kept in it."""
        queries = [
            ActivityQuery(limit=size, before=bound)
            for size in (1, 2, 3)
            for bound in (None, activities[0].start_time)
        ]
        one_by_one = [await provider.get_activities(query) for query in queries]
        together: dict[int, Page[Activity]] = {}

        async def ask(number: int) -> None:
            together[number] = await provider.get_activities(queries[number])

        async with anyio.create_task_group() as tasks:
            for number in range(len(queries)):
                tasks.start_soon(ask, number)
        assert [together[number] for number in range(len(queries))] == one_by_one

    async def test_a_health_check_returns(self, provider: FitnessProvider) -> None:
        """With test data at hand there is nothing to complain about."""
        await provider.health_check()

    async def test_disconnecting_twice_is_harmless(self, provider: FitnessProvider) -> None:
        """What is gone is gone."""
        await provider.disconnect()
        await provider.disconnect()

    async def test_its_diagnosis_is_sentences(self, provider: FitnessProvider) -> None:
        """An operator reads them as they are."""
        for warning in await provider.diagnose():
            assert warning.detail.strip()


async def _silent(done: float, total: float | None, message: str, /) -> None:
    pass
