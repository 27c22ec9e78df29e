"""What providers there are and how each stands, without calling any of them."""

from collections.abc import Iterable
from typing import Any

from pierre_mcp.composition import Composition
from pierre_mcp.connections.outcomes import ConnectionState, Status
from pierre_mcp.errors import NotShared, ProviderUnavailable
from pierre_mcp.principal import Principal
from pierre_mcp.server.tables import iso_time
from pierre_mcp.spi import Connection, ProviderCapabilities, ProviderDescriptor, Terms


def provider_list(composition: Composition, principal: Principal) -> dict[str, Any]:
    """Every provider with what it offers and what it needs; one that cannot be loaded says why."""
    return {
        "default_provider": composition.default_provider(),
        "providers": [
            _describe(composition, name, principal)
            for name in composition.registry.supported_providers()
        ],
    }


async def connection_status(
    composition: Composition, principal: Principal, names: Iterable[str] | None = None
) -> dict[str, dict[str, Any]]:
    """How each provider, or each of ``names``, stands for the person; asks nobody but the store."""
    told: dict[str, dict[str, Any]] = {}
    to_connect: list[ProviderDescriptor] = []
    for name in composition.registry.supported_providers() if names is None else names:
        told[name] = _without_the_store(composition, name, principal)
        if not told[name]:
            to_connect.append(composition.registry.get_descriptor(name))
    if to_connect:
        states = await composition.states(principal, to_connect)
        told |= {name: _as_json(status) for name, status in states.items()}
    return told


def capability_names(capabilities: ProviderCapabilities) -> list[str]:
    """The capabilities in lower case, in the order of their values."""
    return [flag.name.lower() for flag in capabilities if flag.name]


def _describe(composition: Composition, name: str, principal: Principal) -> dict[str, Any]:
    try:
        descriptor = composition.registry.get_descriptor(name)
        missing = composition.personal.missing_settings(name, principal)
        problem = composition.personal.setup_problem(name, principal)
    except (ProviderUnavailable, NotShared) as unavailable:
        return {"name": name, "available": False, "reason": unavailable.message}
    described: dict[str, Any] = {
        "name": name,
        "display_name": descriptor.display_name,
        "available": True,
        "capabilities": capability_names(descriptor.capabilities),
        "connect_by": descriptor.connection.value,
        "configured": problem is None,
        "verified": _verified(descriptor),
    }
    if problem is not None:
        described["needs"] = list(missing) or [problem]
    if descriptor.synthetic:
        described["synthetic"] = True
    if descriptor.experimental is not None:
        described["experimental"] = descriptor.experimental
    if descriptor.limitations:
        described["limitations"] = list(descriptor.limitations)
    if descriptor.terms is not None:
        described["terms"] = _terms(descriptor.terms)
    if descriptor.upcoming:
        described["upcoming"] = [f"{u.date.isoformat()}: {u.what}" for u in descriptor.upcoming]
    return described


def _terms(terms: Terms) -> dict[str, Any]:
    """What the provider's terms ask for; what they do not speak of is left out."""
    told = {
        "keep_at_most_days": terms.keep_days,
        "attribution": terms.attribution,
        "sharing": terms.sharing,
        "ai": terms.ai,
        "personal": terms.personal,
    }
    read = "not read by us" if terms.read is None else terms.read.isoformat()
    source = {"source": terms.source, "read": read}
    return {name: value for name, value in told.items() if value is not None} | source


def _verified(descriptor: ProviderDescriptor) -> str:
    if descriptor.verified.against == "not_applicable":
        return "calls no external service"
    return f"against {descriptor.verified.against} on {descriptor.verified.date.isoformat()}"


def _without_the_store(composition: Composition, name: str, principal: Principal) -> dict[str, Any]:
    """The status that the operator's settings alone decide; empty where the person's do."""
    try:
        descriptor = composition.registry.get_descriptor(name)
        problem = composition.personal.setup_problem(name, principal)
    except (ProviderUnavailable, NotShared) as unavailable:
        return {"connected": False, "status": "unavailable", "detail": unavailable.message}
    if problem is not None:
        detail = f"Not set up. {problem}"
        return {"connected": False, "status": "disconnected", "detail": detail}
    if descriptor.connection is not Connection.NONE:
        by_operator = composition.personal.own_key(name, principal) is not None
        return {"connected": True, "status": "connected"} if by_operator else {}
    status: dict[str, Any] = {"connected": True, "status": "connected"}
    if descriptor.synthetic:
        status["synthetic"] = True
    return status


def _as_json(status: Status) -> dict[str, Any]:
    told: dict[str, Any] = {
        "connected": status.state is ConnectionState.CONNECTED,
        "status": status.state.value,
    }
    if status.detail is not None:
        told["detail"] = status.detail
    if status.lacking:
        told["missing_scopes"] = [need.scope for need in status.lacking]
    if status.expires_at is not None:
        told["expires_at"] = iso_time(status.expires_at, None)
    return told
