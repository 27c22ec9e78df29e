"""What every command does about its output: errors as one sentence, JSON alone on stdout.

It imports nothing heavy, so that help is quick.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Annotated, Any

import typer

from pierre_mcp.errors import (
    ConfigurationError,
    InvalidArgument,
    NotConfigured,
    PierreError,
    ProviderNotSupported,
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else on stdout.")]

_WRONGLY_ASKED = (ConfigurationError, InvalidArgument, NotConfigured, ProviderNotSupported)
"""What one mends by other settings or other words, rather than by trying again."""


@contextmanager
def explained() -> Iterator[None]:
    """Turn an error into its sentence on stderr, and exit code 2 for wrong settings or words."""
    try:
        yield
    except PierreError as wrong:
        typer.echo(f"pierre-mcp: {wrong.message}", err=True)
        raise typer.Exit(2 if isinstance(wrong, _WRONGLY_ASKED) else 1) from None


@contextmanager
def reporting() -> Iterator[None]:
    """As ``explained``, and what a provider prints meanwhile goes to stderr."""
    with explained(), redirect_stdout(sys.stderr):
        yield


def say(text: str) -> None:
    """Tell the person something that is not what they asked for: on stderr."""
    typer.echo(text, err=True)


def print_json(value: Any) -> None:
    """One JSON document on stdout."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=not takes_unicode()) + "\n")


def takes_unicode() -> bool:
    """Whether every letter can be written on stdout."""
    return (sys.stdout.encoding or "").lower().startswith("utf")
