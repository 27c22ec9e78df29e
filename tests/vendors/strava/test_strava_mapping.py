"""From Strava's payloads to unified values: every trap by itself, and what nobody would send."""

import json
import random
import sys
from contextlib import suppress
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any

import pytest
from hostile import TEXTS
from strava_history import history

from pierre_mcp.models import Activity, SportType, WarningCode
from pierre_mcp.models.limits import Checker
from pierre_mcp.models.reading import Unreadable
from providers.strava.mapping import activities_of, activity_of, athlete_of
from providers.strava.series import efforts_of, laps_of, promising, streams_of
from providers.strava.sports import SPORTS
from providers.strava.zones import floors_of, times_of

PAYLOAD = {
    "id": 154504250376823,
    "name": "Over the pass",
    "sport_type": "Ride",
    "type": "Ride",
    "start_date": "2026-07-01T16:00:00Z",
    "start_date_local": "2026-07-01T09:00:00Z",
    "timezone": "(GMT-08:00) America/Los_Angeles",
    "utc_offset": -25200.0,
    "elapsed_time": 3700,
    "moving_time": 3600,
    "distance": 30000.5,
    "total_elevation_gain": 420.0,
    "average_speed": 8.33,
    "max_speed": 15.1,
    "start_latlng": [37.8, -122.4],
    "trainer": False,
    "manual": False,
    "private": False,
}


def mapped(**changes: Any) -> Activity:
    """The payload with changes; a field whose change is ``...`` is absent."""
    payload = {**PAYLOAD, **changes}
    return activity_of({name: value for name, value in payload.items() if value is not ...})


def warned(activity: Activity) -> set[str | None]:
    return {warning.field for warning in activity.warnings}


def test_what_strava_says_is_told_in_our_words():
    activity = mapped()
    assert activity.id == "154504250376823"
    assert activity.name == "Over the pass"
    assert activity.sport_type is SportType.RIDE
    assert activity.start_time == datetime(2026, 7, 1, 16, tzinfo=UTC)
    assert (activity.duration_seconds, activity.moving_time_seconds) == (3700, 3600)
    assert (activity.distance_meters, activity.elevation_gain_meters) == (30000.5, 420)
    assert (activity.average_speed_mps, activity.max_speed_mps) == (8.33, 15.1)
    assert activity.start_latlng == (37.8, -122.4)
    assert (activity.manual, activity.private, activity.indoor) == (False, False, False)
    assert activity.warnings == ()


def test_what_strava_does_not_say_is_unknown():
    bare = activity_of({"id": 1, "start_date": "2026-07-01T16:00:00Z"})
    said = {"provider", "id", "sport_type", "start_time", "warnings"}
    assert {name for name, value in bare if value is not None} == said
    assert bare.warnings == ()


def test_null_is_unknown_and_no_cause_for_a_warning():
    nulls = dict.fromkeys(PAYLOAD) | {"id": 1, "start_date": "2026-07-01T16:00:00Z"}
    assert activity_of(nulls) == activity_of({"id": 1, "start_date": "2026-07-01T16:00:00Z"})


# Ids


@pytest.mark.parametrize("number", [1, 2**31, 2**53 + 1, 2**63 - 1])
def test_an_id_keeps_every_digit(number):
    assert activity_of(json.loads(json.dumps({**PAYLOAD, "id": number}))).id == str(number)


@pytest.mark.parametrize("bad", [None, 0, -3, True, 1.5e17, "12", [], {}, 2**63, 10**400])
def test_a_record_without_an_id_is_not_one(bad):
    with pytest.raises(Unreadable, match="no id"):
        mapped(id=bad)


@pytest.mark.parametrize(
    "bad", [None, "", "yesterday", "2026-07-01T16:00:00", "0001-01-01T00:00:00Z", 1782900000, {}]
)
def test_a_record_without_a_start_is_not_one(bad):
    with pytest.raises(Unreadable, match="when it started"):
        mapped(start_date=bad)


# The clock on the wall


