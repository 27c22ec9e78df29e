"""The HTTP routes of connecting: our own page before the provider's, and the way back from it.

The same routes stand in the server and in the listener that a server on standard input opens while
a connection is pending. What they decide is decided in the connections room; here are the browser's
matters: the cookie that binds it, where a form may come from, and what may be kept of a page.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Protocol
from urllib.parse import urlsplit

import structlog
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from pierre_mcp.composition import Composition
from pierre_mcp.connections.outcomes import CONSENT_LIFE, Outcome, Result
from pierre_mcp.connections.records import PendingAuthorization
from pierre_mcp.errors import PierreError, ProviderError
from pierre_mcp.server.accounts import usable_key
from pierre_mcp.server.pages import (
    STATUSES,
    KeyProblem,
    consent_page,
    outcome_page,
    unavailable_page,
)
from pierre_mcp.spi import Connection, ProviderDescriptor

CONNECT_PATH = "/connect/{state}"
CALLBACK_PATH = "/api/oauth/callback/{provider}"

_LONGEST_FORM_BYTES = 16_384
_HEADERS = {
    "Cache-Control": "no-store",
    # Nobody else learns our addresses. With no-referrer a browser would not say of our own form
    # where it comes from either (Fetch, "append a request Origin header"), and we ask.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # A form leads on to the provider, whose address is the operator's to choose.
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; "
        "form-action 'self' https: http://localhost:* http://127.0.0.1:*"
    ),
}

_log = structlog.get_logger(__name__)


class Door(Protocol):
    """Whoever waits for people to come back."""

    def answering(self, state: str) -> AbstractContextManager[None]:
        """Within it a consent is being made into a connection, and is no longer in the store."""

    async def arrived(self, state: str, outcome: Outcome) -> None:
        """What came of a consent, once the connection stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What a person put into our page; ``lives_days`` is the life that they chose for the key."""

    key: str | None = field(repr=False)
    lives_days: int | None


def consent_routes(composition: Composition, door: Door) -> list[Route]:
    """The routes, for a composition that is open."""

    async def show(request: Request) -> Response:
        try:
            pending = await _seen(composition, request)
            if pending is None:
                return _outcome(composition, Outcome(result=Result.STATE_UNKNOWN, provider=""))
            descriptor = composition.registry.get_descriptor(pending.provider)
        except PierreError as failure:
            return _unavailable(failure)
        return _html(consent_page(descriptor, pending))

    async def go_on(request: Request) -> Response:
        try:
            return await _go_on(composition, request, door)
        except PierreError as failure:
            return _unavailable(failure)

    async def come_back(request: Request) -> Response:
        name = request.path_params["provider"]
        unknown = Outcome(result=Result.STATE_UNKNOWN, provider=name)
        if not composition.registry.is_supported(name):
            return _outcome(composition, unknown)
        state = ""
        failed: PierreError | None = None
        try:
            descriptor = composition.registry.get_descriptor(name)
            answer = dict(request.query_params)
            state = answer.get(descriptor.reference_parameter, "")
            connections = await composition.connections()
            with door.answering(state):
                outcome = await connections.complete(
                    descriptor,
                    composition.registry.get_config(name),
                    answer,
                    browser=_cookie(request, state),
                )
        except PierreError as failure:
            failed = failure
            outcome = Outcome(result=Result.PROVIDER_FAILED, provider=name)
        await door.arrived(state, outcome)
        return _outcome(composition, outcome) if failed is None else _unavailable(failed)

    return [
        Route(CONNECT_PATH, show, methods=["GET"]),
        Route(CONNECT_PATH, go_on, methods=["POST"]),
        Route(CALLBACK_PATH, come_back, methods=["GET"]),
    ]


async def _go_on(composition: Composition, request: Request, door: Door) -> Response:
    """The person pressed the button: bind this browser, then on to the provider or take the key."""
    state = request.path_params["state"]
    unknown = Outcome(result=Result.STATE_UNKNOWN, provider="")
    seen = await _seen(composition, request)
    # Without this a foreign page could press the button in the name of whoever visits it.
    if seen is None or not _from_our_page(request):
        return _outcome(composition, unknown)
    descriptor = composition.registry.get_descriptor(seen.provider)
    form = Form(key=None, lives_days=None)
    if descriptor.connection is Connection.API_KEY:
        pasted = await _pasted(request, descriptor)
        if isinstance(pasted, KeyProblem):
            return _html(consent_page(descriptor, seen, pasted), status=400)
        form = pasted
    connections = await composition.connections()
    opened = await connections.open_in_browser(state, browser=_cookie(request, state))
    if opened is None:
        return _outcome(composition, unknown)
    pending, cookie = opened
    try:
        onward = await _onward(composition, door, pending, form, cookie)
    except PierreError as failure:
        onward = _unavailable(failure)
    # Whatever came of it: the browser is bound now, and without the secret may not try again.
    return _bound(onward, request, pending, cookie)


async def _onward(
    composition: Composition, door: Door, pending: PendingAuthorization, form: Form, cookie: str
) -> Response:
    """To the provider's page; or, with a key, to what came of it."""
    connections = await composition.connections()
    descriptor = composition.registry.get_descriptor(pending.provider)
    config = composition.registry.get_config(pending.provider)
    if form.key is None:
        try:
            url = await connections.consent_url(descriptor, config, pending)
        except ProviderError:
            failed = Outcome(result=Result.PROVIDER_FAILED, provider=pending.provider)
            return _outcome(composition, failed)
        return RedirectResponse(url, status_code=303, headers=_HEADERS)
    if not await composition.is_refused(pending.provider, pending.principal, form.key):
        with door.answering(pending.state):
            outcome = await connections.accept_key(
                descriptor,
                config,
                pending.state,
                form.key,
                browser=cookie,
                lives_days=form.lives_days,
            )
        if outcome.result is not Result.KEY_REFUSED:
            await door.arrived(pending.state, outcome)
            return _outcome(composition, outcome)
    return _html(consent_page(descriptor, pending, KeyProblem.REFUSED), status=400)


