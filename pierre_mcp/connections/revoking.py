"""Telling a provider that a connection is over, within a bound, and what came of it.

Nothing is removed here, and nothing fails: whatever happens at the provider, what is kept of the
connection goes.
"""

from contextlib import suppress

import anyio
import structlog

from pierre_mcp.connections import hosted, oauth
from pierre_mcp.connections.keeping import Held, TokenKeeper
from pierre_mcp.connections.outcomes import Revoked
from pierre_mcp.connections.records import ConnectionRecord
from pierre_mcp.connections.sending import Send
from pierre_mcp.errors import PierreError
from pierre_mcp.spi import Connection

REVOKE_SECONDS = 10.0

_log = structlog.get_logger(__name__)


async def revoke(held: Held, record: ConnectionRecord, keeper: TokenKeeper, send: Send) -> Revoked:
    """Ask the provider to end the connection."""
    name = held.descriptor.name
    with anyio.move_on_after(REVOKE_SECONDS):
        try:
            request = await _request(held, record, keeper)
            if request is None:
                return Revoked.NOT_OFFERED
            answer = await send(
                name, request.method, request.url, headers=request.headers, body=request.body
            )
        except PierreError as failure:
            _log.warning("revoke_failed", provider=name, type=failure.type.value)
            return Revoked.FAILED
        succeeded = 200 <= answer[0] < 300  # noqa: PLR2004 - success
        if succeeded and oauth.failure_in_success(held.descriptor, answer) is None:
            return Revoked.YES
        _log.warning("revoke_refused", provider=name, status=answer[0])
    return Revoked.FAILED


async def _request(
    held: Held, record: ConnectionRecord, keeper: TokenKeeper
) -> oauth.Request | None:
    """What to ask with, if there is a way; raises ``NotConfigured`` without the operator's keys."""
    descriptor, config = held.descriptor, held.config
    if descriptor.hosted_link is not None:
        return hosted.revocation(descriptor, descriptor.hosted_link, config, record.account_id)
    if descriptor.connection is not Connection.OAUTH2 or config.revoke_url is None:
        return None
    if oauth.revokes_by_access(descriptor, config, record.tokens):
        with suppress(PierreError):  # what there is may still be good enough to be told with
            record = await keeper.current(held)
    return oauth.revocation(descriptor, config, record.tokens)
