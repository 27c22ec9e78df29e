"""JSON-RPC written by hand to a stdio server, to see each line as it goes over the wire."""

import json
import subprocess
from collections.abc import Mapping

from processes import LONG_ENOUGH_SECONDS, PIERRE

INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "hand", "version": "1"},
    },
}


def spoken(environ: Mapping[str, str], *messages: dict[str, object]) -> tuple[list[str], list[str]]:
    """The lines of stdout and stderr of a stdio server that was sent the messages, one by one."""
    with subprocess.Popen(  # noqa: S603 - our own command line
        [*PIERRE, "serve"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(environ),
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        lines = []
        for message in messages:
            server.stdin.write(json.dumps(message).encode() + b"\n")
            server.stdin.flush()
            if "id" in message:
                lines.append(server.stdout.readline().decode())
        out, err = server.communicate(timeout=LONG_ENOUGH_SECONDS)
    assert server.returncode == 0
    return lines + out.decode().splitlines(), err.decode().splitlines()


def call(number: int, tool: str, **arguments: object) -> dict[str, object]:
    return {
        "jsonrpc": "2.0",
        "id": number,
        "method": "tools/call",
        "params": {"name": tool, "arguments": arguments},
    }


INITIALIZED = {"jsonrpc": "2.0", "method": "notifications/initialized"}
