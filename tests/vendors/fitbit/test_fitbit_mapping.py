"""Every field of Google's payloads, what it becomes, and what nobody should have written there."""

import random
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from fitbit_history import NOW, daily, history, interval, name_of, night, sample
from hostile import TEXTS

from pierre_mcp.models import Activity, SleepSession, SleepStage, SportType
from pierre_mcp.models.base import local_time
from pierre_mcp.models.limits import Checker
from pierre_mcp.recordings import read_recording
from providers.fitbit.days import HEALTH, RECOVERY, by_day, dated, nights_of
from providers.fitbit.kinds import (
    HEART_RATE_VARIABILITY,
    SKIN_TEMPERATURE,
    SLEEP,
    STEPS,
    TOTAL_CALORIES,
    WEIGHT,
    Kind,
)
from providers.fitbit.mapping import (
    Unreadable,
    activities_of,
    activity_of,
    athlete_of,
    laps_of,
    streams_of,
    zones_of,
)
from providers.fitbit.sports import INDOOR, SPORTS
from providers.fitbit.wire import day_of, instant_of, number_of, offset_of, seconds_of

START = datetime(2026, 11, 2, 6, 30, 5, tzinfo=UTC)
POINT = {
    "name": name_of("exercise", 42),
    "dataSource": {"recordingMethod": "ACTIVELY_MEASURED", "device": {"displayName": "Sense 9"}},
    "exercise": {
        "interval": interval(START, START + timedelta(minutes=50), -5),
        "exerciseType": "RUNNING",
        "displayName": "Along the river",
        "activeDuration": "2940.5s",
        "exerciseMetadata": {"hasGps": True},
        "metricsSummary": {
            "caloriesKcal": 512.25,
            "distanceMillimeters": 9_100_000,
            "elevationGainMillimeters": 63_500,
            "averageSpeedMillimetersPerSecond": 3095.0,
            "averageHeartRateBeatsPerMinute": "148",
            "steps": "8300",
            "mobilityMetrics": {"avgCadenceStepsPerMinute": 169.0},
        },
    },
}


def mapped(summary: dict[str, Any] | None = None, **changes: Any) -> Activity:
    """The activity of the payload with changes to the exercise, and to its summary."""
    point = deepcopy(POINT)
    point["exercise"] |= changes
    point["exercise"]["metricsSummary"] |= summary or {}
    return activity_of(point)


def noted(activity: Activity) -> set[str | None]:
    return {warning.field for warning in activity.warnings}


# How Google writes things


@pytest.mark.parametrize(
    ("raw", "value"),
    [("80", 80), ("-7", -7), ("1.5", 1.5), (80, 80), (0.79, 0.79), ("", None), ("8e3", None),
     ("\u0663", None), (True, None), (None, None), ([], None), ("NaN", None), (10**400, None),
     (float("nan"), None), (float("inf"), None), ("9" * 19, None), (" 80", None)],
)  # fmt: skip
def test_numbers_come_as_numbers_or_as_text(raw, value):
    assert number_of(raw) == value


@pytest.mark.parametrize(
    ("raw", "value"),
    [("1025s", 1025), ("1025.250s", 1025.25), ("0s", 0), ("-14400s", -14_400), ("1025", None),
     (1025, None), ("1025ms", None), ("s", None), (None, None), ("1e3s", None), ("1s\n", None)],
)  # fmt: skip
def test_lengths_of_time_end_in_s(raw, value):
    assert seconds_of(raw) == value


