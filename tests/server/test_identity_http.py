"""Bearer tokens over real sockets: who is let in, how the others are answered, and who is who."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import anyio
import httpx2
import pytest
from issuer import IssuerProcess, running_issuer
from lakeside import NOW, Lake, LakesideFactory
from many_people import Served, TokensInMemory, served
from mcp import Client, MCPError

from pierre_mcp.composition import Composition
from pierre_mcp.errors import ConfigurationError
from pierre_mcp.registry import ProviderRegistry
from pierre_mcp.server.app import build_server
from pierre_mcp.server.identity.api_tokens import ApiTokens, hash_of, new_api_token
from pierre_mcp.server.identity.caller import caller
from pierre_mcp.server.identity.people import people_for
from pierre_mcp.server.identity.reach import reach_of
from pierre_mcp.server.identity.verifier import PeopleVerifier
from pierre_mcp.server.transports import http_app, serve_http
from pierre_mcp.settings import load_settings
from pierre_mcp.spi import FitnessProvider, ProviderConfig, ProviderContext

EVERYWHERE = "0.0.0.0"  # noqa: S104 - compared with, and refused
PUBLIC = "https://pierre.example.org"
RESOURCE = f"{PUBLIC}/mcp"
METADATA = f"{PUBLIC}/.well-known/oauth-protected-resource/mcp"


class NamingFactory(LakesideFactory):
    """Every athlete has the name of whom they are served to."""

    def create(self, config: ProviderConfig, context: ProviderContext) -> FitnessProvider:
        provider = super().create(config, context)
        plain = provider.get_athlete

        async def named() -> Any:
            return (await plain()).model_copy(update={"name": caller().key})

        provider.get_athlete = named  # type: ignore[method-assign]
        return provider


def a_composition(home: Any, lake: Lake, **environ: str) -> Composition:
    configuration = load_settings(
        {"PIERRE_DEFAULT_PROVIDER": "lakeside", "PIERRE_HOME": str(home), **environ}
    )
    registry = ProviderRegistry(configuration)
    registry.register_factory("lakeside", NamingFactory(lake))
    return Composition(configuration, registry=registry, clock=lambda: NOW)


@pytest.fixture(scope="module")
def process() -> Iterator[IssuerProcess]:
    with running_issuer() as running:
        yield running


@pytest.fixture
def issuer(process: IssuerProcess) -> Iterator[IssuerProcess]:
    process.behave("well")
    yield process
    process.behave("well")


@dataclass(frozen=True)
class Hosted:
    """A hosted server, the issuer it trusts, and its own tokens."""

    server: Served
    issuer: IssuerProcess
    tokens: TokensInMemory

    def jwt(self, user: str, tenant: str = "lake", **changes: Any) -> str:
        good = {
            "iss": self.issuer.url,
            "aud": RESOURCE if not self.server.sse else f"{PUBLIC}/sse",
            "sub": user,
            "tenant": tenant,
            "exp": NOW.timestamp() + 300,
            "scope": "openid pierre",
        }
        return self.issuer.token(**(good | changes))

    async def api_token(self, user: str, tenant: str = "lake") -> str:
        return await self.tokens.make(tenant, user, NOW)


@pytest.fixture
async def hosted(tmp_path: Any, lake: Lake, issuer: IssuerProcess) -> AsyncIterator[Hosted]:
    tokens = TokensInMemory()
    composition = a_composition(
        tmp_path, lake, PIERRE_PUBLIC_URL=PUBLIC, PIERRE_OIDC_ISSUER=issuer.url
    )
    async with served(composition, api_tokens=tokens) as server:
        yield Hosted(server, issuer, tokens)


@pytest.fixture
async def by_tokens_only(tmp_path: Any, lake: Lake) -> AsyncIterator[Served]:
    composition = a_composition(tmp_path, lake, PIERRE_PUBLIC_URL=PUBLIC)
    async with served(composition, api_tokens=TokensInMemory()) as server:
        yield server


def parameters(answer: httpx2.Response) -> dict[str, str]:
    """What the challenge says, by name."""
    scheme, _, rest = answer.headers["www-authenticate"].partition(" ")
    assert scheme == "Bearer"
    pairs = [part.partition("=") for part in rest.split(", ")]
    return {name: value.strip('"') for name, _, value in pairs}


async def test_without_a_token_the_way_to_one_is_shown(hosted: Hosted):
    answer = await hosted.server.post()
    assert answer.status_code == 401
    assert parameters(answer) == {"resource_metadata": METADATA, "scope": "openid"}
    assert "Authorization" in answer.json()["error_description"]


async def test_the_metadata_names_the_server_and_its_issuer(hosted: Hosted):
    answer = await hosted.server.http.get(
        f"{hosted.server.url}/.well-known/oauth-protected-resource/mcp"
    )
    assert answer.status_code == 200
    assert answer.json() == {
        "resource": RESOURCE,
        "authorization_servers": [hosted.issuer.url],
        "bearer_methods_supported": ["header"],
    }


async def test_a_good_token_of_either_kind_is_let_in(hosted: Hosted):
    for token in (hosted.jwt("ada"), await hosted.api_token("ada")):
        assert (await hosted.server.call(token, "get_athlete"))["success"] is True


@pytest.mark.parametrize("scheme", ["bearer", "BEARER"])
async def test_the_word_bearer_is_read_in_any_case(hosted: Hosted, scheme: str):
    answer = await hosted.server.post(headers={"Authorization": f"{scheme} {hosted.jwt('ada')}"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"aud": "https://other.example/mcp"}, "audience"),
        ({"aud": PUBLIC}, "audience"),
        ({"iss": "https://other.example"}, "another issuer"),
        ({"exp": NOW.timestamp() - 60}, "expired"),
        ({"nbf": NOW.timestamp() + 60}, "not valid yet"),
        ({"how": "none"}, "not accepted"),
        ({"how": "HS256 with the public key"}, "not accepted"),
        ({"header": {"kid": None}}, "kid"),
        ({"sub": None}, "sub"),
        ({"tenant": "local", "sub": "local"}, "local"),
    ],
    ids=str,
)
async def test_a_false_token_is_refused_with_its_reason_and_the_way_to_another(
    hosted: Hosted, changes: dict[str, Any], told: str
):
    answer = await hosted.server.post(hosted.jwt("ada", **{"tenant": "lake"} | changes))
    assert answer.status_code == 401
    said = parameters(answer)
    assert said["error"] == "invalid_token"
    assert told in said["error_description"]
    assert said["resource_metadata"] == METADATA
    assert said["scope"] == "openid"


@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer",
        "Bearer x",
        "Bearer pierre_",
        "Basic YWRhOmFkYQ==",
        "pierre_x",
        "Bearer " + "x" * 20_000,
    ],
    ids=lambda value: value[:14],
)
async def test_what_is_no_token_is_refused(hosted: Hosted, authorization: str):
    answer = await hosted.server.post(headers={"Authorization": authorization})
    assert answer.status_code == 401


async def test_a_token_in_the_address_is_refused_even_beside_a_good_one(hosted: Hosted):
    token = hosted.jwt("ada")
    for given in (None, token):
        answer = await hosted.server.post(given, query=f"?access_token={token}")
        assert answer.status_code == 400
        assert parameters(answer)["error"] == "invalid_request"
        assert token not in answer.text


async def test_two_tokens_at_once_are_refused(hosted: Hosted):
    token = hosted.jwt("ada")
    twice = [("Authorization", f"Bearer {token}"), ("Authorization", f"Bearer {token}")]
    answer = await hosted.server.http.post(hosted.server.endpoint, headers=twice, content=b"{}")
    assert answer.status_code == 400
    assert parameters(answer)["error"] == "invalid_request"


async def test_an_issuer_that_is_down_is_said_to_be(hosted: Hosted):
    hosted.issuer.behave("is down")
    answer = await hosted.server.post(hosted.jwt("ada"))
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1
    assert "cannot be reached" in answer.json()["error_description"]
    token = await hosted.api_token("ada")
    assert (await hosted.server.call(token, "get_athlete"))["success"] is True


async def test_a_store_that_fails_lets_nobody_in(hosted: Hosted):
    token = await hosted.api_token("ada")
    hosted.tokens.broken = OSError("disk full at /secret/path")
    answer = await hosted.server.post(token)
    assert answer.status_code == 503
    assert "secret" not in answer.text


async def test_a_revoked_token_ends_at_once(hosted: Hosted):
    token = await hosted.api_token("ada")
    assert (await hosted.server.post(token)).status_code == 200
    (record,) = await hosted.tokens.api_tokens()
    assert await hosted.tokens.revoke_api_token(record.id, NOW)
    answer = await hosted.server.post(token)
    assert answer.status_code == 401
    assert "revoked" in parameters(answer)["error_description"]


async def test_tokens_of_the_database_are_taken_and_end_with_their_revocation(
    tmp_path: Any, lake: Lake
):
    composition = a_composition(tmp_path, lake, PIERRE_PUBLIC_URL=PUBLIC)
    async with served(composition) as server:
        made = new_api_token("lake", "ada", label="phone", now=NOW)
        store = await composition.store()
        await store.add_api_token(made.record, made.token_hash)
        answer = await server.call(made.text, "get_athlete")
        assert answer["result"]["athlete"]["name"] == "4:lake:ada"
        await store.revoke_api_token(made.record.id, NOW)
        assert (await server.post(made.text)).status_code == 401


async def test_an_expired_api_token_is_refused(hosted: Hosted):
    for life, status in ((timedelta(seconds=1), 200), (timedelta(0), 401)):
        token = await hosted.tokens.make("lake", "ada", NOW, expires_at=NOW + life)
        assert (await hosted.server.post(token)).status_code == status


async def test_only_the_hash_of_an_api_token_is_kept_and_looked_up(hosted: Hosted):
    token = await hosted.api_token("ada")
    await hosted.server.post(token)
    assert hosted.tokens.looked_up == [hash_of(token)]
    assert token not in repr(hosted.tokens.kept)
    await hosted.server.post("pierre_" + "z" * 64)
    assert len(hosted.tokens.looked_up) == 1


def test_an_api_token_has_256_bits_and_stays_out_of_its_repr():
    made = new_api_token("lake", "ada", label="phone", now=NOW, entropy=lambda n: b"\xab" * n)
    assert made.text == "pierre_" + "ab" * 32
    assert made.text not in repr(made)
    assert made.token_hash not in repr(made)
    with pytest.raises(ValueError, match="local"):
        new_api_token("local", "ada", label="", now=NOW)


async def test_a_record_for_the_local_person_lets_nobody_in(hosted: Hosted):
    """A store may hold more than we would make."""
    made = new_api_token("lake", "ada", label="", now=NOW)
    forged = made.record.__class__(
        id="1",
        principal=made.record.principal.__class__("local", "local"),
        label="",
        created_at=NOW,
        expires_at=None,
    )
    await hosted.tokens.add_api_token(forged, made.token_hash)
    assert (await hosted.server.post(made.text)).status_code == 503


async def test_without_an_issuer_none_is_advertised(by_tokens_only: Served):
    answer = await by_tokens_only.post()
    assert answer.status_code == 401
    assert parameters(answer) == {"resource_metadata": METADATA}
    document = await by_tokens_only.http.get(
        f"{by_tokens_only.url}/.well-known/oauth-protected-resource/mcp"
    )
    assert document.json() == {"resource": RESOURCE, "bearer_methods_supported": ["header"]}


async def test_without_an_issuer_a_jwt_is_refused(by_tokens_only: Served, issuer: IssuerProcess):
    answer = await by_tokens_only.post(issuer.token(sub="ada"))
    assert answer.status_code == 401
    assert "no tokens of that kind" in parameters(answer)["error_description"]


async def test_health_readiness_and_numbers_need_no_token(hosted: Hosted):
    for path in ("/healthz", "/readyz", "/metrics"):
        assert (await hosted.server.http.get(hosted.server.url + path)).status_code == 200


async def test_without_its_store_a_hosted_server_is_not_ready_and_shows_no_address(
    tmp_path: Any, lake: Lake
):
    nowhere = "postgresql+asyncpg://pierre:secret@127.0.0.1:1/pierre"
    composition = a_composition(
        tmp_path,
        lake,
        PIERRE_PUBLIC_URL=PUBLIC,
        PIERRE_DATABASE_URL=nowhere,
        PIERRE_MASTER_KEY="8" * 43 + "=",
    )
    async with served(composition) as server:
        assert (await server.http.get(server.url + "/healthz")).status_code == 200
        answer = await server.http.get(server.url + "/readyz")
    assert answer.status_code == 503
    assert answer.json()["status"] == "unavailable"
    assert "secret" not in answer.text
    assert "127.0.0.1" not in answer.text


async def test_a_token_without_a_required_scope_is_told_which(
    tmp_path: Any, lake: Lake, issuer: IssuerProcess
):
    composition = a_composition(
        tmp_path,
        lake,
        PIERRE_PUBLIC_URL=PUBLIC,
        PIERRE_OIDC_ISSUER=issuer.url,
        PIERRE_OIDC_SCOPES="pierre,health",
    )
    tokens = TokensInMemory()
    async with served(composition, api_tokens=tokens) as server:
        hosted = Hosted(server, issuer, tokens)
        answer = await server.post(hosted.jwt("ada", scope="openid pierre"))
        assert answer.status_code == 403
        said = parameters(answer)
        assert said["error"] == "insufficient_scope"
        assert said["scope"] == "pierre health"
        assert said["resource_metadata"] == METADATA
        assert parameters(await server.post())["scope"] == "pierre health"
        assert (await server.post(hosted.jwt("ada", scope="health pierre"))).status_code == 200
        assert (await server.post(await hosted.api_token("ada"))).status_code == 200


async def test_the_audience_is_what_the_operator_says(
    tmp_path: Any, lake: Lake, issuer: IssuerProcess
):
    composition = a_composition(
        tmp_path,
        lake,
        PIERRE_PUBLIC_URL=PUBLIC,
        PIERRE_OIDC_ISSUER=issuer.url,
        PIERRE_OIDC_AUDIENCE="pierre",
    )
    async with served(composition) as server:
        hosted = Hosted(server, issuer, TokensInMemory())
        assert (await server.post(hosted.jwt("ada", aud="pierre"))).status_code == 200
        assert (await server.post(hosted.jwt("ada", aud=RESOURCE))).status_code == 401


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_each_call_is_served_to_the_person_of_its_token(hosted: Hosted, mode: str):
    people = ["ada", "bob", "eve"]
    async with AsyncExitStack() as exits:
        clients = {
            name: await exits.enter_async_context(hosted.server.client(hosted.jwt(name), mode=mode))
            for name in people
        }
        for _ in range(2):
            for name, client in clients.items():
                result = await client.call_tool("get_athlete", {})
                assert result.structured_content is not None
                athlete = result.structured_content["result"]["athlete"]
                assert athlete["name"] == f"4:lake:{name}"


async def test_over_sse_each_call_is_served_to_the_person_of_its_token(
    tmp_path: Any, lake: Lake, issuer: IssuerProcess
):
    composition = a_composition(
        tmp_path, lake, PIERRE_PUBLIC_URL=PUBLIC, PIERRE_OIDC_ISSUER=issuer.url
    )
    tokens = TokensInMemory()
    async with served(composition, sse=True, api_tokens=tokens) as server:
        hosted = Hosted(server, issuer, tokens)
        answer = await server.http.get(server.endpoint)
        assert answer.status_code == 401
        assert parameters(answer)["resource_metadata"] == f"{METADATA[:-4]}/sse"
        for name in ("ada", "bob"):
            async with server.client(hosted.jwt(name), mode="legacy") as client:
                result = await client.call_tool("get_athlete", {})
                assert result.structured_content is not None
                athlete = result.structured_content["result"]["athlete"]
                assert athlete["name"] == f"4:lake:{name}"


async def test_over_sse_a_message_needs_the_token_of_whoever_opened_the_stream(
    tmp_path: Any, lake: Lake
):
    tokens = TokensInMemory()
    composition = a_composition(tmp_path, lake, PIERRE_PUBLIC_URL=PUBLIC)
    async with served(composition, sse=True, api_tokens=tokens) as server:
        ada, eve = [await tokens.make("lake", name, NOW) for name in ("ada", "eve")]
        opening = server.http.stream(
            "GET", server.endpoint, headers={"Authorization": f"Bearer {ada}"}
        )
        async with opening as stream:
            lines = stream.aiter_lines()
            messages = ""
            while not messages.startswith("data: "):
                messages = await anext(lines)
            address = server.url + messages.removeprefix("data: ")
            ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
            for token, status in ((None, 401), (eve, 404), (ada, 202)):
                headers = {} if token is None else {"Authorization": f"Bearer {token}"}
                answer = await server.http.post(address, json=ping, headers=headers)
                assert answer.status_code == status


async def test_a_session_is_no_one_elses(hosted: Hosted):
    """Of the handshake era, where a session outlives a request."""
    opening = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        },
    }
    accept = {"Accept": "application/json, text/event-stream"}

    async def post(token: str | None, body: Any, **headers: str) -> httpx2.Response:
        bearer = {} if token is None else {"Authorization": f"Bearer {token}"}
        return await hosted.server.http.post(
            hosted.server.endpoint, json=body, headers=accept | bearer | headers
        )

    opened = await post(hosted.jwt("ada"), opening)
    assert opened.status_code == 200
    session = {"Mcp-Session-Id": opened.headers["mcp-session-id"]}
    ping = {"jsonrpc": "2.0", "id": 2, "method": "ping"}
    assert (await post(None, ping, **session)).status_code == 401
    assert (await post(hosted.jwt("eve"), ping, **session)).status_code == 404
    assert (await post(hosted.jwt("ada", tenant="sea"), ping, **session)).status_code == 404
    renewed = hosted.jwt("ada", exp=NOW.timestamp() + 900)
    assert (await post(renewed, ping, **session)).status_code == 200


async def test_no_answer_and_no_log_repeats_a_token(hosted: Hosted, capfd: Any):
    good, false = hosted.jwt("ada"), hosted.jwt("ada", aud="x")
    api_token, unknown = await hosted.api_token("ada"), "pierre_" + "0" * 64
    said = []
    for token in (false, unknown):
        answer = await hosted.server.post(token)
        said += [answer.text, str(answer.headers)]
    for token in (good, api_token):
        said.append(json.dumps(await hosted.server.call(token, "get_activities", limt=1)))
    hosted.tokens.broken = OSError("gone")
    said.append((await hosted.server.post(api_token)).text)
    logged = "".join(capfd.readouterr())
    assert "token_refused" in logged
    assert "token_not_checked" in logged
    for text in (*said, logged):
        for token in (good, false, api_token, unknown):
            assert token not in text
            assert token.rpartition(".")[2] not in text


async def test_this_machine_alone_is_served_without_a_token(tmp_path: Any, lake: Lake):
    async with served(a_composition(tmp_path, lake)) as server:
        answer = await server.call(None, "get_athlete")
        assert answer["result"]["athlete"]["name"] == "5:local:local"
        async with server.client(None, mode="legacy") as client:
            result = await client.call_tool("get_athlete", {})
            assert not result.is_error


@pytest.mark.parametrize(
    ("host", "environ"),
    [
        (EVERYWHERE, {}),
        ("::", {}),
        ("192.0.2.7", {}),
        ("pierre.example.org", {}),
        ("127.0.0.1", {"PIERRE_PUBLIC_URL": PUBLIC}),
        ("127.0.0.1", {"PIERRE_ALLOWED_HOSTS": "pierre.example.org"}),
    ],
)
def test_where_others_come_from_there_has_to_be_a_way_to_tell_them_apart(
    host: str, environ: dict[str, str]
):
    settings = load_settings(environ).settings
    reach = reach_of(settings, host=host, port=8081)
    with pytest.raises(ConfigurationError, match="tell people apart"):
        people_for(settings, reach, path="/mcp", clock=lambda: NOW, api_tokens=None, fetch=None)


async def test_the_checked_token_is_not_kept():
    tokens = TokensInMemory()
    text = await tokens.make("lake", "ada", NOW)
    check = ApiTokens(tokens, clock=lambda: NOW).check
    checked = await PeopleVerifier(api_tokens=check, issuer=None, resource=RESOURCE).verify_token(
        text
    )
    assert checked is not None
    assert text not in repr(checked)


async def test_an_application_that_others_reach_is_not_built_without_people(
    tmp_path: Any, lake: Lake
):
    composition = a_composition(tmp_path, lake)
    reach = reach_of(composition.configuration.settings, host=EVERYWHERE, port=8081)
    with pytest.raises(ValueError, match="serve them all as one person"):
        http_app(build_server(composition), composition, reach=reach)


async def test_a_call_that_got_past_the_check_is_served_to_nobody(tmp_path: Any, lake: Lake):
    """As if a transport forgot to ask: the server's own client, which shows no token."""
    composition = a_composition(tmp_path, lake, PIERRE_PUBLIC_URL=PUBLIC)
    settings = composition.configuration.settings
    people = people_for(
        settings,
        reach_of(settings, host="127.0.0.1", port=8081),
        path="/mcp",
        clock=lambda: NOW,
        api_tokens=TokensInMemory(),
        fetch=None,
    )
    async with composition, Client(build_server(composition, people)) as client:
        result = await client.call_tool("get_athlete", {})
        assert result.is_error
        assert result.structured_content is not None
        assert result.structured_content["error"]["type"] == "internal"
    assert lake.calls == 0


