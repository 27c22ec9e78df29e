"""The installed wheel through its public doors: command line, MCP over stdio, contract suite.

Runs outside the checkout, with nothing but the wheel and its test extra installed.
"""

import json
import subprocess
import sys
from pathlib import Path

import anyio
import pytest
from mcp import Client, StdioServerParameters

import pierre_mcp


def test_the_wheel_and_not_a_checkout_is_what_is_tested():
    assert "site-packages" in Path(pierre_mcp.__file__).parts


def test_providers_are_listed_as_json():
    done = subprocess.run(
        [sys.executable, "-m", "pierre_mcp", "providers", "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    names = [provider["name"] for provider in json.loads(done.stdout)["providers"]]
    assert names == ["files", "strava", "synthetic"]


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
