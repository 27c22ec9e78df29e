"""Claims about values: unknown is null, units are those in the names, text is clean.

The ranges are those of living athletes with a wide margin: they tell kilometres from metres and a
zero that stands for nothing, not a good day from a bad one.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pydantic import BaseModel

from pierre_mcp.models import Activity, SportType
from pierre_mcp.models.text import clean_text
from pierre_mcp.spi import FitnessProvider, ProviderCapabilities
from pierre_mcp.testing.contract.hooks import Hooks, everything

RANGES: dict[str, tuple[float, float]] = {
    "average_heart_rate_bpm": (25, 250),
    "max_heart_rate_bpm": (25, 250),
    "resting_heart_rate_bpm": (20, 150),
    "average_power_watts": (0, 3000),
    "max_power_watts": (0, 4000),
    "normalized_power_watts": (0, 3000),
    "functional_threshold_power_watts": (20, 800),
    "average_cadence_rpm": (0, 300),
    "average_speed_mps": (0, 60),
    "max_speed_mps": (0, 90),
    "distance_meters": (0, 5_000_000),
    "elevation_gain_meters": (0, 50_000),
    "calories_kcal": (0, 50_000),
    "duration_seconds": (0, 30 * 86_400),
    "moving_time_seconds": (0, 30 * 86_400),
    "utc_offset_seconds": (-12 * 3600, 14 * 3600),
    "time_in_bed_seconds": (1, 86_400),
    "total_sleep_seconds": (0, 86_400),
    "light_sleep_seconds": (0, 86_400),
    "deep_sleep_seconds": (0, 86_400),
    "rem_sleep_seconds": (0, 86_400),
    "awake_seconds": (0, 86_400),
    "sleep_efficiency_percent": (1, 100),
    "hrv_rmssd_ms": (1, 500),
    "hrv_sdnn_ms": (1, 500),
    "respiratory_rate_bpm": (4, 60),
    "spo2_percent": (50, 100),
    "skin_temperature_celsius": (15, 45),
    "skin_temperature_deviation_celsius": (-15, 15),
    "weight_kg": (20, 400),
    "height_meters": (0.5, 2.8),
    "body_fat_percent": (1, 80),
    "muscle_mass_kg": (5, 200),
    "bmi": (8, 100),
    "vo2_max_ml_per_kg_min": (5, 110),
    "fitness_age_years": (1, 120),
    "steps": (0, 300_000),
    "active_calories_kcal": (0, 50_000),
    "total_calories_kcal": (1, 50_000),
    "energy_level_max": (0, 100),
    "energy_level_min": (0, 100),
}
"""What a value may be, both ends included."""

NEVER_ZERO = frozenset(
    {
        "average_power_watts",
        "max_power_watts",
        "normalized_power_watts",
        "average_cadence_rpm",
        "average_speed_mps",
        "max_speed_mps",
        "distance_meters",
        "duration_seconds",
        "moving_time_seconds",
        "calories_kcal",
        "total_sleep_seconds",
    }
)
"""A zero here says that nothing was measured, and that is null."""


SLOWEST_MPS, FASTEST_MPS = 0.02, 60.0
"""What anybody averages over an activity, surfers who wait for waves included."""

FIRST_DEVICES = datetime(1980, 1, 1, tzinfo=UTC)


class ValueClaims(Hooks):
    """Everything the provider hands out."""

    async def test_what_it_hands_out_is_valid(self, provider: FitnessProvider) -> None:
        """Values put in past the models' own checks show here: NaN, or a number for a name."""
        async for what, record in everything(provider):
            values = {name: getattr(record, name) for name in type(record).model_fields}
            assert type(record).model_validate(values, strict=True) == record, what

    async def test_every_record_names_its_provider(self, provider: FitnessProvider) -> None:
        """So that merged answers stay traceable."""
        async for what, record in everything(provider):
            assert record.provider == provider.descriptor.name, what

    async def test_values_lie_in_the_range_of_their_unit(self, provider: FitnessProvider) -> None:
        """Metres, seconds, metres a second, watts, grams of common sense."""
        async for what, record in everything(provider):
            for name, value in _numbers(record):
                low, high = RANGES.get(name, (value, value))
                assert low <= value <= high, f"{name} of {what} is {value}"

    async def test_nothing_measured_is_null_and_not_zero(self, provider: FitnessProvider) -> None:
        """Nobody runs an hour at 0 watts."""
        async for what, record in everything(provider):
            for name, value in _numbers(record):
                assert name not in NEVER_ZERO or value != 0, f"{name} of {what} is an invented 0"

    async def test_what_its_source_does_not_give_is_null(self, provider: FitnessProvider) -> None:
        """See ``Hooks.unknown``."""
        if ProviderCapabilities.ACTIVITIES not in provider.descriptor.capabilities:
            pytest.skip("declares no activities")
        assert any(self.unknown.values()), "name at least one unknown field of one activity"
        for activity_id, names in self.unknown.items():
            single = await provider.get_activity(activity_id)
            for name in names:
                assert getattr(single, name) is None, f"{name} of activity {activity_id}"

    async def test_distance_and_speed_agree(self, activities: tuple[Activity, ...]) -> None:
        """Within 15 %, over moving or elapsed time: another unit would be far off."""
        for activity in activities:
            times = [t for t in (activity.moving_time_seconds, activity.duration_seconds) if t]
            meters, speed = activity.distance_meters, activity.average_speed_mps
            if meters and speed and times:
                covered = [speed * seconds for seconds in times]
                assert any(meters == pytest.approx(c, rel=0.15) for c in covered), activity.id

    async def test_distance_and_time_agree(self, activities: tuple[Activity, ...]) -> None:
        """Nobody takes an hour for ten metres, nor a minute for ten kilometres."""
        for activity in activities:
            seconds = activity.moving_time_seconds or activity.duration_seconds
            if activity.distance_meters and seconds:
                average = activity.distance_meters / seconds
                assert SLOWEST_MPS <= average <= FASTEST_MPS, f"{average} m/s in {activity.id}"

    async def test_nobody_moves_longer_than_the_activity_lasts(
        self, activities: tuple[Activity, ...]
    ) -> None:
        """Moving time is elapsed time without the pauses."""
        for activity in activities:
            moving, elapsed = activity.moving_time_seconds, activity.duration_seconds
            if moving is not None and elapsed is not None:
                assert moving <= elapsed + 1, activity.id

    async def test_no_average_exceeds_its_maximum(self, activities: tuple[Activity, ...]) -> None:
        """Of heart rate, power and speed; one per cent is rounding."""
        for activity in activities:
            for average, top in (
                (activity.average_heart_rate_bpm, activity.max_heart_rate_bpm),
                (activity.average_power_watts, activity.max_power_watts),
                (activity.average_speed_mps, activity.max_speed_mps),
            ):
                if average is not None and top is not None:
                    assert average <= top * 1.01, activity.id

    async def test_cadence_of_a_run_counts_both_feet(
        self, activities: tuple[Activity, ...]
    ) -> None:
        """Nobody runs at 90 steps a minute; a device that counts one foot says so."""
        for activity in activities:
            if activity.sport_type.broader is SportType.RUN:
                cadence = activity.average_cadence_rpm
                assert cadence is None or cadence > 115, activity.id  # noqa: PLR2004

    async def test_text_is_clean_and_never_empty(self, provider: FitnessProvider) -> None:
        """It came from a stranger: pass it through ``models.text.clean_text``."""
        async for what, record in everything(provider):
            for name, value in record:
                if isinstance(value, str) and name != "id":
                    assert value == clean_text(value), f"{name} of {what}"

    async def test_nothing_lies_in_the_future(self, provider: FitnessProvider) -> None:
        """Seen from the provider's own present, with a day for the zones of the world."""
        latest = provider.now() + timedelta(days=1)
        async for what, record in everything(provider):
            begun = getattr(record, "start_time", None)
            assert begun is None or begun <= latest, what
            day = getattr(record, "date", None)
            assert day is None or day <= latest.date(), what

    async def test_nothing_precedes_the_first_devices(self, provider: FitnessProvider) -> None:
        """Seconds taken for milliseconds end up in January 1970."""
        async for what, record in everything(provider):
            begun = getattr(record, "start_time", FIRST_DEVICES)
            assert begun >= FIRST_DEVICES, what
            assert getattr(record, "date", FIRST_DEVICES.date()) >= FIRST_DEVICES.date(), what

    async def test_the_offset_is_that_of_the_zone_at_the_time(
        self, activities: tuple[Activity, ...]
    ) -> None:
        """Not the one the zone has today; the zone has a name of the time zone database."""
        for activity in activities:
            if activity.timezone is not None and activity.utc_offset_seconds is not None:
                there = activity.start_time.astimezone(ZoneInfo(activity.timezone))
                offset = there.utcoffset() or timedelta()
                assert offset.total_seconds() == activity.utc_offset_seconds, activity.id


def _numbers(record: BaseModel) -> Iterator[tuple[str, float]]:
    """Every number in a record; laps and stages are looked into."""
    for name, value in record:
        if isinstance(value, bool):
            continue
        if isinstance(value, int | float):
            yield name, value
        elif isinstance(value, tuple) and name != "warnings":
            for part in value:
                if isinstance(part, BaseModel):
                    yield from _numbers(part)
