"""From a planned session to the activity a watch would have recorded.

Distance, time, speed, heart rate, power, cadence, climbing and calories follow from one intensity,
so they agree. What a real device would not have is ``None``: no power on foot, no position indoors,
no distance in the gym, nothing but the time when it was entered by hand.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pierre_mcp.models import Activity, SportType
from providers.synthetic.dice import Dice, Roll
from providers.synthetic.physiology import (
    CLIMB_OF_A_RIDE,
    MAX_HEART_RATE_BPM,
    Form,
    heart_rate,
    ride_speed,
    training_load,
)
from providers.synthetic.plan import Session
from providers.synthetic.season import HOLIDAY_ZONE, Day

HOME_LATLNG = (47.0512, 8.3093)
HOLIDAY_LATLNG = (28.1248, -15.4300)

_WATCH = "Meridian One"
_BIKE_COMPUTER = "Meridian Ride"
_INDOORS = frozenset(
    {
        SportType.INDOOR_RIDE,
        SportType.TREADMILL_RUN,
        SportType.POOL_SWIM,
        SportType.STRENGTH_TRAINING,
        SportType.YOGA,
    }
)
_CLIMB_METERS_PER_METER = {
    SportType.RUN: 0.007,
    SportType.TRAIL_RUN: 0.032,
    SportType.RIDE: CLIMB_OF_A_RIDE,
    SportType.GRAVEL_RIDE: 0.012,
    SportType.HIKE: 0.075,
    SportType.WALK: 0.004,
    SportType.NORDIC_SKI: 0.014,
}
_PEAK_ABOVE_AVERAGE = {"steady": 0.09, "tempo": 0.13, "intervals": 0.2, "race": 0.07}
_FASTEST_OVER_AVERAGE = {"steady": 1.18, "tempo": 1.25, "intervals": 1.42, "race": 1.15}
_VARIABILITY = {"steady": 1.06, "tempo": 1.05, "intervals": 1.11, "race": 1.07}
"""Normalized over average power."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workout:
    """An activity, what was planned, and the load it really put on the body.

    The load is there even when the watch recorded no heart rate.
    """

    activity: Activity
    session: Session
    load: float


def is_indoors(sport: SportType) -> bool:
    """Whether there is no position to record."""
    return sport in _INDOORS


def record(session: Session, number: int, day: Day, form: Form, dice: Dice) -> Workout:
    """What the devices recorded of a session; ``number`` counts the day's sessions from 1."""
    activity_id = f"{day.date.isoformat()}-{number}"
    roll = dice.roll("workout", activity_id)
    sport = session.sport_type
    offset = session.start.astimezone(day.zone).utcoffset() or timedelta()
    average_heart_rate = round(heart_rate(session.intensity) + roll.around(0, 1.5))
    load = training_load(session.moving_seconds, average_heart_rate)
    by_hand = sport in (SportType.STRENGTH_TRAINING, SportType.YOGA) and roll.chance(0.12)
    strap_forgotten = roll.chance(0.03)
    speed, power = _speed_and_power(session, form, roll)
    distance = None
    if speed is not None:
        distance = round(
            session.race.distance_meters * 1.004
            if session.race
            else (speed * session.moving_seconds),
            1,
        )
        speed = distance / session.moving_seconds
    structure = session.structure
    measured = {
        "average_heart_rate_bpm": float(average_heart_rate),
        "max_heart_rate_bpm": float(
            min(
                round(average_heart_rate * (1 + _PEAK_ABOVE_AVERAGE[structure])) + roll.whole(2, 7),
                MAX_HEART_RATE_BPM,
            )
        ),
        "training_load": load,
    }
    values: dict[str, Any] = {}
    if not by_hand:
        values["device_name"] = _BIKE_COMPUTER if power is not None else _WATCH
        if not strap_forgotten:
            values |= measured
    if speed is not None and not by_hand:
        values |= {
            "average_speed_mps": round(speed, 3),
            "max_speed_mps": round(speed * _FASTEST_OVER_AVERAGE[structure], 2),
            "average_cadence_rpm": _cadence(sport, speed, roll),
            "elevation_gain_meters": _climb(sport, distance or 0, roll),
        }
    if power is not None:
        values |= {
            "average_power_watts": power,
            "normalized_power_watts": round(power * _VARIABILITY[structure]),
            "max_power_watts": round(power * roll.between(2.3, 3.1)),
        }
    if not is_indoors(sport):
        values["start_latlng"] = HOLIDAY_LATLNG if day.zone is HOLIDAY_ZONE else HOME_LATLNG
    activity = Activity(
        provider="synthetic",
        id=activity_id,
        name=session.name,
        sport_type=sport,
        start_time=session.start,
        utc_offset_seconds=int(offset.total_seconds()),
        timezone=str(day.zone),
        duration_seconds=float(session.moving_seconds + session.pause_seconds),
        moving_time_seconds=float(session.moving_seconds),
        distance_meters=distance,
        calories_kcal=None if by_hand else _calories(session, distance, power, form),
        manual=by_hand,
        private=False,
        indoor=is_indoors(sport),
        race=session.race is not None,
        **values,
    )
    return Workout(activity=activity, session=session, load=load)


