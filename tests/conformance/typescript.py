"""The TypeScript SDK's clients, old and new, through ``client.mjs``.

The script asks and prints; what it printed is compared with what the Python client got.
"""

import json
import sys
from pathlib import Path

from answers import PAGE, PAGES, Answers, rows
from node import NODE
from servers import HERE, STDIO, Workplace, serving_http
from steps import expect, run_command

SPOKEN = {"v1": None, "v2-legacy": "2025-11-25", "v2-auto": "2026-07-28"}
"""The client's generations and modes, and what each must speak; the first does not tell."""


def check(place: Workplace, door: str, client: str, expected: Answers) -> str:
    """Ask on stdio, where the client starts the server, or over HTTP, where it gets an address."""
    if door == "stdio":
        return _check(place, client, ["stdio", sys.executable, *STDIO], expected)
    with serving_http(place) as address:
        return _check(place, client, ["http", address], expected)


def _check(place: Workplace, client: str, target: list[str], expected: Answers) -> str:
    command: list[str | Path] = [NODE, HERE / "client.mjs", client, str(PAGE), str(PAGES), *target]
    seen = json.loads(run_command(command, cwd=place.folder, env=place.environment, seconds=120))
    expect(seen["version"] == SPOKEN[client], f"it speaks {seen['version']}")
    expect(seen["tools"] == expected.tools, f"it lists {seen['tools']}")
    activities = [row for page in seen["pages"] for row in rows(page)]
    expect(activities == expected.activities, "it sees other activities")
    return f"{len(seen['tools'])} tools, {len(activities)} activities in {PAGES} pages"
