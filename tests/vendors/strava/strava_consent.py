"""Strava's part in connecting, as strict as the real one: consent, codes, tokens, revocation.

What ``OAuthServer`` holds of every provider holds here; this adds Strava's own habits: commas in
what is asked and spaces in what is answered, an athlete in the first answer only, no PKCE, and
refusals in its own form.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pierre_mcp.testing import FakeRequest, OAuthServer, Refused, Reply
from pierre_mcp.testing.fake_api import Route

SCOPES = frozenset(
    {
        "read", "read_all", "profile:read_all", "profile:write", "activity:read",
        "activity:read_all", "activity:write",
    }
)  # fmt: skip
_RESOURCES = {
    "invalid_client": ("Application", "client_id"),
    "authorization_code": ("AuthorizationCode", "code"),
    "refresh_token": ("RefreshToken", "refresh_token"),
}


@dataclass(kw_only=True)
class StravaConsent(OAuthServer):
    """Mount ``routes``; ``now`` is the clock of whoever keeps the tokens."""

    now: Callable[[], datetime]
    expires_in: object = 21_600
    deauthorized: list[str] = field(default_factory=list)

    @property
    def routes(self) -> dict[str, Route]:
        """The endpoints of both ages: revocation by RFC 7009, and the older deauthorization."""
        return {**super().routes, "POST /oauth/deauthorize": self.deauthorize}

    def end_access(self) -> None:
        """The hours of every access token are over; refresh tokens stay good."""
        self._access.clear()

    async def authorize(self, request: FakeRequest) -> Reply:
        asked = request.only(
            "client_id", "redirect_uri", "response_type", "approval_prompt", "scope", "state"
        )
        known = set(asked.get("scope", "").split(",")) <= SCOPES
        if not known or asked.get("approval_prompt") not in ("auto", "force"):
            raise Refused(400, {"message": "Bad Request", "errors": []})
        return await super().authorize(request)

    async def token(self, request: FakeRequest) -> Reply:
        asked = request.form(
            "client_id", "client_secret", "grant_type", "code", "refresh_token", "redirect_uri"
        )
        kind = asked.get("grant_type", "")
        try:
            status, told, headers = await super().token(request)
        except Refused as refused:
            raise _in_their_words(refused, kind) from None
        told["scope"] = told["scope"].replace(",", " ")
        told["expires_at"] = int(self.now().timestamp()) + told["expires_in"]
        if kind == "authorization_code":
            told["athlete"] = {"id": 4711, "resource_state": 2, "firstname": "Ada"}
        return status, told, headers

    async def deauthorize(self, request: FakeRequest) -> Reply:
        """The older way: an access token by itself ends the grant that it belongs to."""
        token = request.form("access_token").get("access_token", "")
        if not self.accepts(token):
            raise _in_their_words(Refused(401, {"error": "invalid_client"}), "")
        self._access[token][0].revoked = True
        self.deauthorized.append(token)
        return 200, {"access_token": token}, {}


def _in_their_words(refused: Refused, kind: str) -> Refused:
    status, body, _ = refused.reply
    error: Any = body.get("error") if isinstance(body, dict) else None
    resource, name = _RESOURCES.get(error, _RESOURCES.get(kind, ("Application", "grant_type")))
    errors = [{"resource": resource, "field": name, "code": "invalid"}]
    return Refused(status, {"message": "Bad Request", "errors": errors})
