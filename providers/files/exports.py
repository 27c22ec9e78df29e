"""Names and gear from the tables that come with vendors' exports.

Strava's export has ``activities.csv`` beside the folder ``activities``; Garmin's has
``*_summarizedActivities.json`` below ``DI_CONNECT``. Both are read as they are after unpacking
(layouts as seen in 2026). A table that cannot be read is as if it were not there.
"""

import csv
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from pierre_mcp.models import Activity, SportType
from pierre_mcp.models.text import clean_text
from pierre_mcp.recordings.sports import sport_of_words
from providers.files.folder import Found

_MAX_TABLE_BYTES = 50_000_000
_NAME, _SPORT = 2, 3
"""Columns of activities.csv; the gear is in the one before the file's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a table says about one activity."""

    name: str | None = None
    gear: str | None = None
    sport: str | None = None


@dataclass(frozen=True, slots=True)
class Exports:
    """What the tables say, by path of the recording and by second of the start."""

    by_path: dict[str, Told] = field(default_factory=dict)
    by_start: dict[int, Told] = field(default_factory=dict)

    def completed(self, path: str, activity: Activity) -> Activity:
        """The activity with the name that its table has, and what its file lacks."""
        told = self.by_path.get(path) or self.by_start.get(round(activity.start_time.timestamp()))
        if told is None:
            return activity
        changes: dict[str, Any] = {}
        if told.name:
            changes["name"] = told.name
        if activity.gear_name is None and told.gear:
            changes["gear_name"] = told.gear
        if activity.sport_type is SportType.OTHER and told.sport:
            sport, raw = sport_of_words(told.sport)
            changes |= {"sport_type": sport, "sport_type_raw": raw or activity.sport_type_raw}
        return activity.model_copy(update=changes) if changes else activity


def read_exports(root: Path, tables: Iterable[Found]) -> Exports:
    """Everything the tables below the folder say."""
    exports = Exports()
    for table in tables:
        if table.size > _MAX_TABLE_BYTES:
            continue
        try:
            text = (root / table.path).read_text(encoding="utf-8-sig", errors="replace")
            if table.path.lower().endswith(".csv"):
                exports.by_path.update(_activities_csv(text, PurePosixPath(table.path).parent))
            else:
                exports.by_start.update(_summarized_activities(text))
        except (OSError, ValueError, TypeError, AttributeError, RecursionError, csv.Error):
            continue
    return exports


def _activities_csv(text: str, folder: PurePosixPath) -> dict[str, Told]:
    header, *rows = csv.reader(text.splitlines())
    # The headings are in the athlete's language; the columns keep their places (seen 2019 to 2026).
    files = header.index("Filename") if "Filename" in header else _column_of_files(rows)
    if files is None:
        return {}

    def cell(row: list[str], index: int) -> str | None:
        return clean_text(row[index]) if index < len(row) else None

    return {
        (folder / filename).as_posix(): Told(
            name=cell(row, _NAME), gear=cell(row, files - 1), sport=cell(row, _SPORT)
        )
        for row in rows
        if (filename := cell(row, files))
    }


def _column_of_files(rows: Iterable[list[str]]) -> int | None:
    return next(
        (index for row in rows for index, text in enumerate(row) if text.startswith("activities/")),
        None,
    )


def _summarized_activities(text: str) -> dict[int, Told]:
    told = {}
    for part in json.loads(text):
        for activity in part.get("summarizedActivitiesExport", ()):
            begun = activity.get("startTimeGmt")
            if not isinstance(begun, int | float):
                continue
            instant = datetime.fromtimestamp(begun / 1000, tz=UTC)
            told[round(instant.timestamp())] = Told(
                name=clean_text(activity.get("name")),
                sport=clean_text(activity.get("activityType")),
            )
    return told
