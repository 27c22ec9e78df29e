"""How providers are found, chosen, refused and made; plug-ins are real distributions on a path."""

import sys
import textwrap
from datetime import UTC, date, datetime
from importlib.metadata import distributions, entry_points
from pathlib import Path

import pytest

from pierre_mcp.errors import ConfigurationError, ProviderNotSupported, ProviderUnavailable
from pierre_mcp.registry import ENTRY_POINT_GROUP, ProviderRegistry
from pierre_mcp.settings import load_settings
from pierre_mcp.spi import (
    FitnessProvider,
    ProviderCapabilities,
    ProviderConfig,
    ProviderContext,
    ProviderDescriptor,
    ProviderFactory,
    Verification,
)


async def silent(*_):
    """Nobody waits."""


CONTEXT = ProviderContext(
    clock=lambda: datetime(2026, 5, 1, tzinfo=UTC), progress=silent, spawn=lambda _: None
)
PLUG_IN = """
from datetime import date
from pierre_mcp.spi import *
class Factory(ProviderFactory):
    @property
    def descriptors(self):
        return tuple(
            ProviderDescriptor(name=name, display_name=name,
                               capabilities=ProviderCapabilities.NONE,
                               verified=Verification(against="not_applicable",
                                                     date=date(2026, 1, 1)))
            for name in {names})
    def create(self, config, context):
        {create}
factory = Factory()
"""
MAKES_IT = (
    "return FitnessProvider(next(d for d in self.descriptors if d.name == config.name), "
    "config, context)"
)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(imported(tmp_path)) - before:
        del sys.modules[name]


def install(site: Path, distribution: str, *names: str, source: str | None = None) -> None:
    module = distribution.replace("-", "_") + "_plugin"
    info = site / f"{distribution.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    lines = "\n".join(f"{name} = {module}:factory" for name in names)
    (info / "entry_points.txt").write_text(f"[{ENTRY_POINT_GROUP}]\n{lines}\n")
    text = PLUG_IN.format(names=repr(names), create=MAKES_IT) if source is None else source
    (site / f"{module}.py").write_text(textwrap.dedent(text))


def registry(site: Path, **environ: str) -> ProviderRegistry:
    found = [
        entry_point
        for distribution in distributions(path=[str(site)])
        for entry_point in distribution.entry_points.select(group=ENTRY_POINT_GROUP)
    ]
    return ProviderRegistry(load_settings(environ), found)


def imported(site: Path) -> list[str]:
    modules = {path.stem for path in site.glob("*_plugin.py")}
    return sorted(modules & set(sys.modules))


def test_names_are_listed_without_importing_anything(site: Path):
    install(site, "boats", "punt", "canoe")
    assert registry(site).supported_providers() == ("canoe", "punt")
    assert imported(site) == []


def test_asking_for_one_provider_imports_that_one_only(site: Path):
    install(site, "boats", "punt")
    install(site, "planes", "glider")
    registry(site).create_provider("punt", CONTEXT)
    assert imported(site) == ["boats_plugin"]


def test_an_unknown_name_is_answered_with_the_names_there_are(site: Path):
    install(site, "boats", "punt", "canoe")
    with pytest.raises(ProviderNotSupported) as refused:
        registry(site).create_provider("x", CONTEXT)
    assert (
        refused.value.message == "Provider 'x' is not supported. Supported providers: canoe, punt"
    )


def test_the_error_text_knows_a_provider_registered_a_moment_ago(site: Path):
    install(site, "boats", "punt")
    providers = registry(site)
    providers.register_factory("raft", RaftFactory())
    with pytest.raises(ProviderNotSupported, match="Supported providers: punt, raft"):
        providers.get_descriptor("x")


def test_selection_leaves_everything_else_out_and_unimported(site: Path):
    install(site, "boats", "punt")
    install(site, "planes", "glider", source="raise RuntimeError('imported')")
    providers = registry(site, PIERRE_PROVIDERS="punt")
    assert providers.supported_providers() == ("punt",)
    assert not providers.is_supported("glider")
    with pytest.raises(ProviderNotSupported):
        providers.get_capabilities("glider")
    assert imported(site) == []


def test_selecting_a_name_that_nobody_provides_stops_the_start_with_the_names_there_are(site: Path):
    install(site, "boats", "punt")
    with pytest.raises(ConfigurationError, match=r"PIERRE_PROVIDERS.*'x'.*: punt"):
        registry(site, PIERRE_PROVIDERS="punt,x")


@pytest.mark.parametrize("name", ["synthetic", "my_boat"])
def test_a_stranger_cannot_take_a_name_of_ours(site: Path, name: str):
    install(site, "pierre-mcp", "synthetic", "my-boat")
    install(site, "intruder", name)
    providers = registry(site)
    assert providers.supported_providers() == ("my-boat", "synthetic")
    (problem,) = providers.problems()
    assert (problem.provider, problem.distribution) == (name, "intruder")
    assert "belongs to pierre-mcp" in problem.reason
    providers.create_provider("synthetic", CONTEXT)
    assert imported(site) == ["pierre_mcp_plugin"]


