"""Skeleton Title: what the provider is, as data, and how it is made.

Nothing heavy is imported here: providers are listed without loading what their calls need.
"""

from datetime import date

from pierre_mcp.spi import (
    ClientAuth,
    Connection,
    OAuthEndpoints,
    OAuthParams,
    ProviderCapabilities,
    ProviderDescriptor,
    ScopeNeed,
    SingleProviderFactory,
    Terms,
    Verification,
)

DESCRIPTOR = ProviderDescriptor(
    name="skeleton-name",
    display_name="Skeleton Title",
    # OAUTH says how one connects; the others say which methods the provider has.
    capabilities=ProviderCapabilities.OAUTH | ProviderCapabilities.ACTIVITIES,
    # Against what the addresses and fields below were checked, and when.
    verified=Verification(against="specification", date=date(2000, 1, 1)),
    connection=Connection.OAUTH2,
    oauth_endpoints=OAuthEndpoints(
        auth_url="https://api.example.com/oauth/authorize",
        token_url="https://api.example.com/oauth/token",
        revoke_url="https://api.example.com/oauth/revoke",
    ),
    # What differs from RFC 6749 is said here; see OAuthParams for all that can be said.
    oauth_params=OAuthParams(client_auth=ClientAuth.BODY, account_path=("user", "id")),
    api_base_url="https://api.example.com/v1",
    default_scopes=("workouts.read",),
    scope_needs=(
        ScopeNeed(
            scope="workouts.read",
            gives="your workouts",
            capability=ProviderCapabilities.ACTIVITIES,
        ),
    ),
    credentials_help="Make an application at https://api.example.com/apps.",
    terms=Terms(source="https://api.example.com/terms", read=date(2000, 1, 1)),
    limitations=("Laps and streams are not read yet.",),
)

factory = SingleProviderFactory(DESCRIPTOR, "skeleton_package.api:SkeletonProvider")
