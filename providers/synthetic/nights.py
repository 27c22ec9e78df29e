"""A night's sleep, stage by stage, and now and then a nap.

The stages are laid end to end from falling asleep to getting up, and every sum is taken from them.
A night belongs to the day of waking.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pierre_mcp.models import SleepSession, SleepStage, SleepStageInterval
from providers.synthetic.body import State
from providers.synthetic.dice import Dice, Roll
from providers.synthetic.season import Day
from providers.synthetic.workouts import Workout

_SATURDAY = 5
_LONG_SESSION_LOAD = 110.0
_RESTFUL_LOAD = 40.0


def sleep_of_day(
    kind: Day, state: State, workouts: Sequence[Workout], dice: Dice
) -> tuple[SleepSession, ...]:
    """The night that ended on that day and a nap, in order of time; nothing if it was not worn."""
    roll = dice.roll("night", kind.date)
    if roll.chance(0.035):
        return ()
    begin, end = _in_bed(kind, workouts, roll)
    night = _session(
        kind, kind.morning_zone, state, roll, stages=_night_stages(roll, begin, end, ill=kind.ill)
    )
    hardest = max((w.load for w in workouts), default=0)
    weekend = kind.date.weekday() >= _SATURDAY
    if weekend and kind.race is None and hardest > _LONG_SESSION_LOAD and roll.chance(0.3):
        zone = kind.evening_zone
        begin = _local(kind, time(15, 10), zone) + timedelta(minutes=round(roll.around(0, 12)))
        end = begin + timedelta(minutes=roll.whole(22, 48))
        stages = _lay(begin, end, [(SleepStage.AWAKE, 240), (SleepStage.LIGHT, 10**6)])
        return (night, _session(kind, zone, state, roll, stages=stages, nap=True))
    return (night,)


def _in_bed(kind: Day, workouts: Sequence[Workout], roll: Roll) -> tuple[datetime, datetime]:
    """To bed and up: later where nothing has to be done, always in time for the first session."""
    zone = kind.morning_zone
    free = kind.date.weekday() >= _SATURDAY or kind.on_holiday
    to_bed = _local(kind, time(22, 25), zone, days=-1) + timedelta(
        minutes=round(roll.around(0, 20))
    )
    up = _local(kind, time(7, 0) if free else time(6, 10), zone) + timedelta(
        minutes=round(roll.around(0, 13))
    )
    if free:
        to_bed += timedelta(minutes=25)
    restful = sum(workout.load for workout in workouts) < _RESTFUL_LOAD
    if restful and not kind.ill and roll.chance(0.45):
        to_bed += timedelta(minutes=roll.whole(35, 110))
        up += timedelta(minutes=40 if free else 0)
    if kind.ill:
        to_bed -= timedelta(minutes=35)
        up += timedelta(minutes=50)
    first = min((w.activity.start_time for w in workouts), default=None)
    if first is not None:
        up = min(up, first - timedelta(minutes=12))
    return to_bed, up


def _night_stages(
    roll: Roll, to_bed: datetime, up: datetime, *, ill: bool
) -> tuple[SleepStageInterval, ...]:
    """Cycles of about ninety minutes: deep sleep early in the night, REM late."""
    restless = ill or roll.chance(0.09)
    deeper, dreamier = roll.around(1.0, 0.13), roll.around(1.0, 0.13)
    waking = 900.0 if restless else 420.0
    parts: list[tuple[SleepStage, float]] = [
        (SleepStage.AWAKE, roll.between(1200, 2700) if restless else roll.between(240, 1100))
    ]
    asleep_for = (up - to_bed).total_seconds()
    cycle = 0
    while sum(seconds for _, seconds in parts) < asleep_for:
        deep = max(0.0, roll.between(1500, 2300) - 620 * cycle) * deeper
        rem = min(roll.between(450, 900) + 420 * cycle, 2400) * dreamier
        parts += [
            (SleepStage.LIGHT, roll.between(900, 1700)),
            (SleepStage.DEEP, deep),
            (SleepStage.LIGHT, roll.between(1200, 2100)),
            (SleepStage.REM, rem),
            (SleepStage.AWAKE, roll.between(0, waking)),
        ]
        cycle += 1
    return _lay(to_bed, up, parts)


def _lay(
    begin: datetime, end: datetime, parts: Sequence[tuple[SleepStage, float]]
) -> tuple[SleepStageInterval, ...]:
    """The parts end to end in whole half-minutes, cut where it is time to get up."""
    intervals: list[SleepStageInterval] = []
    at = begin
    for stage, seconds in parts:
        until = min(at + timedelta(seconds=round(seconds / 30) * 30), end)
        if until > at:
            intervals.append(SleepStageInterval(stage=stage, start_time=at, end_time=until))
        at = until
    return tuple(intervals)


def _session(
    kind: Day,
    zone: ZoneInfo,
    state: State,
    roll: Roll,
    *,
    stages: tuple[SleepStageInterval, ...],
    nap: bool = False,
) -> SleepSession:
    begin, end = stages[0].start_time, stages[-1].end_time
    sums = {
        stage: sum((i.end_time - i.start_time).total_seconds() for i in stages if i.stage is stage)
        for stage in SleepStage
    }
    in_bed = (end - begin).total_seconds()
    asleep = in_bed - sums[SleepStage.AWAKE]
    score = (
        88
        + 9.0 * (min(asleep / 3600, 8.5) - 7.5)
        - 18 * max(0.0, 0.93 - asleep / in_bed) / 0.05
        - 0.1 * max(state.strain, 0)
        + roll.around(0, 2.5)
    )
    return SleepSession(
        provider="synthetic",
        id=f"{kind.date.isoformat()}-{'nap' if nap else 'night'}",
        date=kind.date,
        start_time=begin,
        end_time=end,
        utc_offset_seconds=int((end.astimezone(zone).utcoffset() or timedelta()).total_seconds()),
        timezone=str(zone),
        is_nap=nap,
        time_in_bed_seconds=in_bed,
        total_sleep_seconds=asleep,
        light_sleep_seconds=sums[SleepStage.LIGHT],
        deep_sleep_seconds=sums[SleepStage.DEEP],
        rem_sleep_seconds=sums[SleepStage.REM],
        awake_seconds=sums[SleepStage.AWAKE],
        sleep_efficiency_percent=round(100 * asleep / in_bed, 1),
        sleep_score=None if nap else float(round(max(30.0, min(score, 98.0)))),
        hrv_rmssd_ms=None if nap else state.hrv_rmssd_ms,
        average_heart_rate_bpm=None if nap else float(state.resting_heart_rate_bpm + 4),
        respiratory_rate_bpm=None
        if nap
        else round(roll.around(15.3 if state.ill else 14.2, 0.3), 1),
        spo2_percent=None if nap else round(roll.around(96.4, 0.5), 1),
        stages=stages,
    )


def _local(kind: Day, at: time, zone: ZoneInfo, days: int = 0) -> datetime:
    """That time on the clock of the place, as an instant."""
    local = datetime.combine(kind.date + timedelta(days=days), at, tzinfo=zone)
    return local.astimezone(UTC)
