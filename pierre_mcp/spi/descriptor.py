"""What a provider is, as data: known without importing its calls and without calling it."""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date
from enum import Flag
from typing import Any, Literal

from pierre_mcp.errors import ErrorType
from pierre_mcp.spi.connecting import (
    ApiAuth,
    ApiKey,
    Connection,
    HostedLink,
    OAuthEndpoints,
    OAuthParams,
    RevokeStyle,
)
from pierre_mcp.spi.limits import RateLimits


class ProviderCapabilities(Flag):
    """What a provider offers. OAUTH means that one connects by OAuth 2."""

    NONE = 0
    OAUTH = 1
    ACTIVITIES = 2
    SLEEP_TRACKING = 4
    RECOVERY_METRICS = 8
    HEALTH_METRICS = 16

    @classmethod
    def activity_only(cls) -> "ProviderCapabilities":
        """OAuth and activities."""
        return cls.OAUTH | cls.ACTIVITIES

    @classmethod
    def full_health(cls) -> "ProviderCapabilities":
        """Everything."""
        return (
            cls.OAUTH
            | cls.ACTIVITIES
            | cls.SLEEP_TRACKING
            | cls.RECOVERY_METRICS
            | cls.HEALTH_METRICS
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSetting:
    """A setting of the provider's own, read from ``PIERRE_<PROVIDER>_<NAME>``.

    A ``required`` one decides whether the provider counts as set up. A ``personal`` one makes the
    data the operator's own: it is served to the local person and to no one else.
    """

    name: str
    description: str
    required: bool = False
    personal: bool = False
    secret: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeNeed:
    """What a scope is for, in the words of the person who may untick it.

    Without the scope, or one of ``alternatives``, what ``gives`` names is missing; where it is all
    of a ``capability``, that is refused before any call.
    """

    scope: str
    gives: str
    capability: ProviderCapabilities = ProviderCapabilities.NONE
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """Against what the descriptor and calls were last checked, and when."""

    against: Literal["specification", "live", "not_applicable"]
    date: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a provider's terms ask of a server; not legal advice, and dated.

    ``source`` is where they stand, and ``read`` when they were read there; ``None`` where nobody of
    us has. ``keep_days`` is the longest that data may be kept. The sentences are for people:
    ``attribution`` is what has to stand beside the data, ``sharing`` to whom it may be shown,
    ``ai`` what is said of use with AI models, ``personal`` that only a person's own use is
    allowed. Each is ``None`` where nothing is said.
    """

    source: str
    read: date | None
    keep_days: int | None = None
    attribution: str | None = None
    sharing: str | None = None
    ai: str | None = None
    personal: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Upcoming:
    """A change that the provider has announced: from when, and one sentence on what it means."""

    date: date
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryConfig:
    """How patiently a provider is asked; an operator sets it by these names in pierre.toml.

    A question that fails for a moment is asked up to ``max_retries`` times more, after
    ``base_delay_ms``, twice as long each time up to ``max_delay_ms``, each differing by up to
    ``jitter_factor`` of itself. One request may take ``timeout_secs``. After
    ``circuit_breaker_threshold`` failures among the last ten requests the provider is left alone
    for ``circuit_breaker_reset_secs``.
    """

    max_retries: int = 3
    base_delay_ms: float = 100
    max_delay_ms: float = 5000
    jitter_factor: float = 0.1
    timeout_secs: float = 30
    circuit_breaker_threshold: int = 5
    circuit_breaker_reset_secs: float = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderDescriptor:
    """Everything about a provider that is known without calling it."""

    name: str
    display_name: str
    capabilities: ProviderCapabilities
    verified: Verification
    connection: Connection = Connection.NONE
    oauth_endpoints: OAuthEndpoints | None = None
    oauth_params: OAuthParams = field(default_factory=OAuthParams)
    api_key: ApiKey | None = None
    hosted_link: HostedLink | None = None
    api_auth: ApiAuth = field(default_factory=ApiAuth)
    api_base_url: str | None = None
    file_hosts: tuple[str, ...] = ()
    """The hosts from which files are fetched that an answer gives the address of."""
    default_scopes: tuple[str, ...] = ()
    scope_needs: tuple[ScopeNeed, ...] = ()
    credentials_help: str | None = None
    """Where the operator gets client id and secret; one sentence."""
    read_error: Callable[[int, Any], ErrorType | None] | None = None
    """What an unsuccessful answer means, from its status and parsed body; ``None`` for what the
    status alone says. NOT_CONNECTED is for an account that was never set up there. Pure."""
    errors_in_success: bool = False
    """Failures come with a status of success: ``read_error`` is asked about those answers too."""
    settings: tuple[ProviderSetting, ...] = ()
    synthetic: bool = False
    """The data is made up; every answer says so."""
    limitations: tuple[str, ...] = ()
    """What it cannot give although one might expect it, and why; one sentence each."""
    experimental: str | None = None
    """Why its values are not to be relied on yet; every answer with its data says so."""
    terms: Terms | None = None
    """For every provider of other people's data."""
    upcoming: tuple[Upcoming, ...] = ()
    retry: RetryConfig = RetryConfig()
    rate_limits: RateLimits = field(default_factory=RateLimits)
    review: Callable[["ProviderConfig"], str | None] | None = None
    """One sentence on settings with which it cannot work, such as those of an API that is gone, and
    what to do instead; ``None`` where there is nothing wrong. Pure."""

    def __post_init__(self) -> None:
        by_oauth = self.connection is Connection.OAUTH2
        if (ProviderCapabilities.OAUTH in self.capabilities) != by_oauth:
            raise ValueError(f"{self.name}: OAUTH is declared exactly when one connects by OAuth 2")
        for connection, declared in (
            (Connection.OAUTH2, self.oauth_endpoints),
            (Connection.API_KEY, self.api_key),
            (Connection.HOSTED_LINK, self.hosted_link),
        ):
            if (self.connection is connection) != (declared is not None):
                raise ValueError(
                    f"{self.name}: what describes a connection by {connection.value} is declared "
                    "exactly when one connects so"
                )
        if self.connection is not Connection.NONE and self.api_base_url is None:
            raise ValueError(f"{self.name}: a provider that one connects to has an api_base_url")

    @property
    def reference_parameter(self) -> str:
        """The parameter by which what comes back from a consent names the one that was begun."""
        return "state" if self.hosted_link is None else self.hosted_link.reference_field

    def scopes_lacking(self, granted: AbstractSet[str]) -> tuple[ScopeNeed, ...]:
        """What a connection with these scopes cannot give."""
        return tuple(
            need for need in self.scope_needs if not granted & {need.scope, *need.alternatives}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderConfig:
    """What the operator configured for one provider; secrets stay out of its repr.

    ``options`` holds the provider's own settings by name. ``data_dir`` is a folder of its own where
    it may keep derived data; it need not exist yet.
    """

    name: str
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    api_key: str | None = field(default=None, repr=False)
    auth_url: str | None = None
    token_url: str | None = None
    refresh_url: str | None = None
    revoke_url: str | None = None
    revoke_style: RevokeStyle | None = None
    api_base_url: str | None = None
    redirect_uri: str | None = None
    scopes: tuple[str, ...] = ()
    data_dir: str | None = None
    retry: RetryConfig = RetryConfig()
    options: Mapping[str, str] = field(default_factory=dict, repr=False)
