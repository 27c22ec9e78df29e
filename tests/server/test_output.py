"""What a stdio server writes: the protocol on stdout, its log as JSON on stderr."""

import json
import os
import subprocess
from pathlib import Path

import pytest
import strangers
from by_hand import INITIALIZE, INITIALIZED, call, spoken
from processes import LONG_ENOUGH_SECONDS, PIERRE, environ_of

LOUD = "print('print'); import os, subprocess; os.write(1, b'write\\n'); subprocess.run({echo!r})"


def test_stdout_carries_only_json_rpc_even_when_a_provider_prints(tmp_path: Path):
    loud = LOUD.format(echo=[PIERRE[0], "-c", "print('child')"])
    found = strangers.install(tmp_path / "site", "parrot", on_import=loud, answer=loud)
    out, err = spoken(
        environ_of(tmp_path, found), INITIALIZE, INITIALIZED,
        call(2, "list_providers"), call(3, "get_activities", provider="parrot"),
    )  # fmt: skip
    messages = [json.loads(line) for line in out]
    assert [message["id"] for message in messages] == [1, 2, 3]
    assert messages[2]["result"]["structuredContent"]["success"] is True
    for word in ("print", "write", "child"):
        assert err.count(word) == 2, "it went to stderr, at import and when asked"


def test_logs_are_json_lines_on_stderr_when_it_is_no_terminal(tmp_path: Path):
    wreck = strangers.install(tmp_path / "site", "wreck", on_import="raise OSError('no keel')")
    _, err = spoken(
        environ_of(tmp_path, wreck), INITIALIZE, INITIALIZED,
        call(2, "get_activities", provider="wreck"),
    )  # fmt: skip
    events = [json.loads(line) for line in err]
    assert "provider_import_failed" in [event["event"] for event in events]
    for event in events:
        assert {"event", "level", "timestamp"} <= set(event)
    assert any("no keel" in event.get("exception", "") for event in events)


def test_the_log_level_decides_what_is_logged(tmp_path: Path):
    wreck = strangers.install(tmp_path / "site", "wreck", on_import="raise OSError('no keel')")
    levels = {}
    for level in ("error", "debug"):
        environ = environ_of(tmp_path, wreck | {"PIERRE_LOG_LEVEL": level})
        _, err = spoken(
            environ, INITIALIZE, INITIALIZED, call(2, "get_activities", provider="wreck")
        )
        levels[level] = {json.loads(line)["level"] for line in err}
    assert levels["error"] == {"error"}
    assert {"debug", "warning", "error"} <= levels["debug"]


@pytest.mark.skipif(os.name == "nt", reason="pipes end otherwise there")
def test_a_client_that_stops_reading_ends_the_server_without_a_traceback(tmp_path: Path):
    with subprocess.Popen(  # noqa: S603 - our own command line
        [*PIERRE, "serve"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environ_of(tmp_path),
    ) as server:
        assert server.stdout is not None
        server.stdout.close()
        server.stdout = None
        _, err = server.communicate(json.dumps(INITIALIZE).encode() + b"\n", LONG_ENOUGH_SECONDS)
    assert server.returncode == 0
    assert [json.loads(line)["event"] for line in err.splitlines()] == ["client_left"]