def test_the_z_of_local_times_is_not_believed():
    activity = mapped()
    assert activity.start_time == datetime(2026, 7, 1, 16, tzinfo=UTC)
    assert activity.local_start.isoformat() == "2026-07-01T09:00:00-07:00"


@pytest.mark.parametrize(
    ("start", "zone", "hours"),
    [
        ("2026-07-01T16:00:00Z", "(GMT-08:00) America/Los_Angeles", -7),
        ("2026-01-01T16:00:00Z", "(GMT-08:00) America/Los_Angeles", -8),
        ("2026-03-08T09:59:59Z", "(GMT-08:00) America/Los_Angeles", -8),
        ("2026-03-08T10:00:00Z", "(GMT-08:00) America/Los_Angeles", -7),
        ("2026-07-01T16:00:00Z", "(GMT+05:30) Asia/Kolkata", 5.5),
        ("2026-01-01T16:00:00Z", "(GMT+10:30) Australia/Lord_Howe", 11),
        ("2026-07-01T16:00:00Z", "(GMT+10:30) Australia/Lord_Howe", 10.5),
        ("2026-01-01T16:00:00Z", "(GMT+00:00) GMT", 0),
    ],
)
def test_without_an_offset_the_zone_tells_summer_from_winter(start, zone, hours):
    activity = mapped(start_date=start, timezone=zone, utc_offset=..., start_date_local=...)
    assert activity.utc_offset_seconds == hours * 3600
    assert activity.timezone == zone.split(" ")[1]


def test_without_offset_and_zone_the_two_times_tell_the_offset():
    activity = mapped(utc_offset=..., timezone=...)
    assert (activity.utc_offset_seconds, activity.timezone) == (-25200, None)


def test_without_any_of_them_the_offset_is_unknown():
    activity = mapped(utc_offset=..., timezone=..., start_date_local=...)
    assert (activity.utc_offset_seconds, activity.warnings) == (None, ())


@pytest.mark.parametrize(
    "zone",
    ["", "(GMT)", "(GMT+01:00) No/Where", "../../etc/passwd", "America", "é", "x" * 10**6, 7],
)
def test_a_zone_that_does_not_exist_is_unknown_with_a_warning(zone):
    activity = mapped(timezone=zone)
    assert activity.timezone is None
    assert activity.utc_offset_seconds == -25200
    assert warned(activity) == {"timezone"}


@pytest.mark.parametrize("offset", [10**6, -50000, 0.5, "x", True, [], 10**400])
def test_an_offset_that_no_place_has_gives_way_to_the_zones(offset):
    activity = mapped(utc_offset=offset)
    assert activity.utc_offset_seconds == -25200
    assert warned(activity) == {"utc_offset_seconds"}


@pytest.mark.parametrize("offset", [-25200.0, 3600.0, 50400, 0])
def test_a_hidden_start_keeps_its_day_and_says_that_the_time_is_unknown(offset):
    hidden = "2026-07-01T00:00:01Z"
    activity = mapped(start_date=hidden, start_date_local=hidden, utc_offset=offset)
    assert activity.local_date == date(2026, 7, 1)
    assert activity.utc_offset_seconds is None
    assert [w.code for w in activity.warnings] == [WarningCode.TIME_UNKNOWN]


def test_a_hidden_start_that_is_told_in_utc_keeps_its_day_too():
    activity = mapped(start_date="2026-07-01T07:00:01Z", start_date_local="2026-07-01T00:00:01Z")
    assert activity.local_date == date(2026, 7, 1)
    assert [w.code for w in activity.warnings] == [WarningCode.TIME_UNKNOWN]


def test_an_early_start_in_utc_is_not_taken_for_a_hidden_one():
    activity = mapped(start_date="2026-07-01T00:00:01Z", start_date_local="2026-06-30T17:00:01Z")
    assert activity.local_date == date(2026, 6, 30)
    assert activity.warnings == ()


# Sports


def test_every_sport_of_the_table_is_known():
    for word, sport in SPORTS.items():
        activity = mapped(sport_type=word)
        assert (activity.sport_type, activity.sport_type_raw) == (sport, None)


