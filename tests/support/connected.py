"""A provider that one connects by OAuth 2, its server in memory, and a store in memory."""

import base64
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import anyio
from anyio.abc import TaskGroup

from pierre_mcp.connections.keeping import Held, TokenKeeper
from pierre_mcp.connections.records import ConnectionRecord, PendingAuthorization
from pierre_mcp.connections.service import Connections
from pierre_mcp.principal import LOCAL, Principal
from pierre_mcp.spi import (
    Connection,
    OAuthEndpoints,
    OAuthParams,
    ProviderCapabilities,
    ProviderConfig,
    ProviderDescriptor,
    ScopeNeed,
    Verification,
)
from pierre_mcp.testing import FakeClock, FakeRequest, OAuthServer, Refused

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
BASE = "https://harbour.test"

HARBOUR = ProviderDescriptor(
    name="harbour",
    display_name="Harbour",
    capabilities=ProviderCapabilities.activity_only(),
    connection=Connection.OAUTH2,
    oauth_endpoints=OAuthEndpoints(
        auth_url=f"{BASE}/oauth/authorize",
        token_url=f"{BASE}/oauth/token",
        revoke_url=f"{BASE}/oauth/revoke",
    ),
    oauth_params=OAuthParams(scope_separator=",", account_path=("athlete", "id")),
    api_base_url=f"{BASE}/v3",
    default_scopes=("read", "read_all"),
    scope_needs=(
        ScopeNeed(
            scope="read",
            alternatives=("read_all",),
            gives="activities",
            capability=ProviderCapabilities.ACTIVITIES,
        ),
        ScopeNeed(scope="read_all", gives="activities that only you can see"),
    ),
    verified=Verification(against="specification", date=date(2026, 11, 24)),
)


def config_of(descriptor: ProviderDescriptor = HARBOUR, base: str = BASE) -> ProviderConfig:
    """What an operator would have configured, with the server at ``base``."""
    return ProviderConfig(
        name=descriptor.name,
        client_id="client",
        client_secret="shh",
        auth_url=f"{base}/oauth/authorize",
        token_url=f"{base}/oauth/token",
        revoke_url=f"{base}/oauth/revoke",
        api_base_url=f"{base}/v3",
        redirect_uri="http://localhost:8081/api/oauth/callback/harbour",
        scopes=descriptor.default_scopes,
    )


class MemoryStore:
    """The store's promises without a database."""

    def __init__(self) -> None:
        self.rows: dict[tuple[Principal, str], ConnectionRecord] = {}
        self.consents: dict[str, PendingAuthorization] = {}
        self.updates = 0

    async def connection(self, principal: Principal, provider: str) -> ConnectionRecord | None:
        await anyio.lowlevel.checkpoint()
        return self.rows.get((principal, provider))

    async def connections(self, principal: Principal) -> tuple[ConnectionRecord, ...]:
        return tuple(row for (owner, _), row in self.rows.items() if owner == principal)

    async def of_account(self, provider: str, account_id: str) -> tuple[ConnectionRecord, ...]:
        return tuple(
            row
            for (_, name), row in self.rows.items()
            if (name, row.account_id) == (provider, account_id)
        )

    async def put(self, record: ConnectionRecord) -> ConnectionRecord:
        key = (record.principal, record.provider)
        before = self.rows.get(key)
        self.rows[key] = replace(record, version=before.version + 1 if before else 1)
        return self.rows[key]

    async def update(self, record: ConnectionRecord) -> ConnectionRecord | None:
        self.updates += 1
        key = (record.principal, record.provider)
        if key not in self.rows or self.rows[key].version != record.version:
            return None
        self.rows[key] = replace(record, version=record.version + 1)
        return self.rows[key]

    async def remove(self, principal: Principal, provider: str) -> bool:
        self.consents = {
            state: one
            for state, one in self.consents.items()
            if (one.principal, one.provider) != (principal, provider)
        }
        return self.rows.pop((principal, provider), None) is not None

    async def begin(self, pending: PendingAuthorization) -> None:
        self.consents[pending.state] = pending

    async def pending(self, principal: Principal, now: datetime) -> tuple[Any, ...]:
        return tuple(
            p for p in self.consents.values() if p.principal == principal and p.expires_at > now
        )

    async def look(self, state: str, now: datetime) -> PendingAuthorization | None:
        found = self.consents.get(state)
        return found if found and found.expires_at > now else None

    async def bind_browser(self, state: str, browser_hash: str) -> bool:
        if self.consents[state].browser not in ("", browser_hash):
            return False
        self.consents[state] = replace(self.consents[state], browser=browser_hash)
        return True

    async def take(self, state: str, now: datetime) -> PendingAuthorization | None:
        found = await self.look(state, now)
        if found:
            del self.consents[state]
        return found


