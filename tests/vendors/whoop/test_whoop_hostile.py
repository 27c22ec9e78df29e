"""Texts of strangers in every text of every payload and refusal, seen from the client's side."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import structlog
from hostile import MARK, TEXTS, filled, hidden_in, strings
from mcp import Client
from mcp.types import CallToolResult, TextContent
from whoop_fake import EVERY_SCOPE, PROFILE, TOKEN, FakeWhoop
from whoop_history import NOW, History, history

from pierre_mcp.composition import Composition
from pierre_mcp.connections.records import ConnectionRecord, Tokens
from pierre_mcp.principal import LOCAL
from pierre_mcp.server.app import build_server
from pierre_mcp.settings import load_settings
from pierre_mcp.testing import FakeClock, FakeRequest, Reply
from providers.whoop.days import cycle_of, recovery_of
from providers.whoop.mapping import activity_of, athlete_of, night_of

KEEP = ("id", "sleep_id", "start", "end", "next_token")
"""Without these a record is none; ``SCORED`` is one of those that are replaced, too."""
LONGEST_NAME = 200
LONGEST_SENTENCE = 400
IN_EACH_FIELD = 10_000


def test_no_text_of_whoop_is_mapped_with_what_cannot_be_seen():
    made = history(81, 30, 30)
    for text in TEXTS:
        for keep in (KEEP, (*KEEP, "score_state")):
            records = (
                activity_of(filled(made.workouts[0], text, keep)),
                night_of(filled(made.nights[0], text, keep)).session,
                athlete_of(filled(PROFILE, text)),
            )
            parts = (
                recovery_of(filled(made.recoveries[0], text, keep)),
                cycle_of(filled(made.cycles[0], text, keep)),
            )
            for record in records:
                told = list(strings(record.model_dump(mode="json")))
                assert not set().union(*map(hidden_in, told))
                assert max(map(len, told)) <= LONGEST_NAME
            for noted in (*records, *parts):
                assert not any(MARK in str(warning) for warning in noted.warnings)


class HostileWhoop(FakeWhoop):
    """Every answer is made of ``text`` where it is text; ``refuses`` makes it a refusal."""

    def __init__(self, held: History) -> None:
        super().__init__(held)
        self.text = TEXTS[0]
        self.refuses: int | None = None
        self.api.routes = {name: self.made_of_text(name) for name in self.api.routes}

    def made_of_text(self, name: str) -> Any:
        route = self.api.routes[name]

        async def answer(request: FakeRequest) -> Reply:
            text = self.text[:IN_EACH_FIELD]
            if self.refuses is not None:
                plain = text.encode(errors="surrogatepass")
                body = {"error": text, "error_description": text} if len(text) % 2 else plain
                return self.refuses, body, {"X-Reason": MARK}
            status, body, headers = await route(request)
            return status, filled(body, text, (*KEEP, "score_state")), headers

        return answer


FRESH = {"cache_policy": "bypass"}


@asynccontextmanager
async def asked(fake: HostileWhoop, home: Path, clock: FakeClock) -> AsyncIterator[Client]:
    """A client of a server that is connected to the fake."""
    async with fake.api:
        configuration = load_settings(
            {
                "PIERRE_HOME": str(home),
                "PIERRE_PROVIDERS": "whoop",
                "PIERRE_WHOOP_CLIENT_ID": "client",
                "PIERRE_WHOOP_CLIENT_SECRET": "shh",
                "PIERRE_WHOOP_API_BASE_URL": f"{fake.api.url}/developer",
            }
        )
        async with (
            Composition(configuration, clock=clock) as composition,
            Client(build_server(composition)) as client,
        ):
            store = await composition.store()
            await store.put(
                ConnectionRecord(
                    principal=LOCAL,
                    provider="whoop",
                    tokens=Tokens(access=TOKEN, obtained_at=NOW),
                    connected_at=NOW,
                    granted_scopes=EVERY_SCOPE,
                )
            )
            yield client


def looked_at(result: CallToolResult) -> dict[str, Any]:
    """The structured answer, after nothing hidden and nothing long was found in either form."""
    (content,) = result.content
    assert isinstance(content, TextContent)
    assert hidden_in(content.text) <= {"\n"}
    answer = result.structured_content
    assert answer is not None
    for text in strings(answer):
        assert not hidden_in(text)
        assert len(text) <= LONGEST_SENTENCE
    for text in strings(answer.get("result")):
        assert len(text) <= LONGEST_NAME
    assert MARK not in str(answer.get("meta"))
    return dict(answer)


DAYS = {"start_date": "2026-04-20", "end_date": "2026-05-01"}


async def test_what_strangers_wrote_in_whoop_comes_out_as_one_visible_line(
    tmp_path: Path, proof_scale
):
    held = history(82, 20, 20)
    fake = HostileWhoop(held)
    with structlog.testing.capture_logs() as logs:
        clock = FakeClock(NOW)
        async with asked(fake, tmp_path, clock) as client:
            for number in range(0, len(TEXTS), proof_scale(50, 1)):
                # So many requests are more than it allows in a day, and no copy should answer.
                clock.advance(hours=3)
                fake.text = TEXTS[-1 - number]
                athlete = looked_at(await client.call_tool("get_athlete", FRESH))["result"][
                    "athlete"
                ]
                assert MARK in athlete["name"]
                whole = FRESH | {"detail": "full", "limit": 20}
                page = looked_at(await client.call_tool("get_activities", whole))["result"]
                assert MARK in page["activities"][0]["sport_type_raw"]
                one = FRESH | {"activity_id": held.workouts[0]["id"]}
                looked_at(await client.call_tool("get_activity", one))
                for tool in ("get_sleep_sessions", "get_recovery_metrics", "get_health_metrics"):
                    answer = looked_at(await client.call_tool(tool, FRESH | DAYS))
                    assert MARK not in str(answer)
            tools = await client.list_tools()
    assert MARK not in str(tools)
    assert logs
    assert MARK not in str(logs)


async def test_what_whoop_says_in_refusing_comes_out_nowhere(tmp_path: Path, proof_scale):
    fake = HostileWhoop(history(82, 20, 20))
    statuses = (400, 401, 403, 404, 422, 429, 500, 503)
    with structlog.testing.capture_logs() as logs:
        async with asked(fake, tmp_path, FakeClock(NOW)) as client:
            for number in range(0, len(TEXTS), proof_scale(25, 1)):
                fake.text, fake.refuses = TEXTS[number], statuses[number // 25 % len(statuses)]
                for tool, arguments in (
                    ("get_athlete", {}),
                    ("get_activities", {}),
                    ("get_sleep_sessions", DAYS),
                    ("get_recovery_metrics", DAYS),
                ):
                    result = await client.call_tool(tool, arguments)
                    assert result.is_error
                    assert MARK not in str(looked_at(result))
                    assert MARK not in str(result.content)
    assert logs
    assert MARK not in str(logs)
