"""A strict OAuth 2 server on a real socket: what a careless client loses at a careful provider.

Codes and refresh tokens work once; using one again revokes the whole grant. A redirect URI must
match to the letter, PKCE must fit, and every parameter must be known. It shows no consent page: the
authorization endpoint answers at once as the person it was told to be.
"""

import base64
import hashlib
import itertools
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from pierre_mcp.testing.fake_api import FakeRequest, Refused, Reply, Route


@dataclass(slots=True)
class Grant:
    """One consent, and the tokens that live by it."""

    scope: str
    redirect_uri: str
    challenge: str | None
    generation: int = 0
    revoked: bool = False


@dataclass(kw_only=True)
class OAuthServer:
    """Mount ``routes`` on a ``FakeApi``; change the fields while it runs to make it misbehave.

    ``consents`` is what the next person does: True, or False to deny. ``granted_scope`` unticks
    boxes. ``token_extra`` and ``omit`` change the answers of the token endpoint.
    """

    client_id: str = "client"
    client_secret: str = "shh"  # noqa: S105 - made up
    client_auth: str = "body"
    rotates: bool = True
    consents: bool = True
    granted_scope: str | None = None
    expires_in: object = 3600
    token_extra: dict[str, Any] = field(default_factory=dict)
    omit: frozenset[str] = frozenset()
    grants: list[Grant] = field(default_factory=list)
    token_requests: int = 0
    refreshes: int = 0
    revocations: int = 0
    _codes: dict[str, tuple[Grant, bool]] = field(default_factory=dict)
    _refresh: dict[str, tuple[Grant, int]] = field(default_factory=dict)
    _access: dict[str, tuple[Grant, int]] = field(default_factory=dict)
    _serial: "itertools.count[int]" = field(default_factory=itertools.count)

    @property
    def routes(self) -> dict[str, Route]:
        """Authorization, token and revocation endpoint."""
        return {
            "GET /oauth/authorize": self.authorize,
            "POST /oauth/token": self.token,
            "POST /oauth/revoke": self.revoke,
        }

    def accepts(self, access_token: str | None) -> bool:
        """Whether an API would take that token now: the newest of a grant that stands."""
        grant, generation = self._access.get(access_token or "", (None, 0))
        return grant is not None and not grant.revoked and generation == grant.generation

    def require(self, request: FakeRequest) -> Grant:
        """The grant behind an API request; 401 without a token that is good now."""
        if not self.accepts(request.bearer):
            raise Refused(401, {"message": "Authorization Error"})
        return self._access[request.bearer or ""][0]

    async def authorize(self, request: FakeRequest) -> Reply:
        """The browser arrives, and is sent back with a code or a refusal."""
        asked = request.only(
            "response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge",
            "code_challenge_method", "approval_prompt",
        )  # fmt: skip
        if asked.get("client_id") != self.client_id or asked.get("response_type") != "code":
            raise Refused(400, {"error": "invalid_request"})
        back = asked["redirect_uri"]
        state = {"state": asked["state"]} if "state" in asked else {}
        if not self.consents:
            return _redirect(back, {"error": "access_denied", **state})
        if "code_challenge" in asked and asked.get("code_challenge_method") != "S256":
            raise Refused(400, {"error": "invalid_request"})
        scope = self.granted_scope if self.granted_scope is not None else asked.get("scope", "")
        grant = Grant(scope=scope, redirect_uri=back, challenge=asked.get("code_challenge"))
        self.grants.append(grant)
        code = f"code-{next(self._serial)}"
        self._codes[code] = (grant, False)
        return _redirect(back, {"code": code, "scope": scope, **state})

    async def token(self, request: FakeRequest) -> Reply:
        """A code or a refresh token for new tokens."""
        self.token_requests += 1
        form = request.form(
            "grant_type", "code", "redirect_uri", "client_id", "client_secret", "code_verifier",
            "refresh_token", "scope",
        )  # fmt: skip
        self._authenticate(request, form)
        match form.get("grant_type"):
            case "authorization_code":
                return self._issue(self._by_code(form))
            case "refresh_token":
                self.refreshes += 1
                return self._issue(self._by_refresh(form.get("refresh_token", "")))
            case _:
                raise Refused(400, {"error": "unsupported_grant_type"})

    async def revoke(self, request: FakeRequest) -> Reply:
        """RFC 7009: the grant behind the token is over; an unknown token is no error."""
        form = request.form("token", "token_type_hint")
        self._require_header(request)
        self.revocations += 1
        token = form.get("token", "")
        for known in (self._access, self._refresh):
            if token in known:
                known[token][0].revoked = True
        return 200, None, {}

    def revoke_everything(self) -> None:
        """Every person withdraws their consent at the provider."""
        for grant in self.grants:
            grant.revoked = True

    def _by_code(self, form: dict[str, str]) -> Grant:
        grant, used = self._codes.get(form.get("code", ""), (None, False))
        if grant is None or form.get("redirect_uri") != grant.redirect_uri:
            raise Refused(400, {"error": "invalid_grant"})
        if used:
            grant.revoked = True
            raise Refused(400, {"error": "invalid_grant"})
        self._codes[form["code"]] = (grant, True)
        if grant.challenge is not None and grant.challenge != _s256(form.get("code_verifier", "")):
            raise Refused(400, {"error": "invalid_grant"})
        return grant

    def _by_refresh(self, token: str) -> Grant:
        grant, generation = self._refresh.get(token, (None, 0))
        if grant is None or grant.revoked:
            raise Refused(400, {"error": "invalid_grant"})
        if self.rotates and generation != grant.generation:
            grant.revoked = True
            raise Refused(400, {"error": "invalid_grant"})
        return grant

    def _issue(self, grant: Grant) -> Reply:
        grant.generation += 1
        serial = next(self._serial)
        access, refresh = f"access-{serial}", f"refresh-{serial}"
        self._access[access] = (grant, grant.generation)
        answer: dict[str, Any] = {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": self.expires_in,
            "scope": grant.scope,
        }
        if self.rotates or grant.generation == 1:
            self._refresh[refresh] = (grant, grant.generation)
            answer["refresh_token"] = refresh
        answer |= self.token_extra
        return 200, {k: v for k, v in answer.items() if k not in self.omit}, {}

    def _authenticate(self, request: FakeRequest, form: dict[str, str]) -> None:
        if self.client_auth == "header":
            self._require_header(request)
            if "client_secret" in form:
                raise Refused(400, {"error": "invalid_request"})
        elif (form.get("client_id"), form.get("client_secret")) != (
            self.client_id,
            self.client_secret,
        ):
            raise Refused(401, {"error": "invalid_client"})

    def _require_header(self, request: FakeRequest) -> None:
        pair = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {pair}":
            raise Refused(401, {"error": "invalid_client"})


def _redirect(to: str, answer: dict[str, str]) -> Reply:
    separator = "&" if "?" in to else "?"
    return 302, None, {"location": f"{to}{separator}{urlencode(answer)}"}


def _s256(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
