"""What the athlete does on a day: which of the known sessions, and how much of them.

The calendar, the day of the week and chance decide. Plans depend on the day and the morning after
it, never on today.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from pierre_mcp.models import SportType
from providers.synthetic import sessions as known
from providers.synthetic.dice import Dice, Roll
from providers.synthetic.physiology import Form, form_on, ride_speed
from providers.synthetic.season import Day, Phase, Race, Season
from providers.synthetic.sessions import Block, Course, Session

_ONE_DAY = timedelta(hours=24)
_WINTER = (11, 12, 1, 2, 3)
_SNOW = (12, 1, 2, 3)
_SUMMER = (6, 7, 8, 9)
_VOLUME = {
    Phase.BASE: 0.92,
    Phase.BUILD: 1.0,
    Phase.PEAK: 1.08,
    Phase.TAPER: 0.6,
    Phase.RECOVERY: 0.5,
}
_VOLUME_OF_WEEK = (0.88, 1.0, 1.1, 0.62)
"""Three weeks of growing load, then an easy one."""


_GENTLE = 0.68
_CALM_NAMES = {SportType.INDOOR_RIDE: "Trainer Spin", SportType.RIDE: "Gentle Ride"}


class Planner:
    """Plans of one athlete's days."""

    def __init__(self, dice: Dice, season: Season) -> None:
        self._dice = dice
        self._season = season
        self._planned = lru_cache(maxsize=512)(self._plan)

    def sessions(self, day: date) -> tuple[Session, ...]:
        """What was done on a day, in order of time; never nothing.

        Whenever one asks, a finished activity has begun within the last 24 hours. For this the next
        day's first session must end within 24 hours of the start of this day's last; where the
        plan does not see to it, the day ends with a walk. Evening walks begin after half past
        seven, and every plan has something that is over before that hour of the day.
        """
        own = self._planned(day)
        following = self._planned(day + timedelta(days=1))
        if following[0].end - own[-1].start > _ONE_DAY:
            own = (*own, self._evening_walk(day, after=own[-1].end))
        return own

    def _evening_walk(self, day: date, *, after: datetime) -> Session:
        kind = self._season.day(day)
        roll = self._dice.roll("evening", day)
        usual = datetime.combine(day, time(19, 40), tzinfo=kind.evening_zone).astimezone(UTC)
        # Jitter is up to seven minutes either way; half an hour keeps the two apart.
        at = max(usual, after + timedelta(minutes=30)).astimezone(kind.evening_zone).time()
        if kind.ill:
            return known.walk(kind, roll, at, (9, 15), name="Around the Block")
        if kind.on_holiday and not kind.returning:
            return known.walk(kind, roll, at, (25, 50), name="Promenade Walk", place=known.BEACH)
        name = roll.pick(("Evening Walk", "Walk by the Lake", "Evening Walk"))
        return known.walk(kind, roll, at, (20, 40), name=name)

    def _plan(self, day: date) -> tuple[Session, ...]:
        kind = self._season.day(day)
        roll = self._dice.roll("plan", day)
        if kind.race is not None:
            return (_race(kind, roll, kind.race, self._form(day)),)
        if kind.departing:
            # 18:00 at home: within 24 hours of any evening walk there.
            return (_walk_away(kind, roll, time(17, 0), "First Steps on the Beach"),)
        if kind.returning:
            return (_walk_away(kind, roll, time(7, 40), "Last Walk on the Beach"),)
        if kind.ill:
            return (known.walk(kind, roll, time(12, 20), (15, 25), name="Short Walk"),)
        if kind.on_holiday:
            return (_holiday(kind, roll),)
        if kind.days_to_race == 1:
            return (known.easy_run(kind, roll, time(10, 0), 24, name="Shakeout Run"),)
        # One rests before a race and after a long one, and now and then life gets in the way.
        if kind.days_to_race == 2 or kind.drained or roll.chance(0.05):  # noqa: PLR2004
            return (_lunch_walk(kind, roll),)
        planned = self._week(kind, roll)
        if kind.no_running:
            planned = [_without_running(kind, roll, session) for session in planned]
        return tuple(sorted(planned, key=lambda s: s.start)) or (_lunch_walk(kind, roll),)

    def _week(self, kind: Day, roll: Roll) -> list[Session]:
        """The usual week, shorter in easy weeks, tapers and after races."""
        scale = _VOLUME_OF_WEEK[kind.week] * _VOLUME.get(kind.phase, 1.0)
        calm = kind.easy_week or kind.phase in (Phase.RECOVERY, Phase.TAPER) or kind.comeback < 1
        month = kind.date.month
        match kind.date.weekday():
            case 0:
                morning = [known.yoga(kind, roll)] if roll.chance(0.55) else []
                return (
                    [*morning, known.strength(kind, roll, time(18, 0))]
                    if (roll.chance(0.7))
                    else morning
                )
            case 1:
                return [self._quality_run(kind, roll, scale * kind.comeback, calm=calm)]
            case 2:
                hard = kind.phase in (Phase.BUILD, Phase.PEAK) and not calm
                ride = known.short_ride(
                    kind, roll, indoors=month in _WINTER, hard=hard, scale=scale
                )
                return (
                    [known.pool_swim(kind, roll, time(12, 0)), ride]
                    if (roll.chance(0.55))
                    else [ride]
                )
            case 3:
                minutes = 28 + 20 * scale * kind.comeback
                name = roll.pick(("Lunch Run", "Easy Lunch Run", "Easy Run by the River"))
                return [known.easy_run(kind, roll, time(12, 15), minutes, name=name)]
            case 4:
                return self._friday(kind, roll)
            case 5:
                return [self._saturday(kind, roll, scale, calm=calm)]
            case _:
                return [_long_run(kind, roll, scale * kind.comeback)]

    def _quality_run(self, kind: Day, roll: Roll, scale: float, *, calm: bool) -> Session:
        at = time(16, 50)
        if calm:
            return known.easy_run(kind, roll, at, 30 + 18 * scale, name="Easy Run")
        if kind.date.month in (1, 2) and roll.chance(0.25):
            return known.tempo(kind, roll, at, treadmill=True)
        # Threshold work in the base phase, faster repetitions as the race comes closer.
        if roll.chance(0.25 if kind.phase is Phase.BASE else 0.6):
            return known.intervals(kind, roll, at, self._form(kind.date).run_speed_mps)
        if roll.chance(0.3):
            return known.progression_run(kind, roll, at)
        return known.tempo(kind, roll, at, treadmill=False)

    def _friday(self, kind: Day, roll: Roll) -> list[Session]:
        if roll.chance(0.4):
            return [known.yoga(kind, roll)]
        if kind.date.month in _SUMMER and roll.chance(0.5):
            at = time(6, 50)
            return [known.open_water_swim(kind, roll, at, name="Lake Swim", place=known.QUAY)]
        return [known.pool_swim(kind, roll, time(6, 40))] if roll.chance(0.5) else []

    def _saturday(self, kind: Day, roll: Roll, scale: float, *, calm: bool) -> Session:
        month = kind.date.month
        if calm and roll.chance(0.25) and kind.phase is not Phase.TAPER and kind.comeback == 1:
            speed = self._form(kind.date).run_speed_mps
            return known.five_kilometer_trial(kind, roll, time(9, 0), speed)
        if month in _SNOW and roll.chance(0.35):
            return known.nordic_ski(kind, roll, scale)
        if month in _SUMMER and roll.chance(0.15):
            names = ("Panorama Hike", "Gorge Hike", "Summit Hike")
            return known.hike(kind, roll, time(9, 10), names=names, place=known.FOOTHILLS)
        return known.long_ride(kind, roll, scale, winter=month in _WINTER)

    def _form(self, day: date) -> Form:
        return form_on(day, self._season, self._dice)


