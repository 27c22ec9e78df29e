"""Google's part in connecting, as strict as the real one: consent, codes, tokens, revocation.

What ``OAuthServer`` holds of every provider holds here; this adds Google's own habits: a refresh
token only for who asked for offline access and consent, which stays through every refresh, and
revocation by the address.
"""

from dataclasses import dataclass, replace

from pierre_mcp.testing import FakeRequest, OAuthServer, Refused, Reply
from providers.fitbit import DESCRIPTOR

CLIENT_ID = "4711-abc.apps.googleusercontent.com"
_LASTING = {"access_type": "offline", "prompt": "consent", "include_granted_scopes": "true"}


@dataclass(kw_only=True)
class GoogleConsent(OAuthServer):
    """Mount ``routes``."""

    client_id: str = CLIENT_ID
    rotates: bool = False
    expires_in: object = 3599

    def end_access(self) -> None:
        """The hour of every access token is over; refresh tokens stay good."""
        self._access.clear()

    async def authorize(self, request: FakeRequest) -> Reply:
        asked = request.only(
            "client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge",
            "code_challenge_method", *_LASTING,
        )  # fmt: skip
        if not set(asked.get("scope", "").split(" ")) <= set(DESCRIPTOR.default_scopes):
            raise Refused(400, {"error": "invalid_scope"})
        lasting = {name: asked.get(name) for name in _LASTING} == _LASTING
        self.omit = frozenset() if lasting else frozenset({"refresh_token"})
        rest = {name: values for name, values in request.query.items() if name not in _LASTING}
        return await super().authorize(replace(request, query=rest))

    async def revoke(self, request: FakeRequest) -> Reply:
        token = request.only("token").get("token", "")
        if not self.accepts(token):
            raise Refused(400, {"error": "invalid_token"})
        self.revocations += 1
        self._access[token][0].revoked = True
        return 200, {}, {}
