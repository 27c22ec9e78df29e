"""How a request without a usable token is answered: what is wrong, and where to get one.

It wraps the SDK's application, whose refusals say neither why nor, as the MCP specification asks,
which scope to request (RFC 6750, RFC 9728). It lets nobody in; that is the SDK's part.
"""

from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pierre_mcp.server.identity.outcome import Refusal
from pierre_mcp.server.identity.verifier import collect_refusals

_UNAUTHORIZED = 401
_FORBIDDEN = 403
_MISSING = "No token. Send one in the header Authorization, after the word Bearer."
_IN_ADDRESS = (
    "A token in an address ends up in logs. Consider it leaked, have it revoked, and send the next "
    "one in the header Authorization."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What a client is told so that it can get a token: the metadata, and the scopes to ask for."""

    metadata_url: str
    scopes: tuple[str, ...] = ()
    required_scopes: tuple[str, ...] = ()

    def header(self, error: str | None = None, description: str | None = None) -> str:
        """The ``WWW-Authenticate`` header."""
        scopes = self.required_scopes or self.scopes
        parameters = {
            "error": error,
            "error_description": description,
            "scope": " ".join(scopes) or None,
            "resource_metadata": self.metadata_url,
        }
        return "Bearer " + ", ".join(f'{k}="{v}"' for k, v in parameters.items() if v is not None)


class Challenge:
    """ASGI middleware around an application of the SDK that requires tokens."""

    def __init__(self, app: ASGIApp, *, hints: Hints, paths: tuple[str, ...]) -> None:
        self._app = app
        self._hints = hints
        self._paths = paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, its refusal put into words."""
        if scope["type"] != "http" or not scope["path"].startswith(self._paths):
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).getlist("authorization")
        if _has_token_in_query(scope["query_string"]):
            await self._malformed(_IN_ADDRESS)(scope, receive, send)
            return
        if len(given) > 1:
            await self._malformed("More than one header Authorization.")(scope, receive, send)
            return
        refusals = collect_refusals()
        refused_with = 0

        async def watched(message: Message) -> None:
            nonlocal refused_with
            if message["type"] == "http.response.start" and _is_challenge(message):
                refused_with = message["status"]
            if not refused_with:
                await send(message)

        await self._app(scope, receive, watched)
        if refused_with == _FORBIDDEN:
            await self._lacking_scope()(scope, receive, send)
        elif refused_with:
            refusal = refusals[-1] if refusals else None
            await self._unauthorized(refusal)(scope, receive, send)

    def _malformed(self, description: str) -> JSONResponse:
        return _answer(400, "invalid_request", description, self._hints)

    def _lacking_scope(self) -> JSONResponse:
        needed = " ".join(self._hints.required_scopes)
        return _answer(
            _FORBIDDEN, "insufficient_scope", f"The token lacks a scope of: {needed}", self._hints
        )

    def _unauthorized(self, refusal: Refusal | None) -> JSONResponse:
        if refusal is None:
            # Without a token there is no error yet, says RFC 6750: the header only shows the way.
            body = {"error": "missing_token", "error_description": _MISSING}
            return JSONResponse(
                body, _UNAUTHORIZED, {"WWW-Authenticate": self._hints.header(), **_NOT_KEPT}
            )
        if refusal.retry_after_seconds is not None:
            body = {"error": "temporarily_unavailable", "error_description": refusal.reason}
            return JSONResponse(
                body, 503, {"Retry-After": str(refusal.retry_after_seconds), **_NOT_KEPT}
            )
        return _answer(_UNAUTHORIZED, "invalid_token", refusal.reason, self._hints)


_NOT_KEPT = {"Cache-Control": "no-store"}


def _answer(status: int, error: str, description: str, hints: Hints) -> JSONResponse:
    return JSONResponse(
        {"error": error, "error_description": description},
        status,
        {"WWW-Authenticate": hints.header(error, description), **_NOT_KEPT},
    )


def _is_challenge(message: Message) -> bool:
    return message["status"] in (_UNAUTHORIZED, _FORBIDDEN) and "www-authenticate" in Headers(
        raw=message["headers"]
    )


def _has_token_in_query(query: bytes) -> bool:
    names = {name.lower() for name, _ in parse_qsl(query.decode("latin-1"), True)}
    return "access_token" in names
