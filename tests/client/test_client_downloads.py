"""Loopback stands for the outside world here: the resolver of a test says where a host lies, and a
real TLS server answers there under the names of the certificate.
"""

from dataclasses import dataclass, field

import pytest
from loopback_tls import tls_for

from pierre_mcp.client.downloads import is_public, resolve_host
from pierre_mcp.client.messages import Outgoing
from pierre_mcp.client.pool import HttpPool
from pierre_mcp.errors import (
    AuthenticationFailed,
    InvalidResponse,
    NetworkError,
    NotFound,
    ProviderError,
)
from pierre_mcp.spi import ApiAuth
from pierre_mcp.testing import FakeApi, FakeRequest, Reply, faults

FILES = ("files.invalid", "cdn.invalid")
FILE = b".FIT and more"


@dataclass(slots=True)
class Names:
    """A resolver that knows these hosts, and what was asked of it."""

    known: dict[str, list[str]]
    asked: list[tuple[str, int]] = field(default_factory=list)

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append((host, port))
        if host not in self.known:
            raise OSError("no such host")
        return self.known[host]


async def fit(_: FakeRequest) -> Reply:
    return 200, FILE, {"Content-Type": "application/octet-stream"}


def moved(location: str, status: int = 302):
    async def route(_: FakeRequest) -> Reply:
        return status, None, {"Location": location}

    return route


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return tls_for(tmp_path_factory.mktemp("tls"), *FILES, "localhost")


@pytest.fixture
async def outside(certificate):
    """Serves as any host of the outside world."""
    async with FakeApi({"GET /1.fit": fit}, tls=certificate[0]) as outside:
        yield outside


@pytest.fixture
async def pool(certificate):
    async with HttpPool(tls=certificate[1]) as pool:
        yield pool


@pytest.fixture
def at_home(server, connect):
    """A client whose API is on this machine, so that its files may be too."""
    server.routes["GET /1.fit"] = fit
    return connect()


@pytest.fixture
def names():
    return Names({host: ["203.0.113.7"] for host in FILES})


@pytest.fixture
def away(connect, names):
    """A client whose API is elsewhere."""
    return connect(
        config={"api_base_url": "https://api.invalid/v3"},
        client={"resolve": names},
        file_hosts=FILES,
    )


@pytest.mark.parametrize(
    "url",
    [
        "http://files.invalid/1.fit",
        "https://evil.invalid/1.fit",
        "https://files.invalid.evil.invalid/1.fit",
        "https://sub.files.invalid/1.fit",
        "https://files.invalid:8443/1.fit",
        "https://user:password@files.invalid/1.fit",
        "https://files.invalid@evil.invalid/1.fit",
        "https://evil.invalid\\@files.invalid/1.fit",
        "https://evil.invalid#@files.invalid/1.fit",
        "https://files.invalid./1.fit",
        "ftp://files.invalid/1.fit",
        "file:///etc/passwd",
        "https://127.0.0.1/1.fit",
        "https://localhost/1.fit",
        "https://[::1]/1.fit",
        "https://169.254.169.254/latest/meta-data",
        "https://files.invalid:port/",
        "//evil.invalid/1.fit",
        "/v3/1.fit",
        "https://",
        "",
        "https://files\x00.invalid/",
    ],
)
async def test_an_address_that_is_not_the_providers_own_is_never_asked(away, names, url):
    with pytest.raises(InvalidResponse, match="not known to use") as raised:
        await away.get_file(url)
    assert not names.asked
    assert "evil" not in str(raised.value)


PRIVATE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "0.0.0.0",  # noqa: S104 - the claim is that it is refused
    "224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%1", "fc00::1",
    "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1",
    "2002:7f00:1::", "2001::1", "2001:db8::1",
]  # fmt: skip


@pytest.mark.parametrize("place", PRIVATE)
async def test_a_listed_host_that_leads_into_a_private_network_is_never_asked(away, names, place):
    names.known["files.invalid"] = ["198.41.0.4", place]
    with pytest.raises(InvalidResponse, match="not known to use"):
        await away.get_file("https://files.invalid/1.fit")
    assert names.asked == [("files.invalid", 443)]


@pytest.mark.parametrize("place", PRIVATE)
def test_no_private_place_passes_for_public(place):
    assert not is_public(place)


@pytest.mark.parametrize("place", ["198.41.0.4", "2001:503:ba3e::2:30", "::ffff:198.41.0.4",
                                   "64:ff9b::c629:4"])  # fmt: skip
def test_a_public_place_is_public(place):
    assert is_public(place)


@pytest.mark.parametrize("known", [{}, {"files.invalid": []}], ids=["unknown", "nowhere"])
async def test_a_host_that_is_nowhere_cannot_be_reached(away, names, known):
    names.known = known
    with pytest.raises((NetworkError, InvalidResponse)):
        await away.get_file("https://files.invalid/1.fit")


async def test_this_machine_knows_where_it_is_itself():
    assert "127.0.0.1" in await resolve_host("127.0.0.1", 80)


async def test_a_file_of_an_api_on_this_machine_is_fetched(server, at_home):
    assert await at_home.get_file(f"{server.url}/1.fit") == FILE


async def test_the_apis_own_server_gets_the_secret(server, at_home):
    await at_home.get_file(f"{server.url}/1.fit")
    assert server.requests[-1].bearer == "first-token"


async def test_an_address_without_a_host_is_below_the_apis(at_home):
    assert await at_home.get_file("/1.fit") == FILE


