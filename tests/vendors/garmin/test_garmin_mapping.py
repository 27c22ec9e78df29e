"""What Garmin's payloads become: two spellings, two kinds of time, zeros, nulls and nonsense."""

import copy
import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from garmin_history import NOW, history, hrv, night, summary, weights
from garmin_history import nap as a_nap
from hostile import MARK, TEXTS, filled, hidden_in, strings

from pierre_mcp.models import SportType, WarningCode
from pierre_mcp.models.reading import Unreadable
from providers.garmin.days import (
    fitness_age_of,
    health_of,
    hrv_of,
    recovery_of,
    sessions_of,
    vo2_max_of,
)
from providers.garmin.mapping import activities_of, activity_of, instant_of
from providers.garmin.profile import athlete_of
from providers.garmin.sports import FAMILIES, INDOORS, SPORTS

HISTORY = history(61, 80)
DAYS = [NOW.date() - timedelta(days=n) for n in range(120)]
TIMES = ("startTimeGMT", "startTimeLocal", "calendarDate", "summaryDate")


def row(**changed: Any) -> dict[str, Any]:
    """A run in a list."""
    return {
        "activityId": 7,
        "activityName": "Lunch Run",
        "activityType": {"typeKey": "running"},
        "startTimeGMT": "2026-04-30 22:30:00",
        "startTimeLocal": "2026-05-01 00:30:00",
        "duration": 600.0,
        "elapsedDuration": 640.0,
        "movingDuration": 590.0,
        "distance": 2000.0,
    } | changed


def detail(**changed: Any) -> dict[str, Any]:
    return {
        "activityId": 7,
        "activityTypeDTO": {"typeKey": "running"},
        "timeZoneUnitDTO": {"timeZone": "Europe/Zurich"},
        "summaryDTO": {
            "startTimeGMT": "2026-04-30T22:30:00.0", "startTimeLocal": "2026-05-01T00:30:00.0",
        },
    } | changed  # fmt: skip


def a_night(day: date = date(2026, 4, 14), **changed: Any) -> dict[str, Any]:
    found = night(day)
    assert found is not None
    return found.get("dailySleepDTO", found) | changed


@pytest.mark.parametrize("payload", [row(), detail()], ids=["row", "detail"])
def test_local_minus_gmt_is_the_offset(payload):
    activity = activity_of(payload)
    assert activity.start_time == datetime(2026, 4, 30, 22, 30, tzinfo=UTC)
    assert activity.utc_offset_seconds == 7200
    assert activity.local_date == date(2026, 5, 1)


@pytest.mark.parametrize("local", ["2026-05-01 00:37:12", "2026-05-02 22:30:00", "soon", 7, {}])
def test_a_wall_clock_that_no_place_has_is_unknown_with_a_warning(local):
    activity = activity_of(row(startTimeLocal=local))
    assert activity.utc_offset_seconds is None
    assert [w.field for w in activity.warnings] == ["utc_offset_seconds"]


def test_a_zone_that_contradicts_the_clocks_is_unknown_with_a_warning():
    assert activity_of(detail()).timezone == "Europe/Zurich"
    for zone in ("Asia/Tokyo", "No/Where", "../etc/passwd", 5):
        activity = activity_of(detail(timeZoneUnitDTO={"timeZone": zone}))
        assert activity.timezone is None
        assert [w.field for w in activity.warnings] == ["timezone"]


def test_a_zone_stands_where_the_wall_clock_is_unknown():
    told = {"startTimeGMT": "2026-04-30T22:30:00.0"}
    assert activity_of(detail(summaryDTO=told)).timezone == "Europe/Zurich"


@pytest.mark.parametrize("moving", [0, 0.0, None])
def test_without_motion_seen_the_timer_s_time_is_the_moving_time(moving):
    assert activity_of(row(movingDuration=moving)).moving_time_seconds == 600


def test_elapsed_time_is_the_duration_and_the_timer_stands_in_for_it():
    assert activity_of(row()).duration_seconds == 640
    assert activity_of(row(elapsedDuration=None)).duration_seconds == 600


@pytest.mark.parametrize("name", ["manualActivity", "isManualActivity"])
@pytest.mark.parametrize("flag", [True, False])
def test_both_spellings_of_a_flag_are_read(name: str, flag: bool):
    assert activity_of(row(**{name: flag})).manual is flag
    assert activity_of(detail(metadataDTO={name: flag})).manual is flag


@pytest.mark.parametrize("flag", [None, 1, "true", [True]])
def test_a_flag_that_is_none_is_unknown(flag):
    assert activity_of(row(manualActivity=flag)).manual is None


