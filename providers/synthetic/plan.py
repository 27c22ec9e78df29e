"""What the athlete does on a day: which sessions, when, how long and how hard.

A plan is made of ``Session`` values in local time. Chance and the calendar decide; nothing here
knows heart rates or distances.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from pierre_mcp.models import SportType
from providers.synthetic.dice import Dice, Roll
from providers.synthetic.physiology import CLIMB_OF_A_RIDE, Form, form_on, ride_speed
from providers.synthetic.season import Day, Phase, Race, Season

_GAP = timedelta(hours=24)
_MONDAY, _TUESDAY, _WEDNESDAY, _THURSDAY, _FRIDAY, _SATURDAY, _SUNDAY = range(7)
_WINTER = (12, 1, 2, 3)
_SUMMER = (5, 6, 7, 8, 9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One thing to do. ``structure`` is the shape of the effort: steady, intervals, tempo, race."""

    sport_type: SportType
    start: datetime
    moving_seconds: int
    pause_seconds: int
    intensity: float
    name: str
    structure: str = "steady"
    race: Race | None = None

    @property
    def end(self) -> datetime:
        """When it is over."""
        return self.start + timedelta(seconds=self.moving_seconds + self.pause_seconds)


class Planner:
    """Plans of one athlete's days."""

    def __init__(self, dice: Dice, season: Season) -> None:
        self._dice = dice
        self._season = season
        self._planned = lru_cache(maxsize=512)(self._plan)

    def sessions(self, day: date) -> tuple[Session, ...]:
        """What was done on a day, in order of time.

        So that any moment has a finished activity within the 24 hours before it, an evening walk
        follows whenever the next day's first session would end more than 24 hours after the start
        of this day's last. Sessions end by half past six, walks start after half past seven.
        """
        own = self._planned(day)
        following = self._planned(day + timedelta(days=1))
        first_end_tomorrow = following[0].end if following else own[-1].end + 2 * _GAP
        if not own or first_end_tomorrow - own[-1].start > _GAP:
            own = (*own, self._evening_walk(day))
        return own

    def _plan(self, day: date) -> tuple[Session, ...]:
        kind = self._season.day(day)
        roll = self._dice.roll("plan", day)
        if kind.race is not None:
            return (_race_session(kind, kind.race, form_on(day, self._season, self._dice)),)
        if kind.travelling or kind.ill:
            return (_lunch_walk(kind, roll),)
        if kind.on_holiday:
            return (_holiday_session(kind, roll),)
        if kind.days_to_race == 1 and not kind.injured:
            return (_run(kind, roll, time(10, 0), minutes=24, name="Shakeout Run"),)
        if kind.days_to_race == 2:  # noqa: PLR2004 - two days before a race one rests
            return (_lunch_walk(kind, roll),)
        sessions = self._week(kind, roll)
        if kind.injured:
            sessions = [_without_running(session, roll) for session in sessions]
        return tuple(sorted(sessions, key=lambda s: s.start)) or (_lunch_walk(kind, roll),)

    def _week(self, kind: Day, roll: Roll) -> list[Session]:
        """The usual week; easy weeks and tapers are shorter, recovery weeks also slower."""
        scale = 0.62 if kind.easy_week else 1.0
        scale *= {
            Phase.BASE: 0.92,
            Phase.BUILD: 1.0,
            Phase.PEAK: 1.08,
            Phase.TAPER: 0.6,
            Phase.RECOVERY: 0.5,
        }.get(kind.phase, 1.0)
        month = kind.date.month
        match kind.date.weekday():
            case 0:
                return [_strength(kind, roll)] if roll.chance(0.6) else []
            case 1:
                return [_quality_run(kind, roll, scale)]
            case 2:
                return [_midweek_ride(kind, roll, scale)]
            case 3:
                easy = _run(kind, roll, time(6, 40), minutes=40 + 12 * scale, name="Morning Run")
                return [easy, _pool_swim(kind, roll)] if roll.chance(0.45) else [easy]
            case 4:
                return [_strength(kind, roll) if roll.chance(0.5) else _yoga(kind, roll)]
            case 5:
                if month in _WINTER and roll.chance(0.35):
                    return [_nordic_ski(kind, roll, scale)]
                if month in _SUMMER and roll.chance(0.15):
                    return [_hike(kind, roll)]
                return [_long_ride(kind, roll, scale)]
            case _:
                trail = roll.chance(0.25)
                return [
                    _run(
                        kind,
                        roll,
                        time(8, 30),
                        minutes=20 + 92 * scale,
                        name="Ridge Trail Run" if trail else "Sunday Long Run",
                        sport=SportType.TRAIL_RUN if trail else SportType.RUN,
                    )
                ]

    def _evening_walk(self, day: date) -> Session:
        kind = self._season.day(day)
        roll = self._dice.roll("evening", day)
        return _session(
            kind,
            roll,
            SportType.WALK,
            time(19, 35),
            minutes=roll.between(22, 42),
            intensity=0.36,
            name="Evening Walk",
        )


