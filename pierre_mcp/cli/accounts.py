"""The commands about accounts: connecting, API tokens, keys, and what is kept of a person.

They are declared here and done elsewhere, in modules that are imported when a command runs.
"""

from pathlib import Path
from typing import Annotated

import typer

from pierre_mcp.cli.output import AsJson, print_json, reporting, say
from pierre_mcp.errors import PierreError


def _provider_names(incomplete: str) -> list[str]:
    """The names that a shell completes; none where the settings are wrong."""
    from pierre_mcp.registry import ProviderRegistry  # noqa: PLC0415 - while a shell waits
    from pierre_mcp.settings import load_settings  # noqa: PLC0415

    try:
        names = ProviderRegistry(load_settings()).supported_providers()
    except PierreError:
        return []
    return [name for name in names if name.startswith(incomplete)]


Provider = Annotated[
    str,
    typer.Argument(
        help="A name from 'pierre-mcp providers'.",
        autocompletion=_provider_names,
    ),
]
Tenant = Annotated[str | None, typer.Option(help="Whose: the tenant. Unset: your own.")]
User = Annotated[str | None, typer.Option(help="Whose: the user in the tenant.")]

token = typer.Typer(help="API tokens for people who reach this server over HTTP.")
keys = typer.Typer(help="The keys that seal what is kept of connections.")


def add_to(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for command in (connect, disconnect, export, forget):
        app.command()(command)
    for name, group in (("token", token), ("keys", keys)):
        app.add_typer(group, name=name, no_args_is_help=True)


def connect(
    provider: Provider,
    *,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Only print the link; open nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Connect your account at a provider; a key is asked for, or read from a pipe."""
    from pierre_mcp.cli import connecting, terminal  # noqa: PLC0415 - imports the server

    with reporting(), terminal.children_print_to_stderr():
        ending = connecting.connect(provider, browser=not no_browser)
    if as_json:
        print_json(ending.as_json())
    else:
        typer.echo(ending.message)
    if not ending.connected:
        raise typer.Exit(1)


def disconnect(provider: Provider, *, as_json: AsJson = False) -> None:
    """Revoke this server's access at a provider, and remove what is kept of the connection."""
    from pierre_mcp.cli import leaving  # noqa: PLC0415 - imports the server

    with reporting():
        parting = leaving.disconnect(provider)
    if as_json:
        print_json(leaving.parting_as_json(provider, parting))
    else:
        typer.echo(parting.message)
    if leaving.has_failed(parting.revoked):
        raise typer.Exit(1)


def export(
    *,
    tenant: Tenant = None,
    user: User = None,
    output: Annotated[
        Path | None, typer.Option(help="A file only you can read. Unset: stdout.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write all that is kept of a person as JSON; of secrets only that there are some."""
    from pierre_mcp.cli import personal  # noqa: PLC0415 - imports the store

    with reporting():
        kept = personal.export(tenant, user)
        if output is not None:
            personal.write_private(output, kept, replace=force)
            say(f"Written to {output}, which only you can read.")
    if output is None:
        print_json(kept)


def forget(
    *,
    tenant: Tenant = None,
    user: User = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether you mean it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Revoke and remove all that is kept of a person. Recordings in a folder stay."""
    from pierre_mcp.cli import leaving, personal  # noqa: PLC0415 - imports the server

    with reporting():
        principal = personal.principal_of(tenant, user)
        if not (yes or leaving.confirmed(principal)):
            say("Nothing was removed.")
            raise typer.Exit(1)
        done = leaving.forget(principal)
    if as_json:
        print_json(done.as_json())
    else:
        typer.echo("\n".join(done.sentences()))
    if done.failed:
        raise typer.Exit(1)


@token.command()
def create(
    *,
    tenant: Annotated[str, typer.Option(help="The tenant, as a club or company.")],
    user: Annotated[str, typer.Option(help="The user in the tenant.")],
    label: Annotated[str, typer.Option(help="What it is for, for your own lists.")] = "",
    expires_in_days: Annotated[
        int, typer.Option(min=0, max=36_500, help="How long it works; 0 means for ever.")
    ] = 365,
    as_json: AsJson = False,
) -> None:
    """Make an API token and print it, once: it is not kept."""
    from pierre_mcp.cli import tokens  # noqa: PLC0415 - imports the store

    with reporting():
        new = tokens.create(tenant, user, label=label, days=expires_in_days)
    if as_json:
        print_json({"token": new.text, **tokens.as_json(new.record)})
        return
    say(tokens.explained(new.record))
    typer.echo(new.text)


@token.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """List the API tokens there are; the tokens themselves are not kept."""
    from pierre_mcp.cli import tokens  # noqa: PLC0415 - imports the store

    with reporting():
        made = tokens.listed()
    if as_json:
        print_json({"tokens": made})
    else:
        tokens.show(made)


@token.command()
def revoke(
    token_id: Annotated[
        str, typer.Argument(metavar="ID", help="An id from 'pierre-mcp token list'.")
    ],
    *,
    as_json: AsJson = False,
) -> None:
    """End an API token: from now on every server refuses it."""
    from pierre_mcp.cli import tokens  # noqa: PLC0415 - imports the store

    with reporting():
        tokens.revoke(token_id)
    if as_json:
        print_json({"id": token_id, "status": "revoked"})
    else:
        typer.echo(f"The API token {token_id} is revoked: from now on every server refuses it.")


@keys.command()
def rotate(*, as_json: AsJson = False) -> None:
    """Make a new key and seal everything anew with it, while servers go on."""
    from pierre_mcp.cli import rotating  # noqa: PLC0415 - imports the store

    with reporting():
        report = rotating.rotate()
    if as_json:
        print_json(rotating.as_json(report))
    else:
        typer.echo("\n".join(rotating.sentences(report)))
