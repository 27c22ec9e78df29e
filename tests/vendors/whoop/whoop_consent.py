"""WHOOP's part in connecting, as strict as the real one: consent, codes, tokens, revocation.

What ``OAuthServer`` holds of every provider holds here; this adds WHOOP's own habits: a state of
eight characters at least, no PKCE, a refresh that asks for offline and hears of nothing else, no
word of whose account it is, and a DELETE of the API's that ends it all.
"""

from dataclasses import dataclass

from whoop_fake import BASE, EVERY_SCOPE

from pierre_mcp.testing import FakeRequest, OAuthServer, Refused, Reply
from pierre_mcp.testing.fake_api import Route


@dataclass(kw_only=True)
class WhoopConsent(OAuthServer):
    """Mount ``routes``."""

    @property
    def routes(self) -> dict[str, Route]:
        """Authorization and token endpoint, and the revocation, which is one of the API's."""
        return {
            "GET /oauth/oauth2/auth": self.authorize,
            "POST /oauth/oauth2/token": self.token,
            f"DELETE {BASE}/user/access": self.end,
        }

    def end_access(self) -> None:
        """The hour of every access token is over; refresh tokens stay good."""
        self._access.clear()

    async def authorize(self, request: FakeRequest) -> Reply:
        asked = request.only("client_id", "redirect_uri", "response_type", "scope", "state")
        if len(asked.get("state", "")) < 8 or not set(asked["scope"].split(" ")) <= EVERY_SCOPE:
            raise Refused(400, {"error": "invalid_request"})
        return await super().authorize(request)

    async def token(self, request: FakeRequest) -> Reply:
        asked = request.form(
            "grant_type", "code", "redirect_uri", "client_id", "client_secret", "refresh_token",
            "scope",
        )  # fmt: skip
        refreshing = asked.get("grant_type") == "refresh_token"
        if (asked.get("scope") == "offline") != refreshing:
            described = "The request is missing a required parameter."
            raise Refused(400, {"error": "invalid_request", "error_description": described})
        status, told, headers = await super().token(request)
        if "offline" not in told["scope"].split(" "):
            del told["refresh_token"]
        if refreshing:
            told["scope"] = "offline"
        return status, {**told, "token_type": "bearer"}, headers

    async def end(self, request: FakeRequest) -> Reply:
        """The person's grant is over."""
        if request.query or request.body:
            raise Refused(400, "Bad Request")
        grant = self.require(request)
        self.revocations += 1
        grant.revoked = True
        return 204, None, {}

    def require(self, request: FakeRequest):
        try:
            return super().require(request)
        except Refused as refused:
            raise Refused(refused.reply[0], "Authorization was not valid") from None