def test_an_unknown_sport_is_other_and_keeps_its_word():
    activity = mapped(sport_type="Underwater\u202eHockey", type="Workout")
    assert activity.sport_type is SportType.OTHER
    assert activity.sport_type_raw == "UnderwaterHockey"


def test_sport_type_comes_before_type():
    assert mapped(sport_type="GravelRide", type="Ride").sport_type is SportType.GRAVEL_RIDE
    assert mapped(sport_type=..., type="Ride").sport_type is SportType.RIDE


@pytest.mark.parametrize("bad", [5, [], {}, ["Run"], True])
def test_a_sport_that_is_not_a_word_is_other(bad):
    activity = mapped(sport_type=bad, type=...)
    assert (activity.sport_type, activity.sport_type_raw) == (SportType.OTHER, None)


# Measurements


@pytest.mark.parametrize("sport", ["Run", "TrailRun", "VirtualRun", "Walk", "Hike", "Snowshoe"])
def test_cadence_on_foot_counts_both_feet(sport):
    assert mapped(sport_type=sport, average_cadence=84.5).average_cadence_rpm == 169


@pytest.mark.parametrize("sport", ["Ride", "VirtualRide", "Swim", "Rowing", "Elliptical"])
def test_other_cadence_stays_as_it_is(sport):
    assert mapped(sport_type=sport, average_cadence=84.5).average_cadence_rpm == 84.5


def test_what_a_cadence_counts_in_an_unknown_sport_cannot_be_said():
    assert mapped(sport_type="Broomball", average_cadence=84.5).average_cadence_rpm is None


def test_measured_power_is_told():
    activity = mapped(
        device_watts=True, average_watts=180.4, max_watts=700, weighted_average_watts=201
    )
    assert activity.average_power_watts == 180.4
    assert (activity.max_power_watts, activity.normalized_power_watts) == (700, 201)


@pytest.mark.parametrize("device_watts", [False, None, ..., "true", 1])
def test_estimated_power_is_unknown(device_watts):
    activity = mapped(device_watts=device_watts, average_watts=180.4, weighted_average_watts=201)
    assert activity.average_power_watts is None
    assert activity.normalized_power_watts is None


def test_zero_that_measures_nothing_is_unknown():
    nothing = mapped(
        sport_type="Yoga", distance=0.0, average_speed=0, max_speed=0.0, calories=0,
        average_heartrate=0, average_cadence=0, total_elevation_gain=0, start_latlng=[],
        average_watts=0, device_watts=True,
    )  # fmt: skip
    for name in (
        "distance_meters", "average_speed_mps", "max_speed_mps", "calories_kcal",
        "average_heart_rate_bpm", "average_cadence_rpm", "elevation_gain_meters",
        "average_power_watts",
    ):  # fmt: skip
        assert getattr(nothing, name) is None, name
    assert nothing.warnings == ()


def test_no_climb_is_a_measurement_where_altitude_was_recorded():
    assert mapped(total_elevation_gain=0).elevation_gain_meters == 0
    assert mapped(total_elevation_gain=0, start_latlng=[], elev_high=3.2).elevation_gain_meters == 0


@pytest.mark.parametrize("place", [[], None, ..., [0.0, 0.0], [0, 0]])
def test_no_place_is_unknown(place):
    activity = mapped(start_latlng=place)
    assert (activity.start_latlng, activity.indoor, activity.warnings) == (None, None, ())


@pytest.mark.parametrize("place", [[91, 0], [1], [1, 2, 3], ["a", "b"], {"lat": 1}, "1,2"])
def test_an_impossible_place_is_unknown_with_a_warning(place):
    activity = mapped(start_latlng=place)
    assert activity.start_latlng is None
    assert warned(activity) == {"start_latlng"}