@pytest.mark.parametrize(
    ("raw", "value"),
    [("-14400s", -14_400), ("0s", 0), ("20700s", 20_700), ("50400s", 50_400), ("50460s", None),
     ("-43260s", None), ("61s", None), ("+01:00", None), (3600, None)],
)  # fmt: skip
def test_an_offset_is_one_that_a_place_on_earth_has(raw, value):
    assert offset_of(raw) == value


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("2026-11-02T06:30:05Z", START),
        ("2026-11-02T06:30:05.000000001Z", START),
        ("2026-11-02T07:30:05+01:00", START),
        ("2026-11-02T06:30:05", None),
        ("0001-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59Z", None),
        ("2026-11-02", None),
        ("T" * 500, None),
        (1_762_065_005, None),
    ],
)
def test_an_instant_names_its_offset_and_lies_in_years_of_data(raw, value):
    assert instant_of(raw) == value


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ({"year": 2026, "month": 2, "day": 28}, date(2026, 2, 28)),
        ({"year": 2026, "month": 2, "day": 30}, None),
        ({"year": 2026, "month": 2}, None),
        ({"year": 2026, "month": 0, "day": 0}, None),
        ({"month": 2, "day": 28}, None),
        ({"year": True, "month": 2, "day": 28}, None),
        ({"year": "2026", "month": "2", "day": "28"}, None),
        ({"year": 10**30, "month": 2, "day": 28}, None),
        ("2026-02-28", None),
    ],
)
def test_a_civil_date_is_whole_or_none(raw, value):
    assert day_of(raw) == value


@pytest.mark.parametrize(
    ("name", "key", "filters"),
    [
        ("daily-vo2-max", "dailyVo2Max", 'daily_vo2_max.date >= "a" AND daily_vo2_max.date < "b"'),
        ("sleep", "sleep", 'sleep.date >= "a" AND sleep.date < "b"'),
    ],
)
def test_a_kind_of_data_is_written_in_three_ways(name, key, filters):
    kind = Kind(name=name)
    assert (kind.key, kind.filters("a", "b")[0]) == (key, filters)
    assert f"/{name}/" in kind.path


# Exercises


def test_an_exercise_is_mapped_with_its_units():
    activity = mapped()
    assert activity.warnings == ()
    assert activity.model_dump(exclude_none=True, exclude={"warnings"}) == {
        "provider": "fitbit", "id": "42", "name": "Along the river", "sport_type": "run",
        "sport_type_raw": "RUNNING", "start_time": START, "utc_offset_seconds": -18_000,
        "duration_seconds": 3000, "moving_time_seconds": 2940.5, "distance_meters": 9100,
        "elevation_gain_meters": 63.5, "average_heart_rate_bpm": 148, "average_speed_mps": 3.095,
        "average_cadence_rpm": 169, "calories_kcal": 512.25, "device_name": "Sense 9",
        "manual": False, "indoor": False,
    }  # fmt: skip


def test_what_is_absent_or_null_is_null_without_a_note():
    for value in (None, {}):
        activity = activity_of(
            {
                "name": POINT["name"],
                "dataSource": value,
                "exercise": {
                    "interval": {"startTime": "2026-11-02T06:30:05Z"},
                    "metricsSummary": value,
                    "exerciseMetadata": value,
                },
            }
        )
        known = activity.model_dump(exclude_none=True, exclude={"warnings"})
        assert set(known) == {"provider", "id", "sport_type", "start_time"}
        assert activity.warnings == ()


@pytest.mark.parametrize(
    ("wire", "field"),
    [
        ("distanceMillimeters", "distance_meters"),
        ("averageHeartRateBeatsPerMinute", "average_heart_rate_bpm"),
        ("caloriesKcal", "calories_kcal"),
        ("elevationGainMillimeters", "elevation_gain_meters"),
    ],
)
def test_zero_is_nothing_measured_and_what_cannot_be_is_noted(wire, field):
    for zero in (0, "0", 0.0):
        activity = mapped({wire: zero})
        assert (getattr(activity, field), noted(activity)) == (None, set())
    for wrong in ("many", -5, [], {}, True, 10**400, float("nan"), "9" * 18):
        activity = mapped({wire: wrong})
        assert (getattr(activity, field), noted(activity)) == (None, {field})


