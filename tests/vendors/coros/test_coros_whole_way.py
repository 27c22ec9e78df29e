"""The whole way to COROS: our server as a process, a client, a browser, and a strict fake.

Nothing of ours is replaced. The token is extended and never renewed, stands in addresses only, and
is looked for in everything that was written.
"""

import itertools
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx2
from coros_fake import OPEN_ID, FakeCoros, History, workout
from harbour import free_port
from mcp import Client
from processes import Serving, environ_of, serving

from pierre_mcp.composition import Composition, system_clock
from pierre_mcp.principal import LOCAL
from pierre_mcp.settings import load_settings
from pierre_mcp.testing import FakeRequest, Refused, Reply


@dataclass
class Consent:
    """COROS's part in connecting, as strict as it is known to be."""

    consents: bool = True
    ended: bool = False
    extended: int = 0
    revoked: int = 0
    granted: set[str] = field(default_factory=set)
    serial: "itertools.count[int]" = field(default_factory=itertools.count)

    def accepts(self, token: str | None) -> bool:
        return token in self.granted and not self.ended

    async def authorize(self, request: FakeRequest) -> Reply:
        asked = request.only("client_id", "redirect_uri", "state", "response_type")
        answer = {"state": asked["state"]} | ({"code": "c"} if self.consents else {})
        return 302, None, {"location": f"{asked['redirect_uri']}?{urlencode(answer)}"}

    async def token(self, request: FakeRequest) -> Reply:
        form = request.form("client_id", "client_secret", "redirect_uri", "code", "grant_type")
        if (form["client_secret"], form["code"]) != ("shh", "c"):
            return 200, {"result": "5001"}, {}
        access = f"rg1-canary-{next(self.serial)}"
        self.granted.add(access)
        told = {"access_token": access, "refresh_token": "rr-canary", "expires_in": 2_592_000}
        return 200, {**told, "openId": OPEN_ID}, {}

    async def refresh(self, request: FakeRequest) -> Reply:
        form = request.form("client_id", "client_secret", "refresh_token", "grant_type")
        if form["refresh_token"] != "rr-canary" or self.revoked:
            return 200, {"result": "5006"}, {}
        self.extended += 1
        self.ended = False
        return 200, {"result": "0000", "message": "OK"}, {}

    async def deauthorize(self, request: FakeRequest) -> Reply:
        if not self.accepts(request.only("token").get("token")):
            raise Refused(200, {"result": "5006"})
        self.revoked += 1
        self.granted.clear()
        return 200, {"result": "0000", "message": "OK"}, {}


@dataclass
class Way:
    fake: FakeCoros
    consent: Consent
    client: Client
    server: Serving
    home: Path

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        result = await self.client.call_tool(tool, {"provider": "coros", **arguments})
        assert "canary" not in str(result)
        assert result.structured_content is not None
        return dict(result.structured_content)

    async def connect(self) -> str:
        told = (await self.call("connect_provider"))["result"]
        async with httpx2.AsyncClient(follow_redirects=True, trust_env=False) as browser:
            page = await browser.get(told["authorization_url"])
            if page.url.path.startswith("/connect/"):
                origin = f"{page.url.scheme}://{page.url.netloc.decode()}"
                page = await browser.post(str(page.url), headers={"Origin": origin})
        return page.text

    async def forty_days_pass(self) -> None:
        async with Composition(load_settings({"PIERRE_HOME": str(self.home)})) as beside:
            store = await beside.store()
            record = await store.connection(LOCAL, "coros")
            assert record is not None
            assert record.tokens.expires_at is not None
            passed = timedelta(days=40)
            tokens = replace(
                record.tokens,
                obtained_at=record.tokens.obtained_at - passed,
                expires_at=record.tokens.expires_at - passed,
            )
            assert await store.update(replace(record, tokens=tokens)) is not None
        self.consent.ended = True


