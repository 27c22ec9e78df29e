"""From Google's payloads to nights, and to what the body told on a day; pure, and never trusting.

A night counts for the local day of waking. Values of days are civil dates at the source already.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from pierre_mcp.models import SleepSession, SleepStage, SleepStageInterval
from pierre_mcp.models.base import local_time
from pierre_mcp.models.limits import BOUNDS, Checker
from providers.fitbit.kinds import (
    BODY_FAT,
    HEART_RATE_VARIABILITY,
    OXYGEN_SATURATION,
    RESPIRATORY_RATE,
    RESTING_HEART_RATE,
    SKIN_TEMPERATURE,
    SLEEP,
    STEPS,
    TOTAL_CALORIES,
    VO2_MAX,
    WEIGHT,
    Kind,
)
from providers.fitbit.mapping import BODY_ROWS, PROVIDER, id_of
from providers.fitbit.wire import Row, day_of, inner, instant_of, measured, number_of, offset_of

# The description of 2026-04 says of the average that it is the root mean square of successive
# differences; no live answer was seen (2026-11). The value of deep sleep, which is one too, is
# another stretch of the night and is never put in its place.
_NIGHTLY: Mapping[Kind, tuple[Row, ...]] = {
    HEART_RATE_VARIABILITY: (
        ("hrv_rmssd_ms", "averageHeartRateVariabilityMilliseconds", "hrv_rmssd_ms", 1),
    ),
    RESPIRATORY_RATE: (
        ("respiratory_rate_bpm", "breathsPerMinute", "respiratory_rate_bpm", 1),
    ),
    OXYGEN_SATURATION: (("spo2_percent", "averagePercentage", "spo2_percent", 1),),
}  # fmt: skip
RECOVERY: Mapping[Kind, tuple[Row, ...]] = {
    **_NIGHTLY,
    RESTING_HEART_RATE: (("resting_heart_rate_bpm", "beatsPerMinute", "heart_rate_bpm", 1),),
    SKIN_TEMPERATURE: (
        (
            "skin_temperature_celsius",
            "nightlyTemperatureCelsius",
            "skin_temperature_celsius",
            1,
        ),
    ),
}
HEALTH: Mapping[Kind, tuple[Row, ...]] = {
    WEIGHT: BODY_ROWS[:1],
    BODY_FAT: (("body_fat_percent", "percentage", "body_fat_percent", 1),),
    VO2_MAX: (("vo2_max_ml_per_kg_min", "vo2Max", "vo2_max_ml_per_kg_min", 1),),
    # A day of zero steps is one on which nothing was worn.
    STEPS: (("steps", "countSum", "steps", 1),),
    TOTAL_CALORIES: (("total_calories_kcal", "kcalSum", "calories_kcal", 1),),
}
NIGHTLY = tuple(_NIGHTLY)
_BASELINE: tuple[Row, ...] = (
    ("baseline", "baselineTemperatureCelsius", "skin_temperature_celsius", 1),
)

_STAGES = {
    "AWAKE": SleepStage.AWAKE,
    "LIGHT": SleepStage.LIGHT,
    "DEEP": SleepStage.DEEP,
    "REM": SleepStage.REM,
    "ASLEEP": SleepStage.ASLEEP,
    # Of nights of the kind CLASSIC, whose minutes asleep leave it out.
    "RESTLESS": SleepStage.AWAKE,
}
_SUMS = (
    ("light_sleep_seconds", SleepStage.LIGHT),
    ("deep_sleep_seconds", SleepStage.DEEP),
    ("rem_sleep_seconds", SleepStage.REM),
)
_MINUTE = 60


class Dated(NamedTuple):
    """A data point of a type, by the day it belongs to; ``moment`` orders those of one day."""

    day: date
    moment: datetime
    data: Any
    name: Any


def dated(kind: Kind, point: Any) -> Dated | None:
    """The data point with its day, where it says which; a roll-up's is that of its beginning."""
    data, begins = inner(point, kind.key), inner(point, "civilStartTime", "date")
    moment = instant_of(inner(data, "sampleTime", "physicalTime"))
    if kind is SLEEP:
        moment = instant_of(inner(data, "interval", "endTime"))
        offset = offset_of(inner(data, "interval", "endUtcOffset"))
        day = moment and local_time(moment, offset).date()
    elif begins is not None:
        day = day_of(begins)
    else:
        day = day_of(inner(data, "date")) or day_of(inner(data, "sampleTime", "civilTime", "date"))
        if day is None and moment is not None:
            day = local_time(moment, offset_of(inner(data, "sampleTime", "utcOffset"))).date()
    if day is None or not isinstance(data, dict):
        return None
    # A reconciled data point has its name elsewhere than one of a list.
    name = inner(point, "name") or inner(point, "dataPointName")
    return Dated(day, moment or datetime.min.replace(tzinfo=UTC), data, name)


