"""From payloads to values: units, unknowns, times, and whatever else may come over the wire."""

import copy
import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from terra_fake import PROFILE
from terra_history import NOW, a_day, body, history, night, workout

from pierre_mcp.models import HealthMetrics, RecoveryMetrics, SportType, WarningCode
from pierre_mcp.models.limits import Checker
from pierre_mcp.models.reading import Unreadable
from providers.terra.days import (
    days_of,
    health_of_body,
    health_of_day,
    recovery_of_day,
    recovery_of_night,
)
from providers.terra.mapping import activity_of, athlete_of, id_of, night_of, standing
from providers.terra.series import laps_of, streams_of
from providers.terra.sports import SPORTS
from providers.terra.wire import moment_of

DICE = random.Random(1)
START = NOW - timedelta(hours=5)
RUN = workout(DICE, START, 8, 1)
RIDE = workout(DICE, START, 1, 1)
NIGHT = night(DICE, NOW - timedelta(hours=12), NOW - timedelta(hours=5), 1)
DAY = {
    "start_time": "2026-04-30T00:00:00.000000+01:00", "end_time": "2026-05-01T00:00:00+01:00",
    "timestamp_localization": 1,
}  # fmt: skip


def changed(payload: dict[str, Any], value: Any, *path: str) -> dict[str, Any]:
    """The payload with another value at a place."""
    copied = copy.deepcopy(payload)
    inner = copied
    for name in path[:-1]:
        if not isinstance(inner.get(name), dict):
            inner[name] = {}
        inner = inner[name]
    inner[path[-1]] = value
    return copied


def notes(record: Any) -> list[str | None]:
    return [warning.field for warning in record.warnings]


def test_an_activity_is_read_in_our_units():
    made = workout(random.Random(3), START, 1, 5.5)
    found = activity_of(made, "WAHOO")
    summary = made["distance_data"]["summary"]
    assert found.start_time == START.replace(microsecond=0)
    assert (found.utc_offset_seconds, found.timezone) == (19_800, None)
    assert found.distance_meters == summary["distance_meters"]
    assert found.sport_type is SportType.RIDE
    assert (found.average_cadence_rpm, found.average_power_watts) == (85, 180)
    assert found.device_name == "Watch 7"
    assert (found.recorded_by, found.provider) == ("WAHOO", "terra")
    assert found.start_latlng == (61.5, 23.76)
    assert found.moving_time_seconds == made["active_durations_data"]["activity_seconds"]
    assert found.warnings == ()


def test_an_id_says_on_which_day_of_utc_to_look():
    made = workout(random.Random(4), datetime(2026, 3, 9, 23, 30, tzinfo=UTC), 8, 14)
    assert made["metadata"]["start_time"].startswith("2026-03-10")
    assert id_of(made) == f"2026-03-09_{made['metadata']['summary_id']}"


@pytest.mark.parametrize(
    ("summary_id", "told"),
    [("a-1", "a-1"), (17, "17"), ("", None), (None, None), ("a b", None), ("a|b", None),
     ("\u202e1", None), (True, None), (1.5, None), ("x" * 129, None), (["a"], None)],
    ids=str,
)  # fmt: skip
def test_an_activity_without_an_id_is_left_out(summary_id, told):
    payload = changed(RUN, summary_id, "metadata", "summary_id")
    if told is None:
        with pytest.raises(Unreadable):
            activity_of(payload, None)
    else:
        assert activity_of(payload, None).id.endswith(f"_{told}")


@pytest.mark.parametrize(
    "start", [None, "", "soon", 1777636800, "0001-01-01T00:00:00", [], "9" * 99]
)
def test_what_has_no_start_is_left_out(start):
    with pytest.raises(Unreadable):
        activity_of(changed(RUN, start, "metadata", "start_time"), None)
    with pytest.raises(Unreadable):
        night_of(changed(NIGHT, start, "metadata", "start_time"), None)
    with pytest.raises(Unreadable):
        health_of_day({"metadata": {"start_time": start}}, None)


