"""The route of webhooks, over real HTTP, with a provider of somebody else's that pushes.

What is genuine ends connections or is taken; what is not changes nothing and is told nothing, not
even whether there is such an account.
"""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
import structlog
from harbour import Harbour, HarbourFactory, harbour
from many_people import Served, served

from pierre_mcp.composition import Composition
from pierre_mcp.connections.records import ConnectionRecord, Tokens
from pierre_mcp.errors import StoreUnavailable
from pierre_mcp.principal import LOCAL, Principal
from pierre_mcp.server.pushes import MOST_BYTES
from pierre_mcp.spi import (
    Changed,
    ProviderConfig,
    Push,
    Pushed,
    PushReply,
    WebhookReceiver,
)

ADA, BEA = Principal("club", "ada"), Principal("club", "bea")
OWNERS = {ADA: "100", BEA: "101", LOCAL: "100"}
AGE = timedelta(minutes=5)


class HarbourPushes(WebhookReceiver):
    """Signs time and body with the client secret; asks for an echo before the first push."""

    def handshake(self, push: Push, config: ProviderConfig) -> PushReply | None:
        if push.method != "GET" or "challenge" not in push.query:
            return None
        if push.query.get("token") != config.client_secret:
            return PushReply(status=403)
        return PushReply(body={"challenge": push.query["challenge"]})

    def is_genuine(self, push: Push, config: ProviderConfig) -> bool:
        stamp = push.headers.get("x-harbour-time", "")
        signed = signature(stamp, push.body, config.client_secret or "")
        if not hmac.compare_digest(signed, push.headers.get("x-harbour-signature", "")):
            return False
        return abs(push.received_at.timestamp() - float(stamp)) <= AGE.total_seconds()

    def read(self, push: Push) -> tuple[Pushed, ...]:
        told = json.loads(push.body)
        changed = frozenset({Changed.ACTIVITIES})
        return tuple(
            Pushed(account_id=one["owner"], changed=changed, ended=one.get("ended", False))
            for one in told
        )

    def reply(self) -> PushReply:
        return PushReply(body={"message": "taken"})


class PushingFactory(HarbourFactory):
    def webhook_receiver(self, name: str) -> WebhookReceiver | None:
        return HarbourPushes()


