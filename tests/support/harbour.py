"""A provider that one connects by OAuth 2, its API on a real socket, and servers in front."""

import itertools
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from connected import HARBOUR, config_of

from pierre_mcp.composition import Composition
from pierre_mcp.connections.outcomes import Result
from pierre_mcp.models import Activity, Athlete, Page, SportType
from pierre_mcp.principal import Principal
from pierre_mcp.registry import ProviderRegistry
from pierre_mcp.settings import load_settings
from pierre_mcp.spi import (
    ActivityQuery,
    FitnessProvider,
    Include,
    ProviderConfig,
    ProviderContext,
    ProviderDescriptor,
    ProviderFactory,
)
from pierre_mcp.testing import FakeApi, FakeClock, FakeRequest, OAuthServer, Reply

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


class HarbourProvider(FitnessProvider):
    async def get_athlete(self) -> Athlete:
        told = await self.api.get_json("athlete")
        return Athlete(provider="harbour", id=str(told["id"]), name=told["name"])

    async def get_activities(self, query: ActivityQuery) -> Page[Activity]:
        told = await self.api.get_json("activities")
        return Page(items=tuple(self._outing(one) for one in told)[: query.limit])

    async def get_activity(
        self, activity_id: str, include: frozenset[Include] = frozenset()
    ) -> Activity:
        return self._outing(await self.api.get_json(f"activities/{activity_id}"))

    async def health_check(self) -> None:
        await self.api.get_json("athlete")

    def _outing(self, told: dict) -> Activity:
        return Activity(
            provider="harbour",
            id=str(told["id"]),
            name=told["name"],
            sport_type=SportType.ROWING,
            start_time=NOW,
        )


@dataclass
class HarbourFactory(ProviderFactory):
    descriptor: ProviderDescriptor = HARBOUR

    @property
    def descriptors(self) -> tuple[ProviderDescriptor, ...]:
        return (self.descriptor,)

    def create(self, config: ProviderConfig, context: ProviderContext) -> FitnessProvider:
        return HarbourProvider(self.descriptor, config, context)


@dataclass
class Harbour:
    """The provider's side of it all."""

    api: FakeApi
    oauth: OAuthServer
    clock: FakeClock
    port: int
    factory: HarbourFactory = field(default_factory=HarbourFactory)

    @property
    def config(self) -> ProviderConfig:
        return replace(
            config_of(self.factory.descriptor, self.api.url),
            redirect_uri=f"http://localhost:{self.port}/api/oauth/callback/harbour",
        )

    def change(self, **changes: Any) -> None:
        """Let the descriptor differ from now on."""
        self.factory.descriptor = replace(self.factory.descriptor, **changes)

    def composition(
        self, home: Path, *, clock: Callable[[], datetime] | None = None, **environ: str
    ) -> Composition:
        """A composition that knows this provider, by the provider's clock where none is given."""
        configuration = load_settings({"PIERRE_HOME": str(home), **environ})
        registry = ProviderRegistry(configuration)
        registry.register_factory("harbour", self.factory)
        data_dir = str(home / "providers" / "harbour")
        registry.set_default_config("harbour", replace(self.config, data_dir=data_dir))
        return Composition(configuration, registry=registry, clock=clock or self.clock)

    async def connect(self, composition: Composition, person: Principal) -> None:
        """That person connects, without a browser."""
        connections, config = await composition.connections(), self.config
        descriptor = self.factory.descriptor
        pending = await connections.begin(person, descriptor, config, through_page=False)
        parts = urlsplit(await connections.consent_url(descriptor, config, pending))
        asked = FakeRequest(method="GET", path=parts.path, query=parse_qs(parts.query))
        _, _, headers = await self.oauth.authorize(asked)
        answer = dict(parse_qsl(urlsplit(headers["location"]).query))
        outcome = await connections.complete(descriptor, config, answer)
        assert outcome.result is Result.CONNECTED


@asynccontextmanager
async def harbour() -> AsyncIterator[Harbour]:
    """The provider with its OAuth server and API, open inside the context."""
    oauth = OAuthServer()

    def owner(request: FakeRequest) -> int:
        return 100 + oauth.grants.index(oauth.require(request))

    async def athlete(request: FakeRequest) -> Reply:
        return 200, {"id": owner(request), "name": f"Rower {owner(request)}"}, {}

    async def activities(request: FakeRequest) -> Reply:
        rower = owner(request)
        return 200, [{"id": rower * 1000 + n, "name": f"Outing of {rower}"} for n in range(3)], {}

    async def activity(request: FakeRequest) -> Reply:
        rower = owner(request)
        if int(request.parts["id"]) // 1000 != rower:
            return 404, {"message": "Record Not Found"}, {}
        return 200, {"id": int(request.parts["id"]), "name": f"Outing of {rower}"}, {}

    async with FakeApi(oauth.routes) as api:
        api.routes["GET /v3/athlete"] = athlete
        api.routes["GET /v3/activities"] = activities
        api.routes["GET /v3/activities/{id}"] = activity
        yield Harbour(api, oauth, FakeClock(NOW), free_port())


_FIRST_PORT, _PORTS_A_WORKER = 20_000, 3_000
_counted = itertools.count(os.getpid() * 37)


def free_port() -> int:
    """A port of this machine that nobody has now, and that no outgoing connection is given later.

    Those begin at 32768; workers that test side by side look in different places.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 4
    for number in _counted:
        port = _FIRST_PORT + worker * _PORTS_A_WORKER + number % _PORTS_A_WORKER
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("unreachable: numbers do not end")