def test_a_pace_becomes_a_speed_where_there_is_none():
    turned = {"averageSpeedMillimetersPerSecond": None, "averagePaceSecondsPerMeter": 0.4}
    assert mapped(turned).average_speed_mps == 2.5
    assert mapped({"averagePaceSecondsPerMeter": 0.4}).average_speed_mps == 3.095
    for pace in (0, -1, "x", 1e-9):
        turned["averagePaceSecondsPerMeter"] = pace
        assert mapped(turned).average_speed_mps is None


def test_cadence_is_of_those_on_foot():
    assert mapped(exerciseType="WALKING").average_cadence_rpm == 169
    assert mapped(exerciseType="BIKING").average_cadence_rpm is None


@pytest.mark.parametrize(
    ("method", "manual"),
    [("MANUAL", True), ("DERIVED", False), ("PASSIVELY_MEASURED", False), ("UNKNOWN", None),
     ("RECORDING_METHOD_UNSPECIFIED", None), (None, None), ([], None), ({}, None)],
)  # fmt: skip
def test_how_it_was_recorded_says_whether_it_was_typed_in(method, manual):
    point = deepcopy(POINT)
    point["dataSource"]["recordingMethod"] = method
    assert activity_of(point).manual is manual


def test_a_word_without_a_place_is_other_and_kept():
    activity = mapped(exerciseType="MOON_WALK")
    assert (activity.sport_type, activity.sport_type_raw) == (SportType.OTHER, "MOON_WALK")
    for word in (None, "", [], {}, 7):
        activity = mapped(exerciseType=word)
        assert (activity.sport_type, activity.sport_type_raw) == (SportType.OTHER, None)


def test_words_for_indoors_are_known_sports():
    assert set(SPORTS) > INDOOR
    assert mapped(exerciseType="TREADMILL").indoor is True
    assert mapped(exerciseMetadata={}).indoor is None


def test_times_that_contradict_each_other_are_noted():
    activity = mapped(activeDuration="9000s")
    assert (activity.moving_time_seconds, noted(activity)) == (None, {"moving_time_seconds"})
    backwards = {**POINT["exercise"]["interval"], "endTime": "2026-11-02T06:00:00Z"}
    activity = mapped(interval=backwards)
    assert (activity.duration_seconds, noted(activity)) == (None, {"duration_seconds"})


def test_a_distance_that_nobody_covers_is_noted():
    activity = mapped({"distanceMillimeters": 4_000_000_000})
    assert (activity.distance_meters, noted(activity)) == (None, {"distance_meters"})


def test_an_offset_that_is_none_is_noted():
    activity = mapped(interval={**POINT["exercise"]["interval"], "startUtcOffset": "+05:00"})
    assert (activity.utc_offset_seconds, noted(activity)) == (None, {"utc_offset_seconds"})


@pytest.mark.parametrize(
    "point",
    [None, [], "x", {}, {"name": POINT["name"]}, {**POINT, "name": None}, {**POINT, "name": "a/"},
     {**POINT, "name": "a/b c"}, {**POINT, "name": "x/" + "9" * 65}, {**POINT, "exercise": []}],
)  # fmt: skip
def test_without_id_or_start_there_is_no_record(point):
    with pytest.raises(Unreadable):
        activity_of(point)
    found, lost = activities_of([POINT, point])
    assert ([a.id for a in found], len(lost)) == (["42"], 1)


# Laps, zones, streams


def lap(**changes: Any) -> dict[str, Any]:
    whole = {
        "startTime": "2026-11-02T06:30:05Z",
        "endTime": "2026-11-02T06:35:05Z",
        "activeDuration": "290s",
        "metricsSummary": {"distanceMillimeters": 1_000_000, "caloriesKcal": 60},
    }
    return whole | changes