def signature(stamp: str, body: bytes, key: str = "shh") -> str:
    return hmac.new(key.encode(), stamp.encode() + body, hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class Site:
    """A server, and the port of the provider that pushes to it."""

    port: Harbour
    composition: Composition
    served: Served

    def address(self, provider: str = "harbour") -> str:
        return f"{self.served.url}/api/webhooks/{provider}"

    async def push(
        self,
        said: Any,
        *,
        provider: str = "harbour",
        key: str = "shh",
        late: timedelta = timedelta(),
        method: str = "POST",
        **headers: str,
    ) -> httpx2.Response:
        """What the provider, or who has its ``key``, sends."""
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        stamp = str((self.port.clock() - late).timestamp())
        signed = {
            "X-Harbour-Time": stamp,
            "X-Harbour-Signature": signature(stamp, body, key),
            **headers,
        }
        return await self.served.http.request(
            method, self.address(provider), content=body, headers=signed
        )

    async def half(self, request_line: str, headers: str) -> int:
        """The status that comes to whoever sends no more of the body than its first byte."""
        named = f"Host: 127.0.0.1:{self.served.port}\r\n{headers}\r\n["
        line = request_line.format(path="/api/webhooks/harbour")
        with anyio.fail_after(30):
            async with await anyio.connect_tcp("127.0.0.1", self.served.port) as stream:
                await stream.send(f"{line} HTTP/1.1\r\n{named}".encode())
                return int((await stream.receive()).split(b" ")[1])

    async def standing(self) -> dict[Principal, bool]:
        """Who is still connected."""
        store = await self.composition.store()
        rows = {one: await store.connection(one, "harbour") for one in OWNERS}
        return {one: row is not None and row.needs_reauth is None for one, row in rows.items()}


EVERYBODY = dict.fromkeys(OWNERS, True)


@asynccontextmanager
async def site(home: Path) -> AsyncIterator[Site]:
    async with harbour() as port:
        port.factory = PushingFactory()
        composition = port.composition(home)
        async with served(composition) as server:
            store = await composition.store()
            for principal, account in OWNERS.items():
                await store.put(
                    ConnectionRecord(
                        principal=principal,
                        provider="harbour",
                        tokens=Tokens(access="canary-of-a-token", obtained_at=port.clock()),
                        connected_at=port.clock(),
                        account_id=account,
                    )
                )
            yield Site(port, composition, server)


def headers_of(answer: httpx2.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name != "date"}


async def test_a_genuine_push_is_taken_and_answered_as_the_provider_wants_it(tmp_path: Path):
    async with site(tmp_path) as at:
        answer = await at.push([{"owner": "100"}, {"owner": "nobody here"}])
        assert (answer.status_code, answer.json()) == (200, {"message": "taken"})
        assert await at.standing() == EVERYBODY


async def test_an_ended_connection_is_marked_for_all_whose_account_it_is(tmp_path: Path):
    async with site(tmp_path) as at:
        assert (await at.push([{"owner": "100", "ended": True}])).status_code == 200
        assert await at.standing() == {ADA: False, BEA: True, LOCAL: False}
        status = await at.served.call(None, "get_connection_status", provider="harbour")
        told = status["result"]["providers"]["harbour"]
        assert (told["connected"], told["status"]) == (False, "needs_reauth")
        refused = await at.served.call(None, "get_activities", provider="harbour")
        assert refused["error"]["type"] == "needs_reauth"
        assert "ended at Harbour" in refused["error"]["message"]


async def test_a_push_that_comes_twice_changes_nothing_more(tmp_path: Path):
    async with site(tmp_path) as at:
        store = await at.composition.store()
        await at.push([{"owner": "101", "ended": True}])
        once = await store.connection(BEA, "harbour")
        assert (await at.push([{"owner": "101", "ended": True}])).status_code == 200
        assert await store.connection(BEA, "harbour") == once


async def test_a_forger_changes_nothing_and_learns_nothing(tmp_path: Path):
    """The answer is the same for an account that is known here and for one that is not."""
    async with site(tmp_path) as at:
        answers = [
            await at.push([{"owner": owner, "ended": True}], key="guessed")
            for owner in ("100", "101", "no such account")
        ]
        answers.append(await at.push(b"\xff not even JSON", key="guessed"))
        for answer in answers:
            assert (answer.status_code, answer.content) == (401, b"")
            assert headers_of(answer) == headers_of(answers[0])
        assert await at.standing() == EVERYBODY


async def test_a_genuine_push_does_not_tell_who_is_known_here_either(tmp_path: Path):
    async with site(tmp_path) as at:
        known = await at.push([{"owner": "100", "ended": True}])
        unknown = await at.push([{"owner": "no such account", "ended": True}])
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
    assert headers_of(known) == headers_of(unknown)


async def test_a_push_that_was_recorded_is_refused_later(tmp_path: Path):
    async with site(tmp_path) as at:
        ended = [{"owner": "100", "ended": True}]
        for late in (timedelta(minutes=6), timedelta(minutes=-6), timedelta(days=900)):
            assert (await at.push(ended, late=late)).status_code == 401
        assert await at.standing() == EVERYBODY


async def test_a_body_that_was_changed_on_the_way_is_refused(tmp_path: Path):
    async with site(tmp_path) as at:
        stamp = str(at.port.clock().timestamp())
        meant = json.dumps([{"owner": "101", "ended": False}]).encode()
        sent = meant.replace(b"false", b"true")
        answer = await at.push(
            sent, **{"X-Harbour-Time": stamp, "X-Harbour-Signature": signature(stamp, meant)}
        )
        assert answer.status_code == 401
        assert await at.standing() == EVERYBODY


@pytest.mark.parametrize("more", [1, 1_000_000])
async def test_a_push_larger_than_any_is_refused_though_it_is_signed(tmp_path: Path, more: int):
    async with site(tmp_path) as at:
        ended = json.dumps([{"owner": "100", "ended": True}]).encode()
        large = ended + b" " * (MOST_BYTES - len(ended) + more)
        assert (await at.push(large)).status_code == 413
        assert await at.standing() == EVERYBODY
        assert (await at.push(large[:MOST_BYTES])).status_code == 200


@pytest.mark.parametrize(
    ("request_line", "headers", "status"),
    [
        ("POST {path}", f"Content-Length: {MOST_BYTES + 1}\r\n", 413),
        ("GET {path}?challenge=42&token=shh", "Content-Length: 20\r\n", 200),
        ("GET {path}", f"Content-Length: {MOST_BYTES + 1}\r\n", 401),
    ],
    ids=["too large", "question", "no question"],
)
async def test_a_body_that_nobody_needs_is_not_waited_for(
    tmp_path: Path, request_line: str, headers: str, status: int
):
    async with site(tmp_path) as at:
        assert await at.half(request_line, headers) == status


async def test_a_push_that_does_not_end_is_not_waited_for_for_ever(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("pierre_mcp.server.pushes.MOST_SECONDS", 0.05)
    async with site(tmp_path) as at:
        assert await at.half("POST {path}", "Content-Length: 20\r\n") == 408
        assert await at.standing() == EVERYBODY


@pytest.mark.parametrize("name", ["synthetic", "nobody", "..", "harbour%2F..", "\u202eharbour"])
async def test_a_provider_that_does_not_push_has_no_such_address(tmp_path: Path, name: str):
    async with site(tmp_path) as at:
        answer = await at.push([{"owner": "100", "ended": True}], provider=name)
        assert answer.status_code == 404
        assert await at.standing() == EVERYBODY


async def test_the_question_before_the_first_push_is_answered(tmp_path: Path):
    async with site(tmp_path) as at:
        asked = {"challenge": "42", "token": "shh"}
        answer = await at.served.http.get(at.address(), params=asked)
        assert (answer.status_code, answer.json()) == (200, {"challenge": "42"})
        asked["token"] = "guessed"
        assert (await at.served.http.get(at.address(), params=asked)).status_code == 403


@pytest.mark.parametrize(("method", "status"), [("GET", 401), ("PUT", 405), ("DELETE", 405)])
async def test_only_what_is_posted_is_a_push(tmp_path: Path, method: str, status: int):
    async with site(tmp_path) as at:
        answer = await at.push([{"owner": "100", "ended": True}], method=method)
        assert answer.status_code == status
        assert await at.standing() == EVERYBODY


async def test_what_cannot_be_kept_now_is_to_be_sent_again(tmp_path: Path, monkeypatch):
    async with site(tmp_path) as at:

        async def away(*_: Any) -> None:
            raise StoreUnavailable("The database cannot be reached.")

        monkeypatch.setattr(at.composition, "connections", away)
        answer = await at.push([{"owner": "100", "ended": True}])
        assert (answer.status_code, answer.content) == (503, b"")
        monkeypatch.undo()
        assert await at.standing() == EVERYBODY
        assert (await at.push([{"owner": "100", "ended": True}])).status_code == 200
        assert (await at.standing())[ADA] is False


async def test_no_log_names_an_account_or_quotes_a_push(tmp_path: Path):
    with structlog.testing.capture_logs() as logs:
        async with site(tmp_path) as at:
            said = [{"owner": "100", "ended": True, "note": "canary-of-a-body"}]
            for key in ("guessed", "shh"):
                await at.push(said, key=key)
    refused = [entry for entry in logs if entry["event"] == "push_refused"]
    assert [entry["provider"] for entry in refused] == ["harbour"]
    assert "canary" not in str(logs)
    assert "'100'" not in str(logs)
