"""No foreign byte (RELIABILITY K3): many people on one server, every tool, ids and cursors guessed.

What a person may be told is what a server would tell them on which nobody else is. Each answer is
compared with that, whole.
"""

import random
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import date, timedelta
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
from many_people import Served, TokensInMemory, fetch_json, served, served_without_a_socket

from pierre_mcp.composition import Composition
from pierre_mcp.models import Athlete, HealthMetrics, Page, RecoveryMetrics
from pierre_mcp.principal import Principal
from pierre_mcp.registry import ProviderRegistry
from pierre_mcp.server.identity.caller import caller
from pierre_mcp.server.tools import TOOLS
from pierre_mcp.settings import load_settings
from pierre_mcp.spi import (
    FitnessProvider,
    ProviderCapabilities,
    ProviderConfig,
    ProviderContext,
)

PUBLIC = "https://pierre.example.org"
Call = tuple[str, dict[str, Any]]


@dataclass
class Pond(Lake):
    """One person's data, recognisable wherever it turns up."""

    mark: int = 0


class PondProvider(LakesideProvider):
    lake: Pond

    async def get_athlete(self) -> Athlete:
        self._called()
        name = f"Athlete {self.lake.mark}"
        return Athlete(provider="lakeside", id=f"{self.lake.mark}", name=name, weight_kg=self._kg())

    async def get_recovery_metrics(self, start: date, end: date) -> Page[RecoveryMetrics]:
        self._called()
        day = RecoveryMetrics(provider="lakeside", date=end, hrv_rmssd_ms=self.lake.mark)
        return Page(items=(day,))

    async def get_health_metrics(self, start: date, end: date) -> Page[HealthMetrics]:
        self._called()
        return Page(items=(HealthMetrics(provider="lakeside", date=end, weight_kg=self._kg()),))

    def _kg(self) -> float:
        return 40 + self.lake.mark / 1000


class PondFactory(LakesideFactory):
    """Makes a provider that holds the data of the person it is made for."""

    def __init__(self, ponds: Mapping[str, Pond] | Pond) -> None:
        wellness = ProviderCapabilities.RECOVERY_METRICS | ProviderCapabilities.HEALTH_METRICS
        capabilities = DESCRIPTOR.capabilities | wellness
        super().__init__(Lake(), replace(DESCRIPTOR, capabilities=capabilities))
        self._ponds = ponds

    def create(self, config: ProviderConfig, context: ProviderContext) -> FitnessProvider:
        provider = PondProvider(self.descriptor, config, context)
        ponds = self._ponds
        provider.lake = ponds if isinstance(ponds, Pond) else ponds[caller().key]
        return provider


@dataclass(frozen=True)
class Person:
    principal: Principal
    pond: Pond


def a_person(chance: random.Random, number: int) -> Person:
    """Half share their user name with someone in another tenant."""
    tenant, user = ("lake", "sea")[number % 2], f"user-{number // 2}"
    mark = 10_000 + number
    activities = [
        an_activity(
            hour,
            id=f"{mark}{hour:04}",
            name=f"Outing {mark}-{hour}",
            distance_meters=float(mark + hour),
            average_heart_rate_bpm=float(chance.randint(90, 190)),
        )
        for hour in sorted(chance.sample(range(1, 400), 30))
    ]
    nights = [
        a_night(NOW.date() - timedelta(days=age), total_sleep_seconds=float(mark + age))
        for age in range(10)
    ]
    pond = Pond(activities=activities, nights=nights, mark=mark)
    return Person(Principal(tenant, user), pond)


def questions(person: Person, others: list[Person], cursors: list[str]) -> list[Call]:
    """Every tool, with what is the person's own and with what they can only have guessed."""
    own = person.pond.activities
    calls: list[Call] = [
        ("list_providers", {}),
        ("get_connection_status", {}),
        ("connect_provider", {"provider": "lakeside"}),
        ("disconnect_provider", {"provider": "lakeside"}),
        ("get_provider_health", {"provider": "lakeside"}),
        ("get_athlete", {}),
        ("get_athlete", {"provider": "synthetic,lakeside"}),
        ("get_activities", {}),
        ("get_activities", {"limit": 200, "detail": "full", "cache_policy": "refresh"}),
        ("get_activities", {"provider": "lakeside,synthetic", "limit": 3}),
        ("get_activity", {"activity_id": own[0].id, "include": ["laps", "streams"]}),
        ("get_stats", {"group_by": "day"}),
        ("get_stats", {"group_by": "sport", "start_date": "2026-01-01"}),
        ("get_personal_records", {}),
        ("get_sleep_sessions", {"stages": True}),
        ("get_recovery_metrics", {}),
        ("get_health_metrics", {}),
    ]
    for other in others:
        stranger = other.pond.activities
        calls += [
            ("get_activity", {"activity_id": stranger[0].id}),
            ("get_activity", {"activity_id": stranger[-1].id, "include": ["streams"]}),
            ("get_activity", {"activity_id": f"{other.principal.key}:{stranger[0].id}"}),
            ("get_athlete", {"provider": f"lakeside:{other.principal.user}"}),
        ]
    calls += [("get_activities", {"cursor": cursor, "limit": 5}) for cursor in cursors]
    return calls


