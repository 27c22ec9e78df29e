"""How an HTTP server begins and ends in good order: it tells when it answers, it ends its requests.

An interrupt must not wait for a long call, and must not break streams off with errors in the log.
It knows HTTP and nothing of the protocol above it.
"""

import socket
from collections.abc import Callable

import anyio
import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

GRACE_SECONDS = 2
"""How long requests under way may go on once the server has been told to end."""


class EndableRequests:
    """An application whose requests can be ended from outside.

    It also lets one response begin per request: when a stream of events ends, the SDK (seen in mcp
    2.3.0) answers the same request once more, empty. While the client is still there, as when the
    person stops the server, that is an error; without its beginning it is the stream's proper end.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._under_way: set[anyio.CancelScope] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, until its end or ours."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def send_unless_started(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                if started:
                    return
                started = True
            await send(message)

        with anyio.CancelScope() as request:
            self._under_way.add(request)
            try:
                await self._app(scope, receive, send_unless_started)
            finally:
                self._under_way.discard(request)
        if request.cancelled_caught and started:
            await send({"type": "http.response.body", "body": b""})
        elif request.cancelled_caught:
            await PlainTextResponse("The server is stopping.", 503)(scope, receive, send)

    def end(self) -> None:
        """End every request that is under way."""
        for request in tuple(self._under_way):
            request.cancel()


class Server(uvicorn.Server):
    """Serves one application until interrupted; ``started`` is called once it answers."""

    def __init__(self, app: ASGIApp, started: Callable[[], None]) -> None:
        self._requests = EndableRequests(app)
        self._tell = started
        config = uvicorn.Config(self._requests, log_config=None, lifespan="on", access_log=False)
        super().__init__(config)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell; a start that failed tells nothing."""
        await super().startup(sockets)
        if self.started:
            self._tell()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let requests end by themselves for a moment, then end them."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._end_requests)
            await super().shutdown(sockets)
            tasks.cancel_scope.cancel()

    async def _end_requests(self) -> None:
        await anyio.sleep(GRACE_SECONDS)
        self._requests.end()
