"""Texts of strangers in every text of every payload and refusal, seen from the client's side."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import structlog
from garmin_fake import KEY, FakeGarmin
from garmin_history import NOW, Workout, history
from hostile import MARK, TEXTS, filled, hidden_in, strings
from mcp import Client
from mcp.types import CallToolResult

from pierre_mcp.composition import Composition
from pierre_mcp.server.app import build_server
from pierre_mcp.settings import load_settings
from pierre_mcp.testing import FakeClock, FakeRequest, Reply

TIMES = ("startTimeGMT", "startTimeLocal", "calendarDate", "summaryDate", "timeZone")
LONGEST_NAME = 200
LONGEST_SENTENCE = 400
IN_EACH_FIELD = 10_000
"""Of a text of a megabyte so much; whole it is a name only, or an answer would exceed 50 MB."""
APRIL = {"start_date": "2026-04-01", "end_date": "2026-04-30"}
TOOLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("get_athlete", {}),
    ("get_activities", {}),
    ("get_activity", {"activity_id": "12"}),
    ("get_sleep_sessions", APRIL),
    ("get_recovery_metrics", APRIL),
    ("get_health_metrics", APRIL),
)


class HostileGarmin(FakeGarmin):
    """Every activity is made of a text of its own; ``text`` is what everything else is made of."""

    def __init__(self) -> None:
        made = history(82, len(TEXTS))
        super().__init__(self.hostile(w, t) for w, t in zip(made, TEXTS, strict=True))
        self.text = TEXTS[0]
        self.refuses: int | None = None
        self.api.routes = {name: self.made_of_text(name) for name in self.api.routes}

    @staticmethod
    def hostile(made: Workout, text: str) -> Workout:
        short = text[:IN_EACH_FIELD]
        row = {**filled(made.row, short, TIMES), "activityName": text}
        detail = {**filled(made.detail, short, TIMES), "activityName": text}
        return replace(made, row=row, detail=detail)

    async def activities(self, request: FakeRequest) -> Reply:
        """Newest first, whatever the words of their sports."""
        asked = request.only("start", "limit", "startDate", "endDate", "activityType")
        end, start = asked.get("endDate", "2999"), int(asked["start"])
        found = [w for w in self.workouts if f"{w.wall:%Y-%m-%d}" <= end]
        found.sort(key=lambda w: (w.wall, w.id), reverse=True)
        return 200, [w.row for w in found[start : start + int(asked["limit"])]], {}

    def made_of_text(self, name: str) -> Any:
        route = self.api.routes[name]

        async def answer(request: FakeRequest) -> Reply:
            if self.refuses is not None and not name.startswith("POST"):
                said = {"message": self.text, "error": self.text, "clientMessage": self.text}
                return self.refuses, said, {"X-Reason": MARK}
            status, body, headers = await route(request)
            own = name.startswith("POST") or name.endswith(("/activities", "/activity/{id}"))
            return status, body if own else filled(body, self.text[:IN_EACH_FIELD], TIMES), headers

        return answer


@asynccontextmanager
async def asked(fake: HostileGarmin, home: Path) -> AsyncIterator[Client]:
    """A client of a server whose operator has a key at the fake."""
    async with fake.api:
        settings = {
            "PIERRE_HOME": str(home),
            "PIERRE_PROVIDERS": "garmin",
            "PIERRE_GARMIN_API_KEY": KEY,
            "PIERRE_GARMIN_API_BASE_URL": fake.api.url,
        }
        async with (
            Composition(load_settings(settings), clock=FakeClock(NOW)) as composition,
            Client(build_server(composition)) as client,
        ):
            yield client


def looked_at(result: CallToolResult) -> dict[str, Any]:
    """The structured answer, after nothing hidden and nothing long was found in either form."""
    for content in result.content:
        assert hidden_in(content.text) <= {"\n"}  # type: ignore[union-attr]
    answer = result.structured_content
    assert answer is not None
    for text in strings(answer):
        assert not hidden_in(text)
        assert len(text) <= LONGEST_SENTENCE
    for text in strings(answer.get("result")):
        assert len(text) <= LONGEST_NAME
    assert MARK not in str(answer.get("meta"))
    return dict(answer)


async def test_what_strangers_wrote_comes_out_as_one_visible_line(tmp_path: Path, proof_scale):
    fake = HostileGarmin()
    with structlog.testing.capture_logs() as logs:
        async with asked(fake, tmp_path) as client:
            cursor: dict[str, str] = {}
            names: list[str] = []
            while True:
                whole = {"limit": 200, "detail": "full", **cursor}
                answer = looked_at(await client.call_tool("get_activities", whole))
                names += [activity["name"] for activity in answer["result"]["activities"]]
                if "next_cursor" not in answer["meta"]:
                    break
                cursor = {"cursor": answer["meta"]["next_cursor"]}
            assert sum(MARK in name for name in names) == len(TEXTS)
            for number in range(0, len(TEXTS), proof_scale(25, 1)):
                made, fake.text = fake.workouts[number], TEXTS[-1 - number]
                one = {"activity_id": str(made.id), "include": ["laps", "streams", "zones"]}
                told = looked_at(await client.call_tool("get_activity", one))["result"]["activity"]
                assert MARK in told["name"]
                for tool, arguments in TOOLS:
                    if tool not in ("get_activity", "get_activities"):
                        looked_at(await client.call_tool(tool, arguments))
            looked_at(await client.call_tool("get_stats"))
            tools = await client.list_tools()
    assert MARK not in str(tools)
    assert logs
    assert MARK not in str(logs)
    assert KEY not in str(logs)


async def test_what_garmin_says_in_refusing_comes_out_nowhere(tmp_path: Path, proof_scale):
    fake = HostileGarmin()
    statuses = (400, 401, 403, 404, 406, 429, 500, 503)
    with structlog.testing.capture_logs() as logs:
        async with asked(fake, tmp_path) as client:
            for number, text in enumerate(TEXTS[:: proof_scale(25, 1)]):
                fake.text, fake.refuses = text, statuses[number % len(statuses)]
                for tool, arguments in TOOLS:
                    result = await client.call_tool(tool, arguments)
                    assert result.is_error
                    assert MARK not in str(looked_at(result))
                    assert MARK not in str(result.content)
    assert logs
    assert MARK not in str(logs)
