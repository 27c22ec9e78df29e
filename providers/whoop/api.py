"""The calls to WHOOP's API v2: paths, parameters, and how many requests a question may cost.

What comes back is mapped elsewhere. Statistics and records are left to the core, for WHOOP has none
of its own. A call whose permission was not given is not made: how WHOOP would refuse it is not
described, and a 401 would be taken for the end of the connection. Nor is the stream of a night
asked for, whose scope and content are not described either (2026-11).
"""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from pierre_mcp.client.lists import TimeList
from pierre_mcp.errors import InvalidResponse, MissingScope, NotFound, ProviderError
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
from providers.whoop.days import (
    Part,
    cycle_of,
    health_days,
    recovery_days,
    recovery_of,
    with_variability,
)
from providers.whoop.mapping import (
    PROVIDER,
    Night,
    activity_of,
    athlete_of,
    body_of,
    id_in,
    night_of,
    uuid_of,
)

PAGE = 25
"""The most that WHOOP gives at once."""
MAX_LIST_REQUESTS = 10
"""The most pages that one question for a list of workouts reads."""
MAX_RANGE_REQUESTS = 30
"""The most pages of nights, recoveries or cycles that one question reads: about two years. WHOOP
allows 100 requests a minute."""

_PROFILE, _BODY = "/v2/user/profile/basic", "/v2/user/measurement/body"
_WORKOUTS, _SLEEP = "/v2/activity/workout", "/v2/activity/sleep"
_RECOVERY, _CYCLES = "/v2/recovery", "/v2/cycle"
_SCOPES = {
    _PROFILE: "read:profile",
    _BODY: "read:body_measurement",
    _WORKOUTS: "read:workout",
    _SLEEP: "read:sleep",
    _RECOVERY: "read:recovery",
    _CYCLES: "read:cycles",
}
_ADDS = {_RECOVERY: "hrv_rmssd_ms", _CYCLES: "strain_score"}
_FIRST_DAY = date(2012, 1, 1)
"""There was no WHOOP before."""
_EASTMOST, _WESTMOST = timedelta(hours=14), timedelta(hours=12)

R = TypeVar("R")