def test_laps_that_were_taken_win_over_those_that_google_counts():
    taken, counted = [lap(), lap(activeDuration=None)], [lap()] * 3
    check = Checker("42")
    laps = laps_of({"splitSummaries": taken, "splits": counted}, SportType.RUN, check) or ()
    assert [each.moving_time_seconds for each in laps] == [290, None]
    assert [(each.index, each.duration_seconds, each.distance_meters) for each in laps] == [
        (1, 300, 1000),
        (2, 300, 1000),
    ]
    assert len(laps_of({"splitSummaries": [], "splits": counted}, SportType.RUN, check) or ()) == 3
    assert check.warnings == []


@pytest.mark.parametrize("parts", [None, [], {}, "x", [None], [{}], [[]]])
def test_what_is_no_lap_is_left_out(parts):
    assert laps_of({"splits": parts}, SportType.RUN, Checker("42")) is None


def zoned(**changes: Any) -> tuple[Any, Any]:
    durations = {
        "lightTime": "60s", "moderateTime": "120s", "vigorousTime": "0s", "peakTime": "1.5s",
    }  # fmt: skip
    day = daily(random.Random(1), START.date())["dailyHeartRateZones"]
    return {"metricsSummary": {"heartRateZoneDurations": durations | changes}}, day


def test_zones_are_none_where_time_or_bounds_are_unknown():
    check = Checker("42")
    assert [z.time_in_zone_seconds for z in zones_of(*zoned(), check) or ()] == [60, 120, 0, 1.5]
    exercise, day = zoned()
    ranges = day["heartRateZones"]
    for missing in (None, ranges[:3], [None, {"heartRateZoneType": []}], "x"):
        assert zones_of(exercise, {"heartRateZones": missing}, check) is None
    for missing in (None, {}):
        assert zones_of(exercise, missing, check) is None
    assert zones_of(zoned(peakTime=None)[0], day, check) is None
    nothing = dict.fromkeys(("lightTime", "moderateTime", "vigorousTime", "peakTime"), "0s")
    assert zones_of(zoned(**nothing)[0], day, check) is None
    assert check.warnings == []


@pytest.mark.parametrize(("number", "bound", "value"), [(0, "minBeatsPerMinute", "-5"),
    (1, "minBeatsPerMinute", "90"), (2, "maxBeatsPerMinute", "100"),
    (3, "maxBeatsPerMinute", "999")])  # fmt: skip
def test_zones_that_overlap_or_cannot_be_are_noted(number, bound, value):
    exercise, day = zoned()
    day["heartRateZones"][number][bound] = value
    check = Checker("42")
    assert zones_of(exercise, day, check) is None
    assert [w.field for w in check.warnings] == ["zones"]


def recorded(seconds_late: float, samples: int = 5) -> tuple[Activity, ...]:
    points = "".join(
        f"<Trackpoint><Time>{(START + timedelta(seconds=seconds_late + 10 * n)).isoformat()}</Time>"
        f"<HeartRateBpm><Value>{120 + n}</Value></HeartRateBpm></Trackpoint>"
        for n in range(samples)
    )
    text = (
        "<TrainingCenterDatabase><Activities><Activity Sport='Running'>"
        f"<Id>{(START + timedelta(seconds=seconds_late)).isoformat()}</Id>"
        f"<Lap><Track>{points}</Track></Lap></Activity></Activities></TrainingCenterDatabase>"
    )
    return read_recording(text.encode(), provider="fitbit", record_id="42").activities


@pytest.mark.parametrize(("late", "first"), [(0, 0), (20, 20), (-1, 0)])
def test_streams_count_from_the_start_of_the_exercise(late, first):
    streams = streams_of(recorded(late), mapped(), Checker("42"))
    assert streams is not None
    assert streams.time_seconds == tuple(first + 10 * n for n in range(5))


@pytest.mark.parametrize("late", [-60, 7200])
def test_streams_outside_their_exercise_are_not_its_own(late):
    check = Checker("42")
    assert streams_of(recorded(late), mapped(), check) is None
    assert [w.field for w in check.warnings] == ["streams"]
    assert streams_of((), mapped(), Checker("42")) is None


