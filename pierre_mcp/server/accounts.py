"""Connecting and disconnecting a person's account, in the words that tools and commands share.

What is decided is decided in the connections room; how an answer is wrapped is the business of
whoever asks.
"""

from dataclasses import dataclass
from typing import Literal

from pierre_mcp.composition import Composition
from pierre_mcp.connections.outcomes import Revoked
from pierre_mcp.principal import Principal
from pierre_mcp.spi import Connection, ProviderDescriptor

_LONGEST_KEY = 4096

_REVOKED = {
    Revoked.YES: "{name} has confirmed that this server's access is revoked.",
    Revoked.FAILED: (
        "{name} did not confirm that this server's access is revoked: check the list of connected "
        "applications in your account there."
    ),
    Revoked.NOT_OFFERED: (
        "{name} offers no way to revoke from here: remove this application or key in your account "
        "there."
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parting:
    """What came of disconnecting; ``revoked`` where there was something to disconnect."""

    status: Literal["disconnected", "nothing_to_disconnect"]
    message: str
    revoked: Revoked | None = None


def nothing_to_connect(composition: Composition, principal: Principal, name: str) -> str | None:
    """Why a provider can be used without the person connecting it; ``None`` where it cannot.

    Raises ``NotConfigured`` where the operator has yet to set it up.
    """
    descriptor = composition.registry.get_descriptor(name)
    composition.personal.require_set_up(name, principal)
    if descriptor.connection is Connection.NONE:
        return f"{descriptor.display_name} needs no connection: its data can be asked for now."
    if composition.personal.own_key(name, principal):
        return f"{descriptor.display_name} is connected by the key in this server's settings."
    return None


async def part(composition: Composition, principal: Principal, name: str) -> Parting:
    """Disconnect the person's account, and say what became of it there and here."""
    descriptor = composition.registry.get_descriptor(name)
    shown = descriptor.display_name
    if descriptor.connection is Connection.NONE or composition.personal.own_key(name, principal):
        message = (
            f"{shown} was not connected by an account, so nothing was revoked or removed. The "
            "operator's settings decide whether it is offered."
        )
        return Parting(status="nothing_to_disconnect", message=message)
    done = await composition.disconnect(name, principal)
    if done.revoked is Revoked.NOTHING:
        message = f"{shown} was not connected, so there was nothing to revoke or remove."
        return Parting(status="nothing_to_disconnect", message=message)
    message = f"{_REVOKED[done.revoked].format(name=shown)} What was kept of it here is removed."
    return Parting(status="disconnected", message=message, revoked=done.revoked)


def terms_sentences(descriptor: ProviderDescriptor) -> list[str]:
    """What a person should know of a provider's terms before they connect it."""
    terms = descriptor.terms
    if terms is None:
        return []
    unread = f"Its terms were not read by us: {terms.source}." if terms.read is None else None
    told = [unread, terms.personal, terms.sharing, terms.ai, terms.attribution]
    return [sentence for sentence in told if sentence is not None]


def usable_key(text: str) -> str | None:
    """A key as a person pasted it, without the blanks around it; ``None`` for what is none."""
    key = text.strip()
    return key if key and len(text) <= _LONGEST_KEY and key.isprintable() else None
