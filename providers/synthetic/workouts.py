"""From a planned session to the activity a watch would have recorded.

Distance, time, speed, heart rate, power, cadence, climbing and calories follow from the same blocks
of effort, so they agree. What a real device would not have is ``None``: no power on foot, no
position indoors, no distance in the gym, nothing but the time when it was entered by hand.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pierre_mcp.models import Activity, SportType
from providers.synthetic.dice import Dice, Roll
from providers.synthetic.physiology import (
    MAX_HEART_RATE_BPM,
    Form,
    heart_rate,
    ride_speed,
    training_load,
)
from providers.synthetic.season import Day
from providers.synthetic.sessions import Session

POOL_METERS = 25.0

_WATCH = "Meridian One"
_BIKE_COMPUTER = "Meridian Ride"
_GEAR = {
    SportType.RUN: "Road Shoes",
    SportType.TREADMILL_RUN: "Road Shoes",
    SportType.TRAIL_RUN: "Trail Shoes",
    SportType.RIDE: "Road Bike",
    SportType.INDOOR_RIDE: "Road Bike",
    SportType.GRAVEL_RIDE: "Gravel Bike",
}
_INDOORS = frozenset(
    {
        SportType.INDOOR_RIDE,
        SportType.TREADMILL_RUN,
        SportType.POOL_SWIM,
        SportType.STRENGTH_TRAINING,
        SportType.YOGA,
    }
)
_BY_HAND = {
    SportType.STRENGTH_TRAINING: 0.1,
    SportType.YOGA: 0.15,
    SportType.POOL_SWIM: 0.04,
    SportType.WALK: 0.02,
}
"""How often the watch was not there and the athlete typed it in."""
_CLIMB_METERS_PER_METER = {
    SportType.RUN: 0.006,
    SportType.TRAIL_RUN: 0.032,
    SportType.RIDE: 0.0095,
    SportType.GRAVEL_RIDE: 0.012,
    SportType.HIKE: 0.075,
    SportType.WALK: 0.004,
    SportType.NORDIC_SKI: 0.014,
}
_FREEWHEELING = {SportType.RIDE: 1.6, SportType.GRAVEL_RIDE: 1.55, SportType.NORDIC_SKI: 1.5}
"""Fastest over average speed where gravity helps."""
_HOT_MONTHS = (6, 7, 8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workout:
    """An activity, what was planned, and the load it really put on the body.

    The load is there even when the watch recorded no heart rate.
    """

    activity: Activity
    session: Session
    load: float


def record(session: Session, number: int, day: Day, form: Form, dice: Dice) -> Workout:
    """What the devices recorded of a session; ``number`` counts the day's sessions from 1."""
    activity_id = f"{day.date.isoformat()}-{number}"
    roll = dice.roll("workout", activity_id)
    sport = session.sport_type
    by_hand = roll.chance(_BY_HAND.get(sport, 0.0))
    average, highest = _heart_rates(session, day, roll)
    load = training_load(session.moving_seconds, average)
    strap_forgotten = roll.chance(0.03)
    climb = _climb_per_meter(session, roll)
    power = _power(session, form)
    distance = _distance(session, form, climb or 0.0, roll)
    values: dict[str, Any] = {}
    if not by_hand:
        values["device_name"] = _BIKE_COMPUTER if power is not None else _WATCH
        values["gear_name"] = _GEAR.get(sport)
        values["calories_kcal"] = _calories(session, distance, power, form)
        if not strap_forgotten:
            values |= {
                "average_heart_rate_bpm": average,
                "max_heart_rate_bpm": highest,
                "training_load": load,
            }
        if power is not None:
            values |= _powers(session, power, roll)
        if distance is not None:
            values |= _motion(session, distance, climb, roll)
        if sport not in _INDOORS:
            latitude, longitude = session.place.latlng
            values["start_latlng"] = (
                round(latitude + roll.around(0, 0.0004), 6),
                round(longitude + roll.around(0, 0.0005), 6),
            )
    offset = session.start.astimezone(session.zone).utcoffset() or timedelta()
    activity = Activity(
        provider="synthetic",
        id=activity_id,
        name=session.name,
        sport_type=sport,
        start_time=session.start,
        utc_offset_seconds=int(offset.total_seconds()),
        timezone=str(session.zone),
        duration_seconds=float(session.moving_seconds + session.pause_seconds),
        moving_time_seconds=float(session.moving_seconds),
        distance_meters=distance,
        manual=by_hand,
        private=False,
        indoor=sport in _INDOORS,
        race=session.race,
        **values,
    )
    return Workout(activity=activity, session=session, load=load)


def _heart_rates(session: Session, day: Day, roll: Roll) -> tuple[float, float]:
    """Average and highest beats per minute: by effort, a little by heat and by the day."""
    warmth = 2.0 if day.date.month in _HOT_MONTHS else 0.0
    daily = roll.around(0, 2.0) + warmth
    seconds = session.moving_seconds
    steady = sum(b.seconds * heart_rate(b.intensity) for b in session.blocks) / seconds
    average = min(round(steady + daily), MAX_HEART_RATE_BPM - 8)
    # It rises with the hardest part, and drifts upward over hours.
    above = max(heart_rate(session.hardest) - steady, 6.0) + seconds / 3600
    highest = min(round(average + above + roll.between(1, 6)), MAX_HEART_RATE_BPM)
    return float(average), float(highest)


