"""The sessions the athlete knows: sport, time of day, place and blocks of effort.

Each function makes one ``Session`` for a day; which day gets which is ``plan``'s business. Nothing
here knows heart rates or speeds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pierre_mcp.models import SportType
from providers.synthetic.dice import Roll
from providers.synthetic.season import Day


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A public spot where sessions begin; nobody lives there."""

    latlng: tuple[float, float]
    altitude_meters: float


QUAY = Place(latlng=(47.0512, 8.3093), altitude_meters=436.0)
FOOTHILLS = Place(latlng=(47.0275, 8.2741), altitude_meters=560.0)
SNOW = Place(latlng=(46.8190, 8.4035), altitude_meters=1010.0)
BEACH = Place(latlng=(28.1402, -15.4358), altitude_meters=4.0)
CRATER = Place(latlng=(27.9706, -15.6102), altitude_meters=1570.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A stretch of one effort; intensity 1.0 can be held for about an hour."""

    seconds: int
    intensity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A measured course."""

    distance_meters: float
    climb_per_meter: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One thing to do. ``pauses_seconds`` are one or more stops beside the blocks."""

    sport_type: SportType
    start: datetime
    zone: ZoneInfo
    place: Place
    blocks: tuple[Block, ...]
    pause_seconds: int
    name: str
    course: Course | None = None
    race: bool = False

    @property
    def moving_seconds(self) -> int:
        """Time in motion."""
        return sum(block.seconds for block in self.blocks)

    @property
    def end(self) -> datetime:
        """When it is over."""
        return self.start + timedelta(seconds=self.moving_seconds + self.pause_seconds)

    @property
    def intensity(self) -> float:
        """Mean over the time in motion."""
        return sum(b.seconds * b.intensity for b in self.blocks) / self.moving_seconds

    @property
    def hardest(self) -> float:
        """The intensity of the hardest block."""
        return max(block.intensity for block in self.blocks)

    @property
    def structured(self) -> bool:
        """Whether it has repetitions, on which a watch's lap button is pressed."""
        return len(self.blocks) > 3  # noqa: PLR2004 - more than warm-up, work and cool-down


def session(
    kind: Day,
    roll: Roll,
    sport_type: SportType,
    at: time,
    blocks: Sequence[Block],
    *,
    name: str,
    pauses: float = 0.0,
    place: Place = QUAY,
    zone: ZoneInfo | None = None,
) -> Session:
    """A session at about that local time; the clock of the place decides what that is in UTC.

    ``pauses`` is the usual share of time spent waiting, at lights or at a hut.
    """
    zone = zone or kind.evening_zone
    local = datetime.combine(kind.date, at, tzinfo=zone) + timedelta(seconds=roll.whole(-420, 420))
    harder = roll.around(1.0, 0.012)
    blocks = tuple(
        Block(seconds=b.seconds, intensity=round(b.intensity * harder, 4)) for b in blocks
    )
    moving = sum(block.seconds for block in blocks)
    return Session(
        sport_type=sport_type,
        start=local.astimezone(UTC),
        zone=zone,
        place=place,
        blocks=blocks,
        pause_seconds=int(moving * pauses * roll.between(0, 2)),
        name=name,
    )


def steady(roll: Roll, minutes: float, intensity: float) -> tuple[Block, ...]:
    """One effort, about that long."""
    return (Block(seconds=int(minutes * 60 * roll.around(1.0, 0.06)), intensity=intensity),)


def repeats(
    roll: Roll,
    count: int,
    work: Block,
    rest: Block,
    *,
    easy: float = 0.74,
    warm_up_minutes: float = 15,
    cool_down_minutes: float = 10,
) -> tuple[Block, ...]:
    """Warm-up, that many repetitions with rest in between, cool-down."""
    between = [part for _ in range(count - 1) for part in (work, rest)]
    return (
        *steady(roll, warm_up_minutes, easy),
        *between,
        work,
        *steady(roll, cool_down_minutes, easy * 0.95),
    )


def easy_run(
    kind: Day, roll: Roll, at: time, minutes: float, *, name: str, intensity: float = 0.765
) -> Session:
    """Talking pace."""
    blocks = steady(roll, minutes, intensity)
    return session(kind, roll, SportType.RUN, at, blocks, name=name, pauses=0.012)


def trail_run(kind: Day, roll: Roll, at: time, minutes: float) -> Session:
    """Up and down the foothills."""
    name = roll.pick(("Ridge Trail Run", "Forest Trail Run", "Gorge Trail Run"))
    blocks = steady(roll, minutes, 0.775)
    return session(
        kind, roll, SportType.TRAIL_RUN, at, blocks, name=name, pauses=0.03, place=FOOTHILLS
    )


def intervals(kind: Day, roll: Roll, at: time, run_speed_mps: float) -> Session:
    """Repetitions over a distance, a little above threshold."""
    count, meters, intensity, rest_seconds = roll.pick(
        ((6, 800, 1.05, 120), (5, 1000, 1.035, 150), (10, 400, 1.09, 75), (4, 1600, 1.01, 150))
    )
    work = Block(seconds=round(meters / (run_speed_mps * intensity)), intensity=intensity)
    rest = Block(seconds=rest_seconds, intensity=0.58)
    blocks = repeats(roll, count, work, rest)
    return session(
        kind, roll, SportType.RUN, at, blocks, name=f"Intervals {count} x {meters} m", pauses=0.01
    )


def tempo(kind: Day, roll: Roll, at: time, *, treadmill: bool) -> Session:
    """Minutes at or just below threshold."""
    count, minutes, intensity = roll.pick(((3, 10, 0.965), (2, 15, 0.95), (4, 8, 0.975)))
    work = Block(seconds=minutes * 60, intensity=intensity)
    blocks = repeats(roll, count, work, Block(seconds=120, intensity=0.68), warm_up_minutes=12)
    sport = SportType.TREADMILL_RUN if treadmill else SportType.RUN
    name = f"{'Treadmill ' if treadmill else ''}Tempo {count} x {minutes} min"
    return session(kind, roll, sport, at, blocks, name=name, pauses=0.0 if treadmill else 0.01)


def progression_run(kind: Day, roll: Roll, at: time) -> Session:
    """Three parts, each faster."""
    blocks = [part for level in (0.74, 0.84, 0.93) for part in steady(roll, 18, level)]
    return session(kind, roll, SportType.RUN, at, blocks, name="Progression Run", pauses=0.01)


def five_kilometer_trial(kind: Day, roll: Roll, at: time, run_speed_mps: float) -> Session:
    """A community run against the clock, without taper."""
    course = Course(distance_meters=5000.0, climb_per_meter=0.003)
    return against_the_clock(
        kind, roll, at, course, run_speed_mps, name="Riverside Saturday 5K", race=False
    )


def against_the_clock(
    kind: Day, roll: Roll, at: time, course: Course, speed_mps: float, *, name: str, race: bool
) -> Session:
    """A measured run; ``speed_mps`` is that of intensity 1.0."""
    # What can be held falls with the time it takes; one hour is intensity 1.0.
    hours = course.distance_meters / 14000
    intensity = round(hours**-0.065 * roll.around(1.0, 0.008), 4)
    seconds = round(course.distance_meters / (speed_mps * intensity))
    return Session(
        sport_type=SportType.RUN,
        start=datetime.combine(kind.date, at, tzinfo=kind.morning_zone).astimezone(UTC),
        zone=kind.morning_zone,
        place=QUAY,
        blocks=(Block(seconds=seconds, intensity=intensity),),
        pause_seconds=0,
        name=name,
        course=course,
        race=race,
    )


def short_ride(kind: Day, roll: Roll, *, indoors: bool, hard: bool, scale: float) -> Session:
    """After work: outside while it is light, else on the trainer."""
    sport = SportType.INDOOR_RIDE if indoors else SportType.RIDE
    if not hard:
        minutes = 42 + (16 if indoors else 24) * scale
        name = "Trainer Spin" if indoors else roll.pick(("After Work Ride", "Evening Loop"))
        blocks = steady(roll, minutes, 0.68)
        return session(
            kind, roll, sport, time(17, 35), blocks, name=name, pauses=0 if indoors else 0.03
        )
    if indoors:
        name, count, work, rest = roll.pick(
            (
                ("Sweet Spot 3 x 12 min", 3, Block(seconds=720, intensity=0.9), 240),
                ("Over-Threshold 5 x 4 min", 5, Block(seconds=240, intensity=1.05), 180),
                ("Sweet Spot 4 x 8 min", 4, Block(seconds=480, intensity=0.93), 180),
            )
        )
    else:
        count = roll.whole(4, 6)
        name, work, rest = f"Threshold {count} x 5 min", Block(seconds=300, intensity=1.0), 240
    blocks = repeats(roll, count, work, Block(seconds=rest, intensity=0.5), easy=0.62)
    return session(
        kind, roll, sport, time(17, 35), blocks, name=name, pauses=0 if indoors else 0.03
    )


def long_ride(kind: Day, roll: Roll, scale: float, *, winter: bool) -> Session:
    """Saturday's hours on the bike; on gravel when the roads are cold."""
    minutes = 30 + (62 if winter else 112) * scale
    gravel = winter or roll.chance(0.3)
    sport = SportType.GRAVEL_RIDE if gravel else SportType.RIDE
    name = (
        roll.pick(("Forest Gravel Loop", "Gravel to the Monastery", "Valley Gravel Ride"))
        if gravel
        else roll.pick(
            ("Lake Loop Ride", "Two Lakes Ride", "Hill Country Ride", "Saddle Pass Ride")
        )
    )
    at = time(10, 0) if winter else time(9, 20)
    return session(kind, roll, sport, at, steady(roll, minutes, 0.69), name=name, pauses=0.06)


def pool_swim(kind: Day, roll: Roll, at: time) -> Session:
    """Technique and some hundreds."""
    name = roll.pick(("Pool Swim", "Swim Technique", "Swim Endurance"))
    blocks = steady(roll, roll.between(34, 46), 0.78)
    return session(kind, roll, SportType.POOL_SWIM, at, blocks, name=name, pauses=0.09)


def open_water_swim(kind: Day, roll: Roll, at: time, *, name: str, place: Place) -> Session:
    """Along the shore."""
    blocks = steady(roll, roll.between(24, 40), 0.76)
    return session(
        kind, roll, SportType.OPEN_WATER_SWIM, at, blocks, name=name, pauses=0.02, place=place
    )


def strength(kind: Day, roll: Roll, at: time) -> Session:
    """In the gym."""
    name = roll.pick(("Strength", "Strength: Legs and Core", "Strength: Full Body"))
    blocks = steady(roll, roll.between(36, 52), 0.5)
    return session(kind, roll, SportType.STRENGTH_TRAINING, at, blocks, name=name)


def yoga(kind: Day, roll: Roll) -> Session:
    """Before breakfast."""
    name = roll.pick(("Morning Yoga", "Yoga", "Mobility"))
    blocks = steady(roll, roll.between(22, 38), 0.3)
    return session(kind, roll, SportType.YOGA, time(6, 45), blocks, name=name)


def hike(kind: Day, roll: Roll, at: time, *, names: tuple[str, ...], place: Place) -> Session:
    """Some hours uphill and down."""
    blocks = steady(roll, roll.between(150, 250), 0.54)
    return session(
        kind, roll, SportType.HIKE, at, blocks, name=roll.pick(names), pauses=0.09, place=place
    )


def nordic_ski(kind: Day, roll: Roll, scale: float) -> Session:
    """In the valley where there is snow."""
    blocks = steady(roll, 52 + 42 * scale, 0.77)
    return session(
        kind, roll, SportType.NORDIC_SKI, time(10, 15), blocks, name="Nordic Skiing", pauses=0.05,
        place=SNOW,
    )  # fmt: skip


def surf(kind: Day, roll: Roll, at: time) -> Session:
    """Mostly paddling."""
    blocks = steady(roll, roll.between(65, 100), 0.56)
    name = roll.pick(("Surf Session", "Surf Lesson", "Beach Break Surf"))
    return session(kind, roll, SportType.SURFING, at, blocks, name=name, place=BEACH)


def walk(
    kind: Day,
    roll: Roll,
    at: time,
    minutes: tuple[float, float],
    *,
    name: str,
    place: Place = QUAY,
    zone: ZoneInfo | None = None,
) -> Session:
    """A stroll."""
    blocks = steady(roll, roll.between(*minutes), 0.36)
    return session(
        kind, roll, SportType.WALK, at, blocks, name=name, pauses=0.02, place=place, zone=zone
    )
