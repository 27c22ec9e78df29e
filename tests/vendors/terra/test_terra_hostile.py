"""Texts of strangers in every text of every payload and refusal, seen from the client's side."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import structlog
from hostile import MARK, TEXTS, filled, hidden_in, strings
from mcp import Client
from mcp.types import CallToolResult, TextContent
from terra_fake import BASE, KEYS, PROFILE, FakeTerra
from terra_history import NOW, USER, History, history

from pierre_mcp.composition import Composition
from pierre_mcp.connections.records import ConnectionRecord, Tokens
from pierre_mcp.principal import LOCAL
from pierre_mcp.server.app import build_server
from pierre_mcp.settings import load_settings
from pierre_mcp.testing import FakeClock, FakeRequest, Reply
from providers.terra.days import health_of_body, recovery_of_day
from providers.terra.mapping import activity_of, athlete_of, brand_of, id_of, night_of

KEEP = ("summary_id", "user_id", "start_time", "end_time", "timestamp")
"""Without these a record is none."""
LONGEST_NAME = 200
LONGEST_SENTENCE = 400
IN_EACH_FIELD = 10_000
DAYS = {"start_date": "2026-04-20", "end_date": "2026-05-01"}


def test_no_text_of_terra_is_mapped_with_what_cannot_be_seen():
    made = history(81, 30, 30)
    whole = {"athlete": PROFILE, "user": {"user_id": USER, "provider": "X"}}
    for text in TEXTS:
        brand = brand_of(filled(whole, text))
        records = (
            activity_of(filled(made.activities[0], text, KEEP), brand),
            night_of(filled(made.nights[0], text, KEEP), brand),
            athlete_of(filled(whole, text, KEEP)),
        )
        parts = (
            recovery_of_day(filled(made.days[0], text, KEEP), brand),
            health_of_body(filled(made.bodies[0], text, KEEP), brand),
        )
        for record in records:
            told = list(strings(record.model_dump(mode="json")))
            assert not set().union(*map(hidden_in, told))
            assert max(map(len, told)) <= LONGEST_NAME
        for noted in (*records, *parts):
            assert not any(MARK in str(warning) for warning in noted.warnings)


class HostileTerra(FakeTerra):
    """Every answer is made of ``text`` where it is text; ``refuses`` makes it a refusal."""

    text = TEXTS[0]
    refuses: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.api.routes = {name: self.made_of_text(name) for name in self.api.routes}

    def made_of_text(self, name: str) -> Any:
        route = self.api.routes[name]

        async def answer(request: FakeRequest) -> Reply:
            text = self.text[:IN_EACH_FIELD]
            if self.refuses is not None:
                body = {"title": text, "detail": text, "message": text, "status": "error"}
                return self.refuses, body if len(text) % 2 else text, {"X-Reason": MARK}
            status, body, headers = await route(request)
            return status, filled(body, text, KEEP), headers

        return answer


FRESH = {"cache_policy": "bypass"}


@asynccontextmanager
async def asked(fake: HostileTerra, home: Path, clock: FakeClock) -> AsyncIterator[Client]:
    """A client of a server that is connected to the fake."""
    async with fake.api:
        configuration = load_settings(
            {
                "PIERRE_HOME": str(home),
                "PIERRE_PROVIDERS": "terra",
                "PIERRE_TERRA_DEV_ID": KEYS["dev-id"],
                "PIERRE_TERRA_API_KEY": KEYS["x-api-key"],
                "PIERRE_TERRA_API_BASE_URL": f"{fake.api.url}{BASE}",
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
                    provider="terra",
                    tokens=Tokens(access=USER, obtained_at=NOW),
                    account_id=USER,
                    connected_at=NOW,
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


async def test_what_strangers_wrote_in_terra_comes_out_as_one_visible_line(
    tmp_path: Path, proof_scale
):
    held: History = history(82, 20, 20)
    fake = HostileTerra(held)
    with structlog.testing.capture_logs() as logs:
        clock = FakeClock(NOW)
        async with asked(fake, tmp_path, clock) as client:
            for number in range(0, len(TEXTS), proof_scale(20, 1)):
                # So many requests are more than it allows in a day, and no copy should answer.
                clock.advance(hours=3)
                fake.text = TEXTS[-1 - number]
                athlete = looked_at(await client.call_tool("get_athlete", FRESH))["result"][
                    "athlete"
                ]
                assert MARK in athlete["name"]
                whole = FRESH | {"detail": "full", "limit": 20, "after": "2026-04-10"}
                page = looked_at(await client.call_tool("get_activities", whole))["result"]
                assert all(MARK in row["recorded_by"] for row in page["activities"])
                one = FRESH | {
                    "activity_id": id_of(held.activities[0]),
                    "include": ["laps", "streams"],
                }
                activity = looked_at(await client.call_tool("get_activity", one))["result"]
                assert MARK in activity["activity"]["device_name"]
                for tool in ("get_sleep_sessions", "get_recovery_metrics", "get_health_metrics"):
                    answer = looked_at(await client.call_tool(tool, FRESH | DAYS))["result"]
                    assert answer["columns"][-1] == "recorded_by"
                    assert MARK in str(answer["rows"])
            tools = await client.list_tools()
    assert MARK not in str(tools)
    assert logs
    assert MARK not in str(logs)


async def test_what_terra_says_in_refusing_comes_out_nowhere(tmp_path: Path, proof_scale):
    fake = HostileTerra(history(82, 20, 20))
    statuses = (200, 400, 401, 403, 404, 422, 429, 500, 503)
    with structlog.testing.capture_logs() as logs:
        async with asked(fake, tmp_path, FakeClock(NOW)) as client:
            for number in range(0, len(TEXTS), proof_scale(20, 1)):
                fake.text, fake.refuses = TEXTS[number], statuses[number // 20 % len(statuses)]
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