@pytest.mark.parametrize(
    ("wire", "field"),
    [
        ("distance", "distance_meters"),
        ("moving_time", "moving_time_seconds"),
        ("elapsed_time", "duration_seconds"),
        ("total_elevation_gain", "elevation_gain_meters"),
        ("average_heartrate", "average_heart_rate_bpm"),
        ("max_speed", "max_speed_mps"),
        ("calories", "calories_kcal"),
        ("suffer_score", "training_load"),
        ("average_cadence", "average_cadence_rpm"),
    ],
)
@pytest.mark.parametrize("bad", ["12", True, [], {}, -5, 10**9, 10**400, float("nan")])
def test_a_bad_field_is_unknown_with_a_warning_and_the_rest_stays(wire, field, bad):
    activity = mapped(**{wire: bad})
    assert getattr(activity, field) is None
    assert warned(activity) == {field}
    assert all(w.code is WarningCode.FIELD_UNREADABLE for w in activity.warnings)
    assert all(w.record_id == activity.id for w in activity.warnings)
    assert activity.name == "Over the pass"


def test_a_maximum_below_the_average_is_unknown():
    activity = mapped(average_heartrate=150, max_heartrate=140, average_speed=8, max_speed=2)
    assert (activity.average_heart_rate_bpm, activity.max_heart_rate_bpm) == (150, None)
    assert (activity.average_speed_mps, activity.max_speed_mps) == (8, None)


def test_moving_longer_than_the_activity_lasts_is_unknown():
    activity = mapped(moving_time=5000, elapsed_time=4000)
    assert (activity.moving_time_seconds, activity.duration_seconds) == (None, 4000)
    assert warned(activity) == {"moving_time_seconds"}


def test_relative_effort_is_the_training_load():
    assert mapped(suffer_score=82).training_load == 82


# Flags


def test_who_may_see_it_is_told():
    assert mapped(private=True).private is True
    assert mapped(private=False, visibility="only_me").private is True
    assert mapped(private=False, visibility="followers_only").private is False
    assert mapped(private=...).private is None


@pytest.mark.parametrize("flag", ["manual", "private"])
@pytest.mark.parametrize("bad", ["false", 0, 1, []])
def test_a_flag_that_is_none_is_unknown(flag, bad):
    assert getattr(mapped(**{flag: bad}), flag) is None


def test_trainers_and_virtual_worlds_are_indoors():
    assert mapped(trainer=True).indoor is True
    assert mapped(sport_type="VirtualRide", trainer=False).indoor is True


@pytest.mark.parametrize(
    ("code", "race"), [(1, True), (11, True), (0, False), (12, False), (None, None), (99, None)]
)
def test_races_are_told(code, race):
    assert mapped(workout_type=code).race is race


def test_the_gear_of_a_single_activity_has_a_name():
    assert mapped(gear={"id": "b1", "name": "Road Bike"}).gear_name == "Road Bike"
    assert mapped(gear=["?"]).gear_name is None


# Athlete

ATHLETE = {
    "id": 4711, "firstname": "Ada", "lastname": "Example", "username": "ada", "sex": "F",
    "city": "Bern", "country": "Switzerland", "created_at": "2014-03-02T10:11:12Z",
    "weight": 61.5, "ftp": 241,
}  # fmt: skip


def test_the_athlete_has_today_s_weight_and_threshold():
    athlete = athlete_of(ATHLETE)
    assert (athlete.id, athlete.name, athlete.sex) == ("4711", "Ada Example", "female")
    assert athlete.weight_kg == 61.5
    assert athlete.functional_threshold_power_watts == 241
    assert athlete.member_since == date(2014, 3, 2)


@pytest.mark.parametrize("weight", [None, 0, 0.0])
def test_a_weight_that_was_never_entered_is_unknown(weight):
    athlete = athlete_of({**ATHLETE, "weight": weight, "sex": None})
    assert (athlete.weight_kg, athlete.sex, athlete.warnings) == (None, None, ())


def test_an_impossible_weight_is_unknown_with_a_warning():
    athlete = athlete_of({**ATHLETE, "weight": 75_000})
    assert athlete.weight_kg is None
    assert {w.field for w in athlete.warnings} == {"weight_kg"}


@pytest.mark.parametrize("bad", [None, [], {}, {"id": None}])
def test_a_profile_without_an_id_is_unreadable(bad):
    with pytest.raises(Unreadable):
        athlete_of(bad)


# Laps, streams, best efforts

RUN = mapped(sport_type="Run")


