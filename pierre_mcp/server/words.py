"""Numbers as athletes say them: clock times, paces, distances, in metric or imperial units."""

from dataclasses import dataclass

from pierre_mcp.models import SportType, Units

METERS_PER_MILE = 1609.344
METERS_PER_YARD = 0.9144
METERS_PER_FOOT = 0.3048
KG_PER_POUND = 0.45359237

STANDING_MPS = 0.3
"""Below that somebody stands, and a pace means nothing."""

_MINUTE = 60
_HOUR = 3600
_ON_FOOT = (SportType.RUN, SportType.WALK, SportType.HIKE, SportType.SNOWSHOE)


def clock(seconds: float | None) -> str:
    """Hours and minutes, or minutes and seconds below an hour; empty when unknown."""
    if seconds is None:
        return ""
    total = round(seconds)
    if total >= _HOUR:
        # Rounded to minutes first, so that 1:59:45 is 2:00 and never 1:60.
        minutes = round(total / _MINUTE)
        return f"{minutes // 60}:{minutes % 60:02} h"
    return f"{total // _MINUTE}:{total % _MINUTE:02}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How a sport's speed is told: as the time for a stretch, or as a speed."""

    unit: str
    stretch_meters: float | None = None
    per_mps: float = 1.0

    @property
    def is_pace(self) -> bool:
        """Whether less is faster."""
        return self.stretch_meters is not None

    def of(self, speed_mps: float) -> float:
        """Seconds for the stretch, or the speed in ``unit``."""
        if self.stretch_meters is not None:
            return self.stretch_meters / speed_mps
        return speed_mps * self.per_mps

    def told(self, speed_mps: float | None) -> str:
        """Like ``5:03 /km`` or ``31.2 km/h``; empty when unknown or standing."""
        if not speed_mps or speed_mps < STANDING_MPS:
            return ""
        value = self.of(speed_mps)
        return f"{clock(value) if self.is_pace else f'{value:.1f}'} {self.unit}"


def effort_of(sport: SportType, units: Units) -> Effort:
    """Pace on foot and in water, speed elsewhere."""
    metric = units is Units.METRIC
    if sport.broader is SportType.SWIM:
        return (
            Effort(unit="/100m", stretch_meters=100)
            if metric
            else Effort(unit="/100yd", stretch_meters=100 * METERS_PER_YARD)
        )
    if sport.broader in _ON_FOOT:
        return (
            Effort(unit="/km", stretch_meters=1000)
            if metric
            else Effort(unit="/mi", stretch_meters=METERS_PER_MILE)
        )
    return (
        Effort(unit="km/h", per_mps=3.6)
        if metric
        else Effort(unit="mph", per_mps=_HOUR / METERS_PER_MILE)
    )


def distance(meters: float | None, units: Units) -> str:
    """Like ``11.8 km`` or ``7.3 mi``; empty when unknown."""
    if meters is None:
        return ""
    if units is Units.METRIC:
        return f"{meters / 1000:.1f} km"
    return f"{meters / METERS_PER_MILE:.1f} mi"


def height(meters: float | None, units: Units) -> str:
    """Like ``412 m`` or ``1352 ft``; empty when unknown."""
    if meters is None:
        return ""
    return f"{meters:.0f} m" if units is Units.METRIC else f"{meters / METERS_PER_FOOT:.0f} ft"
