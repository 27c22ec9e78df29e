"""``disconnect``, ``export`` and ``forget``: what a person can take along, and have removed."""

import json
import stat
import sys
from pathlib import Path

import pytest
from databases import ADA, a_record
from harbour import NOW
from quay import Quay

from pierre_mcp.connections.store import ConnectionStore
from pierre_mcp.models import Decision
from pierre_mcp.principal import LOCAL
from pierre_mcp.server.identity.api_tokens import new_api_token
from pierre_mcp.settings import Settings
from pierre_mcp.testing import FakeRequest, Reply

on_a_terminal = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")


async def kept(home: Path, *providers: str) -> str:
    """Keep connections and an API token of Ada's; the token."""
    store = await ConnectionStore.opened(Settings(home=home))
    for provider in providers:
        await store.put(a_record(ADA, provider))
    new = new_api_token(ADA.tenant, ADA.user, label="her watch", now=NOW)
    await store.add_api_token(new.record, new.token_hash)
    await store.close()
    return new.text


async def said_of_doubles(home: Path) -> None:
    """Keep the local person's word on one pair of the provider's records and on one without it."""
    store = await ConnectionStore.opened(Settings(home=home))
    for provider in ("harbour", "files"):
        one, other = (provider, "1"), ("files", "2")
        await store.decide(LOCAL, Decision(one=one, other=other, same=True, decided_at=NOW))
    await store.close()


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def refuses(_: FakeRequest) -> Reply:
    return 503, None, {}


async def test_disconnecting_revokes_there_and_removes_here(quay: Quay):
    await quay.connected()
    done = await quay.run("disconnect", "harbour")
    assert (done.code, done.err) == (0, "")
    assert "Harbour has confirmed" in done.out
    assert "What was kept of it here is removed." in done.out
    assert quay.harbour.oauth.grants[0].revoked
    assert (await quay.status())["status"] == "disconnected"


async def test_disconnecting_what_is_not_connected_is_no_failure(quay: Quay):
    done = await quay.run("disconnect", "harbour", "--json")
    assert (done.code, json.loads(done.out)) == (
        0,
        {
            "provider": "harbour",
            "status": "nothing_to_disconnect",
            "message": "Harbour was not connected, so there was nothing to revoke or remove.",
        },
    )


async def test_a_provider_that_does_not_listen_is_said_and_what_is_here_goes(quay: Quay):
    await quay.connected()
    quay.harbour.api.routes["POST /oauth/revoke"] = refuses
    done = await quay.run("disconnect", "harbour", "--json")
    told = json.loads(done.out)
    assert (done.code, told["status"], told["revoked"]) == (1, "disconnected", "failed")
    assert "did not confirm" in told["message"]
    assert (await quay.status())["status"] == "disconnected"


async def test_a_connection_whose_key_is_lost_can_be_removed(quay: Quay, home: Path):
    await quay.connected()
    (home / "master.key").unlink()
    done = await quay.run("disconnect", "harbour", "--json")
    assert (done.code, json.loads(done.out)["revoked"]) == (1, "failed")
    assert (await quay.status())["status"] == "disconnected"


async def test_an_unknown_provider_cannot_be_disconnected(quay: Quay):
    done = await quay.run("disconnect", "nowhere")
    assert (done.code, done.out) == (2, "")
    assert "Provider 'nowhere' is not supported." in done.err


# What is kept of a person


async def test_an_export_holds_what_is_kept_and_no_secret(quay: Quay):
    await quay.connected()
    done = await quay.run("export")
    told = json.loads(done.out)
    assert (done.code, done.err) == (0, "")
    assert (told["tenant"], told["user"]) == ("local", "local")
    (connection,) = told["connections"]
    assert (connection["provider"], connection["has_access"]) == ("harbour", True)
    assert "access-" not in done.out


async def test_an_export_of_somebody_else_is_theirs(quay: Quay, home: Path):
    await kept(home, "harbour")
    done = await quay.run("export", "--tenant", ADA.tenant, "--user", ADA.user)
    told = json.loads(done.out)
    assert [one["label"] for one in told["api_tokens"]] == ["her watch"]
    assert json.loads((await quay.run("export")).out)["connections"] == []


