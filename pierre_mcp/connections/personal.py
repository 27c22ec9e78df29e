"""What is kept of one person, for that person to take along; and the count of what was removed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from pierre_mcp.connections.schema import api_tokens, authorizations, connections, decisions
from pierre_mcp.principal import Principal

_SECRETS = {"access", "refresh", "code_verifier", "state_hash", "token_hash", "browser"}
_OURS = {"tenant", "user", "key_id", "version"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """How much was removed of a person."""

    connections: int
    authorizations: int
    api_tokens: int
    decisions: int


async def personal_data(db: AsyncConnection, principal: Principal) -> dict[str, Any]:
    """Every row of a person as JSON values; of a secret only whether there is one."""
    return {
        "tenant": principal.tenant,
        "user": principal.user,
        **{
            table.name: await _rows(db, table, principal)
            for table in (connections, authorizations, api_tokens, decisions)
        },
    }


async def _rows(db: AsyncConnection, table: Table, principal: Principal) -> list[dict[str, Any]]:
    query = (
        select(table)
        .where(table.c.tenant == principal.tenant, table.c.user == principal.user)
        .order_by(*table.primary_key)
    )
    return [_told(row) for row in (await db.execute(query)).mappings()]


def _told(row: RowMapping) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name, value in row.items():
        if name in _SECRETS:
            told[f"has_{name}"] = value is not None
        elif name not in _OURS:
            told[name] = _plain(value)
    return told


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return sorted(value) if isinstance(value, frozenset) else value
