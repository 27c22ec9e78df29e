"""The real server with what the conformance suite wants beside our tools, on a loopback port.

Host and Origin checks, cache hints, closed arguments and sessions are as ``pierre-mcp serve`` has
them: this adds tools, resources, prompts and handlers, and changes nothing that is there.
"""

import socket
import sys
import warnings

import anyio
import uvicorn
from fixture_contents import add_contents
from fixture_events import add_events
from fixture_questions import add_questions
from mcp import MCPDeprecationWarning

from pierre_mcp.composition import Composition
from pierre_mcp.logs import configure_logging
from pierre_mcp.server.app import PierreServer, build_server
from pierre_mcp.server.identity.reach import reach_of
from pierre_mcp.server.transports import HTTP_PATH, http_app


def add_fixtures(server: PierreServer) -> None:
    """Add what the suite asks for."""
    add_contents(server)
    add_events(server)
    add_questions(server)


async def serve() -> None:
    """Serve until stopped; say the address on stderr as ``pierre-mcp serve`` does."""
    composition = Composition()
    server = build_server(composition)
    add_fixtures(server)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        print(f"Serving MCP at http://127.0.0.1:{port}{HTTP_PATH}", file=sys.stderr, flush=True)  # noqa: T201
        async with composition:
            reach = reach_of(composition.configuration.settings, host="127.0.0.1", port=port)
            app = http_app(server, composition, reach=reach)
            config = uvicorn.Config(app, log_config=None, lifespan="on", access_log=False)
            await uvicorn.Server(config).serve(sockets=[listener])


if __name__ == "__main__":
    # The suite tests features that the protocol has deprecated, so these tools use them.
    warnings.simplefilter("ignore", MCPDeprecationWarning)
    configure_logging("error")
    anyio.run(serve)
