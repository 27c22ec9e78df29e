"""The whole way, as one person goes it: our server as a process, a client, a browser, and WHOOP.

WHOOP is a strict fake on a socket of this machine, to which the operator's settings lead. Nothing
of ours is replaced: what runs is the command line, with its store, its pages and its client.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import anyio
import httpx2
import pytest
from databases import account_kept
from harbour import free_port
from mcp import Client, StdioServerParameters
from processes import PIERRE, environ_of, serving
from whoop_consent import WhoopConsent
from whoop_fake import BASE, FakeWhoop
from whoop_history import USER, history

from pierre_mcp.composition import Composition, system_clock
from pierre_mcp.principal import LOCAL
from pierre_mcp.settings import load_settings
from providers.whoop import DESCRIPTOR

HISTORY = history(71, 60, 120)
NIGHTS = [night for night in HISTORY.nights if not night["nap"]]


@dataclass(kw_only=True)
class Way:
    """A client on a server that is on its way to WHOOP."""

    fake: FakeWhoop
    consent: WhoopConsent
    client: Client
    home: Path
    browser: httpx2.AsyncClient
    address: str | None

    async def ask(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The answer of a call that has to succeed."""
        result = await self.client.call_tool(tool, {"provider": "whoop", **arguments})
        assert not result.is_error, result.content
        assert result.structured_content is not None
        return dict(result.structured_content)

    async def refusal(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The error of a call that has to fail."""
        result = await self.client.call_tool(tool, {"provider": "whoop", **arguments})
        assert result.is_error
        assert result.structured_content is not None
        return dict(result.structured_content["error"])

    async def status(self) -> dict[str, Any]:
        answer = await self.ask("get_connection_status")
        return dict(answer["result"]["providers"]["whoop"])

    async def connect(self) -> httpx2.Response:
        """What a browser and its person do: follow every redirect, and press our button."""
        told = (await self.ask("connect_provider"))["result"]
        page = await self.browser.get(told["authorization_url"])
        if page.url.path.startswith("/connect/"):
            origin = f"{page.url.scheme}://{page.url.netloc.decode()}"
            page = await self.browser.post(str(page.url), headers={"Origin": origin})
        return page

    async def two_hours_pass(self) -> None:
        """Move what is kept of the connection into the past, where another process may write."""
        configuration = load_settings({"PIERRE_HOME": str(self.home)})
        async with Composition(configuration) as beside:
            store = await beside.store()
            record = await store.connection(LOCAL, "whoop")
            assert record is not None
            assert record.tokens.expires_at is not None
            passed = timedelta(hours=2)
            tokens = replace(
                record.tokens,
                obtained_at=record.tokens.obtained_at - passed,
                expires_at=record.tokens.expires_at - passed,
            )
            assert await store.update(replace(record, tokens=tokens)) is not None
        self.consent.end_access()


def rows(told: dict[str, Any]) -> list[dict[str, Any]]:
    """A table as it is meant: records by the names of their columns."""
    return [dict(zip(told["columns"], row, strict=True)) for row in told["rows"]]


@contextmanager
def target_of(transport: str, environ: dict[str, str], port: int) -> Iterator[Any]:
    """What a client connects to: a command to start, or the address of a server that runs."""
    if transport == "stdio":
        yield StdioServerParameters(command=PIERRE[0], args=[*PIERRE[1:], "serve"], env=environ)
    else:
        with serving(environ, transport, "--port", str(port)) as server:
            yield server.url


@asynccontextmanager
async def on_the_way(transport: str, home: Path) -> AsyncIterator[Way]:
    consent, port = WhoopConsent(), free_port()
    fake = FakeWhoop(HISTORY, accepts=consent.accepts)
    fake.api.routes.update(consent.routes)
    async with fake.api:
        base = fake.api.url
        environ = environ_of(
            home,
            {
                "PIERRE_PROVIDERS": "whoop",
                "PIERRE_WHOOP_CLIENT_ID": "client",
                "PIERRE_WHOOP_CLIENT_SECRET": "shh",
                "PIERRE_WHOOP_AUTH_URL": f"{base}/oauth/oauth2/auth",
                "PIERRE_WHOOP_TOKEN_URL": f"{base}/oauth/oauth2/token",
                "PIERRE_WHOOP_REVOKE_URL": f"{base}{BASE}/user/access",
                "PIERRE_WHOOP_API_BASE_URL": f"{base}/developer",
                "PIERRE_WHOOP_REDIRECT_URI": f"http://localhost:{port}/api/oauth/callback/whoop",
            },
        )
        with target_of(transport, environ, port) as target:
            async with (
                httpx2.AsyncClient(follow_redirects=True, trust_env=False) as browser,
                Client(target) as client,
            ):
                yield Way(
                    fake=fake,
                    consent=consent,
                    client=client,
                    home=home,
                    browser=browser,
                    address=target if isinstance(target, str) else None,
                )


async def test_the_whole_way(tmp_path: Path):
    async with on_the_way("streamable-http", tmp_path) as way:
        # Connecting: refused, and then allowed
        assert "connect_provider" in (await way.refusal("get_athlete"))["message"]
        way.consent.consents = False
        assert "You chose not to allow it" in (await way.connect()).text
        assert (await way.status())["status"] == "disconnected"
        way.consent.consents = True
        assert "WHOOP is connected" in (await way.connect()).text
        assert await way.status() == {"connected": True, "status": "connected"}
        assert await account_kept(tmp_path, "whoop") == str(USER)  # whom a push names

        # Who it is
        athlete = (await way.ask("get_athlete"))["result"]["athlete"]
        assert (athlete["name"], athlete["weight_kg"]) == ("Ada Example", 61.5)

        # Every workout by cursor, and one by itself
        ids: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            answer = await way.ask("get_activities", limit=50, **cursor)
            ids += [row["id"] for row in rows(answer["result"])]
            if "next_cursor" not in answer["meta"]:
                break
            cursor = {"cursor": answer["meta"]["next_cursor"]}
        assert len(ids) == len(HISTORY.workouts)
        assert set(ids) == {workout["id"] for workout in HISTORY.workouts}
        scored = next(w for w in HISTORY.workouts if "distance_meter" in w.get("score", {}))
        told = await way.ask("get_activity", activity_id=scored["id"], include=["laps", "streams"])
        activity = told["result"]["activity"]
        assert activity["calories_kcal"] == pytest.approx(
            scored["score"]["kilojoule"] / 4.184, 0.01
        )

        # The access token ends; four questions at once need a new one, and it may do all it could
        await way.two_hours_pass()
        days = {
            "start_date": NIGHTS[-1]["start"][:10],
            "end_date": str(datetime.fromisoformat(NIGHTS[0]["end"]).date() + timedelta(days=1)),
        }
        answers: dict[str, dict[str, Any]] = {}

        async def ask(tool: str) -> None:
            answers[tool] = await way.ask(tool, **days)

        async with anyio.create_task_group() as tasks:
            for tool in ("get_sleep_sessions", "get_recovery_metrics", "get_health_metrics"):
                tasks.start_soon(ask, tool)
            tasks.start_soon(way.ask, "get_athlete")
        assert (way.consent.token_requests, way.consent.refreshes) == (2, 1)
        sleep = rows(answers["get_sleep_sessions"]["result"])
        assert len(sleep) == len(HISTORY.nights)
        assert sum(night["hrv_rmssd_ms"] is not None for night in sleep) > 30
        recovery = rows(answers["get_recovery_metrics"]["result"])
        assert sum(day["strain_score"] is not None for day in recovery) > 30
        assert sum(day["recovery_score"] == 0 for day in recovery) == 0
        health = rows(answers["get_health_metrics"]["result"])
        assert sum(day["total_calories_kcal"] is not None for day in health) > 30
        codes = {w["code"] for w in answers["get_recovery_metrics"]["meta"]["warnings"]}
        assert "not_scored" in codes

        # And the end of it
        told = (await way.ask("disconnect_provider"))["result"]
        assert (told["status"], told["revoked"]) == ("disconnected", "revoked")
        assert (way.consent.revocations, way.consent.grants[0].revoked) == (1, True)
        way.fake.api.requests.clear()
        for tool in ("get_athlete", "get_activities", "get_sleep_sessions", "get_health_metrics"):
            assert (await way.refusal(tool))["type"] == "not_connected"
        assert way.fake.api.requests == []


async def test_what_a_person_unticks_at_whoop_is_told_and_costs_no_request(tmp_path: Path):
    async with on_the_way("stdio", tmp_path) as way:
        way.consent.granted_scope = " ".join(
            scope for scope in DESCRIPTOR.default_scopes if scope != "read:sleep"
        )
        page = await way.connect()
        assert "<h2>What you left out</h2><ul><li>your sleep" in page.text
        way.fake.api.requests.clear()
        for tool in ("get_sleep_sessions", "get_recovery_metrics"):
            assert (await way.refusal(tool))["type"] == "missing_scope"
        assert way.fake.api.requests == []
        assert (await way.ask("get_athlete"))["result"]["athlete"]["weight_kg"] == 61.5


async def test_a_signed_push_is_taken_and_another_is_not(tmp_path: Path):
    said = {"user_id": 1, "id": HISTORY.workouts[0]["id"], "type": "workout.updated"}
    body = json.dumps(said).encode()
    stamp = str(round(system_clock().timestamp() * 1000))

    def headers(secret: str) -> dict[str, str]:
        signed = hmac.new(secret.encode(), stamp.encode() + body, hashlib.sha256).digest()
        return {
            "X-WHOOP-Signature-Timestamp": stamp,
            "X-WHOOP-Signature": base64.b64encode(signed).decode(),
        }

    async with on_the_way("streamable-http", tmp_path) as way:
        assert way.address is not None
        parts = urlsplit(way.address)
        address = f"{parts.scheme}://{parts.netloc}/api/webhooks/whoop"
        for secret, status in (("shh", 200), ("guessed", 401)):
            answer = await way.browser.post(address, content=body, headers=headers(secret))
            assert (answer.status_code, answer.content) == (status, b"")
