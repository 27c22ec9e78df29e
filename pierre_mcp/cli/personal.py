"""``export``: what is kept of a person, for that person; and who is meant by a command."""

import json
import os
from pathlib import Path
from typing import Any

import anyio

from pierre_mcp.cli.opening import open_composition
from pierre_mcp.errors import InvalidArgument
from pierre_mcp.principal import LOCAL, Principal


def principal_of(tenant: str | None, user: str | None) -> Principal:
    """The person that the options name, the local one without any."""
    if tenant is None and user is None:
        return LOCAL
    if not tenant or not user:
        raise InvalidArgument("--tenant, --user", "give both, or neither for your own data.")
    return Principal(tenant, user)


def export(tenant: str | None, user: str | None) -> dict[str, Any]:
    """All that is kept of the person."""
    principal = principal_of(tenant, user)
    composition = open_composition()

    async def ask() -> dict[str, Any]:
        async with composition:
            return await (await composition.store()).export(principal)

    return anyio.run(ask)


def write_private(path: Path, value: Any, *, replace: bool) -> None:
    """Write JSON to a new file that only its owner can read; ``replace`` puts it over another."""
    new = path.with_name(f".{path.name}.{os.getpid()}") if replace else path
    try:
        descriptor = os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
        if replace:
            new.replace(path)
    except FileExistsError:
        raise InvalidArgument(
            "--output", f"{path} is there already; --force replaces it."
        ) from None
    except OSError as refused:
        raise InvalidArgument(
            "--output", f"{path} cannot be written: {refused.strerror}."
        ) from None
