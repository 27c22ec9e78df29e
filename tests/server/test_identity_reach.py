"""Names under which a server answers (RELIABILITY I4): Host and Origin, by rule and on sockets."""

import socket
from typing import Any

import anyio
import pytest
from lakeside import NOW, Lake, LakesideFactory
from many_people import Served, TokensInMemory, served

from pierre_mcp.composition import Composition
from pierre_mcp.errors import ConfigurationError
from pierre_mcp.registry import ProviderRegistry
from pierre_mcp.server.identity.reach import Reach, reach_of
from pierre_mcp.settings import load_settings

EVERYWHERE = "0.0.0.0"  # noqa: S104 - compared with, and refused
PUBLIC = {"PIERRE_PUBLIC_URL": "https://pierre.example.org"}


def reach(host: str = "127.0.0.1", port: int = 8081, **environ: str) -> Reach:
    return reach_of(load_settings(environ).settings, host=host, port=port)


def a_composition(home: Any, **environ: str) -> Composition:
    configuration = load_settings(
        {"PIERRE_DEFAULT_PROVIDER": "lakeside", "PIERRE_HOME": str(home), **environ}
    )
    registry = ProviderRegistry(configuration)
    registry.register_factory("lakeside", LakesideFactory(Lake()))
    return Composition(configuration, registry=registry)


@pytest.mark.parametrize(
    ("host", "environ", "required"),
    [
        ("127.0.0.1", {}, False),
        ("localhost", {}, False),
        ("::1", {}, False),
        ("[::1]", {}, False),
        ("127.0.0.1", {"PIERRE_ALLOWED_HOSTS": "localhost:9000,[::1]:9000"}, False),
        ("127.0.0.1", {"PIERRE_ALLOWED_HOSTS": "pierre.example.org"}, True),
        ("127.0.0.1", {"PIERRE_ALLOWED_HOSTS": "localhost.evil.example"}, True),
        ("127.0.0.1", PUBLIC, True),
        ("127.0.0.1", {"PIERRE_PUBLIC_URL": "http://localhost:9000"}, True),
        ("127.0.0.1", {"PIERRE_OIDC_ISSUER": "https://id.example.org"}, True),
        (EVERYWHERE, {}, True),
        ("", {}, True),
        ("::", {}, True),
        ("192.0.2.7", {}, True),
        ("localhost.example", {}, True),
        ("::ffff:127.0.0.1", {}, True),
    ],
)
def test_tokens_are_required_wherever_others_might_come_from(
    host: str, environ: dict[str, str], required: bool
):
    assert reach(host, **environ).tokens_required is required


@pytest.mark.parametrize(
    ("host", "environ", "base_url"),
    [
        ("127.0.0.1", {}, "http://127.0.0.1:8081"),
        ("::1", {}, "http://[::1]:8081"),
        (EVERYWHERE, {}, "http://localhost:8081"),
        ("192.0.2.7", {}, "http://192.0.2.7:8081"),
        (EVERYWHERE, PUBLIC, "https://pierre.example.org"),
        (
            "::",
            {"PIERRE_PUBLIC_URL": "https://Pierre.Example.org:443/"},
            PUBLIC["PIERRE_PUBLIC_URL"],
        ),
        (
            "::",
            {"PIERRE_PUBLIC_URL": "https://example.org:8443/pierre/"},
            "https://example.org:8443/pierre",
        ),
        ("::", {"PIERRE_PUBLIC_URL": "https://[2001:db8::1]:8443"}, "https://[2001:db8::1]:8443"),
    ],
)
def test_the_base_url_is_the_one_that_people_use(host: str, environ: dict[str, str], base_url: str):
    assert reach(host, **environ).base_url == base_url


@pytest.mark.parametrize(
    "url",
    [
        "http://pierre.example.org",
        "pierre.example.org",
        "https://",
        "https://ada@pierre.example.org",
        "https://pierre.example.org?x",
        "https://pierre.example.org#x",
        "https://pierre.example.org:99999",
        "ftp://pierre.example.org",
        "https://[",
        "https://pierre example.org",
    ],
)
def test_a_public_address_is_encrypted_and_plain(url: str):
    with pytest.raises(ConfigurationError, match="PIERRE_PUBLIC_URL"):
        reach(PIERRE_PUBLIC_URL=url)