def _bound(
    response: Response, request: Request, pending: PendingAuthorization, cookie: str
) -> Response:
    """The response, with which the browser keeps the secret that binds it; empty for none."""
    if cookie:
        response.set_cookie(
            _cookie_name(pending.state),
            cookie,
            max_age=int(CONSENT_LIFE.total_seconds()),
            path="/",
            secure=request.url.scheme == "https" or _is_https(pending.redirect_uri),
            httponly=True,
            samesite="lax",  # it has to come along when the provider sends the browser back
        )
    return response


async def _seen(composition: Composition, request: Request) -> PendingAuthorization | None:
    connections = await composition.connections()
    return await connections.peek(request.path_params["state"])


async def _pasted(request: Request, descriptor: ProviderDescriptor) -> Form | KeyProblem:
    length = request.headers.get("content-length", "")
    if not length.isdigit() or int(length) > _LONGEST_FORM_BYTES:
        return KeyProblem.UNUSABLE
    async with request.form(max_files=0, max_fields=4) as form:
        pasted, life = form.get("key"), form.get("lives_days")
    text = pasted if isinstance(pasted, str) else ""
    if not text.strip():
        return KeyProblem.EMPTY
    if (key := usable_key(text)) is None:
        return KeyProblem.UNUSABLE
    lives = descriptor.api_key.lives_days if descriptor.api_key is not None else ()
    chosen = next((days for days in lives if life == str(days)), None)
    return Form(key=key, lives_days=chosen)


def _from_our_page(request: Request) -> bool:
    """Whether the form was sent by a page of the host that it was sent to."""
    origin = urlsplit(request.headers.get("origin", ""))
    return bool(origin.netloc) and origin.netloc == request.headers.get("host")


def _is_https(url: str) -> bool:
    return urlsplit(url).scheme == "https"


def _cookie_name(state: str) -> str:
    # One for each consent, so that two of them in one browser do not take each other's.
    return f"pierre_{sha256(state.encode()).hexdigest()[:12]}"


def _cookie(request: Request, state: str) -> str | None:
    return request.cookies.get(_cookie_name(state))


def _outcome(composition: Composition, outcome: Outcome) -> Response:
    name = outcome.provider
    shown = "the provider"
    if composition.registry.is_supported(name):
        try:
            shown = composition.registry.get_descriptor(name).display_name
        except PierreError:
            shown = name
    return _html(outcome_page(outcome, shown), status=STATUSES[outcome.result])


def _unavailable(failure: PierreError) -> Response:
    """Our own failure, which is nobody's answer; the page names no cause."""
    _log.warning("consent_not_served", type=failure.type.value)
    return _html(unavailable_page(), status=503 if failure.is_retryable else 500)


def _html(page: str, *, status: int = 200) -> Response:
    return HTMLResponse(page, status_code=status, headers=_HEADERS)
