"""A provider's API on a real socket of this machine, for tests: routes that are plain functions.

It records what was asked, helps to be as strict as the provider is, and breaks the way networks and
servers do (see ``faults``). It knows no provider, and it runs in the event loop of the test.

    async def athlete(request: FakeRequest) -> Reply:
        request.only("page")
        return 200, {"id": 1}, {}

    async with FakeApi({"GET /v3/athlete": athlete}) as api:
        ...  # api.url is the base address; api.requests is what was asked
"""

import json
import ssl
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

import anyio
import h11
from anyio.abc import ByteStream, Listener, SocketAttribute, TaskGroup
from anyio.streams.tls import TLSListener

from pierre_mcp.testing.faults import GONE, Fault

Reply = tuple[int, Any, Mapping[str, str]]
"""Status, body, headers. The body is JSON unless it is text, bytes or ``None``."""


class Refused(Exception):
    """Raised in a route: the request is answered with this instead."""

    def __init__(
        self, status: int, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status)
        self.reply: Reply = (status, body, headers or {})


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeRequest:
    """One request as it arrived; header names in lower case, ``query`` with every value given.

    ``parts`` holds what stood at the ``{name}`` places of the route's path.
    """

    method: str
    path: str
    query: Mapping[str, list[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    parts: Mapping[str, str] = field(default_factory=dict)

    @property
    def bearer(self) -> str | None:
        """The token of ``Authorization: Bearer``, if there is one."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token if scheme == "Bearer" and token else None

    def only(self, *names: str) -> dict[str, str]:
        """The query, where each parameter is one of ``names`` and stands once; 400 otherwise."""
        return _strictly(self.query, names)

    def form(self, *names: str) -> dict[str, str]:
        """The fields of a form, under the same rule as ``only``."""
        if "application/x-www-form-urlencoded" not in self.headers.get("content-type", ""):
            raise Refused(415, {"message": "expected a form"})
        return _strictly(parse_qs(self.body.decode(), keep_blank_values=True), names)

    def json(self) -> Any:
        """The parsed body; 400 where it is not JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            raise Refused(400, {"message": "expected JSON"}) from None


def _strictly(given: Mapping[str, list[str]], names: tuple[str, ...]) -> dict[str, str]:
    for name, values in given.items():
        if name not in names:
            raise Refused(400, {"message": f"unknown parameter '{name}'"})
        if len(values) > 1:
            raise Refused(400, {"message": f"parameter '{name}' stands twice"})
    return {name: values[0] for name, values in given.items()}


Route = Callable[[FakeRequest], Awaitable[Reply | Fault]]


class FakeApi:
    """Serves ``routes`` ("GET /path/{id}" -> function) on loopback while it is entered.

    ``routes`` may change while it serves. What is not routed is 404, a wrong method 405. A route
    that crashes is a mistake in the test: the request gets a 500 and leaving the context raises it.
    With a ``tls`` context it speaks https.
    """

    def __init__(
        self, routes: Mapping[str, Route] | None = None, *, tls: ssl.SSLContext | None = None
    ) -> None:
        self.routes: dict[str, Route] = dict(routes or {})
        self.requests: list[FakeRequest] = []
        self.connections = 0
        self.port = 0
        self._tls = tls
        self._faults: deque[Fault] = deque()
        self._arrival = anyio.Event()
        self._tasks: TaskGroup | None = None
        self._listener: Listener[ByteStream] | None = None
        self._crash: Exception | None = None

    @property
    def url(self) -> str:
        """The base address, without a slash at the end."""
        return f"{'http' if self._tls is None else 'https'}://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
        self.port = listener.extra(SocketAttribute.local_port)  # noqa: S610 - not Django's
        self._tasks = await anyio.create_task_group().__aenter__()
        # Clients of HTTP leave without the closing handshake of TLS.
        self._listener = (
            TLSListener(listener, self._tls, standard_compatible=False) if self._tls else listener
        )
        self._tasks.start_soon(self._listener.serve, self._connection)
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._tasks is not None and self._listener is not None:
            tasks, self._tasks = self._tasks, None
            tasks.cancel_scope.cancel()
            try:
                await tasks.__aexit__(None, None, None)
            finally:
                with anyio.CancelScope(shield=True):
                    await self._listener.aclose()
        if exc is None and self._crash is not None:
            raise self._crash

    def break_next(self, fault: Fault, *, times: int = 1) -> None:
        """Let the next ``times`` requests, whatever they ask, meet ``fault`` instead of a route."""
        self._faults.extend([fault] * times)

    async def arrived(self, count: int) -> None:
        """Wait until ``count`` requests have been made in all."""
        while len(self.requests) < count:
            await self._arrival.wait()

    async def _connection(self, stream: ByteStream) -> None:
        self.connections += 1
        async with stream:
            # A client may leave, or send nonsense, at any point; that is its right.
            with suppress(*GONE, h11.RemoteProtocolError):
                await self._converse(stream, h11.Connection(h11.SERVER))

    async def _converse(self, stream: ByteStream, connection: h11.Connection) -> None:
        while (request := await _read(stream, connection)) is not None:
            fault_or_reply = await self._answer(request)
            if not isinstance(fault_or_reply, tuple):
                await fault_or_reply(stream)
                return
            await stream.send(_encode(connection, request.method, fault_or_reply))
            if connection.our_state is not h11.DONE:
                return
            connection.start_next_cycle()

    async def _answer(self, request: FakeRequest) -> Reply | Fault:
        route, parts, status = self._find(request)
        request = FakeRequest(
            method=request.method,
            path=request.path,
            query=request.query,
            headers=request.headers,
            body=request.body,
            parts=parts,
        )
        self.requests.append(request)
        self._arrival.set()
        self._arrival = anyio.Event()
        if self._faults:
            return self._faults.popleft()
        if route is None:
            return status, {"message": "no such route"}, {}
        try:
            return await route(request)
        except Refused as refusal:
            return refusal.reply
        except Exception as crash:  # noqa: BLE001 - it is raised when the context is left
            self._crash = self._crash or crash
            return 500, {"message": "the fake crashed"}, {}

    def _find(self, request: FakeRequest) -> tuple[Route | None, dict[str, str], int]:
        """The route with the fewest ``{places}``; else none, and the status to say so."""
        found: list[tuple[Route, dict[str, str]]] = []
        status = 404
        for pattern, route in self.routes.items():
            method, _, path = pattern.partition(" ")
            parts = _match(path, request.path)
            if parts is None:
                continue
            if method == request.method:
                found.append((route, parts))
            else:
                status = 405
        if not found:
            return None, {}, status
        best, parts = min(found, key=lambda candidate: len(candidate[1]))
        return best, parts, 200


def _match(pattern: str, path: str) -> dict[str, str] | None:
    wanted, given = pattern.split("/"), path.split("/")
    if len(wanted) != len(given):
        return None
    parts = {}
    for want, have in zip(wanted, given, strict=True):
        if want.startswith("{") and want.endswith("}"):
            parts[want[1:-1]] = unquote(have)
        elif want != unquote(have):
            return None
    return parts


async def _read(stream: ByteStream, connection: h11.Connection) -> FakeRequest | None:
    """The next request; ``None`` when the client has finished."""
    head: h11.Request | None = None
    body = bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            try:
                connection.receive_data(await stream.receive())
            except anyio.EndOfStream:
                connection.receive_data(b"")
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage) and head is not None:
            break
        else:
            return None
    target = urlsplit(head.target.decode("ascii"))
    return FakeRequest(
        method=head.method.decode("ascii"),
        path=target.path,
        query=parse_qs(target.query, keep_blank_values=True),
        headers={name.decode("ascii"): value.decode("latin-1") for name, value in head.headers},
        body=bytes(body),
    )


def _encode(connection: h11.Connection, method: str, reply: Reply) -> bytes:
    status, body, given = reply
    headers = {name.lower(): value for name, value in given.items()}
    if body is None:
        content = b""
    elif isinstance(body, bytes):
        content = body
    elif isinstance(body, str):
        # A hostile server may send what is no text in any language: half of a pair.
        content = body.encode("utf-8", "surrogatepass")
        headers.setdefault("content-type", "text/plain; charset=utf-8")
    else:
        content = json.dumps(body).encode()
        headers.setdefault("content-type", "application/json")
    headers.setdefault("content-length", str(len(content)))
    sent = connection.send(
        h11.Response(
            status_code=status,
            headers=[(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
        )
    )
    if method != "HEAD" and content:
        sent += connection.send(h11.Data(data=content))
    return (sent or b"") + (connection.send(h11.EndOfMessage()) or b"")
