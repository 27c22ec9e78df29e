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

_RECOVERY_DAYS = 9
_TAPER_DAYS, _PEAK_DAYS, _BUILD_DAYS = 12, 35, 80
_INJURY_STARTS = ((1, 5), (5, 2), (11, 5))
"""Far enough before and after every running race that none has to be missed."""


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
    """A race on a day; length and climb per meter are the course's."""

    day: date
    name: str
    distance_meters: float
    climb_per_meter: float = 0.006
    cycling: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What kind of day it is. ``week`` counts 0 to 3; the last of the four is the easy one."""

    date: date
    phase: Phase
    race: Race | None
    next_race: Race
    days_to_race: int
    week: int
    injured: bool
    ill: bool
    on_holiday: bool
    departing: bool
    returning: bool
    morning_zone: ZoneInfo
    evening_zone: ZoneInfo

    @property
    def easy_week(self) -> bool:
        """Three weeks of work, one of rest."""
        return self.week == 3  # noqa: PLR2004 - see ``week``


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Days, both ends included."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """What is special about a year."""

    races: tuple[Race, ...]
    injury: Span | None
    illnesses: tuple[Span, ...]
    holiday: Span


class Season:
    """The calendar of one athlete."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self.year = lru_cache(maxsize=64)(self._year)
        self.day = lru_cache(maxsize=4096)(self._day)

    def days_since_injury(self, day: date) -> int | None:
        """Days since the last injury began, within a year; ``None`` when there was none."""
        for year in (day.year, day.year - 1):
            injury = self.year(year).injury
            if injury and 0 <= (day - injury.first).days < 365:  # noqa: PLR2004 - a year
                return (day - injury.first).days
        return None

    def _day(self, day: date) -> Day:
        """Everything the calendar knows about a day."""
        year = self.year(day.year)
        next_race = min(
            (race for y in (day.year, day.year + 1) for race in self.year(y).races),
            key=lambda race: (race.day < day, race.day),
        )
        holiday = year.holiday
        # One flies at midday: away after waking at home, and home after waking away.
        woke_away = holiday.first < day <= holiday.last
        sleeps_away = holiday.first <= day < holiday.last
        return Day(
            date=day,
            phase=self._phase(day, next_race),
            race=next_race if next_race.day == day else None,
            next_race=next_race,
            days_to_race=(next_race.day - day).days,
            week=(day.toordinal() - 1) // 7 % 4,
            injured=year.injury is not None and day in year.injury,
            ill=any(day in illness for illness in year.illnesses),
            on_holiday=day in holiday,
            departing=day == holiday.first,
            returning=day == holiday.last,
            morning_zone=HOLIDAY_ZONE if woke_away else HOME_ZONE,
            evening_zone=HOLIDAY_ZONE if sleeps_away else HOME_ZONE,
        )

    def _phase(self, day: date, next_race: Race) -> Phase:
        past = [r.day for y in (day.year - 1, day.year) for r in self.year(y).races if r.day < day]
        to_next = (next_race.day - day).days
        if to_next == 0:
            return Phase.RACE
        if (day - max(past)).days <= _RECOVERY_DAYS:
            return Phase.RECOVERY
        if to_next <= _TAPER_DAYS:
            return Phase.TAPER
        if to_next <= _PEAK_DAYS:
            return Phase.PEAK
        return Phase.BUILD if to_next <= _BUILD_DAYS else Phase.BASE

    def _year(self, year: int) -> Year:
        roll = self._dice.roll("year", year)
        races = [
            Race(day=_sunday(year, 4, 2), name="Rivermouth Half Marathon", distance_meters=21097.5),
            Race(day=_sunday(year, 9, 4), name="Old Town 10K", distance_meters=10000.0),
        ]
        if roll.chance(0.6):
            races.append(
                Race(
                    day=_sunday(year, 7, 1),
                    name="Three Passes Gran Fondo",
                    distance_meters=roll.pick((92000.0, 104000.0, 118000.0)),
                    climb_per_meter=0.019,
                    cycling=True,
                )
            )
        if roll.chance(0.45):
            races.append(
                Race(day=_sunday(year, 10, 4), name="Lakeshore Marathon", distance_meters=42195.0)
            )
        injury = None
        # No five years without one, so that every history of ten years has some.
        if roll.chance(0.4) or year % 5 == 3:  # noqa: PLR2004
            first = date(year, *roll.pick(_INJURY_STARTS)) + timedelta(days=roll.whole(0, 15))
            injury = Span(first=first, last=first + timedelta(days=roll.whole(20, 36)))
        illnesses = tuple(
            Span(first=first, last=first + timedelta(days=roll.whole(2, 4)))
            for month in (2, 11)
            if roll.chance(0.7)
            for first in (date(year, month, roll.whole(1, 15)),)
        )
        departure = _sunday(year, 8, 1) + timedelta(days=6 + 7 * roll.whole(-1, 0))
        return Year(
            races=tuple(sorted(races, key=lambda race: race.day)),
            injury=injury,
            illnesses=illnesses,
            holiday=Span(first=departure, last=departure + timedelta(days=14)),
        )


def _sunday(year: int, month: int, which: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(6 - first.weekday()) % 7 + 7 * (which - 1))
