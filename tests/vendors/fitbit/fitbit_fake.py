"""The Google Health API v4 for one athlete, on a socket of this machine, as strict as the real one.

It takes the parameters, filters and windows of the official description and no others, checks token
and scope, answers with Google's kinds of error, and its page tokens are good for their query only.
"""

import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from typing import Any

from fitbit_history import NOW, History, civil_date, tcx

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
from providers.fitbit import ACTIVITY, BODY, DESCRIPTOR, PLACES, PROFILE, SETTINGS, SLEEP, factory

TOKEN = "made-up-access-token"
EVERY_SCOPE = frozenset(DESCRIPTOR.default_scopes)
SCOPES = {
    "exercise": ACTIVITY, "steps": ACTIVITY, "total-calories": ACTIVITY, "sleep": SLEEP,
    "daily-vo2-max": ACTIVITY, "daily-resting-heart-rate": BODY, "daily-oxygen-saturation": BODY,
    "daily-heart-rate-variability": BODY, "daily-respiratory-rate": BODY, "weight": BODY,
    "daily-sleep-temperature-derivations": BODY, "daily-heart-rate-zones": BODY, "height": BODY,
    "body-fat": BODY,
}  # fmt: skip
COMPARED = {
    "exercise": "interval.civil_start_time", "sleep": "interval.civil_end_time",
    "weight": "sample_time.civil_time", "body-fat": "sample_time.civil_time",
    "height": "sample_time.civil_time",
}  # fmt: skip
ROLLED_UP = {"steps": 90, "total-calories": 14}
CLAUSE = re.compile(r'([a-z0-9_.]+) (>=|<) "([^"]+)"')
PREFIX = "/v4/users/me"


def fault(code: int, status: str, reason: str | None = None) -> Refused:
    error: dict[str, Any] = {"code": code, "message": "Not like this.", "status": status}
    if reason:
        kind = "type.googleapis.com/google.rpc.ErrorInfo"
        error["details"] = [{"@type": kind, "reason": reason, "domain": "googleapis.com"}]
    return Refused(code, {"error": error})


def key_of(kind: str) -> str:
    first, *rest = kind.split("-")
    return first + "".join(word.title() for word in rest)


def shown(clock: dict[str, Any]) -> str:
    """A civil time as a filter writes it."""
    time = clock.get("time", {})
    parts = (time.get(part, 0) for part in ("hours", "minutes", "seconds"))
    day = clock["date"]
    return f"{date(**day)}T{':'.join(f'{part:02}' for part in parts)}"


