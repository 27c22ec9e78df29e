"""Connecting, knowing how one stands, and disconnecting: the state machine of a connection.

Everything is done from the descriptor; no provider is known here. Nothing is shown to a person
either: what happened is returned as a value, and pages, tools and commands put it into words.
"""

import hmac
import secrets
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Protocol

import anyio
import structlog

from pierre_mcp.connections.finishing import to_the_end
from pierre_mcp.connections.granting import Granting
from pierre_mcp.connections.keeping import ConnectionTokens, Held, Rows, TokenKeeper
from pierre_mcp.connections.oauth import Granted, Refusal
from pierre_mcp.connections.outcomes import (
    CONSENT_LIFE,
    Disconnection,
    Outcome,
    Result,
    Revoked,
    Status,
)
from pierre_mcp.connections.records import (
    ConnectionRecord,
    PendingAuthorization,
    PendingSummary,
)
from pierre_mcp.connections.revoking import revoke
from pierre_mcp.connections.sending import Send
from pierre_mcp.connections.standing import standing
from pierre_mcp.errors import SealBroken
from pierre_mcp.principal import Principal
from pierre_mcp.spi import Connection, ProviderConfig, ProviderDescriptor

MUST_BE_BOUND = ""
"""In place of a browser's hash: the consent has to pass through our page before it comes back."""

_log = structlog.get_logger(__name__)


class Store(Rows, Protocol):
    """What the service asks of the store beside what keeping asks."""

    async def connections(self, principal: Principal) -> tuple[ConnectionRecord, ...]:
        """All of a person's rows."""

    async def of_account(self, provider: str, account_id: str) -> tuple[ConnectionRecord, ...]:
        """Everybody's rows for one account of a provider's."""

    async def put(self, record: ConnectionRecord) -> ConnectionRecord:
        """Write a new connection in place of what was there."""

    async def remove(self, principal: Principal, provider: str) -> bool:
        """Remove a row and the consents under way; whether there was a row."""

    async def begin(self, pending: PendingAuthorization) -> None:
        """Keep a consent that was begun."""

    async def pending(self, principal: Principal, now: datetime) -> tuple[PendingSummary, ...]:
        """The consents under way."""

    async def look(self, state: str, now: datetime) -> PendingAuthorization | None:
        """A consent under way, left where it is."""

    async def bind_browser(self, state: str, browser_hash: str) -> bool:
        """Note the browser in which our page was opened; whether it was the first."""

    async def take(self, state: str, now: datetime) -> PendingAuthorization | None:
        """A consent under way, given out once."""


