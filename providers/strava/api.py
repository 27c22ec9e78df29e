"""The calls to Strava's API v3: paths, parameters, and how many requests a question may cost.

What comes back is mapped elsewhere. Statistics are left to the core, which adds up activities:
Strava's own know rides, runs and swims only, and of those only what everyone may see.
"""

import re
from datetime import date, timedelta
from typing import Any

from pierre_mcp.errors import ErrorType, InvalidResponse, NotFound, ProviderError
from pierre_mcp.models import (
    Activity,
    Athlete,
    DataWarning,
    Page,
    Period,
    PersonalRecord,
    WarningCode,
    ZoneTime,
    best_records,
    records_from_activities,
)
from pierre_mcp.models.limits import Checker
from pierre_mcp.models.reading import Unreadable
from pierre_mcp.models.text import clean_text
from pierre_mcp.spi import MAX_PAGE_SIZE, ActivityQuery, FitnessProvider, Include
from providers.strava.listing import Listing
from providers.strava.mapping import PROVIDER, activity_of, athlete_of
from providers.strava.series import STREAMS, efforts_of, laps_of, promising, streams_of
from providers.strava.zones import Measure, floors_of, times_of

MAX_LIST_REQUESTS = 10
"""The most pages of 200 that one question for a list reads: Strava cannot filter by sport."""
RECORD_PAGES = 5
"""Personal records look at so many pages of 200, the newest ..."""
RECORD_RUNS = 20
"""... and inside so many runs: at most 25 requests, a quarter of what 15 minutes allow."""

_ATHLETE_ZONES: tuple[tuple[str, str, Measure], ...] = (
    ("heart_rate_zone_floors_bpm", "heart_rate", "heart_rate_bpm"),
    ("power_zone_floors_watts", "power", "power_watts"),
)
"""Our field, Strava's, and what its zones measure."""
_NO_SCOPE_FOR_ZONES = (
    "Heart rate and power zones need a permission that was not given. Connect Strava again and "
    "leave every box ticked."
)
_NO_SUBSCRIPTION = "Strava refused the time in zones, which it gives to its subscribers only."
_REFUSALS = (ErrorType.PROVIDER_ERROR, ErrorType.MISSING_SCOPE)
"""A 402 or 403 that says no more, and what a permission would change."""

_ACTIVITY_ID = re.compile(r"[1-9][0-9]{0,18}")
_GEAR_ID = re.compile(r"[A-Za-z0-9]{1,32}")


