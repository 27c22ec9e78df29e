"""The command line: what a person types. Heavy imports wait until a command needs them.

stdout carries what was asked for (with ``--json`` nothing but JSON), stderr everything else.
"""

import io
import os
import sys
from datetime import date
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from pierre_mcp.cli import accounts, garbage
from pierre_mcp.cli.output import AsJson, explained, print_json, reporting

app = typer.Typer(
    name="pierre-mcp",
    help="An athlete's own data for AI assistants, from any number of providers, over MCP.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    rich_markup_mode=None,
)


class Transport(StrEnum):
    """How clients reach the server."""

    STDIO = "stdio"
    STREAMABLE_HTTP = "streamable-http"
    SSE = "sse"


class Client(StrEnum):
    """The MCP clients whose configuration we can write."""

    CLAUDE_DESKTOP = "claude-desktop"
    CLAUDE_CODE = "claude-code"
    CURSOR = "cursor"
    VSCODE = "vscode"
    CODEX = "codex"


def main() -> None:
    """Run the command line."""
    _open_what_was_closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A pipe may take ASCII or a code page only; a strange letter must not end a command.
            stream.reconfigure(errors="backslashreplace")
    app()


def _open_what_was_closed() -> None:
    """A standard stream that was closed before the start is an empty one, and not ``None``.

    Else what we open first would get its number, and a stray ``print`` would write there.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, os.fdopen(nowhere, mode, encoding="utf-8", closefd=False))


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it with the option's value
    if wanted:
        typer.echo(f"pierre-mcp {version('pierre-mcp')}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print it."),
    ] = False,
) -> None:
    """Options of every command."""
    from pierre_mcp.logs import configure_logging  # noqa: PLC0415 - not needed for help

    # Unconfigured it would write to stdout, which is a protocol's or a report's.
    configure_logging("critical")


@app.command()
def serve(
    transport: Annotated[
        Transport, typer.Option(help="How clients reach the server.")
    ] = Transport.STDIO,
    host: Annotated[
        str, typer.Option(help="Address for HTTP; beyond loopback it asks for tokens.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port for HTTP; 0 picks one.")] = 8081,
) -> None:
    """Run the MCP server: on standard input and output, or over HTTP."""
    garbage.put_off()
    from pierre_mcp.cli.serving import run  # noqa: PLC0415 - imports the server

    with explained():
        run(transport, host, port)


@app.command()
def demo(*, as_json: AsJson = False) -> None:
    """Show what an AI assistant would get, with a synthetic athlete and no account."""
    from pierre_mcp.cli.demo import collect, show  # noqa: PLC0415 - imports the client

    with reporting():
        found = collect()
    if as_json:
        print_json(found)
    else:
        show(found)


@app.command()
def providers(*, as_json: AsJson = False) -> None:
    """List the providers there are, what they offer and what they need."""
    from pierre_mcp.cli.reports import provider_report, show_providers  # noqa: PLC0415

    with reporting():
        report = provider_report()
    if as_json:
        print_json(report)
    else:
        show_providers(report)


@app.command()
def status(*, as_json: AsJson = False) -> None:
    """Show how each provider stands for you; calls none of them."""
    from pierre_mcp.cli.reports import show_status, status_report  # noqa: PLC0415

    with reporting():
        report = status_report()
    if as_json:
        print_json(report)
    else:
        show_status(report)


@app.command()
def doctor(*, as_json: AsJson = False) -> None:
    """Find what is wrong with this installation, and say what to do about it."""
    from pierre_mcp.cli.doctor import examine, show_findings  # noqa: PLC0415

    with reporting():
        findings = examine()
    if as_json:
        print_json([finding.as_json() for finding in findings])
    else:
        show_findings(findings)
    if any(finding.failed for finding in findings):
        raise typer.Exit(1)


@app.command()
def client_config(client: Client, *, as_json: AsJson = False) -> None:
    """Print what to paste into a client's configuration, and where."""
    from pierre_mcp.cli.clients import configuration_for  # noqa: PLC0415

    with reporting():
        entry = configuration_for(client.value)
    if as_json:
        print_json(entry.as_json())
    else:
        typer.echo(entry.instructions, err=True)
        typer.echo(entry.text)


@app.command()
def new_provider(
    name: Annotated[str, typer.Argument(help="What people will write in 'provider'.")],
    folder: Annotated[
        Path | None, typer.Argument(help="Where to write it; NAME-provider when not said.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Write a package for a provider of your own, which passes its own tests at once."""
    from pierre_mcp.cli.new_provider import new_provider as write  # noqa: PLC0415

    with reporting():
        written = write(name, folder, date.today)
    if as_json:
        print_json(
            {
                "folder": str(written.folder),
                "files": list(written.files),
                "next_steps": written.next_steps,
            }
        )
    else:
        for file in written.files:
            typer.echo(f"  {file}")
        typer.echo(f"Written to {written.folder}. Next: {written.next_steps}")


accounts.add_to(app)
