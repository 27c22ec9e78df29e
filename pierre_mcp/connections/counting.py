"""The statements about providers' limits that servers on one database share; see client.quota.

What a row means is not known here: a text under a name, changed by one after the other.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pierre_mcp.connections.database import insert_into
from pierre_mcp.connections.schema import quotas

KEPT = timedelta(days=2)
"""No limit lasts longer; a row that nobody has changed for so long says nothing any more."""

T = TypeVar("T")


async def change_quota(
    db: AsyncConnection, name: str, change: Callable[[str | None], tuple[str, T]], now: datetime
) -> T:
    """Replace the text of that name by what ``change`` makes of it, and tell what came of it."""
    # On SQLite the transaction has the whole database; on PostgreSQL this keeps the row.
    own = select(quotas.c.state).where(quotas.c.name == name).with_for_update()
    kept = (await db.execute(own)).scalar_one_or_none()
    if kept is None:
        await db.execute(delete(quotas).where(quotas.c.changed_at < now - KEPT))
        first = insert_into(quotas, db.dialect.name).values(name=name, state="", changed_at=now)
        await db.execute(first.on_conflict_do_nothing())
        kept = (await db.execute(own)).scalar_one()
    text, outcome = change(kept or None)
    changed = update(quotas).where(quotas.c.name == name).values(state=text, changed_at=now)
    await db.execute(changed)
    return outcome
