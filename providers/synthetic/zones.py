"""Time in the athlete's heart rate zones, counted in the streams of a workout.

The athlete has no power zones: their power changes with the season, and zones would with it.
"""

from bisect import bisect_right
from collections import Counter

from pierre_mcp.models import Streams, ZoneTime
from providers.synthetic.physiology import HEART_RATE_ZONE_FLOORS_BPM


def zones_of(streams: Streams | None) -> tuple[ZoneTime, ...] | None:
    """A second for each sample, as the streams are made; ``None`` without a heart rate."""
    if streams is None or streams.heart_rate_bpm is None:
        return None
    floors = HEART_RATE_ZONE_FLOORS_BPM
    seconds = Counter(bisect_right(floors, beat) for beat in streams.heart_rate_bpm if beat)
    return tuple(
        ZoneTime(
            measure="heart_rate_bpm",
            zone=zone,
            floor=floor,
            ceiling=ceiling,
            time_in_zone_seconds=float(seconds[zone]),
        )
        for zone, (floor, ceiling) in enumerate(
            zip(floors, (*floors[1:], None), strict=True), start=1
        )
    )
