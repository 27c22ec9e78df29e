"""Strava's API v3 for one athlete, on a socket of this machine, as strict as the real one.

It takes the parameters of the official description and no others, checks token and scope, answers
with Strava's own kinds of error, and lists by the true start, oldest first once ``after`` is given.
"""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

from strava_history import NOW, Entry, laps, streams, zones

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
from providers.strava import DESCRIPTOR, factory

TOKEN = "made-up-access-token"
EVERY_SCOPE = frozenset({"read", "activity:read_all", "profile:read_all"})
STREAM_KEYS = frozenset(
    {
        "time", "distance", "latlng", "altitude", "velocity_smooth", "heartrate", "cadence",
        "watts", "temp", "moving", "grade_smooth",
    }
)  # fmt: skip
RATE_HEADERS = {
    "X-RateLimit-Limit": "200,2000",
    "X-RateLimit-Usage": "3,12",
    "X-ReadRateLimit-Limit": "100,1000",
    "X-ReadRateLimit-Usage": "3,12",
}
GEAR = {"b1": "Road Bike", "g2": "Trail\u200b Shoes"}
TOP_ID = 1 << 63


def fault(status: int, message: str, resource: str, name: str, code: str) -> Refused:
    errors = [{"resource": resource, "field": name, "code": code}]
    return Refused(status, {"message": message, "errors": errors}, RATE_HEADERS)


def not_found(resource: str) -> Refused:
    return fault(404, "Record Not Found", resource, "id", "invalid")


def ranges(floors: tuple[int, ...], apart: int) -> list[dict[str, int]]:
    """Zones that begin at ``floors``, each ending ``apart`` below the next; the last is open."""
    tops = [*(floor - apart for floor in floors[1:]), -1]
    return [{"min": low, "max": high} for low, high in zip(floors, tops, strict=True)]


def listed(entries: Iterable[Entry], asked: dict[str, int], *, everything: bool) -> list[Entry]:
    """A page as Strava makes it: newest first by the true start, lower ids first where it ties."""
    found = sorted(entries, key=lambda e: (-e.true_start.timestamp(), e.id))
    found = [
        e
        for e in found
        if asked.get("after", -1) < e.true_start.timestamp() < asked.get("before", float("inf"))
    ]
    if "after" in asked:
        found.reverse()
    page, size = asked.get("page", 1), asked.get("per_page", 30)
    # What the token may not see is taken out of pages that were cut before.
    cut = found[(page - 1) * size : page * size]
    return cut if everything else [e for e in cut if not e.only_me]


