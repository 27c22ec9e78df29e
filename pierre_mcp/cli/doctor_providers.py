"""``doctor`` on providers: whether each is set up, connected, and answers."""

from pierre_mcp.cli.doctor_store import StoreState
from pierre_mcp.cli.findings import Finding, Level, shown
from pierre_mcp.composition import Composition
from pierre_mcp.errors import (
    AuthenticationFailed,
    NotConnected,
    PierreError,
    ProviderUnavailable,
    SealBroken,
)
from pierre_mcp.principal import LOCAL
from pierre_mcp.spi import Connection


async def provider_findings(composition: Composition, store: StoreState) -> list[Finding]:
    """What was found about each provider, then about plug-ins that were refused."""
    findings: list[Finding] = []
    for name in composition.registry.supported_providers():
        try:
            if (found := _as_configured(composition, name)) is not None:
                findings.append(found)
            elif store == "usable" or not _is_connected_by_a_person(composition, name):
                findings += await _as_used(composition, name)
            elif store == "empty":
                findings.append(_not_connected(name))
            # Where the store cannot be used that is said already, and nothing is known here.
        except ProviderUnavailable:
            continue  # the registry knows the reason, and it is listed with the other problems
        except PierreError as problem:
            findings.append(_of(name, "fail", shown(problem.message)))
    return findings + [
        Finding(
            check=f"provider {problem.provider}",
            level="warn",
            detail=f"refused from {problem.distribution}: {shown(problem.reason)}",
            remedy="Uninstall that distribution, or ask its author to mend it.",
        )
        for problem in composition.registry.problems()
    ]


def redirect_uris(composition: Composition) -> list[str]:
    """Where browsers come back to, for the providers that are set up."""
    found = []
    for name in composition.registry.supported_providers():
        try:
            by_person = _is_connected_by_a_person(composition, name)
            if by_person and not composition.personal.missing_settings(name, LOCAL):
                found.append(composition.registry.get_config(name).redirect_uri or "")
        except PierreError:
            continue  # told where providers are looked at
    return found


def _as_configured(composition: Composition, name: str) -> Finding | None:
    """What is to be said of a provider that cannot be used with its settings."""
    missing = composition.personal.missing_settings(name, LOCAL)
    if not missing:
        return None
    remedy = f"To use it set {'; '.join(missing)}."
    config = composition.registry.get_config(name)
    by_consent = composition.registry.get_descriptor(name).connection is Connection.OAUTH2
    if by_consent and (config.client_id or config.client_secret):
        return _of(name, "fail", "only half of its credentials is set.", remedy)
    return _of(name, "ok", "not set up, and not needed for the others", remedy)


async def _as_used(composition: Composition, name: str) -> list[Finding]:
    """How it goes when it is asked something light."""
    try:
        async with composition.provider(name, LOCAL) as provider:
            await provider.health_check()
            troubles = await provider.diagnose()
    except NotConnected as absent:
        if not await _is_kept(composition, name):
            return [_not_connected(name)]
        # Connected here: it is the account that was never set up there.
        shows = composition.registry.get_descriptor(name).display_name
        remedy = f"Set the account up in the app of {shows}, then run this again."
        return [_of(name, "warn", shown(absent.message), remedy)]
    except (AuthenticationFailed, SealBroken) as over:
        remedy = f"Run 'pierre-mcp connect {name}'."
        return [_of(name, "warn", shown(over.message), remedy)]
    if not troubles:
        return [_of(name, "ok", "works")]
    return [_of(name, "warn", shown(trouble.detail)) for trouble in troubles]


async def _is_kept(composition: Composition, name: str) -> bool:
    """Whether there is a connection, whatever the provider makes of it."""
    if not _is_connected_by_a_person(composition, name):
        return True
    store = await composition.store()
    return await store.connection(LOCAL, name) is not None


def _is_connected_by_a_person(composition: Composition, name: str) -> bool:
    connection = composition.registry.get_descriptor(name).connection
    return connection is not Connection.NONE and composition.personal.own_key(name, LOCAL) is None


def _not_connected(name: str) -> Finding:
    remedy = f"To use it run 'pierre-mcp connect {name}'."
    return _of(name, "ok", "set up, and not connected", remedy)


def _of(name: str, level: Level, detail: str, remedy: str = "") -> Finding:
    return Finding(check=f"provider {name}", level=level, detail=detail, remedy=remedy)
