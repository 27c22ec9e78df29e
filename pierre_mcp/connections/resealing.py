"""Sealing rows anew with the current key, while others read and write them.

A row is replaced only if it is still the one that was opened, and keeps its version: what was
sealed anew is the same secret, so a refresh under way is not disturbed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import ColumnElement, RowMapping, Table, and_, select, union, update

from pierre_mcp.connections.database import Database
from pierre_mcp.connections.rows import (
    ACCESS,
    CODE_VERIFIER,
    REFRESH,
    open_field,
    principal_of,
    seal_fields,
)
from pierre_mcp.connections.schema import authorizations, connections
from pierre_mcp.connections.sealing import Sealer
from pierre_mcp.errors import SealBroken

_BATCH = 100
_SEALED: Mapping[Table, tuple[str, ...]] = {
    connections: (ACCESS, REFRESH),
    authorizations: (CODE_VERIFIER,),
}

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resealed:
    """How many rows were sealed anew, and how many could not be opened and stay as they are."""

    rows: int
    unreadable: int


async def reseal(database: Database, sealer: Sealer) -> Resealed:
    """Seal anew whatever the current key did not seal, also what is written meanwhile."""
    rows = unreadable = 0
    for table in _SEALED:
        done, left = await _reseal_table(database, sealer, table)
        rows, unreadable = rows + done, unreadable + left
    return Resealed(rows=rows, unreadable=unreadable)


async def keys_in_use(database: Database) -> frozenset[str]:
    """The ids of the keys that something is sealed with."""
    tables = [select(table.c.key_id).where(table.c.key_id.is_not(None)) for table in _SEALED]
    async with database.reading() as db:
        return frozenset((await db.execute(union(*tables))).scalars())


async def _reseal_table(database: Database, sealer: Sealer, table: Table) -> tuple[int, int]:
    done = 0
    unreadable: set[tuple[Any, ...]] = set()
    while True:
        current = sealer.keys.current().id
        # Ordered, and skipping what is known not to open, so that every batch brings it forward.
        query = select(table).where(table.c.key_id != current).order_by(*table.primary_key)
        async with database.reading() as db:
            rows = (await db.execute(query.limit(_BATCH + len(unreadable)))).mappings().all()
        todo = [row for row in rows if _key(table, row) not in unreadable]
        if not todo:
            return done, len(unreadable)
        changes = []
        for row in todo:
            try:
                changes.append((row, _sealed_anew(table, row, sealer)))
            except SealBroken:
                unreadable.add(_key(table, row))
                _log.warning("row_does_not_open", table=table.name, provider=row["provider"])
        done += await _replace(database, table, changes)


def _sealed_anew(table: Table, row: RowMapping, sealer: Sealer) -> dict[str, str | None]:
    return seal_fields(
        {name: open_field(row, name, sealer) for name in _SEALED[table]},
        principal=principal_of(row),
        provider=row["provider"],
        sealer=sealer,
    )


async def _replace(
    database: Database,
    table: Table,
    changes: Sequence[tuple[RowMapping, dict[str, str | None]]],
) -> int:
    async with database.writing() as db:
        return sum(
            [
                (await db.execute(update(table).where(_same(table, row)).values(**change))).rowcount
                for row, change in changes
            ]
        )


def _same(table: Table, row: RowMapping) -> ColumnElement[bool]:
    """The row as it was read: no two sealings look alike, so its first secret tells."""
    secret = _SEALED[table][0]
    return and_(
        *(column == row[column.name] for column in table.primary_key),
        table.c[secret] == row[secret],
    )


def _key(table: Table, row: RowMapping) -> tuple[Any, ...]:
    return tuple(row[column.name] for column in table.primary_key)
