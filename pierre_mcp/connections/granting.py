"""What a provider says when somebody connects: a code, an account or a key made into tokens.

It asks the provider and reads the answer, by the descriptor alone. What becomes of a consent is
not decided here, and nothing is stored; a provider that fails is an answer, and nothing is raised.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import anyio
import structlog

from pierre_mcp.connections import hosted, key_exchange, oauth, renewing
from pierre_mcp.connections.oauth import Granted, Refusal
from pierre_mcp.connections.records import PendingAuthorization, Tokens
from pierre_mcp.connections.sending import Send
from pierre_mcp.errors import PierreError, ProviderServerError
from pierre_mcp.spi import Connection, HostedLink, ProviderConfig, ProviderDescriptor

ACCOUNT_SECONDS = 10.0
"""How long a browser waits for the provider to say whose account was connected."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Granting:
    """One provider, asked for one person's consent."""

    descriptor: ProviderDescriptor
    config: ProviderConfig
    send: Send
    clock: Callable[[], datetime]

    async def page(self, pending: PendingAuthorization) -> str:
        """Where at the provider the person gives consent; asks for a hosted link.

        Raises ``ProviderServerError`` where the provider gives none.
        """
        descriptor, link = self.descriptor, self.descriptor.hosted_link
        if descriptor.connection is Connection.OAUTH2:
            return oauth.authorization_url(descriptor, self.config, pending)
        if link is None:
            raise ValueError(f"{descriptor.name} has no page of its own to connect on")
        request = hosted.link_request(descriptor, link, self.config, pending)
        url = hosted.read_link(await self._sent(request), link)
        if url is None:
            raise ProviderServerError(
                descriptor.name, f"{descriptor.display_name} gave no page to connect on."
            )
        return url

    async def by_answer(
        self, pending: PendingAuthorization, answer: Mapping[str, str]
    ) -> Granted | Refusal:
        """By what the browser brought back from the provider's page."""
        if "error" in answer:
            return Refusal.PASSING
        link = self.descriptor.hosted_link
        if link is not None:
            return await self._by_account(link, answer)
        granted = await self._by_code(pending, answer.get("code"))
        if isinstance(granted, Refusal) or "scope" not in answer:
            return granted
        return replace(granted, scopes=oauth.words(answer["scope"]))

    async def by_key(self, key: str) -> Granted | Refusal:
        """By a key that the person pasted; exchanged where it is not what the API takes."""
        exchanged = renewing.exchange_of(self.descriptor)
        if exchanged is None:
            return self._as_it_is(key)
        request = key_exchange.exchange(exchanged, self.config, key.strip())
        try:
            answer = await self._sent(request)
        except PierreError:
            return Refusal.PASSING
        return key_exchange.read_exchange(answer, exchanged, key.strip(), self.clock())

    async def _by_code(self, pending: PendingAuthorization, code: str | None) -> Granted | Refusal:
        if not code:
            return Refusal.PASSING
        descriptor = self.descriptor
        try:
            answer = await self._sent(oauth.code_exchange(descriptor, self.config, pending, code))
        except PierreError:
            return Refusal.PASSING
        failure = oauth.failure_in_success(descriptor, answer)
        read = oauth.read_grant(answer, descriptor.oauth_params, self.clock(), failure=failure)
        if isinstance(read, Refusal):
            return read
        asked = oauth.account_request(descriptor, self.config, read.tokens)
        return read if asked is None else replace(read, account_id=await self._account(asked))

    async def _account(self, asked: oauth.Request) -> str | None:
        """Whose account it is; without an answer it stays unknown, and pushes find nobody."""
        name = self.descriptor.name
        with anyio.move_on_after(ACCOUNT_SECONDS):
            try:
                return oauth.read_account(self.descriptor, await self._sent(asked))
            except PierreError as failure:
                _log.warning("account_unknown", provider=name, type=failure.type.value)
        return None

    async def _by_account(self, link: HostedLink, answer: Mapping[str, str]) -> Granted | Refusal:
        """The account that came back, if the provider says that it was connected for us."""
        account, state = answer.get(link.account_parameter), answer.get(link.reference_field, "")
        if not account:
            return Refusal.PASSING
        request = hosted.check_request(self.descriptor, link, self.config, account)
        try:
            told = await self._sent(request)
        except PierreError:
            return Refusal.PASSING
        if not hosted.is_ours(told, link, state):
            _log.warning("account_of_another_reference", provider=self.descriptor.name)
            return Refusal.PASSING
        return replace(self._as_it_is(account), account_id=account)

    def _as_it_is(self, secret: str) -> Granted:
        tokens = Tokens(access=secret.strip(), obtained_at=self.clock())
        return Granted(tokens=tokens, scopes=None, account_id=None)

    async def _sent(self, request: oauth.Request) -> tuple[int, Any]:
        return await self.send(
            self.descriptor.name,
            request.method,
            request.url,
            headers=request.headers,
            body=request.body,
        )
