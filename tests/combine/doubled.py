"""An athlete's weeks as several devices tell them, each with its own errors.

The errors are those of devices and people, made without a look at the rules: late starts, stops
that are forgotten for a while, clocks that drift, wheels and satellites that disagree, straps that
guess when a workout began, entries by hand in round numbers, clocks in another time zone. Beside
them are workouts that look alike and are not the same.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from pierre_mcp.models import Activity, SportType

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
SPEEDS = {
    SportType.RUN: 3.0,
    SportType.RIDE: 8.0,
    SportType.SWIM: 0.8,
    SportType.STRENGTH_TRAINING: 0.0,
}


@dataclass(frozen=True)
class Truth:
    """What the athlete really did."""

    number: int
    sport: SportType
    start: datetime
    elapsed: float
    moving: float
    meters: float | None


@dataclass(frozen=True)
class Told:
    """A record, of which workout it is, and in which way it is off, if by more than a device is."""

    truth: Truth
    record: Activity
    oddity: str | None = None


def weeks(seed: int, count: int) -> Iterator[list[Told]]:
    """Everything that all sources tell, week by week."""
    chance = random.Random(seed)
    number = 0
    for week in range(count):
        told: list[Told] = []
        for truth in _week(chance, MONDAY + timedelta(weeks=week), number):
            number += 1
            told += _sources(chance, truth)
        chance.shuffle(told)
        yield told


def _week(chance: random.Random, monday: datetime, number: int) -> Iterator[Truth]:
    plans = [chance.choice(_PLANS) for _ in range(chance.randint(3, 6))]
    for plan in plans:
        morning = monday + timedelta(days=chance.randint(0, 6), hours=chance.uniform(5, 17))
        for truth in plan(chance, morning):
            number += 1
            yield replace(truth, number=number)


def _one(chance: random.Random, start: datetime, sport: SportType, minutes: float) -> Truth:
    moving = minutes * 60
    paused = chance.choice([0.0, 0.0, chance.uniform(20, 300)])
    speed = SPEEDS[sport] * chance.uniform(0.8, 1.2)
    indoor = chance.random() < 0.15
    return Truth(
        number=0,
        sport=sport,
        start=start,
        elapsed=moving + paused,
        moving=moving,
        meters=None if indoor or not speed else speed * moving,
    )


def _single(chance: random.Random, start: datetime) -> Iterator[Truth]:
    yield _one(chance, start, chance.choice(list(SPEEDS)), chance.uniform(20, 240))


def _brick(chance: random.Random, start: datetime) -> Iterator[Truth]:
    """A ride, and a run as soon as the shoes are on."""
    ride = _one(chance, start, SportType.RIDE, chance.uniform(40, 120))
    yield ride
    run = ride.start + timedelta(seconds=ride.elapsed + chance.uniform(60, 400))
    yield _one(chance, run, SportType.RUN, chance.uniform(15, 50))


def _twice(chance: random.Random, start: datetime) -> Iterator[Truth]:
    """The same loop before and after the same break."""
    first = _one(chance, start, SportType.RUN, chance.uniform(25, 45))
    yield first
    yield replace(first, start=start + timedelta(seconds=first.elapsed + chance.uniform(120, 3600)))


def _commute(chance: random.Random, start: datetime) -> Iterator[Truth]:
    """There, and back by the same way eight hours later, to the minute."""
    there = _one(chance, start.replace(hour=7), SportType.RIDE, chance.uniform(15, 40))
    yield there
    yield replace(there, start=there.start + timedelta(hours=chance.choice([8, 9, 9.5])))


def _pieces(chance: random.Random, start: datetime) -> Iterator[Truth]:
    """Short pieces, each recorded by itself."""
    at = start
    for _ in range(chance.randint(2, 4)):
        piece = _one(chance, at, SportType.RUN, chance.uniform(8, 15))
        yield piece
        at = piece.start + timedelta(seconds=piece.elapsed + chance.uniform(60, 300))


_PLANS = (_single, _single, _single, _single, _brick, _twice, _commute, _pieces)


def _sources(chance: random.Random, truth: Truth) -> Iterator[Told]:
    """What the watch tells, and whoever else was there."""
    watch = _by_watch(chance, truth)
    shift = chance.random() < 0.01
    yield Told(truth, _shifted(chance, watch) if shift else watch, "zone" if shift else None)
    if chance.random() < 0.8:
        yield Told(truth, _copied(chance, watch), None)
    if truth.sport is SportType.RIDE and chance.random() < 0.6:
        yield Told(truth, _by_computer(chance, truth))
    if chance.random() < 0.7:
        strap = _by_strap(chance, truth)
        if strap is not None:
            yield Told(truth, strap, "guessed")
    if chance.random() < 0.05:
        yield Told(truth, _by_hand(truth), "by hand")


def _record(truth: Truth, provider: str, start: datetime, **values: object) -> Activity:
    return Activity(
        provider=provider,
        id=str(truth.number),
        sport_type=values.pop("sport_type", truth.sport),
        start_time=start.replace(microsecond=0),
        utc_offset_seconds=3600,
        **values,
    )


def _by_watch(chance: random.Random, truth: Truth) -> Activity:
    late, stopped = chance.expovariate(1 / 8), chance.expovariate(1 / 15)
    drift = chance.gauss(0, 2)
    return _record(
        truth,
        "watch",
        truth.start + timedelta(seconds=late + drift),
        duration_seconds=truth.elapsed - late + stopped,
        moving_time_seconds=max(60.0, truth.moving - late),
        distance_meters=truth.meters and truth.meters * chance.gauss(1, 0.012),
    )


def _copied(chance: random.Random, watch: Activity) -> Activity:
    """What a service makes of the watch's file: its own pauses, its own smoothing."""
    moving = watch.moving_time_seconds or 0.0
    return watch.model_copy(
        update={
            "provider": "service",
            "id": f"s{watch.id}",
            "moving_time_seconds": moving * chance.uniform(0.96, 1.0),
            "distance_meters": watch.distance_meters
            and watch.distance_meters * chance.uniform(0.995, 1.005),
            "device_name": "Watch 7",
        }
    )


