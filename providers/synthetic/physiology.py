"""What the athlete's body can do on a date, and what an effort costs it.

Relations between intensity, heart rate, speed and power are simple and monotonic, so that every
summary agrees with itself. Intensity 1.0 is the effort that can be held for about an hour.
"""

import math
from dataclasses import dataclass
from datetime import date

from providers.synthetic.dice import Dice
from providers.synthetic.season import Season

MAX_HEART_RATE_BPM = 187
RESTING_HEART_RATE_BPM = 47
HEIGHT_METERS = 1.78
HEART_RATE_ZONE_FLOORS_BPM = (
    0.0,
    *(
        float(round(RESTING_HEART_RATE_BPM + share * (MAX_HEART_RATE_BPM - RESTING_HEART_RATE_BPM)))
        for share in (0.6, 0.7, 0.8, 0.9)
    ),
)
"""Five zones, parted at tenths of the heart rate reserve after Karvonen (1957)."""

_RAMP_START_YEAR = 2012
_BIKE_KG, _AIR_KG_PER_M3, _DRAG_AREA_M2, _ROLLING, _GRAVITY = 9.0, 1.2, 0.36, 0.005, 9.81
_CLIMBING_NOT_REGAINED = 0.75
"""Share of the climbing energy that braking and air drag take on the way down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The athlete's abilities on a date, at intensity 1.0."""

    vo2_max_ml_per_kg_min: float
    run_speed_mps: float
    power_watts: float
    swim_speed_mps: float
    weight_kg: float


def form_on(day: date, season: Season, dice: Dice) -> Form:
    """Abilities that rise slowly over years, swing with the season and dip after an injury."""
    day_of_year = day.timetuple().tm_yday
    years = day.year + day_of_year / 365.25 - _RAMP_START_YEAR
    seasonal = math.sin(2 * math.pi * (day_of_year - 150) / 365.25)
    vo2_max = 46.0 + 7.0 * (1 - math.exp(-max(years, 0) / 9)) + 1.6 * seasonal
    since = season.days_since_injury(day)
    if since is not None:
        # Four weeks of rest cost about three points, which take ten weeks to come back.
        vo2_max -= 3.2 * min(since / 30, 1.0) * max(0.0, 1 - max(since - 30, 0) / 70)
    weight = 66.5 - 1.0 * seasonal + _drift_of_weight(day, dice)
    return Form(
        vo2_max_ml_per_kg_min=round(vo2_max, 2),
        run_speed_mps=round(2.95 + (vo2_max - 40) * 0.078, 4),
        power_watts=round(weight * (vo2_max * 0.0665 + 0.05), 1),
        swim_speed_mps=round(1.05 + (vo2_max - 40) * 0.011, 4),
        weight_kg=round(weight, 2),
    )


def _drift_of_weight(day: date, dice: Dice) -> float:
    """Kilograms above the usual; from one year's to the next without a jump at New Year."""
    this, following = (
        dice.roll("weight of the year", year).between(-0.9, 0.9)
        for year in (day.year, day.year + 1)
    )
    return this + (following - this) * day.timetuple().tm_yday / 366


def heart_rate(intensity: float) -> float:
    """Steady heart rate in beats per minute at that intensity."""
    reserve = min(0.62 + (intensity - 0.72) * 0.92, 0.97)
    return RESTING_HEART_RATE_BPM + (MAX_HEART_RATE_BPM - RESTING_HEART_RATE_BPM) * max(
        reserve, 0.18
    )


def training_load(duration_seconds: float, average_heart_rate_bpm: float) -> float:
    """Training impulse after Banister (1991), a woman's weights: minutes by heart rate reserve.

    An easy hour is about 95, an hour's race about 210.
    """
    reserve = (average_heart_rate_bpm - RESTING_HEART_RATE_BPM) / (
        MAX_HEART_RATE_BPM - RESTING_HEART_RATE_BPM
    )
    reserve = max(reserve, 0.0)
    return round(duration_seconds / 60 * reserve * 0.86 * math.exp(1.67 * reserve), 1)


def ride_speed(power_watts: float, climb_per_meter: float, weight_kg: float) -> float:
    """Average speed in m/s of a ride at that power on a course that climbs that much.

    Balances power with air drag, rolling resistance and climbing.
    """
    mass = weight_kg + _BIKE_KG
    slowing = (_ROLLING + climb_per_meter * _CLIMBING_NOT_REGAINED) * mass * _GRAVITY
    low, high = 1.0, 20.0
    for _ in range(40):
        speed = (low + high) / 2
        needed = 0.5 * _AIR_KG_PER_M3 * _DRAG_AREA_M2 * speed**3 + slowing * speed
        low, high = (speed, high) if needed < power_watts else (low, speed)
    return low
