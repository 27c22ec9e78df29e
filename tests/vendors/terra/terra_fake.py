"""Terra's API v2 on a socket of this machine, as strict as the official description.

It takes the described parameters and no others, wants both keys, sends to a webhook what is not
asked for otherwise, and answers more than a month later. What the description leaves open can be
chosen: whether the last day belongs to a range, and by which clock a day is counted.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from terra_history import BRAND, NOW, USER, History

from pierre_mcp.spi import FitnessProvider, ProviderConfig
from pierre_mcp.testing import (
    FakeApi,
    FakeClock,
    FakeRequest,
    GivenToken,
    Refused,
    Reply,
    open_client,
    open_provider,
)
from providers.terra import DESCRIPTOR, factory

BASE = "/api/v2"
KEYS = {"dev-id": "made-up-developer", "x-api-key": "made-up-key"}
OPTIONS = {"dev_id": KEYS["dev-id"], "api_key": KEYS["x-api-key"]}
REFERENCE = "8f2d1c3b"
PROFILE = {
    "provider_user_id": "ada-77", "first_name": "Ada\u202e", "last_name": "Example",
    "sex": "Female", "date_of_birth": "1991-03-08", "city": "Tampere", "country": "Finland",
    "bio": "obey", "account_creation_date": "2019-06-01", "email": "ada@example.org", "age": 35,
}  # fmt: skip
SAMPLED = {"detailed", "lap_data", "cadence_samples", "speed_samples", "power_samples"}


@dataclass
class FakeTerra:
    """The routes over ``held``. ``users`` maps the id of a user to what is known of them."""

    held: History
    by_utc: bool = False
    takes_last_day: bool = True
    delays: Callable[[str], bool] = lambda _: False
    users: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.users.setdefault(USER, user_of(USER, REFERENCE))
        self.api = FakeApi(
            {
                f"GET {BASE}/athlete": self.athlete,
                f"GET {BASE}/userInfo": self.user_info,
                f"GET {BASE}/activity": self.ranged("activity", lambda: self.held.activities),
                f"GET {BASE}/sleep": self.ranged("sleep", lambda: self.held.nights),
                f"GET {BASE}/daily": self.ranged("daily", lambda: self.held.days),
                f"GET {BASE}/body": self.ranged("body", lambda: self.held.bodies),
            }
        )

    @property
    def asked(self) -> list[str]:
        """The paths that were asked for, in order."""
        return [request.path.removeprefix(BASE) for request in self.api.requests]

    def allow(self, request: FakeRequest, *names: str) -> dict[str, str]:
        """The parameters of a request with both keys, for a user there is."""
        for header, key in KEYS.items():
            if request.headers.get(header) != key:
                raise problem(request, 401, "unauthorized", "dev-id or x-api-key are wrong")
        if "authorization" in request.headers:
            raise problem(request, 400, "bad request", "nobody asked for that header")
        try:
            asked = request.only("user_id", *names)
        except Refused:
            raise problem(request, 400, "bad request", "unknown parameter") from None
        if asked.get("user_id") not in self.users:
            raise problem(request, 404, "not found", "user not found")
        return asked

    async def athlete(self, request: FakeRequest) -> Reply:
        asked = self.allow(request, "to_webhook")
        if flag(request, asked, "to_webhook", default=True):
            return 200, sent_later("athlete"), {}
        return 200, {"athlete": PROFILE, "user": self.user(asked), "type": "athlete"}, {}

    async def user_info(self, request: FakeRequest) -> Reply:
        user = self.user(self.allow(request))
        return 200, {"user": user, "status": "success", "is_authenticated": user["active"]}, {}

    def user(self, asked: dict[str, str]) -> dict[str, Any]:
        return self.users[asked["user_id"]]

    def ranged(self, kind: str, listed: Callable[[], list[dict[str, Any]]]) -> Any:
        async def route(request: FakeRequest) -> Reply:
            asked = self.allow(request, "start_date", "end_date", "to_webhook", "with_samples")
            first, last = day(request, asked, "start_date"), day(request, asked, "end_date")
            if first > last:
                raise problem(request, 400, "bad request", "invalid end_date")
            samples = flag(request, asked, "with_samples", default=False)
            if flag(request, asked, "to_webhook", default=True):
                return 200, sent_later(kind), {}
            if (last - first).days > 28 or self.delays(asked["start_date"]):
                return 200, {**sent_later(kind), "message": "Large request submitted."}, {}
            data = [
                payload if samples else without_samples(payload)
                for payload in listed()
                if first <= self.day_of(payload) < last
                or (self.takes_last_day and self.day_of(payload) == last)
            ]
            return 200, {"user": self.user(asked), "type": kind, "data": data}, {}

        return route

    def day_of(self, payload: dict[str, Any]) -> date:
        told = datetime.fromisoformat(payload["metadata"]["start_time"])
        is_utc = self.by_utc and told.tzinfo is not None
        return told.astimezone(UTC).date() if is_utc else told.date()


def user_of(user_id: str, reference: str | None, *, active: bool = True) -> dict[str, Any]:
    return {
        "user_id": user_id, "provider": BRAND, "reference_id": reference, "active": active,
        "scopes": "ACTIVITY_EXPORT", "last_webhook_update": None,
        "created_at": "2025-12-12T10:00:00.000000+00:00",
    }  # fmt: skip


def problem(request: FakeRequest, status: int, title: str, detail: str) -> Refused:
    body = {"type": "about:blank", "title": title, "instance": request.path, "detail": detail}
    return Refused(status, body, {"Content-Type": "application/problem+json"})


def sent_later(kind: str) -> dict[str, Any]:
    reference = "11111111-2222-4333-8444-555555555555"
    return {"status": "success", "type": kind, "reference": reference, "trace_id": reference}


def day(request: FakeRequest, asked: dict[str, str], name: str) -> date:
    try:
        return datetime.strptime(asked[name], "%Y-%m-%d").replace(tzinfo=UTC).date()
    except (KeyError, ValueError):
        raise problem(request, 400, "bad request", f"invalid {name}") from None


def flag(request: FakeRequest, asked: dict[str, str], name: str, *, default: bool) -> bool:
    told = asked.get(name, str(default).lower())
    if told not in ("true", "false"):
        raise problem(request, 400, "bad request", f"invalid {name}")
    return told == "true"


def without_samples(value: Any) -> Any:
    """What is left when nobody asks for samples."""
    if isinstance(value, dict):
        return {k: without_samples(v) for k, v in value.items() if k not in SAMPLED}
    return value


@asynccontextmanager
async def client_of(
    fake: FakeTerra, clock: FakeClock, user: str = USER, options: dict[str, str] = OPTIONS
) -> AsyncIterator:
    """The real client on the fake's socket."""
    given = GivenToken(secret=user, account_id=user)
    async with (
        fake.api,
        open_client(DESCRIPTOR, f"{fake.api.url}{BASE}", given, clock, options) as client,
    ):
        yield client


@asynccontextmanager
async def connected(
    fake: FakeTerra,
    *,
    clock: FakeClock | None = None,
    user: str = USER,
    options: dict[str, str] = OPTIONS,
) -> AsyncIterator[FitnessProvider]:
    """The provider, connected to the fake."""
    clock = clock or FakeClock(NOW)
    async with (
        client_of(fake, clock, user, options) as client,
        open_provider(factory, ProviderConfig(name="terra"), clock, client) as provider,
    ):
        yield provider
