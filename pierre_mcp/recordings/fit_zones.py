"""FIT: how long a session lasted in each zone of heart rate, as the device counted it.

Zones of power, speed and cadence are left out: which of their boundaries go with which times is not
documented.
"""

from itertools import pairwise

from pierre_mcp.models import ZoneTime
from pierre_mcp.models.limits import possible
from pierre_mcp.recordings.fit_messages import Message, Messages

_FEWEST, _MOST = 3, 30


def zones_of(messages: Messages, session: Message, index: int) -> tuple[ZoneTime, ...] | None:
    """The zones of the session with that index; ``None`` where they are not told or cannot be."""
    told = next(
        (
            message
            for message in messages["time_in_zone"]
            if message.get("reference_mesg") == "session"
            and message.get("reference_index", 0) == index
        ),
        None,
    )
    if told is None:
        return None
    bounds = _numbers("heart_rate_bpm", told.get("hr_zone_high_boundary"))
    times = _numbers("seconds", told.get("time_in_hr_zone"))
    lasted = possible("seconds", session.get("total_elapsed_time"))
    # Devices count one time more than they have boundaries: the first is below zone 1, the last
    # beyond the highest heart rate (seen in recordings of three devices, 2026-11).
    if (
        not _FEWEST <= len(bounds) <= _MOST
        or len(times) != len(bounds) + 1
        or not all(low < high for low, high in pairwise(bounds))
        or not sum(times[1:])
        or (lasted is not None and sum(times) > lasted * 1.05 + 10)
    ):
        return None
    *inner, last, beyond = times[1:]
    ceilings = (*bounds[1:-1], None)
    return tuple(
        ZoneTime(
            measure="heart_rate_bpm",
            zone=number,
            floor=floor,
            ceiling=ceiling,
            time_in_zone_seconds=time,
        )
        for number, (floor, ceiling, time) in enumerate(
            zip(bounds[:-1], ceilings, (*inner, last + beyond), strict=True), start=1
        )
    )


def _numbers(quantity: str, told: object) -> list[float]:
    """All of an array, or nothing where one of them cannot be."""
    numbers = [possible(quantity, value) for value in told] if isinstance(told, tuple) else []
    return [] if None in numbers else [value for value in numbers if value is not None]
