"""Claims about days: sleep, recovery and health by the athlete's own calendar."""

from datetime import timedelta

import pytest

from pierre_mcp.models import SleepSession, local_time
from pierre_mcp.spi import FitnessProvider
from pierre_mcp.testing.contract.hooks import WELLNESS, Hooks, days_of

MINUTE = 60.0

methods = pytest.mark.parametrize("method", sorted(WELLNESS))


class WellnessClaims(Hooks):
    """``get_sleep_sessions``, ``get_recovery_metrics`` and ``get_health_metrics``."""

    @methods
    async def test_days_come_newest_first(self, provider: FitnessProvider, method: str) -> None:
        """As activities do."""
        days = [item.date for item in await days_of(provider, method)]
        assert days == sorted(days, reverse=True)

    @methods
    async def test_a_range_of_days_takes_in_both_ends(
        self, provider: FitnessProvider, method: str
    ) -> None:
        """Every pair of days from the newest ones, compared with the whole."""
        whole = await days_of(provider, method)
        days = sorted({item.date for item in whole})[-5:]
        for start in days:
            for end in days:
                if start <= end:
                    page = await getattr(provider, method)(start, end)
                    assert page.items == tuple(i for i in whole if start <= i.date <= end)

    @methods
    async def test_a_day_without_data_is_an_empty_page(
        self, provider: FitnessProvider, method: str
    ) -> None:
        """Not an error, and no row of zeros."""
        await days_of(provider, method)
        day = provider.today() + timedelta(days=400)
        assert (await getattr(provider, method)(day, day)).items == ()

    @methods
    async def test_a_long_range_is_answered_whole(
        self, provider: FitnessProvider, method: str
    ) -> None:
        """However an API splits its windows: the year holds what the last two months hold."""
        recent = await days_of(provider, method)
        today = provider.today()
        year = await getattr(provider, method)(today - timedelta(days=365), today)
        assert year.items[: len(recent)] == recent

    @pytest.mark.parametrize("method", ["get_recovery_metrics", "get_health_metrics"])
    async def test_a_day_has_one_row_and_some_value(
        self, provider: FitnessProvider, method: str
    ) -> None:
        """Two rows would count a day twice; a row of nulls says nothing."""
        items = await days_of(provider, method)
        assert len({item.date for item in items}) == len(items)
        for item in items:
            values = dict(item)
            measured = [values[n] for n in values if n not in ("provider", "warnings", "date")]
            assert any(value is not None for value in measured), item.date

    async def test_a_night_belongs_to_the_day_of_waking(self, provider: FitnessProvider) -> None:
        """By the clock on the athlete's own wall."""
        for night in await days_of(provider, "get_sleep_sessions"):
            assert night.start_time < night.end_time
            assert night.date == local_time(night.end_time, night.utc_offset_seconds).date()

    async def test_stages_lie_within_their_night_in_order(self, provider: FitnessProvider) -> None:
        """None overlaps the next."""
        for night in await days_of(provider, "get_sleep_sessions"):
            reached = night.start_time
            for stage in night.stages or ():
                assert reached <= stage.start_time < stage.end_time <= night.end_time, night.id
                reached = stage.end_time

    async def test_time_in_bed_is_what_lies_between_start_and_end(
        self, provider: FitnessProvider
    ) -> None:
        """Within a quarter, for getting up in between: minutes would be far off."""
        for night in await days_of(provider, "get_sleep_sessions"):
            if night.time_in_bed_seconds is not None:
                span = (night.end_time - night.start_time).total_seconds()
                assert night.time_in_bed_seconds == pytest.approx(span, rel=0.25), night.id

    async def test_time_asleep_is_no_longer_than_time_in_bed(
        self, provider: FitnessProvider
    ) -> None:
        """And what is known of the stages adds up to the time asleep, within two minutes."""
        for night in await days_of(provider, "get_sleep_sessions"):
            if night.total_sleep_seconds is None:
                continue
            if night.time_in_bed_seconds is not None:
                assert night.total_sleep_seconds <= night.time_in_bed_seconds + MINUTE, night.id
            stages = _asleep(night)
            if None not in stages:
                together = sum(seconds or 0 for seconds in stages)
                assert together == pytest.approx(night.total_sleep_seconds, abs=2 * MINUTE)


def _asleep(night: SleepSession) -> tuple[float | None, ...]:
    return night.light_sleep_seconds, night.deep_sleep_seconds, night.rem_sleep_seconds