class FakeFitbit:
    """The routes over ``made``, which may be added to while it serves.

    ``accepts`` says which bearer is good now. ``filters`` is what it takes: "all" that is
    described, "lower" bounds only, or "none".
    """

    def __init__(
        self,
        made: History,
        scopes: frozenset[str] = EVERY_SCOPE,
        *,
        filters: str = "all",
        accepts: Callable[[str | None], bool] = lambda bearer: bearer == TOKEN,
    ) -> None:
        self.made = made
        self.scopes = scopes
        self.filters = filters
        self.accepts = accepts
        self.media = True
        self.api = FakeApi(
            {
                f"GET {PREFIX}/identity": self.identity,
                f"GET {PREFIX}/profile": self.profile,
                f"GET {PREFIX}/settings": self.settings,
                f"GET {PREFIX}/dataTypes/{{type}}/dataPoints": self.listed,
                f"GET {PREFIX}/dataTypes/{{type}}/dataPoints:reconcile": self.reconciled,
                f"GET {PREFIX}/dataTypes/{{type}}/dataPoints/{{id}}": self.one,
                f"POST {PREFIX}/dataTypes/{{type}}/dataPoints:dailyRollUp": self.rolled_up,
            }
        )

    @property
    def asked(self) -> list[str]:
        """The paths that were asked for, in order."""
        return [request.path.removeprefix(PREFIX) for request in self.api.requests]

    def allow(self, request: FakeRequest, *all_of: str) -> None:
        if not self.accepts(request.bearer):
            raise fault(401, "UNAUTHENTICATED")
        if not self.scopes.issuperset(all_of):
            raise fault(403, "PERMISSION_DENIED", "ACCESS_TOKEN_SCOPE_INSUFFICIENT")

    async def identity(self, request: FakeRequest) -> Reply:
        self.allow(request)
        self.only(request)
        body = {"name": "users/me/identity", "healthUserId": "111", "legacyUserId": "A1B2C3"}
        return 200, body, {}

    async def profile(self, request: FakeRequest) -> Reply:
        self.allow(request, PROFILE)
        self.only(request)
        joined = civil_date(date(2019, 4, 5))
        body = {"name": "users/111/profile", "age": 41, "membershipStartDate": joined}
        return 200, body, {}

    async def settings(self, request: FakeRequest) -> Reply:
        self.allow(request, SETTINGS)
        self.only(request)
        body = {"name": "users/111/settings", "timeZone": "Europe/Zurich", "utcOffset": "3600s"}
        return 200, body, {}

    async def listed(self, request: FakeRequest) -> Reply:
        return 200, self.page(request), {}

    async def reconciled(self, request: FakeRequest) -> Reply:
        page, kind = self.page(request), request.parts["type"]
        page["dataPoints"] = [
            {key_of(kind): point[key_of(kind)]}
            | ({"dataPointName": point["name"]} if "name" in point else {})
            for point in page.get("dataPoints", ())
        ]
        return 200, page, {}

    async def one(self, request: FakeRequest) -> Reply:
        kind, (number, _, verb) = request.parts["type"], request.parts["id"].partition(":")
        self.allow(request, SCOPES.get(kind, ACTIVITY))
        if kind not in ("exercise", "sleep") or not re.fullmatch(r"\d{1,19}", number):
            raise fault(400, "INVALID_ARGUMENT")
        found = [p for p in self.made.points[kind] if p["name"].endswith(f"/{number}")]
        if not found:
            raise fault(404, "NOT_FOUND")
        if not verb:
            self.only(request)
            return 200, found[0], {}
        if verb != "exportExerciseTcx" or kind != "exercise":
            raise fault(404, "NOT_FOUND")
        self.allow(request, ACTIVITY, PLACES)
        asked = self.only(request, "alt", "partialData")
        has_gps = found[0]["exercise"]["exerciseMetadata"].get("hasGps")
        if not has_gps and asked.get("partialData") != "true":
            raise fault(404, "NOT_FOUND")
        if asked.get("alt") == "media" and self.media:
            return 200, tcx(found[0]), {"content-type": "application/vnd.garmin.tcx+xml"}
        return 200, {"tcxData": tcx(found[0])}, {}

    async def rolled_up(self, request: FakeRequest) -> Reply:
        kind = request.parts["type"]
        self.allow(request, SCOPES.get(kind, ACTIVITY))
        self.only(request)
        body = request.json()
        if kind not in ROLLED_UP or set(body) - {"range", "windowSizeDays", "pageSize"}:
            raise fault(400, "INVALID_ARGUMENT")
        try:
            ends = [date(**body["range"][end]["date"]) for end in ("start", "end")]
        except (KeyError, TypeError, ValueError):
            raise fault(400, "INVALID_ARGUMENT") from None
        length = (ends[1] - ends[0]).days
        if not 0 < length <= ROLLED_UP[kind] or body.get("windowSizeDays", 1) != 1:
            raise fault(400, "INVALID_ARGUMENT")
        return 200, {"rollupDataPoints": list(self.sums(kind, ends[0], length))}, {}

    def sums(self, kind: str, first: date, length: int) -> Iterator[dict[str, Any]]:
        for number in range(length):
            day = first + timedelta(days=number)
            window = {
                "civilStartTime": {"date": civil_date(day)},
                "civilEndTime": {"date": civil_date(day + timedelta(days=1))},
            }
            if kind == "steps" and day in self.made.steps:
                yield {**window, "steps": {"countSum": str(self.made.steps[day])}}
            if kind == "total-calories" and day in self.made.calories:
                yield {**window, "totalCalories": {"kcalSum": self.made.calories[day]}}

    def page(self, request: FakeRequest) -> dict[str, Any]:
        kind = request.parts["type"]
        self.allow(request, SCOPES.get(kind, ACTIVITY))
        asked = self.only(request, "filter", "pageSize", "pageToken")
        largest = 25 if kind in ("exercise", "sleep") else 10_000
        size = asked.get("pageSize", str(min(largest, 1440)))
        if kind not in SCOPES or kind in ROLLED_UP or not re.fullmatch(r"[1-9]\d{0,5}", size):
            raise fault(400, "INVALID_ARGUMENT")
        if int(size) > largest:
            raise fault(400, "INVALID_ARGUMENT")
        found = self.filtered(kind, asked.get("filter", ""))
        query, _, place = asked.get("pageToken", "").rpartition("|")
        if "pageToken" in asked and query != f"{kind}|{asked.get('filter', '')}|{size}":
            raise fault(400, "INVALID_ARGUMENT")
        begin, end = int(place or 0), int(place or 0) + int(size)
        more = f"{kind}|{asked.get('filter', '')}|{size}|{end}"
        # As Google's JSON does, it leaves out what is empty.
        page = {"dataPoints": found[begin:end]} if found[begin:end] else {}
        return page | ({"nextPageToken": more} if end < len(found) else {})

    def filtered(self, kind: str, text: str) -> list[dict[str, Any]]:
        """What the filter lets through, newest first; 400 for one that is not described.

        Of what starts together the lower id comes first, which is not our order.
        """
        tests: list[tuple[str, str]] = []
        compared = f"{kind.replace('-', '_')}.{COMPARED.get(kind, 'date')}"
        for clause in text.split(" AND ") if text else ():
            match = CLAUSE.fullmatch(clause)
            if match is None or match[1] != compared or self.filters == "none":
                raise fault(400, "INVALID_ARGUMENT")
            try:
                whole = (date if compared.endswith(".date") else datetime).fromisoformat(match[3])
            except ValueError:
                raise fault(400, "INVALID_ARGUMENT") from None
            if getattr(whole, "tzinfo", None) or (match[2] == "<" and self.filters == "lower"):
                raise fault(400, "INVALID_ARGUMENT")
            tests.append((match[2], match[3]))
        if len({sign for sign, _ in tests}) < len(tests):
            raise fault(400, "INVALID_ARGUMENT")
        points = sorted(self.made.points.get(kind, ()), key=lambda point: point.get("name", ""))
        found = [(self.moment(kind, point[key_of(kind)]), point) for point in points]

        def starts(each: tuple[str, dict[str, Any]]) -> str:
            interval = each[1][key_of(kind)].get("interval")
            return interval["startTime"] if interval else each[0]

        return [
            point
            for moment, point in sorted(found, key=starts, reverse=True)
            if all(moment >= bound if sign == ">=" else moment < bound for sign, bound in tests)
        ]

    @staticmethod
    def moment(kind: str, told: dict[str, Any]) -> str:
        if kind in ("exercise", "sleep"):
            side = "civilStartTime" if kind == "exercise" else "civilEndTime"
            return shown(told["interval"][side])
        if "sampleTime" in told:
            return shown(told["sampleTime"]["civilTime"])
        return date(**told["date"]).isoformat()

    @staticmethod
    def only(request: FakeRequest, *names: str) -> dict[str, str]:
        try:
            return request.only(*names)
        except Refused:
            raise fault(400, "INVALID_ARGUMENT") from None


@asynccontextmanager
async def client_of(fake: FakeFitbit, clock: FakeClock) -> AsyncIterator:
    """The real client on the fake's socket."""
    given = GivenToken(secret=TOKEN, granted_scopes=fake.scopes)
    async with fake.api, open_client(DESCRIPTOR, f"{fake.api.url}/v4", given, clock) as client:
        yield client


@asynccontextmanager
async def connected(
    fake: FakeFitbit, *, clock: FakeClock | None = None
) -> AsyncIterator[FitnessProvider]:
    """The provider, connected to the fake."""
    clock = clock or FakeClock(NOW)
    async with (
        client_of(fake, clock) as client,
        open_provider(factory, ProviderConfig(name="fitbit"), clock, client) as provider,
    ):
        yield provider