class Connections:
    """Every person's connections, for one process."""

    def __init__(
        self,
        *,
        store: Store,
        keeper: TokenKeeper,
        send: Send,
        clock: Callable[[], datetime],
        secret: Callable[[], str] = lambda: secrets.token_urlsafe(32),
    ) -> None:
        self._store = store
        self._keeper = keeper
        self._send = send
        self._clock = clock
        self._secret = secret

    def tokens(
        self, principal: Principal, descriptor: ProviderDescriptor, config: ProviderConfig
    ) -> ConnectionTokens:
        """The source of one connection's tokens."""
        held = Held(principal=principal, descriptor=descriptor, config=config)
        return ConnectionTokens(self._keeper, held)

    async def begin(
        self,
        principal: Principal,
        descriptor: ProviderDescriptor,
        config: ProviderConfig,
        *,
        through_page: bool,
    ) -> PendingAuthorization:
        """Begin a consent; ``through_page`` binds it to the browser that opens our page first."""
        now = self._clock()
        by_oauth = descriptor.connection is Connection.OAUTH2
        pending = PendingAuthorization(
            state=self._secret(),
            principal=principal,
            provider=descriptor.name,
            redirect_uri=config.redirect_uri or "",
            code_verifier=self._secret() if by_oauth and descriptor.oauth_params.use_pkce else None,
            requested_scopes=frozenset(config.scopes),
            created_at=now,
            expires_at=now + CONSENT_LIFE,
            browser=MUST_BE_BOUND if through_page else None,
        )
        await self._store.begin(pending)
        return pending

    async def consent_url(
        self, descriptor: ProviderDescriptor, config: ProviderConfig, pending: PendingAuthorization
    ) -> str:
        """Where at the provider the person gives consent; asks the provider for a hosted link."""
        return await self._granting(descriptor, config).page(pending)

    async def open_in_browser(
        self, state: str, *, browser: str | None = None
    ) -> tuple[PendingAuthorization, str] | None:
        """A consent that our page was opened for, and the secret that binds the browser to it.

        A consent that another browser has opened already stays that browser's; the same one,
        known by the secret in ``browser``, may come again. The secret is empty where none is asked.
        """
        pending = await self._store.look(state, self._clock())
        if pending is None:
            return None
        if pending.browser != MUST_BE_BOUND:
            return (pending, browser or "") if _is_bound(pending, browser) else None
        cookie = self._secret()
        first = await self._store.bind_browser(state, _hash(cookie))
        return (pending, cookie) if first else None

    async def peek(self, state: str) -> PendingAuthorization | None:
        """A consent under way, to show for whom it is; whoever sees the link may see that."""
        return await self._store.look(state, self._clock())

    async def look(self, state: str, *, browser: str | None) -> PendingAuthorization | None:
        """A consent under way that this browser may go on with."""
        pending = await self._store.look(state, self._clock())
        return pending if pending is not None and _is_bound(pending, browser) else None

    async def complete(
        self,
        descriptor: ProviderDescriptor,
        config: ProviderConfig,
        answer: Mapping[str, str],
        *,
        browser: str | None = None,
    ) -> Outcome:
        """What came back from the provider's page, made into a connection."""
        name = descriptor.name
        state = answer.get(descriptor.reference_parameter, "")
        seen = await self.look(state, browser=browser) if state else None
        if seen is None or seen.provider != name:
            return Outcome(result=Result.STATE_UNKNOWN, provider=name)
        # A code works once: what it brings is kept even if the browser has gone away.
        return await to_the_end(self._completed(descriptor, config, state, answer))

    async def _completed(
        self,
        descriptor: ProviderDescriptor,
        config: ProviderConfig,
        state: str,
        answer: Mapping[str, str],
    ) -> Outcome:
        name = descriptor.name
        pending = await self._store.take(state, self._clock())
        if pending is None:
            return Outcome(result=Result.STATE_UNKNOWN, provider=name)
        if _denied(descriptor, answer):
            return Outcome(result=Result.DENIED, provider=name, principal=pending.principal)
        granted = await self._granting(descriptor, config).by_answer(pending, answer)
        if isinstance(granted, Refusal):
            own_fault = granted is Refusal.CLIENT
            result = Result.NOT_ACCEPTED if own_fault else Result.PROVIDER_FAILED
            return Outcome(result=result, provider=name, principal=pending.principal)
        held = Held(principal=pending.principal, descriptor=descriptor, config=config)
        before = await self._before(held) if descriptor.hosted_link is not None else None
        outcome = await self._connected(descriptor, pending, granted)
        if before is not None and before.account_id != granted.account_id:
            # Each consent on a hosted page makes an account of its own there; the old one would
            # go on to be filled, and paid for, with nobody to end it.
            await revoke(held, before, self._keeper, self._send)
        return outcome

    async def _before(self, held: Held) -> ConnectionRecord | None:
        """The connection that a new one takes the place of, if it can still be opened."""
        with suppress(SealBroken):
            return await self._store.connection(*held.key)
        return None

    async def accept_key(
        self,
        descriptor: ProviderDescriptor,
        config: ProviderConfig,
        state: str,
        key: str,
        *,
        browser: str | None = None,
        lives_days: int | None = None,
    ) -> Outcome:
        """A key that the person pasted on our page or in the terminal, made into a connection.

        ``lives_days`` is the life that they chose for it. One that the provider refuses leaves the
        consent open for another.
        """
        seen = await self.look(state, browser=browser)
        if seen is None or seen.provider != descriptor.name:
            return Outcome(result=Result.STATE_UNKNOWN, provider=descriptor.name)
        granted = await self._granting(descriptor, config).by_key(key)
        if isinstance(granted, Refusal):
            refused = granted is Refusal.GRANT
            result = Result.KEY_REFUSED if refused else Result.PROVIDER_FAILED
            return Outcome(result=result, provider=descriptor.name, principal=seen.principal)
        pending = await self._store.take(state, self._clock())
        if pending is None:
            return Outcome(result=Result.STATE_UNKNOWN, provider=descriptor.name)
        ends_at = self._clock() + timedelta(days=lives_days) if lives_days else None
        return await self._connected(descriptor, pending, granted, ends_at)

    async def withdraw(self, principal: Principal, state: str) -> None:
        """End a consent that the person does not want to give after all."""
        pending = await self.peek(state)
        if pending is not None and pending.principal == principal:
            await self._store.take(state, self._clock())

    async def states(
        self, principal: Principal, descriptors: Iterable[ProviderDescriptor]
    ) -> dict[str, Status]:
        """How each provider that one connects to stands; asks nobody but the store."""
        now = self._clock()
        records = {r.provider: r for r in await self._store.connections(principal)}
        pending = {begun.provider for begun in await self._store.pending(principal, now)}
        return {
            descriptor.name: standing(descriptor, records.get(descriptor.name), pending, now)
            for descriptor in descriptors
        }

    async def disconnect(
        self, principal: Principal, descriptor: ProviderDescriptor, config: ProviderConfig
    ) -> Disconnection:
        """Tell the provider, then remove everything here, even if the provider did not listen."""
        try:
            record = await self._store.connection(principal, descriptor.name)
        except SealBroken:
            record, revoked = None, Revoked.FAILED  # what could be shown does not open any more
        else:
            revoked = Revoked.NOTHING
        try:
            if record is not None:
                held = Held(principal=principal, descriptor=descriptor, config=config)
                revoked = await revoke(held, record, self._keeper, self._send)
        finally:
            # Even while the caller gives up: what may have been revoked must not stay.
            with anyio.CancelScope(shield=True):
                removed = await self._store.remove(principal, descriptor.name)
        return Disconnection(revoked=revoked, removed=removed)

    async def owners(
        self, descriptor: ProviderDescriptor, account_id: str
    ) -> tuple[Principal, ...]:
        """Who has connected that account of the provider's."""
        records = await self._store.of_account(descriptor.name, account_id)
        return tuple(record.principal for record in records)

    async def ended_there(self, descriptor: ProviderDescriptor, account_id: str) -> None:
        """Note that the person has ended a connection at the provider, as it tells us."""
        sentence = (
            f"The connection was ended at {descriptor.display_name}. To connect again, call "
            f"connect_provider with '{descriptor.name}'."
        )
        for record in await self._store.of_account(descriptor.name, account_id):
            if record.needs_reauth is None:
                await self._store.update(replace(record, needs_reauth=sentence))

    async def _connected(
        self,
        descriptor: ProviderDescriptor,
        pending: PendingAuthorization,
        granted: Granted,
        ends_at: datetime | None = None,
    ) -> Outcome:
        scopes = pending.requested_scopes if granted.scopes is None else granted.scopes
        record = ConnectionRecord(
            principal=pending.principal,
            provider=descriptor.name,
            tokens=granted.tokens,
            connected_at=self._clock(),
            requested_scopes=pending.requested_scopes,
            granted_scopes=scopes,
            account_id=granted.account_id,
            ends_at=ends_at,
        )
        await self._store.put(record)
        return Outcome(
            result=Result.CONNECTED,
            provider=descriptor.name,
            principal=pending.principal,
            lacking=descriptor.scopes_lacking(scopes),
        )

    def _granting(self, descriptor: ProviderDescriptor, config: ProviderConfig) -> Granting:
        return Granting(descriptor=descriptor, config=config, send=self._send, clock=self._clock)


def _denied(descriptor: ProviderDescriptor, answer: Mapping[str, str]) -> bool:
    """Whether the person said no."""
    if descriptor.oauth_params.denies_without_error and "code" not in answer:
        return "error" not in answer
    return answer.get("error") == "access_denied"


def _is_bound(pending: PendingAuthorization, browser: str | None) -> bool:
    if pending.browser is None:
        return True
    return pending.browser != MUST_BE_BOUND and hmac.compare_digest(
        pending.browser, _hash(browser or "")
    )


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
