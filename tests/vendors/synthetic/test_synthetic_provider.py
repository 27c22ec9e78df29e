"""The synthetic athlete, through the contract: believable, consistent, and never different."""

import hashlib
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pierre_mcp.errors import ConfigurationError, InvalidArgument, NotFound
from pierre_mcp.models import (
    Activity,
    GroupBy,
    SleepStage,
    SportType,
    compute_stats,
    records_from_activities,
)
from pierre_mcp.spi import ActivityQuery, Include, ProviderConfig, ProviderContext
from providers.synthetic.provider import SyntheticProvider
from providers.synthetic.shapes import normalized_power

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
FULL = frozenset({Include.LAPS, Include.STREAMS})

moments = st.datetimes(
    min_value=datetime(2018, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2031, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
days = st.dates(min_value=date(2017, 1, 1), max_value=date(2026, 11, 20))
seeds = st.sampled_from(["1", "2", "another athlete"])


async def silent(*_):
    """Nobody waits."""


def athlete(now=NOW, **options):
    return SyntheticProvider.configured(
        ProviderConfig(name="synthetic", options=options),
        ProviderContext(clock=lambda: now, progress=silent, spawn=lambda _: None),
    )


async def walk(provider, page_size=200, **query):
    found, cursor = [], None
    while True:
        page = await provider.get_activities(ActivityQuery(limit=page_size, cursor=cursor, **query))
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            return found


@pytest.fixture(scope="module")
def anyio_backend():
    return "asyncio"


@pytest.fixture(scope="module")
async def decade(anyio_backend):  # noqa: ARG001 - asks for one loop for the module
    return await walk(athlete())


def end_of(activity: Activity) -> datetime:
    return activity.start_time + timedelta(seconds=activity.duration_seconds or 0)


@settings(max_examples=40, deadline=None)
@given(now=moments, seed=seeds)
async def test_something_was_finished_that_began_within_the_last_24_hours(now, seed):
    page = await athlete(now, seed=seed).get_activities(ActivityQuery(limit=1))
    (latest,) = page.items
    assert now - latest.start_time <= timedelta(hours=24)


@settings(max_examples=40, deadline=None)
@given(now=moments, seed=seeds)
async def test_nothing_lies_in_the_future(now, seed):
    provider = athlete(now, seed=seed)
    around = (now.date() - timedelta(days=2), now.date() + timedelta(days=9))
    activities = (await provider.get_activities(ActivityQuery(limit=5))).items
    nights = (await provider.get_sleep_sessions(*around)).items
    recovery = (await provider.get_recovery_metrics(*around)).items
    health = (await provider.get_health_metrics(*around)).items
    assert all(end_of(activity) <= now for activity in activities)
    assert all(night.end_time <= now for night in nights)
    assert all(metrics.date <= provider.today() for metrics in (*recovery, *health))


async def test_in_ten_years_there_is_never_a_gap_of_more_than_24_hours(decade):
    for newer, older in pairwise(decade):
        assert end_of(newer) - older.start_time <= timedelta(hours=24)


async def test_no_two_activities_overlap(decade):
    for newer, older in pairwise(decade):
        assert end_of(older) <= newer.start_time


async def test_history_reaches_back_ten_years(decade):
    assert decade[-1].local_date == date(2016, 11, 24)


@settings(max_examples=25, deadline=None)
@given(day=days, later=st.integers(1, 2000), seed=seeds)
async def test_what_happened_on_a_day_does_not_depend_on_today(day, later, seed):
    soon = athlete(datetime(day.year, day.month, day.day, 23, 59, tzinfo=UTC), seed=seed)
    late = athlete(soon.now() + timedelta(days=later), seed=seed)
    query = ActivityQuery(limit=50, after=day, before=day + timedelta(days=1))
    assert (await soon.get_activities(query)).items == (await late.get_activities(query)).items
    for ask in ("get_sleep_sessions", "get_recovery_metrics", "get_health_metrics"):
        assert (await getattr(soon, ask)(day, day)).items == (
            await getattr(late, ask)(day, day)
        ).items


@settings(max_examples=10, deadline=None)
@given(page_size=st.integers(1, 60), offset=st.integers(0, 3000))
async def test_paging_finds_the_same_activities_whatever_the_page_size(page_size, offset):
    now = NOW - timedelta(days=offset)
    bounds = {"after": now.date() - timedelta(days=30)}
    assert await walk(athlete(now), page_size, **bounds) == await walk(athlete(now), **bounds)


async def test_a_page_begun_yesterday_goes_on_today_without_repeat_or_gap():
    yesterday = await athlete(NOW - timedelta(days=1)).get_activities(ActivityQuery(limit=10))
    today = await athlete(NOW).get_activities(ActivityQuery(limit=10, cursor=yesterday.next_cursor))
    expected = await athlete(NOW - timedelta(days=1)).get_activities(ActivityQuery(limit=20))
    assert yesterday.items + today.items == expected.items


async def test_another_seed_is_another_history():
    one = await athlete(seed="1").get_activities(ActivityQuery(limit=20))
    two = await athlete(seed="2").get_activities(ActivityQuery(limit=20))
    assert one.items != two.items


async def test_twenty_activities_do_not_need_ten_years_of_days():
    provider = athlete()
    await provider.get_activities(ActivityQuery(limit=20))
    made = provider._diary.workouts.cache_info().currsize  # noqa: SLF001 - what is counted
    assert made < 30


async def test_stats_equal_what_one_would_add_up(decade):
    stats = await athlete().get_stats()
    assert stats == compute_stats(
        "synthetic",
        decade,
        start_date=date(2016, 11, 24),
        end_date=date(2026, 11, 24),
        group_by=GroupBy.SPORT,
    )


async def test_records_equal_what_one_would_find(decade):
    page = await athlete().get_personal_records()
    assert page.items == records_from_activities(decade)
    assert page.period.start_date == date(2016, 11, 24)


async def test_the_past_is_pinned_so_that_evaluations_can_be_repeated():
    provider = athlete(today="2026-05-01")
    page = await provider.get_activities(ActivityQuery(limit=30))
    nights = await provider.get_sleep_sessions(date(2026, 4, 20), date(2026, 5, 1))
    told = "\n".join(item.model_dump_json() for item in (*page.items, *nights.items))
    assert hashlib.sha256(told.encode()).hexdigest()[:16] == "19bf4fa5aaf324d2"


async def test_a_configured_today_is_the_end_of_that_day_at_home():
    provider = athlete(today="2026-05-01")
    assert provider.today() == date(2026, 5, 1)
    assert provider.now() == datetime(2026, 5, 1, 21, 59, 59, tzinfo=UTC)


async def test_a_malformed_today_names_the_variable():
    with pytest.raises(ConfigurationError, match="PIERRE_SYNTHETIC_TODAY"):
        athlete(today="tomorrow")


async def test_summaries_agree_with_themselves(decade):
    for a in decade:
        assert a.moving_time_seconds <= a.duration_seconds
        if a.distance_meters is not None and a.average_speed_mps is not None:
            assert a.distance_meters / a.moving_time_seconds == pytest.approx(
                a.average_speed_mps, abs=0.001
            )
            assert a.max_speed_mps >= a.average_speed_mps
        if a.average_heart_rate_bpm is not None:
            assert a.average_heart_rate_bpm < a.max_heart_rate_bpm <= 187
        if a.average_power_watts is not None:
            assert a.average_power_watts <= a.normalized_power_watts < a.max_power_watts
            work = a.average_power_watts * a.moving_time_seconds / 1000
            assert a.calories_kcal == pytest.approx(work, abs=1)


async def test_what_a_device_cannot_know_is_null(decade):
    for a in decade:
        if a.sport_type.broader is not SportType.RIDE:
            assert a.average_power_watts is None
        if a.indoor:
            assert a.start_latlng is None
            assert a.elevation_gain_meters is None
        if a.sport_type in (SportType.STRENGTH_TRAINING, SportType.YOGA):
            assert a.distance_meters is None
        if a.manual:
            assert a.average_heart_rate_bpm is None
            assert a.device_name is None


async def test_the_unusual_happens_too(decade):
    assert any(a.manual for a in decade)
    assert any(a.average_heart_rate_bpm is None and not a.manual for a in decade)
    assert sum(bool(a.race) for a in decade) >= 20
    assert {a.timezone for a in decade} == {"Europe/Zurich", "Atlantic/Canary"}
    sports = {a.sport_type for a in decade}
    assert len(sports) >= 12


async def test_there_are_weeks_without_running(decade):
    weeks = {}
    for a in decade:
        week = a.local_date.isocalendar()[:2]
        weeks.setdefault(week, set()).add(a.sport_type.broader)
    assert sum(SportType.RUN not in sports for sports in weeks.values()) >= 6


async def test_every_fourth_week_is_easier(decade):
    loads = {}
    for a in decade:
        week = (a.local_date.toordinal() - 1) // 7
        loads[week] = loads.get(week, 0) + (a.training_load or 0)
    whole = {week: load for week, load in loads.items() if min(loads) < week < max(loads)}
    easy = [load for week, load in whole.items() if week % 4 == 3]
    other = [load for week, load in whole.items() if week % 4 != 3]
    assert sum(easy) / len(easy) < 0.8 * sum(other) / len(other)


async def test_local_times_stay_put_when_the_clocks_change(decade):
    for a in decade:
        if a.timezone == "Europe/Zurich" and a.name == "Evening Walk":
            assert a.start_time.astimezone(ZoneInfo("Europe/Zurich")).hour == 19
            assert a.local_start.hour == 19


@pytest.mark.parametrize(
    "sport",
    ["run", "trail_run", "ride", "gravel_ride", "indoor_ride", "pool_swim", "hike", "walk",
     "strength_training", "yoga", "nordic_ski", "surfing", "open_water_swim", "treadmill_run"],
)  # fmt: skip
async def test_streams_and_laps_agree_with_their_summary(decade, sport):
    of_sport = [a for a in decade if a.sport_type.value == sport and not a.manual]
    for listed in (of_sport[0], of_sport[len(of_sport) // 2], of_sport[-1]):
        activity = await athlete().get_activity(listed.id, FULL)
        streams = activity.streams
        times = streams.time_seconds
        assert all(earlier < later for earlier, later in pairwise(times))
        assert times[-1] <= activity.duration_seconds
        assert len(times) == activity.moving_time_seconds
        agree_with_summary(activity)
        if activity.indoor:
            assert streams.latitude_degrees is None
        if activity.laps is not None:
            laps = activity.laps
            assert [lap.index for lap in laps] == list(range(1, len(laps) + 1))
            assert sum(lap.duration_seconds for lap in laps) == activity.duration_seconds
            assert sum(lap.moving_time_seconds for lap in laps) == activity.moving_time_seconds
            assert sum(lap.distance_meters for lap in laps) == pytest.approx(
                activity.distance_meters, abs=0.5
            )


def agree_with_summary(activity):
    streams = activity.streams
    for column, average, highest, tolerance in (
        ("heart_rate_bpm", "average_heart_rate_bpm", "max_heart_rate_bpm", 0.1),
        ("power_watts", "average_power_watts", "max_power_watts", 0.5),
        ("cadence_rpm", "average_cadence_rpm", None, 0.1),
        ("speed_mps", "average_speed_mps", "max_speed_mps", 0.002),
    ):
        values = getattr(streams, column)
        expected = getattr(activity, average)
        assert (values is None) == (expected is None)
        if values is not None:
            assert sum(values) / len(values) == pytest.approx(expected, abs=tolerance)
            if highest is not None:
                assert max(values) == pytest.approx(getattr(activity, highest), abs=0.006)
    if streams.power_watts is not None:
        assert normalized_power(streams.power_watts) == pytest.approx(
            activity.normalized_power_watts, abs=1.0
        )
    if streams.distance_meters is not None:
        assert streams.distance_meters[-1] == activity.distance_meters
        assert all(a <= b for a, b in pairwise(streams.distance_meters))
    if streams.altitude_meters is not None:
        ascent = sum(max(b - a, 0) for a, b in pairwise(streams.altitude_meters))
        assert ascent == pytest.approx(activity.elevation_gain_meters, rel=0.03, abs=1)


async def test_pauses_show_as_gaps_in_the_time(decade):
    paused = next(a for a in decade if a.duration_seconds - a.moving_time_seconds > 300)
    activity = await athlete().get_activity(paused.id, FULL)
    gaps = [b - a for a, b in pairwise(activity.streams.time_seconds) if b - a > 1]
    assert sum(gap - 1 for gap in gaps) == paused.duration_seconds - paused.moving_time_seconds


@settings(max_examples=30, deadline=None)
@given(day=days, seed=seeds)
async def test_stages_add_up_and_a_night_belongs_to_the_day_of_waking(day, seed):
    provider = athlete(seed=seed)
    for night in (await provider.get_sleep_sessions(day, day)).items:
        sums = dict.fromkeys(SleepStage, 0.0)
        assert night.stages[0].start_time == night.start_time
        assert night.stages[-1].end_time == night.end_time
        for earlier, later in pairwise(night.stages):
            assert earlier.end_time == later.start_time
        for part in night.stages:
            sums[part.stage] += (part.end_time - part.start_time).total_seconds()
        assert sums[SleepStage.LIGHT] == night.light_sleep_seconds
        assert sums[SleepStage.AWAKE] == night.awake_seconds
        asleep = night.light_sleep_seconds + night.deep_sleep_seconds + night.rem_sleep_seconds
        assert asleep == night.total_sleep_seconds
        in_bed = (night.end_time - night.start_time).total_seconds()
        assert night.total_sleep_seconds + night.awake_seconds == in_bed
        assert night.sleep_efficiency_percent == pytest.approx(100 * asleep / in_bed, abs=0.05)
        assert night.end_time.astimezone(ZoneInfo(night.timezone)).date() == night.date == day


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)])
async def test_the_night_of_a_clock_change_has_its_real_length(day):
    for seed in ("1", "2", "3"):
        for night in (await athlete(seed=seed).get_sleep_sessions(day, day)).items:
            if night.is_nap:
                continue
            zone = ZoneInfo("Europe/Zurich")
            on_the_wall = night.end_time.astimezone(zone).replace(
                tzinfo=None
            ) - night.start_time.astimezone(zone).replace(tzinfo=None)
            shift = timedelta(hours=-1 if day.month == 3 else 1)
            assert night.end_time - night.start_time == on_the_wall + shift


async def test_sleep_never_overlaps_an_activity():
    provider = athlete()
    nights = (await provider.get_sleep_sessions(date(2025, 1, 1), date(2026, 11, 24))).items
    activities = await walk(provider, after=date(2024, 12, 31))
    spans = sorted(
        [(n.start_time, n.end_time) for n in nights]
        + [(a.start_time, end_of(a)) for a in activities]
    )
    assert all(earlier[1] <= later[0] for earlier, later in pairwise(spans))


async def test_hrv_is_the_same_in_sleep_and_recovery():
    provider = athlete()
    span = (date(2026, 8, 1), date(2026, 11, 24))
    nights = {n.date: n for n in (await provider.get_sleep_sessions(*span)).items if not n.is_nap}
    recovery = {r.date: r for r in (await provider.get_recovery_metrics(*span)).items}
    assert set(nights) == set(recovery)
    assert all(nights[day].hrv_rmssd_ms == recovery[day].hrv_rmssd_ms for day in nights)


async def test_hrv_falls_after_hard_days(decade):
    provider = athlete()
    recovery = (await provider.get_recovery_metrics(date(2024, 1, 1), date(2026, 11, 23))).items
    loads = {}
    for a in decade:
        loads[a.local_date] = loads.get(a.local_date, 0) + (a.training_load or 0)
    ranked = sorted(recovery, key=lambda r: loads.get(r.date - timedelta(days=1), 0))
    third = len(ranked) // 3
    easy = sum(r.hrv_rmssd_ms for r in ranked[:third]) / third
    hard = sum(r.hrv_rmssd_ms for r in ranked[-third:]) / third
    assert hard < easy - 1


async def test_some_nights_and_most_weighings_are_missing():
    provider = athlete()
    span = (date(2026, 1, 1), date(2026, 11, 20))
    nights = [n for n in (await provider.get_sleep_sessions(*span)).items if not n.is_nap]
    weights = [h for h in (await provider.get_health_metrics(*span)).items if h.weight_kg]
    days_in_span = (span[1] - span[0]).days + 1
    assert 0.9 < len(nights) / days_in_span < 0.995
    assert 0.3 < len(weights) / days_in_span < 0.55


@pytest.mark.parametrize("unknown", ["", "nope", "2026-11-23-99", "2030-01-01-1", "1999-01-01-1"])
async def test_an_id_of_nothing_that_happened_is_not_found(unknown):
    with pytest.raises(NotFound):
        await athlete().get_activity(unknown)


@pytest.mark.parametrize("cursor", ["", "x", "2026-11-24 1", "9999-99-99T00:00:00+00:00 1"])
async def test_a_made_up_cursor_is_an_invalid_argument(cursor):
    with pytest.raises(InvalidArgument):
        await athlete().get_activities(ActivityQuery(cursor=cursor))


async def test_with_activities_serves_exactly_what_it_is_given(decade):
    given_ones = decade[10:40:3]
    provider = SyntheticProvider.with_activities(reversed(given_ones), now=NOW)
    assert await walk(provider, page_size=4) == given_ones
    assert await provider.get_activity(given_ones[2].id) == given_ones[2]
    assert (await provider.get_stats()).totals.activity_count == len(given_ones)
