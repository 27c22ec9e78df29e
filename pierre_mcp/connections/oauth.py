"""The OAuth 2 requests of any provider, prepared from its descriptor, and what their answers mean.

Pure: Authlib writes the requests, somebody else sends them, and the answers come in parsed. Nothing
here waits, stores or decides what becomes of a connection.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from urllib.parse import urlencode, urljoin

from authlib.oauth2.auth import ClientAuth as AuthlibClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7009 import prepare_revoke_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from pierre_mcp.connections.records import PendingAuthorization, Tokens
from pierre_mcp.errors import ErrorType
from pierre_mcp.spi import (
    ApiAuth,
    ClientAuth,
    OAuthParams,
    ProviderConfig,
    ProviderDescriptor,
    RefreshStyle,
    RevokeStyle,
)

SHORTEST_LIFE_SECONDS = 60.0
"""A token that claims to live shorter is treated as living so long, so that nothing storms."""

LONGEST_LIFE_SECONDS = 10 * 365 * 86_400.0

_FORM = "application/x-www-form-urlencoded"
_OK = range(200, 300)
_REFUSED = (400, 401, 403)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request to a provider's OAuth endpoint."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: str | None = field(default=None, repr=False)


class Refusal(Enum):
    """Why the token endpoint gave no tokens."""

    GRANT = "grant"
    """The grant is over: the person has to connect again."""
    CLIENT = "client"
    """The operator's client id or secret is not accepted."""
    OPAQUE = "opaque"
    """Refused without a reason that we understand."""
    PASSING = "passing"
    """The provider failed; the same request may succeed later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """What a successful answer of the token endpoint says."""

    tokens: Tokens
    scopes: frozenset[str] | None
    account_id: str | None


def authorization_url(
    descriptor: ProviderDescriptor, config: ProviderConfig, pending: PendingAuthorization
) -> str:
    """The address at which the person gives consent."""
    params = descriptor.oauth_params
    extra = dict(params.additional_auth_params)
    if pending.code_verifier is not None:
        extra["code_challenge"] = create_s256_code_challenge(pending.code_verifier)
        extra["code_challenge_method"] = "S256"
    url: str = prepare_grant_uri(
        config.auth_url,
        config.client_id,
        "code",
        redirect_uri=pending.redirect_uri,
        # In the order of the configuration, joined the provider's own way.
        scope=params.scope_separator.join(
            scope for scope in config.scopes if scope in pending.requested_scopes
        ),
        state=pending.state,
        **extra,
    )
    return url


def code_exchange(
    descriptor: ProviderDescriptor,
    config: ProviderConfig,
    pending: PendingAuthorization,
    code: str,
) -> Request:
    """The request that turns the code of a consent into tokens."""
    body = prepare_token_request(
        "authorization_code",
        redirect_uri=pending.redirect_uri,
        code=code,
        code_verifier=pending.code_verifier,
    )
    return _by_client(descriptor.oauth_params.client_auth, config, config.token_url or "", body)


def refresh(descriptor: ProviderDescriptor, config: ProviderConfig, tokens: Tokens) -> Request:
    """The request that makes the connection live on."""
    params = descriptor.oauth_params
    body = prepare_token_request(
        "refresh_token",
        refresh_token=tokens.refresh or tokens.access,
        **params.additional_refresh_params,
    )
    url = config.refresh_url or config.token_url or ""
    return _by_client(params.client_auth, config, url, body)


def revocation(
    descriptor: ProviderDescriptor, config: ProviderConfig, tokens: Tokens
) -> Request | None:
    """The request that tells the provider that the connection is over, where there is one."""
    url = config.revoke_url
    if url is None:
        return None
    match revoke_style(descriptor, config):
        case RevokeStyle.TOKEN_FORM:
            hint = "refresh_token" if tokens.refresh else "access_token"
            body, _ = prepare_revoke_token_request(tokens.refresh or tokens.access, hint)
            return _by_client(ClientAuth.HEADER, config, url, body)
        case RevokeStyle.ACCESS_TOKEN_FORM:
            body = urlencode({"access_token": tokens.access})
            return Request(method="POST", url=url, headers={"Content-Type": _FORM}, body=body)
        case RevokeStyle.TOKEN_QUERY:
            separator = "&" if "?" in url else "?"
            query = urlencode({"token": tokens.access})
            return Request(method="POST", url=f"{url}{separator}{query}", headers={})
        case RevokeStyle.DELETE:
            return _as_the_person("DELETE", descriptor.api_auth, url, tokens)


def revoke_style(descriptor: ProviderDescriptor, config: ProviderConfig) -> RevokeStyle:
    """How the provider is told, as the operator or else the descriptor says."""
    return config.revoke_style or descriptor.oauth_params.revoke


def revokes_by_access(
    descriptor: ProviderDescriptor, config: ProviderConfig, tokens: Tokens
) -> bool:
    """Whether it is told with the access token, which has to be valid for that."""
    by_refresh = revoke_style(descriptor, config) is RevokeStyle.TOKEN_FORM
    return not (by_refresh and tokens.refresh)


def account_request(
    descriptor: ProviderDescriptor, config: ProviderConfig, tokens: Tokens
) -> Request | None:
    """The question whose account it is, where the token endpoint does not say."""
    path = descriptor.oauth_params.account_at
    if path is None or config.api_base_url is None:
        return None
    url = urljoin(f"{config.api_base_url.rstrip('/')}/", path.lstrip("/"))
    return _as_the_person("GET", descriptor.api_auth, url, tokens)


def read_account(descriptor: ProviderDescriptor, answer: tuple[int, Any]) -> str | None:
    """The account's id in the answer to it."""
    status, body = answer
    told = body if status in _OK and isinstance(body, dict) else {}
    return _at(told, descriptor.oauth_params.account_path)


