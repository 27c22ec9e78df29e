"""README: its tables, blocks and sizes are those of the code."""

import os
import re
import subprocess
import sys
from datetime import date
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
from markdown_pages import blocks, provider_settings_told, read, settings_told, table

from pierre_mcp.cli import Client
from pierre_mcp.composition import Composition
from pierre_mcp.principal import LOCAL
from pierre_mcp.registry import ENTRY_POINT_GROUP, OWN_DISTRIBUTION
from pierre_mcp.server.status import provider_list
from pierre_mcp.server.tools import CHART, TOOLS
from pierre_mcp.settings import Settings, load_provider_env_config, load_settings, variable_of
from pierre_mcp.spi import ProviderCapabilities, ProviderDescriptor, Verification

README = read("README.md")
ANY = ProviderDescriptor(
    name="any",
    display_name="Any",
    capabilities=ProviderCapabilities.NONE,
    verified=Verification(against="not_applicable", date=date(2026, 11, 25)),
)


@pytest.fixture(scope="module")
def ours() -> dict[str, ProviderDescriptor]:
    """The providers of our own distribution, whatever else is installed here."""
    return {
        entry_point.name: descriptor
        for entry_point in entry_points(group=ENTRY_POINT_GROUP)
        if entry_point.dist is not None and entry_point.dist.name == OWN_DISTRIBUTION
        for descriptor in entry_point.load().descriptors
        if descriptor.name == entry_point.name
    }


def test_it_stays_under_200_lines():
    assert len(README.splitlines()) < 200


def test_the_tools_are_those_of_the_server():
    told = [row[:2] for row in table(README, "Tool")]
    offered = (*TOOLS, CHART)
    assert told == [[spec.name, spec.title] for spec in offered if not spec.for_pages]


def test_the_providers_are_those_we_bring(ours: dict[str, ProviderDescriptor]):
    composition = Composition(load_settings({"PIERRE_PROVIDERS": ",".join(ours)}))
    told = {row[0]: (row[1], row[3]) for row in table(README, "Name")}
    assert told == {
        provider["name"]: (provider["display_name"], provider["verified"])
        for provider in provider_list(composition, LOCAL)["providers"]
    }


def test_a_provider_that_needs_a_setting_is_connected_by_it(ours: dict[str, ProviderDescriptor]):
    for name, _, connected_by, _ in table(README, "Name"):
        required = [s.name.upper() for s in ours[name].settings if s.required]
        for setting in required:
            assert f"PIERRE_{name.upper()}_{setting}" in connected_by
        assert bool(required) == ("PIERRE_" in connected_by)


def test_the_settings_are_those_there_are(ours: dict[str, ProviderDescriptor]):
    expected = {variable_of(name) for name in Settings.model_fields} | {"PIERRE_CONFIG"}
    expected |= {
        f"PIERRE_{name.upper()}_{setting.name.upper()}"
        for name, descriptor in ours.items()
        for setting in descriptor.settings
    }
    assert set(settings_told()) == expected


def test_the_settings_of_every_provider_are_those_there_are():
    asked: set[str] = set()

    class Environment(dict[str, str]):
        def get(self, key: str, default: Any = None) -> Any:
            asked.add(key)
            return super().get(key, default)

    load_provider_env_config(ANY, Environment())
    told = provider_settings_told()
    assert asked == {f"{prefix}ANY_{key}" for key in told for prefix in ("PIERRE_", "")}


def test_a_plain_default_is_the_one_told():
    told = {variable: row[2] for variable, row in settings_told().items()}
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, str | int):
            assert str(field.default).lower() in told[variable_of(name)]


def test_the_clients_are_those_that_can_be_configured():
    told = {row[1].removeprefix("pierre-mcp client-config ") for row in table(README, "Client")}
    assert told == {client.value for client in Client}


def test_the_file_it_shows_is_a_configuration(tmp_path: Path, ours: dict[str, ProviderDescriptor]):
    (block,) = blocks(README, "toml")
    file = tmp_path / "pierre.toml"
    file.write_text(block.text, encoding="utf-8")
    configuration = load_settings({"PIERRE_CONFIG": str(file)})
    assert configuration.settings.default_provider == "files"
    assert configuration.provider_config(ours["files"]).options["dir"] == "/home/ada/my-export"


def test_the_output_it_shows_is_that_of_the_demo(tmp_path: Path):
    clean = {name: v for name, v in os.environ.items() if not name.startswith("PIERRE_")}
    environ = clean | {
        "PIERRE_SYNTHETIC_TODAY": "2026-11-24",
        "PIERRE_HOME": str(tmp_path),
        "COLUMNS": "120",
        "PYTHONUTF8": "1",
    }
    done = subprocess.run(
        [sys.executable, "-m", "pierre_mcp", "demo"],
        capture_output=True, encoding="utf-8", check=True, env=environ,
    )  # fmt: skip
    shown = [line.split() for line in done.stdout.splitlines()]
    (block,) = blocks(README, "text")
    for line in filter(str.strip, block.text.splitlines()):
        assert any(shortened(line.split(), words) for words in shown), line


def shortened(words: list[str], whole: list[str]) -> bool:
    """Whether the words stand in the whole in this order; it may have more between them."""
    rest = iter(whole)
    return all(word in rest for word in words)


def test_it_promises_no_release_that_there_is_not():
    assert not re.search(r"uvx|pip install pierre-mcp", README)
