"""A range of days that somebody asks for, and the page that answers it."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import TypeVar

from pierre_mcp.models import (
    DataWarning,
    HealthMetrics,
    Page,
    RecoveryMetrics,
    SleepSession,
    WarningCode,
)

MAX_DAYS = 60 * 31
"""So many days of a range are read at most, the last ones: 60 requests where 31 are a window."""

R = TypeVar("R", SleepSession, RecoveryMetrics, HealthMetrics)


class Days:
    """One question, from its days to its answer."""

    def __init__(self, start: date, end: date) -> None:
        self.start, self.end = max(start, end - timedelta(days=MAX_DAYS - 1)), end
        self._warnings: list[DataWarning] = []
        if self.start > start:
            detail = f"Only from {self.start.isoformat()} on: so many days are read at once."
            self._warnings.append(DataWarning(code=WarningCode.PERIOD_SHORTENED, detail=detail))

    def lack(self, detail: str) -> None:
        """Say of something beside what was asked that it is missing."""
        self._warnings.append(DataWarning(code=WarningCode.PROVIDER_FAILED, detail=detail))

    def page(self, records: Iterable[R]) -> Page[R]:
        """The answer; what an API gives beyond the range is left out."""
        return Page(
            items=tuple(record for record in records if self.start <= record.date <= self.end),
            complete=not self._warnings,
            warnings=tuple(self._warnings),
        )
