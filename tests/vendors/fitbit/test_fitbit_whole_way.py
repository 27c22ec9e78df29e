"""The whole way, as one person goes it: our server as a process, a client, a browser, and Google.

Google is a strict fake on a socket of this machine, to which the operator's settings lead. Nothing
of ours is replaced: what runs is the command line, with its store, its pages and its client.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
from databases import account_kept
from fitbit_consent import CLIENT_ID, GoogleConsent
from fitbit_fake import EVERY_SCOPE, FakeFitbit
from fitbit_history import NOW, history
from harbour import free_port
from mcp import Client, StdioServerParameters
from processes import PIERRE, environ_of

from pierre_mcp.composition import Composition
from pierre_mcp.principal import LOCAL
from pierre_mcp.settings import load_settings
from providers.fitbit import SLEEP

HISTORY = history(71, 120, days=60)
DAYS = {"start_date": f"{NOW.date() - timedelta(days=13)}", "end_date": f"{NOW.date()}"}


@dataclass(kw_only=True)
class Way:
    """A client on a server that is on its way to Google."""

    fake: FakeFitbit
    consent: GoogleConsent
    client: Client
    browser: httpx2.AsyncClient
    home: Path

    async def two_hours_pass(self) -> None:
        """Move what is kept of the connection into the past, where another process may write."""
        passed = timedelta(hours=2)
        async with Composition(load_settings({"PIERRE_HOME": str(self.home)})) as beside:
            store = await beside.store()
            record = await store.connection(LOCAL, "fitbit")
            assert record is not None
            assert record.tokens.expires_at is not None
            tokens = replace(
                record.tokens,
                obtained_at=record.tokens.obtained_at - passed,
                expires_at=record.tokens.expires_at - passed,
            )
            assert await store.update(replace(record, tokens=tokens)) is not None
        self.consent.end_access()

    async def ask(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The answer of a call that has to succeed."""
        result = await self.client.call_tool(tool, {"provider": "fitbit", **arguments})
        assert not result.is_error, result.content
        assert result.structured_content is not None
        return dict(result.structured_content)

    async def refusal(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The error of a call that has to fail."""
        result = await self.client.call_tool(tool, {"provider": "fitbit", **arguments})
        assert result.is_error
        assert result.structured_content is not None
        return dict(result.structured_content["error"])

    async def connect(self) -> str:
        """The page that a person sees at the end."""
        told = (await self.ask("connect_provider"))["result"]
        assert told["status"] == "pending_authorization"
        return (await self.browser.get(told["authorization_url"])).text


@asynccontextmanager
async def on_the_way(home: Path, **settings: str) -> AsyncIterator[Way]:
    """Everything in place."""
    consent = GoogleConsent()
    fake = FakeFitbit(HISTORY, accepts=consent.accepts)
    fake.api.routes.update(consent.routes)
    async with fake.api:
        base = fake.api.url
        environ = environ_of(
            home,
            {
                "PIERRE_PROVIDERS": "fitbit",
                "PIERRE_FITBIT_CLIENT_ID": CLIENT_ID,
                "PIERRE_FITBIT_CLIENT_SECRET": "shh",
                "PIERRE_FITBIT_AUTH_URL": f"{base}/oauth/authorize",
                "PIERRE_FITBIT_TOKEN_URL": f"{base}/oauth/token",
                "PIERRE_FITBIT_REVOKE_URL": f"{base}/oauth/revoke",
                "PIERRE_FITBIT_API_BASE_URL": f"{base}/v4",
                "PIERRE_FITBIT_REDIRECT_URI": (
                    f"http://localhost:{free_port()}/api/oauth/callback/fitbit"
                ),
                **settings,
            },
        )
        command = StdioServerParameters(command=PIERRE[0], args=[*PIERRE[1:], "serve"], env=environ)
        async with (
            httpx2.AsyncClient(follow_redirects=True, trust_env=False) as browser,
            Client(command) as client,
        ):
            yield Way(fake=fake, consent=consent, client=client, browser=browser, home=home)


def rows(answer: dict[str, Any]) -> list[dict[str, Any]]:
    result = answer["result"]
    return [dict(zip(result["columns"], row, strict=True)) for row in result["rows"]]


async def test_the_whole_way(tmp_path: Path):
    async with on_the_way(tmp_path) as way:
        # Connecting
        assert "connect_provider" in (await way.refusal("get_athlete"))["message"]
        assert "Fitbit is connected" in await way.connect()
        grant = way.consent.grants[0]
        assert grant.challenge is not None
        assert set(grant.scope.split(" ")) == EVERY_SCOPE
        assert await account_kept(tmp_path, "fitbit") == "111"  # whom a push names

        # Who it is
        athlete = (await way.ask("get_athlete"))["result"]["athlete"]
        assert (athlete["timezone"], athlete["height_meters"]) == ("Europe/Zurich", 1.79)

        # A list by cursor
        ids: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            answer = await way.ask("get_activities", limit=50, **cursor)
            ids += [row["id"] for row in rows(answer)]
            if "next_cursor" not in answer["meta"]:
                break
            cursor = {"cursor": answer["meta"]["next_cursor"]}
        assert sorted(ids) == sorted(p["name"].rpartition("/")[2] for p in HISTORY.exercises)

        # The access token ends; the refresh token stays
        await way.two_hours_pass()
        run = next(
            p["name"].rpartition("/")[2]
            for p in HISTORY.exercises
            if p["exercise"]["exerciseMetadata"] and "splits" in p["exercise"]
        )
        parts = ["laps", "streams", "zones"]
        whole = (await way.ask("get_activity", activity_id=run, include=parts))["result"]
        assert len(whole["laps"]["rows"]) == 2
        assert whole["streams"]["samples_recorded"] > 10
        assert (way.consent.token_requests, way.consent.refreshes) == (2, 1)

        # Nights and days
        nights = rows(await way.ask("get_sleep_sessions", **DAYS))
        assert len({night["date"] for night in nights}) == 14
        recovery = rows(await way.ask("get_recovery_metrics", **DAYS))
        assert len(recovery) == 12
        assert all(day["hrv_rmssd_ms"] for day in recovery)
        health = rows(await way.ask("get_health_metrics", **DAYS))
        assert {day["date"]: day["steps"] for day in health if day["steps"]} == {
            str(day): steps
            for day, steps in HISTORY.steps.items()
            if DAYS["start_date"] <= str(day) <= DAYS["end_date"]
        }

        # And the end of it
        told = (await way.ask("disconnect_provider"))["result"]
        assert (told["status"], told["revoked"]) == ("disconnected", "revoked")
        assert (way.consent.revocations, grant.revoked) == (1, True)
        way.fake.api.requests.clear()
        for tool in ("get_athlete", "get_sleep_sessions", "get_health_metrics"):
            assert (await way.refusal(tool))["type"] == "not_connected"
        assert way.fake.api.requests == []


async def test_what_a_person_unticks_at_google_is_told_and_costs_no_request(tmp_path: Path):
    async with on_the_way(tmp_path) as way:
        way.consent.granted_scope = " ".join(EVERY_SCOPE - {SLEEP})
        way.fake.scopes = EVERY_SCOPE - {SLEEP}
        assert "your nights and naps" in await way.connect()
        way.fake.api.requests.clear()
        assert (await way.refusal("get_sleep_sessions", **DAYS))["type"] == "missing_scope"
        assert way.fake.api.requests == []
        assert rows(await way.ask("get_activities"))


async def test_who_configures_the_web_api_learns_that_it_is_gone(tmp_path: Path):
    async with on_the_way(tmp_path, PIERRE_FITBIT_CLIENT_ID="23ABCD") as way:
        told = await way.refusal("connect_provider")
        assert "The Fitbit Web API ended on 2026-11-02" in told["message"]
        assert "PIERRE_FITBIT_CLIENT_ID" in told["message"]
        assert way.fake.api.requests == []