def comparable(tool: str, answer: Any) -> Any:
    """The answer without what depends on how fast the machine is and how often it was asked."""
    if tool == "get_provider_health" and answer["success"]:
        for health in answer["result"]["providers"].values():
            del health["average_latency_ms"]
    return answer


async def told_alone(person: Person, calls: list[Call], home: Any) -> list[Any]:
    """What a server tells a person who has it for themselves."""
    async with served_without_a_socket(a_composition(home, PondFactory(person.pond))) as server:
        return [
            comparable(tool, await server.call(None, tool, **arguments))
            for tool, arguments in calls
        ]


@pytest.fixture(scope="module")
def issuer() -> Iterator[IssuerProcess]:
    with running_issuer() as running:
        yield running


@pytest.fixture
def people(proof_scale: Any) -> list[Person]:
    chance = random.Random(20261124)
    return [a_person(chance, number) for number in range(proof_scale(10, 50))]


def a_composition(home: Any, factory: PondFactory, **environ: str) -> Composition:
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
    registry.register_factory("lakeside", factory)
    return Composition(configuration, registry=registry, clock=lambda: NOW)


async def token_of(person: Person, number: int, issuer: IssuerProcess, tokens: Any) -> str:
    """Every third has a token of the operator's."""
    who = person.principal
    if number % 3 == 0:
        return str(await tokens.make(who.tenant, who.user, NOW))
    return issuer.token(
        iss=issuer.url,
        aud=f"{PUBLIC}/mcp",
        sub=who.user,
        tenant=who.tenant,
        exp=NOW.timestamp() + 300,
    )


async def first_cursors(server: Served, tokens: list[str]) -> list[str]:
    pages = [await server.call(token, "get_activities", limit=5) for token in tokens]
    return [page["meta"]["next_cursor"] for page in pages]


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_no_answer_holds_a_byte_of_another_person(
    tmp_path: Any, people: list[Person], issuer: IssuerProcess, mode: str
):
    store = TokensInMemory()
    composition = a_composition(
        tmp_path,
        PondFactory({person.principal.key: person.pond for person in people}),
        PIERRE_PUBLIC_URL=PUBLIC,
        PIERRE_OIDC_ISSUER=issuer.url,
    )
    async with served(composition, api_tokens=store, fetch=fetch_json) as server:
        tokens = [await token_of(p, number, issuer, store) for number, p in enumerate(people)]
        cursors = await first_cursors(server, tokens)
        asked = {
            person.principal: questions(person, [p for p in people if p is not person], cursors)
            for person in people
        }
        told: dict[Principal, list[Any]] = {}

        async def ask(person: Person, token: str) -> None:
            answers = told.setdefault(person.principal, [])
            async with AsyncExitStack() as exits:
                client = None
                if mode == "legacy":
                    client = await exits.enter_async_context(server.client(token, mode=mode))
                for tool, arguments in asked[person.principal]:
                    if client is None:
                        answer: Any = await server.call(token, tool, **arguments)
                    else:
                        answer = (await client.call_tool(tool, arguments)).structured_content
                    answers.append(comparable(tool, answer))

        # All at once, so that whatever is kept beside a call meets the calls of others.
        async with anyio.create_task_group() as tasks:
            for person, token in zip(people, tokens, strict=True):
                tasks.start_soon(ask, person, token)

    assert {tool for calls in asked.values() for tool, _ in calls} == {spec.name for spec in TOOLS}
    for person in people:
        calls = asked[person.principal]
        alone = await told_alone(person, calls, tmp_path)
        for call, answer, expected in zip(calls, told[person.principal], alone, strict=True):
            assert answer == expected, (person.principal, call)
    athletes = {told[p.principal][5]["result"]["athlete"]["name"] for p in people}
    assert len(athletes) == len(people)
