"""How a person connects to a provider, and how requests then show whom they are for: all as data.

The core connects, refreshes, checks and revokes from this alone; a provider codes none of it. What
differs from RFC 6749 is declared here, with the source and date of the quirk where it is declared.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Connection(StrEnum):
    """How a person connects to a provider."""

    OAUTH2 = "oauth2"
    API_KEY = "api_key"
    HOSTED_LINK = "hosted_link"
    NONE = "none"
    """Nothing to connect: the operator's settings suffice, or none are needed."""


class ClientAuth(StrEnum):
    """How the token endpoint learns which application asks; the values are RFC 7591's."""

    BODY = "client_secret_post"
    HEADER = "client_secret_basic"
    NONE = "none"
    """A public client: only its id is sent."""


class RefreshStyle(StrEnum):
    """What comes of a refresh."""

    RENEWS = "renews"
    """A new access token, and a new refresh token where the answer has one."""
    EXTENDS = "extends"
    """The same tokens live longer; the answer need not name them."""
    NONE = "none"
    """There is none: when the token ends, the person connects again."""


class RevokeStyle(StrEnum):
    """How a provider is told that a connection is over."""

    TOKEN_FORM = "token_form"  # noqa: S105 - a style, not a secret
    """RFC 7009: the token as a form field, the client by its id and secret in the header."""
    ACCESS_TOKEN_FORM = "access_token_form"  # noqa: S105
    """The access token as the form field ``access_token``, nothing else."""
    TOKEN_QUERY = "token_query"  # noqa: S105
    """A POST with the access token as the query parameter ``token``."""
    DELETE = "delete"
    """A DELETE with the access token as on any request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthEndpoints:
    """Where the OAuth 2 steps happen; ``refresh_url`` only where it is not ``token_url``."""

    auth_url: str
    token_url: str
    revoke_url: str | None = None
    refresh_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthParams:
    """How a provider's OAuth 2 differs from the common way.

    ``additional_refresh_params`` go with every refresh. ``token_life_seconds`` counts where an
    answer does not say how long the token lives. ``account_path`` leads to the account's id in the
    answer of the code exchange, where there is one; with ``account_at``, in the API's answer to a
    GET of that path, which is asked once the person has connected. ``denies_without_error``: a
    person who denies comes back with neither a code nor an error.
    """

    scope_separator: str = " "
    use_pkce: bool = True
    additional_auth_params: Mapping[str, str] = field(default_factory=dict)
    additional_refresh_params: Mapping[str, str] = field(default_factory=dict)
    client_auth: ClientAuth = ClientAuth.BODY
    refresh: RefreshStyle = RefreshStyle.RENEWS
    revoke: RevokeStyle = RevokeStyle.TOKEN_FORM
    token_life_seconds: float = 3600
    account_path: tuple[str, ...] = ()
    account_at: str | None = None
    denies_without_error: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyExchange:
    """How a pasted key becomes the short-lived token that the API takes.

    We POST to ``path`` below the API's base with the key in the header ``Authorization`` behind
    ``scheme`` and no body. The answer is the token as text. It lives until the ``exp`` of its
    claims where it is a JWT, else for ``token_life_seconds``. An answer of 400, 401 or 403 means
    that the key is no longer good.
    """

    path: str
    scheme: str
    token_life_seconds: float = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key that a person makes at the provider and pastes on our page or in the terminal."""

    where: str
    """One sentence: where to make it, and what to choose there."""
    url: str | None = None
    lives_days: tuple[int, ...] = ()
    """The lives that one can choose there; the person tells us which, so that we can warn."""
    exchange: KeyExchange | None = None
    """Where the key is not itself what the API takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostedLink:
    """A page of the provider's on which a person connects, opened for each person by a call.

    We POST to ``path`` a JSON object with ``body``, our reference under ``reference_field`` and the
    address to come back to under each of ``return_fields``. The link is at ``link_field`` of the
    answer, and the account's id comes back as the query parameter ``account_parameter``.

    Anyone can write an id into an address. So we GET ``check_path`` with the id as the parameter
    ``check_parameter``, and go on only if our reference stands at ``check_reference`` of the
    answer. An account may be there before its owner has consented, and come back after they did
    not: what stands at ``check_consent`` of the answer, where that is declared, must be true.
    A DELETE of ``revoke_path`` with the same parameter ends the connection there.
    """

    path: str
    reference_field: str
    return_fields: tuple[str, ...]
    link_field: str
    account_parameter: str
    check_path: str
    check_parameter: str
    check_reference: tuple[str, ...]
    check_consent: tuple[str, ...] = ()
    revoke_path: str | None = None
    body: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiAuth:
    """How a request to the API shows whom it is for.

    The secret goes into ``header`` behind ``scheme``, or into the query parameter ``query``.
    ``account_query`` carries the account's id beside it. ``app_headers`` maps a header to the
    setting of the operator that it carries on every request.
    """

    header: str | None = "Authorization"
    scheme: str = "Bearer"
    query: str | None = None
    account_query: str | None = None
    app_headers: Mapping[str, str] = field(default_factory=dict)