def _long_run(kind: Day, roll: Roll, scale: float) -> Session:
    marathon = kind.goal.is_marathon and kind.phase is not Phase.BASE
    minutes = 28 + (105 if marathon else 62) * scale
    if roll.chance(0.25) and not marathon and kind.comeback == 1:
        return known.trail_run(kind, roll, time(7, 50), minutes)
    names = ("Sunday Long Run", "Long Run", "Long Run along the Lake")
    name = roll.pick(names) if kind.comeback == 1 else "Easy Run"
    return known.easy_run(kind, roll, time(7, 50), minutes, name=name, intensity=0.755)


def _lunch_walk(kind: Day, roll: Roll) -> Session:
    return known.walk(kind, roll, time(12, 0), (25, 45), name="Lunch Walk")


def _walk_away(kind: Day, roll: Roll, at: time, name: str) -> Session:
    away = kind.morning_zone if kind.returning else kind.evening_zone
    return known.walk(kind, roll, at, (25, 40), name=name, place=known.BEACH, zone=away)


def _holiday(kind: Day, roll: Roll) -> Session:
    """One day in the morning, the next in the afternoon; running only when nothing hurts."""
    morning = kind.date.toordinal() % 2 == 0
    at = time(8, 40) if morning else time(15, 50)
    choice = roll.whole(0, 5)
    if choice in (0, 1):
        return known.surf(kind, roll, at)
    if choice == 2:  # noqa: PLR2004 - one in six
        names = ("Volcano Hike", "Crater Rim Hike")
        return known.hike(kind, roll, time(8, 40), names=names, place=known.CRATER)
    if choice == 3 or kind.injured:  # noqa: PLR2004
        return known.open_water_swim(kind, roll, at, name="Bay Swim", place=known.BEACH)
    name = roll.pick(("Promenade Run", "Coast Path Run"))
    blocks = known.steady(roll, 46, 0.76)
    return known.session(
        kind, roll, SportType.RUN, at, blocks, name=name, pauses=0.012, place=known.BEACH
    )


