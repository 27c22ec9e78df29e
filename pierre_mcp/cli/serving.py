"""``pierre-mcp serve``: run the server until its client leaves or the person stops it."""

import sys
from contextlib import nullcontext

import anyio
import typer

from pierre_mcp.cli import Transport, garbage
from pierre_mcp.cli.interrupts import interrupt_ends_input, signals_interrupt
from pierre_mcp.composition import Composition
from pierre_mcp.logs import configure_logging
from pierre_mcp.server.stdio import input_can_be_waited_for, serve_stdio
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
            on_a_terminal = sys.stdin.isatty()  # while standard input is still the person's

            def ready() -> None:
                garbage.settle()
                if on_a_terminal:
                    typer.echo(_ON_A_TERMINAL, err=True)

            with nullcontext() if input_can_be_waited_for() else interrupt_ends_input():
                if anyio.run(serve_stdio, composition, ready):
                    raise KeyboardInterrupt
        else:
            from pierre_mcp.server.listening import in_url  # noqa: PLC0415 - not needed on stdio
            from pierre_mcp.server.transports import (  # noqa: PLC0415 - not needed on stdio
                HTTP_PATH,
                SSE_PATH,
                serve_http,
            )

            sse = transport is Transport.SSE
            path = SSE_PATH if sse else HTTP_PATH

            def announce(bound_port: int) -> None:
                garbage.settle()
                typer.echo(f"Serving MCP at http://{in_url(host)}:{bound_port}{path}", err=True)

            async def serve() -> None:
                signals_interrupt()
                await serve_http(composition, host=host, port=port, sse=sse, announce=announce)

            anyio.run(serve)
    except KeyboardInterrupt:
        typer.echo("Stopped.", err=True)
