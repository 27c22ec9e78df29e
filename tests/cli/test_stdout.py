"""No command writes a log to stdout, whoever logs: it is a protocol's or a report's."""

import json
from pathlib import Path

import pytest
import strangers
from by_hand import INITIALIZE, INITIALIZED, call, spoken
from processes import environ_of

NOISE = "noise-of-a-stranger"
LOGS = (
    "import logging, structlog; "
    f"structlog.get_logger().error({NOISE!r}); logging.getLogger('strange').error({NOISE!r}); "
    f"structlog.get_logger().debug({NOISE!r}); logging.getLogger('strange').debug({NOISE!r})"
)

COMMANDS = (
    ["providers", "--json"], ["status", "--json"], ["doctor", "--json"], ["demo", "--json"],
    ["client-config", "cursor", "--json"], ["connect", "synthetic", "--json"],
    ["disconnect", "synthetic", "--json"], ["token", "list", "--json"],
    ["token", "create", "--tenant", "club", "--user", "ada", "--json"],
    ["keys", "rotate", "--json"], ["export"], ["forget", "--yes", "--json"],
)  # fmt: skip


@pytest.fixture
def noisy(tmp_path: Path) -> dict[str, str]:
    """Two plug-ins: one that logs wherever it can, one that the registry logs about."""
    strangers.install(tmp_path / "site", "files")
    return strangers.install(tmp_path / "site", "parrot", on_import=LOGS, answer=LOGS)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_stdout_is_json_and_nothing_else(pierre, noisy: dict[str, str], command):
    done = pierre(*command, PIERRE_LOG_LEVEL="debug", **noisy)
    assert done.code == 0, done.err
    json.loads(done.out)
    assert "provider_refused" not in done.out


def test_what_is_logged_is_on_stderr_for_those_who_ask(pierre, noisy: dict[str, str]):
    done = pierre("providers", PIERRE_LOG_LEVEL="debug", **noisy)
    assert "provider_refused" in done.err
    assert done.err.count(NOISE) == 4
    assert NOISE not in done.out


@pytest.mark.parametrize("level", ["debug", "error"])
def test_over_stdio_every_line_is_the_protocols(home: Path, noisy: dict[str, str], level: str):
    environ = environ_of(home, noisy | {"PIERRE_LOG_LEVEL": level})
    asked = call(2, "get_activities", provider="parrot")
    lines, log = spoken(environ, INITIALIZE, INITIALIZED, asked)
    assert all(json.loads(line)["jsonrpc"] == "2.0" for line in lines)
    assert NOISE in "\n".join(log)


def test_before_any_setting_is_read_the_log_is_on_stderr(pierre, tmp_path: Path):
    # Read at start by Python itself: something that logs while settings are being read.
    (tmp_path / "sitecustomize.py").write_text(
        "import structlog\n"
        "import pierre_mcp.settings as settings\n"
        "real = settings._read_file\n"
        "def read(path):\n"
        f"    structlog.get_logger().critical({NOISE!r})\n"
        "    return real(path)\n"
        "settings._read_file = read\n",
        encoding="utf-8",
    )
    done = pierre("serve", PYTHONPATH=str(tmp_path), PIERRE_LOG_LEVEL="loud")
    assert (done.code, done.out) == (2, "")
    assert NOISE in done.err