def by_day(
    found: Iterable[tuple[Kind, Dated]], table: Mapping[Kind, tuple[Row, ...]]
) -> dict[date, tuple[dict[str, Any], Checker]]:
    """What ``table`` wants of every day, newest first; of several on a day the latest counts."""
    days: dict[date, tuple[dict[str, Any], Checker]] = {}
    for kind, point in sorted(found, key=lambda each: each[1].moment):
        values, check = days.setdefault(point.day, ({}, Checker(point.day.isoformat())))
        told = measured(point.data, table[kind], check)
        values |= {field: int(told[field]) if field == "steps" else told[field] for field in told}
        if kind is SKIN_TEMPERATURE:
            usual = measured(point.data, _BASELINE, check).get("baseline")
            nightly = values.get("skin_temperature_celsius")
            if usual is not None and nightly is not None:
                values["skin_temperature_deviation_celsius"] = round(nightly - usual, 6)
    return {day: days[day] for day in sorted(days, reverse=True) if days[day][0]}


def nights_of(found: Iterable[Dated], nightly: Mapping[date, Any]) -> list[SleepSession]:
    """Nights and naps, newest first; a day's ``nightly`` values belong to its longest night."""
    read = (night for point in found if (night := _night_of(point)) is not None)
    nights = sorted(
        {night.id: night for night in read}.values(),
        key=lambda night: (night.date, night.end_time, night.id),
        reverse=True,
    )
    longest: dict[date, SleepSession] = {}
    for night in nights:
        if not night.is_nap and _span(night) > _span(longest.get(night.date)):
            longest[night.date] = night
    return [
        night.model_copy(update=nightly[night.date][0])
        if night is longest.get(night.date) and night.date in nightly
        else night
        for night in nights
    ]


def _span(night: SleepSession | None) -> float:
    return (night.end_time - night.start_time).total_seconds() if night else 0


def _night_of(point: Dated) -> SleepSession | None:
    night_id = id_of(point.name)
    start = instant_of(inner(point.data, "interval", "startTime"))
    if night_id is None or start is None or not start < point.moment:
        return None
    check = Checker(night_id)
    stages = _stages_of(point.data, start, point.moment, check)
    return SleepSession(
        provider=PROVIDER,
        id=night_id,
        date=point.day,
        start_time=start,
        end_time=point.moment,
        utc_offset_seconds=offset_of(inner(point.data, "interval", "endUtcOffset")),
        is_nap=inner(point.data, "metadata", "nap") is True,
        stages=stages or None,
        **_sums_of(point.data, stages, check),
        warnings=tuple(check.warnings),
    )


def _sums_of(data: Any, stages: tuple[SleepStageInterval, ...], check: Checker) -> dict[str, Any]:
    """Google's sums; where it has not made them yet, those of the stages."""
    summary = inner(data, "summary")
    told = inner(summary, "stagesSummary")
    seconds: dict[SleepStage, float] = {}
    for each in told if isinstance(told, list) else ():
        word, minutes = inner(each, "type"), number_of(inner(each, "minutes"))
        stage = _STAGES.get(word) if isinstance(word, str) else None
        if stage is not None and minutes is not None:
            seconds[stage] = seconds.get(stage, 0) + minutes * _MINUTE
    asleep = number_of(inner(summary, "minutesAsleep"))
    period = number_of(inner(summary, "minutesInSleepPeriod"))
    if summary is None and stages:
        for each in stages:
            lasted = (each.end_time - each.start_time).total_seconds()
            seconds[each.stage] = seconds.get(each.stage, 0) + lasted
        period = sum(seconds.values()) / _MINUTE
        asleep = period - seconds.get(SleepStage.AWAKE, 0) / _MINUTE
    found = {field: seconds[stage] for field, stage in _SUMS if stage in seconds}
    if period is not None and asleep is not None and 0 < asleep <= period:
        found["time_in_bed_seconds"] = period * _MINUTE
        found["total_sleep_seconds"] = asleep * _MINUTE
        found["awake_seconds"] = (period - asleep) * _MINUTE
        found["sleep_efficiency_percent"] = round(100 * asleep / period, 1)
    elif period or asleep:
        check.note("total_sleep_seconds")
    longest = BOUNDS["seconds"][1]
    for field in [field for field, value in found.items() if not 0 <= value <= longest]:
        check.note(field)
        del found[field]
    return found


def _stages_of(
    data: Any, start: datetime, end: datetime, check: Checker
) -> tuple[SleepStageInterval, ...]:
    """The stages in order; all of them or none, for a gap would look like sleep."""
    told = inner(data, "stages")
    found: list[SleepStageInterval] = []
    reached = start
    for each in told if isinstance(told, list) else ():
        begins, ends = instant_of(inner(each, "startTime")), instant_of(inner(each, "endTime"))
        word = inner(each, "type")
        stage = _STAGES.get(word) if isinstance(word, str) else None
        if stage is None or not begins or not ends or not reached <= begins < ends <= end:
            check.note("stages", "hold one that cannot be")
            return ()
        found.append(SleepStageInterval(stage=stage, start_time=begins, end_time=ends))
        reached = ends
    return tuple(found)