@pytest.mark.parametrize(
    ("text", "localization", "offset", "certain"),
    [
        ("2026-04-30T09:00:00.000000+02:00", None, 7200, True),
        ("2026-04-30T09:00:00-08:00", 0, -28_800, True),
        ("2026-04-30T09:00:00+00:00", None, None, True),
        ("2026-04-30T09:00:00Z", 0, None, True),
        ("2026-04-30T09:00:00+00:00", 1, 0, True),
        ("2026-04-30T09:00:00+00:00", 1.0, 0, True),
        ("2026-04-30T09:00:00", None, None, False),
        ("2026-04-30T09:00:00", 1, None, False),
        ("2026-04-30T09:00:00", 0, None, True),
        ("2026-04-30T09:00:00+23:00", 1, None, True),
        ("2026-04-30T09:00:00+02:00:30", 1, None, True),
    ],
)
def test_a_time_says_as_much_as_is_written(text, localization, offset, certain):
    moment = moment_of(text, localization)
    assert moment is not None
    assert (moment.offset_seconds, moment.is_certain) == (offset, certain)
    assert moment.day == date(2026, 4, 30)


def test_a_wall_clock_without_a_zone_is_shown_as_it_was_and_said_to_be():
    found = activity_of(workout(random.Random(5), START, 8, None), None)
    assert found.local_start == START.replace(microsecond=0)
    assert found.utc_offset_seconds is None
    assert [warning.code for warning in found.warnings] == [WarningCode.TIME_UNKNOWN]


def test_every_number_of_an_activity_is_a_sport_or_keeps_its_name():
    for code, told in {**SPORTS, 999: "type 999", 9999: None, None: None}.items():
        found = activity_of(changed(RUN, code, "metadata", "type"), None)
        if isinstance(told, SportType):
            assert (found.sport_type, found.sport_type_raw) == (told, None)
        else:
            assert (found.sport_type, found.sport_type_raw) == (SportType.OTHER, told)


@pytest.mark.parametrize("code", [8.0, 8])
def test_a_number_for_a_word_may_be_written_with_a_point(code):
    assert activity_of(changed(RUN, code, "metadata", "type"), None).sport_type is SportType.RUN


def test_cadence_is_told_where_there_are_no_feet():
    assert activity_of(RUN, None).average_cadence_rpm is None
    assert activity_of(RIDE, None).average_cadence_rpm == 85
    assert streams_of(RUN, activity_of(RUN, None), Checker("")).cadence_rpm is None
    assert streams_of(RIDE, activity_of(RIDE, None), Checker("")).cadence_rpm is not None


@pytest.mark.parametrize(
    ("upload_type", "manual"), [(1, False), (2, True), (0, None), (3, None), (6, None), ("2", None)]
)
def test_what_was_typed_in_is_told_from_what_was_recorded(upload_type, manual):
    payload = changed(RUN, upload_type, "metadata", "upload_type")
    assert activity_of(payload, None).manual is manual


def test_a_climb_of_nothing_counts_where_the_height_was_measured():
    elevation = ("distance_data", "summary", "elevation")
    flat = changed(RUN, 0, *elevation, "gain_actual_meters")
    assert activity_of(flat, None).elevation_gain_meters == 0
    unmeasured = changed(flat, None, *elevation, "max_meters")
    assert activity_of(unmeasured, None).elevation_gain_meters is None


@pytest.mark.parametrize(
    ("path", "field"),
    [
        (("distance_data", "summary", "distance_meters"), "distance_meters"),
        (("heart_rate_data", "summary", "avg_hr_bpm"), "average_heart_rate_bpm"),
        (("calories_data", "total_burned_calories"), "calories_kcal"),
        (("movement_data", "avg_speed_meters_per_second"), "average_speed_mps"),
        (("active_durations_data", "activity_seconds"), "moving_time_seconds"),
        (("data_enrichment", "trimp_score"), "training_load"),
    ],
)
def test_what_cannot_be_is_unknown_and_noted_and_what_is_missing_is_unknown(path, field):
    for value in (None, 0):
        found = activity_of(changed(RUN, value, *path), None)
        assert (getattr(found, field), notes(found)) == (None, [])
    for value in ("12", True, -1, 1e12, 10**400, [], {}):
        found = activity_of(changed(RUN, value, *path), None)
        assert (getattr(found, field), notes(found)) == (None, [field])
    for depth in range(1, len(path)):
        for value in (None, [], "x", 7):
            assert getattr(activity_of(changed(RUN, value, *path[:depth]), None), field) is None


