"""The calls to COROS's partner API: paths, parameters, windows of 30 days.

A question for a list reads all that its bounds allow, four windows at most, and cuts the answer
here: days of windows are local ones, so records of two windows may lie in each other's order.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

import anyio

from pierre_mcp.client.lists import TimeList
from pierre_mcp.client.ranges import windows
from pierre_mcp.errors import (
    AuthenticationFailed,
    InvalidResponse,
    NotFound,
    ProviderError,
    RecordingError,
)
from pierre_mcp.models import (
    Activity,
    DataWarning,
    Page,
    RecoveryMetrics,
    SleepSession,
    WarningCode,
)
from pierre_mcp.models.limits import Checker
from pierre_mcp.models.reading import each
from pierre_mcp.recordings import Recording, parts_of, read_recording
from pierre_mcp.spi import ActivityQuery, FitnessProvider, Include
from providers.coros import NO_FAILURE
from providers.coros.mapping import (
    PROVIDER,
    activity_of,
    label_of,
    recorded_of,
    recovery_of,
    sleep_of,
)

WINDOW_DAYS = 30
"""The most days that COROS gives at once ..."""
HISTORY_DAYS = 90
"""... and how far back, of which its integrations say "three months" (2026-11)."""
_DAY = timedelta(days=1)
_LIST = "/v2/coros/sport/list"
_SHORTENED = "COROS gives nothing that is older than about three months."

R = TypeVar("R")


class CorosProvider(FitnessProvider):
    """One athlete at COROS."""

    async def get_activities(self, query: ActivityQuery) -> Page[Activity]:
        """Workouts of the last three months; a request for each 30 days of the bounds."""
        listing = TimeList(query)
        if listing.is_answered:
            return listing.page()
        start = listing.earliest.date() - _DAY if listing.earliest else date.min
        end = listing.latest.date() + _DAY if listing.latest else date.max
        payloads = await self._windows(_LIST, start, end)
        listing.add(*each(payloads, activity_of, "A workout"), ended=True)
        page = listing.page()
        if page.next_cursor is None and (query.after is None or self._is_gone(query.after)):
            # Whoever names no day asks for all there is, and gets it.
            whole = query.after is None
            page = replace(page, complete=whole, warnings=(*page.warnings, _shortened()))
        return page

    async def get_activity(
        self, activity_id: str, include: frozenset[Include] = frozenset()
    ) -> Activity:
        """One workout with what its file knows: its list, its address, its file.

        COROS wants its sport to find it, which only lists tell: up to four requests for them.
        """
        payload = await self._find(activity_id)
        activity = activity_of(payload)
        check = Checker(activity.id)
        values: dict[str, Any] = {}
        recording = await self._recording(activity, payload, check)
        if recording is not None:
            wanted = {part.value for part in include}
            values = recorded_of(recording, check)
            values |= parts_of(recording, recording.activities, wanted, check)
        notes = (*activity.warnings, *check.warnings)
        return activity.model_copy(update={**values, "warnings": notes})

    async def get_sleep_sessions(self, start: date, end: date) -> Page[SleepSession]:
        """Nights by the day of waking."""
        return await self._days(start, end, sleep_of)

    async def get_recovery_metrics(self, start: date, end: date) -> Page[RecoveryMetrics]:
        """Resting heart rate and variability by day."""
        return await self._days(start, end, recovery_of)

    async def health_check(self) -> None:
        """The connection stands."""
        told = await self.api.get_json("/coros/bindState")
        data = told.get("data") if isinstance(told, dict) else None
        if isinstance(data, dict) and data.get("bindState") == 0:
            raise AuthenticationFailed(
                PROVIDER,
                "COROS says that this account is no longer linked. Connect it again with "
                "connect_provider.",
            )

    async def _days(self, start: date, end: date, read: Callable[[Any], R | None]) -> Page[R]:
        payloads = await self._windows("/coros/daily/query", start, end, "dailyList")
        found, notes = each(payloads, read, "A day")
        # A day that is told twice counts once; the later word is the newer.
        days = {_date(one): one for one in found if one is not None and start <= _date(one) <= end}
        if gone := self._is_gone(start):
            notes.append(_shortened())
        newest_first = tuple(days[day] for day in sorted(days, reverse=True))
        return Page(items=newest_first, complete=not gone, warnings=tuple(notes))

    def _is_gone(self, bound: date | datetime) -> bool:
        """Whether COROS gives nothing of that day any more."""
        day = bound.date() if isinstance(bound, datetime) else bound
        return day < self._oldest()

    def _oldest(self) -> date:
        return self.now().date() - timedelta(days=HISTORY_DAYS)

    async def _windows(self, path: str, start: date, end: date, *names: str) -> list[Any]:
        """The records of all days from ``start`` to ``end`` that COROS still gives."""
        start, end = max(start, self._oldest()), min(end, self.now().date() + _DAY)
        found: list[Any] = []
        for first, last in windows(start, end, WINDOW_DAYS):
            found += await self._window(path, first, last, *names)
        return found

    async def _window(self, path: str, first: date, last: date, *names: str) -> list[Any]:
        asked = {"startDate": f"{first:%Y%m%d}", "endDate": f"{last:%Y%m%d}"}
        return _list_in(await self.api.get_json(path, asked), ("data", *names))

    async def _find(self, activity_id: str) -> Any:
        """What lists tell of a workout, looked for from the newest on."""
        parts = list(windows(self._oldest(), self.now().date() + _DAY, WINDOW_DAYS))
        for first, last in reversed(parts if label_of(activity_id) else []):
            for payload in await self._window(_LIST, first, last):
                found, _ = each([payload], activity_of, "A workout")
                if found and found[0].id == activity_id:
                    return payload
        raise NotFound(
            PROVIDER,
            "There is no activity with that id in the last three months. get_activities lists the "
            "ids.",
        )

    async def _recording(
        self, activity: Activity, payload: Any, check: Checker
    ) -> Recording | None:
        """The file of a workout; a note where there is none."""
        numbers = {name: payload.get(name) for name in ("mode", "subMode")}
        if not all(type(number) is int for number in numbers.values()):
            check.note("streams", "cannot be asked for without the numbers of its sport")
            return None
        asked = {"labelId": activity.id, **numbers}
        try:
            told = await self.api.get_json("/v2/coros/sport/detail/fit", asked)
            data = told.get("data") if isinstance(told, dict) else None
            url = data.get("fitUrl") if isinstance(data, dict) else None
            if not isinstance(url, str) or not url:
                check.note("streams", "has no file")
                return None
            content = await self.api.get_file(url)
            read = partial(read_recording, content, provider=PROVIDER, record_id=activity.id)
            return await anyio.to_thread.run_sync(read)
        except AuthenticationFailed:
            raise
        except (ProviderError, RecordingError) as failed:
            if isinstance(failed, ProviderError) and failed.is_transient:
                raise
            check.note("streams", "could not be read from its file")
            return None


def _shortened() -> DataWarning:
    return DataWarning(code=WarningCode.PERIOD_SHORTENED, detail=_SHORTENED)


def _list_in(told: Any, names: Sequence[str]) -> list[Any]:
    """The list under those names; COROS says "no data" by a code, or by a success without one."""
    found = told
    for name in names:
        found = found.get(name) if isinstance(found, dict) else ...
        if found is None and told.get("result") in NO_FAILURE:
            return []
    if not isinstance(found, list):
        raise InvalidResponse(PROVIDER, "Provider 'coros' sent an answer of another shape.")
    return found


def _date(record: Any) -> date:
    day: date = record.date
    return day
