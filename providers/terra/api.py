"""The calls to Terra's API v2: paths, parameters, and how many requests a question may cost.

What comes back is mapped elsewhere. Statistics and records are left to the core, for Terra has none
of its own. Every request asks for the answer itself: Terra's default is to send it to a webhook.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any, TypeVar

from pierre_mcp.client.ranges import gather
from pierre_mcp.errors import InvalidResponse, NotFound, ProviderServerError
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
from pierre_mcp.models.reading import Unreadable, each
from pierre_mcp.spi import ActivityQuery, FitnessProvider, Include
from providers.terra.days import (
    days_of,
    health_of_body,
    health_of_day,
    notes_of_rowless,
    recovery_of_day,
    recovery_of_night,
)
from providers.terra.listing import FIRST_DAY, Listing, ranges
from providers.terra.mapping import (
    activity_of,
    athlete_of,
    brand_of,
    day_and_summary_id,
    id_of,
    night_of,
    standing,
)
from providers.terra.series import laps_of, streams_of
from providers.terra.wire import PROVIDER, part

MAX_LIST_REQUESTS = 10
"""The most windows that one question for a list of activities reads: nine months."""
MAX_DAYS = 731
"""Of a range of nights or days, the last ones: 28 requests of each kind. Terra gives 6,000 days of
one person's data an hour, and 1,825 a request."""

_DAY = timedelta(days=1)
_DELAYED = frozenset({"large_request_processing", "large_request_sending", "processing"})

R = TypeVar("R")
Read = Callable[[Any, str | None], R]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The payloads of an answer, which brand they are of, and whether they come later instead."""

    payloads: list[Any]
    brand: str | None
    delayed: bool = False

    def each(self, read: Read[R], what: str) -> tuple[list[R], list[DataWarning]]:
        """What could be read, and a warning for each that could not."""
        return each(self.payloads, lambda payload: read(payload, self.brand), what)


class TerraProvider(FitnessProvider):
    """One athlete's account at one brand, by way of Terra."""

    async def get_athlete(self) -> Athlete:
        """The profile at the brand: one request."""
        payload = await self.api.get_json("/athlete", {"to_webhook": "false"})
        if not isinstance(payload, dict) or not isinstance(payload.get("athlete"), dict):
            raise _later("the profile")
        try:
            return athlete_of(payload)
        except Unreadable as problem:
            raise _malformed(str(problem)) from None

    async def get_activities(self, query: ActivityQuery) -> Page[Activity]:
        """Activities; a request for each four weeks, and at most ``MAX_LIST_REQUESTS``.

        A sport is picked out here; a page that is not full and has a cursor is where that ended.
        """
        listing = Listing(query, self.now())
        for _ in range(MAX_LIST_REQUESTS):
            window = listing.window
            if window is None:
                break
            answer = await self._ask("/activity", *window)
            found, notes = _standing(answer).each(activity_of, "An activity")
            notes += _notes_of(answer, *window)
            listing.add(found, notes, delayed=answer.delayed)
        return listing.page()

    async def get_activity(
        self, activity_id: str, include: frozenset[Include] = frozenset()
    ) -> Activity:
        """One activity: one request for the days around the one in its id.

        Terra finds an activity by its day only, and lists may begin anywhere on it.
        """
        known = day_and_summary_id(activity_id)
        nowhere = NotFound(
            PROVIDER, "There is no activity with that id. get_activities lists the ids."
        )
        if known is None or not FIRST_DAY < known[0] <= self.now().date() + _DAY:
            raise nowhere
        samples = bool(include & {Include.LAPS, Include.STREAMS})
        answer = await self._ask("/activity", known[0] - _DAY, known[0] + 2 * _DAY, samples=samples)
        if answer.delayed:
            raise _later("that day")
        for payload in _standing(answer).payloads:
            if id_of(payload) == activity_id:
                return _with_parts(payload, activity_of(payload, answer.brand), include)
        raise nowhere

    async def get_sleep_sessions(self, start: date, end: date) -> Page[SleepSession]:
        """Nights and naps; a request for each four weeks."""
        nights, notes = await self._range(start, end, ("/sleep", night_of, "A night"))
        chosen = {night.id: night for night in nights if start <= night.date <= end}
        ordered = sorted(chosen.values(), key=lambda night: (night.date, night.end_time, night.id))
        return _page(tuple(reversed(ordered)), notes)

    async def get_recovery_metrics(self, start: date, end: date) -> Page[RecoveryMetrics]:
        """What days and their nights say; two requests for each four weeks."""
        found, notes = await self._range(
            start,
            end,
            ("/sleep", recovery_of_night, "A night"),
            ("/daily", recovery_of_day, "A day"),
        )
        notes += notes_of_rowless(found, start, end)
        return _page(days_of(RecoveryMetrics, found, start, end), notes)

    async def get_health_metrics(self, start: date, end: date) -> Page[HealthMetrics]:
        """What scales, tests and days say; two requests for each four weeks."""
        found, notes = await self._range(
            start, end, ("/body", health_of_body, "A body"), ("/daily", health_of_day, "A day")
        )
        notes += notes_of_rowless(found, start, end)
        return _page(days_of(HealthMetrics, found, start, end), notes)

    async def health_check(self) -> None:
        """Terra knows the user; the brand is not asked."""
        await self.api.get_json("/userInfo")

    async def _range(
        self, start: date, end: date, *kinds: tuple[str, Read[R], str]
    ) -> tuple[list[R], list[DataWarning]]:
        """All of those local days, oldest of a kind last, and what a reader must know."""
        end = min(end, self.now().date() + _DAY)
        notes: list[DataWarning] = []
        if (end - start).days >= MAX_DAYS:
            start = end - timedelta(days=MAX_DAYS - 1)
            detail = f"Only from {start.isoformat()} on: so many days are read at once."
            notes.append(DataWarning(code=WarningCode.PERIOD_SHORTENED, detail=detail))
        asked = [
            (kind, window)
            for kind in kinds
            for window in (ranges(start - _DAY, end) if start <= end else ())
        ]
        answers = await gather(
            *(partial(self._ask, path, *window) for (path, _, _), window in asked)
        )
        found: list[R] = []
        for ((_, read, what), window), answer in zip(asked, answers, strict=True):
            new, lost = answer.each(read, what)
            found += new
            notes += [n for n in (*lost, *_notes_of(answer, *window)) if n not in notes]
        return found, notes

    async def _ask(self, path: str, first: date, last: date, *, samples: bool = False) -> Answer:
        asked = {
            "start_date": first.isoformat(),
            "end_date": last.isoformat(),
            "to_webhook": "false",
            "with_samples": str(samples).lower(),
        }
        payload = await self.api.get_json(path, asked)
        if not isinstance(payload, dict):
            raise _malformed("the answer is no object.")
        data = payload.get("data")
        # However it says so: what has no data is not an answer that there is none.
        told = part(payload, "type"), part(payload, "status")
        if not isinstance(data, list) or any(
            isinstance(word, str) and word in _DELAYED for word in told
        ):
            return Answer(payloads=[], brand=None, delayed=True)
        return Answer(payloads=data, brand=brand_of(payload))


