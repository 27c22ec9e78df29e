"""Host and Origin: only this machine, by its own names, and no page of another origin."""

import http.client
import json
import socket
from pathlib import Path

import pytest
from mcp import Client
from processes import LONG_ENOUGH_SECONDS, Serving, environ_of, serving

TRANSPORTS = ["streamable-http", "sse"]

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
POST_HEADERS = {
    "Content-Type": "application/json",
    "Accept": "application/json, text/event-stream",
}


def status_of(
    port: int,
    method: str,
    path: str,
    *,
    host: str | None = None,
    origin: str | None = None,
    headers: dict[str, str] | None = None,
    body: object = INITIALIZE,
    address: str = "127.0.0.1",
) -> tuple[int, dict[str, str]]:
    """The status and headers of one request; the body of an answer may be an endless stream."""
    connection = http.client.HTTPConnection(address, port, timeout=LONG_ENOUGH_SECONDS)
    try:
        connection.putrequest(method, path, skip_host=True)
        sent = json.dumps(body).encode() if method == "POST" else b""
        all_headers = {**(POST_HEADERS if headers is None else headers)}
        all_headers["Host"] = f"127.0.0.1:{port}" if host is None else host
        if origin is not None:
            all_headers["Origin"] = origin
        all_headers["Content-Length"] = str(len(sent))
        for name, value in all_headers.items():
            connection.putheader(name, value)
        connection.endheaders(sent)
        response = connection.getresponse()
        return response.status, {name.lower(): value for name, value in response.getheaders()}
    finally:
        connection.close()


def first_requests(transport: str) -> tuple[tuple[str, str], ...]:
    """The requests by which a page of the web would try to get in."""
    if transport == "sse":
        return (("GET", "/sse"), ("POST", f"/messages/?session_id={'0' * 32}"))
    return (("POST", "/mcp"), ("GET", "/mcp"), ("DELETE", "/mcp"))


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("host", ["localhost:{port}", "127.0.0.1:{port}", "[::1]:{port}"])
@pytest.mark.parametrize("origin", [None, "http://localhost:{port}", "http://[::1]:{port}"])
def test_this_machines_own_names_may_ask(
    servers: dict[str, Serving], transport: str, host: str, origin: str | None
):
    port = servers[transport].port
    method, path = first_requests(transport)[0]
    status, _ = status_of(
        port, method, path, host=host.format(port=port),
        origin=origin and origin.format(port=port),
    )  # fmt: skip
    assert status == 200


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize(
    "host",
    [
        "rebound.example:{port}",
        "rebound.example",
        "localhost",
        "localhost:{other}",
        "localhost.:{port}",
        "localhost.rebound.example:{port}",
        "127.0.0.1.rebound.example:{port}",
        "127.0.0.1",
        "127.0.0.1:{other}",
        "2130706433:{port}",
        "[::1]",
        "[::1]:{other}",
        "[::ffff:127.0.0.1]:{port}",
        "0.0.0.0:{port}",
        "localhost:{port}@rebound.example",
        "",
    ],
)
def test_a_name_that_is_not_this_machines_is_misdirected(
    servers: dict[str, Serving], transport: str, host: str
):
    port = servers[transport].port
    for method, path in first_requests(transport):
        told = status_of(port, method, path, host=host.format(port=port, other=port + 1))
        assert told[0] == 421, (method, path)


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "http://rebound.example",
        "http://rebound.example:{port}",
        "http://localhost",
        "http://localhost:{other}",
        "https://localhost:{port}",
        "http://localhost:{port}.rebound.example",
        "http://localhost:{port}@rebound.example",
        "http://[::1]",
        "http://[::1]:{other}",
        "file://",
        "chrome-extension://abcdefghijklmnop",
        "http://LOCALHOST.rebound.example:{port}",
    ],
)
def test_a_page_of_another_origin_is_forbidden(
    servers: dict[str, Serving], transport: str, origin: str
):
    port = servers[transport].port
    for method, path in first_requests(transport):
        told = status_of(port, method, path, origin=origin.format(port=port, other=port + 1))
        assert told[0] == 403, (method, path)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_no_origin_is_ever_allowed_across(servers: dict[str, Serving], transport: str):
    port = servers[transport].port
    for method, path in (*first_requests(transport)[:1], ("OPTIONS", "/mcp"), ("GET", "/healthz")):
        _, headers = status_of(port, method, path, origin="http://rebound.example")
        assert not [name for name in headers if name.startswith("access-control-")]


def test_what_a_form_can_send_is_no_request(servers: dict[str, Serving]):
    server = servers["streamable-http"]
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        headers = POST_HEADERS | {"Content-Type": kind}
        assert status_of(server.port, "POST", "/mcp", headers=headers)[0] in (400, 415)


def test_a_body_of_five_megabytes_is_refused(servers: dict[str, Serving]):
    port = servers["streamable-http"].port
    assert status_of(port, "POST", "/mcp", body="x" * 5_000_000)[0] == 413


def can_bind(address: str) -> bool:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.bind((address, 0))
    except OSError:
        return False
    return True


@pytest.mark.parametrize(
    ("host", "address"),
    [("::1", "::1"), ("[::1]", "::1"), ("127.0.0.2", "127.0.0.2"), ("localhost", "127.0.0.1")],
)
async def test_any_loopback_address_can_be_served_and_asked(
    tmp_path: Path, host: str, address: str
):
    if not can_bind(address):
        pytest.skip(f"this machine has no {address}")
    with serving(environ_of(tmp_path), "streamable-http", "--host", host) as server:
        async with Client(server.url) as client:
            assert (await client.list_tools()).tools
        told = status_of(
            server.port, "POST", "/mcp", address=address, host=f"rebound.example:{server.port}"
        )
        assert told[0] == 421


def test_it_listens_on_loopback_only(servers: dict[str, Serving]):
    for server in servers.values():
        if can_bind("127.0.0.2"):
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.2", server.port), LONG_ENOUGH_SECONDS)
