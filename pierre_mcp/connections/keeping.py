"""Tokens that are always valid: one refresh at a time, whatever the number of callers.

The order never varies: join the refresh that is under way in this process; else take the lock that
all processes share; read the row again; if it is still due, refresh; commit; and only then hand the
new token out. The work runs beside its callers, so that one who gives up cannot lose a token that
the provider has already replaced.
"""

import hashlib
from collections.abc import Awaitable, Callable
from collections.abc import Set as AbstractSet
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

import anyio
import structlog

from pierre_mcp.connections import renewing
from pierre_mcp.connections.oauth import Granted, Refusal
from pierre_mcp.connections.records import ConnectionRecord
from pierre_mcp.connections.sending import Send
from pierre_mcp.errors import (
    AuthenticationFailed,
    NotConfigured,
    NotConnected,
    PierreError,
    ProviderServerError,
    ProviderTimeout,
    StoreUnavailable,
)
from pierre_mcp.principal import Principal
from pierre_mcp.spi import ProviderConfig, ProviderDescriptor, RefreshStyle

REFRESH_SECONDS = 20.0
"""The longest that the provider may take over one refresh."""

EARLY = timedelta(seconds=300)
EARLY_PART = 0.1
"""A refresh begins that long before the end, or that part of the life if it is less."""

JUST_OBTAINED = timedelta(seconds=30)
"""A token so young is not refreshed again, and an unclear refusal is not repeated sooner."""

_COMMITS = 3

_log = structlog.get_logger(__name__)


class Rows(Protocol):
    """What keeping asks of the store."""

    async def connection(self, principal: Principal, provider: str) -> ConnectionRecord | None:
        """The row as it is now."""

    async def update(self, record: ConnectionRecord) -> ConnectionRecord | None:
        """Write the row unless another process was first; then ``None``."""


class Locks(Protocol):
    """The lock of one connection, shared by all processes."""

    def hold(self, principal: Principal, provider: str) -> AbstractAsyncContextManager[None]:
        """Held inside the context; waits for whoever holds it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One person's connection to one provider, by what it takes to refresh it."""

    principal: Principal
    descriptor: ProviderDescriptor
    config: ProviderConfig

    @property
    def key(self) -> tuple[Principal, str]:
        """What tells it from every other connection."""
        return (self.principal, self.descriptor.name)


@dataclass(slots=True)
class _Flight:
    """A refresh under way in this process, and what became of it."""

    landed: anyio.Event = field(default_factory=anyio.Event)
    record: ConnectionRecord | None = None
    failure: PierreError | None = None