# Nights


def night_of(point: dict[str, Any]) -> SleepSession:
    """The one night of a data point."""
    found = dated(SLEEP, point)
    assert found is not None
    (made,) = nights_of([found], {})
    return made


WAKING = datetime(2026, 11, 3, 6, tzinfo=UTC)


def test_a_night_with_stages_has_their_sums():
    made = night_of(night(7, WAKING, kind="STAGES"))
    assert made.warnings == ()
    assert (made.id, made.date, made.is_nap) == ("7", date(2026, 11, 3), False)
    assert made.utc_offset_seconds == 3600
    assert (made.time_in_bed_seconds, made.total_sleep_seconds) == (8 * 3600, 7.5 * 3600)
    sums = made.light_sleep_seconds, made.deep_sleep_seconds, made.rem_sleep_seconds
    assert sums == (8 * 1800, 3 * 1800, 4 * 1800)
    assert (made.awake_seconds, made.sleep_efficiency_percent) == (1800, 93.8)
    assert [s.stage for s in made.stages or ()][:4] == ["light", "deep", "light", "rem"]


def test_a_classic_night_is_asleep_and_restless_is_awake():
    made = night_of(night(7, WAKING, kind="CLASSIC"))
    assert {s.stage for s in made.stages or ()} == {SleepStage.ASLEEP, SleepStage.AWAKE}
    assert (made.total_sleep_seconds, made.awake_seconds) == (7 * 3600, 3600)
    assert made.light_sleep_seconds is None


def test_a_night_that_is_not_summed_up_yet_is_summed_up_from_its_stages():
    point = night(7, WAKING, kind="STAGES", processed=False)
    assert night_of(point) == night_of(night(7, WAKING, kind="STAGES"))
    point["sleep"]["stages"] = None
    bare = night_of(point)
    assert (bare.time_in_bed_seconds, bare.total_sleep_seconds, bare.stages) == (None, None, None)


def test_a_nap_is_one():
    assert night_of(night(7, WAKING, kind="NAP")).is_nap


@pytest.mark.parametrize(
    ("end", "offset", "day"),
    [
        ("2026-11-03T22:30:00Z", "7200s", date(2026, 11, 4)),
        ("2026-11-03T02:30:00Z", "-14400s", date(2026, 11, 2)),
        ("2026-11-03T02:30:00Z", None, date(2026, 11, 3)),
    ],
)
def test_a_night_belongs_to_the_local_day_of_waking(end, offset, day):
    point = night(7, WAKING, kind="NAP")
    point["sleep"]["stages"] = None
    point["sleep"]["interval"] |= {"startTime": "2026-11-02T01:00:00Z", "endTime": end}
    point["sleep"]["interval"]["endUtcOffset"] = offset
    made = night_of(point)
    assert made.date == day == local_time(made.end_time, made.utc_offset_seconds).date()


def test_stages_that_overlap_or_are_unknown_are_left_out_whole():
    for change in (
        {"startTime": "2026-11-02T20:00:00Z"},
        {"endTime": "2026-11-03T23:00:00Z"},
        {"type": "DREAMING"},
        {"type": []},
        {"endTime": None},
    ):
        point = night(7, WAKING, kind="STAGES")
        point["sleep"]["stages"][3] |= change
        made = night_of(point)
        assert made.stages is None
        assert [w.field for w in made.warnings] == ["stages"]
        assert made.total_sleep_seconds == 7.5 * 3600


@pytest.mark.parametrize("asleep", ["900", "-5", "1e9"])
def test_more_sleep_than_time_in_bed_is_noted(asleep):
    point = night(7, WAKING, kind="STAGES")
    point["sleep"]["summary"]["minutesAsleep"] = asleep
    made = night_of(point)
    assert (made.total_sleep_seconds, made.sleep_efficiency_percent) == (None, None)
    assert "total_sleep_seconds" in {w.field for w in made.warnings}