def _standing(answer: Answer) -> Answer:
    return Answer(payloads=standing(answer.payloads), brand=answer.brand, delayed=answer.delayed)


def _with_parts(payload: Any, activity: Activity, include: frozenset[Include]) -> Activity:
    check = Checker(activity.id)
    known: dict[str, Any] = {}
    if Include.LAPS in include:
        known["laps"] = laps_of(payload, activity, check)
    if Include.STREAMS in include:
        known["streams"] = streams_of(payload, activity, check)
    return activity.model_copy(update={**known, "warnings": (*activity.warnings, *check.warnings)})


def _notes_of(answer: Answer, first: date, last: date) -> list[DataWarning]:
    if not answer.delayed:
        return []
    detail = f"Terra is still fetching what lies between {first} and {last}, and sent nothing of "
    detail += "it. Ask again in some minutes."
    return [DataWarning(code=WarningCode.STILL_INDEXING, detail=detail)]


_WHOLE = frozenset({WarningCode.FIELD_UNREADABLE, WarningCode.RECORD_UNREADABLE})


def _page(found: tuple[R, ...], notes: Iterable[DataWarning]) -> Page[R]:
    told = tuple(notes)
    return Page(items=found, complete=all(n.code in _WHOLE for n in told), warnings=told)


def _later(what: str) -> ProviderServerError:
    return ProviderServerError(
        PROVIDER, f"Terra is still fetching {what} from the brand. Ask again in a minute."
    )


def _malformed(problem: str) -> InvalidResponse:
    return InvalidResponse(PROVIDER, f"Terra answered something unreadable: {problem}")
