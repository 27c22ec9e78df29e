"""The database: which one it is, how it is opened, and what its errors mean.

SQLite beside the key file by default, PostgreSQL where the operator says so. Statements are the
store's. Every error of SQLAlchemy and the drivers is translated here, without what it quotes:
statements, values and the address with its password.
"""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import structlog
from sqlalchemy import URL, NullPool, Table, event, make_url
from sqlalchemy.engine import Connection
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InterfaceError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from pierre_mcp.connections.places import is_postgresql, own_file, private_file
from pierre_mcp.errors import ConfigurationError, PierreError, StoreError, StoreUnavailable
from pierre_mcp.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

_SQLITE = "sqlite+aiosqlite"
_POSTGRESQL = "postgresql+asyncpg"
_DRIVERS = {
    "sqlite": _SQLITE,
    _SQLITE: _SQLITE,
    "postgres": _POSTGRESQL,
    "postgresql": _POSTGRESQL,
    _POSTGRESQL: _POSTGRESQL,
}
_BUSY_SECONDS = 20
_CONNECT_SECONDS = 5
_STATEMENT_SECONDS = 15

_log = structlog.get_logger(__name__)


class Database:
    """An open database; ``file`` is its file where it is SQLite."""

    def __init__(
        self, url: URL, *, file: Path | None, foreign: tuple[type[Exception], ...]
    ) -> None:
        self.file = file
        self._url = url
        self._foreign = foreign
        self._engine = self._new_engine()
        # Writers of one process queue here; SQLite's own waiting is by chance and starves some.
        self._writer: AbstractAsyncContextManager[Any] = anyio.Lock() if file else nullcontext()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection for statements that only read. It is not cut short by cancellation."""
        with anyio.CancelScope(shield=True), self.translated():
            async with self._engine.connect() as connection:
                yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that is committed at the end, or undone on an error.

        Once begun it is not cut short by cancellation: what is committed is known to be. Nothing
        but statements belongs inside.
        """
        async with self._writer:
            with anyio.CancelScope(shield=True), self.translated():
                async with self._engine.connect() as connection:
                    await connection.execution_options(pierre_writes=True)
                    async with connection.begin():
                        yield connection

    async def own_connection(self, statement_seconds: float | None) -> AsyncConnection:
        """A connection outside the pool, for the caller to close; each statement is by itself."""
        with self.translated():
            engine = self._new_engine(poolclass=NullPool, statement_seconds=statement_seconds)
            connection = await engine.connect()
            return await connection.execution_options(isolation_level="AUTOCOMMIT")

    @asynccontextmanager
    async def migrating(self) -> AsyncIterator[AsyncConnection]:
        """A connection outside the pool, with all the time it needs; its transactions write."""
        with self.translated():
            engine = self._new_engine(poolclass=NullPool, statement_seconds=None)
            async with engine.connect() as connection:
                await connection.execution_options(pierre_writes=True)
                yield connection

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turn every foreign error into ours; the log keeps its kind, nobody its text."""
        try:
            yield
        except PierreError:
            raise
        except self._foreign as foreign:
            raise _ours(foreign) from None

    async def close(self) -> None:
        """Let go of every connection."""
        with anyio.CancelScope(shield=True):
            await self._engine.dispose()

    def _new_engine(
        self, *, statement_seconds: float | None = _STATEMENT_SECONDS, **pool: Any
    ) -> AsyncEngine:
        # Values never enter an error's text, not even one that nobody translates.
        common = {"hide_parameters": True, **pool}
        if self.file is None:
            limits = {"timeout": _CONNECT_SECONDS, "command_timeout": statement_seconds}
            if not pool:
                common |= {"pool_size": 5, "max_overflow": 5, "pool_pre_ping": True}
            return create_async_engine(self._url, connect_args=limits, **common)
        engine = create_async_engine(self._url, connect_args={"timeout": _BUSY_SECONDS}, **common)
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        return engine


async def open_database(settings: Settings) -> Database:
    """The database that the settings name, with every table as this code wants it.

    Raises ``ConfigurationError`` and ``StoreUnavailable``, neither with the address.
    """
    from pierre_mcp.connections.migrating import migrate  # noqa: PLC0415 - it works on a Database

    database = database_of(settings)
    if database.file is not None:
        with database.translated():
            # Before SQLite would make it, for everyone to read.
            private_file(database.file)
    try:
        await migrate(database)
    except BaseException:
        await database.close()
        raise
    return database


def insert_into(table: Table, dialect: str) -> "postgresql.Insert | sqlite.Insert":
    """An insert that may say what happens to a row that is there already, as SQL itself cannot."""
    if dialect == "sqlite":
        from sqlalchemy.dialects.sqlite import insert  # noqa: PLC0415 - one of the two is needed

        return insert(table)
    from sqlalchemy.dialects.postgresql import (  # noqa: PLC0415 - one of the two is needed
        insert as insert_there,
    )

    return insert_there(table)


def database_of(settings: Settings) -> Database:
    """The database that the settings name, of which nothing is opened or made yet."""
    foreign: tuple[type[Exception], ...] = (SQLAlchemyError, OSError, UnicodeError)
    if settings.database_url is None:
        file = own_file(settings)
        return _sqlite(URL.create(_SQLITE, database=str(file)), file, foreign)
    try:
        url = make_url(settings.database_url)
        url = url.set(drivername=_DRIVERS[url.drivername])
    except (ArgumentError, ValueError, KeyError):
        raise ConfigurationError(
            f"PIERRE_DATABASE_URL: must be {_SQLITE}:///file or {_POSTGRESQL}://user@host/name"
        ) from None
    if is_postgresql(settings):
        return Database(_with_ssl(url), file=None, foreign=(*foreign, *_asyncpg_errors()))
    if not url.database or url.database == ":memory:" or url.query:
        raise ConfigurationError(
            f"PIERRE_DATABASE_URL: SQLite needs a file, and nothing else: {_SQLITE}:////path/file"
        )
    return _sqlite(url, Path(url.database).absolute(), foreign)


def _sqlite(url: URL, file: Path, foreign: tuple[type[Exception], ...]) -> Database:
    return Database(url, file=file, foreign=(*foreign, sqlite3.Error))


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where we say, in ``_begin_sqlite``
    cursor = connection.cursor()
    # A token that was handed out must survive a power cut; one that is deleted is overwritten.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA secure_delete = ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and then writes is refused at once when another wrote between.
    writes = connection.get_execution_options().get("pierre_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _with_ssl(url: URL) -> URL:
    """The spelling of libpq's addresses, which hosters hand out, in the driver's."""
    if "sslmode" not in url.query:
        return url
    rest = url.difference_update_query(["sslmode"])
    return rest.update_query_dict({"ssl": url.query["sslmode"]})


def _asyncpg_errors() -> tuple[type[Exception], ...]:
    """What the driver raises while connecting reaches us as it is."""
    try:
        import asyncpg  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        raise ConfigurationError(
            "PIERRE_DATABASE_URL: PostgreSQL needs 'pip install pierre-mcp[postgres]'"
        ) from None
    return asyncpg.PostgresError, asyncpg.InterfaceError


def _ours(foreign: Exception) -> StoreError:
    cause = foreign.orig if isinstance(foreign, DBAPIError) and foreign.orig else foreign
    passing = isinstance(foreign, OperationalError | InterfaceError | PoolTimeout | OSError) or (
        isinstance(foreign, DBAPIError) and foreign.connection_invalidated
    )
    kind = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None)
    _log.error("store_failed", error=type(cause).__name__, kind=kind)
    if passing:
        return StoreUnavailable(
            "The database of connections cannot be used at the moment. Try again shortly; "
            "the server's log has the reason."
        )
    return StoreError(
        "The database of connections refused what was asked of it. The server's log has the reason."
    )
