"""COROS's partner API for one athlete, on a socket of this machine, as strict as it is known to be.

Token and openId stand in the query of every call, windows have 30 days at most and reach back three
months, and every refusal is a code inside an answer of 200. The files are real FIT files.
"""

import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import fit_writer as fit

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
from providers.coros import DESCRIPTOR, factory

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
TOKEN, OPEN_ID = "rg1-canary-of-a-token", "canary-of-an-open-id"
SPORTS = ((8, 1), (8, 2), (9, 1), (9, 2), (15, 1), (16, 1), (23, 1), (999, 7))
ZONES = (-32, 0, 4, 22, 56)
NO_DATA = {"result": "5016", "message": "No data found"}


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What COROS holds; workouts and days as they come over the wire."""

    workouts: list[dict[str, Any]] = field(default_factory=list)
    days: list[dict[str, Any]] = field(default_factory=list)


def history(seed: int, count: int = 70, days: int = 80) -> History:
    dice = random.Random(seed)
    start = int(NOW.timestamp()) - 9000
    workouts = []
    for number in range(count):
        if number and dice.random() > 0.1:
            start -= dice.randint(20_000, 150_000)
        workouts.append(workout(dice, start))
    return History(workouts=workouts, days=[day(dice, number) for number in range(days)])


def workout(dice: random.Random, start: int, **changes: Any) -> dict[str, Any]:
    mode, submode = dice.choice(SPORTS)
    seconds = dice.randint(100, 300)
    made: dict[str, Any] = {
        "labelId": str(dice.randrange(10**17, 10**18)),
        "mode": mode,
        "subMode": submode,
        "deviceName": "Watch\u202e 3",
        "distance": 8.0 * seconds if mode in (8, 9, 15) else 0,
        "calorie": 652_000.0,
        "avgSpeed": 312.0,
        "avgFrequency": 172 if mode in (8, 15, 16) else 60,
        "step": 9034,
        "duration": seconds,
        "startTime": start,
        "endTime": start + seconds,
        "startTimezone": dice.choice(ZONES),
        "fieldOfNextYear": [None],
    }
    if dice.random() < 0.1:
        made |= {"deviceName": None, "avgFrequency": None, "startTimezone": None}
    return {**made, **changes}


def day(dice: random.Random, number: int) -> dict[str, Any]:
    told = NOW.date() - timedelta(days=number)
    made: dict[str, Any] = {
        "happenDay": int(f"{told:%Y%m%d}"), "step": 9000, "calorie": 2310.0,
        "rhr": dice.randint(42, 60), "hrvList": [],
    }  # fmt: skip
    if dice.random() < 0.8:
        made |= {
            "sleepStartTime": f"{told - timedelta(days=1)} 22:4{dice.randrange(10)}:00",
            "sleepEndTime": f"{told} 06:1{dice.randrange(10)}:30",
            "sleepAvgHr": 52,
            "ppgHrv": dice.choice((61, 0, None)),
        }
    return made


def recorded(told: dict[str, Any]) -> bytes:
    """The file of a workout, a sample a second."""
    start = datetime.fromtimestamp(told["startTime"], UTC)
    run = told["mode"] in (8, 15)
    ride = fit.ride(start, told["duration"], sport=1 if run else 2, np=210)
    times = (5_000, 10_000, 40_000, told["duration"] * 1000 - 60_000, 4_000, 1_000, 0)
    zones = {"of": 18, "index": 0, "hr_times": times, "hr_bounds": (95, 114, 133, 152, 171, 190)}
    return fit.file(fit.file_id(), ride, fit.message(fit.TIME_IN_ZONE, zones))


def refused(code: str) -> Refused:
    return Refused(200, {"result": code, "message": "no"})


class FakeCoros:
    """The routes over ``held``; ``accepts`` says which token is good now."""

    def __init__(
        self,
        held: History,
        *,
        accepts: Callable[[str | None], bool] = lambda token: token == TOKEN,
        now: Callable[[], datetime] = lambda: NOW,
    ) -> None:
        self.held = held
        self.accepts = accepts
        self.now = now
        self.api = FakeApi(
            {
                "GET /v2/coros/sport/list": self.workouts,
                "GET /v2/coros/sport/detail/fit": self.detail,
                "GET /coros/daily/query": self.days,
                "GET /coros/bindState": self.bound,
                "GET /fit/{name}": self.file,
            }
        )

    @property
    def asked(self) -> list[str]:
        return [request.path for request in self.api.requests]

    def allow(self, request: FakeRequest, *names: str) -> dict[str, str]:
        try:
            asked = request.only("token", "openId", *names)
        except Refused:
            raise refused("5001") from None
        if set(asked) != {"token", "openId", *names} or "authorization" in request.headers:
            raise refused("5001")
        if not self.accepts(asked["token"]):
            raise refused("5006")
        if asked["openId"] != OPEN_ID:
            raise refused("5010")
        return asked

    def window(self, request: FakeRequest) -> tuple[date, date]:
        asked = self.allow(request, "startDate", "endDate")
        try:
            start, end = (
                datetime.strptime(asked[name], "%Y%m%d").date()  # noqa: DTZ007
                for name in ("startDate", "endDate")
            )
        except ValueError:
            raise refused("5001") from None
        oldest = self.now().date() - timedelta(days=92)
        if not oldest <= start <= end <= start + timedelta(days=30):
            raise refused("5001")
        return start, end

    async def workouts(self, request: FakeRequest) -> Reply:
        start, end = self.window(request)
        shown = [told for told in self.held.workouts if start <= local_day(told) <= end]
        return 200, {"result": "0000", "message": "OK", "data": shown} if shown else NO_DATA, {}

    async def days(self, request: FakeRequest) -> Reply:
        start, end = (int(f"{day:%Y%m%d}") for day in self.window(request))
        shown = [told for told in self.held.days if start <= told["happenDay"] <= end]
        data = {"dailyList": shown}
        return 200, {"result": "0000", "message": "OK", "data": data} if shown else NO_DATA, {}

    async def detail(self, request: FakeRequest) -> Reply:
        asked = self.allow(request, "labelId", "mode", "subMode")
        for told in self.held.workouts:
            if all(str(told[name]) == asked[name] for name in ("labelId", "mode", "subMode")):
                url = f"{self.api.url}/fit/{told['labelId']}.fit"
                return 200, {"result": "0000", "message": "OK", "data": {**told, "fitUrl": url}}, {}
        return 200, NO_DATA, {}

    async def bound(self, request: FakeRequest) -> Reply:
        self.allow(request)
        return 200, {"result": "0000", "message": "OK", "data": {"bindState": 1}}, {}

    async def file(self, request: FakeRequest) -> Reply:
        if request.query or "authorization" in request.headers:
            raise Refused(403)
        label = request.parts["name"].removesuffix(".fit")
        told = next((one for one in self.held.workouts if one["labelId"] == label), None)
        return (404, None, {}) if told is None else (200, recorded(told), {})


def local_day(told: dict[str, Any]) -> date:
    return datetime.fromtimestamp(
        told["startTime"] + (told["startTimezone"] or 0) * 900, UTC
    ).date()


@asynccontextmanager
async def client_of(fake: FakeCoros, clock: FakeClock, token: str = TOKEN) -> AsyncIterator:
    given = GivenToken(secret=token, account_id=OPEN_ID)
    async with fake.api, open_client(DESCRIPTOR, fake.api.url, given, clock) as client:
        yield client


@asynccontextmanager
async def connected(fake: FakeCoros, *, token: str = TOKEN) -> AsyncIterator[FitnessProvider]:
    """The provider, connected to the fake."""
    clock = FakeClock(NOW)
    async with (
        client_of(fake, clock, token) as client,
        open_provider(factory, ProviderConfig(name="coros"), clock, client) as provider,
    ):
        yield provider
