"""How long it takes to make one history of six providers' records of the same workouts."""

import gc
import random
import time
from datetime import UTC, datetime, timedelta
from statistics import median

from report import Measurement

from pierre_mcp.combine.merging import merge
from pierre_mcp.combine.same import find_same
from pierre_mcp.models import Activity, SportType

PROVIDERS = ("alfa", "bravo", "charlie", "delta", "echo", "foxtrot")
WORKOUTS = 5_000
TIMES = 10


def one_history(rounds: int) -> Measurement:
    """The middle time for 5,000 workouts of six providers, in seconds."""
    # New ones each time, for what was merged once is remembered.
    times = [_seconds(records_of(WORKOUTS)) for _ in range(min(rounds, 5))]
    return Measurement(value=median(times), details={"records": WORKOUTS * len(PROVIDERS)})


def ten_times_the_history(rounds: int) -> Measurement:
    """By how much longer ten times the records take."""
    many = records_of(WORKOUTS * TIMES)
    once = median([_seconds(records_of(WORKOUTS)) for _ in range(min(rounds, 5))])
    return Measurement(value=_seconds(many) / once, details={"records": len(many)})


def _seconds(records: list[Activity]) -> float:
    gc.collect()  # of what making them left
    started = time.perf_counter()
    for workout in find_same(records).workouts:
        merge(workout)
    return time.perf_counter() - started


def records_of(
    workouts: int, *, until: datetime = datetime(2026, 1, 1, tzinfo=UTC)
) -> list[Activity]:
    """A workout every twenty hours, told of by all, each a little off; the last a day before."""
    chance = random.Random(1)  # noqa: S311 - nothing is secret here
    first = until - timedelta(hours=20 * workouts + 4)
    told = [
        Activity(
            provider=provider,
            id=f"{number}",
            sport_type=SportType.RUN,
            start_time=first + timedelta(hours=20 * number, seconds=chance.randint(0, 60)),
            duration_seconds=3600 + chance.randint(-60, 60),
            distance_meters=10_000 * chance.uniform(0.98, 1.02),
            average_heart_rate_bpm=140.0,
        )
        for number in range(workouts)
        for provider in PROVIDERS
    ]
    chance.shuffle(told)
    return told