@pytest.mark.parametrize(
    ("name", "word", "expected"),
    [
        ("averageRunningCadenceInStepsPerMinute", "running", 171.5),
        ("averageBikingCadenceInRevPerMinute", "road_biking", 84.0),
        ("averageSwimCadenceInStrokesPerMinute", "lap_swimming", 27.0),
        ("averageRunCadence", "hiking", 112.0),
    ],
)
def test_cadence_is_told_as_it_comes_for_steps_are_of_both_feet(name, word, expected):
    payload = row(activityType={"typeKey": word}, **{name: expected})
    assert activity_of(payload).average_cadence_rpm == expected


def test_a_zero_that_measures_nothing_is_unknown():
    names = ("distance", "averageHR", "averageSpeed", "avgPower", "calories", "elevationGain",
             "activityTrainingLoad")  # fmt: skip
    activity = activity_of(row(**dict.fromkeys(names, 0.0)))
    assert activity.warnings == ()
    for field in ("distance_meters", "average_heart_rate_bpm", "average_speed_mps",
                  "average_power_watts", "calories_kcal", "elevation_gain_meters",
                  "training_load"):  # fmt: skip
        assert getattr(activity, field) is None


def test_no_climb_is_a_measurement_where_altitude_was_recorded():
    assert activity_of(row(elevationGain=0.0, maxElevation=402.0)).elevation_gain_meters == 0


