"""The store of connections, consents, API tokens, decisions and limits, over either database.

Each method is one transaction and knows no network. It decides nothing about tokens: it keeps what
it is given, and says who was first. Every method raises ``StoreUnavailable`` while the database
cannot be used, and ``SealBroken`` where it returns a secret that no longer opens.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, Self, TypeVar

from sqlalchemy import ColumnElement, Table, and_, delete, insert, select, update

from pierre_mcp.connections.counting import change_quota
from pierre_mcp.connections.database import Database, insert_into, open_database
from pierre_mcp.connections.deciding import (
    drop_decision,
    drop_decisions_about,
    keep_decision,
    kept_decisions,
)
from pierre_mcp.connections.keys import load_keys
from pierre_mcp.connections.personal import Forgotten, personal_data
from pierre_mcp.connections.records import (
    ApiToken,
    ConnectionRecord,
    PendingAuthorization,
    PendingSummary,
)
from pierre_mcp.connections.resealing import Resealed, keys_in_use, reseal
from pierre_mcp.connections.rows import (
    api_token_of,
    authorization_of,
    authorization_row,
    connection_of,
    connection_row,
    connection_told,
    hashed,
    summary_of,
)
from pierre_mcp.connections.schema import api_tokens, authorizations, connections, decisions
from pierre_mcp.connections.sealing import Sealer
from pierre_mcp.models import Decision, RecordKey
from pierre_mcp.principal import Principal
from pierre_mcp.settings import Settings

T = TypeVar("T")


class ConnectionStore:
    """What a server keeps for its people; whoever opens it closes it."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self.database = database
        self._sealer = sealer

    @classmethod
    async def opened(cls, settings: Settings) -> Self:
        """The store of these settings. Raises ``ConfigurationError`` or ``StoreUnavailable``."""
        keys = load_keys(settings)
        return cls(await open_database(settings), Sealer(keys))

    async def close(self) -> None:
        """Let go of the database."""
        await self.database.close()

    async def check(self) -> None:
        """Raise ``StoreUnavailable`` while nothing can be read."""
        async with self.database.reading() as db:
            await db.execute(select(1))

    # Connections

    async def connection(self, principal: Principal, provider: str) -> ConnectionRecord | None:
        """One connection, or ``None`` where there is none."""
        async with self.database.reading() as db:
            found = await db.execute(select(connections).where(_one(principal, provider)))
            row = found.mappings().first()
        return None if row is None else connection_of(row, self._sealer)

    async def connections(self, principal: Principal) -> tuple[ConnectionRecord, ...]:
        """All of a person's connections, by provider.

        One that no longer opens is listed with ``needs_reauth`` and empty secrets.
        """
        query = select(connections).where(_of(connections, principal))
        async with self.database.reading() as db:
            found = await db.execute(query.order_by(connections.c.provider))
            rows = found.mappings().all()
        return tuple(connection_told(row, self._sealer) for row in rows)

    async def of_account(self, provider: str, account_id: str) -> tuple[ConnectionRecord, ...]:
        """Everybody's connections to one account of a provider's; those that open."""
        query = select(connections).where(
            connections.c.provider == provider, connections.c.account_id == account_id
        )
        async with self.database.reading() as db:
            rows = (await db.execute(query)).mappings().all()
        return tuple(connection_told(row, self._sealer) for row in rows)

    async def put(self, record: ConnectionRecord) -> ConnectionRecord:
        """Keep a new connection in place of any other; returned with its version."""
        key = [column.name for column in connections.primary_key]
        async with self.database.writing() as db:
            row = self._sealed(record)
            new = insert_into(connections, db.dialect.name).values(**row, version=1)
            statement = new.on_conflict_do_update(
                index_elements=key,
                set_={
                    **{name: new.excluded[name] for name in row if name not in key},
                    "version": connections.c.version + 1,
                },
            ).returning(connections.c.version)
            version = (await db.execute(statement)).scalar_one()
        return replace(record, version=version)

    async def update(self, record: ConnectionRecord) -> ConnectionRecord | None:
        """Change a connection that nobody changed since ``record`` was read.

        Returned with its new version; ``None`` when somebody was first, or made it anew, or removed
        it. Then nothing was written, and it has to be read again.
        """
        chosen = and_(
            _one(record.principal, record.provider),
            connections.c.version == record.version,
            # Versions begin anew when a connection is removed and made again.
            connections.c.connected_at == record.connected_at,
        )
        async with self.database.writing() as db:
            row = self._sealed(record)
            changed = await db.execute(
                update(connections).where(chosen).values(**row, version=record.version + 1)
            )
        return replace(record, version=record.version + 1) if changed.rowcount else None

    async def remove(self, principal: Principal, provider: str) -> bool:
        """End a connection, the consents under way and what was said of the provider's records.

        Whether there was a connection.
        """
        begun = _of(authorizations, principal) & (authorizations.c.provider == provider)
        async with self.database.writing() as db:
            gone = await db.execute(delete(connections).where(_one(principal, provider)))
            await db.execute(delete(authorizations).where(begun))
            await drop_decisions_about(db, principal, provider)
        return gone.rowcount > 0

    def _sealed(self, record: ConnectionRecord) -> dict[str, Any]:
        """The row of a record. Only while writing: a key that was looked up before may be gone by
        the time its turn to write has come.
        """
        return connection_row(record, self._sealer)

    # Begun consents

    async def begin(self, pending: PendingAuthorization) -> None:
        """Remember a consent until it comes back, and sweep out those that never did."""
        async with self.database.writing() as db:
            row = authorization_row(pending, self._sealer)
            await db.execute(insert(authorizations).values(**row))
            await db.execute(_sweep(pending.created_at))

    async def pending(self, principal: Principal, now: datetime) -> tuple[PendingSummary, ...]:
        """A person's consents that may still come back, oldest first."""
        query = select(authorizations).where(_of(authorizations, principal), _alive(now))
        async with self.database.reading() as db:
            found = await db.execute(query.order_by(authorizations.c.created_at))
            rows = found.mappings().all()
        return tuple(summary_of(row) for row in rows)

    async def look(self, state: str, now: datetime) -> PendingAuthorization | None:
        """The consent of that state, which stays where it is."""
        query = select(authorizations).where(_state(state), _alive(now))
        async with self.database.reading() as db:
            row = (await db.execute(query)).mappings().first()
        return None if row is None else authorization_of(row, state, self._sealer)

    async def bind_browser(self, state: str, browser_hash: str) -> bool:
        """Tie a consent to the browser whose cookie has this hash; the first browser wins.

        Only a consent that was begun for a browser, with an empty hash, can be tied. Whether it is
        tied to this one now.
        """
        free = authorizations.c.browser.in_(["", browser_hash])
        statement = update(authorizations).where(_state(state), free).values(browser=browser_hash)
        async with self.database.writing() as db:
            bound = await db.execute(statement)
        return bound.rowcount > 0

    async def take(self, state: str, now: datetime) -> PendingAuthorization | None:
        """The consent of that state, given once and then gone; ``None`` for any other state."""
        statement = delete(authorizations).where(_state(state), _alive(now))
        async with self.database.writing() as db:
            taken = await db.execute(statement.returning(*authorizations.c))
            row = taken.mappings().first()
            await db.execute(_sweep(now))
        return None if row is None else authorization_of(row, state, self._sealer)

    # API tokens

    async def add_api_token(self, token: ApiToken, token_hash: str) -> None:
        """Keep an API token, found from now on by ``hashed(the token itself)``."""
        row = {
            "id": token.id,
            "token_hash": token_hash,
            "tenant": token.principal.tenant,
            "user": token.principal.user,
            "label": token.label,
            "created_at": token.created_at,
            "expires_at": token.expires_at,
            "revoked_at": token.revoked_at,
        }
        async with self.database.writing() as db:
            await db.execute(insert(api_tokens).values(**row))

    async def api_token(self, token_hash: str) -> ApiToken | None:
        """The API token of that hash, also when it has ended or was revoked."""
        async with self.database.reading() as db:
            query = select(api_tokens).where(api_tokens.c.token_hash == token_hash)
            row = (await db.execute(query)).mappings().first()
        return None if row is None else api_token_of(row)

    async def api_tokens(self) -> tuple[ApiToken, ...]:
        """Everyone's API tokens, oldest first."""
        async with self.database.reading() as db:
            query = select(api_tokens).order_by(api_tokens.c.created_at, api_tokens.c.id)
            rows = (await db.execute(query)).mappings().all()
        return tuple(api_token_of(row) for row in rows)

    async def revoke_api_token(self, token_id: str, now: datetime) -> bool:
        """Revoke an API token; whether there is one of that id. A second time changes nothing."""
        chosen = api_tokens.c.id == token_id
        async with self.database.writing() as db:
            revoked = await db.execute(
                update(api_tokens)
                .where(chosen, api_tokens.c.revoked_at.is_(None))
                .values(revoked_at=now)
            )
            if revoked.rowcount:
                return True
            return (await db.execute(select(api_tokens.c.id).where(chosen))).first() is not None

    # What people say of two records

    async def decisions(self, principal: Principal) -> tuple[Decision, ...]:
        """All that a person said, by pair."""
        async with self.database.reading() as db:
            return await kept_decisions(db, principal)

    async def decide(self, principal: Principal, said: Decision) -> bool:
        """Keep a person's word on two records in place of an earlier one.

        False where ``MOST_DECISIONS`` are kept already; then nothing was written.
        """
        async with self.database.writing() as db:
            return await keep_decision(db, principal, said)

    async def undecide(self, principal: Principal, pair: frozenset[RecordKey]) -> bool:
        """Take back a person's word on two records; whether there was one."""
        async with self.database.writing() as db:
            return await drop_decision(db, principal, pair)

    # What is left of providers' limits

    async def change_quota(
        self, name: str, change: Callable[[str | None], tuple[str, T]], now: datetime
    ) -> T:
        """Change the text of that name, one server after the other; see ``counting``."""
        async with self.database.writing() as db:
            return await change_quota(db, name, change, now)

    # People and keys

    async def export(self, principal: Principal) -> dict[str, Any]:
        """All that is kept of a person, ready for JSON; secrets are told of and not shown."""
        async with self.database.reading() as db:
            return await personal_data(db, principal)

    async def forget(self, principal: Principal) -> Forgotten:
        """Remove all that is kept of a person, at once or not at all."""
        async with self.database.writing() as db:
            gone = {
                table.name: (await db.execute(delete(table).where(_of(table, principal)))).rowcount
                for table in (connections, authorizations, api_tokens, decisions)
            }
        return Forgotten(**gone)

    async def reseal(self) -> Resealed:
        """Seal with the current key whatever another one sealed; see ``rotation``."""
        return await reseal(self.database, self._sealer)

    async def with_keys_in_use(self, change: Callable[[frozenset[str]], T]) -> T:
        """Do what depends on which keys something is sealed with, while nobody seals anything."""
        async with self.database.writing():
            return change(await keys_in_use(self.database))

    async def keys_in_use(self) -> frozenset[str]:
        """The ids of the keys that something is sealed with."""
        return await keys_in_use(self.database)


def _of(table: Table, principal: Principal) -> ColumnElement[bool]:
    return and_(table.c.tenant == principal.tenant, table.c.user == principal.user)


def _one(principal: Principal, provider: str) -> ColumnElement[bool]:
    return and_(_of(connections, principal), connections.c.provider == provider)


def _state(state: str) -> ColumnElement[bool]:
    return authorizations.c.state_hash == hashed(state)


def _alive(now: datetime) -> ColumnElement[bool]:
    return authorizations.c.expires_at > now


def _sweep(now: datetime) -> Any:
    """Remove what has expired; what another process is sweeping is left to it."""
    expired = select(authorizations.c.state_hash).where(authorizations.c.expires_at <= now)
    return delete(authorizations).where(
        authorizations.c.state_hash.in_(expired.with_for_update(skip_locked=True))
    )