class TokenKeeper:
    """Every connection's tokens, for one process."""

    def __init__(
        self,
        *,
        rows: Rows,
        locks: Locks,
        send: Send,
        clock: Callable[[], datetime],
        spawn: Callable[[Callable[[], Awaitable[None]]], None],
    ) -> None:
        self._rows = rows
        self._locks = locks
        self._send = send
        self._clock = clock
        self._spawn = spawn
        self._flights: dict[tuple[Principal, str], _Flight] = {}

    async def known(self, held: Held) -> ConnectionRecord:
        """The connection as it is kept; asks nobody else.

        Raises ``NotConnected`` or ``AuthenticationFailed`` where no token is to be had any more.
        """
        record = _usable(await self._rows.connection(*held.key), held)
        renewable = renewing.is_renewable(held.descriptor, record.tokens)
        if not renewable and _over(record, self._clock()):
            raise AuthenticationFailed(held.descriptor.name, _ended(held))
        return record

    async def current(self, held: Held, *, refused: str | None = None) -> ConnectionRecord:
        """The connection with a token that is valid now and was not just ``refused``.

        Raises ``NotConnected``, ``AuthenticationFailed``, or a transient error when the provider
        cannot be asked and no valid token is at hand.
        """
        record = _usable(await self._rows.connection(*held.key), held)
        renewable = renewing.is_renewable(held.descriptor, record.tokens)
        if record.tokens.access == refused and not renewable:
            await self._rows.update(replace(record, needs_reauth=_ended(held)))
        if not self._due(record, held, refused):
            return record
        flight = self._flights.get(held.key)
        if flight is None:
            flight = self._flights[held.key] = _Flight()
            self._spawn(lambda: self._fly(held, flight, record, refused))
        await flight.landed.wait()
        if flight.record is not None and (
            flight.record.tokens.access != refused or _is_extended(held, record, flight.record)
        ):
            return flight.record
        failure = flight.failure or _refused_again(held)
        if refused is None and failure.is_transient and not _over(record, self._clock()):
            return record  # it was refreshed early; the old one serves until it ends
        raise failure

    def _due(self, record: ConnectionRecord, held: Held, refused: str | None) -> bool:
        """Whether the token has to be replaced before it is used."""
        now = self._clock()
        if not renewing.is_renewable(held.descriptor, record.tokens):
            if _over(record, now) or record.tokens.access == refused:
                raise AuthenticationFailed(held.descriptor.name, _ended(held))
            return False
        young = timedelta(0) <= now - record.tokens.obtained_at < JUST_OBTAINED
        if refused is not None:
            if record.tokens.access == refused and young:
                raise _refused_again(held)
            return record.tokens.access == refused
        return now >= refresh_at(record) and not young

    async def _fly(
        self, held: Held, flight: _Flight, seen: ConnectionRecord, refused: str | None
    ) -> None:
        """The refresh itself; whatever happens, those who wait are told."""
        name = held.descriptor.name
        try:
            async with self._locks.hold(*held.key):
                # Once the provider was asked, its answer must be kept even while we shut down.
                with anyio.CancelScope(shield=True):
                    flight.record = await self._refresh(held, seen, refused)
        except PierreError as error:
            flight.failure = error
        except TimeoutError:
            flight.failure = ProviderTimeout(name, f"{name} took too long to renew the connection.")
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody may wait for ever
            flight.failure = ProviderServerError(name, "The connection could not be renewed.")
            _log.exception("refresh_failed", provider=name, error=type(error).__name__)
        finally:
            if flight.record is None and flight.failure is None:
                flight.failure = ProviderServerError(name, "The server is shutting down.")
            self._flights.pop(held.key, None)
            flight.landed.set()

    async def _refresh(
        self, held: Held, seen: ConnectionRecord, refused: str | None
    ) -> ConnectionRecord:
        record = _usable(await self._rows.connection(*held.key), held)
        if _is_extended(held, seen, record) or not self._due(record, held, refused):
            return record  # another process was first
        now = self._clock()
        if record.refused_at is not None and now - record.refused_at < JUST_OBTAINED:
            raise _unclear(held, JUST_OBTAINED - (now - record.refused_at))
        request = renewing.renewal(held.descriptor, held.config, record.tokens)
        # Only the question is bounded: no hurry may cost us an answer that spent the old token.
        with anyio.fail_after(REFRESH_SECONDS):
            answer = await self._send(
                held.descriptor.name,
                request.method,
                request.url,
                headers=request.headers,
                body=request.body,
            )
        granted = renewing.read_renewal(held.descriptor, answer, record.tokens, self._clock())
        if isinstance(granted, Granted):
            return await self._commit(held, record, granted)
        return await self._refused(held, record, granted)

    async def _refused(
        self, held: Held, record: ConnectionRecord, refusal: Refusal
    ) -> ConnectionRecord:
        """No tokens came: another process may have newer ones; else say what it means."""
        name = held.descriptor.name
        newest = _usable(await self._rows.connection(*held.key), held)
        if newest.tokens.access != record.tokens.access:
            return newest
        if refusal is Refusal.PASSING:
            raise ProviderServerError(name, f"{name} could not renew the connection just now.")
        if refusal is Refusal.CLIENT:
            raise NotConfigured(
                name,
                f"{name} does not accept the client id and secret of this server. "
                "The operator has to check them.",
            )
        if refusal is Refusal.OPAQUE and newest.refused_at is None:
            await self._rows.update(replace(newest, refused_at=self._clock()))
            raise _unclear(held, JUST_OBTAINED)
        sentence = _over_sentence(held)
        await self._rows.update(replace(newest, needs_reauth=sentence))
        raise AuthenticationFailed(name, sentence)

    async def _commit(
        self, held: Held, before: ConnectionRecord, granted: Granted
    ) -> ConnectionRecord:
        """Keep the new tokens; they are handed out only when they are safe."""
        renewed = _renewed(before, granted)
        for attempt in range(1, _COMMITS + 1):
            try:
                if (written := await self._rows.update(renewed)) is not None:
                    return written
                there = await self._rows.connection(*held.key)
            except PierreError:
                if attempt == _COMMITS:
                    raise
                continue
            if there is None or there.tokens != before.tokens:
                # Connected anew or disconnected while we asked: what stands there now is right.
                return _usable(there, held)
            # Whoever wrote meanwhile had only the old tokens, and may have taken the provider's no
            # to them for the end.
            renewed = _renewed(there, granted)
        raise StoreUnavailable("The new tokens could not be kept: the row kept changing.")


