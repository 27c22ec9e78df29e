"""The calls to Garmin's Personal API: paths, parameters, and how many requests a question costs.

What comes back is mapped elsewhere. Statistics and records are left to the core, which adds up
activities: Garmin offers none here.
"""

import re
from datetime import date, timedelta
from typing import Any

import anyio.to_thread

from pierre_mcp.client.ranges import Ask, gather, windows
from pierre_mcp.errors import (
    AuthenticationFailed,
    InvalidResponse,
    NotFound,
    ProviderError,
    RecordingError,
)
from pierre_mcp.models import (
    Activity,
    Athlete,
    HealthMetrics,
    Page,
    RecoveryMetrics,
    SleepSession,
    WarningCode,
)
from pierre_mcp.models.limits import Checker
from pierre_mcp.models.reading import Unreadable
from pierre_mcp.recordings import parts_of
from pierre_mcp.spi import ActivityQuery, FitnessProvider, Include, Parameters
from providers.garmin.days import (
    fitness_age_of,
    health_of,
    hrv_of,
    recovery_of,
    sessions_of,
    vo2_max_of,
)
from providers.garmin.listing import LARGEST_PAGE, Listing
from providers.garmin.mapping import PROVIDER, activity_of, legs_of
from providers.garmin.period import Days
from providers.garmin.profile import athlete_of
from providers.garmin.recorded import recording_of, sessions_in

MAX_LIST_REQUESTS = 10
"""The most pages that one question for a list reads, when few of its activities match."""

_LIST = "/activitylist-service/activities/search/activities"
_SETTINGS = "/userprofile-service/userprofile/settings"
_NIGHT_SUMMARIES = "/sleep-service/sleep/dailySleepSummariesByDate"
_DAY_SUMMARIES = "/usersummary-service/v2/dailysummaries"
_HRV = "/hrv-service/hrv/daily/{startDate}/{endDate}"
_WEIGHTS = "/weight-service/weight/range/{startDate}/{endDate}"
# Days that one request may span, both ends counted, as public integrations found them (2026-11):
# 35 nights are refused, and more than 90 summaries are answered 500 although 365 are documented.
_NIGHTS, _SUMMARIES, _HRV_DAYS, _WEIGHT_DAYS = 31, 31, 365, 365

_ACTIVITY_ID = re.compile(r"[1-9][0-9]{0,18}")