class StravaProvider(FitnessProvider):
    """One athlete at Strava."""

    async def get_athlete(self) -> Athlete:
        """The profile; weight, threshold power and zones need the scope profile:read_all.

        Two requests, one without that scope.
        """
        try:
            athlete = athlete_of(await self.api.get_json("/athlete"))
        except Unreadable as problem:
            raise _malformed(str(problem)) from None
        check = Checker(athlete.id)
        zones = await self._athlete_zones(check)
        known = {
            field: floors_of(zones, wire, measure, field, check)
            for field, wire, measure in _ATHLETE_ZONES
        }
        return athlete.model_copy(
            update={**known, "warnings": (*athlete.warnings, *check.warnings)}
        )

    async def get_activities(self, query: ActivityQuery) -> Page[Activity]:
        """Activities of all sports; 200 cost one request.

        A sport is picked out here, from at most ``MAX_LIST_REQUESTS`` pages; a page that is not
        full and has a cursor is where that ended.
        """
        listing = Listing(query, self.now())
        for _ in range(MAX_LIST_REQUESTS):
            if listing.is_answered:
                break
            payload = await self.api.get_json("/athlete/activities", listing.window.parameters())
            if not isinstance(payload, list):
                raise _malformed("the list of activities is not a list.")
            listing.add(payload, everything="activity:read_all" in self.api.granted_scopes)
        return listing.page()

    async def get_activity(
        self, activity_id: str, include: frozenset[Include] = frozenset()
    ) -> Activity:
        """One activity: one request, and one each for streams, zones, laps and the gear's name
        where the answer does not hold them already.
        """
        detail, activity = await self._detail(activity_id)
        check = Checker(activity.id)
        known: dict[str, Any] = {}
        if activity.gear_name is None:
            known["gear_name"] = await self._gear_name(detail.get("gear_id"), check)
        measured = detail.get("device_watts") is True
        if Include.LAPS in include:
            laps = detail.get("laps")
            if not isinstance(laps, list):
                laps = await self._part(activity, "laps")
            known["laps"] = laps_of(laps, activity, check, measured=measured) or None
        # What was typed in has no zones and no streams: not worth a request.
        if Include.ZONES in include and not activity.manual:
            known["zones"] = await self._activity_zones(activity, check, measured=measured)
        if Include.STREAMS in include and not activity.manual:
            # Watts of a ride without a meter are estimates here too.
            columns = [c for c in ("time", "latlng", *STREAMS) if measured or c != "watts"]
            streams = await self._part(
                activity, "streams", keys=",".join(columns), key_by_type="true"
            )
            known["streams"] = streams_of(streams, activity, check)
        return activity.model_copy(
            update={**known, "warnings": (*activity.warnings, *check.warnings)}
        )

    async def get_personal_records(self) -> Page[PersonalRecord]:
        """Bests of whole activities, and of stretches inside the runs that most likely hold them.

        ``complete`` is false when activities before the stated period were not read, or when there
        are runs inside which nobody looked.
        """
        activities, begins, warnings = await self._newest()
        runs = promising(activities)
        candidates = list(records_from_activities(activities))
        looked_into = 0
        for run in runs[:RECORD_RUNS]:
            await self.context.progress(looked_into, len(runs), "Looking into runs")
            try:
                detail, _ = await self._detail(run.id)
                candidates += efforts_of(detail, run)
            except NotFound:
                pass  # deleted meanwhile
            except ProviderError as failed:
                if not failed.is_transient:
                    raise
                break
            looked_into += 1
        if looked_into < len(runs):
            notice = f"Stretches inside runs: {looked_into} of {len(runs)} runs were looked into, "
            notice += "those that were fast for their length."
            warnings.append(DataWarning(code=WarningCode.PERIOD_SHORTENED, detail=notice))
        ends = max([self.today(), *(activity.local_date for activity in activities)])
        return Page(
            items=best_records(candidates),
            complete=not warnings,
            period=Period(start_date=begins, end_date=ends),
            warnings=tuple(warnings),
        )

    async def health_check(self) -> None:
        """The profile answers."""
        await self.api.get_json("/athlete")

    async def _newest(self) -> tuple[list[Activity], date | None, list[DataWarning]]:
        """The newest activities, the day from which on they are all there are, and notes."""
        found: list[Activity] = []
        warnings: list[DataWarning] = []
        page: Page[Activity] = Page()
        for _ in range(RECORD_PAGES):
            page = await self.get_activities(
                ActivityQuery(limit=MAX_PAGE_SIZE, cursor=page.next_cursor)
            )
            found += page.items
            warnings += page.warnings
            if page.next_cursor is None:
                break
        oldest = min((activity.local_date for activity in found), default=None)
        if page.next_cursor is None or oldest is None:
            return found, oldest, warnings
        # The oldest day may be known in part only.
        begins = oldest + timedelta(days=1)
        detail = f"Only from {begins.isoformat()} on: the newest {len(found)} activities were read."
        warnings.append(DataWarning(code=WarningCode.PERIOD_SHORTENED, detail=detail))
        return [a for a in found if a.local_date >= begins], begins, warnings

    async def _detail(self, activity_id: str) -> tuple[dict[str, Any], Activity]:
        """The payload of one activity, and what it says."""
        # An id goes into a path: what is none is not asked for.
        if not _ACTIVITY_ID.fullmatch(activity_id):
            raise NotFound(
                PROVIDER, "There is no activity with that id. get_activities lists the ids."
            )
        payload = await self.api.get_json(f"/activities/{activity_id}")
        try:
            return payload, activity_of(payload)
        except Unreadable as problem:
            raise _malformed(f"an activity cannot be read: {problem}") from None

    async def _part(self, activity: Activity, part: str, **parameters: str) -> Any:
        """A part that has an address of its own; ``None`` where the activity has none."""
        try:
            return await self.api.get_json(f"/activities/{activity.id}/{part}", parameters)
        except NotFound:
            return None

    async def _athlete_zones(self, check: Checker) -> Any:
        """The payload with the athlete's zones; not knowing them is no reason to fail."""
        field = _ATHLETE_ZONES[0][0]
        if "profile:read_all" not in self.api.granted_scopes:
            check.say(WarningCode.NOT_PERMITTED, field, _NO_SCOPE_FOR_ZONES)
            return None
        try:
            return await self.api.get_json("/athlete/zones")
        except ProviderError as failed:
            if failed.type is ErrorType.MISSING_SCOPE:
                check.say(WarningCode.NOT_PERMITTED, field, _NO_SCOPE_FOR_ZONES)
            else:
                check.note(field, "could not be asked for")
            return None

    async def _activity_zones(
        self, activity: Activity, check: Checker, *, measured: bool
    ) -> tuple[ZoneTime, ...] | None:
        """Time in zones; a refusal leaves it unknown, any other failure is one."""
        try:
            payload = await self._part(activity, "zones")
        except ProviderError as refused:
            if refused.is_transient or refused.type not in _REFUSALS:
                raise
            check.say(WarningCode.NOT_PERMITTED, "zones", _NO_SUBSCRIPTION)
            return None
        return times_of(payload, check, measured=measured)

    async def _gear_name(self, gear_id: object, check: Checker) -> str | None:
        """The name of the shoes or bike; not knowing it is no reason to fail."""
        if not isinstance(gear_id, str) or not _GEAR_ID.fullmatch(gear_id):
            return None
        try:
            gear = await self.api.get_json(f"/gear/{gear_id}")
        except ProviderError:
            check.note("gear_name", "could not be asked for")
            return None
        return clean_text(gear.get("name")) if isinstance(gear, dict) else None


def _malformed(problem: str) -> InvalidResponse:
    return InvalidResponse(PROVIDER, f"Strava answered something unreadable: {problem}")
