"""How a person likes to be told: units, and the day that weeks begin on."""

from datetime import date, timedelta
from enum import StrEnum


class Units(StrEnum):
    """The units that numbers are told in; values themselves are always SI."""

    METRIC = "metric"
    IMPERIAL = "imperial"


class WeekStart(StrEnum):
    """The day that weeks begin on."""

    MONDAY = "monday"
    SUNDAY = "sunday"

    def first_day(self, day: date) -> date:
        """The first day of the week that ``day`` belongs to."""
        past = day.weekday() if self is WeekStart.MONDAY else day.isoweekday() % 7
        return day - timedelta(days=past)
