"""What holds for every provider of ours, read from entry points, folders and classes."""

import ast
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
LARGER = {"fitbit": 650, "strava": 690}
"""Fitbit gathers days from a dozen types of data and gets along where filters are refused. Strava
looks for records inside activities, and its lists hide when some began. Both read pushes."""
_CODE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_DOCUMENTED = (*_CODE, ast.Module)

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
    knows_who = of.get_athlete is not FitnessProvider.get_athlete
    assert knows_who == ("Athlete" in scorecard.fields_of(provider.name))
    by_oauth = bool(ProviderCapabilities.OAUTH & provider.capabilities)
    assert by_oauth == (provider.connection is Connection.OAUTH2)


@each
def test_one_that_holds_peoples_data_says_on_what_terms(provider: ProviderDescriptor):
    if provider.connection is Connection.NONE:
        assert provider.terms is None
        return
    assert provider.terms is not None
    said = ("keep_days", "attribution", "sharing", "ai", "personal")
    tells = any(getattr(provider.terms, name) is not None for name in said)
    assert tells == (provider.terms.read is not None)


@each
def test_the_scorecard_speaks_of_what_the_capabilities_promise(provider: ProviderDescriptor):
    promised: set[str] = set()
    for model, capability in (
        ("Activity", ProviderCapabilities.ACTIVITIES),
        ("SleepSession", ProviderCapabilities.SLEEP_TRACKING),
        ("RecoveryMetrics", ProviderCapabilities.RECOVERY_METRICS),
        ("HealthMetrics", ProviderCapabilities.HEALTH_METRICS),
    ):
        if capability & provider.capabilities:
            promised.add(model)
    told = set(scorecard.fields_of(provider.name))
    assert told - {"Athlete", "Lap", "Streams"} == promised


@each
def test_one_that_calls_an_api_stays_small_beside_its_tables(provider: ProviderDescriptor):
    if provider.connection is Connection.NONE:
        pytest.skip("calls nobody: what it holds is not a mapping of an API")
    folder = ROOT / "providers" / provider.name
    lines = sum(map(lines_of_code, folder.glob("*.py")))
    assert lines <= LARGER.get(provider.name, 600), lines


def lines_of_code(path: Path) -> int:
    """Lines of functions and classes, without docstrings, comments and blanks: tables are data."""
    source = path.read_text(encoding="utf-8")
    tree, lines = ast.parse(source), source.splitlines()
    passed_over: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, _DOCUMENTED) and ast.get_docstring(node) is not None:
            passed_over |= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return sum(
        1
        for node in tree.body
        if isinstance(node, _CODE)
        for number in range(node.lineno, node.end_lineno + 1)
        if number not in passed_over
        and lines[number - 1].strip(" ").lstrip("#") != ""
        and not lines[number - 1].strip().startswith("#")
    )
