"""How a connection stands, in the words of a status: pure, from its row and the present."""

from dataclasses import replace
from datetime import datetime, timedelta

from pierre_mcp.connections.outcomes import ConnectionState, Status, not_connected
from pierre_mcp.connections.records import ConnectionRecord
from pierre_mcp.connections.renewing import is_renewable
from pierre_mcp.spi import ProviderDescriptor, ScopeNeed

WARN_BEFORE = timedelta(days=7)
"""A key that ends is spoken of from then on."""


def standing(
    descriptor: ProviderDescriptor,
    record: ConnectionRecord | None,
    pending: set[str],
    now: datetime,
) -> Status:
    """The state of a connection and what to do about it, from its row alone."""
    name = descriptor.name
    if record is None:
        if name in pending:
            return Status(
                state=ConnectionState.PENDING,
                detail="Waiting for the person to give consent in the browser.",
            )
        return not_connected(name)
    lacking = descriptor.scopes_lacking(record.granted_scopes)
    ends = record.ends_at
    if not is_renewable(descriptor, record.tokens):
        ends = record.tokens.expires_at or ends
    sentences = (_lacking_sentence(lacking, name), _ending_sentence(ends, name, now))
    status = Status(
        state=ConnectionState.CONNECTED,
        detail=" ".join(filter(None, sentences)) or None,
        lacking=lacking,
        expires_at=ends,
    )
    if record.needs_reauth is not None:
        return replace(status, state=ConnectionState.NEEDS_REAUTH, detail=record.needs_reauth)
    if ends is not None and now >= ends:
        return replace(
            status,
            state=ConnectionState.EXPIRED,
            detail=f"The connection has ended. Call connect_provider with '{name}'.",
        )
    return status


def _ending_sentence(ends: datetime | None, name: str, now: datetime) -> str | None:
    if ends is None or ends - now > WARN_BEFORE:
        return None
    return (
        f"The connection ends on {ends.date().isoformat()}. Before that, make a new key there and "
        f"call connect_provider with '{name}'."
    )


def _lacking_sentence(lacking: tuple[ScopeNeed, ...], name: str) -> str | None:
    if not lacking:
        return None
    given = "; ".join(need.gives for need in lacking)
    return (
        f"Connected without the permission for: {given}. To add it, call connect_provider with "
        f"'{name}' and leave every box ticked."
    )