def test_two_strangers_with_one_name_are_an_error_that_names_both(site: Path):
    install(site, "boats", "punt")
    install(site, "rafts", "punt")
    providers = registry(site)
    with pytest.raises(ProviderUnavailable, match="boats and rafts"):
        providers.create_provider("punt", CONTEXT)
    assert imported(site) == []


def test_names_that_differ_only_by_dash_and_underscore_collide(site: Path):
    install(site, "boats", "row-boat")
    install(site, "rafts", "row_boat")
    with pytest.raises(ProviderUnavailable, match="boats and rafts"):
        registry(site).get_descriptor("row-boat")


@pytest.mark.parametrize("name", ["all", "Punt", "1punt", "-punt", "pünt", "p unt"])
def test_reserved_and_malformed_names_are_refused(site: Path, name: str):
    install(site, "boats", name, "canoe")
    providers = registry(site)
    assert providers.supported_providers() == ("canoe",)
    assert [problem.provider for problem in providers.problems()] == [name]


@pytest.mark.parametrize(
    "source",
    [
        "raise RuntimeError('leak /secret')",
        "import a_library_that_is_missing",
        "factory = 'not a factory'",
        "nothing = 1",
        "import sys; sys.exit(3)",
        PLUG_IN.format(names=("another",), create=MAKES_IT),
        "def broken(:",
    ],
    ids=["raises", "missing import", "no factory", "no attribute", "exits", "other name", "syntax"],
)
def test_a_plug_in_that_cannot_be_loaded_is_unavailable_and_breaks_nothing(site: Path, source: str):
    install(site, "wreck", "punt", source=source)
    install(site, "boats", "canoe")
    providers = registry(site)
    for _ in range(2):
        with pytest.raises(ProviderUnavailable) as failed:
            providers.get_descriptor("punt")
    assert "/secret" not in failed.value.message
    assert providers.supported_providers() == ("canoe", "punt")
    providers.create_provider("canoe", CONTEXT)
    assert [problem.distribution for problem in providers.problems()] == ["wreck"]


def test_a_factory_that_fails_to_create_is_unavailable_with_its_reason_for_the_operator(site: Path):
    text = PLUG_IN.format(names=("punt",), create="raise ValueError('no oars')")
    install(site, "wreck", "punt", source=text)
    providers = registry(site)
    with pytest.raises(ProviderUnavailable) as failed:
        providers.create_provider("punt", CONTEXT)
    assert "no oars" not in failed.value.message
    assert "no oars" in providers.problems()[0].reason


def test_an_entry_point_may_refer_to_the_factory_class(site: Path):
    text = PLUG_IN.format(names=("punt",), create=MAKES_IT).replace("factory = Factory()", "")
    install(site, "boats", "punt", source=text + "factory = Factory")
    registry(site).create_provider("punt", CONTEXT)


class RaftFactory(ProviderFactory):
    descriptors = (
        ProviderDescriptor(
            name="raft",
            display_name="Raft",
            capabilities=ProviderCapabilities.NONE,
            verified=Verification(against="not_applicable", date=date(2026, 1, 1)),
        ),
    )

    def create(self, config: ProviderConfig, context: ProviderContext) -> FitnessProvider:
        return FitnessProvider(self.descriptors[0], config, context)


def test_a_factory_registered_at_run_time_is_offered_at_once(site: Path):
    providers = registry(site)
    providers.register_factory("raft", RaftFactory())
    assert providers.supported_providers() == ("raft",)
    assert providers.create_provider("raft", CONTEXT).descriptor.display_name == "Raft"


@pytest.mark.parametrize("name", ["all", "Raft", "punt", "canoe"])
def test_registering_a_reserved_malformed_taken_or_foreign_name_is_refused(site: Path, name: str):
    install(site, "boats", "punt")
    with pytest.raises(ConfigurationError, match=name):
        registry(site).register_factory(name, RaftFactory())


def test_registering_twice_is_refused(site: Path):
    providers = registry(site)
    providers.register_factory("raft", RaftFactory())
    with pytest.raises(ConfigurationError, match="taken"):
        providers.register_factory("raft", RaftFactory())


def test_a_default_config_is_used_instead_of_the_environment(site: Path):
    install(site, "boats", "punt")
    providers = registry(site, PIERRE_PUNT_CLIENT_ID="from the environment")
    assert providers.get_config("punt").client_id == "from the environment"
    providers.set_default_config("punt", ProviderConfig(name="punt", client_id="given"))
    assert providers.create_provider("punt", CONTEXT).config.client_id == "given"


def test_our_entry_points_and_the_folders_of_providers_agree():
    ours = {
        entry_point.name
        for entry_point in entry_points(group=ENTRY_POINT_GROUP)
        if entry_point.dist is not None and entry_point.dist.name == "pierre-mcp"
    }
    root = Path(__file__).parents[1] / "providers"
    folders = {path.parent.name for path in root.glob("*/__init__.py")}
    assert ours == {folder.replace("_", "-") for folder in folders}