async def test_another_server_gets_no_secret(server, outside, connect):
    client = connect(api_auth=ApiAuth(app_headers={"X-Key": "api_key"}), config={
        "api_key": "app-key", "api_base_url": server.url,
    })  # fmt: skip
    assert await client.get_file(f"https://localhost:{outside.port}/1.fit") == FILE
    (asked,) = outside.requests
    assert "authorization" not in asked.headers
    assert "x-key" not in asked.headers
    assert asked.headers["host"] == f"localhost:{outside.port}"


async def test_another_port_of_the_same_machine_is_another_server(connect):
    async with FakeApi({"GET /1.fit": fit}) as other:
        assert await connect().get_file(f"{other.url}/1.fit") == FILE
    assert other.requests[0].bearer is None


async def test_a_redirect_to_another_server_takes_no_secret_along(server, outside, at_home):
    server.routes["GET /old"] = moved(f"https://localhost:{outside.port}/1.fit")
    assert await at_home.get_file(f"{server.url}/old") == FILE
    assert server.requests[0].bearer == "first-token"
    assert "authorization" not in outside.requests[0].headers


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_may_be_relative(server, at_home, status):
    server.routes["GET /old"] = moved("1.fit", status)
    assert await at_home.get_file(f"{server.url}/old") == FILE


@pytest.mark.parametrize(
    "location",
    ["https://evil.invalid/1.fit", "http://10.0.0.1/1.fit", "ftp://localhost/1", "https://[bad"],
)
async def test_a_redirect_is_checked_like_an_address(server, at_home, location):
    server.routes["GET /old"] = moved(location)
    with pytest.raises(InvalidResponse, match="not known to use"):
        await at_home.get_file(f"{server.url}/old")
    assert len(server.requests) == 1


async def test_five_redirects_are_followed_and_no_more(server, at_home):
    for n in range(9):
        server.routes[f"GET /{n}"] = moved(f"/{n + 1}")
    server.routes["GET /5"] = fit
    assert await at_home.get_file(f"{server.url}/0") == FILE
    server.requests.clear()
    server.routes["GET /5"] = moved("/6")
    with pytest.raises(InvalidResponse, match="circle"):
        await at_home.get_file(f"{server.url}/0")
    assert len(server.requests) == 6


async def test_a_redirect_to_nowhere_is_an_invalid_response(server, at_home):
    async def nowhere(_: FakeRequest) -> Reply:
        return 302, None, {}

    server.routes["GET /old"] = nowhere
    with pytest.raises(InvalidResponse):
        await at_home.get_file(f"{server.url}/old")


async def test_the_place_that_was_checked_is_the_place_that_is_asked(outside, connect):
    # The first look-up is honest; a second one would lead elsewhere.
    answers = iter([["127.0.0.1"], ["192.0.2.1"]])

    async def rebinding(_host: str, _port: int) -> list[str]:
        return next(answers)

    client = connect(client={"resolve": rebinding}, config={"api_base_url": "http://localhost:1"})
    assert await client.get_file(f"https://localhost:{outside.port}/1.fit") == FILE
    assert next(answers) == ["192.0.2.1"]


async def test_a_host_is_asked_under_its_own_name_although_by_its_place(outside, pool):
    # A public host has port 443, which a test cannot have; so this asks one step further in.
    url = f"https://files.invalid:{outside.port}/1.fit"
    answer = await pool.exchange(
        Outgoing(
            provider="harbour",
            method="GET",
            url=url,
            label_path="file",
            headers={},
            address="127.0.0.1",
        )
    )
    assert answer.body == FILE
    assert outside.requests[0].headers["host"] == f"files.invalid:{outside.port}"


async def test_a_server_with_anothers_certificate_is_refused(outside, connect):
    client = connect(config={"api_base_url": "http://127.0.0.1:1"})
    # The certificate names localhost, not the address.
    with pytest.raises(NetworkError, match="certificate"):
        await client.get_file(f"https://127.0.0.1:{outside.port}/1.fit")
    assert not outside.requests


async def test_the_next_place_is_asked_where_one_cannot_be_reached(server, connect):
    async def two(_host: str, _port: int) -> list[str]:
        return ["::1", "127.0.0.1"]  # nobody listens at the first

    server.routes["GET /1.fit"] = fit
    client = connect(client={"resolve": two})
    assert await client.get_file(f"http://localhost:{server.port}/1.fit") == FILE


async def test_where_no_place_can_be_reached_it_says_so(connect):
    with pytest.raises(NetworkError):
        await connect().get_file("http://127.0.0.1:1/1.fit")


async def test_a_file_is_capped(server, at_home):
    server.break_next(faults.huge(10**9))
    with pytest.raises(InvalidResponse, match="too large"):
        await at_home.get_file(f"{server.url}/1.fit")


async def test_a_file_that_is_gone_is_not_found(server, at_home):
    with pytest.raises(NotFound):
        await at_home.get_file(f"{server.url}/2.fit")


async def unauthorized(_: FakeRequest) -> Reply:
    return 401, None, {}


async def test_the_refusal_of_the_apis_own_server_renews_the_token(server, at_home, tokens):
    async def guarded(request: FakeRequest) -> Reply:
        return (200, FILE, {}) if request.bearer == "second-token" else (401, None, {})

    server.routes["GET /1.fit"] = guarded
    assert await at_home.get_file(f"{server.url}/1.fit") == FILE
    assert tokens.refused == ["first-token"]


async def test_a_refusal_elsewhere_says_nothing_about_the_connection(outside, connect, tokens):
    outside.routes["GET /1.fit"] = unauthorized
    with pytest.raises(ProviderError, match="Ask for the record again") as raised:
        await connect().get_file(f"https://localhost:{outside.port}/1.fit")
    assert not isinstance(raised.value, AuthenticationFailed)
    assert not tokens.refused
