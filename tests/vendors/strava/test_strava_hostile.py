"""Texts of strangers in every text of every payload and refusal, seen from the client's side."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import structlog
from hostile import MARK, TEXTS, filled, hidden_in, hostile_texts, strings
from mcp import Client
from mcp.types import CallToolResult, TextContent
from strava_fake import EVERY_SCOPE, GEAR, TOKEN, FakeStrava
from strava_history import NOW, Entry, history

from pierre_mcp.composition import Composition
from pierre_mcp.connections.records import ConnectionRecord, Tokens
from pierre_mcp.principal import LOCAL
from pierre_mcp.server.app import build_server
from pierre_mcp.settings import load_settings
from pierre_mcp.testing import FakeClock, FakeRequest, Reply
from providers.strava.mapping import activity_of, athlete_of

LONGEST_NAME = 200
LONGEST_SENTENCE = 400
IN_EACH_FIELD = 10_000
"""Of a text of a megabyte so much; whole it is a name only, or an answer would exceed 50 MB."""


def test_there_are_200_hostile_texts():
    assert len(hostile_texts()) == 200
    assert sum(len(text) >= 1_000_000 for text in TEXTS) == 2


def test_no_text_of_any_field_is_mapped_with_what_cannot_be_seen():
    made = next(e for e in history(81, 50) if "gear" in e.extra)
    athlete = {
        "id": 1, "firstname": "", "lastname": "", "username": "", "city": "", "country": "",
        "sex": "", "created_at": "", "state": "", "profile": "",
    }  # fmt: skip
    for text in TEXTS:
        for record in (activity_of(filled(made.detail, text)), athlete_of(filled(athlete, text))):
            told = list(strings(record.model_dump(mode="json")))
            assert not set().union(*map(hidden_in, told))
            assert max(map(len, told)) <= LONGEST_NAME
            assert not any(MARK in warning.detail for warning in record.warnings)


class HostileStrava(FakeStrava):
    """Every activity is made of a text of its own; ``text`` is what everything else is made of."""

    def __init__(self) -> None:
        entries = history(82, len(TEXTS), hidden=0)
        super().__init__([self.hostile(e, t) for e, t in zip(entries, TEXTS, strict=True)])
        self.text = TEXTS[0]
        self.refuses: int | None = None
        self.api.routes = {name: self.made_of_text(name) for name in self.api.routes}

    @staticmethod
    def hostile(made: Entry, text: str) -> Entry:
        short = text[:IN_EACH_FIELD]
        summary = {**filled(made.summary, short), "gear_id": "b1"}
        extra = {**filled(made.extra, short), "name": text}
        extra.pop("gear", None)
        return replace(made, summary=summary, extra=extra)

    def made_of_text(self, name: str) -> Any:
        route = self.api.routes[name]

        async def answer(request: FakeRequest) -> Reply:
            if self.refuses is not None:
                errors = [{"resource": self.text, "field": self.text, "code": self.text}]
                headers = {"X-Reason": MARK}
                return self.refuses, {"message": self.text, "errors": errors}, headers
            status, body, headers = await route(request)
            own = name.endswith(("/activities", "/activities/{id}"))
            return status, body if own else filled(body, self.text[:IN_EACH_FIELD]), headers

        return answer


@asynccontextmanager
async def asked(fake: HostileStrava, home: Path, clock: FakeClock) -> AsyncIterator[Client]:
    """A client of a server that is connected to the fake."""
    async with fake.api:
        configuration = load_settings(
            {
                "PIERRE_HOME": str(home),
                "PIERRE_PROVIDERS": "strava",
                "PIERRE_STRAVA_CLIENT_ID": "client",
                "PIERRE_STRAVA_CLIENT_SECRET": "shh",
                "PIERRE_STRAVA_API_BASE_URL": f"{fake.api.url}/api/v3",
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
                    provider="strava",
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


async def test_what_strangers_wrote_comes_out_as_one_visible_line(tmp_path: Path, proof_scale):
    fake = HostileStrava()
    with structlog.testing.capture_logs() as logs:
        clock = FakeClock(NOW)
        async with asked(fake, tmp_path, clock) as client:
            page = await client.call_tool("get_activities", {"limit": 200, "fields": ["name"]})
            names = {row[1] for row in looked_at(page)["result"]["rows"]}
            assert sum(MARK in name for name in names) == len(names) > 150
            cursor: dict[str, str] = {}
            seen = 0
            while True:
                whole = {"limit": 200, "detail": "full", **cursor}
                answer = looked_at(await client.call_tool("get_activities", whole))
                seen += len(answer["result"]["activities"])
                if "next_cursor" not in answer["meta"]:
                    break
                cursor = {"cursor": answer["meta"]["next_cursor"]}
            assert seen == len(TEXTS)
            for number in range(0, len(TEXTS), proof_scale(10, 1)):
                # So many requests are more than it allows in a day, and no copy should answer.
                clock.advance(hours=3)
                made, fake.text = fake.entries[number], TEXTS[-1 - number]
                one = {"activity_id": str(made.id), "include": ["laps", "streams", "zones"]}
                told = looked_at(await client.call_tool("get_activity", one))["result"]["activity"]
                assert MARK in told["gear_name"]
                fresh = {"cache_policy": "bypass"}
                athlete = looked_at(await client.call_tool("get_athlete", fresh))["result"]
                assert MARK in athlete["athlete"]["city"]
            looked_at(await client.call_tool("get_stats"))
            records = looked_at(await client.call_tool("get_personal_records"))
            assert any(MARK in str(row) for row in records["result"]["rows"])
            tools = await client.list_tools()
    assert MARK not in str(tools)
    assert logs
    assert MARK not in str(logs)
    assert GEAR["b1"] not in names


async def test_what_strava_says_in_refusing_comes_out_nowhere(tmp_path: Path, proof_scale):
    fake = HostileStrava()
    statuses = (400, 401, 402, 403, 404, 422, 429, 500, 503)
    with structlog.testing.capture_logs() as logs:
        async with asked(fake, tmp_path, FakeClock(NOW)) as client:
            for number in range(0, len(TEXTS), proof_scale(10, 1)):
                fake.text, fake.refuses = TEXTS[number], statuses[number // 10 % len(statuses)]
                for tool, arguments in (
                    ("get_athlete", {}),
                    ("get_activities", {}),
                    ("get_activity", {"activity_id": "12"}),
                ):
                    result = await client.call_tool(tool, arguments)
                    assert result.is_error
                    assert MARK not in str(looked_at(result))
                    assert MARK not in str(result.content)
    assert logs
    assert MARK not in str(logs)
