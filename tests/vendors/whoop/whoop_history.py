"""An athlete's months as WHOOP would hold them, made from a seed: workouts, nights, their days.

What trips integrations occurs in it: scores that are pending or impossible, fields that are null or
absent, naps, a day that runs, travels, starts shared by several workouts, fields of next year, and
words that want to be obeyed.
"""

import random
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
USER = 70_011
OFFSETS = ("-08:00", "+01:00", "Z", "+05:30", "+10:30", "+14:00")
SPEEDS = {
    "running": 3.0, "cycling": 8.1, "mountain-biking": 5.2, "walking": 1.4, "hiking-rucking": 1.1,
    "weightlifting_msk": 0.0, "yoga": 0.0, "functional-fitness": 0.0, "sauna": 0.0,
    "broom\u202eball": 0.0,
}  # fmt: skip
PENDING, UNSCORABLE = "PENDING_SCORE", "UNSCORABLE"


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What WHOOP holds, newest first as it lists it; payloads as they come over the wire."""

    workouts: list[dict[str, Any]]
    nights: list[dict[str, Any]]
    recoveries: list[dict[str, Any]]
    cycles: list[dict[str, Any]]


def stamp(instant: datetime) -> str:
    return f"{instant.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def shift(offset: str) -> timedelta:
    if offset == "Z":
        return timedelta()
    sign = -1 if offset[0] == "-" else 1
    return sign * timedelta(hours=int(offset[1:3]), minutes=int(offset[4:6]))


def an_id(dice: random.Random) -> str:
    return str(uuid.UUID(int=dice.getrandbits(128), version=4))


def history(seed: int, days: int = 70, workouts: int = 90, *, ties: float = 0.1) -> History:
    """So many days and workouts up to ``NOW``."""
    dice = random.Random(seed)
    return History(
        workouts=_workouts(dice, workouts, ties),
        **_days(dice, days),
    )


def common(dice: random.Random, start: datetime, end: datetime | None) -> dict[str, Any]:
    """The fields of every record."""
    made = {
        "user_id": USER,
        "created_at": stamp(start + timedelta(hours=9)),
        "updated_at": stamp(start + timedelta(hours=9, minutes=3)),
        "start": stamp(start),
        "timezone_offset": dice.choice(OFFSETS),
        "score_state": dice.choices(("SCORED", PENDING, UNSCORABLE), (90, 5, 5))[0],
        "field_of_next_year": {"nested": [1, "two", None]},
    }
    return made if end is None else {**made, "end": stamp(end)}


def scored(record: dict[str, Any], score: dict[str, Any]) -> dict[str, Any]:
    """The record with its score where it has one."""
    return {**record, "score": score} if record["score_state"] == "SCORED" else record


def _workouts(dice: random.Random, count: int, ties: float) -> list[dict[str, Any]]:
    start = NOW - timedelta(hours=3, milliseconds=dice.randrange(1000))
    found = []
    for number in range(count):
        if number and dice.random() >= ties:
            start -= timedelta(milliseconds=dice.randint(7_200_000, 130_000_000))
        found.append(workout(dice, start))
    return newest_first(found)


def newest_first(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As WHOOP sorts them; those that start together in an order of its own."""
    return sorted(records, key=lambda record: record["start"], reverse=True)


def workout(dice: random.Random, start: datetime, **changes: Any) -> dict[str, Any]:
    """One that began at ``start``."""
    word = dice.choice(list(SPEEDS))
    seconds, mean = dice.randint(900, 7200), dice.randint(85, 165)
    score: dict[str, Any] = {
        "strain": round(dice.uniform(0.1, 20.9), 4),
        "average_heart_rate": mean,
        "max_heart_rate": mean + dice.randint(0, 40),
        "kilojoule": dice.uniform(100, 4000),
        "percent_recorded": 100.0,
        "zone_durations": {
            f"zone_{name}_milli": seconds * 1000 // 6
            for name in ("zero", "one", "two", "three", "four", "five")
        },
    }
    if SPEEDS[word] and dice.random() < 0.8:
        score["distance_meter"] = SPEEDS[word] * seconds * dice.uniform(0.9, 1.1)
        score["altitude_gain_meter"] = dice.choice((0.0, 31.25, 410.5))
        score["altitude_change_meter"] = -1.5
    record = common(dice, start, start + timedelta(seconds=seconds))
    made = {"id": an_id(dice), "v1_id": 1043, "sport_name": word, "sport_id": 1, **record}
    return {**scored(made, score), **changes}


