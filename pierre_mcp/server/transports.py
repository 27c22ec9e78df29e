"""How the server is reached: stdio for one person's client, HTTP and SSE on loopback.

Until there are tokens, HTTP serves this machine only. Host and Origin are checked on every request,
so that a web page cannot reach the server through a rebound name.
"""

import socket
from collections.abc import Callable

import uvicorn
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pierre_mcp.composition import Composition
from pierre_mcp.errors import ConfigurationError
from pierre_mcp.server.app import PierreServer, build_server
from pierre_mcp.server.consent import consent_routes
from pierre_mcp.settings import is_loopback

HTTP_PATH = "/mcp"
SSE_PATH = "/sse"


async def serve_stdio(composition: Composition) -> None:
    """Serve one client on standard input and output until it closes them."""
    async with composition:
        await build_server(composition).run_stdio_async()


async def serve_http(
    composition: Composition,
    *,
    host: str,
    port: int,
    sse: bool = False,
    announce: Callable[[int], None] = lambda _: None,
) -> None:
    """Serve streamable HTTP, or the older SSE transport, until interrupted.

    ``announce`` is told the port that was bound, which matters where ``port`` was 0.

    Raises ``ConfigurationError`` for an address that is not loopback or cannot be had.
    """
    require_loopback(host)
    listener = _listen(host, port)
    bound_port = int(listener.getsockname()[1])
    announce(bound_port)
    async with composition:
        server = build_server(composition)
        server.doorway.own_base = f"http://localhost:{bound_port}"
        app = http_app(server, composition, port=bound_port, sse=sse)
        config = uvicorn.Config(app, log_config=None, lifespan="on", access_log=False)
        await uvicorn.Server(config).serve(sockets=[listener])


def http_app(
    server: PierreServer, composition: Composition, *, port: int, sse: bool = False
) -> Starlette:
    """The server as an ASGI application that answers to this machine's own names."""
    names = [f"localhost:{port}", f"127.0.0.1:{port}", f"[::1]:{port}"]
    security = TransportSecuritySettings(
        allowed_hosts=names, allowed_origins=[f"http://{name}" for name in names]
    )

    async def healthz(_: Request) -> Response:
        """The process is alive."""
        return JSONResponse({"status": "ok"})

    async def readyz(_: Request) -> Response:
        """The process can serve: its default provider can be loaded."""
        composition.registry.get_descriptor(composition.default_provider())
        return JSONResponse({"status": "ready"})

    server.custom_route("/healthz", methods=["GET"])(healthz)
    server.custom_route("/readyz", methods=["GET"])(readyz)
    if sse:
        app = server.sse_app(sse_path=SSE_PATH, transport_security=security)
    else:
        app = server.streamable_http_app(
            streamable_http_path=HTTP_PATH, transport_security=security
        )
    app.router.routes.extend(consent_routes(composition, server.doorway.arrived))
    return app


def require_loopback(host: str) -> None:
    """Raise ``ConfigurationError`` unless ``host`` means this machine alone."""
    if not is_loopback(host):
        raise ConfigurationError(
            f"--host {host}: without tokens the server answers on this machine only. "
            "Use 127.0.0.1, ::1 or localhost."
        )


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket, so that a taken port is one sentence before anything else starts."""
    address = host.strip("[]")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if socket.has_dualstack_ipv6() and hasattr(socket, "SO_REUSEADDR"):
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
    except OSError as refused:
        listener.close()
        raise ConfigurationError(
            f"Cannot listen on {host} port {port}: {refused.strerror}. Choose another --port."
        ) from None
    listener.listen()
    return listener
