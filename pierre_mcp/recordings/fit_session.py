"""FIT: one session with its records and laps as an activity.

Here are the meanings: which value wins, what a zero means, which unit a field really has. Field
names are those of the public FIT profile.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from pierre_mcp.models import Activity, Lap, SportType
from pierre_mcp.models.limits import Checker, possible
from pierre_mcp.recordings.assemble import assemble
from pierre_mcp.recordings.fit_messages import Message, instant, number, word
from pierre_mcp.recordings.samples import Sample, plausible_start
from pierre_mcp.recordings.sports import fit_sport, is_indoors
from pierre_mcp.recordings.track import Track, make_track

_DEGREES_PER_SEMICIRCLE = 180 / 2**31


def activity_of(
    session: Message,
    *,
    records: Sequence[Message],
    laps: Sequence[Message],
    pauses: Sequence[datetime],
    provider: str,
    activity_id: str,
    device: str | None,
    utc_offset_seconds: int | None,
    name: object,
) -> Activity:
    """The session and what belongs to it; ``pauses`` are when the timer was started again."""
    check = Checker(activity_id)
    sub_sport = word(session.get("sub_sport"))
    sport = fit_sport(word(session.get("sport")), sub_sport)
    samples = list(_samples(records, sport[0], pauses))
    start = plausible_start(session.get("start_time"), samples, check)
    track = make_track(samples, start, activity_id)
    return assemble(
        provider=provider,
        activity_id=activity_id,
        start=start or (track.start if track else session["start_time"]),
        sport=sport,
        track=track,
        totals=_totals(session, sport[0], check, track),
        check=check,
        laps=[_lap(index, lap, sport[0]) for index, lap in enumerate(laps, start=1)],
        name=name,
        device=device,
        utc_offset_seconds=utc_offset_seconds,
        indoor=is_indoors(sub_sport),
    )


def _samples(
    records: Sequence[Message], sport: SportType, pauses: Sequence[datetime]
) -> Iterator[Sample]:
    segment = 0
    for record in records:
        time = instant(record["timestamp"])
        if time is None:
            continue
        while segment < len(pauses) and pauses[segment] <= time:
            segment += 1
        yield Sample(
            time=time,
            distance_meters=number(record.get("distance")),
            heart_rate_bpm=number(record.get("heart_rate")),
            power_watts=number(record.get("power")),
            cadence_rpm=_cadence(record, "cadence", "fractional_cadence", sport),
            speed_mps=number(record.get("enhanced_speed", record.get("speed"))),
            altitude_meters=number(record.get("enhanced_altitude", record.get("altitude"))),
            latitude_degrees=_degrees(record.get("position_lat")),
            longitude_degrees=_degrees(record.get("position_long")),
            temperature_celsius=number(record.get("temperature")),
            segment=segment,
        )


def _totals(
    session: Message, sport: SportType, check: Checker, track: Track | None
) -> dict[str, float | None]:
    """The session's own totals. Zero means "not measured", but for climbing where it was."""
    climbed = session.get("total_ascent")
    if not climbed and (track is None or track.streams.altitude_meters is None):
        climbed = None
    speed = session.get("enhanced_avg_speed", session.get("avg_speed"))
    fastest = session.get("enhanced_max_speed", session.get("max_speed"))
    return {
        "duration_seconds": check.positive(
            "duration_seconds", "seconds", session.get("total_elapsed_time")
        ),
        "moving_time_seconds": check.positive(
            "moving_time_seconds", "seconds", session.get("total_timer_time")
        ),
        "distance_meters": check.positive(
            "distance_meters", "distance_meters", session.get("total_distance")
        ),
        "elevation_gain_meters": check("elevation_gain_meters", "elevation_gain_meters", climbed),
        "average_heart_rate_bpm": check(
            "average_heart_rate_bpm", "heart_rate_bpm", session.get("avg_heart_rate")
        ),
        "max_heart_rate_bpm": check(
            "max_heart_rate_bpm", "heart_rate_bpm", session.get("max_heart_rate")
        ),
        "average_power_watts": check.positive(
            "average_power_watts", "power_watts", session.get("avg_power")
        ),
        "max_power_watts": check.positive(
            "max_power_watts", "power_watts", session.get("max_power")
        ),
        "normalized_power_watts": check.positive(
            "normalized_power_watts", "power_watts", session.get("normalized_power")
        ),
        "average_cadence_rpm": check.positive(
            "average_cadence_rpm", "cadence_rpm", _average_cadence(session, sport)
        ),
        "average_speed_mps": check.positive("average_speed_mps", "speed_mps", speed),
        "max_speed_mps": check.positive("max_speed_mps", "speed_mps", fastest),
        "calories_kcal": check.positive(
            "calories_kcal", "calories_kcal", session.get("total_calories")
        ),
        "training_load": check.positive(
            "training_load", "training_load", session.get("training_stress_score")
        ),
    }


def _lap(index: int, lap: Message, sport: SportType) -> Lap:
    def value(quantity: str, *names: str) -> float | None:
        found = next((lap[name] for name in names if lap.get(name) is not None), None)
        return possible(quantity, found) or None

    return Lap(
        index=index,
        start_time=instant(lap.get("start_time")),
        duration_seconds=value("seconds", "total_elapsed_time"),
        moving_time_seconds=value("seconds", "total_timer_time"),
        distance_meters=possible("distance_meters", lap.get("total_distance")),
        elevation_gain_meters=possible("elevation_gain_meters", lap.get("total_ascent")),
        average_heart_rate_bpm=value("heart_rate_bpm", "avg_heart_rate"),
        max_heart_rate_bpm=value("heart_rate_bpm", "max_heart_rate"),
        average_power_watts=value("power_watts", "avg_power"),
        max_power_watts=value("power_watts", "max_power"),
        normalized_power_watts=value("power_watts", "normalized_power"),
        average_cadence_rpm=possible("cadence_rpm", _average_cadence(lap, sport)) or None,
        average_speed_mps=value("speed_mps", "enhanced_avg_speed", "avg_speed"),
        max_speed_mps=value("speed_mps", "enhanced_max_speed", "max_speed"),
        calories_kcal=value("calories_kcal", "total_calories"),
    )


def _average_cadence(message: Message, sport: SportType) -> float | None:
    name = "avg_running_cadence" if "avg_running_cadence" in message else "avg_cadence"
    fraction = "avg_fractional_cadence"
    return _cadence(message, name, fraction, sport)


def _cadence(message: Message, name: str, fraction: str, sport: SportType) -> float | None:
    """Whole and fractional revolutions a minute; a stride on foot is two steps."""
    whole = number(message.get(name))
    if whole is None:
        return None
    cadence = whole + (number(message.get(fraction)) or 0.0)
    return cadence * 2 if sport.is_on_foot else cadence


def _degrees(semicircles: object) -> float | None:
    if not isinstance(semicircles, int | float):
        return None
    return round(semicircles * _DEGREES_PER_SEMICIRCLE, 7)
