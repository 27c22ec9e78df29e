"""Connecting, knowing how one stands, and disconnecting: the state machine of a connection.

Everything is done from the descriptor; no provider is known here. Nothing is shown to a person
either: what happened is returned as a value, and pages, tools and commands put it into words.
"""

import hmac
import json
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Any, Protocol
from urllib.parse import urljoin

import anyio
import structlog

from pierre_mcp.connections import oauth
from pierre_mcp.connections.keeping import ConnectionTokens, Held, Rows, TokenKeeper
from pierre_mcp.connections.oauth import Granted, Refusal
from pierre_mcp.connections.outcomes import (
    CONSENT_LIFE,
    ConnectionState,
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
    Tokens,
)
from pierre_mcp.connections.sending import Send
from pierre_mcp.errors import PierreError, ProviderServerError, SealBroken
from pierre_mcp.principal import Principal
from pierre_mcp.spi import Connection, ProviderConfig, ProviderDescriptor, RefreshStyle, ScopeNeed

REVOKE_SECONDS = 10.0
MUST_BE_BOUND = ""
"""In place of a browser's hash: the consent has to pass through our page before it comes back."""

_log = structlog.get_logger(__name__)


class Store(Rows, Protocol):
    """What the service asks of the store beside what keeping asks."""

    async def connections(self, principal: Principal) -> tuple[ConnectionRecord, ...]:
        """All of a person's rows."""

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
        if descriptor.connection is Connection.OAUTH2:
            return oauth.authorization_url(descriptor, config, pending)
        return await self._hosted_link(descriptor, config, pending)

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
        unknown = Outcome(result=Result.STATE_UNKNOWN, provider=name)
        state = answer.get(descriptor.reference_parameter, "")
        seen = await self.look(state, browser=browser) if state else None
        if seen is None or seen.provider != name:
            return unknown
        pending = await self._store.take(state, self._clock())
        if pending is None:
            return unknown
        if "error" in answer:
            denied = answer["error"] == "access_denied"
            result = Result.DENIED if denied else Result.PROVIDER_FAILED
            return Outcome(result=result, provider=name, principal=pending.principal)
        if descriptor.hosted_link is not None:
            account = answer.get(descriptor.hosted_link.account_parameter)
            granted: Granted | Refusal = (
                Granted(tokens=self._key(account), scopes=None, account_id=account)
                if account
                else Refusal.PASSING
            )
        else:
            granted = await self._exchanged(descriptor, config, pending, answer.get("code"))
        if isinstance(granted, Refusal):
            own_fault = granted is Refusal.CLIENT
            result = Result.NOT_ACCEPTED if own_fault else Result.PROVIDER_FAILED
            return Outcome(result=result, provider=name, principal=pending.principal)
        told = answer.get("scope")
        scopes = oauth.words(told) if told is not None else granted.scopes
        return await self._connected(
            descriptor, pending, granted.tokens, scopes, granted.account_id
        )

    async def accept_key(
        self, descriptor: ProviderDescriptor, state: str, key: str, *, browser: str | None = None
    ) -> Outcome:
        """A key that the person pasted on our page or in the terminal, made into a connection."""
        seen = await self.look(state, browser=browser)
        pending = None
        if seen is not None and seen.provider == descriptor.name:
            pending = await self._store.take(state, self._clock())
        if pending is None:
            return Outcome(result=Result.STATE_UNKNOWN, provider=descriptor.name)
        return await self._connected(descriptor, pending, self._key(key), None, None)

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
            descriptor.name: _status(descriptor, records.get(descriptor.name), pending, now)
            for descriptor in descriptors
        }

    async def disconnect(
        self, principal: Principal, descriptor: ProviderDescriptor, config: ProviderConfig
    ) -> Disconnection:
        """Tell the provider, then remove everything here, even if the provider did not listen."""
        try:
            record = await self._store.connection(principal, descriptor.name)
        except SealBroken:
            revoked = Revoked.FAILED  # what could be shown to the provider does not open any more
        else:
            revoked = (
                Revoked.NOTHING
                if record is None
                else await self._revoke(descriptor, config, record)
            )
        # Even while the caller gives up: what was revoked must not stay.
        with anyio.CancelScope(shield=True):
            removed = await self._store.remove(principal, descriptor.name)
        return Disconnection(revoked=revoked, removed=removed)

    async def _connected(
        self,
        descriptor: ProviderDescriptor,
        pending: PendingAuthorization,
        tokens: Tokens,
        scopes: frozenset[str] | None,
        account_id: str | None,
    ) -> Outcome:
        granted = pending.requested_scopes if scopes is None else scopes
        record = ConnectionRecord(
            principal=pending.principal,
            provider=descriptor.name,
            tokens=tokens,
            connected_at=self._clock(),
            requested_scopes=pending.requested_scopes,
            granted_scopes=granted,
            account_id=account_id,
        )
        await self._store.put(record)
        return Outcome(
            result=Result.CONNECTED,
            provider=descriptor.name,
            principal=pending.principal,
            lacking=descriptor.scopes_lacking(granted),
        )

    async def _exchanged(
        self,
        descriptor: ProviderDescriptor,
        config: ProviderConfig,
        pending: PendingAuthorization,
        code: str | None,
    ) -> Granted | Refusal:
        if not code:
            return Refusal.PASSING
        request = oauth.code_exchange(descriptor, config, pending, code)
        # A code works once: its answer is kept even if the browser has gone away.
        with anyio.CancelScope(shield=True):
            try:
                answer = await self._sent(descriptor.name, request)
            except PierreError:
                return Refusal.PASSING
        return oauth.read_grant(answer, descriptor.oauth_params, self._clock())

    async def _revoke(
        self, descriptor: ProviderDescriptor, config: ProviderConfig, record: ConnectionRecord
    ) -> Revoked:
        request = None
        if descriptor.connection is Connection.OAUTH2:
            request = oauth.revocation(descriptor, config, record.tokens)
        if request is None:
            return Revoked.NOT_OFFERED
        with anyio.move_on_after(REVOKE_SECONDS):
            try:
                status, _ = await self._sent(descriptor.name, request)
            except PierreError as failure:
                _log.warning("revoke_failed", provider=descriptor.name, type=failure.type.value)
                return Revoked.FAILED
            if 200 <= status < 300:  # noqa: PLR2004 - success
                return Revoked.YES
            _log.warning("revoke_refused", provider=descriptor.name, status=status)
        return Revoked.FAILED

    async def _hosted_link(
        self, descriptor: ProviderDescriptor, config: ProviderConfig, pending: PendingAuthorization
    ) -> str:
        link = descriptor.hosted_link
        if link is None:
            raise ValueError(f"{descriptor.name} has no page of its own to connect on")
        body: dict[str, Any] = {**link.body, link.reference_field: pending.state}
        separator = "&" if "?" in pending.redirect_uri else "?"
        back = f"{pending.redirect_uri}{separator}{link.reference_field}={pending.state}"
        body |= dict.fromkeys(link.return_fields, back)
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        headers |= {
            header: config.options[setting]
            for header, setting in descriptor.api_auth.app_headers.items()
            if setting in config.options
        }
        request = oauth.Request(
            method="POST",
            url=urljoin(f"{config.api_base_url}/", link.path.lstrip("/")),
            headers=headers,
            body=json.dumps(body),
        )
        _, told = await self._sent(descriptor.name, request)
        url = told.get(link.link_field) if isinstance(told, dict) else None
        if not isinstance(url, str) or not url.startswith(("https://", "http://")):
            raise ProviderServerError(
                descriptor.name, f"{descriptor.display_name} gave no page to connect on."
            )
        return url

    async def _sent(self, provider: str, request: oauth.Request) -> tuple[int, Any]:
        return await self._send(
            provider, request.method, request.url, headers=request.headers, body=request.body
        )

    def _key(self, key: str) -> Tokens:
        return Tokens(access=key.strip(), obtained_at=self._clock())


