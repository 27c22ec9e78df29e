"""``pierre-mcp serve``: run the server until its client leaves or the person stops it."""

import sys

import anyio
import typer

from pierre_mcp.cli import Transport
from pierre_mcp.composition import Composition
from pierre_mcp.logs import configure_logging
from pierre_mcp.server.transports import HTTP_PATH, SSE_PATH, serve_http, serve_stdio
from pierre_mcp.settings import load_settings

_ON_A_TERMINAL = """\
This is an MCP server. It speaks JSON-RPC on standard input and output and waits for a client.
To give it to one:  pierre-mcp client-config claude-desktop
To see it at work:  pierre-mcp demo
To serve HTTP:      pierre-mcp serve --transport streamable-http
Stop it with Ctrl+C."""


def run(transport: Transport, host: str, port: int) -> None:
    """Serve; raises ``ConfigurationError`` for settings with which it cannot."""
    configuration = load_settings()
    configure_logging(configuration.settings.log_level)
    composition = Composition(configuration)
    try:
        if transport is Transport.STDIO:
            if sys.stdin.isatty():
                typer.echo(_ON_A_TERMINAL, err=True)
            anyio.run(serve_stdio, composition)
        else:
            sse = transport is Transport.SSE
            path = SSE_PATH if sse else HTTP_PATH

            def announce(bound_port: int) -> None:
                shown = f"[{host}]" if ":" in host and not host.startswith("[") else host
                typer.echo(f"Serving MCP at http://{shown}:{bound_port}{path}", err=True)

            async def serve() -> None:
                await serve_http(composition, host=host, port=port, sse=sse, announce=announce)

            anyio.run(serve)
    except KeyboardInterrupt:
        typer.echo("Stopped.", err=True)