def test_values_that_contradict_each_other_are_dropped():
    heart = ("heart_rate_data", "summary", "max_hr_bpm")
    assert activity_of(changed(RUN, 60, *heart), None).max_heart_rate_bpm is None
    longer = activity_of(changed(RUN, 90_000, "active_durations_data", "activity_seconds"), None)
    assert (longer.moving_time_seconds, notes(longer)) == (None, ["moving_time_seconds"])
    burned = activity_of(changed(RUN, 45_000, "calories_data", "total_burned_calories"), None)
    assert (burned.calories_kcal, notes(burned)) == (None, ["calories_kcal"])
    backwards = activity_of(changed(RUN, "2026-04-01T00:00:00Z", "metadata", "end_time"), None)
    assert (backwards.duration_seconds, notes(backwards)) == (None, ["duration_seconds"])


@pytest.mark.parametrize(
    ("raw", "noted"),
    [(None, False), ([], False), ([0, 0], False), ([None, None], False), ([91, 0], True),
     (["a", 1], True), ([1], False), ("here", False)],
    ids=str,
)  # fmt: skip
def test_a_place_that_is_none_is_none(raw, noted):
    found = activity_of(changed(RUN, raw, "position_data", "start_pos_lat_lng_deg"), None)
    assert found.start_latlng is None
    assert notes(found) == (["start_latlng"] if noted else [])


def test_streams_are_brought_to_one_axis():
    streams = streams_of(RIDE, activity := activity_of(RIDE, None), Checker(activity.id))
    assert streams is not None
    every_six_minutes = {second for second in streams.time_seconds if second % 360 == 0}
    known = {
        second
        for second, meters in zip(streams.time_seconds, streams.altitude_meters, strict=True)
        if meters is not None
    }
    assert known == {s for s in every_six_minutes if s < activity.moving_time_seconds}
    assert streams.power_watts is not None
    assert streams.temperature_celsius is None


def test_samples_beside_the_activity_or_without_a_time_are_left_out():
    odd = [
        {"timestamp": "2026-05-01T06:00:00+00:00", "bpm": 100},
        {"timestamp": None, "bpm": 100, "timer_duration_seconds": 4},
        {"timestamp": "2026-05-09T06:00:00+00:00", "bpm": 100},
        {"timestamp": "2026-05-01T07:01:00+00:00", "bpm": 0},
        {"timestamp": "2026-05-01T07:02:00+00:00", "bpm": "x"},
        {"timestamp": "2026-05-01T08:03:00", "bpm": 131},
        "nonsense",
    ]
    payload = changed(workout(DICE, START, 80, 1), odd, "heart_rate_data", "detailed", "hr_samples")
    check = Checker("")
    streams = streams_of(payload, activity_of(payload, None), check)
    assert streams is not None
    assert (streams.time_seconds, streams.heart_rate_bpm) == ((180.0,), (131.0,))
    assert [warning.field for warning in check.warnings] == ["streams"]


def test_without_samples_there_are_no_streams_and_without_laps_no_laps():
    bare = {"metadata": RUN["metadata"]}
    activity = activity_of(bare, None)
    assert streams_of(bare, activity, Checker("")) is None
    assert laps_of(bare, activity, Checker("")) is None


def test_laps_are_read_in_order():
    laps = laps_of(RIDE, activity := activity_of(RIDE, None), Checker(""))
    assert [lap.index for lap in laps] == [1, 2]
    assert laps[0].start_time == activity.start_time
    assert laps[1].duration_seconds == laps[1].moving_time_seconds
    assert laps[0].average_power_watts == 175


