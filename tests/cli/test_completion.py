"""Shells complete commands, providers and clients, by asking the program as they do."""

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest
from processes import environ_of

PROGRAM = Path(sysconfig.get_path("scripts")) / "pierre-mcp"
BASH = shutil.which("bash")


def asked(home: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """The program as a shell asks it, by the name that the shell knows it by."""
    return subprocess.run(  # noqa: S603 - our own program
        [PROGRAM], capture_output=True, text=True, env=environ_of(home, more), check=False
    )


def completed(home: Path, words: str, **more: str) -> set[str]:
    """What the program tells a bash that completes the last of the words."""
    done = asked(
        home,
        _PIERRE_MCP_COMPLETE="complete_bash",
        COMP_WORDS=words,
        COMP_CWORD=str(len(words.split(" ")) - 1),
        **more,
    )
    assert done.stderr == ""
    return set(done.stdout.split())


def test_commands_are_completed(home: Path):
    assert completed(home, "pierre-mcp dem") == {"demo"}
    assert {"serve", "doctor", "connect"} <= completed(home, "pierre-mcp ")


def test_names_of_providers_are_completed(home: Path):
    assert completed(home, "pierre-mcp connect ga") == {"garmin"}
    assert {"strava", "whoop"} <= completed(home, "pierre-mcp disconnect ")


def test_only_what_is_selected_is_completed(home: Path):
    assert completed(home, "pierre-mcp connect ", PIERRE_PROVIDERS="strava") == {"strava"}


def test_clients_are_completed(home: Path):
    assert completed(home, "pierre-mcp client-config cl") == {"claude-code", "claude-desktop"}


def test_wrong_settings_complete_nothing_and_say_nothing(home: Path):
    assert completed(home, "pierre-mcp connect ", PIERRE_UNITS="furlongs") == set()


@pytest.mark.skipif(BASH is None, reason="there is no bash here")
def test_bash_itself_completes_with_the_script_that_is_shown(home: Path):
    script = asked(home, _PIERRE_MCP_COMPLETE="source_bash").stdout
    assert "complete" in script
    words = (
        f"{script}\nCOMP_WORDS=(pierre-mcp connect st); COMP_CWORD=2\n"
        "_pierre_mcp_completion pierre-mcp\nprintf '%s\\n' \"${COMPREPLY[@]}\""
    )
    assert BASH is not None
    environ = environ_of(home, {"PATH": f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}"})
    done = subprocess.run(  # noqa: S603 - our own program by its script
        [BASH, "--norc", "-c", words], capture_output=True, text=True, env=environ, check=False
    )
    assert done.stdout.split() == ["strava"], done
