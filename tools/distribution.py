"""Write what stores and registries of MCP servers read: server.json and the bundle's manifest.

Both are made from the settings, the providers and the tools: nothing is listed by hand.

    python tools/distribution.py            write them anew
    python tools/distribution.py bundle     and lay out build/bundle, ready for `mcpb pack`
"""

import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pierre_mcp.registry import ProviderRegistry
from pierre_mcp.server.tools import TOOLS
from pierre_mcp.settings import Settings, environment_name, load_settings, variable_of
from pierre_mcp.spi import Connection

ROOT = Path(__file__).parents[1]
SERVER_JSON = ROOT / "server.json"
MANIFEST = ROOT / "deploy" / "mcpb" / "manifest.json"
BUNDLE = ROOT / "build" / "bundle"
NAME = "io.github.pierre-mcp/pierre-mcp"
DESCRIPTION = "An athlete's own training, sleep and recovery data, from any number of providers"
SCHEMA = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"

_SECRET = {"database_url", "master_key", "redis_url"}
_FOR_A_PERSON = ("default_provider", "units", "week_start", "time_zone", "charts")
_IN_BUNDLE = ("pyproject.toml", "README.md", "LICENSE", "pierre_mcp", "providers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A setting as the environment has it."""

    name: str
    title: str
    description: str
    secret: bool = False
    is_folder: bool = False
    for_a_person: bool = True


def variables() -> Iterator[Variable]:
    """Every setting there is, the server's own first."""
    for name, field in Settings.model_fields.items():
        yield Variable(
            name="REDIS_URL" if name == "redis_url" else variable_of(name),
            title=name.replace("_", " ").capitalize(),
            description=field.description or "",
            secret=name in _SECRET,
            for_a_person=name in _FOR_A_PERSON,
        )
    registry = ProviderRegistry(load_settings({}))
    for name in registry.supported_providers():
        descriptor = registry.get_descriptor(name)
        prefix = f"PIERRE_{environment_name(name)}_"
        shows = descriptor.display_name
        for setting in descriptor.settings:
            yield Variable(
                name=prefix + setting.name.upper(),
                title=f"{shows}: {setting.name.replace('_', ' ')}",
                description=f"{shows}: {setting.description}.",
                secret=setting.secret,
                is_folder=setting.name == "dir",
                for_a_person="webhook" not in setting.name,
            )
        if descriptor.connection is Connection.OAUTH2:
            yield Variable(
                name=f"{prefix}CLIENT_ID",
                title=f"{shows}: client ID",
                description=f"The client ID of your own application at {shows}.",
            )
            yield Variable(
                name=f"{prefix}CLIENT_SECRET",
                title=f"{shows}: client secret",
                description=f"The secret that belongs to it, at {shows}.",
                secret=True,
            )


def server_json() -> dict[str, Any]:
    """What the registry of MCP servers wants to know."""
    return {
        "$schema": SCHEMA,
        "name": NAME,
        "title": "Pierre",
        "description": DESCRIPTION,
        "version": version("pierre-mcp"),
        "packages": [
            {
                "registryType": "pypi",
                "identifier": "pierre-mcp",
                "version": version("pierre-mcp"),
                "runtimeHint": "uvx",
                "transport": {"type": "stdio"},
                "environmentVariables": [
                    {"name": one.name, "description": one.description}
                    | ({"isSecret": True} if one.secret else {})
                    | ({"format": "filepath"} if one.is_folder else {})
                    for one in variables()
                ],
            }
        ],
    }


def manifest() -> dict[str, Any]:
    """What a desktop client wants to know of the bundle; it asks the person for the settings."""
    personal = [one for one in variables() if one.for_a_person]
    return {
        "manifest_version": "0.4",
        "name": "pierre-mcp",
        "display_name": "Pierre",
        "version": version("pierre-mcp"),
        "description": DESCRIPTION,
        "author": {"name": "The pierre-mcp authors"},
        "license": "MIT",
        "icon": "icon.png",
        "server": {
            "type": "uv",
            "entry_point": "pierre_mcp/__main__.py",
            "mcp_config": {
                "command": "uv",
                "args": ["run", "--directory", "${__dirname}", "pierre-mcp", "serve"],
                "env": {one.name: f"${{user_config.{_key(one)}}}" for one in personal},
            },
        },
        "tools": [
            {"name": spec.name, "description": spec.description.partition("\n")[0]}
            for spec in TOOLS
            if not spec.for_pages
        ],
        "user_config": {
            _key(one): {
                "type": "directory" if one.is_folder else "string",
                "title": one.title,
                "description": one.description,
                "required": False,
                # Where the person leaves it empty, an empty variable counts as unset.
                "default": "",
            }
            | ({"sensitive": True} if one.secret else {})
            for one in personal
        },
        "compatibility": {
            "platforms": ["darwin", "linux", "win32"],
            "runtimes": {"python": ">=3.11,<3.14"},
        },
    }


def _key(one: Variable) -> str:
    return one.name.removeprefix("PIERRE_").lower()


def as_text(document: dict[str, Any]) -> str:
    """The document as it stands in its file."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def lay_out_bundle() -> Path:
    """The folder that is packed."""
    shutil.rmtree(BUNDLE, ignore_errors=True)
    BUNDLE.mkdir(parents=True)
    for name in _IN_BUNDLE:
        source = ROOT / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, BUNDLE / name, ignore=ignored)
        else:
            shutil.copy2(source, BUNDLE / name)
    shutil.copy2(ROOT / "deploy" / "icon.png", BUNDLE / "icon.png")
    shutil.copy2(MANIFEST, BUNDLE / "manifest.json")
    return BUNDLE


def main(words: list[str]) -> None:
    """Write them."""
    MANIFEST.parent.mkdir(parents=True, exist_ok=True)
    SERVER_JSON.write_text(as_text(server_json()), encoding="utf-8")
    MANIFEST.write_text(as_text(manifest()), encoding="utf-8")
    if "bundle" in words:
        print(lay_out_bundle())  # noqa: T201 - for whoever packs it


if __name__ == "__main__":
    main(sys.argv[1:])
