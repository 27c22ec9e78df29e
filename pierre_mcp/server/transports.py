"""How the server is reached: stdio for one person's client, HTTP and SSE on loopback.

Until there are tokens, HTTP serves this machine only. Host and Origin are checked on every request
of the protocol, so that a web page cannot reach the server through a rebound name; the two paths
that tell of its health are open to any name, and tell nothing else.
"""

from collections.abc import Callable

import structlog
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pierre_mcp.composition import Composition
from pierre_mcp.errors import ProviderUnavailable
from pierre_mcp.server.app import PierreServer, build_server
from pierre_mcp.server.listening import listen, own_names, require_loopback
from pierre_mcp.server.stopping import Server

_log = structlog.get_logger(__name__)

HTTP_PATH = "/mcp"
SSE_PATH = "/sse"


async def serve_stdio(composition: Composition) -> None:
    """Serve one client on standard input and output until it closes either."""
    async with composition:
        try:
            await build_server(composition).run_stdio_async()
        except* BrokenPipeError:
            _log.info("client_left", detail="it closed our standard output")


async def serve_http(
    composition: Composition,
    *,
    host: str,
    port: int,
    sse: bool = False,
    announce: Callable[[int], None] = lambda _: None,
) -> None:
    """Serve streamable HTTP, or the older SSE transport, until interrupted.

    ``announce`` is told the port, which matters where ``port`` was 0, once the server answers.

    Raises ``ConfigurationError`` for an address that is not loopback or cannot be had.
    """
    require_loopback(host)
    with listen(host, port) as listener:
        bound_port = int(listener.getsockname()[1])
        async with composition:
            app = http_app(
                build_server(composition), composition, host=host, port=bound_port, sse=sse
            )
            await Server(app, lambda: announce(bound_port)).serve(sockets=[listener])


def http_app(
    server: PierreServer,
    composition: Composition,
    *,
    host: str = "127.0.0.1",
    port: int,
    sse: bool = False,
) -> Starlette:
    """The server as an ASGI application that answers to this machine's own names."""
    names = own_names(host, port)
    security = TransportSecuritySettings(
        allowed_hosts=names, allowed_origins=[f"http://{name}" for name in names]
    )

    async def healthz(_: Request) -> Response:
        """The process is alive."""
        return JSONResponse({"status": "ok"})

    async def readyz(_: Request) -> Response:
        """The process can serve: its default provider can be loaded."""
        try:
            composition.registry.get_descriptor(composition.default_provider())
        except ProviderUnavailable as unavailable:
            return JSONResponse({"status": "unavailable", "detail": unavailable.message}, 503)
        return JSONResponse({"status": "ready"})

    server.custom_route("/healthz", methods=["GET"])(healthz)
    server.custom_route("/readyz", methods=["GET"])(readyz)
    if sse:
        return server.sse_app(sse_path=SSE_PATH, transport_security=security)
    return server.streamable_http_app(streamable_http_path=HTTP_PATH, transport_security=security)