class GarminProvider(FitnessProvider):
    """One athlete at Garmin."""

    async def get_athlete(self) -> Athlete:
        """Settings, heart rate zones, and who owns the newest activity: four requests."""
        today = {"calendarDate": self.today().isoformat()}
        return athlete_of(
            *await gather(
                lambda: self.api.get_json(_SETTINGS),
                lambda: self.api.get_json("/biometric-service/heartRateZones/v2"),
                lambda: self.api.get_json(_LIST, {"start": 0, "limit": 1}),
                lambda: self.api.get_json("/usersummary-service/usersummary/daily", today),
            )
        )

    async def get_activities(self, query: ActivityQuery) -> Page[Activity]:
        """Activities without the legs of multisport ones; 45 cost one request.

        Most sports are picked out here, from at most ``MAX_LIST_REQUESTS`` pages.
        """
        listing = Listing(query)
        for _ in range(MAX_LIST_REQUESTS):
            if listing.is_answered:
                break
            payload = await self.api.get_json(_LIST, listing.parameters())
            if not isinstance(payload, list):
                raise _malformed("the list of activities is not a list.")
            listing.add(payload)
        return listing.page()

    async def get_activity(
        self, activity_id: str, include: frozenset[Include] = frozenset()
    ) -> Activity:
        """One activity: one request, and one for its file if a part is asked for."""
        # An id goes into a path: what is none is not asked for.
        if not _ACTIVITY_ID.fullmatch(activity_id):
            raise NotFound(
                PROVIDER, "There is no activity with that id. get_activities lists the ids."
            )
        try:
            payload = await self.api.get_json(f"/activity-service/activity/{activity_id}")
            activity = activity_of(payload)
        except Unreadable as problem:
            raise _malformed(f"an activity cannot be read: {problem}") from None
        if not include:
            return activity
        check = Checker(activity.id)
        try:
            packed = await self._file(activity)
            recording = await anyio.to_thread.run_sync(recording_of, packed, activity)
            sessions, wanted = sessions_in(recording, activity), {part.value for part in include}
            parts = parts_of(recording, sessions, wanted, check, legs=legs_of(payload))
            parts["device_name"] = next((session.device_name for session in sessions), None)
        except NotFound:
            parts = {}
            for part in sorted(include, key=lambda part: part.value):
                detail = f"There are no {part.value}: Garmin holds no file of this activity."
                check.say(WarningCode.FIELD_UNREADABLE, part.value, detail)
        except RecordingError as unreadable:
            parts = {}
            detail = f"The file of this activity cannot be read: {unreadable.message}."
            check.say(WarningCode.FILE_DAMAGED, "streams", detail)
        warnings = (*activity.warnings, *check.warnings)
        return activity.model_copy(update={**parts, "warnings": warnings})

    async def get_sleep_sessions(self, start: date, end: date) -> Page[SleepSession]:
        """Nights and naps with the night's HRV; a month costs two requests."""
        days = self._days(start, end)
        nights, hrv = await gather(
            lambda: self._windows(days, _NIGHTS, _NIGHT_SUMMARIES),
            lambda: self._beside(days, "HRV", lambda: self._windows(days, _HRV_DAYS, _HRV)),
        )
        return days.page(sessions_of(nights, hrv_of(hrv)))

    async def get_recovery_metrics(self, start: date, end: date) -> Page[RecoveryMetrics]:
        """HRV, and the day's resting heart rate, stress, blood oxygen and Body Battery."""
        days = self._days(start, end)
        summaries, hrv = await gather(
            lambda: self._windows(days, _SUMMARIES, _DAY_SUMMARIES),
            lambda: self._beside(days, "HRV", lambda: self._windows(days, _HRV_DAYS, _HRV)),
        )
        return days.page(recovery_of(summaries, hrv_of(hrv)))

    async def get_health_metrics(self, start: date, end: date) -> Page[HealthMetrics]:
        """Weight and what scales tell, steps and calories; VO2max and fitness age as they are now.

        Those two have no history, and stand on the day that they were told of.
        """
        days, today = self._days(start, end), self.today()
        newest: Parameters = {
            "startDate": days.start.isoformat(),
            "start": 0,
            "limit": LARGEST_PAGE,
        }
        age = f"/fitnessage-service/fitnessage/v2/{today.isoformat()}"
        wanted = [
            lambda: self._windows(days, _WEIGHT_DAYS, _WEIGHTS, includeAll="true"),
            lambda: self._windows(days, _SUMMARIES, _DAY_SUMMARIES),
        ]
        if days.start <= days.end:
            wanted.append(
                lambda: self._beside(days, "VO2max", lambda: self.api.get_json(_LIST, newest))
            )
        if days.start <= today <= days.end:
            wanted.append(lambda: self._beside(days, "Fitness age", lambda: self.api.get_json(age)))
        weights, summaries, *newer = await gather(*wanted)
        vo2_max, ages = vo2_max_of(newer[:1]), fitness_age_of(newer[1:], today)
        return days.page(health_of(weights, summaries, vo2_max, ages))

    async def health_check(self) -> None:
        """The settings answer."""
        await self.api.get_json(_SETTINGS)

    async def _file(self, activity: Activity) -> bytes:
        """The original file in its archive; raises ``NotFound`` where there is none."""
        if activity.manual:
            raise NotFound(PROVIDER, "What was typed in has no file.")
        path = f"/download-service/files/activity/{activity.id}"
        # Anything more general is answered 406 (one public integration, 2026-11).
        return await self.api.get_bytes(path, accept="application/x-zip-compressed")

    async def _windows(self, days: Days, longest: int, path: str, **parameters: str) -> list[Any]:
        """The answers for all windows of at most so many days; the path or the query has both."""

        def ask(first: date, last: date) -> Ask:
            bounds = {"startDate": first.isoformat(), "endDate": last.isoformat()}
            in_path = "{startDate}" in path
            query = parameters if in_path else bounds | parameters
            return lambda: self.api.get_json(path.format(**bounds) if in_path else path, query)

        return await gather(*(ask(*part) for part in windows(days.start, days.end, longest)))

    async def _beside(self, days: Days, what: str, ask: Ask) -> Any:
        """What an answer is whole enough without; its absence is told."""
        try:
            return await ask()
        except AuthenticationFailed:
            raise
        except NotFound:
            return []
        except ProviderError:
            days.lack(f"{what} could not be asked for just now, and counts as unknown.")
            return []

    def _days(self, start: date, end: date) -> Days:
        # With a day for the zones of the world, nothing lies in the future.
        return Days(start, min(end, self.today() + timedelta(days=1)))


def _malformed(problem: str) -> InvalidResponse:
    return InvalidResponse(PROVIDER, f"Garmin answered something unreadable: {problem}")
