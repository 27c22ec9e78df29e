"""The bad network does to a connection what it says, and nothing when it is told nothing."""

import ssl

import anyio
import httpx2
import pytest

from pierre_mcp.testing import Disturbance, Ending, FakeApi, FakeRequest, FaultProxy, Reply, faults

BODY = {"name": "x" * 5000}


async def answer(_: FakeRequest) -> Reply:
    return 200, BODY, {}


@pytest.fixture
async def api():
    async with FakeApi({"GET /": answer}) as api:
        yield api


@pytest.fixture
async def proxy(api):
    async with FaultProxy(api.port) as proxy:
        yield proxy


@pytest.fixture
async def client():
    async with httpx2.AsyncClient(timeout=20, trust_env=False) as client:
        yield client


async def test_without_a_fault_everything_passes_on_connections_that_are_kept(proxy, client):
    answers = [(await client.get(f"{proxy.url}/")).json() for _ in range(5)]
    assert answers == [BODY] * 5
    assert proxy.connections == 1


async def test_a_fault_takes_effect_on_connections_that_are_open_already(proxy, client, api):
    await client.get(f"{proxy.url}/")
    proxy.fault = faults.reset
    with pytest.raises(httpx2.HTTPError):
        await client.get(f"{proxy.url}/")
    assert len(api.requests) == 1
    proxy.fault = None
    assert (await client.get(f"{proxy.url}/")).json() == BODY


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (faults.reset, httpx2.ReadError),
        (faults.leave, httpx2.RemoteProtocolError),
        (faults.garbage, httpx2.RemoteProtocolError),
        (faults.cut_short, httpx2.RemoteProtocolError),
        (Disturbance(ends_after_bytes=300), httpx2.RemoteProtocolError),
        (Disturbance(ends_after_bytes=300, ends_by=Ending.RESET), httpx2.ReadError),
        (Disturbance(ends_after_bytes=300, ends_by=Ending.HALF_CLOSE), httpx2.RemoteProtocolError),
        (Disturbance(ends_after_bytes=0), httpx2.RemoteProtocolError),
    ],
)
async def test_each_breaks_an_exchange_in_its_own_way(proxy, client, fault, error):
    proxy.fault = fault
    with pytest.raises(error):
        await client.get(f"{proxy.url}/")


async def test_a_hanging_server_is_left_by_its_client(proxy, client):
    proxy.fault = faults.hang
    with pytest.raises(httpx2.ReadTimeout):
        await client.get(f"{proxy.url}/", timeout=0.05)


async def test_a_status_comes_with_its_headers(proxy, client):
    proxy.fault = faults.status(503, retry_after="7")
    told = await client.get(f"{proxy.url}/")
    assert (told.status_code, told.headers["retry-after"]) == (503, "7")


async def test_an_answer_may_come_late_and_in_drops(proxy, client):
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    proxy.fault = Disturbance(late_seconds=3, piece_bytes=100, pause_seconds=0.5, sleep=sleep)
    assert (await client.get(f"{proxy.url}/")).json() == BODY
    assert waited[0] == 3
    assert waited.count(0.5) >= 50


@pytest.mark.parametrize("fault", [faults.leave, faults.half_a_handshake, faults.reset])
async def test_tls_is_broken_off_amid_its_opening(proxy, fault):
    proxy.fault = fault
    async with httpx2.AsyncClient(verify=ssl.create_default_context(), trust_env=False) as client:
        with pytest.raises(httpx2.ConnectError):
            await client.get(f"https://127.0.0.1:{proxy.port}/")


async def test_whatever_a_server_speaks_passes():
    async def echo(stream: anyio.abc.SocketStream) -> None:
        async with stream:
            await stream.send(b"*" + await stream.receive())

    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener:
        port = listener.extra(anyio.abc.SocketAttribute.local_port)  # noqa: S610 - not Django's
        async with anyio.create_task_group() as tasks, FaultProxy(port) as proxy:
            tasks.start_soon(listener.serve, echo)
            async with await anyio.connect_tcp("127.0.0.1", proxy.port) as line:
                await line.send(b"PING")
                assert await line.receive() == b"*PING"
            tasks.cancel_scope.cancel()
