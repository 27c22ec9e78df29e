"""A server that asks who is calling, put together from settings and the means it is handed.

What it is handed: the store of API tokens, and a way to read an issuer's documents. With neither
there is no telling people apart, and the server does not start.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from mcp.server.auth.settings import AuthSettings

from pierre_mcp.errors import ConfigurationError, TooManyCalls
from pierre_mcp.principal import Principal
from pierre_mcp.server.identity.api_tokens import ApiTokens, ApiTokenStore
from pierre_mcp.server.identity.challenge import Hints
from pierre_mcp.server.identity.fetching import FetchJson, is_safe_address
from pierre_mcp.server.identity.limits import CallLimits
from pierre_mcp.server.identity.reach import Reach
from pierre_mcp.server.identity.verifier import Check, PeopleVerifier, principal_of_request
from pierre_mcp.settings import Settings, is_loopback

METADATA_PATH = "/.well-known/oauth-protected-resource"
_ASKED_SCOPES = ("openid",)
"""What clients are told to ask an OIDC issuer for where no scope is required."""


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """How a server tells callers apart, and how often each may call.

    ``metadata`` is the protected-resource metadata (RFC 9728) where there is no issuer to name; the
    SDK makes it where there is one.
    """

    verifier: PeopleVerifier
    auth: AuthSettings
    hints: Hints
    limits: CallLimits
    metadata: dict[str, object] | None
    clock: Callable[[], float] = time.monotonic

    def admit(self) -> Principal:
        """The person whose call is being served; raises ``TooManyCalls`` when it is one too many.

        Raises ``LookupError`` for a call that came with nobody's token.
        """
        principal = principal_of_request()
        if wait := self.limits.take(principal, self.clock()):
            raise TooManyCalls(self.limits.calls_per_minute, wait)
        return principal


def people_for(
    settings: Settings,
    reach: Reach,
    *,
    path: str,
    clock: Callable[[], datetime],
    api_tokens: ApiTokenStore | None,
    fetch: FetchJson | None,
) -> People | None:
    """How to tell people apart at ``path``, or ``None`` where the local person is served alone.

    Raises ``ConfigurationError`` where tokens are required and there is no way to check any.
    """
    if not reach.tokens_required:
        return None
    resource = reach.base_url + path
    issuer = _issuer(settings, reach, resource, clock, fetch)
    if issuer is None and api_tokens is None:
        raise ConfigurationError(
            "The server is to be reached by others and has no way to tell people apart: set "
            "PIERRE_OIDC_ISSUER. Without it, serve this machine only: --host 127.0.0.1, and "
            "neither PIERRE_PUBLIC_URL nor PIERRE_ALLOWED_HOSTS."
        )
    metadata_url = _metadata_url(resource)
    required = settings.oidc_scopes
    verifier = PeopleVerifier(
        api_tokens=None if api_tokens is None else ApiTokens(api_tokens, clock=clock).check,
        issuer=issuer,
        issuer_name=settings.oidc_issuer,
        resource=resource,
        all_scopes=required,
    )
    return People(
        verifier=verifier,
        auth=AuthSettings.model_validate(
            {
                # Where there is no issuer the SDK wants one all the same and, without a
                # resource_server_url, names it to nobody.
                "issuer_url": settings.oidc_issuer or reach.base_url,
                "resource_server_url": None if issuer is None else resource,
                "validate_token_resource": issuer is not None,
                "required_scopes": list(required) or None,
            }
        ),
        hints=Hints(
            metadata_url=metadata_url,
            scopes=() if issuer is None else _ASKED_SCOPES,
            required_scopes=required,
        ),
        limits=CallLimits(settings.calls_per_minute),
        metadata=None
        if issuer is not None
        else {"resource": resource, "bearer_methods_supported": ["header"]},
    )


def _issuer(
    settings: Settings,
    reach: Reach,
    resource: str,
    clock: Callable[[], datetime],
    fetch: FetchJson | None,
) -> Check | None:
    issuer = settings.oidc_issuer
    if issuer is None:
        return None
    parts = urlsplit(issuer)
    if not is_safe_address(issuer) or parts.query or parts.fragment:
        raise ConfigurationError(
            "PIERRE_OIDC_ISSUER: must be the issuer's address exactly as it stands in its tokens, "
            "beginning with https:// (http:// only for this machine)."
        )
    if settings.public_url is None and not is_loopback(urlsplit(reach.base_url).hostname or ""):
        raise ConfigurationError(
            "PIERRE_PUBLIC_URL: set the https address under which people reach the server; clients "
            "need it to get a token."
        )
    if fetch is None:
        raise ConfigurationError("PIERRE_OIDC_ISSUER: there is no way to read its keys from here.")
    # Imported where an issuer is configured: no other server needs signatures.
    from pierre_mcp.server.identity.claims import Expected  # noqa: PLC0415
    from pierre_mcp.server.identity.issuer import Issuer  # noqa: PLC0415
    from pierre_mcp.server.identity.issuer_keys import IssuerKeys  # noqa: PLC0415

    expected = Expected(
        issuer=issuer,
        audience=settings.oidc_audience or resource,
        tenant_claim=settings.oidc_tenant_claim,
        user_claim=settings.oidc_user_claim,
    )
    return Issuer(expected, IssuerKeys(issuer, fetch), clock=clock).check


def _metadata_url(resource: str) -> str:
    parts = urlsplit(resource)
    return f"{parts.scheme}://{parts.netloc}{METADATA_PATH}{parts.path}"
