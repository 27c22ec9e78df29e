"""``disconnect`` and ``forget``: what is kept goes, and providers are told before it does.

A provider that does not listen keeps nothing here from being removed, and that is said.
"""

import sys
from dataclasses import dataclass
from typing import Any

import anyio
import typer

from pierre_mcp.cli.opening import open_composition
from pierre_mcp.composition import Composition
from pierre_mcp.connections.outcomes import Revoked
from pierre_mcp.connections.personal import Forgotten
from pierre_mcp.errors import InvalidArgument, PierreError
from pierre_mcp.principal import LOCAL, Principal
from pierre_mcp.server.accounts import Parting, part


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What was removed of a person, and what each provider said to it."""

    principal: Principal
    connections: int
    authorizations: int
    api_tokens: int
    decisions: int
    partings: dict[str, Parting]

    @property
    def failed(self) -> bool:
        """Whether a provider may still let this server in."""
        return any(has_failed(parting.revoked) for parting in self.partings.values())

    def as_json(self) -> dict[str, Any]:
        """It as a value."""
        return {
            "tenant": self.principal.tenant,
            "user": self.principal.user,
            "removed": {
                "connections": self.connections,
                "authorizations": self.authorizations,
                "api_tokens": self.api_tokens,
                "decisions": self.decisions,
            },
            "revocations": {
                name: parting.revoked.value
                for name, parting in self.partings.items()
                if parting.revoked is not None
            },
        }

    def sentences(self) -> list[str]:
        """It in words."""
        return [
            *(parting.message for parting in self.partings.values()),
            (
                f"Removed: connections {self.connections}, consents under way "
                f"{self.authorizations}, API tokens {self.api_tokens}, decisions on doubles "
                f"{self.decisions}."
            ),
        ]


def has_failed(revoked: Revoked | None) -> bool:
    """Whether the provider should have revoked and has not confirmed it."""
    return revoked is Revoked.FAILED


def disconnect(name: str) -> Parting:
    """Disconnect the local person."""
    composition = open_composition()

    async def leave() -> Parting:
        async with composition:
            return await part(composition, LOCAL, name)

    return anyio.run(leave)


def parting_as_json(name: str, parting: Parting) -> dict[str, Any]:
    """What the tool disconnect_provider answers."""
    told: dict[str, Any] = {
        "provider": name,
        "status": parting.status,
        "message": parting.message,
    }
    return told if parting.revoked is None else told | {"revoked": parting.revoked.value}


def confirmed(principal: Principal) -> bool:
    """Ask whether it is meant; raises ``InvalidArgument`` where nobody can be asked."""
    if not sys.stdin.isatty():
        raise InvalidArgument("--yes", "there is no terminal to ask on, so it has to be given.")
    whose = "you" if principal == LOCAL else f"{principal.user} of {principal.tenant}"
    return typer.confirm(
        f"Disconnect and remove all that is kept of {whose}, API tokens too?", err=True
    )


def forget(principal: Principal) -> Left:
    """Disconnect the person everywhere, then remove all that is kept of them."""
    composition = open_composition()

    async def leave() -> Left:
        async with composition:
            return await _forget(composition, principal)

    return anyio.run(leave)


async def _forget(composition: Composition, principal: Principal) -> Left:
    store = await composition.store()
    providers = [record.provider for record in await store.connections(principal)]
    # Those about a provider go with it.
    decisions = len(await store.decisions(principal))
    partings = {name: await _parted(composition, principal, name) for name in providers}
    gone: Forgotten = await store.forget(principal)
    await composition.remove_data(principal)
    parted = sum(parting.status == "disconnected" for parting in partings.values())
    return Left(
        principal=principal,
        connections=parted + gone.connections,
        authorizations=gone.authorizations,
        api_tokens=gone.api_tokens,
        decisions=decisions,
        partings=partings,
    )


async def _parted(composition: Composition, principal: Principal, name: str) -> Parting:
    try:
        return await part(composition, principal, name)
    except PierreError as failure:
        return Parting(
            status="nothing_to_disconnect",
            message=f"{name} could not be told, so its access is not revoked: {failure.message} "
            "Remove this application in your account there.",
            revoked=Revoked.FAILED,
        )
