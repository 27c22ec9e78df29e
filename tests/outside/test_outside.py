"""A provider that lives in a package of its own is known everywhere, without a line of ours."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters

ROOT = Path(__file__).parents[2]
OURS = [path.parent.name for path in (ROOT / "providers").glob("*/__init__.py")]
NAMES = ", ".join(sorted([*OURS, "rowing-log", "shipwreck"]))


async def answer(python: Path, environ: dict[str, str], tool: str, **arguments: Any) -> dict:
    server = StdioServerParameters(
        command=str(python), args=["-m", "pierre_mcp", "serve"], env=environ
    )
    async with Client(server) as client:
        result = await client.call_tool(tool, arguments)
    assert result.structured_content is not None
    return dict(result.structured_content)


def run(python: Path, environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(  # noqa: S603 - an interpreter that the fixture made
        [str(python), *arguments], capture_output=True, text=True, check=False, env=environ
    )


async def test_list_providers_shows_it(environment: Path, clean_environ: dict[str, str]):
    listed = (await answer(environment, clean_environ, "list_providers"))["result"]["providers"]
    stranger = next(provider for provider in listed if provider["name"] == "rowing-log")
    assert stranger["display_name"] == "Boathouse logbook"
    assert stranger["capabilities"] == ["activities"]


async def test_get_connection_status_shows_it(environment: Path, clean_environ: dict[str, str]):
    told = await answer(environment, clean_environ, "get_connection_status")
    assert told["result"]["providers"]["rowing-log"]["status"] == "connected"


async def test_error_texts_name_it(environment: Path, clean_environ: dict[str, str]):
    told = await answer(environment, clean_environ, "get_activities", provider="x")
    message = f"Provider 'x' is not supported. Supported providers: {NAMES}"
    assert told["error"]["message"] == message


async def test_get_activities_asks_it(environment: Path, clean_environ: dict[str, str]):
    told = await answer(
        environment, clean_environ, "get_activities", provider="rowing-log", limit=3
    )
    column = told["result"]["columns"].index("name")
    names = [row[column] for row in told["result"]["rows"]]
    assert names == ["Head race practice", "Before work", "Row under the moon"]
    assert "synthetic" not in told["meta"]


async def test_its_statistics_are_added_up_by_the_core(
    environment: Path, clean_environ: dict[str, str]
):
    told = await answer(
        environment, clean_environ, "get_stats",
        provider="rowing-log", start_date="2026-04-01", end_date="2026-04-30",
    )  # fmt: skip
    assert told["result"]["totals"]["activity_count"] == 8


async def test_its_own_setting_is_read_from_the_environment(
    environment: Path, clean_environ: dict[str, str], tmp_path: Path
):
    logbook = tmp_path / "mine.csv"
    header = "number,launched,boat,minutes,kilometres,remark"
    logbook.write_text(f"{header}\n1,2026-05-02T09:00:00Z,Mine,30,5,Alone\n", encoding="utf-8")
    environ = clean_environ | {"PIERRE_ROWING_LOG_CSV": str(logbook)}
    told = await answer(environment, environ, "get_activities", provider="rowing-log")
    assert [row[told["result"]["columns"].index("name")] for row in told["result"]["rows"]] == [
        "Alone"
    ]


async def test_it_can_be_the_default(environment: Path, clean_environ: dict[str, str]):
    environ = clean_environ | {"PIERRE_DEFAULT_PROVIDER": "rowing-log"}
    told = await answer(environment, environ, "get_activities")
    assert told["meta"]["providers"] == ["rowing-log"]


async def test_a_package_that_breaks_is_listed_as_unavailable_and_breaks_nothing(
    environment: Path, clean_environ: dict[str, str]
):
    told = await answer(environment, clean_environ, "get_connection_status")
    assert told["result"]["providers"]["shipwreck"]["status"] == "unavailable"
    assert "/secret/path" not in json.dumps(told)


def test_doctor_names_the_broken_package_and_the_refused_claim(
    environment: Path, clean_environ: dict[str, str]
):
    done = run(environment, clean_environ, "-m", "pierre_mcp", "doctor", "--json")
    assert "hull breach" in done.stdout
    assert re.search(r"name belongs to pierre-mcp", done.stdout)


def test_it_holds_the_contract_in_its_own_environment(
    environment: Path, clean_environ: dict[str, str]
):
    suite = ROOT / "tests" / "outside" / "rowing-log" / "tests"
    done = run(
        environment, clean_environ, "-m", "pytest", "-q", "-p", "no:cacheprovider",
        "-c", str(suite.parent / "pyproject.toml"), str(suite),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert re.search(r"\d{2} passed", done.stdout)


@pytest.mark.parametrize("folder", ["pierre_mcp", "providers"])
def test_nothing_of_ours_knows_it(folder: str):
    for path in (ROOT / folder).rglob("*.py"):
        assert "rowing-log" not in path.read_text(encoding="utf-8"), path