class FakeStrava:
    """The routes over ``entries``, which may be added to while it serves.

    ``accepts`` says which bearer is good now; an athlete who is no ``subscriber`` is refused what
    costs money.
    """

    def __init__(
        self,
        entries: Iterable[Entry],
        scopes: frozenset[str] = EVERY_SCOPE,
        *,
        subscriber: bool = True,
        accepts: Callable[[str | None], bool] = lambda bearer: bearer == TOKEN,
    ) -> None:
        self.entries = list(entries)
        self.scopes = scopes
        self.subscriber = subscriber
        self.accepts = accepts
        self.api = FakeApi(
            {
                "GET /api/v3/athlete": self.athlete,
                "GET /api/v3/athlete/zones": self.athlete_zones,
                "GET /api/v3/athlete/activities": self.activities,
                "GET /api/v3/activities/{id}": self.activity,
                "GET /api/v3/activities/{id}/laps": self.laps,
                "GET /api/v3/activities/{id}/streams": self.streams,
                "GET /api/v3/activities/{id}/zones": self.zones,
                "GET /api/v3/gear/{id}": self.gear,
            }
        )

    @property
    def asked(self) -> list[str]:
        """The paths that were asked for, in order."""
        return [request.path.removeprefix("/api/v3") for request in self.api.requests]

    def allow(self, request: FakeRequest, *any_of: str) -> None:
        if not self.accepts(request.bearer):
            raise fault(401, "Authorization Error", "Athlete", "access_token", "invalid")
        if any_of and not self.scopes & set(any_of):
            permission = f"{any_of[0].partition('_')[0]}_permission"
            raise fault(401, "Authorization Error", "AccessToken", permission, "missing")

    async def athlete(self, request: FakeRequest) -> Reply:
        self.allow(request)
        request.only()
        body: dict[str, Any] = {
            "id": 4711, "username": "ada_on_wheels", "resource_state": 2, "firstname": "Ada",
            "lastname": "Example", "city": "Bern\u202e", "country": "Switzerland", "sex": "F",
            "created_at": "2014-03-02T10:11:12Z", "badge_type_id": 1,
        }  # fmt: skip
        if "profile:read_all" in self.scopes:
            body |= {"resource_state": 3, "weight": 61.5, "ftp": 241}
        return 200, body, RATE_HEADERS

    async def athlete_zones(self, request: FakeRequest) -> Reply:
        self.allow(request, "profile:read_all")
        request.only()
        heart, power = (0, 115, 152, 171, 190), (0, 133, 181, 217, 253, 289, 362)
        return (
            200,
            {
                "heart_rate": {"custom_zones": False, "zones": ranges(heart, 0)},
                "power": {"zones": ranges(power, 1)},
            },
            RATE_HEADERS,
        )

    async def activities(self, request: FakeRequest) -> Reply:
        self.allow(request, "activity:read", "activity:read_all")
        given = request.only("before", "after", "page", "per_page")
        asked = {name: self.whole(name, text) for name, text in given.items()}
        if asked.get("page", 1) < 1 or not 1 <= asked.get("per_page", 30) <= 200:
            raise fault(400, "Bad Request", "Activity", "per_page", "invalid")
        shown = listed(self.entries, asked, everything="activity:read_all" in self.scopes)
        return 200, [e.summary for e in shown], RATE_HEADERS

    async def activity(self, request: FakeRequest) -> Reply:
        found = self.find(request)
        request.only("include_all_efforts")
        return 200, found.detail, RATE_HEADERS

    async def laps(self, request: FakeRequest) -> Reply:
        found = self.find(request)
        request.only()
        return 200, laps(found.summary, found.true_start), RATE_HEADERS

    async def streams(self, request: FakeRequest) -> Reply:
        found = self.find(request)
        asked = request.only("keys", "key_by_type")
        keys = asked.get("keys", "").split(",")
        if not set(keys) <= STREAM_KEYS or asked.get("key_by_type") != "true":
            raise fault(400, "Bad Request", "Stream", "keys", "invalid")
        data = streams(found.summary, keys)
        if data is None:
            raise not_found("resource")
        return 200, data, RATE_HEADERS

    async def zones(self, request: FakeRequest) -> Reply:
        found = self.find(request)
        request.only()
        if not self.subscriber:
            raise Refused(402, {"message": "Payment Required", "errors": []}, RATE_HEADERS)
        return 200, zones(found.summary), RATE_HEADERS

    async def gear(self, request: FakeRequest) -> Reply:
        self.allow(request, "read", "read_all")
        request.only()
        gear_id = request.parts["id"]
        if gear_id not in GEAR:
            raise not_found("Gear")
        return 200, {"id": gear_id, "name": GEAR[gear_id], "distance": 1.0}, RATE_HEADERS

    def find(self, request: FakeRequest) -> Entry:
        self.allow(request, "activity:read", "activity:read_all")
        wanted = self.whole("id", request.parts["id"])
        for found in self.entries:
            if found.id == wanted and ("activity:read_all" in self.scopes or not found.only_me):
                return found
        raise not_found("Activity")

    @staticmethod
    def whole(name: str, text: str) -> int:
        if not (text.isascii() and text.isdecimal()) or int(text) >= TOP_ID:
            raise fault(400, "Bad Request", "Activity", name, "invalid")
        return int(text)


@asynccontextmanager
async def client_of(fake: FakeStrava, clock: FakeClock, token: str = TOKEN) -> AsyncIterator:
    """The real client on the fake's socket."""
    given = GivenToken(secret=token, account_id="4711", granted_scopes=fake.scopes)
    async with (
        fake.api,
        open_client(DESCRIPTOR, f"{fake.api.url}/api/v3", given, clock) as client,
    ):
        yield client


@asynccontextmanager
async def connected(
    fake: FakeStrava, *, clock: FakeClock | None = None, token: str = TOKEN
) -> AsyncIterator[FitnessProvider]:
    """The provider, connected to the fake."""
    clock = clock or FakeClock(NOW)
    async with (
        client_of(fake, clock, token) as client,
        open_provider(factory, ProviderConfig(name="strava"), clock, client) as provider,
    ):
        yield provider