def test_a_night_belongs_to_its_waking_and_keeps_what_was_measured():
    found = night_of(NIGHT, "OURA")
    asleep = NIGHT["sleep_durations_data"]["asleep"]
    assert (found.date, found.recorded_by) == (date(2026, 5, 1), "OURA")
    assert found.time_in_bed_seconds == 7 * 3600
    assert found.total_sleep_seconds == asleep["duration_asleep_state_seconds"]


@pytest.mark.parametrize(
    ("raw", "percent"), [(87.5, 87.5), (0.875, 87.5), (1, 100), (100, 100), (0, None), (None, None)]
)
def test_efficiency_is_per_cent_however_it_is_written(raw, percent):
    found = night_of(changed(NIGHT, raw, "sleep_durations_data", "sleep_efficiency"), None)
    assert (found.sleep_efficiency_percent, found.warnings) == (percent, ())


def test_stages_that_are_all_zero_were_not_measured_and_one_that_is_was():
    asleep = ("sleep_durations_data", "asleep")
    none = NIGHT
    for stage in ("light", "deep", "REM"):
        none = changed(none, 0, *asleep, f"duration_{stage}_sleep_state_seconds")
    found = night_of(none, None)
    assert (found.light_sleep_seconds, found.deep_sleep_seconds) == (None, None)
    assert found.total_sleep_seconds is not None
    some = changed(none, 3600, *asleep, "duration_light_sleep_state_seconds")
    assert night_of(some, None).deep_sleep_seconds == 0


def test_a_sleep_longer_than_the_bed_says_nothing_of_the_bed():
    asleep = ("sleep_durations_data", "asleep", "duration_asleep_state_seconds")
    found = night_of(changed(NIGHT, 80_000, *asleep), None)
    assert (found.time_in_bed_seconds, notes(found)) == (None, ["time_in_bed_seconds"])
    endless = changed(changed(NIGHT, 90_000, *asleep), None, "sleep_durations_data", "other")
    assert night_of(endless, None).time_in_bed_seconds is None


def test_a_night_without_an_id_has_the_time_of_its_end():
    assert (
        night_of(changed(NIGHT, None, "metadata", "summary_id"), None).id == "2026-05-01T08:00:00"
    )


def test_a_night_comes_before_its_day_and_the_longer_of_two_before_the_other():
    metadata = {**DAY, "start_time": "2026-05-01T00:00:00+01:00"}
    hrv = ("heart_rate_data", "summary", "avg_hrv_rmssd")
    short = night(DICE, NOW - timedelta(hours=4), NOW - timedelta(hours=3), 1)
    nap = night(DICE, NOW - timedelta(hours=2), NOW - timedelta(hours=1), 1, is_nap=True)
    day = changed({**a_day(DICE, metadata)}, 20, *hrv)
    day = changed(day, 71, "scores", "recovery")
    parts = [
        recovery_of_day(day, "B"),
        recovery_of_night(changed(nap, 99, *hrv), "N"),
        recovery_of_night(changed(short, 40, *hrv), "S"),
        recovery_of_night(changed(NIGHT, 60, *hrv), "L"),
    ]
    (found,) = days_of(RecoveryMetrics, parts, date(2026, 5, 1), date(2026, 5, 1))
    assert (found.hrv_rmssd_ms, found.recovery_score, found.recorded_by) == (60, 71, "L")
    assert days_of(RecoveryMetrics, parts, date(2026, 5, 2), date(2026, 5, 9)) == ()


def test_blood_oxygen_of_a_day_may_be_of_muscles_and_is_not_told():
    part = recovery_of_day(a_day(DICE, DAY), None)
    assert "spo2_percent" not in part.values


def test_what_scales_tell_is_read_from_means_or_from_single_measurements():
    mean = {"metadata": DAY, "measurements_data": {"day_avg_muscle_mass_g": 41_500, "BMI": 3}}
    single = {
        "metadata": DAY,
        "measurements_data": {
            "day_avg_weight_kg": None,
            "measurements": ["x", {"weight_kg": None}, {"weight_kg": 61.2, "muscle_mass_g": "y"}],
        },
    }
    assert health_of_body(mean, None).values == {"muscle_mass_kg": 41.5}
    part = health_of_body(single, None)
    assert part.values == {"weight_kg": 61.2}
    assert [warning.field for warning in part.warnings] == ["muscle_mass_kg"]


