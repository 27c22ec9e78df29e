"""No foreign byte (RELIABILITY K3): many people on one server, every tool, ids and cursors guessed.

What a person may be told is what a server would tell them on which nobody else is. Each answer is
compared with that, whole. Everyone is connected to one provider by a key of their own, which is all
by which the provider knows whose data it is asked for.
"""

import json
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest
from issuer import IssuerProcess, running_issuer
from lakeside import (
    DESCRIPTOR,
    NOW,
    Lake,
    LakesideFactory,
    LakesideProvider,
    a_night,
    an_activity,
)
from many_people import Served, TokensInMemory, served

from pierre_mcp.composition import Composition
from pierre_mcp.connections.records import ConnectionRecord, Tokens
from pierre_mcp.models import (
    Activity,
    Athlete,
    HealthMetrics,
    Page,
    RecoveryMetrics,
    SleepSession,
)
from pierre_mcp.principal import LOCAL, Principal
from pierre_mcp.registry import ProviderRegistry
from pierre_mcp.server.tools import TOOLS
from pierre_mcp.settings import load_settings
from pierre_mcp.spi import (
    ActivityQuery,
    ApiKey,
    Connection,
    FitnessProvider,
    Include,
    ProviderCapabilities,
    ProviderConfig,
    ProviderContext,
)
from pierre_mcp.testing import FakeApi, FakeRequest, Reply

PUBLIC = "https://pierre.example.org"
PONDS = replace(
    DESCRIPTOR,
    capabilities=DESCRIPTOR.capabilities
    | ProviderCapabilities.RECOVERY_METRICS
    | ProviderCapabilities.HEALTH_METRICS,
    connection=Connection.API_KEY,
    api_key=ApiKey(where="On the shore."),
    api_base_url="https://lakeside.example/v3",
)
Call = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Person:
    """Someone with data that is recognisable wherever it turns up, and the key that opens it."""

    principal: Principal
    mark: int
    activities: tuple[Activity, ...]
    nights: tuple[SleepSession, ...]

    @property
    def key(self) -> str:
        return f"key-of-{self.mark}"

    def connection(self, principal: Principal) -> ConnectionRecord:
        return ConnectionRecord(
            principal=principal,
            provider="lakeside",
            tokens=Tokens(access=self.key, obtained_at=NOW),
            connected_at=NOW,
        )

    def as_json(self) -> Any:
        return {
            "mark": self.mark,
            "activities": [one.model_dump(mode="json") for one in self.activities],
            "nights": [one.model_dump(mode="json") for one in self.nights],
        }


class PondProvider(LakesideProvider):
    """Asks the API for all that there is, as whoever the request is for, and answers from that."""

    mark = 0

    async def get_athlete(self) -> Athlete:
        await self._ask()
        return Athlete(
            provider="lakeside",
            id=f"{self.mark}",
            name=f"Athlete {self.mark}",
            weight_kg=self._kg(),
        )

    async def get_activities(self, query: ActivityQuery) -> Page[Activity]:
        await self._ask()
        return await super().get_activities(query)

    async def get_activity(
        self, activity_id: str, include: frozenset[Include] = frozenset()
    ) -> Activity:
        await self._ask()
        return await super().get_activity(activity_id, include)

    async def get_sleep_sessions(self, start: date, end: date) -> Page[SleepSession]:
        await self._ask()
        return await super().get_sleep_sessions(start, end)

    async def get_recovery_metrics(self, start: date, end: date) -> Page[RecoveryMetrics]:
        await self._ask()
        day = RecoveryMetrics(provider="lakeside", date=end, hrv_rmssd_ms=self.mark)
        return Page(items=(day,))

    async def get_health_metrics(self, start: date, end: date) -> Page[HealthMetrics]:
        await self._ask()
        return Page(items=(HealthMetrics(provider="lakeside", date=end, weight_kg=self._kg()),))

    async def health_check(self) -> None:
        await self._ask()

    async def _ask(self) -> None:
        told = await self.api.get_json("pond")
        self.mark = told["mark"]
        self.lake = Lake(
            activities=[Activity.model_validate(one) for one in told["activities"]],
            nights=[SleepSession.model_validate(one) for one in told["nights"]],
        )

    def _kg(self) -> float:
        return 40 + self.mark / 1000


class PondFactory(LakesideFactory):
    def __init__(self) -> None:
        super().__init__(Lake(), PONDS)

    def create(self, config: ProviderConfig, context: ProviderContext) -> FitnessProvider:
        return PondProvider(self.descriptor, config, context)