def _by_computer(chance: random.Random, truth: Truth) -> Activity:
    """Begun at the door or at the first light, and stopped in the cellar."""
    early, stopped = chance.uniform(-90, 60), chance.expovariate(1 / 60)
    return _record(
        truth,
        "computer",
        truth.start - timedelta(seconds=early),
        duration_seconds=truth.elapsed + early + stopped,
        moving_time_seconds=truth.moving,
        distance_meters=truth.meters and truth.meters * chance.gauss(1.0, 0.015),
        average_power_watts=200.0,
    )


def _by_strap(chance: random.Random, truth: Truth) -> Activity | None:
    """A strap sees the heart, and guesses when it was training."""
    start, end = chance.gauss(0, 45), chance.gauss(0, 60)
    seconds = truth.elapsed - start + end
    if truth.elapsed < 900 or seconds < 600:
        return None  # too short to be noticed
    sport = SportType.OTHER if chance.random() < 0.2 else truth.sport
    return _record(
        truth,
        "strap",
        truth.start + timedelta(seconds=start),
        sport_type=sport,
        duration_seconds=seconds,
        average_heart_rate_bpm=140.0,
    )


def _by_hand(truth: Truth) -> Activity:
    quarter = timedelta(minutes=15)
    start = datetime.fromtimestamp(
        round(truth.start.timestamp() / quarter.total_seconds()) * quarter.total_seconds(), UTC
    )
    return _record(
        truth,
        "diary",
        start,
        duration_seconds=max(300.0, round(truth.moving / 300) * 300.0),
        distance_meters=truth.meters and max(500.0, round(truth.meters / 500) * 500.0),
        manual=True,
    )


def _shifted(chance: random.Random, record: Activity) -> Activity:
    hours = chance.choice([-2, -1, 1, 2, 5.5, -7])
    return record.model_copy(update={"start_time": record.start_time + timedelta(hours=hours)})
