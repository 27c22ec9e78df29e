"""``connect P``: a person connects a provider from a terminal, with the browser or without.

The browser comes back to a listener here. Where it runs on another machine it ends at an address
that does not load, and the person pastes that address. A key is typed unseen, or comes by a pipe.
"""

import getpass
import os
import sys
from dataclasses import dataclass, replace
from typing import Any, Literal

import anyio

from pierre_mcp.cli.opening import open_composition
from pierre_mcp.cli.output import say
from pierre_mcp.cli.terminal import has_browser
from pierre_mcp.cli.waiting import Waiting
from pierre_mcp.composition import Composition
from pierre_mcp.connections.outcomes import ConnectionState, Outcome, Result
from pierre_mcp.principal import LOCAL
from pierre_mcp.server.accounts import nothing_to_connect, usable_key
from pierre_mcp.settings import environment_name
from pierre_mcp.spi import Connection, ProviderDescriptor

Ended = Literal["connected", "denied", "failed", "ran_out", "stopped"]

_ENDS: dict[Result, tuple[Ended, str]] = {
    Result.CONNECTED: ("connected", "{name} is connected: its data can be asked for now."),
    Result.DENIED: ("denied", "You chose not to allow it, so {name} was not connected."),
    Result.PROVIDER_FAILED: (
        "failed",
        (
            "{name} sent you back without completing the connection, so nothing was connected. "
            "Wait a few minutes, then run this again."
        ),
    ),
    Result.NOT_ACCEPTED: (
        "failed",
        (
            "{name} does not accept the client id or secret in your settings, so nothing was "
            "connected. Check PIERRE_{variable}_CLIENT_ID and PIERRE_{variable}_CLIENT_SECRET."
        ),
    ),
    Result.KEY_REFUSED: (
        "failed",
        (
            "{name} did not accept the key, so nothing was connected. Paste it in full, or make a "
            "new one there."
        ),
    ),
    Result.STATE_UNKNOWN: (
        "failed",
        (
            "Another server took your answer, and no connection has come of it: the page in your "
            "browser says why."
        ),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How connecting ended."""

    provider: str
    status: Ended
    message: str
    missing_scopes: tuple[str, ...] = ()

    @property
    def connected(self) -> bool:
        """Whether the provider can be used now."""
        return self.status == "connected"

    def as_json(self) -> dict[str, Any]:
        """The ending as a value."""
        return {
            "provider": self.provider,
            "connected": self.connected,
            "status": self.status,
            "message": self.message,
            "missing_scopes": list(self.missing_scopes),
        }


def connect(name: str, *, browser: bool) -> Ending:
    """Connect the local person, and wait until that is done or will not be.

    Raises ``ProviderNotSupported``, ``ProviderUnavailable``, ``NotConfigured``,
    ``ConfigurationError``, ``StoreError``, or a ``ProviderError`` where the browser could not come
    back or the provider has no page to go to.
    """
    composition = open_composition()
    descriptor = composition.registry.get_descriptor(name)
    if reason := nothing_to_connect(composition, LOCAL, name):
        return Ending(provider=name, status="connected", message=reason)
    try:
        if descriptor.connection is Connection.API_KEY:
            anyio.run(_look, open_composition(), descriptor)
            key = _asked_key(descriptor)  # outside of any loop, so that Ctrl+C ends it
            if key is None:
                message = "That is no key, so nothing was connected."
                return Ending(provider=name, status="failed", message=message)
            return anyio.run(_by_key, composition, descriptor, key, _asked_life(descriptor))
        return anyio.run(_by_consent, composition, descriptor, browser)
    except KeyboardInterrupt:
        return Ending(provider=name, status="stopped", message="Stopped; nothing was connected.")


async def _look(composition: Composition, descriptor: ProviderDescriptor) -> None:
    """Say how it stands, and find out that nothing can be kept, before a person types anything."""
    async with composition:
        await _stands(composition, descriptor)


async def _by_key(
    composition: Composition, descriptor: ProviderDescriptor, key: str, lives_days: int | None
) -> Ending:
    async with composition:
        if await composition.is_refused(descriptor.name, LOCAL, key):
            refused = Outcome(result=Result.KEY_REFUSED, provider=descriptor.name)
            return _ending(descriptor, refused)
        connections = await composition.connections()
        config = composition.registry.get_config(descriptor.name)
        pending = await connections.begin(LOCAL, descriptor, config, through_page=False)
        try:
            outcome = await connections.accept_key(
                descriptor, config, pending.state, key, lives_days=lives_days
            )
        finally:
            with anyio.CancelScope(shield=True):
                await connections.withdraw(LOCAL, pending.state)
        return _ending(descriptor, outcome)


async def _by_consent(
    composition: Composition,
    descriptor: ProviderDescriptor,
    browser: bool,  # noqa: FBT001
) -> Ending:
    async with composition:
        return await connect_by_consent(
            composition,
            descriptor,
            opens=browser and has_browser(os.environ, sys.platform),
            reads=sys.stdin.isatty(),
        )


async def connect_by_consent(
    composition: Composition, descriptor: ProviderDescriptor, *, opens: bool, reads: bool
) -> Ending:
    """Show the link, open it where ``opens``, take a pasted address where ``reads``, and wait."""
    connections = await composition.connections()
    standing = await _stands(composition, descriptor)
    config = composition.registry.get_config(descriptor.name)
    pending = await connections.begin(LOCAL, descriptor, config, through_page=False)
    waiting = Waiting(
        composition=composition, descriptor=descriptor, pending=pending, opens=opens, reads=reads
    )
    try:
        outcome = await waiting.outcome()
    finally:
        with anyio.CancelScope(shield=True):
            await connections.withdraw(LOCAL, pending.state)
    ending = _ending(descriptor, outcome)
    if standing and not ending.connected:
        stays = f"{ending.message} The connection that was there before stays."
        return replace(ending, message=stays)
    return ending


async def _stands(composition: Composition, descriptor: ProviderDescriptor) -> bool:
    """Whether it is connected already, which is said."""
    connections = await composition.connections()
    states = await connections.states(LOCAL, [descriptor])
    if states[descriptor.name].state is not ConnectionState.CONNECTED:
        return False
    say(f"{descriptor.display_name} is connected already. To go on means to connect it anew.")
    return True


def _ending(descriptor: ProviderDescriptor, outcome: Outcome | None) -> Ending:
    name = descriptor.display_name
    if outcome is None:
        return Ending(
            provider=descriptor.name,
            status="ran_out",
            message=f"Ten minutes passed without an answer, so {name} was not connected. Run this "
            "again for a new link.",
        )
    status, text = _ENDS[outcome.result]
    message = text.format(name=name, variable=environment_name(descriptor.name))
    if outcome.lacking:
        left_out = "; ".join(need.gives for need in outcome.lacking)
        message += (
            f" You left out the permission for: {left_out}. To add it, run this again and leave "
            "every box ticked."
        )
    return Ending(
        provider=descriptor.name,
        status=status,
        message=message,
        missing_scopes=tuple(need.scope for need in outcome.lacking),
    )


def _asked_key(descriptor: ProviderDescriptor) -> str | None:
    """The key: typed where nobody sees it, or the first line of what is piped in."""
    if descriptor.api_key is not None:
        say(descriptor.api_key.where)
        if url := descriptor.api_key.url:
            say(url)
    if sys.stdin.isatty():
        typed = getpass.getpass(f"Key for {descriptor.display_name} (not shown): ", sys.stderr)
    else:
        typed = sys.stdin.readline()
    return usable_key(typed)


def _asked_life(descriptor: ProviderDescriptor) -> int | None:
    """How long the key is valid there, if somebody is there to say; so that we can warn."""
    lives = descriptor.api_key.lives_days if descriptor.api_key is not None else ()
    if not lives or not sys.stdin.isatty():
        return None
    shown = ", ".join(map(str, lives))
    say(f"How many days is it valid ({shown})? Enter, if you do not know.")
    told = sys.stdin.readline().strip()
    return next((days for days in lives if told == str(days)), None)