async def test_an_exported_file_is_private_and_replaces_nothing_unasked(quay: Quay, tmp_path: Path):
    await quay.connected()
    file = tmp_path / "mine.json"
    first = await quay.run("export", "--output", str(file))
    assert (first.code, first.out) == (0, "")
    assert json.loads(file.read_text(encoding="utf-8"))["connections"]
    if sys.platform != "win32":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.write_text("precious", encoding="utf-8")
    file.chmod(0o644)
    second = await quay.run("export", "--output", str(file))
    assert (second.code, second.err.count("\n")) == (2, 1)
    assert "--force" in second.err
    assert file.read_text(encoding="utf-8") == "precious"
    assert (await quay.run("export", "--output", str(file), "--force")).code == 0
    assert json.loads(file.read_text(encoding="utf-8"))["connections"]
    if sys.platform != "win32":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert names_in(tmp_path) == {"home", "mine.json", "site"}


async def test_a_file_that_cannot_be_written_is_one_sentence(quay: Quay, tmp_path: Path):
    done = await quay.run("export", "--output", str(tmp_path / "nowhere" / "mine.json"))
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)


@pytest.mark.parametrize("command", ["export", "forget"])
@pytest.mark.parametrize("half", ["--tenant", "--user"])
async def test_half_a_person_is_nobody(quay: Quay, command: str, half: str):
    done = await quay.run(command, half, "ada")
    assert (done.code, done.out) == (2, "")
    assert "give both" in done.err


async def test_forgetting_revokes_first_and_leaves_nothing(quay: Quay, home: Path):
    await quay.connected()
    await said_of_doubles(home)
    done = await quay.run("forget", "--yes", "--json")
    assert (done.code, json.loads(done.out)) == (
        0,
        {
            "tenant": "local",
            "user": "local",
            "removed": {"connections": 1, "authorizations": 0, "api_tokens": 0, "decisions": 2},
            "revocations": {"harbour": "revoked"},
        },
    )
    assert quay.harbour.oauth.grants[0].revoked
    told = json.loads((await quay.run("export")).out)
    assert told["connections"] == told["authorizations"] == told["api_tokens"] == []
    assert told["decisions"] == []


async def test_forgetting_somebody_says_which_revocations_failed(quay: Quay, home: Path):
    await kept(home, "harbour", "gone-since")
    await quay.connected()
    quay.harbour.api.routes["POST /oauth/revoke"] = refuses
    person = ("--tenant", ADA.tenant, "--user", ADA.user)
    done = await quay.run("forget", "--yes", *person)
    assert done.code == 1
    assert "Harbour did not confirm" in done.out
    assert "gone-since could not be told" in done.out
    assert "connections 2, consents under way 0, API tokens 1, decisions on doubles 0." in done.out
    told = json.loads((await quay.run("export", *person)).out)
    assert told["connections"] == told["api_tokens"] == []
    assert (await quay.status())["status"] == "connected"


async def test_without_a_terminal_forgetting_has_to_be_meant(quay: Quay):
    await quay.connected()
    done = await quay.run("forget", piped="y\n")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert "--yes" in done.err
    assert (await quay.status())["status"] == "connected"


@on_a_terminal
@pytest.mark.parametrize(("answer", "code", "status"), [("n", 1, "connected"), ("", 1, "connected"),
                                                         ("y", 0, "disconnected")])  # fmt: skip
async def test_on_a_terminal_forgetting_is_asked_about(
    quay: Quay, answer: str, code: int, status: str
):
    await quay.connected()
    with quay.talk("forget", on_terminal=True) as talk:
        await talk.until(r"all that is kept of you, API tokens too\? \[y/N\]: ")
        talk.type(answer)
        done = await talk.end()
    assert done.code == code, done.err
    assert (await quay.status())["status"] == status


async def test_a_connection_that_was_never_ours_to_see_stays(quay: Quay, home: Path):
    text = await kept(home, "harbour")
    await quay.run("forget", "--yes")
    told = json.loads((await quay.run("export", "--tenant", ADA.tenant, "--user", ADA.user)).out)
    assert len(told["connections"]) == len(told["api_tokens"]) == 1
    assert text not in json.dumps(told)