def test_laps_are_numbered_and_count_both_feet():
    check = Checker("1")
    laps = laps_of(
        [{"distance": 1000, "average_cadence": 85, "average_watts": 200, "lap_index": 4}, None, {}],
        RUN,
        check,
        measured=True,
    )
    assert [lap.index for lap in laps] == [1, 2]
    assert laps[0].average_cadence_rpm == 170
    assert laps[0].average_power_watts == 200
    assert {w.field for w in check.warnings} == {"laps"}


def test_estimated_power_of_a_lap_is_unknown():
    laps = [{"average_watts": 200}, {"average_watts": 200, "device_watts": False}]
    for measured in (True, False):
        mapped_laps = laps_of(laps, RUN, Checker("1"), measured=measured)
        assert mapped_laps[1].average_power_watts is None
        assert (mapped_laps[0].average_power_watts is None) != measured


def stream_set(**columns: Any) -> dict[str, Any]:
    return {name: {"data": data} for name, data in columns.items()}


def test_streams_are_columns_of_equal_length():
    streams = streams_of(
        stream_set(
            time=[0, 1, 2], heartrate=[0, 120, 121], cadence=[85, None, 86],
            latlng=[[46.9, 7.4], None, [200, 7.4]], temp=[17, 17, "x"], altitude=[None, None, None],
        ),
        RUN,
        Checker("1"),
    )  # fmt: skip
    assert streams is not None
    assert streams.heart_rate_bpm == (None, 120, 121)
    assert streams.cadence_rpm == (170, None, 172)
    assert streams.latitude_degrees == (46.9, None, None)
    assert streams.longitude_degrees == (7.4, None, 7.4)
    assert streams.temperature_celsius == (17, 17, None)
    assert streams.altitude_meters is None


def test_samples_that_do_not_go_forward_in_time_are_left_out():
    streams = streams_of(
        stream_set(time=[0, 2, 2, 1, None, 3, -1], distance=[0, 5, 6, 7, 8, 9, 10]),
        RUN,
        Checker("1"),
    )
    assert streams is not None
    assert streams.time_seconds == (0, 2, 3)
    assert streams.distance_meters == (0, 5, 9)


def test_a_column_of_another_length_is_left_out_with_a_warning():
    check = Checker("1")
    streams = streams_of(stream_set(time=[0, 1], heartrate=[120]), RUN, check)
    assert streams is not None
    assert streams.heart_rate_bpm is None
    assert {w.field for w in check.warnings} == {"streams"}


@pytest.mark.parametrize(
    "payload", [None, [], {}, {"time": None}, stream_set(time=[]), {"time": 3}]
)
def test_without_times_there_are_no_streams(payload):
    assert streams_of(payload, RUN, Checker("1")) is None


def test_best_efforts_are_over_the_distances_that_people_compare():
    efforts = efforts_of(
        {
            "best_efforts": [
                {"distance": 1609, "elapsed_time": 300},
                {"distance": 21097, "elapsed_time": 5400},
                {"distance": 400, "elapsed_time": 70},
                {"distance": None, "elapsed_time": 70},
                {"distance": 5000, "elapsed_time": 0},
                "?",
            ]
        },
        RUN,
    )
    assert [(e.distance_meters, e.value) for e in efforts] == [
        (1609.344, 300),
        (21097.5, 5400),
        (400, 70),
    ]
    assert {e.basis for e in efforts} == {"best_effort"}


def test_the_fastest_runs_for_each_distance_are_looked_into_first():
    def run(number: int, meters: float, speed: float, **changes: Any) -> Activity:
        return mapped(id=number, sport_type="Run", distance=meters, average_speed=speed, **changes)

    runs = [
        run(1, 3000, 4.0), run(2, 11000, 3.6), run(3, 43000, 3.0), run(4, 11000, 3.9),
        run(5, 5000, 5.0, trainer=True), run(6, 5000, 5.0, manual=True), run(7, 500, 6.0),
        mapped(id=8, distance=42000, average_speed=9),
    ]  # fmt: skip
    assert [a.id for a in promising(runs)] == ["1", "4", "3", "2"]


