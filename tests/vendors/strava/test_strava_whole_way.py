"""The whole way, as one person goes it: our server as a process, a client, a browser, and Strava.

Strava is a strict fake on a socket of this machine, to which the operator's settings lead. Nothing
of ours is replaced: what runs is the command line, with its store, its pages and its client.
"""

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from harbour import free_port
from mcp import Client, StdioServerParameters
from processes import PIERRE, environ_of, serving
from strava_consent import StravaConsent
from strava_fake import FakeStrava
from strava_history import Entry, history

from pierre_mcp.composition import Composition, system_clock
from pierre_mcp.principal import LOCAL
from pierre_mcp.settings import load_settings
from pierre_mcp.testing import FakeApi
from providers.strava.sports import SPORTS

HISTORY = history(71, 1000)
OLDEST, NEWEST = HISTORY[-1].true_start.date(), HISTORY[0].true_start.date()
TRANSPORTS = ["stdio", "streamable-http"]


@dataclass(kw_only=True)
class Way:
    """A client on a server that is on its way to Strava."""

    fake: FakeStrava
    consent: StravaConsent
    client: Client
    home: Path
    browser: httpx2.AsyncClient

    async def ask(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The answer of a call that has to succeed."""
        result = await self.client.call_tool(tool, {"provider": "strava", **arguments})
        assert not result.is_error, result.content
        assert result.structured_content is not None
        return dict(result.structured_content)

    async def refusal(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The error of a call that has to fail."""
        result = await self.client.call_tool(tool, {"provider": "strava", **arguments})
        assert result.is_error
        assert result.structured_content is not None
        return dict(result.structured_content["error"])

    async def status(self) -> dict[str, Any]:
        answer = await self.ask("get_connection_status")
        return dict(answer["result"]["providers"]["strava"])

    async def open(self, link: str) -> httpx2.Response:
        """What a browser and its person do: follow every redirect, and press our button."""
        page = await self.browser.get(link)
        if page.url.path.startswith("/connect/"):
            assert "Strava will be connected to the assistant on this computer" in page.text
            origin = f"{page.url.scheme}://{page.url.netloc.decode()}"
            page = await self.browser.post(str(page.url), headers={"Origin": origin})
            assert [name[:7] for name in self.browser.cookies] == ["pierre_"]
        return page

    async def connect(self) -> httpx2.Response:
        told = (await self.ask("connect_provider"))["result"]
        assert told["status"] == "pending_authorization"
        assert (await self.status())["status"] == "pending"
        return await self.open(told["authorization_url"])

    async def seven_hours_pass(self) -> None:
        """Move what is kept of the connection into the past, where another process may write."""
        configuration = load_settings({"PIERRE_HOME": str(self.home)})
        async with Composition(configuration) as beside:
            store = await beside.store()
            record = await store.connection(LOCAL, "strava")
            assert record is not None
            assert record.tokens.expires_at is not None
            passed = timedelta(hours=7)
            tokens = replace(
                record.tokens,
                obtained_at=record.tokens.obtained_at - passed,
                expires_at=record.tokens.expires_at - passed,
            )
            assert await store.update(replace(record, tokens=tokens)) is not None
        self.consent.end_access()


def settings_for(fake: FakeStrava, port: int) -> dict[str, str]:
    """What an operator sets to have another Strava asked."""
    base = fake.api.url
    return {
        "PIERRE_PROVIDERS": "strava",
        "PIERRE_STRAVA_CLIENT_ID": "client",
        "PIERRE_STRAVA_CLIENT_SECRET": "shh",
        "PIERRE_STRAVA_AUTH_URL": f"{base}/oauth/authorize",
        "PIERRE_STRAVA_TOKEN_URL": f"{base}/oauth/token",
        "PIERRE_STRAVA_REVOKE_URL": f"{base}/oauth/revoke",
        "PIERRE_STRAVA_API_BASE_URL": f"{base}/api/v3",
        "PIERRE_STRAVA_REDIRECT_URI": f"http://localhost:{port}/api/oauth/callback/strava",
    }


@contextmanager
def served(transport: str, environ: dict[str, str], port: int) -> Iterator[Any]:
    """What a client connects to: a command to start, or the address of a server that runs."""
    if transport == "stdio":
        yield StdioServerParameters(command=PIERRE[0], args=[*PIERRE[1:], "serve"], env=environ)
    else:
        with serving(environ, transport, "--port", str(port)) as server:
            yield server.url


@asynccontextmanager
async def on_the_way(
    transport: str, home: Path, entries: list[Entry], **settings: str
) -> AsyncIterator[Way]:
    """Everything in place; ``{strava}`` in a setting becomes the address of the fake."""
    consent, port = StravaConsent(now=system_clock), free_port()
    fake = FakeStrava(entries, accepts=consent.accepts)
    fake.api.routes.update(consent.routes)
    async with fake.api:
        changed = {name: text.format(strava=fake.api.url) for name, text in settings.items()}
        environ = environ_of(home, settings_for(fake, port) | changed)
        with served(transport, environ, port) as target:
            async with (
                httpx2.AsyncClient(follow_redirects=True, trust_env=False) as browser,
                Client(target) as client,
            ):
                yield Way(fake=fake, consent=consent, client=client, home=home, browser=browser)


async def listed(way: Way, limit: int) -> tuple[list[str], dict[int, int]]:
    """The ids of every page to the end, and how many requests so many of them had cost."""
    ids: list[str] = []
    costs: dict[int, int] = {}
    cursor: dict[str, str] = {}
    way.fake.api.requests.clear()
    while True:
        answer = await way.ask("get_activities", limit=limit, **cursor)
        ids += [row[0] for row in answer["result"]["rows"]]
        costs.setdefault(len(ids), way.fake.asked.count("/athlete/activities"))
        if "next_cursor" not in answer["meta"]:
            assert answer["meta"]["complete"]
            return ids, costs
        cursor = {"cursor": answer["meta"]["next_cursor"]}


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_the_whole_way(transport: str, tmp_path: Path):
    async with on_the_way(transport, tmp_path, HISTORY) as way:
        # Connecting
        assert (await way.status())["status"] == "disconnected"
        assert "connect_provider" in (await way.refusal("get_athlete"))["message"]
        page = await way.connect()
        assert "Strava is connected" in page.text
        assert await way.status() == {"connected": True, "status": "connected"}
        assert (way.consent.token_requests, way.consent.refreshes) == (1, 0)

        # Who it is
        athlete = (await way.ask("get_athlete"))["result"]["athlete"]
        assert (athlete["name"], athlete["weight_kg"]) == ("Ada Example", 61.5)
        assert athlete["heart_rate_zone_floors_bpm"] == [0, 115, 152, 171, 190]

        # A thousand activities by cursor
        ids, costs = await listed(way, 200)
        assert len(ids) == 1000
        assert set(ids) == {str(e.id) for e in HISTORY}
        assert costs == {200: 1, 400: 2, 600: 3, 800: 4, 1000: 5}

        # One of them in detail
        ride = next(e for e in HISTORY if e.detail.get("device_watts") and not e.detail["manual"])
        parts = ["laps", "streams", "zones"]
        answer = await way.ask("get_activity", activity_id=str(ride.id), include=parts)
        whole = answer["result"]
        assert whole["activity"]["average_power_watts"] == ride.summary["average_watts"]
        assert len(whole["laps"]["rows"]) == 2
        assert whole["streams"]["samples_recorded"] == ride.summary["moving_time"] // 5 + 1
        assert {row[0] for row in whole["zones"]["rows"]} >= {"power_watts"}

        # The access token ends, and four questions at once need a new one
        await way.seven_hours_pass()
        answers: list[dict[str, Any]] = []

        async def again(number: int) -> None:
            answers.append(await way.ask("get_activity", activity_id=str(HISTORY[number].id)))

        async with anyio.create_task_group() as tasks:
            for number in range(4):
                tasks.start_soon(again, number)
        assert len(answers) == 4
        assert (way.consent.token_requests, way.consent.refreshes) == (2, 1)

        # Sums of every sport, and bests
        span = {"start_date": f"{OLDEST - timedelta(days=1)}", "end_date": f"{NEWEST}"}
        stats = (await way.ask("get_stats", group_by="sport", **span))["result"]
        assert stats["totals"]["activity_count"] == 1000
        counted = {row[0]: row[1] for row in stats["groups"]["rows"]}
        words = [SPORTS.get(e.summary["sport_type"]) for e in HISTORY]
        assert counted == Counter("other" if word is None else word.value for word in words)
        records = (await way.ask("get_personal_records"))["result"]
        rows = [dict(zip(records["columns"], row, strict=True)) for row in records["rows"]]
        longest = [r["value"] for r in rows if r["kind"] == "longest_distance"]
        assert max(longest) == pytest.approx(max(e.summary["distance"] for e in HISTORY), abs=1)
        assert "best_effort" in {row["basis"] for row in rows}

        # And the end of it
        told = (await way.ask("disconnect_provider"))["result"]
        assert (told["status"], told["revoked"]) == ("disconnected", "revoked")
        assert (way.consent.revocations, way.consent.grants[0].revoked) == (1, True)
        way.fake.api.requests.clear()
        for tool, arguments in (
            ("get_athlete", {}),
            ("get_activities", {}),
            ("get_activity", {"activity_id": str(ride.id)}),
            ("get_stats", {}),
            ("get_personal_records", {}),
        ):
            assert (await way.refusal(tool, **arguments))["type"] == "not_connected"
        assert (await way.status())["status"] == "disconnected"
        assert way.fake.api.requests == []


async def test_another_host_and_the_older_way_of_revoking_are_settings(tmp_path: Path):
    """The host of 2027, and what is answered until then; tokens stand in the header alone."""
    moved = FakeApi()
    async with (
        moved,
        on_the_way(
            "stdio",
            tmp_path,
            HISTORY[:30],
            PIERRE_STRAVA_API_BASE_URL=f"{moved.url}/next",
            PIERRE_STRAVA_REVOKE_URL="{strava}/oauth/deauthorize",
            PIERRE_STRAVA_REVOKE_STYLE="access_token_form",
        ) as way,
    ):
        for name in [name for name in way.fake.api.routes if "/api/v3/" in name]:
            moved.routes[name.replace("/api/v3/", "/next/")] = way.fake.api.routes.pop(name)
        await way.connect()
        ids, _ = await listed(way, 20)
        assert len(ids) == 30
        token = moved.requests[0].bearer
        assert token is not None
        for request in moved.requests:
            assert request.bearer == token
            assert token not in f"{request.path}{request.query}{request.body!r}"
        assert (await way.ask("disconnect_provider"))["result"]["revoked"] == "revoked"
        assert way.consent.deauthorized == [token]
        assert way.consent.revocations == 0


async def test_what_a_person_unticks_at_strava_is_told_and_costs_no_request(tmp_path: Path):
    async with on_the_way("stdio", tmp_path, HISTORY[:30]) as way:
        way.consent.granted_scope = "read,profile:read_all"
        page = await way.connect()
        assert "<h2>What you left out</h2><ul><li>your activities</li>" in page.text
        way.fake.api.requests.clear()
        assert (await way.refusal("get_activities"))["type"] == "missing_scope"
        assert way.fake.api.requests == []
        assert "activity:read_all" in (await way.status())["missing_scopes"]
        assert (await way.ask("get_athlete"))["result"]["athlete"]["weight_kg"] == 61.5


async def test_a_refused_connection_is_told_in_plain_words(tmp_path: Path):
    async with on_the_way("stdio", tmp_path, HISTORY[:30]) as way:
        way.consent.consents = False
        assert "You chose not to allow it" in (await way.connect()).text
        assert (await way.status())["status"] == "disconnected"
        assert way.consent.token_requests == 0
