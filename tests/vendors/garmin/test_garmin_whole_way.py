"""The whole way, as one person goes it: our server as a process, a client, a browser, and Garmin.

Garmin is a strict fake on a socket of this machine, to which the operator's settings lead. Nothing
of ours is replaced: what runs is the command line, with its store, its pages and its client.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from garmin_fake import KEY, FakeGarmin
from garmin_history import OWNER, has_data, history
from harbour import free_port
from mcp import Client, StdioServerParameters
from processes import PIERRE, environ_of, serving

from pierre_mcp.composition import Composition, system_clock
from pierre_mcp.principal import LOCAL
from pierre_mcp.server.status import provider_list
from pierre_mcp.settings import load_settings

HISTORY = history(71, 120)
APRIL = {"start_date": "2026-04-01", "end_date": "2026-04-30"}
EXCHANGE = "/personalapitoken-service/personal-api/personal-api-key/token"


@dataclass(kw_only=True)
class Way:
    """A client on a server that is on its way to Garmin."""

    fake: FakeGarmin
    client: Client
    home: Path
    browser: httpx2.AsyncClient

    async def ask(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The answer of a call that has to succeed."""
        result = await self.client.call_tool(tool, {"provider": "garmin", **arguments})
        assert not result.is_error, result.content
        assert result.structured_content is not None
        return dict(result.structured_content)

    async def refusal(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The error of a call that has to fail."""
        result = await self.client.call_tool(tool, {"provider": "garmin", **arguments})
        assert result.is_error
        assert result.structured_content is not None
        return dict(result.structured_content["error"])

    async def status(self) -> dict[str, Any]:
        answer = await self.ask("get_connection_status")
        return dict(answer["result"]["providers"]["garmin"])

    async def rows(self, tool: str, **arguments: Any) -> list[dict[str, Any]]:
        table = (await self.ask(tool, **arguments))["result"]
        return [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]

    async def paste(self, link: str, key: str) -> httpx2.Response:
        """What a person does on our page: read where the key is made, and paste it."""
        page = await self.browser.get(link)
        assert "https://connect.garmin.com/app/settings/personalApiToken" in page.text
        origin = f"{page.url.scheme}://{page.url.netloc.decode()}"
        form = {"key": key, "lives_days": "90"}
        return await self.browser.post(str(page.url), data=form, headers={"Origin": origin})

    async def link(self) -> str:
        told = (await self.ask("connect_provider"))["result"]
        assert told["status"] == "pending_authorization"
        return str(told["authorization_url"])

    async def tokens_end(self, after: timedelta) -> None:
        """Move what is kept of the connection into the past, and let Garmin forget its tokens."""
        async with Composition(load_settings({"PIERRE_HOME": str(self.home)})) as beside:
            store = await beside.store()
            record = await store.connection(LOCAL, "garmin")
            assert record is not None
            assert record.tokens.expires_at is not None
            tokens = replace(
                record.tokens,
                obtained_at=record.tokens.obtained_at - after,
                expires_at=record.tokens.expires_at - after,
            )
            assert await store.update(replace(record, tokens=tokens)) is not None
        self.fake.end_tokens()


@contextmanager
def served(transport: str, environ: dict[str, str], port: int) -> Iterator[Any]:
    """What a client connects to: a command to start, or the address of a server that runs."""
    if transport == "stdio":
        yield StdioServerParameters(command=PIERRE[0], args=[*PIERRE[1:], "serve"], env=environ)
    else:
        with serving(environ, transport, "--port", str(port)) as server:
            yield server.url


@asynccontextmanager
async def on_the_way(transport: str, home: Path, **settings: str) -> AsyncIterator[Way]:
    """Everything in place; ``settings`` are the operator's beside the address."""
    port = free_port()
    # Several questions at once are each allowed their two requests.
    fake = FakeGarmin(HISTORY, now=system_clock, allows_at_once=8)
    async with fake.api:
        leading = {
            "PIERRE_PROVIDERS": "garmin",
            "PIERRE_GARMIN_API_BASE_URL": fake.api.url,
            "PIERRE_GARMIN_REDIRECT_URI": f"http://localhost:{port}/api/oauth/callback/garmin",
        }
        with served(transport, environ_of(home, leading | settings), port) as target:
            async with (
                httpx2.AsyncClient(follow_redirects=True, trust_env=False) as browser,
                Client(target) as client,
            ):
                yield Way(fake=fake, client=client, home=home, browser=browser)


async def one_activity(way: Way) -> None:
    ride = next(w for w in HISTORY if w.word == "road_biking")
    parts = ["laps", "streams", "zones"]
    whole = (await way.ask("get_activity", activity_id=str(ride.id), include=parts))["result"]
    assert whole["activity"]["average_power_watts"] == ride.row["avgPower"]
    assert whole["activity"]["device_name"] == "garmin fenix5"
    assert len(whole["laps"]["rows"]) == 1
    assert whole["streams"]["samples_recorded"] == ride.samples
    assert {row[0] for row in whole["zones"]["rows"]} == {"heart_rate_bpm"}


async def days(way: Way) -> None:
    worn = sum(has_data(date(2026, 4, number)) for number in range(1, 31))
    nights = await way.rows("get_sleep_sessions", **APRIL)
    assert sum(not night.get("is_nap") for night in nights) == worn
    recovery = await way.rows("get_recovery_metrics", **APRIL)
    assert len(recovery) == worn
    assert {"hrv_rmssd_ms", "stress_score", "energy_level_max"} <= set(recovery[0])
    health = await way.rows("get_health_metrics", **APRIL)
    assert {day["weight_kg"] for day in health} >= {61.9, 64.3}


@pytest.mark.parametrize("transport", ["stdio", "streamable-http"])
async def test_the_whole_way(transport: str, tmp_path: Path):
    async with on_the_way(transport, tmp_path) as way:
        # Connecting, at the second attempt
        assert (await way.status())["status"] == "disconnected"
        assert "connect_provider" in (await way.refusal("get_athlete"))["message"]
        link = await way.link()
        mistyped = await way.paste(link, "GCDC_mistyped")
        assert mistyped.status_code >= 400
        assert (await way.status())["connected"] is False
        page = await way.paste(await way.link(), KEY)
        assert "Garmin Connect is connected" in page.text
        status = await way.status()
        ends = datetime.fromisoformat(status.pop("expires_at"))
        assert status == {"connected": True, "status": "connected"}
        assert (ends.date() - way.fake.now().date()).days in (89, 90)
        assert way.fake.exchanges == 1

        # Who it is, and every activity by cursor
        athlete = (await way.ask("get_athlete"))["result"]["athlete"]
        assert (athlete["id"], athlete["name"]) == (str(OWNER), "Ada Example")
        ids: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            answer = await way.ask("get_activities", limit=50, **cursor)
            ids += [row[0] for row in answer["result"]["rows"]]
            if "next_cursor" not in answer["meta"]:
                break
            cursor = {"cursor": answer["meta"]["next_cursor"]}
        newest_first = sorted(HISTORY, key=lambda w: (w.start, str(w.id)), reverse=True)
        assert ids == [str(w.id) for w in newest_first]

        # One of them with what its file holds, and days
        await one_activity(way)
        await days(way)

        # The token ends, and four questions at once need a new one
        await way.tokens_end(timedelta(hours=24))
        answers: list[dict[str, Any]] = []

        async def again(number: int) -> None:
            answers.append(await way.ask("get_activity", activity_id=str(HISTORY[number].id)))

        async with anyio.create_task_group() as tasks:
            for number in range(4):
                tasks.start_soon(again, number)
        assert (len(answers), way.fake.exchanges) == (4, 2)

        # It dies early, which costs one exchange
        await way.tokens_end(timedelta(hours=1))
        await way.ask("get_activity", activity_id=ids[0], cache_policy="refresh")
        assert way.fake.exchanges == 3

        # Sums and bests, which Garmin does not offer
        stats = (await way.ask("get_stats", start_date="2020-01-01", group_by="sport"))["result"]
        assert stats["totals"]["activity_count"] == len(HISTORY)
        assert await way.rows("get_personal_records")

        # And the end of it: the key is the person's to delete
        told = (await way.ask("disconnect_provider"))["result"]
        assert told["status"] == "disconnected"
        for request in way.fake.api.requests:
            assert KEY not in f"{request.path}{request.query}{request.body!r}"
        way.fake.api.requests.clear()
        for tool in ("get_athlete", "get_activities", "get_sleep_sessions", "get_health_metrics"):
            assert (await way.refusal(tool))["type"] == "not_connected"
        assert way.fake.api.requests == []


async def test_a_key_that_is_deleted_at_garmin_is_told_in_plain_words(tmp_path: Path):
    async with on_the_way("stdio", tmp_path) as way:
        await way.paste(await way.link(), KEY)
        way.fake.keys.clear()
        await way.tokens_end(timedelta(hours=1))
        refused = await way.refusal("get_athlete")
        assert refused["type"] == "needs_reauth"
        assert "connect_provider" in refused["message"]
        assert (await way.status())["status"] == "needs_reauth"
        way.fake.api.requests.clear()
        await way.refusal("get_activities")
        assert way.fake.asked.count(EXCHANGE) == 0


async def test_the_operator_s_own_key_needs_no_connecting(tmp_path: Path):
    async with on_the_way("stdio", tmp_path, PIERRE_GARMIN_API_KEY=KEY) as way:
        assert await way.status() == {"connected": True, "status": "connected"}
        assert len(await way.rows("get_activities", limit=20)) == 20
        await way.ask("get_athlete")
        assert way.fake.exchanges == 1


def listed(**settings: str) -> dict[str, Any]:
    """How the provider is listed for an operator with these settings; asks nobody."""
    configuration = load_settings({"PIERRE_PROVIDERS": "garmin", **settings})
    (told,) = provider_list(Composition(configuration), LOCAL)["providers"]
    return dict(told)


def test_an_operator_with_an_application_is_told_that_it_is_of_no_use():
    told = listed(PIERRE_GARMIN_CLIENT_ID="partner")
    assert told["configured"] is False
    (needs,) = told["needs"]
    assert "partner programme" in needs
    assert "personal API key" in needs


def test_what_garmin_s_terms_say_is_listed():
    told = listed()
    assert told["configured"] is True
    assert "non-commercial" in told["terms"]["personal"]
    assert told["connect_by"] == "api_key"
    assert told["verified"] == "against specification on 2026-11-25"
    assert set(told["capabilities"]) == {
        "activities", "sleep_tracking", "recovery_metrics", "health_metrics",
    }  # fmt: skip