# What nobody wrote


def junk(dice: random.Random, depth: int = 0) -> Any:
    """Any JSON."""
    kind = dice.randrange(12 if depth < 3 else 10)
    if kind == 10:
        return [junk(dice, depth + 1) for _ in range(dice.randrange(4))]
    if kind == 11:
        return {dice.choice(("id", "name", "data")): junk(dice, depth + 1) for _ in range(2)}
    return dice.choice(
        (
            None, True, False, 0, -1, 2**63, 10**400, 1e308, -0.0, float("inf"), float("nan"), "",
            "7", "2026-07-01T16:00:00Z", "T00:00:01Z", "\ud800", dice.choice(TEXTS[:40]), [], {},
            dice.uniform(-1e6, 1e6), dice.randrange(10**6), "9999-12-31T23:59:59Z",
        )
    )  # fmt: skip


def test_whatever_arrives_the_mapping_answers_or_says_that_it_cannot(proof_scale):
    dice = random.Random(13)
    originals = [e.detail for e in history(13, 50)]
    ok = 0
    for _ in range(proof_scale(4_000, 100_000)):
        payload: Any = dict(dice.choice(originals))
        for name in dice.sample(sorted(payload), dice.randrange(1, 8)):
            payload[name] = junk(dice)
        payload = payload if dice.random() < 0.98 else junk(dice)
        try:
            activity = activity_of(payload)
            laps_of(payload.get("laps"), activity, Checker("1"), measured=True)
            efforts_of(payload, activity)
            activity.model_dump_json()
            assert activity.local_date
            ok += 1
        except Unreadable:
            pass
        with suppress(Unreadable):
            athlete_of(payload)
    assert ok > 1000


def test_whatever_arrives_streams_are_streams_or_none(proof_scale):
    dice = random.Random(17)
    names = ("time", "distance", "latlng", "heartrate", "cadence", "watts", "temp", "altitude")
    for _ in range(proof_scale(1_000, 20_000)):
        length = dice.randrange(5)
        columns = {
            name: {"data": [junk(dice) for _ in range(length)]}
            if dice.random() < 0.9
            else junk(dice)
            for name in names
        }
        if dice.random() < 0.7:
            columns["time"] = {"data": list(range(length))}
        streams_of(columns if dice.random() < 0.97 else junk(dice), RUN, Checker("1"))


def test_whatever_arrives_zones_are_zones_or_none(proof_scale):
    dice = random.Random(19)
    ok = 0
    for _ in range(proof_scale(4_000, 100_000)):
        zones: Any = [
            {"min": 50 * n, "max": 50 * (n + 1), "time": dice.randrange(99)} for n in range(3)
        ]
        match dice.randrange(4):
            case 0 | 1:
                dice.choice(zones)[dice.choice(("min", "max", "time"))] = junk(dice)
            case 2:
                zones = junk(dice)
        told = [{"type": "heartrate", "distribution_buckets": zones}, junk(dice)]
        times = times_of(told if dice.random() < 0.95 else junk(dice), Checker("1"), measured=True)
        for low, high in pairwise(times or ()):
            assert low.ceiling is not None
            assert low.floor <= low.ceiling <= high.floor <= 250
            ok += 1
        floors = floors_of(
            {"heart_rate": {"zones": zones}}, "heart_rate", "heart_rate_bpm", "f", Checker("1")
        )
        assert floors is None or sorted(set(floors)) == list(floors)
    assert ok > 1000


def test_one_record_that_cannot_be_read_costs_no_other():
    found, lost = activities_of([PAYLOAD, {"id": 5}, None, {**PAYLOAD, "id": 6}])
    assert [a.id for a in found] == [str(PAYLOAD["id"]), "6"]
    assert [w.code for w in lost] == [WarningCode.RECORD_UNREADABLE] * 2
    assert [w.record_id for w in lost] == ["5", None]


def test_digits_beyond_every_bound_do_not_stop_the_mapping():
    activity = mapped(distance=int("9" * (sys.get_int_max_str_digits() or 4300)))
    assert activity.distance_meters is None