def test_the_same_night_twice_is_one():
    found = dated(SLEEP, night(7, WAKING, kind="STAGES"))
    assert found is not None
    assert len(nights_of([found, found], {})) == 1


# Days


def only(kind: Kind, told: dict[str, Any]) -> tuple[dict[str, Any], Checker]:
    """What one data point says of its day."""
    found = dated(kind, {kind.key: told})
    assert found is not None
    return by_day([(kind, found)], RECOVERY if kind in RECOVERY else HEALTH)[found.day]


DAY = {"date": {"year": 2026, "month": 11, "day": 3}}


def test_heart_rate_variability_is_the_nights_and_never_that_of_deep_sleep():
    deep = {"deepSleepRootMeanSquareOfSuccessiveDifferencesMilliseconds": 80.0}
    values, _ = only(
        HEART_RATE_VARIABILITY, {**DAY, **deep, "averageHeartRateVariabilityMilliseconds": 41.5}
    )
    assert values == {"hrv_rmssd_ms": 41.5}
    found = dated(HEART_RATE_VARIABILITY, {HEART_RATE_VARIABILITY.key: {**DAY, **deep}})
    assert by_day([(HEART_RATE_VARIABILITY, found)], RECOVERY) == {}


def test_skin_temperature_is_compared_with_the_athletes_own():
    told = {**DAY, "nightlyTemperatureCelsius": 33.8, "baselineTemperatureCelsius": 34.1}
    values, check = only(SKIN_TEMPERATURE, told)
    assert values["skin_temperature_celsius"] == 33.8
    assert values["skin_temperature_deviation_celsius"] == pytest.approx(-0.3)
    values, check = only(SKIN_TEMPERATURE, {**told, "baselineTemperatureCelsius": None})
    assert values == {"skin_temperature_celsius": 33.8}
    values, check = only(SKIN_TEMPERATURE, {**told, "baselineTemperatureCelsius": 340})
    assert values == {"skin_temperature_celsius": 33.8}
    assert len(check.warnings) == 1


def test_of_several_weights_on_a_day_the_last_one_counts_whatever_their_order():
    moments = [(9, 70_900), (21, 70_100), (12, 70_500)]
    found = [
        (WEIGHT, dated(WEIGHT, {"weight": {
            "sampleTime": sample(datetime(2026, 11, 3, hour, tzinfo=UTC), 1), "weightGrams": grams,
        }}))
        for hour, grams in moments
    ]  # fmt: skip
    days = by_day(found, HEALTH)
    assert {day: values for day, (values, _) in days.items()} == {
        date(2026, 11, 3): {"weight_kg": 70.1}
    }


def test_a_measurement_without_a_civil_date_belongs_to_the_day_of_its_own_clock():
    moment = {"physicalTime": "2026-11-03T23:30:00Z", "utcOffset": "3600s"}
    found = dated(WEIGHT, {"weight": {"sampleTime": moment, "weightGrams": 70_000}})
    assert found is not None
    assert found.day == date(2026, 11, 4)


def test_sums_of_days_are_of_the_day_on_which_they_begin():
    point = {"civilStartTime": DAY, "steps": {"countSum": "10823"}}
    found = [(STEPS, dated(STEPS, point))]
    point = {"civilStartTime": DAY, "totalCalories": {"kcalSum": 2211.5}}
    found.append((TOTAL_CALORIES, dated(TOTAL_CALORIES, point)))
    ((day, (values, _)),) = by_day(found, HEALTH).items()
    assert (day, values) == (
        date(2026, 11, 3),
        {"steps": 10823, "total_calories_kcal": 2211.5},
    )
    nothing = {"civilStartTime": DAY, "steps": {"countSum": "0"}}
    assert by_day([(STEPS, dated(STEPS, nothing))], HEALTH) == {}


