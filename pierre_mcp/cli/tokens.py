"""``token``: the API tokens by which people reach a server over HTTP, made, listed and revoked."""

from datetime import datetime, timedelta
from typing import Any

import anyio
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pierre_mcp.cli.opening import open_composition
from pierre_mcp.connections.records import ApiToken
from pierre_mcp.errors import InvalidArgument
from pierre_mcp.server.identity.api_tokens import NewApiToken, new_api_token

_LONGEST_LABEL = 255


def create(tenant: str, user: str, *, label: str, days: int) -> NewApiToken:
    """A new token, kept from now on; 0 ``days`` means that it does not end."""
    if len(label) > _LONGEST_LABEL or not label.isprintable():
        raise InvalidArgument("--label", f"must be at most {_LONGEST_LABEL} plain characters.")
    composition = open_composition()
    now = composition.clock()
    try:
        new = new_api_token(
            tenant,
            user,
            label=label,
            now=now,
            expires_at=now + timedelta(days=days) if days else None,
        )
    except ValueError as wrong:
        raise InvalidArgument("--tenant, --user", f"{wrong}.") from None

    async def keep() -> None:
        async with composition:
            await (await composition.store()).add_api_token(new.record, new.token_hash)

    anyio.run(keep)
    return new


def explained(record: ApiToken) -> str:
    """What is to be known about a new token."""
    person = f"{record.principal.user} of {record.principal.tenant}"
    ends = (
        "It does not end by itself."
        if record.expires_at is None
        else f"It works until {record.expires_at:%Y-%m-%d %H:%M} UTC."
    )
    return (
        f"An API token for {person}, sent as 'Authorization: Bearer ...'. It is shown once and not "
        f"kept. {ends} To end it: pierre-mcp token revoke {record.id}"
    )


def listed() -> list[dict[str, Any]]:
    """Every token there is or was, oldest first."""
    composition = open_composition()

    async def ask() -> tuple[ApiToken, ...]:
        async with composition:
            return await (await composition.store()).api_tokens()

    now = composition.clock()
    return [as_json(record) | {"status": _status(record, now)} for record in anyio.run(ask)]


def revoke(token_id: str) -> None:
    """End a token; raises ``InvalidArgument`` where there is none of that id."""
    composition = open_composition()

    async def end() -> bool:
        async with composition:
            store = await composition.store()
            return await store.revoke_api_token(token_id, composition.clock())

    if not anyio.run(end):
        raise InvalidArgument("ID", "there is no such API token; 'pierre-mcp token list' has them.")


def as_json(record: ApiToken) -> dict[str, Any]:
    """What is kept of a token, without its hash."""
    return {
        "id": record.id,
        "tenant": record.principal.tenant,
        "user": record.principal.user,
        "label": record.label,
        "created_at": _time(record.created_at),
        "expires_at": _time(record.expires_at),
        "revoked_at": _time(record.revoked_at),
    }


def show(tokens: list[dict[str, Any]]) -> None:
    """The list for a person."""
    table = Table(title="API tokens", title_justify="left", box=None, pad_edge=False)
    for heading in ("id", "person", "label", "status", "until"):
        table.add_column(heading, overflow="fold")
    for token in tokens:
        until = (token["expires_at"] or "no end")[:10]
        person = f"{token['user']} of {token['tenant']}"
        words = (token["id"], person, token["label"], token["status"], until)
        table.add_row(*map(Text, words))
    Console().print(table if tokens else "There are no API tokens.")


def _status(record: ApiToken, now: datetime) -> str:
    if record.revoked_at is not None:
        return "revoked"
    return "expired" if record.expires_at is not None and record.expires_at <= now else "active"


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.replace(microsecond=0).isoformat()