def _is_bound(pending: PendingAuthorization, browser: str | None) -> bool:
    if pending.browser is None:
        return True
    return pending.browser != MUST_BE_BOUND and hmac.compare_digest(
        pending.browser, _hash(browser or "")
    )


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def _status(
    descriptor: ProviderDescriptor,
    record: ConnectionRecord | None,
    pending: set[str],
    now: datetime,
) -> Status:
    name = descriptor.name
    if record is None:
        if name in pending:
            return Status(
                state=ConnectionState.PENDING,
                detail="Waiting for the person to give consent in the browser.",
            )
        return Status(
            state=ConnectionState.DISCONNECTED,
            detail=f"Not connected. Call connect_provider with '{name}'.",
        )
    lacking = descriptor.scopes_lacking(record.granted_scopes)
    ends = record.tokens.expires_at
    renewed = record.tokens.refresh is not None or (
        descriptor.oauth_params.refresh is RefreshStyle.EXTENDS
    )
    status = Status(
        state=ConnectionState.CONNECTED,
        detail=_lacking_sentence(lacking, name),
        lacking=lacking,
        expires_at=None if renewed else ends,
    )
    if record.needs_reauth is not None:
        return replace(status, state=ConnectionState.NEEDS_REAUTH, detail=record.needs_reauth)
    if ends is not None and now >= ends and not renewed:
        return replace(
            status,
            state=ConnectionState.EXPIRED,
            detail=f"The connection has ended. Call connect_provider with '{name}'.",
        )
    return status


def _lacking_sentence(lacking: tuple[ScopeNeed, ...], name: str) -> str | None:
    if not lacking:
        return None
    given = "; ".join(need.gives for need in lacking)
    return (
        f"Connected without the permission for: {given}. To add it, call connect_provider with "
        f"'{name}' and leave every box ticked."
    )