def _climb_per_meter(session: Session, roll: Roll) -> float | None:
    if session.course is not None:
        return session.course.climb_per_meter
    usual = _CLIMB_METERS_PER_METER.get(session.sport_type)
    return None if usual is None else usual * roll.between(0.75, 1.3)


def _power(session: Session, form: Form) -> float | None:
    if session.sport_type.broader is not SportType.RIDE:
        return None
    return float(round(form.power_watts * session.intensity))


def _distance(session: Session, form: Form, climb_per_meter: float, roll: Roll) -> float | None:
    """Meters, where the sport has them; a watch measures a little more than the course has."""
    if session.course is not None:
        return round(session.course.distance_meters * roll.between(1.001, 1.007), 1)
    speed = _speed(session, form, climb_per_meter, roll)
    if speed is None:
        return None
    meters = speed * session.moving_seconds
    if session.sport_type is SportType.POOL_SWIM:
        return round(meters / POOL_METERS) * POOL_METERS
    return round(meters, 1)


def _speed(session: Session, form: Form, climb: float, roll: Roll) -> float | None:
    """Average speed in motion, in m/s."""
    ran = form.run_speed_mps * session.intensity * roll.around(1.0, 0.012)
    rode = form.power_watts * session.intensity
    match session.sport_type:
        case SportType.RUN | SportType.TREADMILL_RUN:
            return ran
        case SportType.TRAIL_RUN:
            return ran * 0.96 / (1 + 5 * climb)
        case SportType.NORDIC_SKI:
            return ran * 1.25
        case SportType.RIDE | SportType.GRAVEL_RIDE | SportType.INDOOR_RIDE as ride:
            surface = 0.86 if ride is SportType.GRAVEL_RIDE else 1.0
            return ride_speed(rode, climb, form.weight_kg) * surface
        case SportType.POOL_SWIM | SportType.OPEN_WATER_SWIM:
            return form.swim_speed_mps * session.intensity * roll.around(1.0, 0.012)
        case SportType.WALK:
            return roll.between(1.3, 1.5)
        case SportType.HIKE:
            return roll.between(1.15, 1.3) / (1 + 3 * climb)
        case SportType.SURFING:
            return roll.between(0.35, 0.6)
        case _:
            return None


def _motion(session: Session, distance: float, climb: float | None, roll: Roll) -> dict[str, Any]:
    sport = session.sport_type
    speed = distance / session.moving_seconds
    surge = (session.hardest / session.intensity) ** speed_exponent(sport)
    fastest = _FREEWHEELING.get(sport, 1.1) * surge + roll.between(0.02, 0.08)
    indoors = sport in _INDOORS
    return {
        "average_speed_mps": round(speed, 3),
        "max_speed_mps": round(speed * fastest, 2),
        "average_cadence_rpm": _cadence(sport, speed, roll),
        "elevation_gain_meters": None
        if climb is None or indoors
        else float(round(distance * climb)),
    }


def speed_exponent(sport: SportType) -> float:
    """How speed grows with intensity: in proportion on foot, less on a bike for the air's drag."""
    return 0.45 if sport.broader is SportType.RIDE else 1.0


def _powers(session: Session, power: float, roll: Roll) -> dict[str, Any]:
    """Average, normalized and highest power; outdoors hills and corners make it uneven."""
    indoors = session.sport_type is SportType.INDOOR_RIDE
    fourth = sum(b.seconds * b.intensity**4 for b in session.blocks) / session.moving_seconds
    unevenness = fourth**0.25 / session.intensity + (0.012 if indoors else 0.045)
    surge = session.hardest / session.intensity
    peak = surge * (roll.between(1.25, 1.45) if indoors else roll.between(2.2, 3.0))
    return {
        "average_power_watts": power,
        "normalized_power_watts": float(round(power * unevenness)),
        "max_power_watts": float(round(power * peak)),
    }


def _cadence(sport: SportType, speed: float, roll: Roll) -> float | None:
    """Steps a minute on foot, revolutions on a bike; a watch counts neither in water."""
    if sport.broader is SportType.RUN:
        return float(round(146 + 8.5 * speed + roll.around(0, 1)))
    if sport.broader is SportType.RIDE:
        return float(round(roll.around(86, 2)))
    if sport in (SportType.WALK, SportType.HIKE):
        return float(round(74 + 28 * speed))
    return None


def _calories(session: Session, distance: float | None, power: float | None, form: Form) -> float:
    """Kilocalories: on a bike the work in kJ, running 1 kcal per kg and km, else by intensity."""
    if power is not None:
        return float(round(power * session.moving_seconds / 1000))
    if distance is not None and session.sport_type.broader is SportType.RUN:
        return float(round(form.weight_kg * distance / 1000 * 1.02))
    metabolic_equivalent = 1.3 + 8.2 * session.intensity
    return float(round(metabolic_equivalent * form.weight_kg * session.moving_seconds / 3600))
