"""WHOOP's API v2 for one athlete, on a socket of this machine, as strict as the real one.

It takes the parameters of the official description and no others, at most 25 records a page, times
with an offset, and a token of its own for the same window only. Refusals are plain text or empty.
"""

import base64
import binascii
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from whoop_history import NOW, USER, History

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
from providers.whoop import DESCRIPTOR, factory

TOKEN = "made-up-access-token"
EVERY_SCOPE = frozenset(DESCRIPTOR.default_scopes)
LIMITS = {
    "X-RateLimit-Limit": "100, 100;window=60, 10000;window=86400",
    "X-RateLimit-Remaining": "98",
    "X-RateLimit-Reset": "3",
}
PROFILE = {
    "user_id": USER, "email": "ada@example.org", "first_name": "Ada\u202e", "last_name": "Example",
}  # fmt: skip
BODY = {"height_meter": 1.7, "weight_kilogram": 61.5, "max_heart_rate": 188}
BASE = "/developer/v2"


class FakeWhoop:
    """The routes over ``held``, which may be added to while it serves.

    ``accepts`` says which bearer is good now. ``requests`` counts none but its own API's.
    """

    def __init__(
        self,
        held: History,
        scopes: frozenset[str] = EVERY_SCOPE,
        *,
        accepts: Callable[[str | None], bool] = lambda bearer: bearer == TOKEN,
    ) -> None:
        self.held = held
        self.scopes = scopes
        self.accepts = accepts
        self.body: dict[str, Any] | None = dict(BODY)
        self.api = FakeApi(
            {
                f"GET {BASE}/user/profile/basic": self.profile,
                f"GET {BASE}/user/measurement/body": self.measurements,
                f"GET {BASE}/activity/workout": self.workouts,
                f"GET {BASE}/activity/workout/{{id}}": self.workout,
                f"GET {BASE}/activity/sleep": self.nights,
                f"GET {BASE}/recovery": self.recoveries,
                f"GET {BASE}/cycle": self.cycles,
            }
        )

    @property
    def asked(self) -> list[str]:
        """The paths that were asked for, in order."""
        return [request.path.removeprefix(BASE) for request in self.api.requests]

    def allow(self, request: FakeRequest, scope: str) -> None:
        agent = request.headers.get("user-agent", "")
        if not agent or agent.startswith("python"):
            raise Refused(403, "<html>error code: 1010</html>")
        # How a missing scope is refused is not described: it is never to be tried.
        if not self.accepts(request.bearer) or scope not in self.scopes:
            raise Refused(401, "Authorization was not valid")

    async def profile(self, request: FakeRequest) -> Reply:
        self.allow(request, "read:profile")
        plainly(request)
        return 200, PROFILE, LIMITS

    async def measurements(self, request: FakeRequest) -> Reply:
        self.allow(request, "read:body_measurement")
        plainly(request)
        return (404, None, LIMITS) if self.body is None else (200, self.body, LIMITS)

    async def workouts(self, request: FakeRequest) -> Reply:
        self.allow(request, "read:workout")
        return page(request, self.held.workouts)

    async def workout(self, request: FakeRequest) -> Reply:
        self.allow(request, "read:workout")
        plainly(request)
        for record in self.held.workouts:
            if record["id"] == request.parts["id"]:
                return 200, record, LIMITS
        raise Refused(404, None, LIMITS)

    async def nights(self, request: FakeRequest) -> Reply:
        self.allow(request, "read:sleep")
        return page(request, self.held.nights)

    async def recoveries(self, request: FakeRequest) -> Reply:
        self.allow(request, "read:recovery")
        nights = {night["id"]: night for night in self.held.nights}
        return page(request, self.held.recoveries, lambda told: nights[told["sleep_id"]])

    async def cycles(self, request: FakeRequest) -> Reply:
        self.allow(request, "read:cycles")
        return page(request, self.held.cycles)


def plainly(request: FakeRequest) -> None:
    """It takes no parameters."""
    if request.query:
        raise bad()


def bad() -> Refused:
    return Refused(400, "Bad Request", LIMITS)


def asked_of(request: FakeRequest) -> dict[str, str]:
    try:
        return request.only("limit", "start", "end", "nextToken")
    except Refused:
        raise bad() from None


def instant(text: str) -> datetime:
    try:
        told = datetime.fromisoformat(text)
    except ValueError:
        raise bad() from None
    if told.tzinfo is None or "T" not in text:
        raise bad()
    return told


def page(
    request: FakeRequest,
    records: list[dict[str, Any]],
    timed: Callable[[dict[str, Any]], dict[str, Any]] = lambda record: record,
) -> Reply:
    """The records that touch the window, newest first, from where the token says."""
    asked = asked_of(request)
    limit = asked.get("limit", "10")
    if not limit.isdecimal() or not 1 <= int(limit) <= 25:
        raise bad()
    window = f"{request.path} {limit} {asked.get('start')} {asked.get('end')}"
    begins = instant(asked["start"]) if "start" in asked else None
    ends = instant(asked["end"]) if "end" in asked else NOW
    if begins is not None and begins >= ends:
        raise bad()
    shown = [
        record
        for record in records
        if instant(timed(record)["start"]) < ends
        and (begins is None or instant(timed(record).get("end", "2999-01-01T00:00:00Z")) >= begins)
    ]
    first = place_in(asked["nextToken"], window) if "nextToken" in asked else 0
    cut = shown[first : first + int(limit)]
    answer: dict[str, Any] = {"records": cut}
    if first + int(limit) < len(shown):
        answer["next_token"] = token_for(first + int(limit), window)
    return 200, answer, LIMITS


def token_for(place: int, window: str) -> str:
    return base64.b64encode(f"{place}|{window}".encode()).decode()


def place_in(token: str, window: str) -> int:
    try:
        place, _, same = base64.b64decode(token, validate=True).decode().partition("|")
    except (binascii.Error, UnicodeDecodeError):
        raise bad() from None
    if same != window or not place.isdecimal():
        raise bad()
    return int(place)


@asynccontextmanager
async def client_of(fake: FakeWhoop, clock: FakeClock, token: str = TOKEN) -> AsyncIterator:
    """The real client on the fake's socket."""
    given = GivenToken(secret=token, granted_scopes=fake.scopes)
    async with (
        fake.api,
        open_client(DESCRIPTOR, f"{fake.api.url}/developer", given, clock) as client,
    ):
        yield client


@asynccontextmanager
async def connected(
    fake: FakeWhoop, *, clock: FakeClock | None = None, token: str = TOKEN
) -> AsyncIterator[FitnessProvider]:
    """The provider, connected to the fake."""
    clock = clock or FakeClock(NOW)
    async with (
        client_of(fake, clock, token) as client,
        open_provider(factory, ProviderConfig(name="whoop"), clock, client) as provider,
    ):
        yield provider