def a_person(chance: random.Random, number: int) -> Person:
    """Each shares a user name with someone in another tenant."""
    tenant, user = ("lake", "sea")[number % 2], f"user-{number // 2}"
    mark = 10_000 + number
    activities = tuple(
        an_activity(
            hour,
            id=f"{mark}{hour:04}",
            name=f"Outing {mark}-{hour}",
            distance_meters=float(mark + hour),
            average_heart_rate_bpm=float(chance.randint(90, 190)),
        )
        for hour in sorted(chance.sample(range(1, 400), 30))
    )
    nights = tuple(
        a_night(NOW.date() - timedelta(days=age), total_sleep_seconds=float(mark + age))
        for age in range(10)
    )
    return Person(Principal(tenant, user), mark, activities, nights)


def questions(person: Person, others: list[Person], cursors: list[str]) -> list[Call]:
    """Every tool, with what is the person's own and with what they can only have guessed.

    At the end the person disconnects, and asks once more.
    """
    calls: list[Call] = [
        ("list_providers", {}),
        ("get_connection_status", {}),
        ("get_provider_health", {"provider": "lakeside"}),
        ("get_athlete", {}),
        ("get_athlete", {"provider": "synthetic,lakeside"}),
        ("get_activities", {}),
        ("get_activities", {"limit": 200, "detail": "full", "cache_policy": "refresh"}),
        ("get_activities", {"provider": "lakeside,synthetic", "limit": 3}),
        ("get_activity", {"activity_id": person.activities[0].id, "include": ["laps"]}),
        (
            "resolve_duplicate",
            {
                "first": f"lakeside:{person.activities[0].id}",
                "second": f"lakeside:{person.activities[1].id}",
                "decision": "same",
            },
        ),
        ("get_activities", {"provider": "all"}),
        ("get_stats", {"group_by": "day"}),
        ("get_stats", {"group_by": "sport", "start_date": "2026-01-01"}),
        ("get_personal_records", {}),
        ("get_sleep_sessions", {"stages": True}),
        ("get_recovery_metrics", {}),
        ("get_health_metrics", {}),
        ("chart_drawing", {"view": "training"}),
        ("chart_drawing", {"view": "activity", "activity_id": person.activities[0].id}),
        ("chart_drawing", {"view": "recovery"}),
    ]
    calls += [("get_activity", {"activity_id": other.activities[0].id}) for other in others]
    drawn = [{"view": "activity", "activity_id": other.activities[0].id} for other in others[:5]]
    calls += [("chart_drawing", asked) for asked in drawn]
    for other in others[:5]:
        calls += [
            ("get_activity", {"activity_id": other.activities[-1].id, "include": ["streams"]}),
            ("get_activity", {"activity_id": f"{other.principal.key}/{other.activities[0].id}"}),
            ("get_athlete", {"provider": f"lakeside:{other.principal.user}"}),
        ]
    calls += [("get_activities", {"cursor": cursor, "limit": 5}) for cursor in cursors]
    calls += [
        ("connect_provider", {"provider": "lakeside"}),
        ("disconnect_provider", {"provider": "lakeside"}),
        ("get_connection_status", {}),
        ("get_activities", {}),
    ]
    return calls


def comparable(tool: str, answer: Any) -> Any:
    """The answer without what depends on the machine's speed or on chance."""
    if tool == "get_provider_health" and answer["success"]:
        for health in answer["result"]["providers"].values():
            del health["average_latency_ms"]
    if tool == "connect_provider":
        for chosen in ("authorization_url", "state", "message"):
            answer["result"].pop(chosen, None)
    meta = answer.get("meta", {})
    # What is kept, and where a list was cut into pieces, depends on what was asked before.
    for kept in ("cache", "age_seconds"):
        meta.pop(kept, None)
    if "next_cursor" in meta:
        meta["next_cursor"] = "there is one"
    return answer


@pytest.fixture(scope="module")
def issuer() -> Iterator[IssuerProcess]:
    with running_issuer() as running:
        yield running


@pytest.fixture
def people(proof_scale: Any) -> list[Person]:
    chance = random.Random(20261124)
    return [a_person(chance, number) for number in range(proof_scale(6, 50))]


@pytest.fixture
async def api(people: list[Person]) -> AsyncIterator[FakeApi]:
    ponds = {person.key: person.as_json() for person in people}

    async def pond(request: FakeRequest) -> Reply:
        key = request.bearer
        return (200, ponds[key], {}) if key in ponds else (401, {"message": "no such key"}, {})

    async with FakeApi({"GET /v3/pond": pond}) as serving:
        yield serving


