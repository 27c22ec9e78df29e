"""Claims about one activity, and about what is added up from many."""

from itertools import pairwise
from typing import Any

import pytest

from pierre_mcp.errors import InvalidArgument, NotFound
from pierre_mcp.models import Activity, add_up
from pierre_mcp.spi import MAX_PAGE_SIZE, ActivityQuery, FitnessProvider, Include
from pierre_mcp.testing.contract.hooks import Hooks
from pierre_mcp.testing.contract.values import RANGES

NO_IDS = ["", "0", "no-such-id", "../../secret", "a b", "\u202e\x1b[31m", "9" * 5000]

LOOKED_AT = 8
"""So many activities are fetched one by one."""

_EVERYTHING = frozenset(Include)

STREAM_RANGES: dict[str, tuple[float, float]] = {
    "heart_rate_bpm": (25, 250),
    "power_watts": (0, 4000),
    "cadence_rpm": (0, 300),
    "speed_mps": (0, 90),
    "altitude_meters": (-500, 9000),
    "latitude_degrees": (-90, 90),
    "longitude_degrees": (-180, 180),
    "temperature_celsius": (-60, 70),
}
"""What a sample may be; a gap is ``None``, and a heart that stands still is a gap."""


class DetailClaims(Hooks):
    """``get_activity``, ``get_stats`` and ``get_personal_records``."""

    async def test_one_activity_says_what_the_list_says(
        self, provider: FitnessProvider, activities: tuple[Activity, ...]
    ) -> None:
        """It may know more, and contradicts nothing."""
        for listed in activities[:LOOKED_AT]:
            single = await provider.get_activity(listed.id)
            for name, value in _known(listed).items():
                assert getattr(single, name) == value, f"{name} of activity {listed.id}"

    async def test_laps_streams_and_zones_come_only_when_asked(
        self, provider: FitnessProvider, activities: tuple[Activity, ...]
    ) -> None:
        """Each by itself."""
        for listed in activities[:LOOKED_AT]:
            for asked in (frozenset[Include](), *(frozenset({part}) for part in Include)):
                answer = await provider.get_activity(listed.id, asked)
                for part in Include:
                    unasked = part not in asked and getattr(answer, part.value) is not None
                    assert not unasked, f"{part.value} of {listed.id} nobody asked for"

    async def test_laps_are_numbered_in_order(
        self, provider: FitnessProvider, activities: tuple[Activity, ...]
    ) -> None:
        """From 1, without a gap."""
        for laps in [(await _whole(provider, a)).laps for a in activities[:LOOKED_AT]]:
            if laps is not None:
                assert [lap.index for lap in laps] == list(range(1, len(laps) + 1))

    async def test_laps_are_no_longer_than_the_activity(
        self, provider: FitnessProvider, activities: tuple[Activity, ...]
    ) -> None:
        """Their distances add up to no more than 5 % beyond the whole."""
        for listed in activities[:LOOKED_AT]:
            whole = await _whole(provider, listed)
            if whole.laps and whole.distance_meters:
                together = sum(lap.distance_meters or 0 for lap in whole.laps)
                assert together <= whole.distance_meters * 1.05 + 10

    async def test_streams_run_forward_in_time_and_end_with_the_activity(
        self, provider: FitnessProvider, activities: tuple[Activity, ...]
    ) -> None:
        """Seconds from the start; the last one no more than 5 % beyond the duration."""
        for listed in activities[:LOOKED_AT]:
            whole = await _whole(provider, listed)
            if whole.streams is None:
                continue
            times = whole.streams.time_seconds
            assert times, "streams without a sample are no streams"
            assert times[0] >= 0
            assert all(a < b for a, b in pairwise(times))
            if whole.duration_seconds is not None:
                assert times[-1] <= whole.duration_seconds * 1.05 + 10

    async def test_streamed_distance_reaches_the_distance_of_the_activity(
        self, provider: FitnessProvider, activities: tuple[Activity, ...]
    ) -> None:
        """Within 10 %: another unit would be far off."""
        for listed in activities[:LOOKED_AT]:
            whole = await _whole(provider, listed)
            column = whole.streams.distance_meters if whole.streams else None
            covered = [meters for meters in column or () if meters is not None]
            if covered and whole.distance_meters:
                assert covered[-1] == pytest.approx(whole.distance_meters, rel=0.1, abs=50)

    async def test_samples_and_laps_lie_in_the_range_of_their_unit(
        self, provider: FitnessProvider, activities: tuple[Activity, ...]
    ) -> None:
        """As the activity does, second by second and lap by lap."""
        for listed in activities[:LOOKED_AT]:
            whole = await _whole(provider, listed)
            columns = whole.streams.columns() if whole.streams else {}
            for name, (low, high) in STREAM_RANGES.items():
                known = [value for value in columns.get(name, ()) if value is not None]
                assert all(low <= value <= high for value in known), f"{name} of {listed.id}"
            for lap in whole.laps or ():
                for name, value in lap:
                    low, high = RANGES.get(name, (value, value))
                    assert value is None or low <= value <= high, f"{name} of a lap of {listed.id}"

    @pytest.mark.parametrize("activity_id", NO_IDS)
    async def test_an_id_that_it_does_not_know_is_not_found(
        self, provider: FitnessProvider, activities: tuple[Activity, ...], activity_id: str
    ) -> None:
        """By ``NotFound``, in words that do not repeat the id."""
        assert all(a.id != activity_id for a in activities)
        with pytest.raises((NotFound, InvalidArgument)) as refused:
            await provider.get_activity(activity_id)
        assert len(activity_id) < 2 or activity_id not in refused.value.message  # noqa: PLR2004

    async def test_statistics_of_its_own_state_their_period_and_agree_with_it(
        self, provider: FitnessProvider, activities: tuple[Activity, ...]
    ) -> None:
        """Those that are added up equal the activities of the period."""
        if type(provider).get_stats is FitnessProvider.get_stats:
            pytest.skip("leaves statistics to the core")
        stats = await provider.get_stats()
        assert stats.provider == provider.descriptor.name
        assert activities
        if stats.source == "computed" and stats.complete:
            counted = [
                a
                for a in await _all(provider)
                if (stats.start_date is None or a.local_date >= stats.start_date)
                and (stats.end_date is None or a.local_date <= stats.end_date)
            ]
            assert stats.totals == add_up(counted)
            in_groups = [group.totals.activity_count for group in stats.groups]
            assert sum(in_groups) == len(counted), "the groups are not the whole"

    async def test_records_of_its_own_belong_to_activities_there_are(
        self, provider: FitnessProvider, activities: tuple[Activity, ...]
    ) -> None:
        """Each names the activity it was made in, at a time within the stated period."""
        assert activities
        if type(provider).get_personal_records is FitnessProvider.get_personal_records:
            pytest.skip("leaves records to the core")
        page = await provider.get_personal_records()
        assert page.period is not None, "say which days the records cover"
        for record in page.items[:LOOKED_AT]:
            made_in = await provider.get_activity(record.activity_id)
            assert made_in.sport_type.matches(record.sport_type)
            assert record.value > 0
            assert page.period.start_date is None or made_in.local_date >= page.period.start_date
            assert page.period.end_date is None or made_in.local_date <= page.period.end_date


def _known(activity: Activity) -> dict[str, Any]:
    return {
        name: value
        for name in type(activity).model_fields
        if name not in ("laps", "streams", "zones", "warnings")
        and (value := getattr(activity, name)) is not None
    }


async def _whole(provider: FitnessProvider, activity: Activity) -> Activity:
    return await provider.get_activity(activity.id, _EVERYTHING)


async def _all(provider: FitnessProvider) -> list[Activity]:
    found: list[Activity] = []
    cursor = None
    while True:
        page = await provider.get_activities(ActivityQuery(limit=MAX_PAGE_SIZE, cursor=cursor))
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            return found
