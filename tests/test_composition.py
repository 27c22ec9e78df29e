"""The composition opens what is asked of it once, and closes it whatever happens."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import pytest
from lakeside import DESCRIPTOR, NOW, Lake, LakesideFactory, LakesideProvider

from pierre_mcp import composition as module
from pierre_mcp.composition import Composition
from pierre_mcp.errors import ConfigurationError, NotConfigured
from pierre_mcp.principal import LOCAL
from pierre_mcp.registry import ProviderRegistry
from pierre_mcp.settings import load_settings
from pierre_mcp.spi import FitnessProvider


class Watched(LakesideProvider):
    """A provider that tells of its life."""

    life: list[str]
    closes = staticmethod(anyio.lowlevel.checkpoint)

    async def __aenter__(self):
        self.life.append("opened")
        return self

    async def __aexit__(self, *_exc):
        await self.closes()
        self.life.append("closed")


class WatchedFactory(LakesideFactory):
    """Makes watched providers and keeps the life of the last."""

    def create(self, config, context):
        self.life = []
        provider = Watched(DESCRIPTOR, config, context)
        provider.life = self.life
        return provider


@pytest.fixture
def factory() -> WatchedFactory:
    return WatchedFactory(Lake())


@asynccontextmanager
async def opened(factory: WatchedFactory) -> AsyncIterator[Composition]:
    configuration = load_settings({"PIERRE_DEFAULT_PROVIDER": "lakeside"})
    registry = ProviderRegistry(configuration)
    registry.register_factory("lakeside", factory)
    async with Composition(configuration, registry=registry, clock=lambda: NOW) as composition:
        yield composition


async def used(composition: Composition) -> FitnessProvider:
    """The provider that a call gets, after the call."""
    async with composition.provider("lakeside", LOCAL) as provider:
        return provider


async def test_a_provider_is_opened_once_and_closed_with_the_composition(factory: WatchedFactory):
    async with opened(factory) as composition:
        assert await used(composition) is await used(composition)
        assert factory.life == ["opened"]
    assert factory.life == ["opened", "closed"]


async def test_askers_at_once_get_the_same_provider(factory: WatchedFactory):
    got = []

    async def ask(composition: Composition) -> None:
        got.append(await used(composition))

    async with opened(factory) as composition, anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(ask, composition)
    assert len(set(map(id, got))) == 1
    assert factory.life == ["opened", "closed"]


async def test_a_cancelled_composition_still_closes_its_providers(factory: WatchedFactory):
    with anyio.CancelScope() as outside:
        async with opened(factory) as composition:
            await used(composition)
            outside.cancel()
            await anyio.sleep_forever()
    assert factory.life == ["opened", "closed"]


async def test_a_provider_that_does_not_close_is_left_behind(factory: WatchedFactory, monkeypatch):
    monkeypatch.setattr(module, "CLOSING_SECONDS", 0)
    monkeypatch.setattr(Watched, "closes", staticmethod(anyio.sleep_forever))
    async with opened(factory) as composition:
        await used(composition)
    assert factory.life == ["opened"]


async def test_background_work_ends_with_the_composition(factory: WatchedFactory):
    ended = anyio.Event()
    begun = anyio.Event()

    async def work() -> None:
        begun.set()
        try:
            await anyio.sleep_forever()
        finally:
            ended.set()

    async with opened(factory) as composition:
        provider = await used(composition)
        provider.context.spawn(work)
        await begun.wait()
        assert not ended.is_set()
    assert ended.is_set()


async def test_background_work_that_fails_takes_nothing_with_it(factory: WatchedFactory, capsys):
    async def work() -> None:
        raise RuntimeError("out of paper")

    async with opened(factory) as composition:
        provider = await used(composition)
        provider.context.spawn(work)
        await anyio.wait_all_tasks_blocked()
        assert await used(composition) is provider
    told = capsys.readouterr()
    assert "background_work_failed" in told.out + told.err


async def test_work_cannot_be_started_once_it_is_closed(factory: WatchedFactory):
    async with opened(factory) as composition:
        provider = await used(composition)
    with pytest.raises(RuntimeError, match="not open"):
        provider.context.spawn(anyio.sleep_forever)


def test_a_default_that_nobody_provides_stops_the_start_with_the_names_there_are():
    environ = {"PIERRE_DEFAULT_PROVIDER": "x", "PIERRE_PROVIDERS": "synthetic,files"}
    with pytest.raises(ConfigurationError, match=r"no provider is named 'x'.*: files, synthetic$"):
        Composition(load_settings(environ))


async def test_a_setting_that_a_provider_refuses_is_told_in_its_words():
    configuration = load_settings({"PIERRE_SYNTHETIC_TODAY": "someday"})
    async with Composition(configuration) as composition:
        with pytest.raises(NotConfigured, match="PIERRE_SYNTHETIC_TODAY: not a day"):
            async with composition.provider("synthetic", LOCAL):
                pass
