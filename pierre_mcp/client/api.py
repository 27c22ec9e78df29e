"""One person's way to one provider's API: what ``spi.ApiClient`` promises to providers.

It puts the person's secret on each request as the descriptor says, renews it once when the API
refuses it, and turns every failure into one of our errors. Only reads are sent from here.
"""

import json
from collections.abc import Awaitable, Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import anyio
import httpx2

from pierre_mcp.client.addresses import api_url, query_pairs
from pierre_mcp.client.bodies import parse_any, parse_json
from pierre_mcp.client.downloads import FileSource, Resolve, fetch_file, resolve_host
from pierre_mcp.client.failures import failure_of_exception, failure_of_status
from pierre_mcp.client.guarding import ApiGuard
from pierre_mcp.client.messages import Answer, Outgoing
from pierre_mcp.client.pool import HttpPool
from pierre_mcp.client.redaction import remember
from pierre_mcp.client.retrying import Result, Retrier
from pierre_mcp.client.tokens import TokenSource
from pierre_mcp.client.ways import Way, Ways
from pierre_mcp.errors import AuthenticationFailed, NotConfigured, ProviderError
from pierre_mcp.spi import Parameters, ProviderConfig, ProviderDescriptor

_JSON = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderApi:
    """Satisfies ``spi.ApiClient``. ``clock`` tells how far away a date in an answer is."""

    descriptor: ProviderDescriptor
    config: ProviderConfig
    pool: HttpPool = field(repr=False)
    tokens: TokenSource = field(repr=False)
    clock: Callable[[], datetime] = field(repr=False)
    person: str = field(default="", repr=False)
    """Whose requests these are, among all that use the application; any text that is theirs."""
    ways: Ways = field(default_factory=Ways, repr=False)
    sleep: Callable[[float], Awaitable[None]] = field(default=anyio.sleep, repr=False)
    resolve: Resolve = field(default=resolve_host, repr=False)

    @property
    def account_id(self) -> str | None:
        """The account's id at the provider, where connecting told it."""
        return self.tokens.account_id

    @property
    def granted_scopes(self) -> AbstractSet[str]:
        """The scopes that the person left ticked."""
        return self.tokens.granted_scopes

    async def get_json(self, path: str, parameters: Parameters | None = None) -> Any:
        """The parsed answer; ``None`` for an empty one."""
        answer = await self._read("GET", path, parameters, accept=_JSON)
        return parse_json(self.descriptor.name, answer.body)

    async def get_bytes(
        self, path: str, parameters: Parameters | None = None, *, accept: str = "*/*"
    ) -> bytes:
        """The body as it came, for files."""
        return (await self._read("GET", path, parameters, accept=accept)).body

    async def post_json(self, path: str, body: Any, parameters: Parameters | None = None) -> Any:
        """The parsed answer to a POST, for an API that reads by POST."""
        content = json.dumps(body, allow_nan=False)
        answer = await self._read("POST", path, parameters, accept=_JSON, content=content)
        return parse_json(self.descriptor.name, answer.body)

    async def get_file(self, url: str) -> bytes:
        """The file at an address that came in a payload, see ``downloads``."""
        source = FileSource(
            provider=self.descriptor.name,
            base=self._parsed_base(),
            hosts=self.descriptor.file_hosts,
            timeout_seconds=self.config.retry.timeout_secs,
            resolve=self.resolve,
            guard=self._guard("/file"),
        )

        async def fetch(secret: str) -> Result:
            answer, own = await fetch_file(self.pool, source, url, self._headers(secret))
            failure = self._failure(answer)
            if isinstance(failure, AuthenticationFailed) and not own:
                # Another server knows nothing of our connection; the link is what it refuses.
                failure = ProviderError(
                    self.descriptor.name,
                    f"Provider '{self.descriptor.name}' gave the address of a file that can no "
                    "longer be fetched. Ask for the record again.",
                )
            return answer, failure

        return (await self._with_secret(fetch)).body

    async def _read(
        self,
        method: str,
        path: str,
        parameters: Parameters | None,
        *,
        accept: str,
        content: str | None = None,
    ) -> Answer:
        async def send(secret: str) -> Result:
            headers = {"Accept": accept, **self._headers(secret)}
            if content is not None:
                headers["Content-Type"] = _JSON
            query = query_pairs(parameters) + self._query(secret)
            answer = await self.pool.exchange(
                Outgoing(
                    provider=self.descriptor.name,
                    method=method,
                    url=api_url(self.descriptor.name, self._base_url(), path, query),
                    label_path=path,
                    headers=headers,
                    body=content,
                    guard=self._guard(path),
                    timeout_seconds=self.config.retry.timeout_secs,
                )
            )
            return answer, self._failure(answer)

        return await self._with_secret(send)

    async def _with_secret(self, send: Callable[[str], Awaitable[Result]]) -> Answer:
        """Send with the current secret and, when it is refused, once more with another."""
        secret = await self.tokens.token()
        answer, failure = await self._patiently(send, secret)
        if isinstance(failure, AuthenticationFailed):
            answer, failure = await self._patiently(send, await self.tokens.renewed(secret))
        if failure is not None:
            raise failure
        return answer

    @property
    def _way(self) -> Way:
        return self.ways.to(self.descriptor.name, self.config.retry)

    def _guard(self, path: str) -> ApiGuard:
        way = self._way
        return ApiGuard(
            provider=self.descriptor.name,
            breaker=way.breaker(path),
            limiter=way.limiter(self.descriptor, self.config, self.person, self.clock),
            turns=way.turns(self.descriptor.rate_limits.at_once_per_person, self.person),
            held_back=lambda: self.pool.metrics.held_back(self.descriptor.name),
        )

    async def _patiently(self, send: Callable[[str], Awaitable[Result]], secret: str) -> Result:
        """Send, and again where the provider fails for a moment."""
        retrier = Retrier(
            config=self.config.retry,
            budget=self._way.budget,
            sleep=self.sleep,
            retried=lambda: self.pool.metrics.retried(self.descriptor.name),
        )
        return await retrier.ask(lambda: send(secret))

    def _failure(self, answer: Answer) -> ProviderError | None:
        if answer.is_success and not self.descriptor.errors_in_success:
            return None
        payload = parse_any(answer.body, answer.headers.get("content-type", ""))
        read_error = self.descriptor.read_error
        if answer.is_success and (read_error is None or read_error(answer.status, payload) is None):
            return None
        return failure_of_status(
            self.descriptor.name,
            answer.status,
            headers=answer.headers,
            payload=payload,
            read_error=read_error,
            wait_seconds=answer.wait_seconds,
            now=self.clock(),
        )

    def _base_url(self) -> str:
        if base := self.config.api_base_url or self.descriptor.api_base_url:
            return base
        raise self._not_configured("the address of its API")

    def _parsed_base(self) -> httpx2.URL:
        base = self._base_url()
        try:
            return httpx2.URL(base)
        except httpx2.InvalidURL as invalid:
            raise failure_of_exception(self.descriptor.name, invalid) from None

    def _headers(self, secret: str) -> dict[str, str]:
        """What a request of this person's carries; the secret is sent as it is or not at all."""
        name, auth = self.descriptor.name, self.descriptor.api_auth
        remember(secret)
        if not (secret.isascii() and secret.isprintable() and " " not in secret and secret):
            raise AuthenticationFailed(
                name,
                f"Provider '{name}': the saved key holds characters that no key has. Connect it "
                "again with connect_provider.",
            )
        headers = {header: self._setting(key) for header, key in auth.app_headers.items()}
        if auth.header is not None:
            headers[auth.header] = f"{auth.scheme} {secret}".strip()
        return headers

    def _query(self, secret: str) -> list[tuple[str, str]]:
        auth = self.descriptor.api_auth
        pairs = []
        if auth.query is not None:
            pairs.append((auth.query, secret))
        if auth.account_query is not None:
            if self.tokens.account_id is None:
                raise AuthenticationFailed(
                    self.descriptor.name,
                    f"Provider '{self.descriptor.name}' did not tell which account is connected. "
                    "Connect it again with connect_provider.",
                )
            pairs.append((auth.account_query, self.tokens.account_id))
        return pairs

    def _setting(self, key: str) -> str:
        value = self.config.options.get(key)
        if value is None and key in ("api_key", "client_id", "client_secret"):
            value = getattr(self.config, key)
        if not value:
            raise self._not_configured(f"the setting {key.upper()}")
        if key in self._secret_settings():
            remember(value)
        return value

    def _secret_settings(self) -> set[str]:
        own = {setting.name for setting in self.descriptor.settings if setting.secret}
        return own | {"api_key", "client_secret"}

    def _not_configured(self, what: str) -> NotConfigured:
        return NotConfigured(
            self.descriptor.name, f"Provider '{self.descriptor.name}' lacks {what}."
        )