def _days(dice: random.Random, count: int) -> dict[str, list[dict[str, Any]]]:
    nights: list[dict[str, Any]] = []
    recoveries: list[dict[str, Any]] = []
    cycles: list[dict[str, Any]] = []
    offset, until = dice.choice(OFFSETS), None
    morning = datetime(NOW.year, NOW.month, NOW.day, 6, 40, tzinfo=UTC)
    for number in range(count):
        if number % 20 == 19:
            offset = dice.choice(OFFSETS)  # a travel
        end = morning - timedelta(days=number, minutes=dice.randint(0, 90)) - shift(offset)
        if end > NOW or (until is not None and end >= until):
            continue
        in_bed = dice.randint(5 * 3_600_000, 9 * 3_600_000)
        start = end - timedelta(milliseconds=in_bed)
        cycle = 90_000 + count - number
        night = night_of(dice, start, end, offset, cycle)
        nights.append(night)
        recoveries.append(recovery(dice, night))
        cycles.append(day(dice, start, until, offset, cycle))
        if dice.random() < 0.15:
            nap = end + timedelta(hours=4)
            if nap + timedelta(hours=1) < NOW:
                nights.append(
                    night_of(dice, nap, nap + timedelta(hours=1), offset, cycle, nap=True)
                )
        until = start
    return {"nights": newest_first(nights), "recoveries": recoveries, "cycles": cycles}


def night_of(
    dice: random.Random,
    start: datetime,
    end: datetime,
    offset: str,
    cycle: int,
    *,
    nap: bool = False,
) -> dict[str, Any]:
    in_bed = round((end - start).total_seconds() * 1000)
    parts = [in_bed * share // 100 for share in (48, 22, 20)]
    score: dict[str, Any] = {
        "stage_summary": {
            "total_in_bed_time_milli": in_bed,
            "total_awake_time_milli": in_bed - sum(parts),
            "total_no_data_time_milli": 0,
            "total_light_sleep_time_milli": parts[0],
            "total_slow_wave_sleep_time_milli": parts[1],
            "total_rem_sleep_time_milli": parts[2],
            "sleep_cycle_count": 4,
            "disturbance_count": 6,
        },
        "sleep_needed": {
            "baseline_milli": 27_000_000, "need_from_sleep_debt_milli": 1,
            "need_from_recent_strain_milli": 1, "need_from_recent_nap_milli": -1,
        },
        "respiratory_rate": dice.uniform(12, 18),
        "sleep_efficiency_percentage": 90.0,
    }  # fmt: skip
    if dice.random() < 0.8:
        score["sleep_performance_percentage"] = float(dice.randint(40, 100))
    record = {**common(dice, start, end), "timezone_offset": offset, "cycle_id": cycle, "nap": nap}
    return scored({"id": an_id(dice), **record}, score)


def recovery(dice: random.Random, night: dict[str, Any]) -> dict[str, Any]:
    """The recovery after a night; it has no id and no times of its own."""
    score: dict[str, Any] = {
        "user_calibrating": dice.random() < 0.1,
        "recovery_score": float(dice.randint(1, 99)),
        "resting_heart_rate": float(dice.randint(42, 66)),
        "hrv_rmssd_milli": dice.uniform(20, 140),
    }
    if dice.random() < 0.8:  # the older strap measures neither
        score |= {"spo2_percentage": 96.25, "skin_temp_celsius": dice.uniform(32, 35)}
    names = ("user_id", "created_at", "updated_at", "cycle_id", "score_state")
    made = {"sleep_id": night["id"], **{name: night[name] for name in names}}
    return scored(made, score)


def day(
    dice: random.Random, start: datetime, end: datetime | None, offset: str, cycle: int
) -> dict[str, Any]:
    score = {
        "strain": round(dice.uniform(0.0, 20.0), 5),
        "kilojoule": dice.uniform(6_000, 16_000),
        "average_heart_rate": 66,
        "max_heart_rate": 160,
    }
    record = {"id": cycle, **common(dice, start, end), "timezone_offset": offset}
    if end is None:
        record["score_state"] = "SCORED"
    return scored(record, score)