def lately() -> History:
    """A run of yesterday and the night after it; the server's clock is the real one."""
    now = system_clock()
    run = workout(random.Random(1), int(now.timestamp()) - 86_400, mode=8, subMode=1,
                  distance=1600.0, duration=200, startTimezone=0)  # fmt: skip
    run["endTime"] = run["startTime"] + 200
    today, eve = now.date(), now.date() - timedelta(days=1)
    night = {"happenDay": int(f"{today:%Y%m%d}"), "rhr": 48, "ppgHrv": 61,
             "sleepStartTime": f"{eve} 23:00:00", "sleepEndTime": f"{today} 06:30:00"}  # fmt: skip
    return History(workouts=[run], days=[night])


@asynccontextmanager
async def on_the_way(home: Path) -> AsyncIterator[Way]:
    consent, port = Consent(), free_port()
    fake = FakeCoros(lately(), accepts=consent.accepts, now=system_clock)
    fake.api.routes |= {
        "GET /oauth2/authorize": consent.authorize,
        "POST /oauth2/accesstoken": consent.token,
        "POST /oauth2/refresh-token": consent.refresh,
        "POST /oauth2/deauthorize": consent.deauthorize,
    }
    async with fake.api:
        base = fake.api.url
        environ = environ_of(
            home,
            {
                "PIERRE_PROVIDERS": "coros",
                "PIERRE_LOG_LEVEL": "debug",
                "PIERRE_COROS_CLIENT_ID": "client",
                "PIERRE_COROS_CLIENT_SECRET": "shh",
                "PIERRE_COROS_AUTH_URL": f"{base}/oauth2/authorize",
                "PIERRE_COROS_TOKEN_URL": f"{base}/oauth2/accesstoken",
                "PIERRE_COROS_REFRESH_URL": f"{base}/oauth2/refresh-token",
                "PIERRE_COROS_REVOKE_URL": f"{base}/oauth2/deauthorize",
                "PIERRE_COROS_API_BASE_URL": base,
                "PIERRE_COROS_REDIRECT_URI": f"http://localhost:{port}/api/oauth/callback/coros",
            },
        )
        with serving(environ, "streamable-http", "--port", str(port)) as server:
            async with Client(server.url) as client:
                yield Way(fake, consent, client, server, home)


def files_with(folder: Path, canary: bytes) -> list[Path]:
    """The files in which it stands in clear."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return [path for path in files if canary in path.read_bytes()]


async def test_the_whole_way_and_no_token_in_any_log(tmp_path: Path):
    async with on_the_way(tmp_path) as way:
        assert "COROS is connected" in await way.connect()
        answer = await way.call("get_activities", detail="full")
        (run,) = answer["result"]["activities"]
        assert (run["sport_type"], run["average_speed_mps"]) == ("run", 8)
        assert "experimental" in {w["code"] for w in answer["meta"]["warnings"]}
        whole = await way.call("get_activity", activity_id=run["id"], include=["laps", "streams"])
        assert whole["result"]["activity"]["average_heart_rate_bpm"] == 130
        assert whole["result"]["streams"]["samples_recorded"] == 200

        await way.forty_days_pass()
        sleep = await way.call("get_sleep_sessions")
        assert len(sleep["result"]["rows"]) == 1
        recovery = await way.call("get_recovery_metrics")
        assert len(recovery["result"]["rows"]) == 1
        assert (way.consent.extended, len(way.consent.granted)) == (1, 1)
        assert (await way.call("get_athlete"))["error"]["type"] == "unsupported_feature"

        told = (await way.call("disconnect_provider"))["result"]
        assert (told["revoked"], way.consent.revoked) == ("revoked", 1)
        assert (await way.call("get_activities"))["error"]["type"] == "not_connected"
        log = way.server.interrupt().err
    assert "provider_request" in log
    assert "canary" not in log
    assert files_with(tmp_path, b"canary-") == []


async def test_who_denies_comes_back_with_nothing_and_is_told_so(tmp_path: Path):
    async with on_the_way(tmp_path) as way:
        way.consent.consents = False
        assert "You chose not to allow it" in await way.connect()
        status = (await way.call("get_connection_status"))["result"]["providers"]["coros"]
        assert status["status"] == "disconnected"
