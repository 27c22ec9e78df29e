"""The SDK's question "whose token is this", answered by whichever check the token's form calls for.

What it hands back holds the person and not the token, so that nothing further in can pass it on.
"""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar

import structlog
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken

from pierre_mcp.principal import Principal
from pierre_mcp.server.identity.api_tokens import PREFIX
from pierre_mcp.server.identity.outcome import Accepted, Refusal

LONGEST_TOKEN = 16_384
"""Characters of a token that are looked at; a longer one is refused unread."""
UNCHECKED_RETRY_SECONDS = 5

Check = Callable[[str], Awaitable[Accepted | Refusal]]

_log = structlog.get_logger(__name__)
_refused: ContextVar[list[Refusal] | None] = ContextVar("pierre_refused", default=None)


class PersonToken(AccessToken):
    """A token that was accepted, as the SDK carries it: whose it is, and not the token."""

    principal: Principal


class PeopleVerifier:
    """Checks bearer tokens: API tokens by their prefix, all others as the issuer's."""

    def __init__(
        self,
        *,
        api_tokens: Check | None,
        issuer: Check | None,
        resource: str,
        issuer_name: str | None = None,
        all_scopes: tuple[str, ...] = (),
    ) -> None:
        self._api_tokens = api_tokens
        self._issuer = issuer
        self._resource = resource
        self._issuer_name = issuer_name
        self._all_scopes = all_scopes

    async def verify_token(self, token: str) -> AccessToken | None:
        """The person's token, or ``None``; never an error, whatever fails."""
        try:
            outcome = await self._check(token)
        except Exception:  # noqa: BLE001 - whatever it is, nobody is let in
            _log.exception("token_not_checked")
            outcome = Refusal(
                reason="The token cannot be checked at the moment. Try again later.",
                retry_after_seconds=UNCHECKED_RETRY_SECONDS,
            )
        if isinstance(outcome, Refusal):
            _log.info("token_refused", reason=outcome.reason)
            note_refusal(outcome)
            return None
        by_operator = token.startswith(PREFIX)
        scopes = self._all_scopes if outcome.scopes is None else outcome.scopes
        return PersonToken(
            token="",
            # The three by which the SDK knows whose a session is: the person, however often they
            # renew their token, and nobody else.
            client_id="api-token" if by_operator else "oidc",
            subject=outcome.principal.key,
            claims={} if by_operator else {"iss": self._issuer_name},
            scopes=sorted(scopes),
            resource=self._resource,
            # Left out, as it was checked by our clock and leeway; the SDK has a clock of its own.
            expires_at=None,
            principal=outcome.principal,
        )

    async def _check(self, token: str) -> Accepted | Refusal:
        if len(token) > LONGEST_TOKEN:
            return Refusal(reason="The token is too long.")
        check = self._api_tokens if token.startswith(PREFIX) else self._issuer
        if check is None:
            return Refusal(reason="This server takes no tokens of that kind.")
        return await check(token)


def principal_of_request() -> Principal:
    """Whose request is being served; ``LookupError`` for one that nobody's token came with."""
    match get_access_token():
        case PersonToken(principal=principal):
            return principal
        case _:
            raise LookupError("a request without a person got past the check of tokens")


def collect_refusals() -> list[Refusal]:
    """A list that will hold why a token of the request under way was refused."""
    refusals: list[Refusal] = []
    _refused.set(refusals)
    return refusals


def note_refusal(refusal: Refusal) -> None:
    """Tell whoever answers the request."""
    refusals = _refused.get()
    if refusals is not None:
        refusals.append(refusal)
