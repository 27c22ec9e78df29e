"""The contract a provider implements: what it is (data), how it is made, what it answers.

Read these pages and you can write a provider: ``descriptor`` (what it is), ``connecting`` (how a
person connects it), ``query`` and ``provider`` (what it is asked), ``pushing`` for one that tells
of changes by itself. They depend on the standard
library, the errors and the unified models only. Convenience lives elsewhere.
"""

from pierre_mcp.spi.connecting import (
    ApiAuth,
    ApiKey,
    ClientAuth,
    Connection,
    HostedLink,
    KeyExchange,
    OAuthEndpoints,
    OAuthParams,
    RefreshStyle,
    RevokeStyle,
)
from pierre_mcp.spi.descriptor import (
    ProviderCapabilities,
    ProviderConfig,
    ProviderDescriptor,
    ProviderSetting,
    RetryConfig,
    ScopeNeed,
    Terms,
    Upcoming,
    Verification,
)
from pierre_mcp.spi.limits import RateLimits, RateWindow
from pierre_mcp.spi.provider import (
    ApiClient,
    FitnessProvider,
    Include,
    Parameters,
    ProviderContext,
    ProviderFactory,
    SingleProviderFactory,
)
from pierre_mcp.spi.pushing import Changed, Push, Pushed, PushReply, WebhookReceiver
from pierre_mcp.spi.query import MAX_PAGE_SIZE, ActivityQuery

__all__ = [
    "MAX_PAGE_SIZE",
    "ActivityQuery",
    "ApiAuth",
    "ApiClient",
    "ApiKey",
    "Changed",
    "ClientAuth",
    "Connection",
    "FitnessProvider",
    "HostedLink",
    "Include",
    "KeyExchange",
    "OAuthEndpoints",
    "OAuthParams",
    "Parameters",
    "ProviderCapabilities",
    "ProviderConfig",
    "ProviderContext",
    "ProviderDescriptor",
    "ProviderFactory",
    "ProviderSetting",
    "Push",
    "PushReply",
    "Pushed",
    "RateLimits",
    "RateWindow",
    "RefreshStyle",
    "RetryConfig",
    "RevokeStyle",
    "ScopeNeed",
    "SingleProviderFactory",
    "Terms",
    "Upcoming",
    "Verification",
    "WebhookReceiver",
]
