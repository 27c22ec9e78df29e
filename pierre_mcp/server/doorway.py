"""How a browser finds its way to this process while somebody connects a provider.

Over HTTP the server's own routes are there. On standard input a small listener opens on the host
and port of the redirect URI, only while a consent is pending, and only on this machine. Where
another process of ours has that port, it completes the consent through the shared store, and this
process sees it there.
"""

import socket
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

import anyio
import anyio.to_thread
import structlog
import uvicorn
from starlette.applications import Starlette

from pierre_mcp.composition import Composition
from pierre_mcp.connections.outcomes import Outcome, Result
from pierre_mcp.connections.records import PendingAuthorization
from pierre_mcp.errors import PierreError, ProviderError
from pierre_mcp.server.consent import CALLBACK_PATH, consent_routes
from pierre_mcp.server.identity.reach import local_hosts
from pierre_mcp.server.listening import in_url
from pierre_mcp.server.own_names import OwnNames
from pierre_mcp.settings import is_loopback
from pierre_mcp.spi import Connection, ProviderDescriptor

LOOK_EVERY_SECONDS = 1.0
"""How often the store is looked at for a consent that another process may have completed."""

_GOODBYE_SECONDS = 1
_ANSWER_SECONDS = 3
_DEFAULT_PORTS = {"http": 80, "https": 443}

Told = Callable[[Outcome | None], Awaitable[None]]
"""Told what came of a consent; ``None`` where it ran out or another process has it."""
Address = tuple[str, int]

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Expected:
    pending: PendingAuthorization
    told: Told
    address: Address | None
    outcome: Outcome | None = None