def _session(
    kind: Day,
    roll: Roll,
    sport_type: SportType,
    at: time,
    *,
    minutes: float,
    intensity: float,
    name: str,
    structure: str = "steady",
    pauses: float = 0.02,
) -> Session:
    """A session at about that local time; the clock of the place decides what that is in UTC."""
    local = datetime.combine(kind.date, at, tzinfo=kind.zone) + timedelta(
        seconds=roll.whole(-420, 420)
    )
    moving = int(minutes * 60 * roll.around(1.0, 0.05))
    return Session(
        sport_type=sport_type,
        start=local.astimezone(UTC),
        moving_seconds=moving,
        pause_seconds=int(moving * pauses * roll.between(0, 2)),
        intensity=round(intensity * roll.around(1.0, 0.015), 4),
        name=name,
        structure=structure,
    )


def _run(
    kind: Day,
    roll: Roll,
    at: time,
    *,
    minutes: float,
    name: str,
    intensity: float = 0.77,
    sport: SportType = SportType.RUN,
) -> Session:
    return _session(
        kind, roll, sport, at, minutes=minutes, intensity=intensity, name=name, pauses=0.012
    )


def _quality_run(kind: Day, roll: Roll, scale: float) -> Session:
    if kind.phase in (Phase.RECOVERY, Phase.TAPER) or kind.easy_week:
        return _run(kind, roll, time(12, 10), minutes=42, intensity=0.76, name="Easy Lunch Run")
    if kind.date.month in (1, 2) and roll.chance(0.25):
        return replace(
            _run(
                kind,
                roll,
                time(17, 0),
                minutes=45,
                intensity=0.84,
                name="Treadmill Tempo",
                sport=SportType.TREADMILL_RUN,
            ),
            structure="tempo",
        )
    name, structure, intensity = roll.pick(
        (
            ("Intervals 6 x 800 m", "intervals", 0.875),
            ("Intervals 5 x 1000 m", "intervals", 0.88),
            ("Tempo 3 x 10 min", "tempo", 0.87),
            ("Progression Run", "tempo", 0.85),
        )
    )
    return replace(
        _run(kind, roll, time(12, 10), minutes=48 + 10 * scale, intensity=intensity, name=name),
        structure=structure,
    )


def _midweek_ride(kind: Day, roll: Roll, scale: float) -> Session:
    indoors = kind.date.month in (11, 12, 1, 2, 3)
    hard = kind.phase in (Phase.BUILD, Phase.PEAK) and not kind.easy_week
    return _session(
        kind,
        roll,
        SportType.INDOOR_RIDE if indoors else SportType.RIDE,
        time(16, 50),
        minutes=50 + 20 * scale if indoors else 60 + 22 * scale,
        intensity=0.86 if hard else 0.7,
        name=("Trainer Sweet Spot" if hard else "Trainer Spin")
        if indoors
        else ("Hill Repeats" if hard else "After Work Ride"),
        structure="intervals" if hard else "steady",
        pauses=0.0 if indoors else 0.03,
    )


def _long_ride(kind: Day, roll: Roll, scale: float) -> Session:
    winter = kind.date.month in (11, 12, 1, 2)
    gravel = roll.chance(0.3)
    return _session(
        kind,
        roll,
        SportType.GRAVEL_RIDE if gravel or winter else SportType.RIDE,
        time(8, 50),
        minutes=25 + (100 if winter else 175) * scale,
        intensity=0.7,
        name="Forest Gravel Loop" if gravel or winter else "Lake Loop Ride",
        pauses=0.06,
    )


