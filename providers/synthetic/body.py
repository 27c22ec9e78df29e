"""How the body answers to training: HRV, resting heart rate, recovery, weight.

The state of a morning depends on the loads of the six weeks before it, illness and chance.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from pierre_mcp.models import HealthMetrics, RecoveryMetrics, SleepSession
from providers.synthetic.dice import Dice
from providers.synthetic.physiology import HEIGHT_METERS, RESTING_HEART_RATE_BPM, Form
from providers.synthetic.season import Season
from providers.synthetic.workouts import Workout

_ACUTE_DAYS, _CHRONIC_DAYS = 7, 42
_HARD = 0.9
"""From this intensity on a watch estimates VO2max."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The body on waking; ``strain`` is how far recent load exceeds what one is used to."""

    hrv_rmssd_ms: float
    resting_heart_rate_bpm: int
    strain: float
    ill: bool


class Body:
    """One athlete's body over time."""

    def __init__(self, dice: Dice, load: Callable[[date], float], season: Season) -> None:
        self._dice = dice
        self._load = load
        self._season = season
        self.state = lru_cache(maxsize=512)(self._state)

    def recovery(self, day: date, night: SleepSession) -> RecoveryMetrics:
        """The morning's metrics; HRV is the night's, the score weighs HRV, strain and sleep."""
        state = self.state(day)
        asleep_hours = (night.total_sleep_seconds or 0) / 3600
        score = (
            62
            + 0.9 * (state.hrv_rmssd_ms - 62)
            - 0.22 * state.strain
            + 5.0 * (asleep_hours - 7.4)
            - (25 if state.ill else 0)
        )
        roll = self._dice.roll("recovery", day)
        return RecoveryMetrics(
            provider="synthetic",
            date=day,
            recovery_score=float(round(max(5.0, min(score, 99.0)))),
            hrv_rmssd_ms=state.hrv_rmssd_ms,
            resting_heart_rate_bpm=float(state.resting_heart_rate_bpm),
            respiratory_rate_bpm=night.respiratory_rate_bpm,
            spo2_percent=night.spo2_percent,
            # Added to zero, so that there is no minus zero.
            skin_temperature_deviation_celsius=0.0
            + round(roll.around(0.9 if state.ill else 0.0, 0.15), 2),
        )

    def health(self, day: date, form: Form, workouts: Sequence[Workout]) -> HealthMetrics | None:
        """Weight three mornings a week or so, body fat on some, VO2max after hard running."""
        roll = self._dice.roll("scale", day)
        weighed = roll.chance(0.42)
        weight = round(form.weight_kg + roll.around(0, 0.3), 1) if weighed else None
        fat = round(19.5 + (form.weight_kg - 66.5) * 0.8 + roll.around(0, 0.35), 1)
        hard = any(
            w.session.hardest >= _HARD
            and w.activity.sport_type.broader.value == "run"
            and w.activity.average_heart_rate_bpm is not None
            for w in workouts
        )
        if weight is None and not hard:
            return None
        return HealthMetrics(
            provider="synthetic",
            date=day,
            weight_kg=weight,
            body_fat_percent=fat if weight is not None and roll.chance(0.4) else None,
            bmi=None if weight is None else round(weight / HEIGHT_METERS**2, 1),
            vo2_max_ml_per_kg_min=round(form.vo2_max_ml_per_kg_min + roll.around(0, 0.35), 1)
            if hard
            else None,
        )

    def _state(self, day: date) -> State:
        loads = [self._load(day - timedelta(days=age)) for age in range(1, _CHRONIC_DAYS + 1)]
        acute = sum(loads[:_ACUTE_DAYS]) / _ACUTE_DAYS
        chronic = sum(loads) / _CHRONIC_DAYS
        strain = (acute - chronic) + 0.25 * (loads[0] - chronic)
        roll = self._dice.roll("body", day)
        ill = self._season.day(day).ill
        base = 62 + 0.05 * (chronic - 75)
        hrv = base - 0.16 * strain + roll.around(0, 3.2) - (14 if ill else 0)
        resting = RESTING_HEART_RATE_BPM + 0.05 * strain + roll.around(0, 0.9) + (7 if ill else 0)
        return State(
            hrv_rmssd_ms=round(max(hrv, 18.0), 1),
            resting_heart_rate_bpm=round(max(resting, 38.0)),
            strain=round(strain, 2),
            ill=ill,
        )
