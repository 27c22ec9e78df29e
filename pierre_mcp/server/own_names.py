"""Which names a server answers to, on every route: a page cannot read it through a rebound name.

The SDK checks the names on its own routes alone. Origins remain its business and the forms': a link
to one of our pages may be followed from anywhere.
"""

from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_MISDIRECTED = 421
_ANY_PORT = ":*"
_SAID = (
    "This server does not answer to the name in the header Host. Names that it shall answer to "
    "beside its own stand in PIERRE_ALLOWED_HOSTS.\n"
)


class OwnNames:
    """ASGI middleware that refuses any other ``Host``; ``name:*`` in ``hosts`` is any port of it.

    Paths in ``open_paths`` are for whoever knows an address and no name.
    """

    def __init__(
        self, app: ASGIApp, *, hosts: Iterable[str], open_paths: Iterable[str] = ()
    ) -> None:
        self._app = app
        self._hosts = frozenset(hosts)
        self._open_paths = frozenset(open_paths)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request that was meant for us."""
        if scope["type"] == "http" and scope["path"] not in self._open_paths:
            named = Headers(scope=scope).getlist("host")
            if len(named) != 1 or not self._is_own(named[0].lower()):
                await PlainTextResponse(_SAID, _MISDIRECTED)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _is_own(self, host: str) -> bool:
        if host in self._hosts and not host.endswith(_ANY_PORT):
            return True
        name, _, port = host.rpartition(":")
        return port.isdigit() and name + _ANY_PORT in self._hosts