class MemoryLocks:
    """One lock a connection, within this process."""

    def __init__(self) -> None:
        self._locks: dict[tuple[Principal, str], anyio.Lock] = {}

    @asynccontextmanager
    async def hold(self, principal: Principal, provider: str) -> AsyncIterator[None]:
        async with self._locks.setdefault((principal, provider), anyio.Lock()):
            yield


@dataclass
class Wire:
    """``Send`` straight into an ``OAuthServer``; ``before`` may fail or wait in the way there."""

    server: OAuthServer
    before: Callable[[], Awaitable[None]] | None = None
    override: tuple[int, Any] | None = None
    sent: list[tuple[str, str]] = field(default_factory=list)

    async def __call__(
        self,
        provider: str,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: str | None = None,
    ) -> tuple[int, Any]:
        self.sent.append((method, url))
        if self.before is not None:
            await self.before()
        if self.override is not None:
            return self.override
        parts = urlsplit(url)
        request = FakeRequest(
            method=method,
            path=parts.path,
            query=parse_qs(parts.query),
            headers={name.lower(): value for name, value in headers.items()},
            body=(body or "").encode(),
        )
        try:
            status, answer, _ = await self.server.routes[f"{method} {parts.path}"](request)
        except Refused as refused:
            status, answer, _ = refused.reply
        return status, answer

    async def consent(self, url: str) -> dict[str, str]:
        """What a person's browser brings back from the provider's page."""
        parts = urlsplit(url)
        request = FakeRequest(method="GET", path=parts.path, query=parse_qs(parts.query))
        _, _, headers = await self.server.authorize(request)
        return dict(parse_qsl(urlsplit(headers["location"]).query))


@dataclass
class Desk:
    """A service with everything behind it, in memory."""

    server: OAuthServer
    wire: Wire
    store: MemoryStore
    locks: MemoryLocks
    clock: FakeClock
    keeper: TokenKeeper
    service: Connections
    tasks: TaskGroup

    def held(self, principal: Principal = LOCAL) -> Held:
        return Held(principal=principal, descriptor=HARBOUR, config=config_of())

    async def connect(self, principal: Principal = LOCAL) -> ConnectionRecord:
        """A person connects, all boxes ticked as the server is told."""
        pending = await self.service.begin(principal, HARBOUR, config_of(), through_page=False)
        url = await self.service.consent_url(HARBOUR, config_of(), pending)
        await self.service.complete(HARBOUR, config_of(), await self.wire.consent(url))
        return self.store.rows[principal, "harbour"]


@asynccontextmanager
async def desk() -> AsyncIterator[Desk]:
    """A desk that is open inside the context."""
    server, store, locks, clock = OAuthServer(), MemoryStore(), MemoryLocks(), FakeClock(NOW)
    wire = Wire(server)
    async with anyio.create_task_group() as tasks:
        keeper = TokenKeeper(
            rows=store, locks=locks, send=wire, clock=clock, spawn=tasks.start_soon
        )
        service = Connections(store=store, keeper=keeper, send=wire, clock=clock)
        yield Desk(server, wire, store, locks, clock, keeper, service, tasks)
        tasks.cancel_scope.cancel()


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