class _Listener(uvicorn.Server):
    """A server beside the one that owns the process: signals are not its business."""

    def drop(self) -> None:
        """Stop listening at once, also where it was cancelled in the middle."""
        for server in getattr(self, "servers", ()):
            server.close()

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Capture none."""
        yield


@dataclass(slots=True)
class Doorway:
    """The ways in, for one process; ``own_base`` is the address of its own HTTP server, if any."""

    composition: Composition
    own_base: str | None = None
    _expected: dict[str, _Expected] = field(default_factory=dict)
    _answering: list[str] = field(default_factory=list)
    _changed: anyio.Event = field(default_factory=anyio.Event)
    _over: anyio.Event | None = None
    _closing: bool = False

    async def link(self, descriptor: ProviderDescriptor, pending: PendingAuthorization) -> str:
        """The address to open: our page where there has to be one, else the provider's.

        Raises a ``ProviderError`` where the provider is asked for a page and has none.
        """
        if self.own_base is None and descriptor.connection is not Connection.API_KEY:
            connections = await self.composition.connections()
            config = self.composition.registry.get_config(descriptor.name)
            return await connections.consent_url(descriptor, config, pending)
        parts = urlsplit(pending.redirect_uri)
        base = self.own_base or f"{parts.scheme}://{parts.netloc}"
        return f"{base}/connect/{pending.state}"

    async def expect(self, pending: PendingAuthorization, told: Told) -> None:
        """See to it that the browser can come back, and tell ``told`` when it did or never will.

        Raises ``ProviderError`` when the port of the redirect URI belongs to a stranger.
        """
        address = self._listening_address(pending.redirect_uri)
        if address is not None:
            await anyio.to_thread.run_sync(_refuse_a_strangers_port, pending.provider, address)
        while self._closing and self._over is not None:
            # Whoever tries again at once would come back to a listener that is about to go.
            await self._over.wait()
        self._expected[pending.state] = _Expected(pending, told, address)
        self._wake()
        if self._over is None:
            self._over = anyio.Event()
            self.composition.spawn(self._watch)

    async def closed(self) -> None:
        """Wait until nothing is expected any more and the last page has been sent."""
        if self._over is not None:
            await self._over.wait()

    @contextmanager
    def answering(self, state: str) -> Generator[None, None, None]:
        """While a consent is being answered here nobody is told that it is gone.

        It leaves the store before its code is exchanged: whoever looked then would close the
        listener on the browser, and on the exchange.
        """
        self._answering.append(state)
        try:
            yield
        finally:
            self._answering.remove(state)

    async def arrived(self, state: str, outcome: Outcome) -> None:
        """A consent was answered here: those who wait for it are told without delay."""
        _log.info("consent_answered", provider=outcome.provider, result=outcome.result.value)
        if state in self._expected and outcome.result is not Result.STATE_UNKNOWN:
            self._expected[state].outcome = outcome
        self._wake()

    def _listening_address(self, redirect_uri: str) -> Address | None:
        """Where a listener has to be for that redirect URI; none where the routes are served."""
        address = listening_address(redirect_uri)
        own = urlsplit(self.own_base or "")
        if address is not None and is_loopback(own.hostname or "") and own.port == address[1]:
            return None
        return address

    def _wake(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()

    async def _watch(self) -> None:
        """While anything is expected: listen where it has to come back, and look at the store."""
        listeners: dict[Address, _Listener] = {}
        opened: list[socket.socket] = []
        try:
            async with anyio.create_task_group() as tasks:
                while self._expected:
                    for address in {e.address for e in self._expected.values() if e.address}:
                        if address not in listeners and (sockets := _bound(address)):
                            opened += sockets
                            listeners[address] = self._listener(address)
                            tasks.start_soon(listeners[address].serve, sockets)
                    changed = self._changed
                    with anyio.move_on_after(LOOK_EVERY_SECONDS):
                        await changed.wait()
                    await self._sweep()
                self._closing = True
                for listener in listeners.values():
                    listener.should_exit = True
        finally:
            over, self._over, self._closing = self._over, None, False
            for listener in listeners.values():
                listener.drop()
            for listening in opened:
                listening.close()
            if over is not None:
                over.set()

    async def _sweep(self) -> None:
        for state, expected in list(self._expected.items()):
            if await self._is_gone(expected.pending) and state not in self._answering:
                del self._expected[state]
                try:
                    await expected.told(expected.outcome)
                except Exception as gone:  # noqa: BLE001 - who waited may have left
                    _log.debug("nobody_to_tell", error=type(gone).__name__)

    async def _is_gone(self, pending: PendingAuthorization) -> bool:
        """Whether nobody can answer it any more; in doubt, until its time is over, somebody can."""
        try:
            connections = await self.composition.connections()
            return await connections.peek(pending.state) is None
        except PierreError as failure:
            # The store may be back before the browser is, so this must not end the listener.
            _log.warning("consent_not_seen", provider=pending.provider, type=failure.type.value)
            return pending.expires_at <= self.composition.clock()

    def _listener(self, address: Address) -> _Listener:
        host, port = address
        app = Starlette(routes=consent_routes(self.composition, self))
        app.router.redirect_slashes = False  # a redirect URI is met to the letter
        app.add_middleware(OwnNames, hosts=local_hosts(port, in_url(host)))
        return _Listener(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                lifespan="off",
                timeout_graceful_shutdown=_GOODBYE_SECONDS,
            )
        )


def listening_address(redirect_uri: str) -> Address | None:
    """The host and port of a redirect URI on this machine; ``None`` for any other."""
    parts = urlsplit(redirect_uri)
    host = parts.hostname or ""
    if not is_loopback(host):
        return None
    return host, parts.port or _DEFAULT_PORTS.get(parts.scheme, 80)


def holder_of(address: Address) -> Literal["nobody", "us", "somebody"]:
    """Who listens there now; ours are the servers that complete a consent for one another."""
    sockets = _bound(address)
    for listener in sockets:
        listener.close()
    if sockets:
        return "nobody"
    return "us" if _is_ours(address) else "somebody"


def _bound(address: Address) -> list[socket.socket]:
    """Sockets that listen on this machine alone; none where somebody else is there."""
    host, port = address
    sockets: list[socket.socket] = []
    # A browser may try either family for the name; an address means itself.
    candidates = ["127.0.0.1", "::1"] if host == "localhost" else [host.strip("[]")]
    for candidate in candidates:
        family = socket.AF_INET6 if ":" in candidate else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows shares a port unless told not to
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
            else:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((candidate, port))
            listener.listen()
        except OSError:
            listener.close()
            if candidate == candidates[0]:
                return []
            continue
        sockets.append(listener)
    return sockets


def _refuse_a_strangers_port(provider: str, address: Address) -> None:
    """Raise unless the port is free or a server of ours has it."""
    if holder_of(address) != "somebody":
        return
    host, port = address
    raise ProviderError(
        provider,
        f"Port {port} of {host}, to which the browser has to come back, is in use by another "
        f"program. Stop that program, or set another PIERRE_{provider.upper().replace('-', '_')}_"
        "REDIRECT_URI that is registered with the provider.",
    )


def _is_ours(address: Address) -> bool:
    host, port = address
    # No provider has that name, so a server of ours answers without looking into its store.
    path = CALLBACK_PATH.format(provider="-")
    named = f"{in_url(host)}:{port}"
    question = f"GET {path} HTTP/1.1\r\nHost: {named}\r\nConnection: close\r\n\r\n"
    where = (host.strip("[]"), port)
    with suppress(OSError), socket.create_connection(where, _ANSWER_SECONDS) as peer:
        peer.sendall(question.encode())
        answer = b""
        while len(answer) < 65536 and (part := peer.recv(4096)):  # noqa: PLR2004 - enough for a page
            answer += part
        return b"This link cannot be used" in answer
    return False
