"""The server over real pipes and sockets: every transport, both eras, this machine only."""

import http.client
import json
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import strangers
from mcp import Client, StdioServerParameters
from mcp.client.sse import sse_client
from processes import LONG_ENOUGH_SECONDS, PIERRE, Serving, environ_of, serving

TODAY = {"PIERRE_SYNTHETIC_TODAY": "2026-05-01"}
TRANSPORTS = ["streamable-http", "sse"]
NEWEST = "2026-07-28"


@asynccontextmanager
async def connected(transport: str, mode: str, servers: dict[str, Serving], home: Path):
    match transport:
        case "stdio":
            target = StdioServerParameters(
                command=PIERRE[0], args=[*PIERRE[1:], "serve"], env=environ_of(home, TODAY)
            )
        case "sse":
            target = sse_client(servers["sse"].url)
        case _:
            target = servers[transport].url
    async with Client(target, mode=mode) as client:
        yield client


@pytest.mark.parametrize("mode", ["auto", "legacy"])
@pytest.mark.parametrize("transport", ["stdio", *TRANSPORTS])
async def test_a_client_of_either_era_gets_its_answers(
    servers: dict[str, Serving], tmp_path: Path, transport: str, mode: str
):
    async with connected(transport, mode, servers, tmp_path) as client:
        tools = [tool.name for tool in (await client.list_tools()).tools]
        answer = await client.call_tool("get_activities", {"limit": 2})
        refused = await client.call_tool("get_activities", {"limit": 0})
        version = client.protocol_version
    assert len(tools) == 15
    assert answer.structured_content is not None
    assert answer.structured_content["success"] is True
    assert [row[3][:10] for row in answer.structured_content["result"]["rows"]] == [
        "2026-05-01",
        "2026-04-30",
    ]
    assert refused.is_error
    assert refused.structured_content is not None
    assert refused.structured_content["error"]["argument"] == "limit"
    if transport != "sse":
        assert (version == NEWEST) == (mode == "auto")


async def test_every_transport_gives_the_same_answer(servers: dict[str, Serving], tmp_path: Path):
    answers = []
    for transport in ("stdio", *TRANSPORTS):
        async with connected(transport, "auto", servers, tmp_path) as client:
            answers.append(await client.call_tool("get_sleep_sessions", {"stages": True}))
    results = [answer.structured_content["result"] for answer in answers]
    assert results[0] == results[1] == results[2]
    assert results[0]["rows"]


def got(port: int, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LONG_ENOUGH_SECONDS)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def health(port: int, path: str) -> tuple[int, dict[str, str]]:
    status, body = got(port, path)
    return status, json.loads(body)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_it_tells_that_it_lives_and_can_serve(servers: dict[str, Serving], transport: str):
    port = servers[transport].port
    assert health(port, "/healthz") == (200, {"status": "ok"})
    status, told = health(port, "/readyz")
    assert (status, told["status"]) == (200, "ready")


def test_it_lives_but_is_not_ready_when_its_default_cannot_be_loaded(tmp_path: Path):
    wreck = strangers.install(tmp_path / "site", "wreck", on_import="raise OSError('/no/keel')")
    environ = environ_of(tmp_path, wreck | {"PIERRE_DEFAULT_PROVIDER": "wreck"})
    with serving(environ, "streamable-http") as server:
        assert health(server.port, "/healthz")[0] == 200
        status, told = health(server.port, "/readyz")
    assert (status, told["status"]) == (503, "unavailable")
    assert "/no/keel" not in told["detail"]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_every_other_path_is_not_found(servers: dict[str, Serving], transport: str):
    for path in ("/", "/admin", "/mcp/../etc/passwd"):
        assert got(servers[transport].port, path)[0] == 404
