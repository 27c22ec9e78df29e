"""Records as rows and back: here secrets are sealed on their way in and opened on their way out."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from sqlalchemy import RowMapping

from pierre_mcp.connections.records import (
    ApiToken,
    ConnectionRecord,
    PendingAuthorization,
    PendingSummary,
    Tokens,
)
from pierre_mcp.connections.sealing import Sealer
from pierre_mcp.errors import SealBroken
from pierre_mcp.principal import Principal

ACCESS = "access"
REFRESH = "refresh"
CODE_VERIFIER = "code_verifier"


def hashed(secret: str) -> str:
    """What is kept of a state, a cookie or an API token: enough to know it again, not to use it."""
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def seal_fields(
    fields: Mapping[str, str | None], *, principal: Principal, provider: str, sealer: Sealer
) -> dict[str, str | None]:
    """These fields sealed with one key, and its id as ``key_id`` (``None`` with no secret)."""
    key = sealer.keys.current()
    sealed = {
        name: None
        if text is None
        else sealer.seal(text, principal=principal, provider=provider, field=name, key=key)
        for name, text in fields.items()
    }
    return {**sealed, "key_id": key.id if any(sealed.values()) else None}


def open_field(row: RowMapping, name: str, sealer: Sealer) -> str | None:
    """One secret of a row. Raises ``SealBroken``."""
    if row[name] is None:
        return None
    return sealer.open(row[name], principal=principal_of(row), provider=row["provider"], field=name)


def principal_of(row: RowMapping) -> Principal:
    """Whose row it is."""
    return Principal(row["tenant"], row["user"])


def connection_row(record: ConnectionRecord, sealer: Sealer) -> dict[str, Any]:
    """Everything of a connection but its version, which the database counts."""
    return {
        "tenant": record.principal.tenant,
        "user": record.principal.user,
        "provider": record.provider,
        **seal_fields(
            {ACCESS: record.tokens.access, REFRESH: record.tokens.refresh},
            principal=record.principal,
            provider=record.provider,
            sealer=sealer,
        ),
        "obtained_at": record.tokens.obtained_at,
        "expires_at": record.tokens.expires_at,
        "connected_at": record.connected_at,
        "requested_scopes": record.requested_scopes,
        "granted_scopes": record.granted_scopes,
        "account_id": record.account_id,
        "needs_reauth": record.needs_reauth,
        "refused_at": record.refused_at,
        "ends_at": record.ends_at,
    }


def connection_of(row: RowMapping, sealer: Sealer) -> ConnectionRecord:
    """The connection of a row. Raises ``SealBroken``."""
    access = open_field(row, ACCESS, sealer)
    return _connection(row, access or "", open_field(row, REFRESH, sealer), row["needs_reauth"])


def connection_told(row: RowMapping, sealer: Sealer) -> ConnectionRecord:
    """The connection of a row; one that does not open has empty secrets and has to be made again.

    For lists, in which one broken row must not hide the others.
    """
    try:
        return connection_of(row, sealer)
    except SealBroken as broken:
        return _connection(row, "", None, broken.message)


def _connection(
    row: RowMapping, access: str, refresh: str | None, needs_reauth: str | None
) -> ConnectionRecord:
    return ConnectionRecord(
        principal=principal_of(row),
        provider=row["provider"],
        tokens=Tokens(
            access=access,
            refresh=refresh,
            obtained_at=row["obtained_at"],
            expires_at=row["expires_at"],
        ),
        connected_at=row["connected_at"],
        requested_scopes=row["requested_scopes"],
        granted_scopes=row["granted_scopes"],
        account_id=row["account_id"],
        needs_reauth=needs_reauth,
        refused_at=row["refused_at"],
        ends_at=row["ends_at"],
        version=row["version"],
    )


def authorization_row(pending: PendingAuthorization, sealer: Sealer) -> dict[str, Any]:
    """A begun consent; its state only as a hash."""
    return {
        "state_hash": hashed(pending.state),
        "tenant": pending.principal.tenant,
        "user": pending.principal.user,
        "provider": pending.provider,
        "redirect_uri": pending.redirect_uri,
        **seal_fields(
            {CODE_VERIFIER: pending.code_verifier},
            principal=pending.principal,
            provider=pending.provider,
            sealer=sealer,
        ),
        "requested_scopes": pending.requested_scopes,
        "created_at": pending.created_at,
        "expires_at": pending.expires_at,
        "browser": pending.browser,
    }


def authorization_of(row: RowMapping, state: str, sealer: Sealer) -> PendingAuthorization:
    """The consent of a row that was found by ``state``. Raises ``SealBroken``."""
    return PendingAuthorization(
        state=state,
        principal=principal_of(row),
        provider=row["provider"],
        redirect_uri=row["redirect_uri"],
        code_verifier=open_field(row, CODE_VERIFIER, sealer),
        requested_scopes=row["requested_scopes"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        browser=row["browser"],
    )


def summary_of(row: RowMapping) -> PendingSummary:
    """What a status tells of a begun consent."""
    return PendingSummary(
        provider=row["provider"],
        redirect_uri=row["redirect_uri"],
        requested_scopes=row["requested_scopes"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
    )


def api_token_of(row: RowMapping) -> ApiToken:
    """The API token of a row."""
    return ApiToken(
        id=row["id"],
        principal=principal_of(row),
        label=row["label"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
    )
