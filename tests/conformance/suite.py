"""The official conformance suite against our server with the fixtures that the suite wants.

Before it, a check that the fixtures left our own tools as they are, so that what passes is ours.
"""

import json
import re
from pathlib import Path
from typing import Any

import anyio
from mcp import Client
from node import NODE, script_of
from servers import HERE, Workplace, serving, serving_http
from steps import StepFailed, expect, run_command

from pierre_mcp.server.tools import TOOLS

REQUIRED_SCENARIOS = {"2026-07-28": 37, "2025-11-25": 30}
"""How many the pinned suite requires of a server: a run that checked fewer has not held."""

FIXTURES = HERE / "fixtures.py"

_SCENARIO = re.compile(r"^([✓✗]) (\S+): (\d+) passed, (\d+) failed", re.MULTILINE)
_NOT_SCORED = re.compile(r"^  [✓✗] (\S+) \((\S+)\)", re.MULTILINE)


def check_fixtures(place: Workplace) -> str:
    """Our tools, their cache hints and their refusal of unknown arguments are as without them."""
    with serving_http(place) as plain, serving(place, FIXTURES) as fixed:
        ours = anyio.run(_own_tools, plain)
        beside = anyio.run(_own_tools, fixed)
    listed = len(ours) - 2
    expect(listed == len(TOOLS), f"the server lists {listed} of its {len(TOOLS)} tools")
    expect(ours == beside, "the fixtures changed our own tools")
    return f"{len(TOOLS)} tools as they were"


async def _own_tools(address: str) -> list[dict[str, Any]]:
    names = {spec.name for spec in TOOLS}
    with anyio.fail_after(60):
        async with Client(address) as client:
            listed = await client.list_tools()
            refusal = await client.call_tool("get_athlete", {"unheard_of": 1})
    own = [tool.model_dump(mode="json") for tool in listed.tools if tool.name in names]
    hints = {"ttl_ms": listed.ttl_ms, "cache_scope": listed.cache_scope}
    return [hints, refusal.model_dump(mode="json"), *own]


def check_requirements(place: Workplace, revision: str) -> str:
    """The suite exits 0, and has run every scenario that the revision requires."""
    results = place.folder / f"results-{revision}"
    command: list[str | Path] = [
        NODE, script_of("@modelcontextprotocol/conformance", "conformance"), "server",
        "--requirements", revision, "--output-dir", results, "--url",
    ]  # fmt: skip
    with serving(place, FIXTURES) as address:
        try:
            printed = run_command([*command, address], cwd=place.folder, env=place.environment)
        except StepFailed as failure:
            failure.add_note(_failed_checks(results))
            raise
    unscored = dict(_NOT_SCORED.findall(printed))
    required = [found for found in _SCENARIO.findall(printed) if found[1] not in unscored]
    wanted = REQUIRED_SCENARIOS[revision]
    checks = sum(int(passed) for _, _, passed, _ in required)
    expect(len(required) == wanted, f"{len(required)} of {wanted} required scenarios were run")
    expect(all(mark == "✓" for mark, *_ in required), f"a scenario failed:\n{printed}")
    not_held = [
        f"{name} ({unscored[name]})" for mark, name, *_ in _SCENARIO.findall(printed) if mark == "✗"
    ]
    aside = f"; not required and not held: {', '.join(not_held)}" if not_held else ""
    return f"{wanted} of {wanted} required scenarios, {checks} checks{aside}"


def _failed_checks(results: Path) -> str:
    """What the suite found wrong, from the files it keeps; its summary only counts."""
    checks = [
        check
        for scenario in sorted(results.glob("*/checks.json"))
        for check in json.loads(scenario.read_text(encoding="utf-8"))
    ]
    failed = [
        f"{check['id']}: {check.get('errorMessage')}"
        for check in checks
        if check["status"] == "FAILURE"
    ]
    heading = "Failed checks, those of scenarios that are not required among them:"
    return "\n     ".join([heading, *failed])
