"""The athlete's life by the calendar: races, training phases, injuries, illness, holidays.

Pure functions of a date and the dice. They say what kind of time it is, not what was done.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from functools import lru_cache
from zoneinfo import ZoneInfo

from providers.synthetic.dice import Dice

HOME_ZONE = ZoneInfo("Europe/Zurich")
HOLIDAY_ZONE = ZoneInfo("Atlantic/Canary")


class Phase(Enum):
    """Where in a training cycle a day lies."""

    BASE = "base"
    BUILD = "build"
    PEAK = "peak"
    TAPER = "taper"
    RACE = "race"
    RECOVERY = "recovery"


@dataclass(frozen=True, slots=True, kw_only=True)
class Race:
    """A race on a day; ``distance_meters`` is the course's."""

    day: date
    name: str
    distance_meters: float
    cycling: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What kind of day it is."""

    date: date
    phase: Phase
    race: Race | None
    days_to_race: int
    easy_week: bool
    injured: bool
    ill: bool
    on_holiday: bool
    travelling: bool
    zone: ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


class Season:
    """The calendar of one athlete."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self._races = lru_cache(maxsize=64)(self._draw_races)
        self._troubles = lru_cache(maxsize=64)(self._draw_troubles)

    def day(self, day: date) -> Day:
        """Everything the calendar knows about a day."""
        injury, illnesses, holiday = self._troubles(day.year)
        race = next((race for race in self._races(day.year) if race.day == day), None)
        injured = day in injury if injury else False
        ill = any(day in illness for illness in illnesses)
        on_holiday = day in holiday
        return Day(
            date=day,
            phase=self._phase(day),
            race=None if injured or ill or on_holiday else race,
            days_to_race=self._days_to_race(day),
            easy_week=(day.toordinal() - 1) // 7 % 4 == 3,  # noqa: PLR2004 - three on, one easy
            injured=injured,
            ill=ill,
            on_holiday=on_holiday,
            travelling=day in (holiday.first, holiday.last),
            # Travel happens at midday: the last day of the holiday ends at home.
            zone=HOLIDAY_ZONE if on_holiday and day != holiday.last else HOME_ZONE,
        )

    def days_since_injury(self, day: date) -> int | None:
        """Days since the last injury began, within a year; ``None`` when there was none."""
        for year in (day.year, day.year - 1):
            injury = self._troubles(year)[0]
            if injury and injury.first <= day and (day - injury.first).days < 365:  # noqa: PLR2004
                return (day - injury.first).days
        return None

    def _days_to_race(self, day: date) -> int:
        races = [race.day for year in (day.year, day.year + 1) for race in self._races(year)]
        return min((race - day).days for race in races if race >= day)

    def _phase(self, day: date) -> Phase:
        to_next = self._days_to_race(day)
        since = min(
            (
                (day - race.day).days
                for year in (day.year - 1, day.year)
                for race in self._races(year)
                if race.day < day
            ),
            default=365,
        )
        if to_next == 0:
            return Phase.RACE
        for within, phase in ((12, Phase.TAPER), (35, Phase.PEAK), (80, Phase.BUILD)):
            if to_next <= within:
                return Phase.RECOVERY if since <= 9 else phase  # noqa: PLR2004 - days of rest
        return Phase.RECOVERY if since <= 9 else Phase.BASE  # noqa: PLR2004

    def _draw_races(self, year: int) -> tuple[Race, ...]:
        roll = self._dice.roll("races", year)
        races = [
            Race(
                day=_sunday(year, 4, 2),
                name="Rivermouth Half Marathon",
                distance_meters=21097.5,
            ),
            Race(day=_sunday(year, 9, 4), name="Old Town 10K", distance_meters=10000.0),
        ]
        if roll.chance(0.6):
            races.append(
                Race(
                    day=_sunday(year, 7, 1),
                    name="Three Passes Gran Fondo",
                    distance_meters=roll.pick((96000.0, 112000.0, 124000.0)),
                    cycling=True,
                )
            )
        if roll.chance(0.5):
            races.append(
                Race(day=_sunday(year, 10, 4), name="Lakeshore Marathon", distance_meters=42195.0)
            )
        return tuple(races)

    def _draw_troubles(self, year: int) -> tuple[_Span | None, tuple[_Span, ...], _Span]:
        roll = self._dice.roll("troubles", year)
        injury = None
        if roll.chance(0.45) or year % 5 == 3:  # noqa: PLR2004 - no five years without one
            first = date(year, 1, 10) + timedelta(days=roll.whole(0, 300))
            injury = _Span(first=first, last=first + timedelta(days=roll.whole(20, 40)))
        illnesses = tuple(
            _Span(first=first, last=first + timedelta(days=roll.whole(3, 6)))
            for month in (2, 11)
            if roll.chance(0.7)
            for first in (date(year, month, roll.whole(1, 20)),)
        )
        first_saturday = _sunday(year, 8, 1) - timedelta(days=1)
        holiday_first = first_saturday + timedelta(days=7 * roll.whole(0, 1))
        holiday = _Span(first=holiday_first, last=holiday_first + timedelta(days=14))
        return injury, illnesses, holiday


def _sunday(year: int, month: int, which: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(6 - first.weekday()) % 7 + 7 * (which - 1))
