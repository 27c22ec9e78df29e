"""Answers from the logbook; rows without a time of launch are not outings and are left out."""

import csv
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from pierre_mcp.errors import InvalidArgument, NotFound
from pierre_mcp.models import Activity, Page, SportType
from pierre_mcp.models.text import clean_text
from pierre_mcp.spi import ActivityQuery, FitnessProvider, Include

BUNDLED = Path(__file__).with_name("logbook.csv")


class RowingLog(FitnessProvider):
    async def get_activities(self, query: ActivityQuery) -> Page[Activity]:
        older = self._outings
        if query.cursor is not None:
            older = [a for a in older if a.order_key < self._key(query.cursor)]
        matching = [a for a in older if query.matches(a)]
        items = tuple(matching[: query.limit])
        more = len(matching) > len(items)
        return Page(items=items, next_cursor=items[-1].id if more else None)

    async def get_activity(
        self, activity_id: str, include: frozenset[Include] = frozenset()
    ) -> Activity:
        for outing in self._outings:
            if outing.id == activity_id:
                return outing
        raise NotFound("rowing-log", "The logbook has no such outing. Ask get_activities.")

    def _key(self, cursor: str) -> tuple[datetime, str]:
        for outing in self._outings:
            if outing.id == cursor:
                return outing.order_key
        raise InvalidArgument("cursor", "is not one that this provider gave out.")

    @cached_property
    def _outings(self) -> list[Activity]:
        path = Path(self.config.options.get("csv") or BUNDLED)
        with path.open(encoding="utf-8", newline="") as logbook:
            outings = [_outing(row) for row in csv.DictReader(logbook) if row["launched"]]
        now = self.now()
        known = (outing for outing in outings if outing.start_time <= now)
        return sorted(known, key=lambda outing: outing.order_key, reverse=True)


def _outing(row: dict[str, str]) -> Activity:
    launched = datetime.fromisoformat(row["launched"])
    offset = launched.utcoffset()
    return Activity(
        provider="rowing-log",
        id=row["number"],
        name=clean_text(row["remark"]),
        sport_type=SportType.ROWING,
        start_time=launched.astimezone(UTC),
        utc_offset_seconds=int(offset.total_seconds()) if offset is not None else None,
        duration_seconds=float(row["minutes"]) * 60 if row["minutes"] else None,
        distance_meters=float(row["kilometres"]) * 1000 if row["kilometres"] else None,
        gear_name=clean_text(row["boat"]),
    )
