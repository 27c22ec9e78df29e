"""A server over real sockets that tells people apart, and clients that are those people."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    nullcontext,
)
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any
from unittest.mock import AsyncMock, patch

import anyio
import httpx2
from mcp import Client
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from starlette.types import ASGIApp

from pierre_mcp.composition import Composition
from pierre_mcp.connections.records import ApiToken
from pierre_mcp.server import transports
from pierre_mcp.server.identity.api_tokens import new_api_token
from pierre_mcp.server.stopping import Server
from pierre_mcp.server.transports import serve_http

MODERN = "2026-07-28"
_PATIENCE_SECONDS = 60.0
"""Many people on a slow machine wait for each other."""
_META = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
}


@dataclass
class TokensInMemory:
    """The store of API tokens, without a database. ``broken`` is what it raises instead."""

    kept: dict[str, ApiToken] = field(default_factory=dict)
    broken: Exception | None = None
    looked_up: list[str] = field(default_factory=list)

    async def check(self) -> None:
        if self.broken is not None:
            raise self.broken

    async def add_api_token(self, token: ApiToken, token_hash: str) -> None:
        self.kept[token_hash] = token

    async def api_token(self, token_hash: str) -> ApiToken | None:
        self.looked_up.append(token_hash)
        if self.broken is not None:
            raise self.broken
        return self.kept.get(token_hash)

    async def api_tokens(self) -> tuple[ApiToken, ...]:
        return tuple(self.kept.values())

    async def revoke_api_token(self, token_id: str, now: datetime) -> bool:
        for token_hash, token in self.kept.items():
            if token.id == token_id:
                self.kept[token_hash] = replace(token, revoked_at=token.revoked_at or now)
                return True
        return False

    async def make(
        self, tenant: str, user: str, now: datetime, expires_at: datetime | None = None
    ) -> str:
        """A new token's text."""
        made = new_api_token(tenant, user, label="test", now=now, expires_at=expires_at)
        await self.add_api_token(made.record, made.token_hash)
        return made.text


@dataclass(frozen=True)
class Served:
    """A server that answers at ``url``."""

    url: str
    port: int
    sse: bool
    http: httpx2.AsyncClient

    @property
    def endpoint(self) -> str:
        return self.url + ("/sse" if self.sse else "/mcp")

    async def post(
        self,
        token: str | None = None,
        *,
        method: str = "tools/list",
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        query: str = "",
    ) -> httpx2.Response:
        """One request of the modern era, as bare as a test needs it."""
        named = {"Mcp-Name": params["name"]} if params and "name" in params else {}
        bearer = {} if token is None else {"Authorization": f"Bearer {token}"}
        return await self.http.post(
            f"{self.url}/mcp{query}",
            json={
                "jsonrpc": "2.0",
                "id": 1,
                "method": method,
                "params": {**(params or {}), "_meta": _META},
            },
            headers={
                "Accept": "application/json, text/event-stream",
                "MCP-Protocol-Version": MODERN,
                "Mcp-Method": method,
                **named,
                **bearer,
                **(headers or {}),
            },
        )

    async def call(self, token: str | None, tool: str, **arguments: Any) -> dict[str, Any]:
        """What a tool returned, success or failure."""
        params = {"name": tool, "arguments": arguments}
        answer = await self.post(token, method="tools/call", params=params)
        assert answer.status_code == 200, answer.text
        return dict(answer.json()["result"]["structuredContent"])

    @asynccontextmanager
    async def client(self, token: str | None, *, mode: str = "auto") -> AsyncIterator[Client]:
        """The SDK's client; ``mode`` is the protocol era."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        async with AsyncExitStack() as exits:
            transport: AbstractAsyncContextManager[Any]
            if self.sse:
                transport = sse_client(self.endpoint, headers=headers, timeout=_PATIENCE_SECONDS)
            else:
                http = await exits.enter_async_context(
                    httpx2.AsyncClient(headers=headers, timeout=_PATIENCE_SECONDS)
                )
                transport = streamable_http_client(self.endpoint, http_client=http)
            yield await exits.enter_async_context(Client(transport, mode=mode))


@asynccontextmanager
async def served(
    composition: Composition,
    *,
    sse: bool = False,
    host: str = "127.0.0.1",
    port: int = 0,
    api_tokens: TokensInMemory | None = None,
) -> AsyncIterator[Served]:
    """The server as ``pierre-mcp serve`` runs it, for the length of the block.

    Without a ``port`` it takes any that is free. With ``api_tokens`` those are asked in place of
    the database's.
    """
    running: list[Server] = []
    started = anyio.Event()

    class Stoppable(Server):
        def __init__(self, app: ASGIApp, started: Callable[[], None]) -> None:
            super().__init__(app, started)
            running.append(self)

    def announce(bound: int) -> None:
        nonlocal port
        port = bound
        started.set()

    serve = partial(serve_http, composition, host=host, port=port, sse=sse, announce=announce)
    shown = f"[{host}]" if ":" in host else host
    kept = (
        nullcontext()
        if api_tokens is None
        else patch.object(composition, "store", AsyncMock(return_value=api_tokens))
    )
    with kept, patch.object(transports, "Server", Stoppable):
        async with (
            anyio.create_task_group() as tasks,
            httpx2.AsyncClient(timeout=_PATIENCE_SECONDS) as http,
        ):
            tasks.start_soon(serve)
            await started.wait()
            try:
                yield Served(url=f"http://{shown}:{port}", port=port, sse=sse, http=http)
            finally:
                running[0].should_exit = True
