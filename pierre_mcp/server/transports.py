"""How the server is reached over HTTP, streamable or by the older SSE, by one person or by many.

HTTP on loopback serves the local person; anywhere else it asks for tokens. Host is checked on every
route but the probes, so that a web page cannot reach the server through a rebound name; Origin
where the protocol is spoken and where a form is sent.
"""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pierre_mcp.composition import Composition
from pierre_mcp.errors import ConfigurationError, ProviderUnavailable, StoreError
from pierre_mcp.server.app import PierreServer, build_server
from pierre_mcp.server.consent import consent_routes
from pierre_mcp.server.identity.challenge import Challenge
from pierre_mcp.server.identity.kept_tokens import KeptTokens
from pierre_mcp.server.identity.people import People, people_for
from pierre_mcp.server.identity.reach import Reach, reach_of
from pierre_mcp.server.listening import listen
from pierre_mcp.server.own_names import OwnNames
from pierre_mcp.server.pushes import webhook_routes
from pierre_mcp.server.stopping import Server
from pierre_mcp.settings import is_loopback

HTTP_PATH = "/mcp"
SSE_PATH = "/sse"
MESSAGES_PATH = "/messages/"
HEALTH_PATH = "/healthz"
READY_PATH = "/readyz"


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

    Raises ``ConfigurationError`` for an address that cannot be had, or that others can reach while
    there is no way to tell them apart.
    """
    settings = composition.configuration.settings

    def asked_who(reach: Reach) -> People | None:
        return people_for(
            settings,
            reach,
            path=SSE_PATH if sse else HTTP_PATH,
            clock=composition.clock,
            api_tokens=KeptTokens(composition),
            fetch=composition.outward.fetch_json,
        )

    asked_who(reach_of(settings, host=host, port=port))  # refuses before a socket is open
    with listen(host, port) as listener:
        bound_port = int(listener.getsockname()[1])
        reach = reach_of(settings, host=host, port=bound_port)
        people = asked_who(reach)
        async with composition:
            server = build_server(composition, people)
            server.doorway.own_base = _own_base(reach)
            app = http_app(server, composition, reach=reach, sse=sse)
            await Server(app, lambda: announce(bound_port)).serve(sockets=[listener])


def http_app(
    server: PierreServer, composition: Composition, *, reach: Reach, sse: bool = False
) -> Starlette:
    """The server as an ASGI application that answers to the names of its reach, and no others.

    Raises ``ValueError`` where the reach requires tokens and the server asks for none.
    """
    people = server.people
    if reach.tokens_required and people is None:
        raise ValueError("others can reach this server, and it would serve them all as one person")
    security = TransportSecuritySettings(
        allowed_hosts=list(reach.hosts), allowed_origins=list(reach.origins)
    )

    async def healthz(_: Request) -> Response:
        """The process is alive."""
        return JSONResponse({"status": "ok"})

    async def readyz(_: Request) -> Response:
        """The process can serve: its default provider can be loaded, and its people looked up.

        A provider that fails is told of and makes nobody else unable to serve.
        """
        try:
            composition.registry.get_descriptor(composition.default_provider())
            if people is not None:
                await (await composition.store()).check()
        except (ProviderUnavailable, StoreError, ConfigurationError) as unavailable:
            return JSONResponse({"status": "unavailable", "detail": unavailable.message}, 503)
        return JSONResponse({"status": "ready", "providers": composition.provider_health()})

    async def metrics(_: Request) -> Response:
        """Requests to providers in numbers, nobody's in particular."""
        body, content_type = composition.outward.metrics()
        return Response(body, headers={"Content-Type": content_type})

    server.custom_route(HEALTH_PATH, methods=["GET"])(healthz)
    server.custom_route(READY_PATH, methods=["GET"])(readyz)
    server.custom_route("/metrics", methods=["GET"])(metrics)
    if people is not None and people.metadata is not None:
        server.custom_route(urlsplit(people.hints.metadata_url).path, methods=["GET"])(
            _metadata(people.metadata)
        )
    if sse:
        app = server.sse_app(
            sse_path=SSE_PATH, message_path=MESSAGES_PATH, transport_security=security
        )
    else:
        app = server.streamable_http_app(
            streamable_http_path=HTTP_PATH, transport_security=security
        )
    app.router.routes.extend(webhook_routes(composition))
    app.router.routes.extend(consent_routes(composition, server.doorway))
    if people is not None:
        paths = (SSE_PATH, MESSAGES_PATH) if sse else (HTTP_PATH,)
        app.add_middleware(Challenge, hints=people.hints, paths=paths)
    # An orchestrator probes by the address of a replica, which is nobody's to know beforehand.
    app.add_middleware(OwnNames, hosts=reach.hosts, open_paths=(HEALTH_PATH, READY_PATH))
    return app


def _own_base(reach: Reach) -> str:
    """Where a browser finds our pages: on this machine by the name that redirect URIs have.

    A cookie that binds a browser is kept by host name, so both have to have the same.
    """
    parts = urlsplit(reach.base_url)
    if parts.scheme == "http" and is_loopback(parts.hostname or ""):
        return f"http://localhost:{parts.port}"
    return reach.base_url


def _metadata(document: dict[str, object]) -> Callable[[Request], Awaitable[Response]]:
    async def respond(_: Request) -> Response:
        """What a client that has no token may know (RFC 9728), from any web page."""
        return JSONResponse(document, headers={"Access-Control-Allow-Origin": "*"})

    return respond