def a_composition(home: Path, api: FakeApi, **environ: str) -> Composition:
    configuration = load_settings(
        {
            "PIERRE_DEFAULT_PROVIDER": "lakeside",
            "PIERRE_PROVIDERS": "synthetic",
            "PIERRE_HOME": str(home),
            "PIERRE_CALLS_PER_MINUTE": "1000000",
            **environ,
        }
    )
    registry = ProviderRegistry(configuration)
    registry.register_factory("lakeside", PondFactory())
    registry.set_default_config(
        "lakeside", ProviderConfig(name="lakeside", api_base_url=f"{api.url}/v3")
    )
    return Composition(configuration, registry=registry, clock=lambda: NOW)


async def told_alone(
    composition: Composition, server: Served, person: Person, calls: list[Call]
) -> list[Any]:
    """What a server tells a person who has it for themselves: the local one, with this data."""
    await (await composition.store()).put(person.connection(LOCAL))
    answers = [
        comparable(tool, await server.call(None, tool, **arguments)) for tool, arguments in calls
    ]
    await composition.disconnect("lakeside", LOCAL)
    return answers


async def token_of(person: Person, issuer: IssuerProcess, tokens: TokensInMemory | None) -> str:
    """A token of the issuer's, or one of the operator's."""
    who = person.principal
    if tokens is not None:
        return await tokens.make(who.tenant, who.user, NOW)
    return issuer.token(
        iss=issuer.url,
        aud=f"{PUBLIC}/mcp",
        sub=who.user,
        tenant=who.tenant,
        exp=NOW.timestamp() + 300,
    )


async def told_among_others(server: Served, token: str, mode: str, calls: list[Call]) -> list[Any]:
    async with AsyncExitStack() as exits:
        if mode == "auto":
            return [
                comparable(tool, await server.call(token, tool, **arguments))
                for tool, arguments in calls
            ]
        client = await exits.enter_async_context(server.client(token, mode=mode))
        results = [(tool, await client.call_tool(tool, arguments)) for tool, arguments in calls]
        return [comparable(tool, result.structured_content) for tool, result in results]


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_no_answer_holds_a_byte_of_another_person(
    tmp_path: Path, people: list[Person], api: FakeApi, issuer: IssuerProcess, mode: str
):
    composition = a_composition(
        tmp_path / "many", api, PIERRE_PUBLIC_URL=PUBLIC, PIERRE_OIDC_ISSUER=issuer.url
    )
    asked: dict[Principal, list[Call]] = {}
    told: dict[Principal, list[Any]] = {}
    async with served(composition) as server:
        store = await composition.store()
        tokens = {}
        for number, person in enumerate(people):
            await store.put(person.connection(person.principal))
            by_operator = TokensInMemory() if number % 3 == 0 else None
            tokens[person.principal] = await token_of(person, issuer, by_operator)
            for token_hash, record in (by_operator.kept if by_operator else {}).items():
                await store.add_api_token(record, token_hash)
        pages = [await server.call(token, "get_activities", limit=5) for token in tokens.values()]
        cursors = [page["meta"]["next_cursor"] for page in pages[:8]]

        crowd = anyio.CapacityLimiter(12)

        async def ask(person: Person) -> None:
            others = [other for other in people if other is not person]
            calls = asked[person.principal] = questions(person, others, cursors)
            token = tokens[person.principal]
            async with crowd:
                told[person.principal] = await told_among_others(server, token, mode, calls)

        # A dozen at once, so that whatever is kept beside a call meets the calls of others.
        async with anyio.create_task_group() as tasks:
            for person in people:
                tasks.start_soon(ask, person)

    alone = a_composition(tmp_path / "alone", api)
    async with served(alone) as server:
        for person in people:
            calls = asked[person.principal]
            expected = await told_alone(alone, server, person, calls)
            for call, answer, own in zip(calls, told[person.principal], expected, strict=True):
                assert answer == own, (person.principal, call)

    assert {tool for tool, _ in calls} == {spec.name for spec in TOOLS}
    for person in people:
        answers = told[person.principal]
        assert answers[3]["result"]["athlete"]["name"] == f"Athlete {person.mark}"
        assert answers[-1]["error"]["type"] == "not_connected"
        assert "key-of-" not in json.dumps(answers)
