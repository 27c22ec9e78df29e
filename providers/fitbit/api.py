"""The calls to the Google Health API v4: paths, filters, pages, and how many a question may cost.

What comes back is mapped elsewhere. Statistics and records are left to the core: the API has none.
Exercises come from the list, whose order is described; everything else is what the API reconciles
from all of a person's devices and apps.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, TypeVar

from pierre_mcp.client.ranges import windows
from pierre_mcp.errors import (
    InvalidResponse,
    MissingScope,
    NotFound,
    ProviderError,
    RecordingError,
)
from pierre_mcp.models import (
    Activity,
    Athlete,
    DataWarning,
    HealthMetrics,
    Page,
    RecoveryMetrics,
    SleepSession,
    WarningCode,
)
from pierre_mcp.models.limits import Checker
from pierre_mcp.models.reading import Unreadable
from pierre_mcp.recordings import read_recording
from pierre_mcp.spi import ActivityQuery, FitnessProvider, Include
from providers.fitbit import BODY, PLACES
from providers.fitbit.days import HEALTH, NIGHTLY, RECOVERY, Dated, by_day, dated, nights_of
from providers.fitbit.kinds import (
    EXERCISE,
    HEART_RATE_ZONES,
    HEIGHT,
    ROLLUP_DAYS,
    SLEEP,
    TOTAL_CALORIES,
    WEIGHT,
    Kind,
)
from providers.fitbit.listing import Listing
from providers.fitbit.mapping import (
    PROVIDER,
    activities_of,
    activity_of,
    athlete_of,
    file_of,
    id_of,
    laps_of,
    streams_of,
    zones_of,
)
from providers.fitbit.wire import Row, inner

MAX_LIST_REQUESTS = 12
"""The most pages of 25 that one question for a list of exercises reads of what is older than its
cursor: 200, and a few to spare."""
MAX_RANGE_REQUESTS = 60
"""The most pages of one type of data that a range of days reads: some 1,500 nights. The API allows
300 requests a minute for a person."""
CALORIES_DAYS = 364
"""Total calories are rolled up for 14 days at a time: for so many days at most."""

_FIRST_DAY = date(2009, 1, 1)
"""There was no such device before."""
_DAY = timedelta(days=1)
_NO_PLACES = (
    "Streams need the permission for places, which was not given. Connect Fitbit again and leave "
    "every box ticked."
)
_NO_SCOPE = "A part needs a permission that was not given: "
_Found = list[tuple[Kind, Dated]]
R = TypeVar("R")
D = TypeVar("D", RecoveryMetrics, HealthMetrics)


class FitbitProvider(FitnessProvider):
    """One athlete at Google Health."""

    async def get_athlete(self) -> Athlete:
        """Who it is, with the newest weight and height: five requests, fewer without permission."""
        identity = await self.api.get_json("/users/me/identity")
        profile = await self._permitted("/users/me/profile")
        settings = await self._permitted("/users/me/settings")
        body = []
        for kind in (WEIGHT, HEIGHT):
            newest = await self._permitted(kind.path, pageSize=1)
            points = inner(newest, "dataPoints")
            body.append(inner(points[0], kind.key) if isinstance(points, list) and points else None)
        try:
            return athlete_of(identity, profile, settings, body)
        except Unreadable as problem:
            raise _malformed(str(problem)) from None

    async def get_activities(self, query: ActivityQuery) -> Page[Activity]:
        """Exercises of all sports; 25 cost one request, and a sport is picked out here.

        Where the upper bound is refused, what is newer than the cursor is read again.
        """
        listing, token, read = Listing(query), None, 0
        for _ in range(MAX_RANGE_REQUESTS):
            if listing.is_answered or read == MAX_LIST_REQUESTS:
                break
            points, token = await self._page(EXERCISE, EXERCISE.path, listing.filters, token)
            listing.take_in(*activities_of(points), is_last=token is None)
            read += listing.is_reached
        if not listing.page().complete:
            listing.note(
                [_shortened("Google takes no upper bound: what is older is out of reach.")]
            )
        return listing.page()

    async def get_activity(
        self, activity_id: str, include: frozenset[Include] = frozenset()
    ) -> Activity:
        """One exercise: one request, and one each for streams and for the bounds of zones."""
        unknown = NotFound(
            PROVIDER, "There is no activity with that id. get_activities lists the ids."
        )
        # An id goes into a path: what is none is not asked for.
        if id_of(activity_id) != activity_id:
            raise unknown
        try:
            point = await self.api.get_json(f"{EXERCISE.path}/{activity_id}")
            activity = activity_of(point)
        except Unreadable as problem:
            raise _malformed(f"an exercise cannot be read: {problem}") from None
        except ProviderError as refused:
            # Ids are said to be long integers, and another text may be called invalid (2026-11).
            raise unknown if _is_refusal(refused) else refused from None
        check, exercise = Checker(activity.id), inner(point, "exercise")
        known: dict[str, Any] = {}
        if Include.LAPS in include:
            known["laps"] = laps_of(exercise, activity.sport_type, check)
        if Include.ZONES in include and inner(exercise, "metricsSummary", "heartRateZoneDurations"):
            day = activity.local_date
            days, notes, _ = await self._all([HEART_RATE_ZONES], day, day)
            check.warnings += notes
            known["zones"] = zones_of(exercise, days[0][1].data if days else None, check)
        if Include.STREAMS in include and not activity.manual:
            known |= await self._recorded(activity, check)
        return activity.model_copy(
            update={**known, "warnings": (*activity.warnings, *check.warnings)}
        )

    async def get_sleep_sessions(self, start: date, end: date) -> Page[SleepSession]:
        """Nights and naps, with what was measured over the night where that is permitted."""
        found, warnings = await self._days(SLEEP, start, end)
        nightly: _Found = []
        notes = [_not_permitted(kind) for kind in NIGHTLY] if found else []
        if found and BODY in self.api.granted_scopes:
            nightly, notes, _ = await self._all(NIGHTLY, start, end)
        nights = nights_of([night for _, night in found], by_day(nightly, RECOVERY))
        warnings += [*notes, *_lost(SLEEP, len(found) - len(nights))]
        return _page_of(nights, warnings)

    async def get_recovery_metrics(self, start: date, end: date) -> Page[RecoveryMetrics]:
        """What the body told of its recovery: five requests for up to four years."""
        return await self._by_day(RecoveryMetrics, RECOVERY, start, end)

    async def get_health_metrics(self, start: date, end: date) -> Page[HealthMetrics]:
        """Body measurements and the sums of days: five requests for two weeks, 35 for a year."""
        return await self._by_day(HealthMetrics, HEALTH, start, end)

    async def health_check(self) -> None:
        """The identity answers."""
        await self.api.get_json("/users/me/identity")

    async def _page(
        self, kind: Kind, path: str, filters: list[str], token: str | None
    ) -> tuple[list[Any], str | None]:
        """The data points of a page, and the token of the next.

        A live test of July 2026 found filters refused that are described: no upper bounds, none at
        all for sleep (one source). So a refused filter is dropped for the next in ``filters``, and
        whoever asks cuts for themselves.
        """
        while True:
            asked: dict[str, str | int] = {"pageSize": kind.page_size}
            if filters[0]:
                asked["filter"] = filters[0]
            if token:
                asked["pageToken"] = token
            # Only of lists is it described that the newest come first.
            way = path if filters[0] else kind.path
            try:
                payload = await self.api.get_json(way, asked)
            except ProviderError as refused:
                if token or len(filters) == 1 or not _is_refusal(refused):
                    raise
                del filters[0]
                continue
            points, token = inner(payload, "dataPoints"), inner(payload, "nextPageToken")
            if not isinstance(payload, dict) or not isinstance(points, list | None):
                raise _malformed("a list of data points is none.")
            return points or [], token if isinstance(token, str) and token else None

    async def _days(self, kind: Kind, first: date, last: date) -> tuple[_Found, list[DataWarning]]:
        """The data points of one type by their day, of the days asked for."""
        first, last = self._within(first, last)
        found: _Found = []
        if first > last:
            return found, []
        filters, token = kind.filters(first.isoformat(), (last + _DAY).isoformat()), None
        lost = 0
        for _ in range(MAX_RANGE_REQUESTS):
            points, token = await self._page(kind, f"{kind.path}:reconcile", filters, token)
            known = [each for point in points if (each := dated(kind, point)) is not None]
            lost += len(points) - len(known)
            found += [(kind, each) for each in known if first <= each.day <= last]
            # Newest first by their beginning: from a day below the first on, none is wanted.
            if token is None or (known and min(each.day for each in known) < first - _DAY):
                return found, _lost(kind, lost)
        return found, [*_lost(kind, lost), _shortened(f"Not all {_words(kind)} was read.")]

    async def _rolled_up(
        self, kind: Kind, first: date, last: date
    ) -> tuple[_Found, list[DataWarning]]:
        """The sums of days, in windows of as many as the API allows."""
        first, last = self._within(first, last)
        warnings = []
        if kind is TOTAL_CALORIES and first <= last - timedelta(days=CALORIES_DAYS):
            first = last - timedelta(days=CALORIES_DAYS - 1)
            warnings.append(_shortened(f"Total calories are told from {first.isoformat()} on."))
        found: _Found = []
        for begins, ends in windows(first, last, ROLLUP_DAYS[kind]):
            window = {"start": _civil(begins), "end": _civil(ends + _DAY)}
            payload = await self.api.post_json(
                f"{kind.path}:dailyRollUp", {"range": window, "windowSizeDays": 1}
            )
            points = inner(payload, "rollupDataPoints")
            if not isinstance(points, list | None):
                raise _malformed("a roll-up is none.")
            known = [each for point in points or () if (each := dated(kind, point)) is not None]
            found += [(kind, each) for each in known if begins <= each.day <= ends]
        return found, warnings

    async def _by_day(
        self, model: type[D], table: Mapping[Kind, tuple[Row, ...]], start: date, end: date
    ) -> Page[D]:
        """The values that ``table`` names, by their days; refused where none is permitted."""
        found, warnings, refused = await self._all(table, start, end)
        if len(refused) == len(table):
            raise refused[0]
        days = [
            model(provider=PROVIDER, date=day, warnings=tuple(check.warnings), **values)
            for day, (values, check) in by_day(found, table).items()
        ]
        return _page_of(days, warnings)

    async def _all(
        self, kinds: Iterable[Kind], start: date, end: date
    ) -> tuple[_Found, list[DataWarning], list[MissingScope]]:
        """Every type of data; one that is not permitted leaves its values unknown."""
        found: _Found = []
        warnings: list[DataWarning] = []
        refused: list[MissingScope] = []
        for kind in kinds:
            try:
                read = self._rolled_up if kind in ROLLUP_DAYS else self._days
                points, notes = await read(kind, start, end)
            except MissingScope as refusal:
                refused.append(refusal)
                points, notes = [], [_not_permitted(kind)]
            found += points
            warnings += notes
        return found, warnings, refused

    async def _recorded(self, activity: Activity, check: Checker) -> dict[str, Any]:
        """What the exported file holds; not having it is no reason to fail, but to say so."""
        if PLACES not in self.api.granted_scopes:
            check.say(WarningCode.NOT_PERMITTED, "streams", _NO_PLACES)
            return {}
        path = f"{EXERCISE.path}/{activity.id}:exportExerciseTcx"
        try:
            # The newer reference wants alt=media; without it the file is a text in JSON (2026-11).
            content = await self.api.get_bytes(path, {"alt": "media", "partialData": "true"})
            read = read_recording(file_of(content), provider=PROVIDER, record_id=activity.id)
        except NotFound:
            return {}
        except MissingScope:
            check.say(WarningCode.NOT_PERMITTED, "streams", _NO_PLACES)
            return {}
        except RecordingError:
            check.note("streams", "come in a file that cannot be read")
            return {}
        except ProviderError as refused:
            if not _is_refusal(refused):
                raise
            check.note("streams", "could not be exported")
            return {}
        streams = streams_of(read.activities, activity, check)
        place = read.activities[0].start_latlng if streams else None
        return {"streams": streams, "start_latlng": place}

    async def _permitted(self, path: str, **parameters: int) -> Any:
        """The answer, or ``None`` where the person did not permit it."""
        try:
            return await self.api.get_json(path, parameters)
        except MissingScope:
            return None

    def _within(self, first: date, last: date) -> tuple[date, date]:
        """The days of which there can be data: until tomorrow, which it may be in the east."""
        return max(first, _FIRST_DAY), min(last, self.now().date() + _DAY)


def _is_refusal(failed: ProviderError) -> bool:
    """Whether the request itself was refused, and nothing more is known."""
    return type(failed) is ProviderError


def _page_of(items: Sequence[R], warnings: Sequence[DataWarning]) -> Page[R]:
    shortened = any(warning.code is WarningCode.PERIOD_SHORTENED for warning in warnings)
    return Page(items=tuple(items), complete=not shortened, warnings=tuple(warnings))


def _civil(day: date) -> Mapping[str, Any]:
    return {"date": {"year": day.year, "month": day.month, "day": day.day}}


def _words(kind: Kind) -> str:
    return kind.name.removeprefix("daily-").replace("-", " ")


def _not_permitted(kind: Kind) -> DataWarning:
    return DataWarning(code=WarningCode.NOT_PERMITTED, detail=_NO_SCOPE + _words(kind))


def _shortened(detail: str) -> DataWarning:
    return DataWarning(code=WarningCode.PERIOD_SHORTENED, detail=detail)


def _lost(kind: Kind, count: int) -> list[DataWarning]:
    if not count:
        return []
    detail = f"{count} of {_words(kind)} cannot be read and left out."
    return [DataWarning(code=WarningCode.RECORD_UNREADABLE, detail=detail)]


def _malformed(problem: str) -> InvalidResponse:
    return InvalidResponse(PROVIDER, f"Google Health answered something unreadable: {problem}")