def _pool_swim(kind: Day, roll: Roll) -> Session:
    return _session(
        kind,
        roll,
        SportType.POOL_SWIM,
        time(12, 5),
        minutes=roll.between(36, 50),
        intensity=0.78,
        name="Lunch Swim",
        pauses=0.08,
    )


def _strength(kind: Day, roll: Roll) -> Session:
    return _session(
        kind,
        roll,
        SportType.STRENGTH_TRAINING,
        time(12, 15),
        minutes=roll.between(38, 55),
        intensity=0.5,
        name="Strength",
        pauses=0.0,
    )


def _yoga(kind: Day, roll: Roll) -> Session:
    return _session(
        kind,
        roll,
        SportType.YOGA,
        time(6, 45),
        minutes=roll.between(25, 40),
        intensity=0.3,
        name="Yoga",
        pauses=0.0,
    )


def _hike(kind: Day, roll: Roll) -> Session:
    return _session(
        kind,
        roll,
        SportType.HIKE,
        time(9, 0),
        minutes=roll.between(170, 290),
        intensity=0.55,
        name=roll.pick(("Panorama Hike", "Gorge Hike", "Summit Hike")),
        pauses=0.09,
    )


def _nordic_ski(kind: Day, roll: Roll, scale: float) -> Session:
    return _session(
        kind,
        roll,
        SportType.NORDIC_SKI,
        time(9, 30),
        minutes=70 + 45 * scale,
        intensity=0.78,
        name="Nordic Skiing",
        pauses=0.05,
    )


def _lunch_walk(kind: Day, roll: Roll) -> Session:
    return _session(
        kind,
        roll,
        SportType.WALK,
        time(12, 20),
        minutes=roll.between(25, 45),
        intensity=0.36,
        name="Lunch Walk",
    )


def _holiday_session(kind: Day, roll: Roll) -> Session:
    sport, minutes, intensity, name = roll.pick(
        (
            (SportType.SURFING, 85.0, 0.55, "Morning Surf"),
            (SportType.HIKE, 190.0, 0.56, "Volcano Hike"),
            (SportType.OPEN_WATER_SWIM, 38.0, 0.76, "Bay Swim"),
            (SportType.RUN, 45.0, 0.76, "Promenade Run"),
            (SportType.RUN, 55.0, 0.77, "Coast Path Run"),
        )
    )
    return _session(kind, roll, sport, time(8, 40), minutes=minutes, intensity=intensity, name=name)


def _without_running(session: Session, roll: Roll) -> Session:
    """The same hour spent without impact."""
    if session.sport_type.broader is not SportType.RUN:
        return replace(session, intensity=min(session.intensity, 0.7), structure="steady")
    swimming = roll.chance(0.5)
    return replace(
        session,
        sport_type=SportType.POOL_SWIM if swimming else SportType.INDOOR_RIDE,
        name="Rehab Swim" if swimming else "Rehab Spin",
        moving_seconds=min(session.moving_seconds, 2700),
        intensity=0.66,
        structure="steady",
    )


def _race_session(kind: Day, race: Race, form: Form) -> Session:
    """A race; how long it takes follows from its distance and the athlete's form."""
    intensity = _race_intensity(race)
    speed = form.run_speed_mps * intensity
    if race.cycling:
        speed = ride_speed(form.power_watts * intensity, CLIMB_OF_A_RIDE, form.weight_kg)
    start = datetime.combine(kind.date, time(9, 0), tzinfo=kind.zone).astimezone(UTC)
    return Session(
        sport_type=SportType.RIDE if race.cycling else SportType.RUN,
        start=start,
        moving_seconds=round(race.distance_meters / speed),
        pause_seconds=0,
        intensity=intensity,
        name=race.name,
        structure="race",
        race=race,
    )


def _race_intensity(race: Race) -> float:
    """The intensity that can be held over the distance, by a power law through one hour."""
    if race.cycling:
        return 0.8
    hours = race.distance_meters / 14000
    return float(round(hours**-0.065, 4))
