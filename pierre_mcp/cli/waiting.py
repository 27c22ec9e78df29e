"""Waiting for a consent that was begun: by the listener, by what is pasted, by the store.

Whatever comes first decides; the others find the consent gone. It puts progress into words and
leaves the end to others.
"""

import math
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

import anyio

from pierre_mcp.cli.output import say
from pierre_mcp.cli.terminal import open_in_browser, typed_lines
from pierre_mcp.composition import Composition
from pierre_mcp.connections.outcomes import Outcome, Result
from pierre_mcp.connections.records import PendingAuthorization
from pierre_mcp.errors import PierreError, SealBroken
from pierre_mcp.principal import LOCAL
from pierre_mcp.server.doorway import Doorway
from pierre_mcp.spi import Connection, ProviderDescriptor

_GOODBYE_SECONDS = 3
_ELSEWHERE_SECONDS = 15
_LOOK_SECONDS = 0.5
_MINUTE_SECONDS = 60


@dataclass(kw_only=True)
class Waiting:
    """One consent under way, and what has come of it so far."""

    composition: Composition
    descriptor: ProviderDescriptor
    pending: PendingAuthorization
    opens: bool
    reads: bool
    _doorway: Doorway = field(init=False)
    _told: anyio.Event = field(default_factory=anyio.Event)
    _outcome: Outcome | None = None
    _failure: PierreError | None = None
    _before: datetime | None = None

    async def outcome(self) -> Outcome | None:
        """What came of it, ``None`` where time ran out. Raises what stood in the way."""
        self._before, _ = await self._connected()
        self._doorway = Doorway(self.composition)
        link = await self._doorway.link(self.descriptor, self.pending)
        await self._doorway.expect(self.pending, self._tell)
        self._show(link)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._count_down)
            if self.opens:
                tasks.start_soon(self._open, link)
            if self.reads:
                tasks.start_soon(self._read)
            await self._told.wait()
            tasks.cancel_scope.cancel()
        with anyio.move_on_after(_GOODBYE_SECONDS):
            await self._doorway.closed()  # the browser is still to get its page
        if self._failure is not None:
            raise self._failure
        if self._outcome is None and self._seconds_left() > 0:
            return await self._elsewhere()
        return self._outcome

    def _show(self, link: str) -> None:
        name = self.descriptor.display_name
        if self.opens:
            say(f"Opening {name} in your browser. Should nothing open, open this yourself:")
        else:
            say(f"Open this in your browser to connect {name}:")
        say(f"\n  {link}\n")
        if self.reads:
            say(
                "Should the browser end at a page that does not load, as it does when it runs on "
                "another machine, paste the address of that page here and press Enter."
            )

    async def _open(self, link: str) -> None:
        if not await open_in_browser(link):
            say("No browser could be opened here: open the link above yourself.")

    async def _count_down(self) -> None:
        while (left := self._seconds_left()) > 0:
            minutes = math.ceil(left / _MINUTE_SECONDS)
            say(f"Waiting for your answer: {minutes} minute{'s' * (minutes > 1)} left.")
            await anyio.sleep(left - (minutes - 1) * _MINUTE_SECONDS)
        self._told.set()

    async def _read(self) -> None:
        async for line in typed_lines():
            if line:
                await self._take(line)

    async def _take(self, line: str) -> None:
        """Complete the consent with a pasted address, or say why that is none."""
        answer = pasted_answer(line, self.descriptor, self.pending)
        if isinstance(answer, str):
            say(answer)
            return
        connections = await self.composition.connections()
        config = self.composition.registry.get_config(self.descriptor.name)
        with self._doorway.answering(self.pending.state):
            try:
                outcome = await connections.complete(self.descriptor, config, answer)
            except PierreError as failure:
                self._failure = failure
                self._told.set()
                return
        await self._doorway.arrived(self.pending.state, outcome)

    async def _tell(self, outcome: Outcome | None) -> None:
        self._outcome = outcome
        self._told.set()

    def _seconds_left(self) -> float:
        return (self.pending.expires_at - self.composition.clock()).total_seconds()

    async def _elsewhere(self) -> Outcome:
        """What another process, which has the port, makes of the answer that it took.

        That it was a refusal is known there alone.
        """
        name = self.descriptor.name
        with anyio.move_on_after(_ELSEWHERE_SECONDS):
            while True:
                since, scopes = await self._connected()
                if since not in (None, self._before):
                    lacking = self.descriptor.scopes_lacking(scopes)
                    return Outcome(result=Result.CONNECTED, provider=name, lacking=lacking)
                await anyio.sleep(_LOOK_SECONDS)
        return Outcome(result=Result.STATE_UNKNOWN, provider=name)

    async def _connected(self) -> tuple[datetime | None, frozenset[str]]:
        """Since when there is a connection, and its scopes."""
        store = await self.composition.store()
        try:
            record = await store.connection(LOCAL, self.descriptor.name)
        except SealBroken:
            record = None  # about to be replaced
        return (
            (None, frozenset()) if record is None else (record.connected_at, record.granted_scopes)
        )


def pasted_answer(
    line: str, descriptor: ProviderDescriptor, pending: PendingAuthorization
) -> dict[str, str] | str:
    """The answer in the address that the browser ended at, or a sentence on why it is none."""
    home = urlsplit(pending.redirect_uri)
    pasted = urlsplit(line if "://" in line else f"{home.scheme}://{line}")
    if (pasted.netloc.lower(), pasted.path) != (home.netloc.lower(), home.path):
        return (
            "That is not the address that the browser ends at: it begins with "
            f"{pending.redirect_uri} . Copy all of it from the browser's address bar."
        )
    answer = dict(parse_qsl(pasted.query))
    reference = answer.get(descriptor.reference_parameter)
    by_code = descriptor.connection is Connection.OAUTH2
    if reference is None or (by_code and not answer.keys() & {"code", "error"}):
        return "That address is cut off: copy all of it from the browser's address bar."
    if reference != pending.state:
        return (
            "That address belongs to another attempt: open the link above, and paste the new one."
        )
    return answer
