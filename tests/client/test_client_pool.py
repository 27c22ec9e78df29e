import anyio
import pytest
from loopback_tls import tls_for

from pierre_mcp.client.messages import Answer, Outgoing
from pierre_mcp.client.pool import HttpPool
from pierre_mcp.errors import InvalidResponse, NetworkError, ProviderTimeout
from pierre_mcp.testing import FakeApi, FakeRequest, Reply, faults


async def token(request: FakeRequest) -> Reply:
    return 200, request.form("code"), {}


async def greet(request: FakeRequest) -> Reply:
    return 200, {"cookie": request.headers.get("cookie")}, {"Set-Cookie": "session=somebody"}


@pytest.fixture(autouse=True)
def routes(server):
    server.routes |= {"POST /token": token, "GET /greet": greet}


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def test_a_form_is_sent_and_its_answer_parsed(server, pool):
    sent = await pool.send("harbour", "POST", f"{server.url}/token", headers=FORM, body="code=1")
    assert sent == (200, {"code": "1"})


async def test_an_answer_may_be_a_form(server, pool):
    async def old(_: FakeRequest) -> Reply:
        return 200, "access_token=a&expires_in=5", FORM

    server.routes["POST /token"] = old
    answer = await pool.send("harbour", "POST", f"{server.url}/token", headers={})
    assert answer == (200, {"access_token": "a", "expires_in": "5"})


@pytest.mark.parametrize("status", [302, 400, 401, 429, 500])
async def test_no_status_is_an_error_of_sending(server, pool, status):
    async def failing(_: FakeRequest) -> Reply:
        return status, {"error": "invalid_grant"}, {"Location": "/greet"}

    server.routes["POST /token"] = failing
    answer = await pool.send("harbour", "POST", f"{server.url}/token", headers={})
    assert answer == (status, {"error": "invalid_grant"})
    assert len(server.requests) == 1


@pytest.mark.parametrize("body", [None, "", "<html>gateway</html>", "NaN"])
async def test_what_is_neither_json_nor_plain_text_is_none(server, pool, body):
    async def page(_: FakeRequest) -> Reply:
        return 502, body, {"Content-Type": "text/html"}

    server.routes["POST /token"] = page
    answer = await pool.send("harbour", "POST", f"{server.url}/token", headers={})
    assert answer == (502, None)


async def test_plain_text_is_text(server, pool):
    async def token(_: FakeRequest) -> Reply:
        return 200, "aGVhZA.Ym9keQ.c2lnbg", {"Content-Type": "text/plain; charset=utf-8"}

    server.routes["POST /token"] = token
    answer = await pool.send("harbour", "POST", f"{server.url}/token", headers={})
    assert answer == (200, "aGVhZA.Ym9keQ.c2lnbg")


async def test_a_broken_connection_and_a_flood_are_errors_of_sending(server, pool):
    server.break_next(faults.reset)
    with pytest.raises(NetworkError):
        await pool.send("harbour", "GET", f"{server.url}/greet", headers={})
    server.break_next(faults.huge(10**9))
    with pytest.raises(InvalidResponse):
        await pool.send("harbour", "GET", f"{server.url}/greet", headers={})


async def test_no_cookie_travels_to_the_next_person(server, pool):
    for _ in range(2):
        _, answer = await pool.send("harbour", "GET", f"{server.url}/greet", headers={})
        assert answer == {"cookie": None}


async def test_a_provider_keeps_its_connection_and_shares_it_with_no_other(server, pool):
    for _ in range(3):
        await pool.send("harbour", "GET", f"{server.url}/greet", headers={})
    assert server.connections == 1
    await pool.send("lakeside", "GET", f"{server.url}/greet", headers={})
    assert server.connections == 2


async def test_a_provider_that_hangs_keeps_no_other_waiting(server, pool):
    hanging = 150  # more than one pool has connections for
    async with anyio.create_task_group() as tasks:
        server.break_next(faults.hang, times=100)
        for _ in range(hanging):
            tasks.start_soon(ask, pool, "harbour", f"{server.url}/greet")
        await server.arrived(100)
        status, _ = await pool.send("lakeside", "GET", f"{server.url}/greet", headers={})
        assert status == 200
        tasks.cancel_scope.cancel()


async def ask(pool: HttpPool, provider: str, url: str) -> None:
    await pool.send(provider, "GET", url, headers={})


async def test_a_cancelled_request_leaves_the_pool_usable(server, pool):
    server.break_next(faults.hang)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask, pool, "harbour", f"{server.url}/greet")
        await server.arrived(1)
        tasks.cancel_scope.cancel()
    await ask(pool, "harbour", f"{server.url}/greet")


async def test_a_deadline_counts_from_the_first_byte_to_the_last(server, pool):
    # Each byte comes well within any read timeout; only the whole takes too long.
    server.break_next(faults.drip(0.01))
    request = Outgoing(
        provider="harbour",
        method="GET",
        url=f"{server.url}/greet",
        label_path="greet",
        headers={},
        timeout_seconds=0.2,
    )
    with pytest.raises(ProviderTimeout):
        await pool.exchange(request)


async def test_whoever_waits_may_set_a_shorter_deadline(server, pool):
    server.break_next(faults.hang)
    with anyio.move_on_after(0.1) as deadline:
        await pool.send("harbour", "GET", f"{server.url}/greet", headers={})
    assert deadline.cancelled_caught


async def test_closing_the_pool_closes_every_connection(server):
    async with HttpPool() as pool:
        clients = pool._clients  # noqa: SLF001 - nothing else shows that they are closed
        for provider in ("harbour", "lakeside"):
            await ask(pool, provider, f"{server.url}/greet")
        opened = list(clients.values())
        assert len(opened) == 2
    assert all(client.is_closed for client in opened)


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "nonsense://127.0.0.1:1"])
async def test_a_proxy_that_cannot_be_used_is_named(server, pool, monkeypatch, proxy):
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(NetworkError, match="ALL_PROXY"):
        await ask(pool, "harbour", f"{server.url}/greet")


async def test_the_environments_proxy_is_used(pool, monkeypatch):
    async def through(request: FakeRequest) -> Reply:
        return 200, {"host": request.headers["host"]}, {}

    async with FakeApi({"GET /greet": through}) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        _, answer = await pool.send("harbour", "GET", "http://api.invalid/greet", headers={})
    assert answer == {"host": "api.invalid"}


async def test_a_certificate_that_is_not_trusted_is_refused(pool, tmp_path):
    ours, _ = tls_for(tmp_path, "localhost")
    async with FakeApi({"GET /greet": greet}, tls=ours) as server:
        with pytest.raises(NetworkError, match="certificate"):
            await ask(pool, "harbour", f"https://localhost:{server.port}/greet")
        assert not server.requests


async def test_the_repr_of_a_request_and_an_answer_hold_no_secret():
    request = Outgoing(
        provider="harbour",
        method="GET",
        url="https://api.invalid/?token=canary",
        label_path="canary",
        headers={"Authorization": "Bearer canary"},
        body="canary",
    )
    answer = Answer(status=200, headers={"set-cookie": "canary"}, body=b"canary")
    assert "canary" not in repr(request) + repr(answer)
