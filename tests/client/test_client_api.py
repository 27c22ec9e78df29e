import json

import pytest

from pierre_mcp.client.api import ProviderApi
from pierre_mcp.errors import (
    AuthenticationFailed,
    ErrorType,
    InvalidResponse,
    MissingScope,
    NetworkError,
    NotConfigured,
    NotFound,
    ProviderError,
    ProviderTimeout,
    RateLimitExceeded,
)
from pierre_mcp.spi import ApiAuth, ApiClient, RetryConfig
from pierre_mcp.testing import FakeRequest, Reply, faults


async def log(_: FakeRequest) -> Reply:
    return 200, [{"id": 2**63}], {}


async def echo(request: FakeRequest) -> Reply:
    return 200, {"body": request.json(), "query": dict(request.query)}, {}


@pytest.fixture(autouse=True)
def routes(server):
    server.routes |= {"GET /v3/log": log, "POST /v3/search": echo}


async def test_it_is_what_the_contract_promises(connect):
    client: ApiClient = connect()
    assert client.account_id == "4711"
    assert client.granted_scopes == {"read"}


async def test_an_answer_is_parsed(connect):
    assert await connect().get_json("log") == [{"id": 2**63}]


async def test_a_request_says_who_asks_and_for_whom(server, connect):
    await connect().get_json("log", {"page": 1})
    (asked,) = server.requests
    assert asked.bearer == "first-token"
    assert asked.headers["user-agent"].startswith("pierre-mcp/")
    assert asked.headers["accept"] == "application/json"
    assert asked.headers["accept-encoding"] == "gzip, deflate"
    assert asked.query == {"page": ["1"]}


async def test_every_2xx_is_a_success_and_nothing_else(server, connect):
    async def answer(request: FakeRequest) -> Reply:
        return int(request.parts["status"]), None, {}

    server.routes["GET /v3/{status}"] = answer
    failed = set()
    for status in range(200, 600):
        try:
            await connect().get_json(f"{status}")
        except ProviderError:
            failed.add(status)
    assert failed == set(range(300, 600))


@pytest.mark.parametrize("status", [200, 204])
async def test_an_empty_answer_is_none(server, connect, status):
    async def nothing(_: FakeRequest) -> Reply:
        return status, None, {}

    server.routes["GET /v3/log"] = nothing
    assert await connect().get_json("log") is None


async def test_bytes_come_as_they_are(server, connect):
    async def zipped(request: FakeRequest) -> Reply:
        if request.headers["accept"] != "application/zip":
            return 406, None, {}
        return 200, b"PK\x00\xff", {}

    server.routes["GET /v3/file"] = zipped
    assert await connect().get_bytes("file", accept="application/zip") == b"PK\x00\xff"


async def test_reading_by_post_sends_json(connect):
    answer = await connect().post_json("search", {"from": "2026-01-01"}, {"page": "2"})
    assert answer == {"body": {"from": "2026-01-01"}, "query": {"page": ["2"]}}


async def test_the_base_url_of_the_operator_comes_first(server, connect):
    server.routes["GET /v4/log"] = log
    client = connect(config={"api_base_url": f"{server.url}/v4"})
    assert await client.get_json("log") == [{"id": 2**63}]


async def test_without_the_operators_the_descriptors_base_url_counts(server, connect):
    client = connect(config={"api_base_url": None}, api_base_url=f"{server.url}/v3")
    assert await client.get_json("log") == [{"id": 2**63}]


async def test_no_base_url_at_all_is_a_lack_of_configuration(connect):
    client = connect(config={"api_base_url": None})
    object.__setattr__(client.descriptor, "api_base_url", None)
    with pytest.raises(NotConfigured, match="address of its API"):
        await client.get_json("log")


async def test_the_secret_goes_where_the_descriptor_says(server, connect):
    auth = ApiAuth(header="X-Key", scheme="")
    await connect(api_auth=auth).get_json("log")
    assert server.requests[0].headers["x-key"] == "first-token"
    assert "authorization" not in server.requests[0].headers


