"""Claims about zones of heart rate and power: the athlete's own, and the time spent in them."""

from itertools import pairwise

from pierre_mcp.models import Activity, ZoneTime
from pierre_mcp.spi import FitnessProvider, Include
from pierre_mcp.testing.contract.details import LOOKED_AT
from pierre_mcp.testing.contract.hooks import Hooks

MOST_ZONES = 30
"""A provider that counts in finer steps streams the values instead."""

ZONE_RANGES: dict[str, tuple[float, float]] = {
    "heart_rate_bpm": (0, 250),
    "power_watts": (0, 4000),
}
"""Where a zone may begin and end; the first one begins at nothing."""


class ZoneClaims(Hooks):
    """``Athlete`` and ``get_activity`` with zones; a provider without any holds them all."""

    async def test_the_floors_of_zones_rise_in_the_range_of_their_unit(
        self, provider: FitnessProvider
    ) -> None:
        """At least two, for one zone is none; no share of a maximum, and no marker for "open"."""
        if type(provider).get_athlete is FitnessProvider.get_athlete:
            return
        athlete = await provider.get_athlete()
        for measure, floors in (
            ("heart_rate_bpm", athlete.heart_rate_zone_floors_bpm),
            ("power_watts", athlete.power_zone_floors_watts),
        ):
            if floors is not None:
                low, high = ZONE_RANGES[measure]
                assert 2 <= len(floors) <= MOST_ZONES, measure  # noqa: PLR2004
                assert all(a < b for a, b in pairwise(floors)), f"{measure}: {floors}"
                assert low <= floors[0], measure
                assert floors[-1] <= high, measure
                assert floors[-1] > 10, f"{measure}: {floors} are shares"  # noqa: PLR2004

    async def test_zones_of_an_activity_are_numbered_upward_and_do_not_overlap(
        self, provider: FitnessProvider, activities: tuple[Activity, ...]
    ) -> None:
        """From 1 by measure; each begins no lower than the one before ends."""
        for listed in activities[:LOOKED_AT]:
            for measure, zones in (await _zones(provider, listed)).items():
                low, high = ZONE_RANGES[measure]
                assert [z.zone for z in zones] == list(range(1, len(zones) + 1))
                assert len(zones) <= MOST_ZONES
                for zone in zones:
                    assert low <= zone.floor <= (zone.ceiling or zone.floor) <= high, listed.id
                for below, above in pairwise(zones):
                    assert below.ceiling is not None, f"zone {below.zone} of {listed.id} is open"
                    assert below.ceiling <= above.floor, listed.id

    async def test_time_in_zones_is_no_longer_than_the_activity(
        self, provider: FitnessProvider, activities: tuple[Activity, ...]
    ) -> None:
        """Seconds that add up to no more than 5 % beyond the duration, by measure."""
        for listed in activities[:LOOKED_AT]:
            for zones in (await _zones(provider, listed)).values():
                times = [zone.time_in_zone_seconds for zone in zones]
                assert min(times) >= 0, listed.id
                if listed.duration_seconds is not None:
                    assert sum(times) <= listed.duration_seconds * 1.05 + 10, listed.id


async def _zones(provider: FitnessProvider, activity: Activity) -> dict[str, list[ZoneTime]]:
    """The zones of an activity by what they measure."""
    whole = await provider.get_activity(activity.id, frozenset({Include.ZONES}))
    found: dict[str, list[ZoneTime]] = {}
    for zone in whole.zones or ():
        found.setdefault(zone.measure, []).append(zone)
    return found