def test_an_athlete_without_an_id_is_none_and_an_unknown_zone_is_noted():
    with pytest.raises(Unreadable):
        athlete_of({}, None, None, [])
    athlete = athlete_of({"healthUserId": "1"}, None, {"timeZone": "Moon/Base"}, [None])
    assert (athlete.timezone, [w.field for w in athlete.warnings]) == (None, ["timezone"])


# What nobody wrote


def junk(dice: random.Random, depth: int = 0) -> Any:
    """Any JSON."""
    kind = dice.randrange(14 if depth < 3 else 12)
    if kind == 12:
        return [junk(dice, depth + 1) for _ in range(dice.randrange(4))]
    if kind == 13:
        words = ("startTime", "type", "date", "minutes", "summary")
        return {dice.choice(words): junk(dice, depth + 1) for _ in range(2)}
    return dice.choice(
        (
            None, True, False, 0, -1, 2**63, 10**400, 1e308, -0.0, float("inf"), float("nan"), "",
            "7", "-7s", "9" * 400, "2026-11-02T16:00:00Z", "0001-01-01T00:00:00Z", "\ud800", [], {},
            dice.choice(TEXTS[:40]), dice.uniform(-1e6, 1e6), dice.randrange(10**6), "50400s",
            {"year": 9999, "month": 12, "day": 31}, "9999-12-31T23:59:59.9Z",
        )
    )  # fmt: skip


def spoiled(dice: random.Random, value: Any, chance: float) -> Any:
    """The payload with junk in places, at any depth."""
    if dice.random() < chance:
        return junk(dice)
    if isinstance(value, dict):
        return {name: spoiled(dice, inner, chance) for name, inner in value.items()}
    if isinstance(value, list):
        return [spoiled(dice, inner, chance) for inner in value]
    return value


def test_whatever_arrives_an_exercise_is_mapped_or_refused(proof_scale):
    dice = random.Random(13)
    originals = history(13, 50, days=1).exercises
    _, day = zoned()
    ok = 0
    for _ in range(proof_scale(1_500, 100_000)):
        point = spoiled(dice, dice.choice(originals), 0.04)
        try:
            activity = activity_of(point)
        except Unreadable:
            continue
        check = Checker(activity.id)
        for made in laps_of(point["exercise"], activity.sport_type, check) or ():
            made.model_dump_json()
        for zone in zones_of(point["exercise"], spoiled(dice, day, 0.04), check) or ():
            zone.model_dump_json()
        assert activity.local_date
        assert Activity.model_validate(dict(activity), strict=True) == activity
        activity.model_dump_json()
        ok += 1
    assert ok > 400


def test_whatever_arrives_days_are_mapped_or_left_out(proof_scale):
    dice = random.Random(17)
    made = history(17, 1, days=30)
    points = [(kind, p) for kind in (*RECOVERY, *HEALTH) for p in made.points.get(kind.name, ())]
    nights = made.points["sleep"]
    ok = 0
    for _ in range(proof_scale(1_500, 100_000)):
        kind, point = dice.choice(points)
        found = dated(kind, spoiled(dice, point, 0.08))
        table = RECOVERY if kind in RECOVERY else HEALTH
        ok += len(by_day([(kind, found)], table)) if found else 0
        found = dated(SLEEP, spoiled(dice, dice.choice(nights), 0.02))
        for session in nights_of([found] if found else [], {}):
            reached = session.start_time
            for stage in session.stages or ():
                assert reached <= stage.start_time < stage.end_time <= session.end_time
                reached = stage.end_time
            session.model_dump_json()
            ok += 1
        athlete_of({"healthUserId": "1"}, junk(dice), junk(dice), [junk(dice)]).model_dump_json()
    assert ok > 800
    assert NOW.date() in {dated(kind, p).day for kind, p in points}
