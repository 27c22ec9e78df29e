"""The synthetic athlete is believable: values agree with each other and follow from training."""

import re
from datetime import date, timedelta
from itertools import pairwise
from statistics import pstdev
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from invented import FULL, athlete, days, end_of, seeds, walk

from pierre_mcp.models import (
    GroupBy,
    SleepStage,
    SportType,
    compute_stats,
    records_from_activities,
)
from pierre_mcp.spi import Include
from providers.synthetic.shapes import normalized_power


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


@pytest.mark.parametrize("sport", ["run", "ride", "hike"])
async def test_time_in_zones_is_what_the_streamed_heart_rate_shows(decade, sport):
    provider = athlete()
    listed = next(a for a in decade if a.sport_type.value == sport and not a.manual)
    floors = (await provider.get_athlete()).heart_rate_zone_floors_bpm
    activity = await provider.get_activity(listed.id, frozenset(Include))
    beats = activity.streams.heart_rate_bpm
    assert tuple(zone.floor for zone in activity.zones) == floors
    for zone in activity.zones:
        top = zone.ceiling or 250
        assert zone.time_in_zone_seconds == sum(zone.floor <= b < top for b in beats)
    assert sum(z.time_in_zone_seconds for z in activity.zones) == activity.moving_time_seconds


async def test_zones_of_what_was_typed_in_are_unknown(decade):
    listed = next(a for a in decade if a.manual)
    assert (await athlete().get_activity(listed.id, frozenset(Include))).zones is None


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


async def test_most_weeks_are_those_of_somebody_who_also_works(decade):
    hours = {}
    for a in decade:
        if a.sport_type is not SportType.WALK:
            week = a.local_date.isocalendar()[:2]
            hours[week] = hours.get(week, 0) + a.moving_time_seconds / 3600
    ranked = sorted(hours.values())
    assert ranked[len(ranked) // 10] > 4
    assert 5 < ranked[len(ranked) // 2] < 9
    assert ranked[len(ranked) * 9 // 10] < 11


async def test_walks_do_not_crowd_out_training(decade):
    assert sum(a.sport_type is SportType.WALK for a in decade) < 0.4 * len(decade)


async def test_repetitions_are_as_many_as_the_name_says(decade):
    named = [a for a in decade if re.search(r"\d+ x \d+", a.name or "") and not a.manual]
    for listed in named[:12]:
        count, length, unit = re.search(r"(\d+) x (\d+) (m|min)\b", listed.name).groups()
        laps = (await athlete().get_activity(listed.id, FULL)).laps
        fast = laps[1::2]
        assert len(laps) == 2 * int(count) + 1
        for lap in fast:
            if unit == "min":
                assert lap.moving_time_seconds == pytest.approx(int(length) * 60, abs=2)
            else:
                assert lap.distance_meters == pytest.approx(int(length), rel=0.12)


async def test_bedtimes_and_nights_differ():
    page = await athlete().get_sleep_sessions(date(2026, 1, 1), date(2026, 11, 20))
    nights = [night for night in page.items if not night.is_nap]
    zone = ZoneInfo("Europe/Zurich")
    at_home = [n.start_time.astimezone(zone) for n in nights if n.timezone == str(zone)]
    minutes = [(at.hour * 60 + at.minute + 720) % 1440 for at in at_home]
    assert 20 < pstdev(minutes) < 90
    assert 0.4 < pstdev([night.total_sleep_seconds / 3600 for night in nights]) < 1.5


async def test_nobody_is_in_two_places_within_the_hours_of_a_flight(decade):
    for newer, older in pairwise(decade):
        if newer.timezone != older.timezone:
            assert newer.start_time - end_of(older) >= timedelta(hours=6)


def runs_around(decade, day, before, after):
    """Kilometers of each run in the days from so many before ``day`` to so many after it."""
    span = (day - timedelta(days=before), day + timedelta(days=after))
    return [
        a.distance_meters / 1000
        for a in decade
        if a.sport_type.broader is SportType.RUN and span[0] <= a.local_date <= span[1]
    ]


async def test_a_marathon_is_prepared_by_long_runs_and_followed_by_rest(decade):
    marathons = [a.local_date for a in decade if a.name == "Lakeshore Marathon"]
    assert marathons
    for day in marathons:
        assert 25 < max(runs_around(decade, day, 60, -14)) < 33
        assert runs_around(decade, day, -1, 6) == []


async def test_running_comes_back_slowly_after_an_injury(decade):
    days = sorted(a.local_date for a in decade if a.sport_type.broader is SportType.RUN)
    comebacks = [after for before, after in pairwise(days) if (after - before).days >= 20]
    assert comebacks
    for day in comebacks:
        first_week, fifth_week = runs_around(decade, day, 0, 6), runs_around(decade, day, -28, 34)
        assert max(first_week) < 8
        assert sum(first_week) < sum(fifth_week)
