"""The installed wheel through its public doors: command line, MCP over stdio, contract suite.

Runs outside the checkout, with nothing but the wheel and its test extra installed.
"""

import json
import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, StdioServerParameters

import pierre_mcp


def test_the_wheel_and_not_a_checkout_is_what_is_tested():
    assert "site-packages" in Path(pierre_mcp.__file__).parts


def pierre(*arguments: str, **environ: str) -> Any:
    """What a command prints as JSON."""
    done = subprocess.run(
        [sys.executable, "-m", "pierre_mcp", *arguments, "--json"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **environ},
    )
    return json.loads(done.stdout)


def test_every_provider_of_the_wheel_can_be_loaded():
    listed = {p["name"]: p["available"] for p in pierre("providers")["providers"]}
    assert listed == {e.name: True for e in entry_points(group="pierre_mcp.providers")}
    assert {"files", "strava", "synthetic"} <= set(listed)


def test_the_store_is_made_by_the_migrations_of_the_wheel(tmp_path):
    told = pierre("token", "list", PIERRE_HOME=str(tmp_path))
    assert told["tokens"] == []
    assert list(tmp_path.glob("*.db"))


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_client_gets_activities_over_stdio(mode, tmp_path):
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "pierre_mcp", "serve"],
        env={"PIERRE_HOME": str(tmp_path)},
    )

    async def ask():
        async with Client(server, mode=mode) as client:
            return await client.call_tool("get_activities", {"limit": 3})

    answer = anyio.run(ask).structured_content
    assert answer["success"] is True
    assert len(answer["result"]["rows"]) == 3
    assert answer["meta"]["synthetic"] is True


def test_the_contract_suite_is_in_the_wheel():
    from pierre_mcp.testing import ProviderContract

    assert any(name.startswith("test_") for name in dir(ProviderContract))
