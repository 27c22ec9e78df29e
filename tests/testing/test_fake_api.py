import gzip

import anyio
import httpx2
import pytest

from pierre_mcp.testing import FakeApi, FakeRequest, Refused, Reply, faults


async def boats(request: FakeRequest) -> Reply:
    asked = request.only("page", "per_page")
    return 200, [{"page": asked.get("page", "1")}], {"X-Left": "7"}


async def boat(request: FakeRequest) -> Reply:
    return 200, {"id": request.parts["id"]}, {}


async def newest(_: FakeRequest) -> Reply:
    return 200, "the newest", {}


async def login(request: FakeRequest) -> Reply:
    return 200, request.form("code", "grant_type"), {}


async def echo(request: FakeRequest) -> Reply:
    return 200, {"json": request.json(), "bearer": request.bearer}, {}


async def gone(_: FakeRequest) -> Reply:
    return 204, None, {}


async def packed(_: FakeRequest) -> Reply:
    return 200, gzip.compress(b"[1]"), {"Content-Encoding": "gzip"}


async def guarded(request: FakeRequest) -> Reply:
    if request.bearer != "right":
        raise Refused(401, {"message": "who are you"}, {"WWW-Authenticate": "Bearer"})
    return 200, {}, {}


ROUTES = {
    "GET /boats": boats,
    "GET /boats/{id}": boat,
    "GET /boats/newest": newest,
    "POST /login": login,
    "POST /echo": echo,
    "GET /gone": gone,
    "GET /packed": packed,
    "GET /guarded": guarded,
}


@pytest.fixture
async def api():
    async with FakeApi(ROUTES) as api:
        yield api


@pytest.fixture
async def client(api):
    async with httpx2.AsyncClient(base_url=api.url, trust_env=False, timeout=5) as client:
        yield client


async def test_a_route_answers_with_json_and_headers(client):
    answer = await client.get("/boats?page=2")
    assert (answer.status_code, answer.json()) == (200, [{"page": "2"}])
    assert answer.headers["x-left"] == "7"


async def test_what_was_asked_is_recorded(api, client):
    await client.get("/boats", params={"page": "2"}, headers={"X-Name": "a"})
    (asked,) = api.requests
    assert (asked.method, asked.path, asked.query) == ("GET", "/boats", {"page": ["2"]})
    assert asked.headers["x-name"] == "a"


@pytest.mark.parametrize("query", ["pages=2", "page=1&page=2"])
async def test_unknown_and_repeated_parameters_are_refused(client, query):
    assert (await client.get(f"/boats?{query}")).status_code == 400


async def test_a_place_in_a_path_is_handed_to_the_route_decoded(client):
    assert (await client.get("/boats/a%2Fb")).json() == {"id": "a/b"}


async def test_a_literal_path_wins_over_a_place(client):
    assert (await client.get("/boats/newest")).text == "the newest"


async def test_an_unknown_path_is_404_and_a_wrong_method_405(client):
    assert (await client.get("/ships")).status_code == 404
    assert (await client.put("/boats")).status_code == 405


async def test_a_form_is_read_as_strictly_as_a_query(client):
    answer = await client.post("/login", data={"code": "1", "grant_type": ""})
    assert answer.json() == {"code": "1", "grant_type": ""}
    assert (await client.post("/login", data={"cod": "1"})).status_code == 400
    assert (await client.post("/login", json={"code": "1"})).status_code == 415


async def test_a_body_of_json_and_a_bearer_token_are_read(client):
    answer = await client.post("/echo", json=[1], headers={"Authorization": "Bearer abc"})
    assert answer.json() == {"json": [1], "bearer": "abc"}
    assert (await client.post("/echo", content=b"{")).status_code == 400


async def test_a_route_can_refuse(client):
    answer = await client.get("/guarded")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


async def test_bodies_can_be_empty_or_packed(client):
    assert (await client.get("/gone")).content == b""
    assert (await client.get("/packed")).json() == [1]


async def test_a_head_request_gets_no_body(api, client):
    api.routes["HEAD /boats"] = boats
    answer = await client.head("/boats")
    assert (answer.status_code, answer.content) == (200, b"")


async def test_a_connection_is_kept_for_the_next_request(api, client):
    for _ in range(3):
        await client.get("/boats")
    assert api.connections == 1


async def test_a_client_that_speaks_no_http_is_hung_up_on(api, client):
    stream = await anyio.connect_tcp("127.0.0.1", api.port)
    async with stream:
        await stream.send(b"\x00\x01\r\n\r\n")
        with pytest.raises((anyio.EndOfStream, anyio.BrokenResourceError)):
            await stream.receive()
    assert (await client.get("/boats")).status_code == 200


@pytest.mark.parametrize(
    "fault", [faults.reset, faults.garbage, faults.cut_short], ids=lambda fault: fault.__name__
)
async def test_a_fault_breaks_the_next_request_and_no_more(api, client, fault):
    api.break_next(fault)
    with pytest.raises(httpx2.TransportError):
        await client.get("/boats")
    assert (await client.get("/boats")).status_code == 200


@pytest.mark.parametrize("fault", [faults.hang, faults.drip()], ids=["hang", "drip"])
async def test_a_fault_that_never_ends_lasts_until_the_client_leaves(api, client, fault):
    api.break_next(fault)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(client.get, "/boats")
        await api.arrived(1)
        tasks.cancel_scope.cancel()
    assert (await client.get("/boats")).status_code == 200


@pytest.mark.parametrize("declared", [True, False])
async def test_a_huge_body_is_as_long_as_was_said(api, client, declared):
    api.break_next(faults.huge(2**20, declared=declared))
    answer = await client.get("/boats")
    assert len(answer.content) == 2**20
    assert ("content-length" in answer.headers) is declared


async def test_a_bomb_is_small_on_the_wire(api, client):
    api.break_next(faults.gzip_bomb(2**24))
    answer = await client.get("/boats")
    assert len(answer.content) == 2**24 + 1
    assert answer.num_bytes_downloaded < len(answer.content) / 500


async def test_a_route_may_itself_be_broken(api, client):
    async def broken(_: FakeRequest):
        return faults.reset

    api.routes["GET /broken"] = broken
    with pytest.raises(httpx2.TransportError):
        await client.get("/broken")


async def crash(_: FakeRequest) -> Reply:
    raise ValueError("a mistake in the fake")


async def test_a_crash_in_a_route_fails_the_test():
    with pytest.raises(ValueError, match="a mistake in the fake"):
        async with FakeApi({"GET /": crash}) as api, httpx2.AsyncClient(trust_env=False) as client:
            assert (await client.get(f"{api.url}/")).status_code == 500


async def test_a_crash_in_a_route_does_not_hide_what_failed_in_the_test():
    async def fail_after_a_crash():
        async with FakeApi({"GET /": crash}) as api, httpx2.AsyncClient(trust_env=False) as client:
            await client.get(f"{api.url}/")
            raise KeyError("the claim")

    with pytest.raises(KeyError, match="the claim"):
        await fail_after_a_crash()
