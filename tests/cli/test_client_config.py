"""``client-config``: what it prints can be pasted, and starts a server that answers."""

import json
import os
import shlex
import sys
import tomllib
from pathlib import Path

import pytest
import strangers
from hypothesis import given
from hypothesis import strategies as st
from mcp import Client, StdioServerParameters

from pierre_mcp.cli.clients import configuration_for, passed_on, server_command

CLIENTS = ["claude-desktop", "claude-code", "cursor", "vscode", "codex"]
JSON_KEYS = {"claude-desktop": "mcpServers", "cursor": "mcpServers", "vscode": "servers"}
CANARY = "s3cret-and-long-enough"


def pasted(client: str, text: str) -> tuple[list[str], dict[str, str]]:
    """The command and the environment as the client itself would read them."""
    if client == "claude-code":
        words = shlex.split(text, posix=os.name != "nt")
        assert words[:4] == ["claude", "mcp", "add", "pierre"]
        end = words.index("--")
        environment = [word.removeprefix("--env=").split("=", 1) for word in words[4:end]]
        return words[end + 1 :], dict(environment)
    if client == "codex":
        server = tomllib.loads(text)["mcp_servers"]["pierre"]
    else:
        server = json.loads(text)[JSON_KEYS[client]]["pierre"]
    return [server["command"], *server["args"]], server.get("env", {})


@pytest.mark.parametrize("client", CLIENTS)
async def test_what_it_prints_starts_a_server_that_answers(pierre, home: Path, client: str):
    done = pierre("client-config", client, PIERRE_SYNTHETIC_TODAY="2026-05-01")
    (command, *arguments), environment = pasted(client, done.out)
    assert environment == {"PIERRE_HOME": str(home), "PIERRE_SYNTHETIC_TODAY": "2026-05-01"}
    server = StdioServerParameters(command=command, args=arguments, env=environment)
    async with Client(server) as connected:
        answer = await connected.call_tool("get_activities", {"limit": 1})
    assert answer.structured_content is not None
    column = answer.structured_content["result"]["columns"].index("start_time")
    assert answer.structured_content["result"]["rows"][0][column] < "2026-05-02"


@pytest.mark.parametrize("client", CLIENTS)
def test_where_to_paste_it_is_told_beside_it(pierre, client: str):
    as_value = json.loads(pierre("client-config", client, "--json").out)
    done = pierre("client-config", client)
    assert as_value["client"] == client
    assert as_value["text"] == done.out.rstrip("\n")
    assert as_value["where"] == done.err.splitlines()[0]


@pytest.mark.parametrize("client", CLIENTS)
def test_a_secret_is_named_and_never_printed(pierre, tmp_path: Path, client: str):
    secrets = {
        "PIERRE_ACME_CLIENT_SECRET": CANARY,
        "PIERRE_MASTER_KEY": CANARY,
        "PIERRE_DATABASE_URL": f"postgresql+asyncpg://me:{CANARY}@localhost/pierre",
        "PIERRE_LOCKER_PIN": CANARY,
    }
    locker = strangers.install(tmp_path / "site", "locker")
    for form in ([], ["--json"]):
        done = pierre("client-config", client, *form, **secrets, **locker)
        assert CANARY not in done.out + done.err
        for name in secrets:
            assert name in done.out + done.err
    _, environment = pasted(client, pierre("client-config", client, **secrets, **locker).out)
    assert {environment[name] for name in secrets} == {"FILL-IN"}


def test_a_relative_path_is_made_absolute_for_a_client_that_starts_elsewhere(pierre, tmp_path):
    (tmp_path / "pierre.toml").write_text("log_level = 'error'", encoding="utf-8")
    done = pierre(
        "client-config", "cursor", cwd=tmp_path,
        PIERRE_FILES_DIR="export", PIERRE_CONFIG="./pierre.toml", PIERRE_ROWING_CSV="../log.csv",
        PIERRE_SYNTHETIC_SEED="export",
    )  # fmt: skip
    _, environment = pasted("cursor", done.out)
    assert environment["PIERRE_FILES_DIR"] == str(tmp_path / "export")
    assert environment["PIERRE_CONFIG"] == str(tmp_path / "pierre.toml")
    assert Path(environment["PIERRE_ROWING_CSV"]).is_absolute()
    assert environment["PIERRE_SYNTHETIC_SEED"] == "export"


def test_the_command_is_absolute_for_a_client_with_another_path(pierre):
    (command, *arguments), _ = pasted("cursor", pierre("client-config", "cursor").out)
    assert Path(command).is_absolute()
    assert arguments[-1] == "serve"


def test_the_installed_script_is_preferred_to_the_interpreter(monkeypatch, tmp_path: Path):
    script = tmp_path / "pierre-mcp"
    script.write_text("", encoding="utf-8")
    monkeypatch.setattr(sys, "argv", [str(script), "client-config", "cursor"])
    text = configuration_for("cursor", {"PIERRE_HOME": str(tmp_path)}).text
    assert pasted("cursor", text)[0] == [str(script), "serve"]


@pytest.mark.parametrize(
    ("platform", "folder"),
    [("win32", "%APPDATA%"), ("darwin", "~/Library/Application Support"), ("linux", "~/.config")],
)
def test_the_file_of_the_desktop_app_is_that_of_the_platform(
    monkeypatch, tmp_path: Path, platform: str, folder: str
):
    monkeypatch.setattr(sys, "platform", platform)
    entry = configuration_for("claude-desktop", {"PIERRE_HOME": str(tmp_path)})
    assert folder in entry.where


def test_on_windows_words_with_spaces_are_quoted_as_its_shells_do(monkeypatch, tmp_path: Path):
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(sys, "executable", r"C:\Program Files\Python\python.exe")
    text = configuration_for("claude-code", {"PIERRE_HOME": str(tmp_path)}).text
    assert r'-- "C:\Program Files\Python\python.exe" -m pierre_mcp serve' in text


ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)


@pytest.mark.parametrize("client", CLIENTS)
@given(value=ANY_TEXT)
def test_any_value_of_a_setting_survives_being_pasted(client: str, value: str):
    text = configuration_for(client, {"PIERRE_SYNTHETIC_SEED": f"x{value}"}).text
    if client != "claude-code" or os.name != "nt":
        assert pasted(client, text)[1] == {"PIERRE_SYNTHETIC_SEED": f"x{value}"}


def test_only_our_settings_are_passed_on():
    kept, secret = passed_on({"PIERRE_LOG_LEVEL": "info", "HOME": "/x", "ACME_CLIENT_SECRET": "y"})
    assert (kept, secret) == ({"PIERRE_LOG_LEVEL": "info"}, [])


def test_what_uvx_runs_from_its_cache_is_run_by_uvx(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    script = tmp_path / "uv" / "archive-v0" / "x1y2" / "bin" / "pierre-mcp"
    script.parent.mkdir(parents=True)
    script.touch()
    monkeypatch.setattr(sys, "argv", [str(script)])
    command, *arguments = server_command()
    assert Path(command).stem == "uvx"
    assert arguments == ["pierre-mcp", "serve"]
