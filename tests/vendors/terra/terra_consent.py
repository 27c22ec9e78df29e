"""Terra's part in connecting, as strict as the description: a session, a page, a user, and the end.

The page stands for all of Terra's: one opens it, and is sent back with the user that came of it.
Terra names that user on the way back from a refusal, too.
"""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from terra_fake import BASE, KEYS, FakeTerra, problem, user_of

from pierre_mcp.testing import FakeRequest, Refused, Reply
from pierre_mcp.testing.fake_api import Route

KNOWN = {
    "providers", "language", "reference_id", "auth_success_redirect_url",
    "auth_failure_redirect_url",
}  # fmt: skip


@dataclass(kw_only=True)
class TerraConsent:
    """Mount ``routes`` on the API of ``fake``. ``consents`` is what the person at the page does.

    ``names`` makes the way back name another user than the one that came of it.
    """

    fake: FakeTerra
    consents: bool = True
    names: str | None = None
    sessions: list[dict[str, Any]] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)

    @property
    def routes(self) -> dict[str, Route]:
        return {
            f"POST {BASE}/auth/generateWidgetSession": self.begin,
            "GET /session/{number}": self.page,
            f"DELETE {BASE}/auth/deauthenticateUser": self.end,
        }

    @staticmethod
    def session(number: str, base: str) -> dict[str, Any]:
        url = f"{base}/session/{number}"
        return {"status": "success", "session_id": number, "url": url, "expires_in": 900}

    async def begin(self, request: FakeRequest) -> Reply:
        for header, key in KEYS.items():
            if request.headers.get(header) != key:
                raise problem(request, 401, "unauthorized", "dev-id or x-api-key are wrong")
        asked = request.json()
        if not set(asked) <= KNOWN or not all(isinstance(text, str) for text in asked.values()):
            raise problem(request, 400, "bad request", "unknown field")
        self.sessions.append(asked)
        number = str(len(self.sessions) - 1)
        return 200, self.session(number, self.fake.api.url), {}

    async def page(self, request: FakeRequest) -> Reply:
        asked = self.sessions[int(request.parts["number"])]
        user_id = f"7c9e6679-7425-40de-944b-{len(self.fake.users):012d}"
        user = user_of(user_id, asked["reference_id"], active=self.consents)
        self.fake.users[user_id] = user
        back = asked[f"auth_{'success' if self.consents else 'failure'}_redirect_url"]
        told = {"user_id": self.names or user_id, "resource": user["provider"]}
        query = urlencode({**told, "reference_id": asked["reference_id"]})
        return 302, None, {"Location": f"{back}{'&' if '?' in back else '?'}{query}"}

    async def end(self, request: FakeRequest) -> Reply:
        user_id = self.fake.allow(request)["user_id"]
        if user_id not in self.fake.users:
            raise Refused(404)
        del self.fake.users[user_id]
        self.ended.append(user_id)
        return 200, json.loads('{"status": "success"}'), {}
