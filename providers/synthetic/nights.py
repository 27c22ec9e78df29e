"""A night's sleep, stage by stage, and now and then a nap.

The stages are laid end to end from falling asleep to getting up, and every sum is taken from them.
A night belongs to the day of waking.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

from pierre_mcp.models import SleepSession, SleepStage, SleepStageInterval
from providers.synthetic.body import State
from providers.synthetic.dice import Dice, Roll
from providers.synthetic.season import Day
from providers.synthetic.workouts import Workout

_FRIDAY, _SATURDAY = 4, 5
_LONG_SESSION_LOAD = 110.0


def sleep_of_day(
    kind: Day, state: State, workouts: Sequence[Workout], dice: Dice
) -> tuple[SleepSession, ...]:
    """The night that ended on that day and a nap, in order of time; nothing if it was not worn."""
    roll = dice.roll("night", kind.date)
    if roll.chance(0.035):
        return ()
    weekend = kind.date.weekday() >= _SATURDAY
    early_start = min((w.activity.start_time for w in workouts), default=None)
    up = _local(kind, time(7, 5) if weekend else time(6, 12)) + timedelta(
        minutes=round(roll.around(0, 11))
    )
    if early_start is not None:
        up = min(up, early_start - timedelta(minutes=12))
    to_bed = _local(kind, time(22, 30), days=-1) + timedelta(
        minutes=round(roll.around(0, 18)) + (35 if weekend else 0) + (25 if kind.on_holiday else 0)
    )
    night = _session(kind, state, roll, stages=_night_stages(roll, to_bed, up))
    hardest = max((w.load for w in workouts), default=0)
    if weekend and kind.race is None and hardest > _LONG_SESSION_LOAD and roll.chance(0.3):
        begin = _local(kind, time(15, 10)) + timedelta(minutes=round(roll.around(0, 12)))
        end = begin + timedelta(minutes=roll.whole(22, 48))
        stages = _lay(begin, end, [(SleepStage.AWAKE, 240), (SleepStage.LIGHT, 10**6)])
        return (night, _session(kind, state, roll, stages=stages, nap=True))
    return (night,)


def _night_stages(roll: Roll, to_bed: datetime, up: datetime) -> tuple[SleepStageInterval, ...]:
    """Cycles of about ninety minutes: deep sleep early in the night, REM late."""
    parts: list[tuple[SleepStage, float]] = [(SleepStage.AWAKE, roll.between(300, 1100))]
    asleep_for = (up - to_bed).total_seconds()
    cycle = 0
    while sum(seconds for _, seconds in parts) < asleep_for:
        deep = max(0.0, roll.between(1500, 2300) - 620 * cycle)
        rem = roll.between(500, 900) + 420 * cycle
        parts += [
            (SleepStage.LIGHT, roll.between(900, 1500)),
            (SleepStage.DEEP, deep),
            (SleepStage.LIGHT, roll.between(1100, 1900)),
            (SleepStage.REM, rem),
            (SleepStage.AWAKE, roll.between(0, 420)),
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
    score = 36 + 52 * min(asleep / 28800, 1.1) - 0.12 * max(state.strain, 0) + roll.around(0, 4)
    return SleepSession(
        provider="synthetic",
        id=f"{kind.date.isoformat()}-{'nap' if nap else 'night'}",
        date=kind.date,
        start_time=begin,
        end_time=end,
        utc_offset_seconds=int(
            (end.astimezone(kind.zone).utcoffset() or timedelta()).total_seconds()
        ),
        timezone=str(kind.zone),
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
        respiratory_rate_bpm=None if nap else round(roll.around(14.2, 0.35), 1),
        spo2_percent=None if nap else round(roll.around(96.4, 0.5), 1),
        stages=stages,
    )


def _local(kind: Day, at: time, days: int = 0) -> datetime:
    """That time on the clock of the place, as an instant."""
    local = datetime.combine(kind.date + timedelta(days=days), at, tzinfo=kind.zone)
    return local.astimezone(UTC)