async def test_the_sdks_client_is_turned_away_without_a_token(hosted: Hosted):
    with pytest.raises((MCPError, httpx2.HTTPStatusError, ExceptionGroup)):
        async with hosted.server.client(None) as client:
            await client.list_tools()


@pytest.mark.parametrize(
    "environ",
    [
        {"PIERRE_OIDC_ISSUER": "http://id.example.org"},
        {"PIERRE_OIDC_ISSUER": "https://id.example.org?x=1"},
        {"PIERRE_OIDC_ISSUER": "id.example.org"},
    ],
)
async def test_an_issuer_that_cannot_be_trusted_stops_the_start(
    tmp_path: Any, lake: Lake, environ: dict[str, str]
):
    composition = a_composition(tmp_path, lake, PIERRE_PUBLIC_URL=PUBLIC, **environ)
    with anyio.fail_after(60), pytest.raises(ConfigurationError, match="PIERRE_OIDC_ISSUER"):
        await serve_http(composition, host="127.0.0.1", port=0)


async def test_an_issuer_needs_the_address_that_clients_use(
    tmp_path: Any, lake: Lake, issuer: IssuerProcess
):
    composition = a_composition(tmp_path, lake, PIERRE_OIDC_ISSUER=issuer.url)
    with anyio.fail_after(60), pytest.raises(ConfigurationError, match="PIERRE_PUBLIC_URL"):
        await serve_http(composition, host="192.0.2.7", port=0)
