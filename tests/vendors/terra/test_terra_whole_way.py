"""The whole way, as one person goes it: our server as a process, a client, a browser, and Terra.

Terra is a strict fake on a socket of this machine, to which the operator's settings lead. Nothing
of ours is replaced: what runs is the command line, with its store, its pages and its client.
"""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from harbour import free_port
from mcp import Client, StdioServerParameters
from processes import PIERRE, environ_of, serving
from terra_consent import TerraConsent
from terra_fake import BASE, KEYS, FakeTerra
from terra_history import BRAND, USER, history

from pierre_mcp.composition import system_clock
from providers.terra.mapping import activity_of, id_of

HISTORY = history(71, 60, 90)
OLDEST = min(activity_of(payload, None).local_date for payload in HISTORY.activities)
BOUNDS = {"after": str(OLDEST), "before": "2026-05-03"}
DAYS = {"start_date": "2026-02-20", "end_date": "2026-05-02"}
SIGNING_SECRET = "made-up-signing-secret"
TOOLS = ("get_athlete", "get_activities", "get_sleep_sessions", "get_recovery_metrics",
         "get_health_metrics")  # fmt: skip


@dataclass(kw_only=True)
class Way:
    """A client on a server that is on its way to Terra."""

    fake: FakeTerra
    consent: TerraConsent
    client: Client
    browser: httpx2.AsyncClient
    address: str | None

    async def ask(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The answer of a call that has to succeed."""
        result = await self.client.call_tool(tool, {"provider": "terra", **arguments})
        assert not result.is_error, result.content
        assert result.structured_content is not None
        return dict(result.structured_content)

    async def refusal(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The error of a call that has to fail."""
        result = await self.client.call_tool(tool, {"provider": "terra", **arguments})
        assert result.is_error
        assert result.structured_content is not None
        return dict(result.structured_content["error"])

    async def status(self) -> str:
        answer = await self.ask("get_connection_status")
        return str(answer["result"]["providers"]["terra"]["status"])

    async def connect(self) -> httpx2.Response:
        """What a browser and its person do: follow every redirect, and press our button."""
        told = (await self.ask("connect_provider"))["result"]
        page = await self.browser.get(told["authorization_url"])
        if page.url.path.startswith("/connect/"):
            origin = f"{page.url.scheme}://{page.url.netloc.decode()}"
            page = await self.browser.post(str(page.url), headers={"Origin": origin})
        return page

    async def push(self, said: dict[str, Any], secret: str = SIGNING_SECRET) -> int:
        """The status of a push to the server, signed now."""
        assert self.address is not None
        parts = urlsplit(self.address)
        body, stamp = json.dumps(said).encode(), str(round(system_clock().timestamp()))
        signed = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256)
        answer = await self.browser.post(
            f"{parts.scheme}://{parts.netloc}/api/webhooks/terra",
            content=body,
            headers={"terra-signature": f"t={stamp},v1={signed.hexdigest()},v0=x"},
        )
        return answer.status_code


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
async def on_the_way(transport: str, home: Path, **settings: str) -> AsyncIterator[Way]:
    fake, port = FakeTerra(HISTORY), free_port()
    consent = TerraConsent(fake=fake)
    fake.api.routes.update(consent.routes)
    async with fake.api:
        environ = environ_of(
            home,
            {
                "PIERRE_PROVIDERS": "terra",
                "PIERRE_TERRA_DEV_ID": KEYS["dev-id"],
                "PIERRE_TERRA_API_KEY": KEYS["x-api-key"],
                "PIERRE_TERRA_SIGNING_SECRET": SIGNING_SECRET,
                "PIERRE_TERRA_API_BASE_URL": f"{fake.api.url}{BASE}",
                "PIERRE_TERRA_REDIRECT_URI": f"http://localhost:{port}/api/oauth/callback/terra",
                **settings,
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
                    browser=browser,
                    address=target if isinstance(target, str) else None,
                )


@pytest.mark.parametrize("transport", ["stdio", "streamable-http"])
async def test_the_whole_way_to_terra(transport: str, tmp_path: Path):
    async with on_the_way(transport, tmp_path) as way:
        # Connecting
        assert "connect_provider" in (await way.refusal("get_athlete"))["message"]
        assert "Terra is connected" in (await way.connect()).text
        assert await way.status() == "connected"
        (session,) = way.consent.sessions
        assert session["language"] == "en"

        # Who it is, and by which brand
        athlete = (await way.ask("get_athlete"))["result"]["athlete"]
        assert (athlete["name"], athlete["recorded_by"]) == ("Ada Example", BRAND)

        # Every activity by cursor, and one by itself
        ids: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            answer = await way.ask("get_activities", limit=40, **BOUNDS, **cursor)
            ids += [row["id"] for row in rows(answer["result"])]
            if "next_cursor" not in answer["meta"]:
                break
            cursor = {"cursor": answer["meta"]["next_cursor"]}
        assert len(ids) == len(HISTORY.activities)
        assert set(ids) == {id_of(payload) for payload in HISTORY.activities}
        ride = next(p for p in HISTORY.activities if p["metadata"]["type"] == 1)
        parts = {"include": ["laps", "streams"]}
        told = (await way.ask("get_activity", activity_id=id_of(ride), **parts))["result"]
        assert told["activity"]["recorded_by"] == BRAND
        assert told["activity"]["average_power_watts"] == 180
        assert len(told["laps"]["rows"]) == 2
        assert "power_watts" in told["streams"]["columns"]

        # Sleep, recovery and health
        sleep = rows((await way.ask("get_sleep_sessions", **DAYS))["result"])
        assert len(sleep) == len(HISTORY.nights)
        assert {night["recorded_by"] for night in sleep} == {BRAND}
        recovery = rows((await way.ask("get_recovery_metrics", **DAYS))["result"])
        assert sum(day["hrv_rmssd_ms"] is not None for day in recovery) > 15
        assert sum(day["recovery_score"] is not None for day in recovery) > 15
        health = rows((await way.ask("get_health_metrics", **DAYS))["result"])
        assert sum(day["weight_kg"] is not None for day in health) == len(HISTORY.bodies)

        # And the end of it
        told = (await way.ask("disconnect_provider"))["result"]
        assert (told["status"], told["revoked"]) == ("disconnected", "revoked")
        assert len(way.consent.ended) == 1
        way.fake.api.requests.clear()
        for tool in TOOLS:
            assert (await way.refusal(tool))["type"] == "not_connected"
        assert way.fake.api.requests == []


async def test_somebody_elses_user_on_the_way_back_is_not_taken(tmp_path: Path):
    """Who knows the id of another person's user could else read their data."""
    async with on_the_way("stdio", tmp_path) as way:
        for stranger in (USER, "no-such-user", "null"):
            way.consent.names = stranger
            page = await way.connect()
            assert "Terra is connected" not in page.text
            assert await way.status() == "disconnected"
            assert (await way.refusal("get_athlete"))["type"] == "not_connected"
        assert "/athlete" not in way.fake.asked
        way.consent.names = None
        assert "Terra is connected" in (await way.connect()).text


async def test_a_person_who_says_no_at_terra_is_not_connected(tmp_path: Path):
    """Although the way back names a user, and under our reference."""
    async with on_the_way("stdio", tmp_path) as way:
        way.consent.consents = False
        assert "Terra is connected" not in (await way.connect()).text
        assert await way.status() == "disconnected"


async def test_keys_that_terra_does_not_know_are_said_to_be_the_operators(tmp_path: Path):
    async with on_the_way("stdio", tmp_path, PIERRE_TERRA_API_KEY="another") as way:
        answer = await way.client.call_tool("connect_provider", {"provider": "terra"})
        text = str(answer.structured_content)
        assert "another" not in text
        if not answer.is_error:
            link = answer.structured_content["result"]["authorization_url"]
            assert "Terra is connected" not in (await way.browser.get(link)).text
        assert way.consent.sessions == []


async def test_a_push_that_terra_signed_ends_the_connection_and_no_other_does(tmp_path: Path):
    async with on_the_way("streamable-http", tmp_path) as way:
        await way.connect()
        (user,) = [user for user in way.fake.users.values() if user["user_id"] != USER]
        left = {"type": "deauth", "status": "success", "user": user}
        assert await way.push(left, secret="guessed") == 401
        assert await way.push({**left, "user": {"user_id": USER}}) == 200
        assert await way.push({"type": "activity", "user": user, "data": []}) == 200
        assert await way.status() == "connected"
        assert await way.push(left) == 200
        assert await way.status() != "connected"
        assert (await way.refusal("get_athlete"))["type"] in ("not_connected", "needs_reauth")
