"""The tables, as they are after the newest migration, and how their values look in Python.

Instants are whole microseconds since 1970 UTC and sets of scopes are JSON, so that SQLite and
PostgreSQL keep the same. A change here needs a migration beside it, which a test compares.
"""

import json
from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, Boolean, Column, Dialect, Index, Integer, MetaData, Table, Text
from sqlalchemy.types import TypeDecorator

REVISION = "0003"
"""The newest migration; the one that this code works with."""
VERSION_TABLE = "pierre_schema"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Instant(TypeDecorator[datetime]):
    """An aware ``datetime``, kept as microseconds since 1970 UTC."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """To the database; a ``datetime`` without a zone is a ``TypeError``."""
        return None if value is None else (value - _EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """From the database, in UTC."""
        return None if value is None else _EPOCH + timedelta(microseconds=value)


class Scopes(TypeDecorator[frozenset[str]]):
    """A set of scopes, kept as a sorted JSON list."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: frozenset[str] | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """To the database."""
        return None if value is None else json.dumps(sorted(value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> frozenset[str] | None:  # noqa: ARG002
        """From the database."""
        return None if value is None else frozenset(json.loads(value))


metadata = MetaData()

connections = Table(
    "connections",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("user", Text, primary_key=True),
    Column("provider", Text, primary_key=True),
    Column("access", Text, nullable=False),
    Column("refresh", Text),
    Column("key_id", Text, nullable=False),
    Column("obtained_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("connected_at", Instant, nullable=False),
    Column("requested_scopes", Scopes, nullable=False),
    Column("granted_scopes", Scopes, nullable=False),
    Column("account_id", Text),
    Column("needs_reauth", Text),
    Column("refused_at", Instant),
    Column("ends_at", Instant),
    Column("version", Integer, nullable=False),
    Index("connections_account", "provider", "account_id"),
)

authorizations = Table(
    "authorizations",
    metadata,
    Column("state_hash", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("user", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("code_verifier", Text),
    Column("key_id", Text),
    Column("requested_scopes", Scopes, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("browser", Text),
    Index("authorizations_person", "tenant", "user"),
    Index("authorizations_expires_at", "expires_at"),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", Text, primary_key=True),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("tenant", Text, nullable=False),
    Column("user", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("revoked_at", Instant),
    Index("api_tokens_person", "tenant", "user"),
)

decisions = Table(
    "decisions",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("user", Text, primary_key=True),
    Column("one_provider", Text, primary_key=True),
    Column("one_id", Text, primary_key=True),
    Column("other_provider", Text, primary_key=True),
    Column("other_id", Text, primary_key=True),
    Column("same", Boolean, nullable=False),
    Column("decided_at", Instant, nullable=False),
)
"""Of each pair one row; ``one`` sorts before ``other``."""

quotas = Table(
    "quotas",
    metadata,
    Column("name", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("changed_at", Instant, nullable=False),
)
"""What is left of providers' limits; names are digests, nobody's in particular."""
