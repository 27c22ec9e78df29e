"""Garmin's Personal API for one athlete, on a socket of this machine, as strict as the real one.

It takes the parameters and windows of the description and no others, wants the right ``Accept``,
answers 500 to pages that are too long or of no stated length, exchanges keys for tokens of a day,
and turns away whoever asks more than a few things at once.
"""

import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta

import anyio
from garmin_history import (
    NOW,
    OWNER,
    SPORTS,
    Workout,
    has_data,
    hrv,
    night,
    summary,
    weights,
)

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
from pierre_mcp.testing.fake_api import Route
from providers.garmin import DESCRIPTOR, factory

KEY = "GCDC_made-up-key"
TOKEN = "made-up-token"
ZIP = "application/x-zip-compressed"
FILTERS = ("start", "limit", "startDate", "endDate", "activityType", "excludeChildren")
NOT_FOUND = {"message": "HTTP 404 Not Found", "error": "NotFoundException"}


def a_jwt(ends_at: datetime) -> str:
    parts = ({"alg": "none"}, {"exp": int(ends_at.timestamp())}, {})
    return ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts
    )


def days_of(first: str, last: str, most: int, *, too_many: int = 400) -> Iterator[date]:
    """The days of a window; ``too_many`` is how one that is too long is answered."""
    try:
        start, end = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        raise Refused(400, {}) from None
    if end < start:
        raise Refused(400, {})
    if (end - start).days >= most:
        raise Refused(too_many, {})
    return (start + timedelta(days=n) for n in range((end - start).days + 1))