@pytest.mark.parametrize(
    "entry", ["https://pierre.example.org", "*", "*.example.org", "a/b", "::1", "a:b", "a@b"]
)
def test_an_allowed_host_is_written_as_in_a_header(entry: str):
    with pytest.raises(ConfigurationError, match="PIERRE_ALLOWED_HOSTS"):
        reach(PIERRE_ALLOWED_HOSTS=entry)


async def status(server: Served, token: str | None = None, **headers: str) -> int:
    return (await server.post(token, headers=headers)).status_code


LOOPBACK_HOSTS = [
    ("localhost:{port}", 200),
    ("127.0.0.1:{port}", 200),
    ("[::1]:{port}", 200),
    ("localhost", 421),
    ("localhost:1", 421),
    ("127.0.0.1", 421),
    ("127.0.0.2:{port}", 421),
    ("[::1]", 421),
    ("[::]:{port}", 421),
    ("0.0.0.0:{port}", 421),
    ("2130706433:{port}", 421),
    ("evil.example:{port}", 421),
    ("localhost.evil.example:{port}", 421),
    ("127.0.0.1.evil.example:{port}", 421),
    ("evil.example", 421),
    ("localhost:{port}.evil.example", 421),
    ("evil.example@localhost:{port}", 421),
]
LOOPBACK_ORIGINS = [
    ("http://localhost:{port}", 200),
    ("http://127.0.0.1:{port}", 200),
    ("http://[::1]:{port}", 200),
    ("null", 403),
    ("https://localhost:{port}", 403),
    ("http://localhost", 403),
    ("http://localhost:1", 403),
    ("http://evil.example", 403),
    ("http://evil.example:{port}", 403),
    ("http://localhost:{port}.evil.example", 403),
    ("http://localhost.evil.example:{port}", 403),
    ("http://[::ffff:127.0.0.1]:{port}", 403),
    ("file://", 403),
    ("chrome-extension://abc", 403),
]
HOSTED_HOSTS = [
    ("pierre.example.org", 200),
    ("pierre.example.org:443", 200),
    ("inside.example.org:9000", 200),
    ("alias.example.org", 200),
    ("alias.example.org:{port}", 200),
    ("any.example.org:1234", 200),
    ("localhost:{port}", 200),
    ("pierre.example.org:8443", 421),
    ("pierre.example.org.evil.example", 421),
    ("evil-pierre.example.org", 421),
    ("inside.example.org", 421),
    ("inside.example.org:9001", 421),
    ("example.org", 421),
    ("evil.example", 421),
]
HOSTED_ORIGINS = [
    ("https://pierre.example.org", 200),
    ("https://alias.example.org", 200),
    ("http://pierre.example.org", 403),
    ("https://pierre.example.org:8443", 403),
    ("https://pierre.example.org.evil.example", 403),
    ("https://evil.example", 403),
    ("null", 403),
]


async def test_on_this_machine_only_its_own_names_are_answered(tmp_path: Any):
    async with served(a_composition(tmp_path)) as server:
        for host, expected in LOOPBACK_HOSTS:
            assert await status(server, Host=host.format(port=server.port)) == expected, host
        for origin, expected in LOOPBACK_ORIGINS:
            assert await status(server, Origin=origin.format(port=server.port)) == expected, origin


async def test_a_hosted_server_answers_to_the_names_it_was_given(tmp_path: Any):
    tokens = TokensInMemory()
    environ = PUBLIC | {
        "PIERRE_ALLOWED_HOSTS": "inside.example.org:9000, Alias.example.org any.example.org:*"
    }
    async with served(a_composition(tmp_path, **environ), api_tokens=tokens) as server:
        token = await tokens.make("lake", "ada", NOW)
        for host, expected in HOSTED_HOSTS:
            assert await status(server, token, Host=host.format(port=server.port)) == expected, host
        for origin, expected in HOSTED_ORIGINS:
            assert await status(server, token, Origin=origin) == expected, origin


