"""S3: a canary in every secret place appears in nothing that leaves the process by itself."""

import traceback
from logging import DEBUG, getLogger
from urllib.parse import urlencode

import pytest
import structlog

from pierre_mcp.client.pool import HttpPool
from pierre_mcp.errors import ProviderError
from pierre_mcp.spi import ApiAuth, ProviderSetting
from pierre_mcp.testing import FakeRequest, Reply, faults

SENT = "canary-kestrel/+sent"
SENT_ENCODED = "canary-kestrel%2F%2Bsent"
APPLICATION = "canary-kestrel-application"
ASKED = "canary-kestrel-asked"
ANSWERED = "canary-kestrel-answered"
CANARY = "kestrel"
"""What all of them have in common and no name or line of source has."""

LIBRARIES = (
    "httpx2", "httpcore2.connection", "httpcore2.http11", "httpcore2.proxy", "mcp", "asyncio",
)  # fmt: skip

COOKIES = {
    "Set-Cookie": f"session={ANSWERED}; Path=/",
    "Location": f"https://app.invalid/?code={ANSWERED}#access_token={ANSWERED}",
    "WWW-Authenticate": f'Bearer realm="x", access_token="{ANSWERED}"',
}


@pytest.fixture
async def pool(logged):  # noqa: ARG001 - logging is set up before the pool opens
    async with HttpPool() as pool:
        # Louder than any setting of ours makes them.
        for name in LIBRARIES:
            getLogger(name).setLevel(DEBUG)
        yield pool
    for name in LIBRARIES:
        getLogger(name).setLevel(0)


@pytest.fixture
def client(connect, tokens):
    tokens.given = [SENT] * 9
    return connect(
        api_auth=ApiAuth(
            query="token", account_query="openId", app_headers={"X-Api-Key": "api_key"}
        ),
        config={"api_key": APPLICATION, "client_secret": SENT, "options": {"dev": SENT}},
    )


def answering(status: int):
    async def route(_: FakeRequest) -> Reply:
        return status, {"access_token": ANSWERED, "message": ANSWERED, "list": [ANSWERED]}, COOKIES

    return route


def everything_that_shows(failure: ProviderError) -> str:
    parts = [str(failure), repr(failure), failure.message, repr(vars(failure))]
    parts += traceback.format_exception(failure)
    seen = failure
    while seen is not None:
        parts += [repr(seen), str(seen)]
        seen = seen.__cause__ or seen.__context__
    return "\n".join(parts)


STATUSES = [200, 302, 400, 401, 403, 404, 429, 500]


@pytest.mark.parametrize("status", STATUSES)
async def test_a_canary_in_a_call_appears_nowhere(server, client, logged, capsys, status):
    server.routes["POST /v3/search"] = answering(status)
    shown = repr(client)
    try:
        await client.post_json("search", {"password": ASKED}, {"q": ASKED})
    except ProviderError as failure:
        shown += everything_that_shows(failure)
        structlog.get_logger("server").exception("call_failed")
        getLogger("mcp.server").exception("call failed")
    lines = logged()
    # The canary did travel, and the libraries did talk about it.
    assert server.requests[0].bearer == SENT
    assert server.requests[0].query["token"] == [SENT]
    assert any("httpx2" in str(line) or "HTTP Request" in line["event"] for line in lines)
    assert any("receive_response_headers.complete" in line["event"] for line in lines)
    for text in (shown, *map(str, lines), *capsys.readouterr()):
        assert CANARY not in text


@pytest.mark.parametrize("status", STATUSES)
async def test_a_canary_in_a_step_of_oauth_appears_nowhere(server, pool, logged, capsys, status):
    server.routes["POST /token"] = answering(status)
    fields = {"refresh_token": SENT, "client_secret": SENT, "code": SENT}
    await pool.send(
        "harbour",
        "POST",
        f"{server.url}/token?token={SENT_ENCODED}",
        headers={
            "Authorization": f"Basic {SENT}",
            "Content-Type": "application/x-www-form-urlencoded",
        },
        body=urlencode(fields),
    )
    assert server.requests[0].form(*fields) == fields
    assert CANARY not in "".join(map(str, logged())) + "".join(capsys.readouterr())


@pytest.mark.parametrize(
    "fault", [faults.reset, faults.garbage, faults.cut_short, faults.huge(10**9)],
    ids=["reset", "garbage", "cut short", "huge"],
)  # fmt: skip
async def test_a_canary_in_a_call_that_breaks_appears_nowhere(server, client, logged, fault):
    server.break_next(fault)
    with pytest.raises(ProviderError) as raised:
        await client.get_json("log", {"q": ASKED})
    structlog.get_logger("server").error("call_failed", exc_info=raised.value)
    assert CANARY not in everything_that_shows(raised.value)
    assert CANARY not in "".join(map(str, logged()))


async def test_the_address_of_a_file_appears_nowhere(server, client, logged):
    for url in (
        f"{server.url}/{SENT_ENCODED}.fit?sig={SENT_ENCODED}",
        f"https://evil.invalid/{SENT_ENCODED}",
    ):
        with pytest.raises(ProviderError) as raised:
            await client.get_file(url)
        assert CANARY not in everything_that_shows(raised.value)
    assert server.requests[0].query["sig"] == [SENT]
    assert CANARY not in "".join(map(str, logged()))


async def test_a_secret_that_travelled_is_hidden_wherever_it_turns_up_later(
    server, client, pool, logged
):
    server.routes["GET /v3/log"] = answering(200)
    await client.get_json("log")
    await pool.send("harbour", "GET", server.url, headers={"Authorization": f"Basic {ASKED}"})
    await pool.send("harbour", "POST", server.url, headers={}, body=urlencode({"code": ANSWERED}))
    for secret in (SENT, SENT_ENCODED, APPLICATION, ASKED, ANSWERED):
        structlog.get_logger("server").info("odd", note=f"x{secret}x")
    assert CANARY not in "".join(map(str, logged()))


async def test_what_is_no_secret_of_an_application_stays_readable(server, connect, logged):
    server.routes["GET /v3/log"] = answering(200)
    own = (ProviderSetting(name="dev_id", description="Id."),
           ProviderSetting(name="dev_key", description="Key.", secret=True))  # fmt: skip
    client = connect(
        settings=own,
        api_auth=ApiAuth(app_headers={"X-Id": "client_id", "X-Dev": "dev_id", "X-Key": "dev_key"}),
        config={"client_id": "1234567", "options": {"dev_id": "harbourdev", "dev_key": SENT}},
    )
    await client.get_json("log")
    structlog.get_logger("server").info("odd", note=f"1234567 harbourdev x{SENT}x")
    assert logged()[-1]["note"] == "1234567 harbourdev x***x"


async def test_the_libraries_are_quiet_unless_told_otherwise(server):
    async with HttpPool() as pool:
        assert getLogger("httpx2").level > DEBUG
        assert not getLogger("httpcore2.http11").isEnabledFor(DEBUG)
        await pool.send("harbour", "GET", f"{server.url}/", headers={})