def _without_running(kind: Day, roll: Roll, session: Session) -> Session:
    """The same hour spent without impact, and nothing hard."""
    if session.sport_type.broader is not SportType.RUN:
        if session.intensity <= _GENTLE and not session.structured:
            return session
        block = Block(seconds=session.moving_seconds, intensity=min(session.intensity, _GENTLE))
        name = _CALM_NAMES.get(session.sport_type, session.name)
        return replace(session, blocks=(block,), name=name)
    at = session.start.astimezone(session.zone).time()
    if roll.chance(0.5):
        return known.pool_swim(kind, roll, at)
    blocks = known.steady(roll, 42, 0.64)
    name = "Rehab Spin" if kind.injured else "Recovery Spin"
    return known.session(kind, roll, SportType.INDOOR_RIDE, at, blocks, name=name)


def _race(kind: Day, roll: Roll, race: Race, form: Form) -> Session:
    course = Course(distance_meters=race.distance_meters, climb_per_meter=race.climb_per_meter)
    if not race.cycling:
        return known.against_the_clock(
            kind, roll, time(9, 0), course, form.run_speed_mps, name=race.name, race=True
        )
    intensity = round(0.79 * roll.around(1.0, 0.008), 4)
    speed = ride_speed(form.power_watts * intensity, race.climb_per_meter, form.weight_kg)
    return Session(
        sport_type=SportType.RIDE,
        start=datetime.combine(kind.date, time(7, 30), tzinfo=kind.morning_zone).astimezone(UTC),
        zone=kind.morning_zone,
        place=known.QUAY,
        blocks=(Block(seconds=round(race.distance_meters / speed), intensity=intensity),),
        pause_seconds=0,
        name=race.name,
        course=course,
        race=True,
    )