@pytest.mark.parametrize(
    ("wire", "field"),
    [
        ("averageHR", "average_heart_rate_bpm"), ("distance", "distance_meters"),
        ("averageSpeed", "average_speed_mps"), ("normPower", "normalized_power_watts"),
        ("calories", "calories_kcal"), ("activityTrainingLoad", "training_load"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("bad", ["151", True, -5, 10**9, 10**400, [1], {"value": 1}])
def test_a_bad_field_is_unknown_with_a_warning_and_the_rest_stays(wire, field, bad):
    activity = activity_of(row(**{wire: bad}))
    assert getattr(activity, field) is None
    assert activity.name == "Lunch Run"
    assert [w.field for w in activity.warnings] == [field]


def test_what_contradicts_another_value_is_unknown():
    activity = activity_of(row(averageHR=150, maxHR=140, movingDuration=700.0))
    assert (activity.max_heart_rate_bpm, activity.moving_time_seconds) == (None, None)


@pytest.mark.parametrize(
    ("key", "private"), [("private", True), ("public", False), ("subscribers", False), (None, None)]
)
def test_who_may_see_it_is_told(key, private):
    assert activity_of(row(privacy={"typeKey": key})).private is private
    assert activity_of(detail(accessControlRuleDTO={"typeKey": key})).private is private


@pytest.mark.parametrize(("key", "race"), [("race", True), ("training", False),
                                           ("uncategorized", None), (None, None)])  # fmt: skip
def test_races_are_told(key, race):
    assert activity_of(row(eventType={"typeKey": key})).race is race


@pytest.mark.parametrize("place", [(None, None), (0, 0), (0.0, None)])
def test_no_place_is_unknown(place):
    activity = activity_of(row(startLatitude=place[0], startLongitude=place[1]))
    assert (activity.start_latlng, activity.indoor, activity.warnings) == (None, None, ())


@pytest.mark.parametrize("place", [(91, 8), (47, None), ("47", 8), (True, 8)])
def test_an_impossible_place_is_unknown_with_a_warning(place):
    activity = activity_of(row(startLatitude=place[0], startLongitude=place[1]))
    assert activity.start_latlng is None
    assert [w.field for w in activity.warnings] == ["start_latlng"]


def test_every_word_of_the_tables_is_known_and_every_family_is_whole():
    for word, sport in SPORTS.items():
        activity = activity_of(row(activityType={"typeKey": word}))
        assert (activity.sport_type, activity.sport_type_raw) == (sport, None)
        assert activity.indoor is (True if word in INDOORS else None)
    assert set(SPORTS) >= INDOORS
    assert set(FAMILIES) == {SportType.RUN, SportType.RIDE, SportType.SWIM}


@pytest.mark.parametrize("word", ["underwater_hockey", "run\u200bning"])
def test_an_unknown_word_is_other_and_is_kept_clean(word: str):
    activity = activity_of(row(activityType={"typeKey": word}))
    assert activity.sport_type is SportType.OTHER
    assert activity.sport_type_raw == word.replace("\u200b", "")


@pytest.mark.parametrize(
    "bad",
    [None, 5, "text", [], {}, row(activityId=None), row(activityId="7"), row(activityId=0),
     row(activityId=1.5), row(startTimeGMT=None), row(startTimeGMT="yesterday"),
     row(startTimeGMT="0001-01-01 00:00:00"), row(startTimeGMT=[1])],
)  # fmt: skip
def test_without_id_or_start_there_is_no_activity_and_the_others_stay(bad):
    with pytest.raises(Unreadable):
        activity_of(bad)
    found, lost = activities_of([bad, row()])
    assert [a.id for a in found] == ["7"]
    assert [w.code for w in lost] == [WarningCode.RECORD_UNREADABLE]


def test_both_forms_of_time_are_read():
    moment = datetime(2026, 10, 21, 5, 10, 44, tzinfo=UTC)
    for raw in ("2026-10-21 05:10:44", "2026-10-21T05:10:44.0", "2026-10-21T05:10:44Z",
                "2026-10-21T07:10:44+02:00", 1792559444000):  # fmt: skip
        assert instant_of(raw) == moment


def test_a_night_is_read_flat_and_wrapped_alike():
    flat = a_night()
    (one,) = sessions_of([[flat]], {})
    (other,) = sessions_of([[{"dailySleepDTO": flat}]], {})
    assert one == other
    assert one.warnings == ()
    assert one.date == date(2026, 4, 14)
    assert one.utc_offset_seconds == 7200
    assert one.time_in_bed_seconds == (one.end_time - one.start_time).total_seconds()
    expected = 100 * flat["sleepTimeSeconds"] / one.time_in_bed_seconds
    assert one.sleep_efficiency_percent == pytest.approx(expected, abs=0.05)


def test_the_offset_of_a_night_is_the_one_on_waking():
    (session,) = sessions_of([[a_night(date(2026, 3, 29))]], {})
    assert session.utc_offset_seconds == 7200
    (session,) = sessions_of([[a_night(date(2026, 3, 27))]], {})
    assert session.utc_offset_seconds == 3600


@pytest.mark.parametrize(
    "changed",
    [
        {"sleepStartTimestampGMT": None}, {"sleepEndTimestampGMT": None},
        {"sleepStartTimestampGMT": "soon"}, {"sleepEndTimestampGMT": 5},
        {"sleepStartTimestampGMT": 10**400},
        {"sleepEndTimestampLocal": None, "calendarDate": None},
    ],
    ids=str,
)  # fmt: skip
def test_without_start_end_and_day_there_is_no_night(changed):
    assert sessions_of([[a_night(**changed)]], {}) == []


def test_a_night_whose_wall_clock_is_unknown_has_the_day_that_garmin_says():
    (session,) = sessions_of([[a_night(sleepEndTimestampLocal=None)]], {})
    assert (session.date, session.utc_offset_seconds) == (date(2026, 4, 14), None)


def test_zero_of_one_stage_is_a_measurement_and_zeros_of_all_are_none():
    awake = {"awakeSleepSeconds": 0}
    (session,) = sessions_of([[a_night(**awake)]], {})
    assert session.awake_seconds == 0
    none = dict.fromkeys(("deepSleepSeconds", "lightSleepSeconds", "remSleepSeconds"), 0)
    (session,) = sessions_of([[a_night(**none, **awake)]], {})
    assert (session.light_sleep_seconds, session.awake_seconds) == (None, None)
    assert session.total_sleep_seconds is not None


def test_a_device_that_cannot_tell_rem_tells_none():
    (session,) = sessions_of([[a_night(deviceRemCapable=False, remSleepSeconds=0)]], {})
    assert session.rem_sleep_seconds is None
    assert session.deep_sleep_seconds is not None


def test_sleeping_longer_than_the_night_is_unknown_with_a_warning():
    (session,) = sessions_of([[a_night(sleepTimeSeconds=80_000)]], {})
    assert (session.total_sleep_seconds, session.sleep_efficiency_percent) == (None, None)
    assert [w.field for w in session.warnings] == ["total_sleep_seconds"]


def test_a_night_has_the_hrv_of_its_day_at_garmin_wherever_one_woke():
    (session,) = sessions_of([[a_night(calendarDate="2026-04-13")]], {date(2026, 4, 13): 51})
    assert (session.date, session.hrv_rmssd_ms) == (date(2026, 4, 14), 51)


@pytest.mark.parametrize("form", ["epoch", "text"])
def test_naps_are_sessions_in_either_form_of_time(form: str):
    begin = datetime(2026, 4, 14, 11, tzinfo=UTC)
    told = [begin, begin + timedelta(minutes=40)]
    times = [
        int(t.timestamp() * 1000) if form == "epoch" else f"{t:%Y-%m-%dT%H:%M:%S}.0" for t in told
    ]
    nap = {"napStartTimestampGMT": times[0], "napEndTimestampGMT": times[1], "napTimeSec": 2100}
    first, second = sessions_of([[a_night(dailyNapDTOS=[nap, None, {"napTimeSec": 5}])]], {})
    assert (first.is_nap, second.is_nap) == (True, False)
    assert (first.start_time, first.total_sleep_seconds) == (begin, 2100)
    assert (first.date, first.utc_offset_seconds) == (date(2026, 4, 14), 7200)


def test_sleeping_longer_than_the_nap_is_unknown_with_a_warning():
    (nap,) = sessions_of([{"dailyNapDTOS": [a_nap(date(2026, 4, 14)) | {"napTimeSec": 8000}]}], {})
    assert nap.total_sleep_seconds is None
    assert [w.field for w in nap.warnings] == ["total_sleep_seconds"]


def test_a_nap_abroad_has_the_offset_that_stands_with_it():
    nap = {
        "napStartTimestampGMT": 1776164400000, "napEndTimestampGMT": 1776166200000,
        "napEndTimeOffset": 330,
    }  # fmt: skip
    first, _ = sessions_of([[a_night(dailyNapDTOS=[nap])]], {})
    assert first.utc_offset_seconds == 19_800


@pytest.mark.parametrize("state", [-1, -2, 0])
def test_states_that_stand_for_values_are_unknown_without_a_warning(state: int):
    told = summary(date(2026, 4, 14)) | {
        "stress": {"avgLevel": state}, "pulseOx": {"avgValue": state},
    }  # fmt: skip
    (day,) = recovery_of([{"data": [told]}], {})
    assert (day.stress_score, day.spo2_percent, day.warnings) == (None, None, ())
    assert day.resting_heart_rate_bpm is not None


def test_hrv_alone_makes_a_day():
    (day,) = recovery_of([{"data": []}, None], {date(2026, 4, 14): 53.0})
    assert (day.date, day.hrv_rmssd_ms) == (date(2026, 4, 14), 53)


def test_a_day_without_a_device_is_none_although_calories_are_made_up_for_it():
    told = summary(date(2026, 4, 14)) | {
        "includesWellnessData": False, "movement": {}, "heartRate": {}, "stress": {},
        "bodyBattery": {}, "pulseOx": {},
    }  # fmt: skip
    assert recovery_of([{"data": [told]}], {}) == []
    assert health_of([], [{"data": [told]}], {}, {}) == []


def test_weights_are_grams_and_kilograms_would_be_noticed():
    told = weights(date(2026, 4, 12))
    (day,) = health_of([{"dailyWeightSummaries": [told]}], [], {}, {})
    assert (day.weight_kg, day.muscle_mass_kg, day.body_fat_percent) == (62.7, 27.0, 19.5)
    wrong = {"summaryDate": "2026-04-12", "latestWeight": {"weight": 61.5, "bodyFat": 19.5}}
    (day,) = health_of([{"dailyWeightSummaries": [wrong]}], [], {}, {})
    assert day.weight_kg is None
    assert [w.field for w in day.warnings] == ["weight_kg"]


def test_the_latest_weighing_of_a_day_counts_and_an_earlier_one_fills_in():
    told = {
        "summaryDate": "2026-04-12",
        "latestWeight": {"weight": 70_000, "bodyFat": None},
        "allWeightMetrics": [{"weight": 70_000}, {"weight": 69_000, "bodyFat": 20.0}],
    }
    (day,) = health_of([{"dailyWeightSummaries": [told]}], [], {}, {})
    assert (day.weight_kg, day.body_fat_percent) == (70, 20)


def test_vo2_max_is_the_newest_activity_s_that_has_one():
    rows = [row(), row(vO2MaxValue=51.0), row(activityId=8, vO2MaxValue=49.0)]
    assert vo2_max_of([rows]) == {date(2026, 5, 1): 51}
    assert vo2_max_of([[row()]]) == vo2_max_of([None]) == vo2_max_of([[{"vO2MaxValue": 51}]]) == {}


def test_fitness_age_is_an_object_or_the_first_of_a_list():
    day = date(2026, 5, 1)
    assert fitness_age_of([{"fitnessAge": 33.4}], day) == {day: 33.4}
    assert fitness_age_of([[{"fitnessAge": 33.4}]], day) == {day: 33.4}
    assert fitness_age_of([{"fitnessAge": 33.4, "invalidReason": "USER_EMPTY_AGE"}], day) == {}
    assert fitness_age_of([None], day) == fitness_age_of([], day) == {}


@pytest.mark.parametrize(
    "changed",
    [{"zone3Floor": None}, {"zone3Floor": 100}, {"zone5Floor": 900}, {"zone1Floor": "95"}],
)
def test_zones_count_as_a_whole(changed):
    zone = {f"zone{n}Floor": 76 + 19 * n for n in range(1, 6)} | {"sport": "DEFAULT"}
    assert athlete_of({}, [zone], [], {}).heart_rate_zone_floors_bpm == (95, 114, 133, 152, 171)
    athlete = athlete_of({}, [zone | changed], [], {})
    assert athlete.heart_rate_zone_floors_bpm is None
    assert [w.field for w in athlete.warnings] == ["heart_rate_zone_floors_bpm"]


def junk(dice: random.Random, depth: int = 0) -> Any:
    """Any JSON."""
    kind = dice.randrange(12 if depth < 3 else 10)
    if kind == 10:
        return [junk(dice, depth + 1) for _ in range(dice.randrange(4))]
    if kind == 11:
        return {name: junk(dice, depth + 1) for name in ("value", "typeKey", "timeZone")}
    return dice.choice(
        (
            None, True, False, 0, -1, 2**63, 10**400, -(10**400), 1e308, -0.0, float("inf"),
            float("nan"), "", "7", "2026-07-01T16:00:00Z", "2026-07-01 16:00:00", "2026-02-30",
            "9999-12-31T23:59:59.0", "0001-01-01", "\ud800", dice.choice(TEXTS[:40]), [], {},
            dice.uniform(-1e6, 1e6), dice.randrange(10**13), "Europe/Zurich",
        )
    )  # fmt: skip


def spoilt(dice: random.Random, value: Any, share: float = 0.15) -> Any:
    """The payload with any JSON in some places of it, at every depth."""
    if dice.random() < share:
        return junk(dice)
    if isinstance(value, dict):
        return {name: spoilt(dice, inner, share) for name, inner in value.items()}
    if isinstance(value, list):
        return [spoilt(dice, inner, share) for inner in value]
    return value


def test_whatever_arrives_is_an_activity_or_is_refused(proof_scale):
    dice, read = random.Random(13), 0
    for _ in range(proof_scale(3_000, 60_000)):
        made = dice.choice(HISTORY)
        payload = spoilt(dice, dice.choice((made.row, made.detail)))
        try:
            activity = activity_of(payload)
        except Unreadable:
            continue
        activity.model_dump_json()
        assert activity.local_date
        read += 1
    assert read > 500


def test_whatever_arrives_days_and_athletes_are_read(proof_scale):
    dice, read = random.Random(17), 0
    for _ in range(proof_scale(1_000, 20_000)):
        day = dice.choice(DAYS)
        known = hrv_of([spoilt(dice, {"hrvSummaries": [hrv(day)]})])
        summaries = spoilt(dice, {"data": [summary(day)]})
        weighings = spoilt(dice, {"dailyWeightSummaries": [weights(day)]})
        rows = spoilt(dice, [made.row for made in HISTORY[:3]])
        nap = a_nap(day) | {"napEndTimeOffset": junk(dice)}
        records = [
            *sessions_of([spoilt(dice, [{**(night(day) or {}), "dailyNapDTOS": [nap]}])], known),
            *recovery_of([summaries], known),
            *health_of(
                [weighings], [summaries], vo2_max_of([rows]), fitness_age_of([junk(dice)], day)
            ),
            athlete_of(junk(dice), spoilt(dice, [{"zone1Floor": 95}]), rows, junk(dice)),
        ]
        for record in records:
            record.model_dump_json()
        read += len(records)
    assert read > 1500


def test_no_text_of_any_field_is_mapped_with_what_cannot_be_seen():
    made = next(w for w in HISTORY if w.word == "running")
    day = date(2026, 4, 14)
    settings = {"displayName": "", "timeZone": "", "preferredLocale": ""}
    for text in TEXTS:
        rows, single, told = (
            filled(copy.deepcopy(part), text, TIMES)
            for part in ([made.row], made.detail, {"data": [summary(day)]})
        )
        weighed = filled({"dailyWeightSummaries": [weights(date(2026, 4, 12))]}, text, TIMES)
        records = [
            activity_of(rows[0]),
            activity_of(single),
            athlete_of(filled(settings, text), [{"sport": text}], rows, {}),
            *sessions_of([filled([a_night()], text, TIMES)], {}),
            *recovery_of([told], {}),
            *health_of([weighed], [told], {}, {}),
        ]
        assert len(records) == 7
        for record in records:
            said = list(strings(record.model_dump(mode="json")))
            assert not set().union(*map(hidden_in, said))
            assert max(map(len, said)) <= 200
            assert not any(MARK in warning.detail for warning in record.warnings)