def _speed_and_power(session: Session, form: Form, roll: Roll) -> tuple[float | None, float | None]:
    """Average moving speed in m/s and average power in watts, where the sport has them."""
    intensity = session.intensity
    match session.sport_type:
        case SportType.RUN | SportType.TREADMILL_RUN:
            return form.run_speed_mps * intensity, None
        case SportType.TRAIL_RUN:
            return form.run_speed_mps * intensity * 0.84, None
        case SportType.RIDE | SportType.GRAVEL_RIDE:
            power = round(form.power_watts * intensity)
            climb = _CLIMB_METERS_PER_METER[session.sport_type]
            rough = 0.86 if session.sport_type is SportType.GRAVEL_RIDE else 1.0
            return ride_speed(power, climb, form.weight_kg) * rough, float(power)
        case SportType.INDOOR_RIDE:
            power = round(form.power_watts * intensity)
            return ride_speed(power, 0.0, form.weight_kg), float(power)
        case SportType.POOL_SWIM | SportType.OPEN_WATER_SWIM:
            return form.swim_speed_mps * intensity, None
        case SportType.WALK:
            return roll.between(1.35, 1.55), None
        case SportType.HIKE:
            return roll.between(0.95, 1.15), None
        case SportType.NORDIC_SKI:
            return form.run_speed_mps * intensity * 1.25, None
        case _:
            return None, None


def _cadence(sport: SportType, speed: float, roll: Roll) -> float | None:
    """Steps a minute on foot, revolutions on a bike; a watch counts neither in water."""
    if sport.broader is SportType.RUN:
        return float(round(146 + 8.5 * speed + roll.around(0, 1)))
    if sport.broader is SportType.RIDE:
        return float(round(roll.around(86, 2)))
    if sport in (SportType.WALK, SportType.HIKE):
        return float(round(74 + 28 * speed))
    return None


def _climb(sport: SportType, distance: float, roll: Roll) -> float | None:
    rate = _CLIMB_METERS_PER_METER.get(sport)
    return None if rate is None else float(round(distance * rate * roll.between(0.75, 1.3)))


def _calories(session: Session, distance: float | None, power: float | None, form: Form) -> float:
    """Kilocalories: on a bike the work in kJ, running 1 kcal per kg and km, else by intensity."""
    if power is not None:
        return float(round(power * session.moving_seconds / 1000))
    if distance is not None and session.sport_type.broader is SportType.RUN:
        return float(round(form.weight_kg * distance / 1000 * 1.02))
    metabolic_equivalent = 1.5 + 8.5 * session.intensity
    return float(round(metabolic_equivalent * form.weight_kg * session.moving_seconds / 3600))