async def test_the_secret_and_the_account_may_go_into_the_query(server, connect):
    auth = ApiAuth(header=None, query="token", account_query="openId")
    await connect(api_auth=auth).get_json("log", {"page": 1})
    assert server.requests[0].query == {"page": ["1"], "token": ["first-token"], "openId": ["4711"]}
    assert "authorization" not in server.requests[0].headers


async def test_an_account_that_is_not_known_is_asked_to_connect_again(connect, tokens):
    tokens.account_id = None
    client = connect(api_auth=ApiAuth(account_query="openId"))
    with pytest.raises(AuthenticationFailed, match="which account"):
        await client.get_json("log")


async def test_settings_of_the_operator_go_into_headers(server, connect):
    auth = ApiAuth(app_headers={"Dev-Id": "dev_id", "X-Api-Key": "api_key", "X-App": "client_id"})
    client = connect(
        api_auth=auth,
        config={"api_key": "app-key", "client_id": "12", "options": {"dev_id": "harbour-dev"}},
    )
    await client.get_json("log")
    sent = server.requests[0].headers
    assert (sent["dev-id"], sent["x-api-key"], sent["x-app"]) == ("harbour-dev", "app-key", "12")
    assert sent["authorization"] == "Bearer first-token"


@pytest.mark.parametrize("setting", ["api_key", "dev_id", "name"])
async def test_a_setting_that_is_missing_is_named(server, connect, setting):
    client = connect(api_auth=ApiAuth(app_headers={"X": setting}))
    with pytest.raises(NotConfigured, match=setting.upper()):
        await client.get_json("log")
    assert not server.requests


@pytest.mark.parametrize("secret", ["", "a\r\nX-Evil: 1", "caf\u00e9", "two words", "a\x7f"])
async def test_a_secret_that_is_none_is_never_sent(server, connect, tokens, secret):
    tokens.given = [secret] * 3
    with pytest.raises(AuthenticationFailed) as raised:
        await connect().get_json("log")
    assert not server.requests
    assert not secret or secret not in str(raised.value)


async def test_a_path_that_leaves_the_base_is_not_asked(server, connect):
    with pytest.raises(NotFound):
        await connect().get_json("activities/../../admin")
    assert not server.requests


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_of_the_api_is_not_followed(server, connect, status):
    async def elsewhere(_: FakeRequest) -> Reply:
        return status, None, {"Location": f"{server.url}/v3/log"}

    server.routes["GET /v3/moved"] = elsewhere
    with pytest.raises(InvalidResponse):
        await connect().get_json("moved")
    assert len(server.requests) == 1


async def test_a_wait_that_the_api_asks_for_is_passed_on(server, connect):
    async def busy(_: FakeRequest) -> Reply:
        return 429, {"message": "slow down"}, {"Retry-After": "Tue, 24 Nov 2026 12:00:14 GMT"}

    server.routes["GET /v3/log"] = busy
    with pytest.raises(RateLimitExceeded) as raised:
        await connect().get_json("log")
    assert raised.value.retry_after_seconds == 14


async def test_the_descriptor_reads_the_body_of_a_failure(server, connect):
    async def lacking(_: FakeRequest) -> Reply:
        return 403, {"reason": "scope"}, {}

    def read_error(_, body):
        return ErrorType.MISSING_SCOPE if body["reason"] == "scope" else None

    server.routes["GET /v3/log"] = lacking
    with pytest.raises(MissingScope):
        await connect(read_error=read_error).get_json("log")
    with pytest.raises(ProviderError) as raised:
        await connect().get_json("log")
    assert type(raised.value) is ProviderError


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (faults.reset, NetworkError),
        (faults.cut_short, NetworkError),
        (faults.garbage, NetworkError),
        (faults.hang, ProviderTimeout),
        (faults.drip(), ProviderTimeout),
    ],
    ids=["reset", "cut short", "garbage", "hang", "drip"],
)
async def test_a_broken_network_is_an_error_of_ours(server, connect, fault, kind):
    server.break_next(fault)
    seconds = 0.3 if kind is ProviderTimeout else 30.0
    client = connect(config={"retry": RetryConfig(max_retries=0, timeout_secs=seconds)})
    with pytest.raises(kind) as raised:
        await client.get_json("log")
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None


