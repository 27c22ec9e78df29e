"""What holds for every provider of ours, read from entry points, folders and classes."""

import inspect
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import pytest
import scorecard

from pierre_mcp.spi import (
    Connection,
    FitnessProvider,
    ProviderCapabilities,
    ProviderConfig,
    ProviderContext,
    ProviderDescriptor,
)
from pierre_mcp.testing import FakeClock

ROOT = Path(__file__).parents[2]
OURS = scorecard.descriptors()
METHODS = {
    "get_activities": ProviderCapabilities.ACTIVITIES,
    "get_activity": ProviderCapabilities.ACTIVITIES,
    "get_sleep_sessions": ProviderCapabilities.SLEEP_TRACKING,
    "get_recovery_metrics": ProviderCapabilities.RECOVERY_METRICS,
    "get_health_metrics": ProviderCapabilities.HEALTH_METRICS,
}
LARGER = {"strava": 750, "terra": 670}
"""Strava's looks for records inside activities, and its lists hide when some of them began. Terra's
brings together samples and days of many brands, reads its pushes, and knows no pages."""

each = pytest.mark.parametrize("provider", OURS, ids=[d.name for d in OURS])


def test_every_folder_is_a_provider_and_every_provider_has_a_folder():
    folders = {path.parent.name for path in (ROOT / "providers").glob("*/__init__.py")}
    assert folders == {descriptor.name for descriptor in OURS}


def made(provider: ProviderDescriptor, folder: Path) -> FitnessProvider:
    """The provider's class, with nothing asked of it."""

    async def nobody(*_: object) -> None:
        """Nobody waits."""

    factory = import_module(f"providers.{provider.name}").factory
    options = {setting.name: str(folder) for setting in provider.settings if setting.required}
    config = ProviderConfig(name=provider.name, options=options, data_dir=str(folder / "data"))
    context = ProviderContext(
        clock=FakeClock(datetime(2026, 11, 25, tzinfo=UTC)),
        progress=nobody,
        spawn=lambda _: None,
    )
    return factory.create(config, context)


@each
def test_what_is_declared_is_implemented_and_what_is_implemented_declared(
    provider: ProviderDescriptor, tmp_path: Path
):
    of = type(made(provider, tmp_path))
    for method, capability in METHODS.items():
        implemented = getattr(of, method) is not getattr(FitnessProvider, method)
        assert implemented == bool(capability & provider.capabilities), method
    assert of.get_athlete is not FitnessProvider.get_athlete
    by_oauth = bool(ProviderCapabilities.OAUTH & provider.capabilities)
    assert by_oauth == (provider.connection is Connection.OAUTH2)


@each
def test_one_that_holds_peoples_data_says_on_what_terms(provider: ProviderDescriptor):
    assert (provider.terms is None) == (provider.connection is Connection.NONE)


@each
def test_the_scorecard_speaks_of_what_the_capabilities_promise(provider: ProviderDescriptor):
    promised = {"Athlete"}
    for model, capability in (
        ("Activity", ProviderCapabilities.ACTIVITIES),
        ("SleepSession", ProviderCapabilities.SLEEP_TRACKING),
        ("RecoveryMetrics", ProviderCapabilities.RECOVERY_METRICS),
        ("HealthMetrics", ProviderCapabilities.HEALTH_METRICS),
    ):
        if capability & provider.capabilities:
            promised.add(model)
    assert set(scorecard.fields_of(provider.name)) - {"Lap", "Streams"} == promised


@each
def test_one_that_calls_an_api_stays_small_beside_its_tables(provider: ProviderDescriptor):
    if provider.connection is Connection.NONE:
        pytest.skip("calls nobody: what it holds is not a mapping of an API")
    lines = 0
    for path in (ROOT / "providers" / provider.name).glob("*.py"):
        module = import_module(f"providers.{provider.name}.{path.stem}".removesuffix(".__init__"))
        code = [
            line
            for member in vars(module).values()
            if (inspect.isfunction(member) or inspect.isclass(member))
            and member.__module__ == module.__name__
            for line in inspect.getsource(member).splitlines()
        ]
        lines += sum(1 for line in code if line.strip() and not line.strip().startswith("#"))
    assert lines <= LARGER.get(provider.name, 450), lines
