"""The commands as a person types them: a real process, a clean environment, a home of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

Run = subprocess.CompletedProcess[str]


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PIERRE_")}
    return kept | {
        "PIERRE_HOME": str(tmp_path / "home"),
        "PIERRE_SYNTHETIC_TODAY": "2026-05-01",
        "COLUMNS": "100",
        "NO_COLOR": "1",
    }


def pierre(environ: dict[str, str], *arguments: str) -> Run:
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "pierre_mcp", *arguments],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_demo_shows_what_an_agent_would_get(environ):
    done = pierre(environ, "demo")
    assert done.returncode == 0, done.stderr
    for shown in ("13 tools", "get_activities", "Last workouts", "a week", "mcpServers"):
        assert shown in done.stdout


def test_the_demo_as_json_holds_the_answers_of_the_server(environ):
    found = json.loads(pierre(environ, "demo", "--json").stdout)
    assert found["activities"]["meta"]["synthetic"] is True
    assert len(found["activities"]["result"]["rows"]) == 8


@pytest.mark.parametrize("command", ["providers", "status"])
def test_a_report_names_every_provider_for_people_and_as_json(environ, command):
    told = pierre(environ, command)
    assert told.returncode == 0
    listed = json.loads(pierre(environ, command, "--json").stdout)["providers"]
    names = list(listed) if command == "status" else [one["name"] for one in listed]
    assert {"files", "synthetic"} <= set(names)
    assert all(name in told.stdout for name in names)


def test_the_doctor_is_content_with_a_fresh_installation(environ):
    findings = json.loads(pierre(environ, "doctor", "--json").stdout)
    assert {finding["level"] for finding in findings} <= {"ok", "warn"}


def test_the_doctor_lists_a_bad_file_with_its_reason(environ, tmp_path):
    folder = tmp_path / "recordings"
    folder.mkdir()
    (folder / "broken.fit").write_bytes(b"not a recording")
    done = pierre(environ | {"PIERRE_FILES_DIR": str(folder)}, "doctor")
    assert "broken.fit: " in done.stdout


def test_the_doctor_fails_where_the_home_cannot_be_written(environ, tmp_path):
    (tmp_path / "home").write_text("a file and not a folder")
    done = pierre(environ, "doctor")
    assert done.returncode == 1
    assert "set PIERRE_HOME to another folder" in done.stdout


def test_the_doctor_knows_what_a_misspelt_setting_was_meant_to_be(environ):
    told = pierre(environ | {"PIERRE_LOG_LEVLE": "debug"}, "doctor").stdout
    assert "PIERRE_LOG_LEVLE means nothing here" in told
    assert "Did you mean PIERRE_LOG_LEVEL?" in told


@pytest.mark.parametrize("command", ["serve", "demo", "providers", "status"])
def test_a_wrong_setting_is_one_sentence_and_exit_code_two(environ, command):
    # The demo runs with settings of its own, all but the day.
    wrong = {"PIERRE_PROVIDERS": "nobody", "PIERRE_SYNTHETIC_TODAY": "soon"}
    done = pierre(environ | wrong, command)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("pierre-mcp: ")
    assert done.stdout == ""


def test_serving_beyond_this_machine_without_tokens_is_refused(environ):
    done = pierre(environ, "serve", "--transport", "streamable-http", "--host", "192.0.2.1")
    assert done.returncode == 2
    assert "this machine only" in done.stderr
