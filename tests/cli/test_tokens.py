"""``token`` and ``keys``: a token works until it is revoked, and a rotation disturbs nobody."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import anyio
import httpx2
import pytest
from databases import ADA, a_record
from processes import Serving, environ_of, serving

from pierre_mcp.connections.store import ConnectionStore
from pierre_mcp.settings import Settings

PERSON = ("--tenant", "club", "--user", "ada")


@pytest.fixture
def hosted(home: Path) -> Iterator[Serving]:
    """A server that others can reach, so it asks who is calling."""
    environ = environ_of(home, {"PIERRE_PUBLIC_URL": "https://pierre.example"})
    with serving(environ, "streamable-http") as server:
        yield server


def status_with(server: Serving, token: str) -> int:
    """What the server says to a caller with that token."""
    return httpx2.post(
        server.url,
        json={"jsonrpc": "2.0", "id": 1, "method": "ping"},
        headers={
            "Authorization": f"Bearer {token}",
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": "2025-06-18",
        },
        trust_env=False,
    ).status_code


def test_a_token_lets_its_person_in_until_it_is_revoked(pierre, hosted: Serving):
    made = pierre("token", "create", *PERSON, "--label", "her watch")
    token = made.out.strip()
    assert status_with(hosted, "pierre_" + "0" * 64) == 401
    assert status_with(hosted, token) not in (401, 403)
    (listed,) = json.loads(pierre("token", "list", "--json").out)["tokens"]
    assert (listed["tenant"], listed["user"], listed["label"]) == ("club", "ada", "her watch")
    assert listed["status"] == "active"
    assert pierre("token", "revoke", listed["id"]).code == 0
    assert status_with(hosted, token) == 401
    (listed,) = json.loads(pierre("token", "list", "--json").out)["tokens"]
    assert listed["status"] == "revoked"


def test_stdout_is_the_token_alone_and_the_rest_is_on_stderr(pierre):
    made = pierre("token", "create", *PERSON)
    assert made.code == 0
    assert len(made.out) == len("pierre_") + 64 + 1
    assert made.out.strip() not in made.err
    assert "ada of club" in made.err
    assert "shown once" in made.err
    assert "pierre-mcp token revoke " in made.err


def test_with_json_the_token_comes_with_what_is_known_of_it(pierre):
    made = json.loads(pierre("token", "create", *PERSON, "--json").out)
    assert made["token"].startswith("pierre_")
    assert set(made) == {
        "token", "id", "tenant", "user", "label", "created_at", "expires_at", "revoked_at"
    }  # fmt: skip


@pytest.mark.parametrize(("asked", "days"), [((), 365), (("--expires-in-days", "7"), 7)])
def test_a_token_lives_a_year_or_as_long_as_one_says(pierre, asked, days: int):
    made = json.loads(pierre("token", "create", *PERSON, *asked, "--json").out)
    began, ends = (datetime.fromisoformat(made[key]) for key in ("created_at", "expires_at"))
    assert ends - began == timedelta(days=days)


def test_a_token_without_an_end_says_so(pierre):
    made = pierre("token", "create", *PERSON, "--expires-in-days", "0")
    assert "It does not end by itself." in made.err
    (listed,) = json.loads(pierre("token", "list", "--json").out)["tokens"]
    assert listed["expires_at"] is None


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (("--tenant", "", "--user", "ada"), "1 to 255 plain characters"),
        (("--tenant", "club", "--user", "a\nb"), "1 to 255 plain characters"),
        (("--tenant", "club", "--user", "x" * 256), "1 to 255 plain characters"),
        (("--tenant", "local", "--user", "local"), "kept for the person who runs the server"),
        ((*PERSON, "--label", "a\x1b[31mb"), "plain characters"),
        ((*PERSON, "--expires-in-days", "-1"), "--expires-in-days"),
        (("--tenant", "club"), "--user"),
    ],
    ids=str,
)
def test_names_that_nobody_can_have_are_explained(pierre, home: Path, names, told: str):
    done = pierre("token", "create", *names)
    assert (done.code, done.out) == (2, "")
    assert told in done.err
    assert "Traceback" not in done.err
    assert not home.exists()


def test_the_list_for_a_person_shows_labels_as_they_are(pierre):
    assert "There are no API tokens." in pierre("token", "list").out
    pierre("token", "create", *PERSON, "--label", "[bold]her watch")
    shown = pierre("token", "list").out
    for word in ("ada of club", "[bold]her", "active"):
        assert word in shown


def test_revoking_what_is_not_there_is_explained(pierre):
    done = pierre("token", "revoke", "0123456789ab", "--json")
    assert (done.code, done.out) == (2, "")
    assert "no such API token" in done.err


def test_the_log_of_those_who_ask_for_debug_holds_neither_token_nor_hash(pierre):
    made = pierre("token", "create", *PERSON, PIERRE_LOG_LEVEL="debug")
    for secret in (made.out.strip(), "INSERT", "token_hash"):
        assert secret not in made.err


def test_rotating_seals_everything_anew_and_tells_what_it_did(pierre, home: Path):
    async def keep() -> None:
        store = await ConnectionStore.opened(Settings(home=home))
        await store.put(a_record(ADA))
        await store.close()

    async def read() -> str:
        store = await ConnectionStore.opened(Settings(home=home))
        try:
            return (await store.connection(ADA, "lakeside")).tokens.access
        finally:
            await store.close()

    anyio.run(keep)
    first = json.loads(pierre("keys", "rotate", "--json").out)
    second = pierre("keys", "rotate")
    assert (first["resealed_rows"], first["unreadable_rows"]) == (1, 0)
    assert second.code == 0
    assert "rows sealed anew: 1." in second.out
    assert first["sealing_key"] in second.out
    assert anyio.run(read) == "access-1"


def test_rotating_says_what_does_not_open(pierre, home: Path):
    async def keep() -> None:
        store = await ConnectionStore.opened(Settings(home=home))
        await store.put(a_record(ADA))
        await store.close()

    anyio.run(keep)
    (home / "master.key").unlink()
    done = pierre("keys", "rotate")
    assert done.code == 0
    assert "Rows that do not open with any key there is: 1;" in done.out


def test_a_group_without_a_command_shows_its_commands(pierre):
    shown = pierre("token")
    assert "revoke" in shown.out + shown.err
