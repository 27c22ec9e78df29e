"""How a field is told in the person's units: its name, its number, and what follows from several.

A name always holds its unit, so a number in other units has another name.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from pierre_mcp.models import Activity, Model, Units
from pierre_mcp.server.words import KG_PER_POUND, METERS_PER_FOOT, METERS_PER_MILE, effort_of

_HEIGHTS = ("elevation", "altitude", "height")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A field's name in some units, and what makes its number of the one in SI units."""

    name: str
    factor: float = 1.0
    offset: float = 0.0

    def of(self, value: float) -> float:
        """The number in those units."""
        return value * self.factor + self.offset if self.factor != 1.0 else value


@lru_cache(maxsize=512)
def told_as(field: str, units: Units) -> Told:
    """The field in the units; itself where it has none that differ."""
    if units is Units.METRIC:
        return Told(name=field)
    stem, _, unit = field.rpartition("_")
    match unit:
        case "meters" if stem.startswith(_HEIGHTS):
            return Told(name=f"{stem}_feet", factor=1 / METERS_PER_FOOT)
        case "meters":
            return Told(name=f"{stem}_miles", factor=1 / METERS_PER_MILE)
        case "mps":
            return Told(name=f"{stem}_mph", factor=3600 / METERS_PER_MILE)
        case "kg":
            return Told(name=f"{stem}_pounds", factor=1 / KG_PER_POUND)
        case "celsius" if stem.endswith("deviation"):
            return Told(name=f"{stem}_fahrenheit", factor=1.8)
        case "celsius":
            return Told(name=f"{stem}_fahrenheit", factor=1.8, offset=32.0)
        case _:
            return Told(name=field)


def pace(record: Model, units: Units) -> str:
    """Like ``5:03 /km`` on foot and ``1:45 /100m`` in water; empty elsewhere and where unknown."""
    if not isinstance(record, Activity):
        return ""
    effort = effort_of(record.sport_type, units)
    speed = record.average_speed_mps
    seconds = record.moving_time_seconds
    if speed is None and record.distance_meters and seconds:
        speed = record.distance_meters / seconds
    return effort.told(speed) if effort.is_pace else ""


DERIVED: Mapping[str, Callable[[Model, Units], str]] = MappingProxyType({"pace": pace})
"""Columns that no source gives and that follow from what it gives."""