def _as_the_person(method: str, auth: ApiAuth, url: str, tokens: Tokens) -> Request:
    header = auth.header or "Authorization"
    value = f"{auth.scheme} {tokens.access}".strip()
    return Request(method=method, url=url, headers={header: value})


def _by_client(auth: ClientAuth, config: ProviderConfig, url: str, body: str) -> Request:
    headers = {"Content-Type": _FORM, "Accept": "application/json"}
    signer = AuthlibClientAuth(config.client_id, config.client_secret, auth.value)
    url, headers, body = signer.prepare("POST", url, headers, body)
    return Request(method="POST", url=url, headers=headers, body=body)


def read_grant(
    answer: tuple[int, Any],
    params: OAuthParams,
    now: datetime,
    before: Tokens | None = None,
    failure: ErrorType | None = None,
) -> Granted | Refusal:
    """What the token endpoint's answer means; ``before`` is what a refresh started from.

    ``failure`` is what the provider's own reading of an answer of success says, where it has one.
    """
    status, body = answer
    told = body if isinstance(body, dict) else {}
    if failure is not None:
        return Refusal.GRANT if failure is ErrorType.NEEDS_REAUTH else Refusal.PASSING
    access = told.get("access_token")
    if status in _OK and before is not None and params.refresh is RefreshStyle.EXTENDS:
        access = access or before.access
    if status not in _OK or not isinstance(access, str) or not access:
        return _refusal(status, told)
    renewed = told.get("refresh_token")
    kept = before.refresh if before is not None else None
    life = _life_seconds(told, params, now)
    scope = told.get("scope")
    if before is not None and "scope" in params.additional_refresh_params:
        # The answer may echo what the refresh asked for, which is not what the person allowed.
        scope = None
    return Granted(
        tokens=Tokens(
            access=access,
            refresh=renewed if isinstance(renewed, str) and renewed else kept,
            obtained_at=now,
            expires_at=now + timedelta(seconds=life),
        ),
        scopes=words(scope) if isinstance(scope, str) else None,
        account_id=None if params.account_at else _at(told, params.account_path),
    )


def failure_in_success(descriptor: ProviderDescriptor, answer: tuple[int, Any]) -> ErrorType | None:
    """What an answer of success says of a failure, for a provider that hides them so."""
    status, body = answer
    if not descriptor.errors_in_success or descriptor.read_error is None or status not in _OK:
        return None
    return descriptor.read_error(status, body)


def words(scopes: str) -> frozenset[str]:
    """Scopes as a provider writes them, whatever separates them."""
    return frozenset(scopes.replace(",", " ").split())


def _refusal(status: int, told: Mapping[str, Any]) -> Refusal:
    match told.get("error"):
        case "invalid_grant":
            return Refusal.GRANT
        case "invalid_client" | "unauthorized_client":
            return Refusal.CLIENT
        case _:
            # An answer of 200 without a token is a fault of the provider's, not the grant's.
            return Refusal.OPAQUE if status in _REFUSED else Refusal.PASSING


def _life_seconds(told: Mapping[str, Any], params: OAuthParams, now: datetime) -> float:
    life = _positive(told.get("expires_in"))
    if life is None and (until := _positive(told.get("expires_at"))) is not None:
        life = _positive(until - now.timestamp())
    wanted = params.token_life_seconds if life is None else life
    return min(max(wanted, SHORTEST_LIFE_SECONDS), LONGEST_LIFE_SECONDS)


def _positive(value: object) -> float | None:
    """A number, also where it came as text; ``None`` for what cannot be a length of time."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and number > 0 else None


def _at(told: Mapping[str, Any], path: tuple[str, ...]) -> str | None:
    found: Any = told if path else None
    for step in path:
        found = found.get(step) if isinstance(found, dict) else None
    return str(found) if isinstance(found, str | int) and not isinstance(found, bool) else None