@dataclass(slots=True)
class ConnectionTokens:
    """The client's ``TokenSource`` for one connection."""

    keeper: TokenKeeper
    held: Held
    _record: ConnectionRecord | None = None

    @property
    def account_id(self) -> str | None:
        """The account's id at the provider."""
        return self._record.account_id if self._record else None

    @property
    def granted_scopes(self) -> AbstractSet[str]:
        """The scopes of the connection."""
        return self._record.granted_scopes if self._record else frozenset()

    async def known(self) -> ConnectionRecord:
        """The connection as it is kept; raises as ``token``, and asks nobody."""
        self._record = await self.keeper.known(self.held)
        return self._record

    async def token(self) -> str:
        """A secret that is valid now."""
        self._record = await self.keeper.current(self.held)
        return self._record.tokens.access

    async def renewed(self, refused: str) -> str:
        """Another secret than the one that the API refused, or that one with a longer life."""
        self._record = await self.keeper.current(self.held, refused=refused)
        return self._record.tokens.access


def refresh_at(record: ConnectionRecord) -> datetime:
    """When a refresh begins: before the end, and not for all connections at the same instant."""
    tokens = record.tokens
    if tokens.expires_at is None:
        return datetime.max.replace(tzinfo=tokens.obtained_at.tzinfo)
    early = min(EARLY, (tokens.expires_at - tokens.obtained_at) * EARLY_PART)
    told = f"{record.principal}{record.provider}{tokens.expires_at}"
    spread = hashlib.sha256(told.encode()).digest()[0] / 255
    return tokens.expires_at - early * (1 + 0.2 * spread)


def _over(record: ConnectionRecord, now: datetime) -> bool:
    return record.tokens.expires_at is not None and now >= record.tokens.expires_at


def _renewed(record: ConnectionRecord, granted: Granted) -> ConnectionRecord:
    return replace(
        record,
        tokens=granted.tokens,
        granted_scopes=granted.scopes or record.granted_scopes,
        account_id=record.account_id or granted.account_id,
        needs_reauth=None,
        refused_at=None,
    )


def _is_extended(held: Held, before: ConnectionRecord, after: ConnectionRecord) -> bool:
    """Whether the same token was given a longer life, for a provider that does it so."""
    extends = held.descriptor.oauth_params.refresh is RefreshStyle.EXTENDS
    return extends and after.tokens.obtained_at > before.tokens.obtained_at


def _usable(record: ConnectionRecord | None, held: Held) -> ConnectionRecord:
    name = held.descriptor.name
    if record is None:
        raise NotConnected(
            name, f"Provider '{name}' is not connected. Call connect_provider with '{name}' first."
        )
    if record.needs_reauth is not None:
        raise AuthenticationFailed(name, record.needs_reauth)
    return record


def _over_sentence(held: Held) -> str:
    name = held.descriptor.name
    return (
        f"{held.descriptor.display_name} no longer accepts the connection. "
        f"Connect again: call connect_provider with '{name}'."
    )


def _ended(held: Held) -> str:
    name = held.descriptor.name
    return (
        f"The connection to {held.descriptor.display_name} has ended or is no longer accepted, and "
        f"cannot be renewed. Connect again: call connect_provider with '{name}'."
    )


def _refused_again(held: Held) -> AuthenticationFailed:
    name = held.descriptor.name
    return AuthenticationFailed(
        name,
        f"{held.descriptor.display_name} refuses a token that it has just issued. Ask again in a "
        f"minute; if it lasts, connect again: call connect_provider with '{name}'.",
    )


def _unclear(held: Held, wait: timedelta) -> ProviderServerError:
    return ProviderServerError(
        held.descriptor.name,
        f"{held.descriptor.display_name} refused to renew the connection without a clear reason.",
        retry_after_seconds=max(1.0, wait.total_seconds()),
    )
