"""Texts of strangers in every text of every payload and refusal, seen from the client's side."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

import structlog
from fitbit_fake import EVERY_SCOPE, TOKEN, FakeFitbit
from fitbit_history import NOW, exercise, history, night
from hostile import MARK, TEXTS, filled, hidden_in, strings
from mcp import Client
from mcp.types import CallToolResult, TextContent

from pierre_mcp.composition import Composition
from pierre_mcp.connections.records import ConnectionRecord, Tokens
from pierre_mcp.principal import LOCAL
from pierre_mcp.server.app import build_server
from pierre_mcp.settings import load_settings
from pierre_mcp.testing import FakeClock, FakeRequest, Reply
from providers.fitbit.days import dated, nights_of
from providers.fitbit.kinds import SLEEP
from providers.fitbit.mapping import activity_of, athlete_of

KEPT = ("name", "dataPointName", "startTime", "endTime", "healthUserId", "nextPageToken")
LONGEST_NAME = 200
LONGEST_SENTENCE = 400
IN_EACH_FIELD = 10_000
DAYS = {"start_date": "2026-11-10", "end_date": "2026-11-20"}
CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("get_athlete", {}),
    ("get_activities", {"limit": 40}),
    ("get_sleep_sessions", {**DAYS, "stages": True}),
    ("get_recovery_metrics", DAYS),
    ("get_health_metrics", DAYS),
)


def test_no_text_of_any_field_is_mapped_with_what_cannot_be_seen():
    workout = history(81, 1, days=0).exercises[0]
    slept = night(1, NOW, kind="STAGES")
    whole = {"healthUserId": "1", "timeZone": "", "membershipStartDate": ""}
    assert len(TEXTS) == 200
    for text in TEXTS:
        found = dated(SLEEP, filled(slept, text, KEPT))
        records = [
            activity_of(filled(workout, text, KEPT)),
            athlete_of(*[filled(whole, text, KEPT)] * 3, []),
            *nights_of([found] if found else [], {}),
        ]
        for record in records:
            told = list(strings(record.model_dump(mode="json")))
            assert not set().union(*map(hidden_in, told))
            assert max(map(len, told)) <= LONGEST_NAME
            assert not any(MARK in warning.detail for warning in record.warnings)


class HostileFitbit(FakeFitbit):
    """Every exercise is made of a text of its own; ``text`` is what everything else is made of."""

    def __init__(self) -> None:
        made = history(82, len(TEXTS), days=12)
        for point, text in zip(made.exercises, TEXTS, strict=True):
            short = filled(point, text[:IN_EACH_FIELD], KEPT)
            # Its clock is what the fake sorts by.
            short["exercise"]["interval"] = point["exercise"]["interval"]
            short["exercise"]["displayName"] = text
            point.update(short)
        super().__init__(made)
        self.text = TEXTS[0]
        self.refuses: int | None = None
        self.api.routes = {name: self.made_of_text(name) for name in self.api.routes}

    def made_of_text(self, name: str) -> Any:
        route = self.api.routes[name]

        async def answer(request: FakeRequest) -> Reply:
            if self.refuses is not None:
                error = {"message": self.text, "status": self.text, "details": [
                    {"reason": self.text, "domain": self.text, "metadata": {"uri": self.text}},
                ]}  # fmt: skip
                return self.refuses, {"error": error}, {"X-Reason": MARK}
            status, body, headers = await route(request)
            if "exercise" in request.path:
                return status, body, headers
            return status, filled(deepcopy(body), self.text[:IN_EACH_FIELD], KEPT), headers

        return answer


@asynccontextmanager
async def asked(fake: HostileFitbit, home: Path, clock: FakeClock) -> AsyncIterator[Client]:
    """A client of a server that is connected to the fake."""
    async with fake.api:
        configuration = load_settings(
            {
                "PIERRE_HOME": str(home),
                "PIERRE_PROVIDERS": "fitbit",
                "PIERRE_FITBIT_CLIENT_ID": "1-a.apps.googleusercontent.com",
                "PIERRE_FITBIT_CLIENT_SECRET": "shh",
                "PIERRE_FITBIT_API_BASE_URL": f"{fake.api.url}/v4",
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
                    provider="fitbit",
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
    assert MARK not in str(answer.get("meta"))
    return dict(answer)


async def test_what_strangers_wrote_comes_out_as_one_visible_line(tmp_path: Path, proof_scale):
    fake = HostileFitbit()
    with structlog.testing.capture_logs() as logs:
        clock = FakeClock(NOW)
        async with asked(fake, tmp_path, clock) as client:
            names: set[str] = set()
            cursor: dict[str, str] = {}
            while True:
                wanted = {"limit": 50, "fields": ["name", "device_name"], **cursor}
                answer = looked_at(await client.call_tool("get_activities", wanted))
                names |= {row[1] for row in answer["result"]["rows"]}
                if "next_cursor" not in answer["meta"]:
                    break
                cursor = {"cursor": answer["meta"]["next_cursor"]}
            assert sum(MARK in name for name in names) == len(names) > 190
            for number in range(0, len(TEXTS), proof_scale(90, 1)):
                # So many requests are more than it allows in a day, and no copy should answer.
                clock.advance(hours=3)
                fake.text = TEXTS[-1 - number]
                point = fake.made.exercises[number]
                one = {
                    "activity_id": point["name"].rpartition("/")[2],
                    "include": ["laps", "streams", "zones"],
                }
                assert not (await client.call_tool("get_activity", one)).is_error
                looked_at(await client.call_tool("get_activity", one))
                for tool, arguments in CALLS:
                    fresh = {**arguments, "cache_policy": "bypass"}
                    result = await client.call_tool(tool, fresh)
                    assert not result.is_error, result.content
                    looked_at(result)
            looked_at(await client.call_tool("get_stats"))
            looked_at(await client.call_tool("get_personal_records"))
            tools = await client.list_tools()
    assert MARK not in str(tools)
    assert logs
    assert MARK not in str(logs)


async def test_what_google_says_in_refusing_comes_out_nowhere(tmp_path: Path, proof_scale):
    fake = HostileFitbit()
    statuses = (400, 401, 403, 404, 409, 429, 500, 503)
    with structlog.testing.capture_logs() as logs:
        async with asked(fake, tmp_path, FakeClock(NOW)) as client:
            for number in range(0, len(TEXTS), proof_scale(25, 1)):
                fake.text, fake.refuses = TEXTS[number], statuses[number // 25 % len(statuses)]
                for tool, arguments in (*CALLS, ("get_activity", {"activity_id": "12"})):
                    result = await client.call_tool(tool, arguments)
                    assert result.is_error
                    assert MARK not in str(looked_at(result))
                    assert MARK not in str(result.content)
    assert logs
    assert MARK not in str(logs)


def test_a_name_that_cannot_stand_in_a_path_is_no_record():
    point = exercise(random.Random(3), 1, NOW)
    for text in ("../x y", "x?y=1", "\u202e", "a/b/", "x" * 100):
        found = dated(SLEEP, {**night(1, NOW, kind="NAP"), "name": f"users/1/{text}"})
        assert found is not None
        assert nights_of([found], {}) == []
    assert activity_of(point).id == "1"
