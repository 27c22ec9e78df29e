"""The route on which providers tell of changes: /api/webhooks/{provider}.

What is genuine and what it says is the provider's receiver's to decide; what follows is the same
for all. A push that is not genuine changes nothing and learns nothing, not even whether an account
is known here.
"""

import anyio
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pierre_mcp.composition import Composition
from pierre_mcp.errors import PierreError
from pierre_mcp.spi import Push, PushReply

WEBHOOK_PATH = "/api/webhooks/{provider}"
MOST_BYTES = 5_000_000
"""Of one push; a provider that has more to say sends an address or is asked."""
MOST_SECONDS = 10.0
"""For a push to arrive, from its first byte to its last."""

_log = structlog.get_logger(__name__)


def webhook_routes(composition: Composition) -> list[Route]:
    """The route, for a composition that is open."""

    async def take(request: Request) -> Response:
        name = request.path_params["provider"]
        receiver = composition.webhook_receiver(name)
        if receiver is None:
            return Response(status_code=404)
        # What asks has no body that anyone needs.
        body = await _body(request) if request.method == "POST" else b""
        if isinstance(body, Response):
            return body
        push = Push(
            method=request.method,
            query=dict(request.query_params),
            headers={key.lower(): value for key, value in request.headers.items()},
            body=body,
            received_at=composition.clock(),
        )
        config = composition.registry.get_config(name)
        try:
            if (answer := receiver.handshake(push, config)) is not None:
                return _answered(answer)
            if request.method != "POST" or not receiver.is_genuine(push, config):
                _log.warning("push_refused", provider=name)
                return Response(status_code=401)
            await composition.pushed(name, receiver.read(push))
        except PierreError as failure:
            # The provider sends it again.
            _log.warning("push_not_taken", provider=name, type=failure.type.value)
            return Response(status_code=503)
        return _answered(receiver.reply())

    return [Route(WEBHOOK_PATH, take, methods=["GET", "POST"])]


async def _body(request: Request) -> bytes | Response:
    """The whole body, or the refusal of one that is larger, or slower, than any push.

    Anyone may send one, for it has to be read before its signature can be looked at.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > MOST_BYTES:
        return Response(status_code=413)
    body = bytearray()
    with anyio.move_on_after(MOST_SECONDS):
        try:
            async for chunk in request.stream():
                body += chunk
                if len(body) > MOST_BYTES:
                    return Response(status_code=413)
        except ClientDisconnect:
            return Response(status_code=400)
        return bytes(body)
    return Response(status_code=408)


def _answered(reply: PushReply) -> Response:
    if reply.body is None:
        return Response(status_code=reply.status)
    return JSONResponse(reply.body, status_code=reply.status)
