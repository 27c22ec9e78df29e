"""A provider that is made of data alone, on a fake API, reached through the real client."""

import json
import sys
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from io import StringIO
from logging import getLogger
from typing import Any

import pytest
import structlog

from pierre_mcp.client import redaction
from pierre_mcp.client.api import ProviderApi
from pierre_mcp.client.pool import HttpPool
from pierre_mcp.logs import configure_logging
from pierre_mcp.spi import (
    Connection,
    OAuthEndpoints,
    ProviderCapabilities,
    ProviderConfig,
    ProviderDescriptor,
    RetryConfig,
    Verification,
)
from pierre_mcp.testing import FakeApi, FakeClock

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

DESCRIPTOR = ProviderDescriptor(
    name="harbour",
    display_name="Harbour",
    capabilities=ProviderCapabilities.activity_only(),
    verified=Verification(against="not_applicable", date=date(2026, 11, 24)),
    connection=Connection.OAUTH2,
    oauth_endpoints=OAuthEndpoints(auth_url="https://a.invalid", token_url="https://t.invalid"),
    api_base_url="https://api.invalid",
)


@dataclass(slots=True)
class Tokens:
    """A TokenSource with a list of tokens; counts how often another one was asked for."""

    given: list[str] = field(default_factory=lambda: ["first-token", "second-token"])
    account_id: str | None = "4711"
    granted_scopes: frozenset[str] = frozenset({"read"})
    refused: list[str] = field(default_factory=list)

    async def token(self) -> str:
        return self.given[0]

    async def renewed(self, refused: str) -> str:
        self.refused.append(refused)
        return self.given[len(self.refused)]


ONCE = RetryConfig(max_retries=0)
"""Asked once: what is tested here is one attempt, unless a test says otherwise."""


@pytest.fixture(autouse=True)
def forgetful(monkeypatch):
    """No test profits from secrets that another one showed."""
    monkeypatch.setattr(redaction, "_remembered", OrderedDict())


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def logged(monkeypatch):
    """Logs everything as the server does, and returns the lines that came of it so far."""
    names = ("", "httpx2", "httpcore2", "mcp")
    before = [(logger, logger.level, logger.handlers[:]) for logger in map(getLogger, names)]
    stderr = StringIO()
    monkeypatch.setattr(sys, "stderr", stderr)
    configure_logging("debug")
    yield lambda: [json.loads(line) for line in stderr.getvalue().splitlines()]
    structlog.reset_defaults()
    for logger, level, handlers in before:
        logger.setLevel(level)
        logger.handlers[:] = handlers


@pytest.fixture
async def server():
    async with FakeApi() as server:
        yield server


@pytest.fixture
async def pool():
    async with HttpPool() as pool:
        yield pool


@pytest.fixture
def tokens():
    return Tokens()


@pytest.fixture
def connect(server, pool, tokens) -> Callable[..., ProviderApi]:
    """Makes the client of a provider whose descriptor, config or client differ as said."""

    def make(
        *,
        config: dict[str, Any] | None = None,
        client: dict[str, Any] | None = None,
        **descriptor: Any,
    ) -> ProviderApi:
        values = {
            "descriptor": replace(DESCRIPTOR, **descriptor),
            "config": ProviderConfig(
                **(
                    {"name": "harbour", "api_base_url": f"{server.url}/v3", "retry": ONCE}
                    | (config or {})
                )
            ),
            "pool": pool,
            "tokens": tokens,
            "clock": FakeClock(NOW),
        }
        return ProviderApi(**(values | (client or {})))

    return make
