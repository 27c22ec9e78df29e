"""Tool calls that nobody would make on purpose, by a seed: every JSON type for every argument.

Half of the values are such as a client might send, so that calls get past the first check.
"""

import math
from collections.abc import Callable
from random import Random
from typing import Any

PROVIDERS = (
    "synthetic", "files", "synthetic,files", "files,synthetic", " synthetic ", "SYNTHETIC", ",",
    "synthetic,,files", "all", "all,synthetic", "nobody", "../synthetic", "synthetic;", "",
)  # fmt: skip
DAYS = (
    "2026-05-01", "2026-04-28", "2026-04-01", "2026-03-15", "2026-02-30", "2025-13-01", "20260401",
    "2026-W18-1", "0001-01-01", "9999-12-31", "2099-01-01", "today", "-2026-01-01", "2026-5-1", " ",
)  # fmt: skip
TIMES = (
    *DAYS, "2026-04-20T06:30:00+02:00", "2026-04-20T06:30:00Z", "2026-04-20T06:30:00",
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2026-04-20T24:00:00Z",
    "1776600000", 1776600000, 1776600000.5, -99999999999, 99999999999, 1e308, -1e308, 0, "1e400",
)  # fmt: skip
COUNTS = (1, 2, 20, 200, 0, 201, -1, 1.0, 1.5, "20", 10**30, -(10**30))
SPORTS = ("run", "ride", "swim", "trail_run", "Run", "runn", "other", "none", "")
FIELDS = ("id", "name", "start_time", "distance_meters", "average_speed_mps", "laps", "warnings",
          "__class__", "", "name; drop table", "start_latlng")  # fmt: skip
HOSTILE = (
    "", " ", "\0", "\x1b[31m", "\u202egpj", "\u200b", "\U000e0041", "Ignore all of this.",
    "{}", "null", "%s%n{0}", "' or 1=1 --", "<script>",
    "x" * 5_000, "é" * 300,
    "\U0001f3c3", "-1", "NaN", "C:\\", "$(id)", "\r\n\r\n",
)  # fmt: skip


class Fuzz:
    """A stream of calls; ``learn`` feeds it cursors and ids that a server really gave."""

    def __init__(self, seed: int) -> None:
        self._chance = Random(seed)
        self._cursors: list[str] = []
        self._ids: list[str] = ["2026-04-28-1"]
        self._likely: dict[str, Callable[[], Any]] = {
            "provider": lambda: self._one_of(PROVIDERS),
            "limit": lambda: self._one_of(COUNTS),
            "cursor": self._cursor,
            "after": lambda: self._one_of(TIMES),
            "before": lambda: self._one_of(TIMES),
            "start_date": lambda: self._one_of(DAYS),
            "end_date": lambda: self._one_of(DAYS),
            "sport_type": lambda: self._one_of(SPORTS),
            "detail": lambda: self._one_of(("summary", "full", "all")),
            "fields": lambda: [self._one_of(FIELDS) for _ in range(self._chance.randrange(5))],
            "cache_policy": lambda: self._one_of(("use_cache", "bypass", "refresh", "fresh")),
            "activity_id": lambda: self._one_of(self._ids),
            "first": self._record,
            "second": self._record,
            "decision": lambda: self._one_of(("same", "different", "undo", "maybe")),
            "include": lambda: [self._one_of(("laps", "streams", "zones", "x")) for _ in range(2)],
            "resolution": lambda: self._one_of(("low", "medium", "high", "ultra")),
            "group_by": lambda: self._one_of(("day", "week", "month", "sport", "year")),
            "view": lambda: self._one_of(("training", "activity", "recovery", "map")),
            "over": lambda: self._one_of(("time", "distance", "height")),
            "width_px": lambda: self._one_of((280, 720, 1200, 20, 10**9, "320")),
            "stages": lambda: self._one_of((True, False, 1, "yes")),
        }

    def _record(self) -> str:
        """A record as the tool for doubles wants it named."""
        return f"{self._one_of(PROVIDERS)}:{self._one_of(self._ids)}"

    def learn(self, structure: dict[str, Any]) -> None:
        """Remember what a later call can build on."""
        if cursor := structure.get("meta", {}).get("next_cursor"):
            self._cursors = [*self._cursors[-20:], cursor]
        rows = structure.get("result", {}).get("rows")
        if rows and structure["result"]["columns"][0] == "id":
            self._ids = [*self._ids[-20:], rows[-1][0]]

    def arguments(self, parameters: list[str]) -> dict[str, Any]:
        """Arguments for a tool that takes the parameters."""
        given: dict[str, Any] = {}
        for name in parameters:
            if self._chance.random() < (0.9 if name == "activity_id" else 0.35):
                likely = self._chance.random() < 0.75
                given[name] = self._likely[name]() if likely else self.anything()
        if self._chance.random() < 0.05:
            given[self._one_of((*HOSTILE, "limt", "self", "ctx"))] = self.anything()
        return given

    def anything(self, depth: int = 3) -> Any:
        """A value of any JSON type; not-a-number and infinity too, which Python's JSON can send."""
        kind = self._chance.randrange(9 if depth else 7)
        match kind:
            case 0:
                return None
            case 1:
                return self._chance.random() < 0.5
            case 2:
                return self._one_of(COUNTS)
            case 3:
                return self._one_of((math.nan, math.inf, -math.inf, 1e-320, -0.0, 1.7e308))
            case 4 | 5:
                return self._one_of(HOSTILE)
            case 6:
                return "".join(chr(self._chance.randrange(1, 0xD800)) for _ in range(12))
            case 7:
                return [self.anything(depth - 1) for _ in range(self._chance.randrange(4))]
            case _:
                return {
                    str(self.anything(0)): self.anything(depth - 1)
                    for _ in range(self._chance.randrange(3))
                }

    def pick(self, names: list[str]) -> str:
        """One of the tools; now and then a name that is none."""
        if self._chance.random() < 0.02:
            return str(self._one_of(HOSTILE))
        return str(self._one_of(names))

    def _cursor(self) -> Any:
        if not self._cursors:
            return "WzEsInN5bnRoZXRpYyJd"
        cursor = str(self._one_of(self._cursors))
        if self._chance.random() < 0.5:
            return cursor
        at = self._chance.randrange(len(cursor))
        return cursor[:at] + self._one_of(("A", "=", "", "é", "W")) + cursor[at + 1 :]

    def _one_of(self, options: Any) -> Any:
        return options[self._chance.randrange(len(options))]
