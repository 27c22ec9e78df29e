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
_MARATHON_METERS = 42000
_COMEBACK_DAYS = 28
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
    tune_up: bool = False
    """Run on the way to a marathon; the training goes on around it."""

    @property
    def is_marathon(self) -> bool:
        """The one race that takes long preparation and a long rest."""
        return not self.cycling and self.distance_meters > _MARATHON_METERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What kind of day it is. ``week`` counts 0 to 3; the last of the four is the easy one.

    ``goal`` is the next race that is more than a tune-up, ``comeback`` the share of the usual
    running that is possible again after an injury.
    """

    date: date
    phase: Phase
    race: Race | None
    goal: Race
    days_to_race: int
    last_race: Race
    week: int
    injured: bool
    comeback: float
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

    @property
    def drained(self) -> bool:
        """Two days after a marathon, and one after hours on the bike, one walks."""
        days = 2 if self.last_race.is_marathon else 1 if self.last_race.cycling else 0
        return (self.date - self.last_race.day).days <= days

    @property
    def no_running(self) -> bool:
        """When something hurts, and in the week after a marathon."""
        resting = self.last_race.is_marathon and (self.date - self.last_race.day).days < 7  # noqa: PLR2004
        return self.injured or resting


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Days, both ends included."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """What is special about a year; races in order of time."""

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
        around = [race for y in (-1, 0, 1) for race in self.year(day.year + y).races]
        ahead = [race for race in around if race.day >= day]
        last_race = max((r for r in around if r.day < day), key=lambda race: race.day)
        goal = next(race for race in ahead if not race.tune_up)
        holiday = year.holiday
        # One flies at midday: away after waking at home, and home after waking away.
        woke_away = holiday.first < day <= holiday.last
        sleeps_away = holiday.first <= day < holiday.last
        return Day(
            date=day,
            phase=_phase(day, goal, last_race),
            race=ahead[0] if ahead[0].day == day else None,
            goal=goal,
            days_to_race=(ahead[0].day - day).days,
            last_race=last_race,
            week=(day.toordinal() - 1) // 7 % 4,
            injured=year.injury is not None and day in year.injury,
            comeback=self._comeback(day),
            ill=any(day in illness for illness in year.illnesses),
            on_holiday=day in holiday,
            departing=day == holiday.first,
            returning=day == holiday.last,
            morning_zone=HOLIDAY_ZONE if woke_away else HOME_ZONE,
            evening_zone=HOLIDAY_ZONE if sleeps_away else HOME_ZONE,
        )

    def _comeback(self, day: date) -> float:
        """Nothing on the last day of an injury, everything four weeks later."""
        since = [
            (day - injury.last).days
            for year in (day.year, day.year - 1)
            if (injury := self.year(year).injury) is not None and injury.last < day
        ]
        return min(1.0, min(since, default=_COMEBACK_DAYS) / _COMEBACK_DAYS)

    def _year(self, year: int) -> Year:
        roll = self._dice.roll("year", year)
        races = [
            Race(day=_sunday(year, 4, 2), name="Rivermouth Half Marathon", distance_meters=21097.5)
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
        marathon = roll.chance(0.45)
        races.append(
            Race(
                day=_sunday(year, 9, 4),
                name="Old Town 10K",
                distance_meters=10000.0,
                tune_up=marathon,
            )
        )
        if marathon:
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
            races=tuple(races),
            injury=injury,
            illnesses=illnesses,
            holiday=Span(first=departure, last=departure + timedelta(days=14)),
        )


def _sunday(year: int, month: int, which: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(6 - first.weekday()) % 7 + 7 * (which - 1))


def _phase(day: date, goal: Race, last_race: Race) -> Phase:
    to_goal = (goal.day - day).days
    if to_goal == 0:
        return Phase.RACE
    if not last_race.tune_up and (day - last_race.day).days <= _RECOVERY_DAYS:
        return Phase.RECOVERY
    if to_goal <= _TAPER_DAYS:
        return Phase.TAPER
    if to_goal <= _PEAK_DAYS:
        return Phase.PEAK
    return Phase.BUILD if to_goal <= _BUILD_DAYS else Phase.BASE