class FakeGarmin:
    """The routes over ``workouts``, which may be added to while it serves."""

    def __init__(
        self,
        workouts: Iterable[Workout],
        *,
        now: Callable[[], datetime] = lambda: NOW,
        first_day: date = date(2025, 1, 1),
        allows_at_once: int = 2,
    ) -> None:
        self.workouts = list(workouts)
        self.now = now
        self.first_day = first_day
        self.allows_at_once = allows_at_once
        self.keys = {KEY}
        self.tokens = {TOKEN}
        self.exchanges = 0
        self.most_at_once = self._at_once = 0
        daily = "{startDate}/{endDate}"
        routes: dict[str, Callable[[FakeRequest], Awaitable[Reply]]] = {
            "/activitylist-service/activities/search/activities": self.activities,
            "/activity-service/activity/{id}": self.activity,
            "/download-service/files/activity/{id}": self.file,
            "/userprofile-service/userprofile/settings": self.settings,
            "/biometric-service/heartRateZones/v2": self.zones,
            "/usersummary-service/usersummary/daily": self.day,
            "/usersummary-service/v2/dailysummaries": self.summaries,
            "/sleep-service/sleep/dailySleepSummariesByDate": self.nights,
            f"/hrv-service/hrv/daily/{daily}": self.hrv,
            f"/weight-service/weight/range/{daily}": self.weights,
            "/fitnessage-service/fitnessage/v2/{day}": self.fitness_age,
        }
        self.api = FakeApi({f"GET {path}": self.guarded(route) for path, route in routes.items()})
        exchange = DESCRIPTOR.api_key.exchange  # type: ignore[union-attr]
        self.api.routes[f"POST {exchange.path}"] = self.exchange

    @property
    def asked(self) -> list[str]:
        """The paths that were asked for, in order."""
        return [request.path for request in self.api.requests]

    def end_tokens(self) -> None:
        """As when the key is made anew: tokens die early."""
        self.tokens.clear()

    def guarded(self, route: Callable[[FakeRequest], Awaitable[Reply]]) -> Route:
        async def answer(request: FakeRequest) -> Reply:
            wanted = ZIP if "/download-service/" in request.path else "application/json"
            if request.bearer not in self.tokens:
                raise Refused(401, {})
            if request.headers.get("accept") != wanted:
                raise Refused(406, {"error": "NotAcceptableException", "message": None})
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            try:
                for _ in range(10):
                    await anyio.lowlevel.checkpoint()
                if self._at_once > self.allows_at_once:
                    raise Refused(429, {}, {"Retry-After": "14"})
                return await route(request)
            finally:
                self._at_once -= 1

        return answer

    async def exchange(self, request: FakeRequest) -> Reply:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme != "ApiKey" or key not in self.keys or request.body:
            raise Refused(401, {})
        self.exchanges += 1
        token = a_jwt(self.now() + timedelta(days=1, seconds=self.exchanges))
        self.tokens.add(token)
        return 200, token, {}

    async def activities(self, request: FakeRequest) -> Reply:
        asked = request.only(*FILTERS)
        # Also where no length is stated: the server's own is too long for itself.
        if not 1 <= int(asked.get("limit", 100)) <= 45:
            raise Refused(500, {})
        begin, end = asked.get("startDate", "1900-01-01"), asked.get("endDate", "2999-12-31")
        if begin > end or int(asked.get("start", 0)) < 0:
            raise Refused(400, {})
        family = asked.get("activityType")
        found = [
            workout
            for workout in self.workouts
            if begin <= f"{workout.wall:%Y-%m-%d}" <= end and family in (None, SPORTS[workout.word])
        ]
        found.sort(key=lambda workout: (workout.wall, workout.id), reverse=True)
        start = int(asked.get("start", 0))
        return 200, [w.row for w in found[start : start + int(asked["limit"])]], {}

    async def activity(self, request: FakeRequest) -> Reply:
        request.only()
        return 200, self.find(request).detail, {}

    async def file(self, request: FakeRequest) -> Reply:
        request.only()
        packed = self.find(request).packed
        if packed is None:
            raise Refused(404, NOT_FOUND)
        return 200, packed, {"Content-Type": ZIP}

    def find(self, request: FakeRequest) -> Workout:
        for workout in self.workouts:
            if str(workout.id) == request.parts["id"]:
                return workout
        raise Refused(404, NOT_FOUND)

    async def settings(self, request: FakeRequest) -> Reply:
        request.only()
        told = {"displayName": "ada\u202e", "timeZone": "Europe/Zurich", "preferredLocale": "en"}
        return 200, told | {"measurementSystem": "metric"}, {}

    async def zones(self, request: FakeRequest) -> Reply:
        request.only("generateDefaults")
        floors = {f"zone{n}Floor": 76 + 19 * n for n in range(1, 6)}
        own = {"maxHeartRateUsed": 190, "restingHeartRateUsed": 49, "trainingMethod": "HR_MAX"}
        running = {name: floor + 9 for name, floor in floors.items()} | {"sport": "RUNNING"}
        return 200, [own | running, own | floors | {"sport": "DEFAULT"}], {}

    async def day(self, request: FakeRequest) -> Reply:
        day = date.fromisoformat(request.only("calendarDate")["calendarDate"])
        rate = 48 if has_data(day) else None
        told = {"userProfileId": OWNER, "calendarDate": f"{day}", "restingHeartRate": rate}
        return 200, told, {}

    async def summaries(self, request: FakeRequest) -> Reply:
        asked = request.only("startDate", "endDate")
        # Documented up to 365; what is longer than some 90 days ends so, and 31 are safe.
        days = days_of(asked["startDate"], asked["endDate"], 31, too_many=500)
        return 200, {"data": [summary(day) for day in days if self.is_there(day)]}, {}

    async def nights(self, request: FakeRequest) -> Reply:
        asked = request.only("startDate", "endDate")
        days = days_of(asked["startDate"], asked["endDate"], 31)
        nights = [night(day) for day in days if self.is_there(day)]
        return 200, [each for each in nights if each is not None], {}

    async def hrv(self, request: FakeRequest) -> Reply:
        request.only()
        days = days_of(request.parts["startDate"], request.parts["endDate"], 365)
        found = [each for day in days if self.is_there(day) and (each := hrv(day))]
        if not found:
            return 204, None, {}
        return 200, {"hrvSummaries": found, "userProfilePk": OWNER}, {}

    async def weights(self, request: FakeRequest) -> Reply:
        if request.only("includeAll").get("includeAll") not in ("true", "false"):
            raise Refused(400, {})
        days = days_of(request.parts["startDate"], request.parts["endDate"], 365)
        found = [each for day in days if self.is_there(day) and (each := weights(day))]
        average = dict.fromkeys(("weight", "bmi", "bodyFat", "muscleMass"))
        return 200, {"dailyWeightSummaries": found[::-1], "totalAverage": average}, {}

    async def fitness_age(self, request: FakeRequest) -> Reply:
        request.only("fullHistoryScan")
        if not self.is_there(date.fromisoformat(request.parts["day"])):
            return 204, None, {}
        return 200, {"chronologicalAge": 38, "fitnessAge": 33.4, "invalidReason": None}, {}

    def is_there(self, day: date) -> bool:
        return self.first_day <= day <= self.now().date()


@asynccontextmanager
async def client_of(fake: FakeGarmin, clock: FakeClock, token: str = TOKEN) -> AsyncIterator:
    """The real client on the fake's socket."""
    given = GivenToken(secret=token)
    async with fake.api, open_client(DESCRIPTOR, fake.api.url, given, clock) as client:
        yield client


@asynccontextmanager
async def connected(
    fake: FakeGarmin, *, clock: FakeClock | None = None, token: str = TOKEN
) -> AsyncIterator[FitnessProvider]:
    """The provider, connected to the fake."""
    clock = clock or FakeClock(NOW)
    async with (
        client_of(fake, clock, token) as client,
        open_provider(factory, ProviderConfig(name="garmin"), clock, client) as provider,
    ):
        yield provider