class WhoopProvider(FitnessProvider):
    """One athlete at WHOOP."""

    async def get_athlete(self) -> Athlete:
        """The profile and the body: one request each."""
        try:
            athlete = athlete_of(await self._ask(_PROFILE))
        except Unreadable as problem:
            raise _malformed(str(problem)) from None
        check = Checker(athlete.id)
        body = await self._body(check)
        return athlete.model_copy(update={**body, "warnings": tuple(check.warnings)})

    async def get_activities(self, query: ActivityQuery) -> Page[Activity]:
        """Workouts; a request for each 25, and at most ``MAX_LIST_REQUESTS``.

        A sport is picked out here; a page that is not full and has a cursor is where that ended.
        """
        listing = TimeList(query)
        if listing.earliest is not None and listing.earliest >= self.now():
            # Nothing has begun yet, and WHOOP takes no window that ends, as all do, now.
            listing.add([], ended=True)
        window = _window(listing.earliest, listing.latest)
        token: str | None = None
        for _ in range(MAX_LIST_REQUESTS):
            if listing.is_answered:
                break
            records, token = await self._page(_WORKOUTS, window, token)
            listing.add(*each(records, activity_of, "A workout", id_in), ended=token is None)
        return listing.page()

    async def get_activity(
        self,
        activity_id: str,
        include: frozenset[Include] = frozenset(),  # noqa: ARG002 - WHOOP has no parts
    ) -> Activity:
        """One workout: one request."""
        # An id goes into a path: what is none is not asked for.
        if uuid_of(activity_id) is None:
            raise NotFound(
                PROVIDER, "There is no activity with that id. get_activities lists the ids."
            )
        payload = await self._ask(_WORKOUTS, f"/{activity_id}")
        try:
            return activity_of(payload)
        except Unreadable as problem:
            raise _malformed(f"a workout cannot be read: {problem}") from None

    async def get_sleep_sessions(self, start: date, end: date) -> Page[SleepSession]:
        """Nights and naps, with heart rate variability where recovery may be read."""
        nights, notes = await self._nights(start, end)
        recoveries = await self._parts(_RECOVERY, recovery_of, start, end, notes)
        items = tuple(
            with_variability(night.session, recoveries.get(night.session.id)) for night in nights
        )
        return Page(items=items, complete=_is_whole(notes), warnings=tuple(notes))

    async def get_recovery_metrics(self, start: date, end: date) -> Page[RecoveryMetrics]:
        """Recovery and strain by the day of waking."""
        nights, notes = await self._nights(start, end)
        recoveries = await self._parts(_RECOVERY, recovery_of, start, end, notes)
        cycles = await self._parts(_CYCLES, cycle_of, start, end, notes)
        days, reasons = recovery_days(_without_naps(nights), recoveries, cycles)
        notes += reasons
        return Page(items=tuple(days), complete=_is_whole(notes), warnings=tuple(notes))

    async def get_health_metrics(self, start: date, end: date) -> Page[HealthMetrics]:
        """The energy of days that are over, and on today's the weight that stands at WHOOP."""
        notes: list[DataWarning] = []
        nights: list[Night] = []
        cycles: dict[str, Part] = {}
        # Energy is a cycle's, and its day that of the night.
        if all(self._may(path, notes, "total_calories_kcal") for path in (_SLEEP, _CYCLES)):
            nights, notes = await self._nights(start, end)
            cycles = await self._parts(_CYCLES, cycle_of, start, end, notes)
        today, body = self.today(), {}
        if start <= today <= end:
            check = Checker("")
            body = await self._body(check)
            notes += check.warnings
        days = health_days(_without_naps(nights), cycles, today, body)
        return Page(items=tuple(days), complete=_is_whole(notes), warnings=tuple(notes))

    async def health_check(self) -> None:
        """The profile answers, or else the first thing that may be asked for."""
        for path, scope in _SCOPES.items():
            if scope in self.api.granted_scopes:
                single = path in (_PROFILE, _BODY)
                await self.api.get_json(path, None if single else {"limit": 1})
                return

    async def _body(self, check: Checker) -> dict[str, Any]:
        """What is known of the body; not knowing it is no reason to fail."""
        if not self._may(_BODY, check.warnings, "weight_kg"):
            return {}
        try:
            return body_of(await self._ask(_BODY), check)
        except NotFound:
            return {}  # never entered
        except ProviderError:
            check.note("weight_kg", "could not be asked for")
            return {}

    async def _nights(self, start: date, end: date) -> tuple[list[Night], list[DataWarning]]:
        """The nights and naps of the days, newest first, and notes."""
        notes: list[DataWarning] = []
        found = await self._range(_SLEEP, night_of, start, end, notes)
        nights = {n.session.id: n for n in found if start <= n.session.date <= end}
        return sorted(nights.values(), key=_newest_first, reverse=True), notes

    async def _parts(
        self,
        path: str,
        read: Callable[[Any], Part],
        start: date,
        end: date,
        notes: list[DataWarning],
    ) -> dict[str, Part]:
        """What adds to the days, by its key; nothing, and a note, where it may not be read."""
        if not self._may(path, notes, _ADDS[path]):
            return {}
        return {part.key: part for part in await self._range(path, read, start, end, notes)}

    async def _range(
        self,
        path: str,
        read: Callable[[Any], R],
        start: date,
        end: date,
        notes: list[DataWarning],
    ) -> list[R]:
        """Everything of those local days, wherever on earth they were; and a little around it."""
        start, end = max(start, _FIRST_DAY), min(end, self.now().date() + timedelta(days=1))
        if start > end:
            return []
        # A night and its cycle begin before their day. Whether ``start`` looks at the beginning of
        # a record or at its end, the description leaves open: so it is asked a day earlier.
        eve = start - timedelta(days=1)
        window = _window(
            datetime(eve.year, eve.month, eve.day, tzinfo=UTC) - _EASTMOST,
            datetime(end.year, end.month, end.day, tzinfo=UTC) + timedelta(days=1) + _WESTMOST,
        )
        found: list[R] = []
        token: str | None = None
        for _ in range(MAX_RANGE_REQUESTS):
            records, token = await self._page(path, window, token)
            new, lost = each(records, read, "A record", id_in)
            found += new
            notes += lost
            if token is None:
                return found
        notes.append(
            DataWarning(
                code=WarningCode.PERIOD_SHORTENED,
                detail=f"Only the newest {len(found)} records were read. Ask for fewer days.",
            )
        )
        return found

    async def _page(
        self, path: str, window: dict[str, str | int], token: str | None
    ) -> tuple[list[Any], str | None]:
        """The records of a page, and the token of the next where there is one."""
        asked = window if token is None else {**window, "nextToken": token}
        payload = await self._ask(path, parameters=asked)
        records = payload.get("records") if isinstance(payload, dict) else None
        if not isinstance(records, list):
            raise _malformed("a list of records is not a list.")
        following = payload.get("next_token")
        return records, following if isinstance(following, str) and following else None

    async def _ask(
        self, path: str, below: str = "", parameters: dict[str, str | int] | None = None
    ) -> Any:
        if _SCOPES[path] not in self.api.granted_scopes:
            raise MissingScope(
                PROVIDER,
                "Provider 'whoop' was not given the permission for this. Connect it again and "
                "leave everything ticked.",
            )
        return await self.api.get_json(path + below, parameters)

    def _may(self, path: str, notes: list[DataWarning], field: str) -> bool:
        """Whether a path may be asked; a note that it may not."""
        scope = _SCOPES[path]
        if scope in self.api.granted_scopes:
            return True
        sentence = f"{field} and what belongs to it need the permission {scope}, which was not "
        sentence += "given. Connect WHOOP again and leave everything ticked."
        notes.append(DataWarning(code=WarningCode.NOT_PERMITTED, detail=sentence, field=field))
        return False


def _window(earliest: datetime | None, latest: datetime | None) -> dict[str, str | int]:
    """The query for a page of what began from then to then.

    ``end`` is exclusive, so what is finer than WHOOP's milliseconds is rounded up.
    """
    asked: dict[str, str | int] = {"limit": PAGE}
    if earliest is not None:
        asked["start"] = _stamp(earliest)
    if latest is not None:
        asked["end"] = _stamp(latest + timedelta(microseconds=-latest.microsecond % 1000))
    return asked


def _stamp(instant: datetime) -> str:
    utc = instant.astimezone(UTC).replace(tzinfo=None)
    return f"{utc.isoformat(timespec='milliseconds')}Z"


def _newest_first(night: Night) -> tuple[date, datetime, str]:
    session = night.session
    return session.date, session.start_time, session.id


def _without_naps(nights: Iterable[Night]) -> list[Night]:
    return [night for night in nights if not night.session.is_nap]


def _is_whole(notes: Iterable[DataWarning]) -> bool:
    return not any(note.code is WarningCode.PERIOD_SHORTENED for note in notes)


def _malformed(problem: str) -> InvalidResponse:
    return InvalidResponse(PROVIDER, f"Provider 'whoop' sent an answer of another shape: {problem}")