async def test_a_server_that_is_not_there_is_a_network_error(connect):
    client = connect(config={"api_base_url": "http://127.0.0.1:1/v3"})
    with pytest.raises(NetworkError):
        await client.get_json("log")


async def test_an_address_that_is_none_is_an_error_of_ours(connect):
    client = connect(config={"api_base_url": "https://api.invalid:port/v3"})
    with pytest.raises(ProviderError, match="configured address"):
        await client.get_json("log")
    with pytest.raises(ProviderError, match="configured address"):
        await client.get_file("https://files.invalid/1.fit")


def refuse(*bad: str, status: int = 401):
    """A route that answers ``status`` to these tokens."""

    async def route(request: FakeRequest) -> Reply:
        if request.bearer in bad:
            return status, {"code": "no"}, {}
        return 200, {"for": request.bearer}, {}

    return route


async def test_a_refused_token_is_renewed_once_and_the_request_sent_again(server, connect, tokens):
    server.routes["POST /v3/search"] = refuse("first-token")
    assert await connect().post_json("search", [1]) == {"for": "second-token"}
    assert tokens.refused == ["first-token"]
    assert [json.loads(r.body) for r in server.requests] == [[1], [1]]


async def test_a_second_refusal_is_the_end(server, connect, tokens):
    tokens.given = [f"token-{n}" for n in range(9)]
    server.routes["GET /v3/log"] = refuse(*tokens.given)
    with pytest.raises(AuthenticationFailed):
        await connect().get_json("log")
    assert tokens.refused == ["token-0"]
    assert len(server.requests) == 2


async def test_a_renewed_token_travels_in_the_query_too(server, connect, tokens):
    async def route(request: FakeRequest) -> Reply:
        return (200 if request.query["token"] == ["second-token"] else 401), None, {}

    server.routes["GET /v3/log"] = route
    await connect(api_auth=ApiAuth(header=None, query="token")).get_json("log")
    assert tokens.refused == ["first-token"]


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500])
async def test_no_other_failure_renews_a_token(server, connect, tokens, status):
    server.routes["GET /v3/log"] = refuse("first-token", status=status)
    with pytest.raises(ProviderError):
        await connect().get_json("log")
    assert not tokens.refused
    assert len(server.requests) == 1


async def test_a_401_that_means_a_missing_scope_renews_nothing(server, connect, tokens):
    server.routes["GET /v3/log"] = refuse("first-token")
    client = connect(read_error=lambda *_: ErrorType.MISSING_SCOPE)
    with pytest.raises(MissingScope):
        await client.get_json("log")
    assert not tokens.refused


async def test_a_refusal_that_only_the_descriptor_understands_renews_too(server, connect):
    server.routes["GET /v3/log"] = refuse("first-token", status=400)
    client = connect(read_error=lambda *_: ErrorType.NEEDS_REAUTH)
    assert await client.get_json("log") == {"for": "second-token"}


async def test_what_the_keeper_of_tokens_raises_is_passed_on(server, connect, tokens):
    class Gone(type(tokens)):
        async def renewed(self, refused):
            raise AuthenticationFailed("harbour", "gone for good")

    server.routes["GET /v3/log"] = refuse("first-token")
    with pytest.raises(AuthenticationFailed, match="gone for good"):
        await connect(client={"tokens": Gone()}).get_json("log")
    assert len(server.requests) == 1


async def test_its_repr_holds_no_secret(connect):
    client: ProviderApi = connect(config={"api_key": "canary", "client_secret": "canary"})
    assert "canary" not in repr(client)
