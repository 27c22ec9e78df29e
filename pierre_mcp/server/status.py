"""What providers there are and how each stands, without calling any of them."""

from typing import Any

from pierre_mcp.composition import Composition
from pierre_mcp.errors import NotShared, ProviderUnavailable
from pierre_mcp.principal import Principal
from pierre_mcp.spi import Connection, ProviderCapabilities, ProviderDescriptor


def provider_list(composition: Composition, principal: Principal) -> dict[str, Any]:
    """Every provider with what it offers and what it needs; one that cannot be loaded says why."""
    return {
        "default_provider": composition.default_provider(),
        "providers": [
            _describe(composition, name, principal)
            for name in composition.registry.supported_providers()
        ],
    }


def connection_status(composition: Composition, principal: Principal) -> dict[str, Any]:
    """How each provider stands for the person who asks."""
    return {
        "providers": {
            name: _status(composition, name, principal)
            for name in composition.registry.supported_providers()
        }
    }


def is_connected(composition: Composition, name: str, principal: Principal) -> bool:
    """Whether the person can be given data of that provider now."""
    return bool(_status(composition, name, principal)["connected"])


def capability_names(capabilities: ProviderCapabilities) -> list[str]:
    """The capabilities in lower case, in the order of their values."""
    return [flag.name.lower() for flag in capabilities if flag.name]


def _describe(composition: Composition, name: str, principal: Principal) -> dict[str, Any]:
    try:
        descriptor = composition.registry.get_descriptor(name)
        missing = composition.missing_settings(name, principal)
    except (ProviderUnavailable, NotShared) as unavailable:
        return {"name": name, "available": False, "reason": unavailable.message}
    described: dict[str, Any] = {
        "name": name,
        "display_name": descriptor.display_name,
        "available": True,
        "capabilities": capability_names(descriptor.capabilities),
        "connect_by": descriptor.connection.value,
        "configured": not missing,
        "verified": _verified(descriptor),
    }
    if missing:
        described["needs"] = list(missing)
    if descriptor.synthetic:
        described["synthetic"] = True
    if descriptor.limitations:
        described["limitations"] = list(descriptor.limitations)
    return described


def _verified(descriptor: ProviderDescriptor) -> str:
    if descriptor.verified.against == "not_applicable":
        return "calls no external service"
    return f"against {descriptor.verified.against} on {descriptor.verified.date.isoformat()}"


def _status(composition: Composition, name: str, principal: Principal) -> dict[str, Any]:
    try:
        descriptor = composition.registry.get_descriptor(name)
        missing = composition.missing_settings(name, principal)
    except (ProviderUnavailable, NotShared) as unavailable:
        return {"connected": False, "status": "unavailable", "detail": unavailable.message}
    if missing:
        return {
            "connected": False,
            "status": "disconnected",
            "detail": f"Not set up. Set {'; '.join(missing)}.",
        }
    if descriptor.connection is not Connection.NONE:
        return {
            "connected": False,
            "status": "disconnected",
            "detail": "This version cannot connect it yet.",
        }
    status: dict[str, Any] = {"connected": True, "status": "connected"}
    if descriptor.synthetic:
        status["synthetic"] = True
    return status
