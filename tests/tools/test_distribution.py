"""What stores and registries read of us is what the code says, and keeps to their rules."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from distribution import MANIFEST, NAME, SERVER_JSON, as_text, manifest, server_json

from pierre_mcp.settings import Settings, variable_of

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def registered() -> dict[str, Any]:
    told: dict[str, Any] = json.loads(SERVER_JSON.read_text(encoding="utf-8"))
    return told


@pytest.fixture(scope="module")
def bundled() -> dict[str, Any]:
    told: dict[str, Any] = json.loads(MANIFEST.read_text(encoding="utf-8"))
    return told


def test_server_json_is_what_the_code_makes_now():
    """`python tools/distribution.py` writes it anew."""
    assert SERVER_JSON.read_text(encoding="utf-8") == as_text(server_json())


def test_the_manifest_is_what_the_code_makes_now():
    """`python tools/distribution.py` writes it anew."""
    assert MANIFEST.read_text(encoding="utf-8") == as_text(manifest())


def test_both_have_the_version_of_the_project(registered: dict[str, Any], bundled: dict[str, Any]):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (package,) = registered["packages"]
    assert {registered["version"], package["version"], bundled["version"]} == {project["version"]}
    assert package["identifier"] == project["name"]


def test_server_json_keeps_to_the_rules_of_its_schema(registered: dict[str, Any]):
    assert re.fullmatch(r"[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+", registered["name"])
    assert 1 <= len(registered["description"]) <= 100
    assert 1 <= len(registered["title"]) <= 100
    assert set(registered) <= {"$schema", "name", "title", "description", "version", "packages"}
    (package,) = registered["packages"]
    assert package["transport"] == {"type": "stdio"}
    assert not re.search(r"[\^~><*x]|latest", package["version"])
    for variable in package["environmentVariables"]:
        assert set(variable) <= {"name", "description", "isSecret", "format"}
        assert variable.get("format") in (None, "filepath")


def test_every_setting_of_the_server_is_in_it(registered: dict[str, Any]):
    names = {one["name"] for one in registered["packages"][0]["environmentVariables"]}
    ours = {variable_of(name) for name in Settings.model_fields}
    assert ours - names <= {variable_of("redis_url")}
    assert "REDIS_URL" in names


def test_what_is_secret_is_marked_so(registered: dict[str, Any], bundled: dict[str, Any]):
    secret = re.compile(r"(SECRET|API_KEY|MASTER_KEY|DATABASE_URL|REDIS_URL)$")
    for variable in registered["packages"][0]["environmentVariables"]:
        assert bool(variable.get("isSecret")) >= bool(secret.search(variable["name"])), variable
    for key, asked in bundled["user_config"].items():
        assert bool(asked.get("sensitive")) >= bool(secret.search(key.upper())), key


def test_every_setting_of_the_bundle_is_asked_for_and_none_has_to_be_given(bundled: dict[str, Any]):
    passed_on = bundled["server"]["mcp_config"]["env"].values()
    assert {f"${{user_config.{key}}}" for key in bundled["user_config"]} == set(passed_on)
    assert not any(asked["required"] for asked in bundled["user_config"].values())


@pytest.mark.parametrize("page", ["README.md", "Dockerfile"])
def test_the_registry_finds_the_server_s_name_where_it_looks(page: str):
    marks = {"README.md": f"mcp-name: {NAME}", "Dockerfile": f'server.name="{NAME}"'}
    assert marks[page] in (ROOT / page).read_text(encoding="utf-8")
