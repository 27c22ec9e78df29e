"""The statements about what people say of two records; whose transaction it is says who calls.

Nothing of a workout is kept here: which records, the word on them, and when it was said.
"""

from sqlalchemy import ColumnElement, and_, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from pierre_mcp.connections.database import insert_into
from pierre_mcp.connections.schema import decisions
from pierre_mcp.models import Decision, RecordKey
from pierre_mcp.principal import Principal

MOST_DECISIONS = 1_000
"""So many words are kept of a person; a client that goes on and on cannot fill the disk."""

_PAIR = ("one_provider", "one_id", "other_provider", "other_id")


async def kept_decisions(db: AsyncConnection, principal: Principal) -> tuple[Decision, ...]:
    """All that a person said, by pair."""
    query = select(decisions).where(_of(principal)).order_by(*decisions.primary_key)
    return tuple(
        Decision(
            one=(row["one_provider"], row["one_id"]),
            other=(row["other_provider"], row["other_id"]),
            same=row["same"],
            decided_at=row["decided_at"],
        )
        for row in (await db.execute(query)).mappings()
    )


async def keep_decision(db: AsyncConnection, principal: Principal, said: Decision) -> bool:
    """Keep a word in place of an earlier one on that pair; false where there is no room for it.

    On PostgreSQL calls at one moment do not see each other's rows and may go over by their number.
    """
    pair = _columns(said.pair)
    others = select(func.count()).where(_of(principal), ~_is(pair)).select_from(decisions)
    if (await db.execute(others)).scalar_one() >= MOST_DECISIONS:
        return False
    word = {"same": said.same, "decided_at": said.decided_at}
    whose = {"tenant": principal.tenant, "user": principal.user}
    statement = insert_into(decisions, db.dialect.name).values(**whose, **pair, **word)
    key = [column.name for column in decisions.primary_key]
    await db.execute(statement.on_conflict_do_update(index_elements=key, set_=word))
    return True


async def drop_decision(
    db: AsyncConnection, principal: Principal, pair: frozenset[RecordKey]
) -> bool:
    """Take back the word on a pair; whether there was one."""
    gone = await db.execute(delete(decisions).where(_of(principal), _is(_columns(pair))))
    return gone.rowcount > 0


async def drop_decisions_about(db: AsyncConnection, principal: Principal, provider: str) -> None:
    """Remove whatever a person said of a provider's records."""
    named = or_(decisions.c.one_provider == provider, decisions.c.other_provider == provider)
    await db.execute(delete(decisions).where(_of(principal), named))


def _columns(pair: frozenset[RecordKey]) -> dict[str, str]:
    one, other = sorted(pair)
    return dict(zip(_PAIR, (*one, *other), strict=True))


def _of(principal: Principal) -> ColumnElement[bool]:
    return and_(decisions.c.tenant == principal.tenant, decisions.c.user == principal.user)


def _is(pair: dict[str, str]) -> ColumnElement[bool]:
    return and_(*(decisions.c[name] == value for name, value in pair.items()))
