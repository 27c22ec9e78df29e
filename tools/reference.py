"""Write the pages of reference from the code: every tool with its arguments, every setting."""

import re
import tempfile
from pathlib import Path
from typing import Any

import anyio
from distribution import variables
from mcp import Client
from mcp.types import Tool

from pierre_mcp.composition import Composition
from pierre_mcp.server.app import build_server
from pierre_mcp.server.charts.page import is_for_pages
from pierre_mcp.settings import Settings, load_settings, variable_of

_WORDS = 8
_ABOUT_TOOLS = """\
# Tools

Made from what the server lists, by `python tools/reference.py`. What an answer looks like as a
whole, and its errors: [answers](../answers.md).
"""
_ABOUT_SETTINGS = """\
Made from the settings and the providers, by `python tools/reference.py`. Each is a variable of the
environment; in the file that `PIERRE_CONFIG` names, the server's own have their name in lower case
and without `PIERRE_`, and a provider's stand in its table `[providers.<name>]`. What they are for:
[README](../../README.md#configuration) and [hosting](../hosting.md#settings).
"""
FOLDER = Path(__file__).parents[1] / "docs" / "reference"


def pages() -> dict[str, str]:
    """Each page by its name."""
    return {"tools.md": anyio.run(_tools), "settings.md": _settings()}


async def _tools() -> str:
    with tempfile.TemporaryDirectory() as home:
        configuration = load_settings({"PIERRE_HOME": home, "PIERRE_CHARTS": "true"})
        composition = Composition(configuration)
        async with composition, Client(build_server(composition)) as client:
            listed = (await client.list_tools()).tools
    parts = [_ABOUT_TOOLS]
    parts += [_tool(tool) for tool in listed if not is_for_pages(tool)]
    return "\n".join(parts)


def _tool(tool: Tool) -> str:
    hints = tool.annotations
    assert hints is not None
    does = "reads" if hints.read_only_hint else "changes something"
    if hints.destructive_hint:
        does += ", and takes something away"
    lines = [f"## {tool.name}\n", f"{tool.title}; {does}.\n", f"{tool.description}\n"]
    properties = tool.input_schema.get("properties", {})
    if not properties:
        return "\n".join([*lines, "It takes no arguments.\n"])
    lines += ["| Argument | Values | Default | What it says |", "|---|---|---|---|"]
    required = tool.input_schema.get("required", [])
    definitions = tool.input_schema.get("$defs", {})
    for name, schema in properties.items():
        default = "has to be given" if name in required else _default(schema)
        told = _cell(schema.get("description", ""))
        lines.append(f"| `{name}` | {_values(schema, definitions)} | {default} | {told} |")
    return "\n".join([*lines, ""])


def _default(schema: dict[str, Any]) -> str:
    value = schema.get("default")
    return (
        "none"
        if value is None
        else f"`{str(value).lower() if value is True or value is False else value}`"
    )


def _values(schema: dict[str, Any], definitions: dict[str, Any]) -> str:
    """The type, the words or the range of an argument."""
    if "$ref" in schema:
        return _values(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in schema:
        known = [part for part in schema["anyOf"] if part.get("type") != "null"]
        return " or ".join(_values(part, definitions) for part in known)
    if "enum" in schema:
        words = schema["enum"]
        return ", ".join(f"`{word}`" for word in words[:8]) + (", ..." if len(words) > 8 else "")
    kind = {"integer": "whole number", "array": "list"}.get(schema["type"], schema["type"])
    if schema["type"] == "array":
        return f"list of {_values(schema['items'], definitions)}"
    if "minimum" in schema and "maximum" in schema:
        return f"{kind}, {schema['minimum']} to {schema['maximum']}"
    return str(kind)


def _settings() -> str:
    defaults = {variable_of(name): field.default for name, field in Settings.model_fields.items()}
    lines = [
        "# Settings\n",
        _ABOUT_SETTINGS,
        "| Name | Default | What it decides |",
        "|---|---|---|",
    ]
    for one in variables():
        default = defaults.get(one.name)
        shown = f"`{str(default).lower()}`" if isinstance(default, str | int) else "none"
        secret = " Secret." if one.secret else ""
        lines.append(f"| `{one.name}` | {shown} | {_cell(one.description)}{secret} |")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