async def test_both_eras_and_both_transports_check_the_names(tmp_path: Any):
    body = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    evil = [{"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Origin": "null"}]
    accept = {"Accept": "application/json, text/event-stream"}
    async with served(a_composition(tmp_path)) as server:
        for headers in evil:
            answer = await server.http.post(server.endpoint, json=body, headers=accept | headers)
            assert answer.status_code in (403, 421), headers
    async with served(a_composition(tmp_path), sse=True) as server:
        for headers in evil:
            answer = await server.http.get(server.endpoint, headers=headers)
            assert answer.status_code in (403, 421), headers
            answer = await server.http.post(f"{server.url}/messages/", json=body, headers=headers)
            assert answer.status_code in (403, 421), headers


ROUTES = [
    ("GET", "/metrics", 200),
    ("GET", "/connect/unknown", 400),
    ("POST", "/connect/unknown", 400),
    ("GET", "/api/oauth/callback/unknown", 400),
    ("POST", "/api/webhooks/unknown", 404),
    ("GET", "/nothing/there", 404),
]


async def test_every_route_answers_to_the_servers_own_names_alone(tmp_path: Any):
    environ = {"PIERRE_ALLOWED_HOSTS": "localhost:*"}
    async with served(a_composition(tmp_path, **environ)) as server:
        for method, path, expected in ROUTES:
            for host in (f"127.0.0.1:{server.port}", f"LOCALHOST:{server.port}", "localhost:1"):
                answer = await server.http.request(
                    method, server.url + path, headers={"Host": host}
                )
                assert answer.status_code == expected, (path, host)
            for host in ("evil.example", f"evil.example:{server.port}", "localhost:*", "127.0.0.1"):
                answer = await server.http.request(
                    method, server.url + path, headers={"Host": host}
                )
                assert answer.status_code == 421, (path, host)


async def test_a_client_that_looks_for_the_issuer_has_to_know_the_servers_name(tmp_path: Any):
    environ = PUBLIC | {"PIERRE_OIDC_ISSUER": "https://id.example.org"}
    async with served(a_composition(tmp_path, **environ)) as server:
        metadata = f"{server.url}/.well-known/oauth-protected-resource/mcp"
        for host, expected in (("pierre.example.org", 200), ("evil.example", 421)):
            answer = await server.http.get(metadata, headers={"Host": host})
            assert answer.status_code == expected, host


async def test_an_orchestrator_may_probe_by_an_address(tmp_path: Any):
    async with served(a_composition(tmp_path)) as server:
        for path in ("/healthz", "/readyz"):
            answer = await server.http.get(server.url + path, headers={"Host": "10.1.2.3:8081"})
            assert answer.status_code == 200, path


async def test_over_ipv6_it_is_the_same(tmp_path: Any):
    if not _has_ipv6():
        pytest.skip("this machine has no IPv6")
    async with served(a_composition(tmp_path), host="::1") as server:
        assert await status(server) == 200
        assert await status(server, Host=f"[::2]:{server.port}") == 421
        assert await status(server, Origin=f"http://[::2]:{server.port}") == 403


async def test_a_request_with_no_host_or_two_is_refused(tmp_path: Any):
    async with served(a_composition(tmp_path)) as server:
        own = f"Host: 127.0.0.1:{server.port}\r\n"
        for hosts in ("", own + "Host: evil.example\r\n"):
            async with await anyio.connect_tcp("127.0.0.1", server.port) as stream:
                head = f"POST /mcp HTTP/1.1\r\n{hosts}Content-Length: 2\r\n"
                await stream.send(f"{head}Content-Type: application/json\r\n\r\n{{}}".encode())
                answer = (await stream.receive()).decode()
            assert answer.startswith(("HTTP/1.1 400", "HTTP/1.1 421")), answer


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as listener:
            listener.bind(("::1", 0))
    except OSError:
        return False
    return True
