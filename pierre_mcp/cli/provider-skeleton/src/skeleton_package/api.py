"""Which addresses are asked, and how pages follow each other; what they say is read by ``mapping``.

``self.api`` is authenticated, capped and timed, and raises our errors: nothing of it belongs here.
"""

import re
from typing import Any
from urllib.parse import quote

from pierre_mcp.errors import InvalidArgument, InvalidResponse
from pierre_mcp.models import Activity, Athlete, Page
from pierre_mcp.models.reading import Unreadable
from pierre_mcp.spi import ActivityQuery, FitnessProvider, Include

from skeleton_package.mapping import activities_of, activity_of, athlete_of

_CURSOR = re.compile(r"older-than:(\d{1,18})")
MOST_REQUESTS = 10
"""For one page, when a sport has to be picked out of many others."""


class SkeletonProvider(FitnessProvider):
    """One person's data."""

    async def get_athlete(self) -> Athlete:
        """Who it is."""
        return self._read(athlete_of, await self.api.get_json("/me"))

    async def get_activities(self, query: ActivityQuery) -> Page[Activity]:
        """Newest first. The API's own cursor says where the list goes on, whatever was added."""
        found: list[Activity] = []
        warnings = []
        cursor = _place(query.cursor)
        for _ in range(MOST_REQUESTS):
            answer = await self.api.get_json(
                "/workouts", self._parameters(query, cursor, len(found))
            )
            listed, lost = self._read(activities_of, answer)
            warnings += lost
            found += [activity for activity in listed if query.matches(activity)]
            cursor = answer.get("next")
            if cursor is None or len(found) >= query.limit:
                break
        return Page(
            items=tuple(found),
            next_cursor=None if cursor is None else f"older-than:{cursor}",
            warnings=tuple(warnings),
        )

    async def get_activity(
        self, activity_id: str, include: frozenset[Include] = frozenset()
    ) -> Activity:
        """One workout; the client turns a 404 into ``NotFound``."""
        answer = await self.api.get_json(f"/workouts/{quote(activity_id, safe='')}")
        return self._read(activity_of, answer)

    async def health_check(self) -> None:
        """The profile answers."""
        await self.api.get_json("/me")

    def _parameters(self, query: ActivityQuery, cursor: str | None, have: int) -> dict[str, Any]:
        after, before = query.utc_bounds()
        parameters: dict[str, Any] = {"limit": query.limit - have}
        if cursor is not None:
            parameters["cursor"] = cursor
        if after is not None:
            parameters["from"] = after.isoformat()
        if before is not None:
            parameters["to"] = before.isoformat()
        return parameters

    def _read(self, mapping: Any, payload: Any) -> Any:
        try:
            return mapping(payload)
        except Unreadable as problem:
            raise InvalidResponse(
                self.descriptor.name, f"Skeleton Title answered something unreadable: {problem}"
            ) from None


def _place(cursor: str | None) -> str | None:
    """The API's cursor in one of ours; what we did not give out is refused before any request."""
    if cursor is None:
        return None
    ours = _CURSOR.fullmatch(cursor)
    if ours is None:
        raise InvalidArgument("cursor", "is not one that this provider gave out.")
    return ours[1]
