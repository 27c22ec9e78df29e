"""Inspector's command line: its strict check of our schemas, and one call, on stdio and HTTP.

Inspector runs a process a question, so each of them also starts the conversation anew.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from answers import Answers, rows
from node import NODE, script_of
from servers import STDIO, Workplace, serving_http
from steps import expect, run_command

ASKED = 5


def check(place: Workplace, door: str, era: str, expected: Answers) -> str:
    """Ask on stdio, where Inspector starts the server, or over HTTP, where it gets an address."""
    if door == "stdio":
        settings = [word for item in place.settings.items() for word in ("-e", "=".join(item))]
        return _check(place, [*settings, sys.executable, *STDIO], era, expected)
    with serving_http(place) as address:
        return _check(place, [address, "--transport", "http"], era, expected)


def _check(place: Workplace, target: Sequence[str], era: str, expected: Answers) -> str:
    def ask(*words: str) -> Any:
        inspector: list[str | Path] = [
            NODE, script_of("@modelcontextprotocol/inspector", "mcp-inspector"), "--cli",
        ]  # fmt: skip
        command = [*inspector, *target, "--protocol-era", era, "--format", "json", *words]
        printed = run_command(command, cwd=place.folder, env=place.environment, seconds=120)
        return json.loads(printed)["result"]

    tools = [tool["name"] for tool in ask("--method", "tools/list", "--strict")["tools"]]
    expect(tools == expected.tools, f"Inspector lists {tools}")
    answer = ask(
        "--method", "tools/call", "--tool-name", "get_activities",
        "--tool-args-json", json.dumps({"limit": ASKED}),
    )  # fmt: skip
    seen = rows(answer["structuredContent"])
    expect(seen == expected.activities[:ASKED], f"Inspector sees other activities: {seen}")
    return f"{len(tools)} tools without an error in their schemas, {len(seen)} activities"