def test_a_day_without_steps_has_none_and_not_zero():
    part = health_of_day(changed(a_day(DICE, DAY), 0, "distance_data", "steps"), None)
    assert "steps" not in part.values
    (found,) = days_of(HealthMetrics, [part], date(2026, 4, 30), date(2026, 4, 30))
    assert (found.steps, found.total_calories_kcal) == (None, 2400.5)


def test_a_day_of_which_nothing_is_known_has_no_row():
    part = health_of_day({"metadata": DAY}, None)
    assert days_of(HealthMetrics, [part], date(2026, 1, 1), date(2026, 12, 31)) == ()


@pytest.mark.parametrize(
    ("change", "field", "told"),
    [
        ({"sex": None, "gender": "male"}, "sex", "male"), ({"sex": "x"}, "sex", None),
        ({"date_of_birth": "1931-03-08"}, "birth_date", date(1931, 3, 8)),
        ({"date_of_birth": "unknown"}, "birth_date", None),
        ({"account_creation_date": "2019-06-01T09:00:00+02:00"}, "member_since", date(2019, 6, 1)),
        ({"provider_user_id": None}, "id", "u-1"), ({"provider_user_id": 77}, "id", "77"),
        ({"last_name": None}, "name", "Ada"),
    ],
    ids=str,
)  # fmt: skip
def test_an_athlete_is_read(change, field, told):
    payload = {"athlete": {**PROFILE, **change}, "user": {"user_id": "u-1", "provider": "X"}}
    assert getattr(athlete_of(payload), field) == told


def test_an_athlete_without_any_id_is_none():
    with pytest.raises(Unreadable):
        athlete_of({"athlete": {}, "user": None})


def test_what_cannot_be_read_neither_stands_for_nor_hides_another():
    assert standing([RUN, None, {"metadata": []}, RIDE, 7]) == [
        RUN,
        None,
        {"metadata": []},
        RIDE,
        7,
    ]


ODD: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 1e308, 10**400, "", "x", "2026-13-01", "\ud800", [], [None], {},
    {"a": 1}, "2026-04-30T09:00:00+02:00", [[]], [{}], float("nan"), float("inf"),
)  # fmt: skip


def mutated(dice: random.Random, value: Any, chance: float) -> Any:
    """The payload with odd values in places."""
    if dice.random() < chance:
        return dice.choice(ODD)
    if isinstance(value, dict):
        return {
            name: mutated(dice, inner, chance)
            for name, inner in value.items()
            if dice.random() > chance / 2
        }
    if isinstance(value, list):
        return [mutated(dice, inner, chance) for inner in value[:3]]
    return value


def test_whatever_terra_sends_is_mapped_or_refused(proof_scale):
    dice = random.Random(6)
    held = history(61, 20, 20)
    whole = {"athlete": PROFILE, "user": {"user_id": "u", "provider": "X"}}
    readers = [
        *[(activity_of, payload) for payload in held.activities],
        *[(night_of, payload) for payload in held.nights],
        *[(recovery_of_night, payload) for payload in held.nights],
        *[(recovery_of_day, payload) for payload in held.days],
        *[(health_of_day, payload) for payload in held.days],
        *[(health_of_body, body(dice, DAY)) for _ in range(9)],
        (lambda payload, _: athlete_of(payload), whole),
    ]
    read = 0
    for _ in range(proof_scale(3000, 100_000)):
        reader, payload = dice.choice(readers)
        spoilt = mutated(dice, payload, dice.choice((0.02, 0.1, 0.4)))
        standing([spoilt, payload])
        try:
            found = reader(spoilt, dice.choice((None, "X")))
        except Unreadable:
            continue
        read += 1
        if reader is activity_of:
            laps_of(spoilt, found, Checker(found.id))
            streams_of(spoilt, found, Checker(found.id))
        elif hasattr(found, "day"):
            model = HealthMetrics if reader in (health_of_day, health_of_body) else RecoveryMetrics
            days_of(model, [found], date(1971, 1, 1), date(2999, 12, 31))
    assert read > 100
