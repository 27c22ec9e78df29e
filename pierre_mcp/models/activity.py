"""An activity with its laps and streams, as every provider tells it.

SI units stand in the names. ``average_cadence_rpm`` is steps per minute of both feet on foot,
revolutions per minute on a bike and strokes per minute in water.
"""

from datetime import date, datetime
from typing import Literal, Self

from pydantic import model_validator

from pierre_mcp.models.base import Gathered, Model, UtcTime, local_time
from pierre_mcp.models.sports import SportType


class Lap(Model):
    """A part of an activity, in order; ``index`` counts from 1."""

    index: int
    start_time: UtcTime | None = None
    duration_seconds: float | None = None
    moving_time_seconds: float | None = None
    distance_meters: float | None = None
    elevation_gain_meters: float | None = None
    average_heart_rate_bpm: float | None = None
    max_heart_rate_bpm: float | None = None
    average_power_watts: float | None = None
    max_power_watts: float | None = None
    normalized_power_watts: float | None = None
    average_cadence_rpm: float | None = None
    average_speed_mps: float | None = None
    max_speed_mps: float | None = None
    calories_kcal: float | None = None


class Streams(Model):
    """Samples over time, column by column.

    ``time_seconds`` counts from the start of the activity and only grows; every other column is
    absent or exactly as long, with ``None`` where the device recorded nothing.
    """

    time_seconds: tuple[float, ...]
    distance_meters: tuple[float | None, ...] | None = None
    heart_rate_bpm: tuple[float | None, ...] | None = None
    power_watts: tuple[float | None, ...] | None = None
    cadence_rpm: tuple[float | None, ...] | None = None
    speed_mps: tuple[float | None, ...] | None = None
    altitude_meters: tuple[float | None, ...] | None = None
    latitude_degrees: tuple[float | None, ...] | None = None
    longitude_degrees: tuple[float | None, ...] | None = None
    temperature_celsius: tuple[float | None, ...] | None = None

    @model_validator(mode="after")
    def _columns_are_equally_long(self) -> Self:
        expected = len(self.time_seconds)
        for name, column in self.columns().items():
            if len(column) != expected:
                raise ValueError(f"stream '{name}' has {len(column)} samples, time has {expected}")
        return self

    def columns(self) -> dict[str, tuple[float | None, ...]]:
        """The columns there are, ``time_seconds`` first."""
        present: dict[str, tuple[float | None, ...]] = {}
        for name in type(self).model_fields:
            column = getattr(self, name)
            if column is not None:
                present[name] = column
        return present


class ZoneTime(Model):
    """How long an activity lasted in one zone; ``zone`` counts from 1 within its ``measure``.

    The zone reaches from ``floor`` up to ``ceiling``, both in the unit that stands in ``measure``;
    a ceiling of ``None`` is open. Zero seconds mean that the zone was never reached.
    """

    measure: Literal["heart_rate_bpm", "power_watts"]
    zone: int
    floor: float
    ceiling: float | None = None
    time_in_zone_seconds: float


class Activity(Gathered):
    """One workout.

    ``duration_seconds`` is elapsed time, pauses included; ``moving_time_seconds`` leaves them out.
    ``utc_offset_seconds`` is the offset the athlete's clock had at the start. ``laps``,
    ``streams`` and ``zones`` are ``None`` unless they were asked for and the source has them.
    """

    id: str
    name: str | None = None
    sport_type: SportType
    sport_type_raw: str | None = None
    start_time: UtcTime
    utc_offset_seconds: int | None = None
    timezone: str | None = None
    duration_seconds: float | None = None
    moving_time_seconds: float | None = None
    distance_meters: float | None = None
    elevation_gain_meters: float | None = None
    average_heart_rate_bpm: float | None = None
    max_heart_rate_bpm: float | None = None
    average_power_watts: float | None = None
    max_power_watts: float | None = None
    normalized_power_watts: float | None = None
    average_cadence_rpm: float | None = None
    average_speed_mps: float | None = None
    max_speed_mps: float | None = None
    calories_kcal: float | None = None
    training_load: float | None = None
    device_name: str | None = None
    gear_name: str | None = None
    manual: bool | None = None
    private: bool | None = None
    indoor: bool | None = None
    race: bool | None = None
    start_latlng: tuple[float, float] | None = None
    laps: tuple[Lap, ...] | None = None
    streams: Streams | None = None
    zones: tuple[ZoneTime, ...] | None = None

    @property
    def local_start(self) -> datetime:
        """Wall-clock start where the athlete was (UTC when the offset is unknown)."""
        return local_time(self.start_time, self.utc_offset_seconds)

    @property
    def local_date(self) -> date:
        """The athlete's own calendar day of the start."""
        return self.local_start.date()

    @property
    def order_key(self) -> tuple[datetime, str]:
        """Total order of activities in time; lists are this, newest first."""
        return (self.start_time, self.id)
