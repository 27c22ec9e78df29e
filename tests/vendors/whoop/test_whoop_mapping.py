"""From WHOOP's payloads to unified values: every trap by itself, and what nobody would send."""

import json
import random
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hostile import TEXTS
from whoop_history import PENDING, UNSCORABLE, history

from pierre_mcp.models import Activity, SleepSession, SportType, WarningCode
from pierre_mcp.models.limits import Checker
from pierre_mcp.models.reading import Unreadable, each
from providers.whoop.days import (
    cycle_of,
    health_days,
    recovery_days,
    recovery_of,
    with_variability,
)
from providers.whoop.mapping import activity_of, athlete_of, body_of, id_in, night_of
from providers.whoop.sports import SPORTS, sport_of

WORKOUT_ID = "0b5d1f6e-3c1a-4f7e-9a35-6d1b1a0c2d01"
NIGHT_ID = "0b5d1f6e-3c1a-4f7e-9a35-6d1b1a0c2d02"
SCORE = {
    "strain": 12.5, "average_heart_rate": 141, "max_heart_rate": 172, "kilojoule": 2092.0,
    "percent_recorded": 99.5, "distance_meter": 9000.0, "altitude_gain_meter": 85.5,
    "altitude_change_meter": -2.5, "zone_durations": {"zone_one_milli": 1000},
}  # fmt: skip
WORKOUT = {
    "id": WORKOUT_ID, "user_id": 1, "sport_name": "running", "start": "2026-04-20T16:00:00.250Z",
    "end": "2026-04-20T16:50:00.250Z", "timezone_offset": "-07:00", "score_state": "SCORED",
    "score": SCORE,
}  # fmt: skip
STAGES = {
    "total_in_bed_time_milli": 28_800_000, "total_awake_time_milli": 1_800_000,
    "total_no_data_time_milli": 0, "total_light_sleep_time_milli": 14_400_000,
    "total_slow_wave_sleep_time_milli": 6_000_000, "total_rem_sleep_time_milli": 6_600_500,
}  # fmt: skip
NIGHT_SCORE = {
    "stage_summary": STAGES, "respiratory_rate": 15.5, "sleep_performance_percentage": 91.0,
    "sleep_consistency_percentage": 70.0, "sleep_efficiency_percentage": 93.5,
}  # fmt: skip
NIGHT = {
    "id": NIGHT_ID, "cycle_id": 93, "start": "2026-04-21T05:30:00.000Z",
    "end": "2026-04-21T13:30:00.000Z", "timezone_offset": "-07:00", "nap": False,
    "score_state": "SCORED", "score": NIGHT_SCORE,
}  # fmt: skip
RECOVERY = {
    "cycle_id": 93, "sleep_id": NIGHT_ID, "score_state": "SCORED",
    "score": {
        "user_calibrating": False, "recovery_score": 61.0, "resting_heart_rate": 49.0,
        "hrv_rmssd_milli": 73.25, "spo2_percentage": 96.5, "skin_temp_celsius": 33.75,
    },
}  # fmt: skip
CYCLE = {
    "id": 93, "start": "2026-04-21T05:30:00.000Z", "end": "2026-04-22T05:00:00.000Z",
    "timezone_offset": "-07:00", "score_state": "SCORED",
    "score": {"strain": 14.25, "kilojoule": 10_460.0, "average_heart_rate": 70},
}  # fmt: skip
PROFILE = {"user_id": 70011, "email": "a@example.org", "first_name": "Ada", "last_name": "Example"}


def changed(payload: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The payload with changes; a field whose change is ``...`` is absent."""
    made = {**payload, **changes}
    return {name: value for name, value in made.items() if value is not ...}


def workout(**changes: Any) -> Activity:
    return activity_of(changed(WORKOUT, **changes))


def workout_scored(**changes: Any) -> Activity:
    return workout(score=changed(SCORE, **changes))


def night(**changes: Any) -> SleepSession:
    return night_of(changed(NIGHT, **changes)).session


def warned(record: Any) -> set[tuple[str, str | None]]:
    return {(warning.code.value, warning.field) for warning in record.warnings}


# Workouts


def test_what_whoop_says_of_a_workout_is_told_in_our_words():
    activity = workout()
    assert activity.id == WORKOUT_ID
    assert activity.sport_type is SportType.RUN
    assert activity.start_time == datetime(2026, 4, 20, 16, 0, 0, 250_000, UTC)
    assert activity.utc_offset_seconds == -7 * 3600
    assert activity.duration_seconds == 3000
    assert (activity.distance_meters, activity.elevation_gain_meters) == (9000, 85.5)
    assert (activity.average_heart_rate_bpm, activity.max_heart_rate_bpm) == (141, 172)
    assert activity.average_speed_mps == 3
    assert activity.warnings == ()


def test_kilojoules_become_kilocalories():
    assert workout().calories_kcal == pytest.approx(500)


def test_a_workout_has_no_training_load_since_strains_do_not_add_up():
    assert workout().training_load is None


@pytest.mark.parametrize("state", [PENDING, UNSCORABLE, "OF_NEXT_YEAR", None, ..., 7, ["SCORED"]])
def test_a_workout_without_a_score_is_null_and_says_why(state):
    activity = workout(score_state=state)
    for name in ("calories_kcal", "distance_meters", "average_heart_rate_bpm", "average_speed_mps"):
        assert getattr(activity, name) is None
    assert activity.duration_seconds == 3000
    assert warned(activity) == {("not_scored", "average_heart_rate_bpm")}


def test_what_is_still_to_be_scored_is_told_from_what_cannot_be():
    details = {workout(score_state=state).warnings[0].detail for state in (PENDING, UNSCORABLE, "")}
    assert len(details) == 3


@pytest.mark.parametrize("score", [None, ..., [], "high", 0])
def test_a_score_that_is_promised_and_missing_is_said(score):
    assert warned(workout(score=score)) == {("not_scored", "average_heart_rate_bpm")}


def test_null_in_a_score_is_unknown_and_no_cause_for_a_warning():
    activity = workout(score=dict.fromkeys(SCORE))
    assert activity.calories_kcal is None
    assert activity.warnings == ()


@pytest.mark.parametrize(
    ("wire", "field"),
    [
        ("kilojoule", "calories_kcal"),
        ("distance_meter", "distance_meters"),
        ("altitude_gain_meter", "elevation_gain_meters"),
        ("average_heart_rate", "average_heart_rate_bpm"),
        ("max_heart_rate", "max_heart_rate_bpm"),
    ],
)
@pytest.mark.parametrize("bad", ["12", True, [], {}, -5, 10**9, 10**400, float("nan")])
def test_a_bad_field_is_unknown_with_a_warning_and_the_rest_stays(wire, field, bad):
    activity = workout_scored(**{wire: bad})
    assert getattr(activity, field) is None
    assert warned(activity) == {("field_unreadable", field)}
    assert activity.duration_seconds == 3000


@pytest.mark.parametrize(
    ("wire", "field"),
    [("distance_meter", "distance_meters"), ("kilojoule", "calories_kcal"),
     ("average_heart_rate", "average_heart_rate_bpm")],
)  # fmt: skip
def test_zero_that_measures_nothing_is_unknown(wire, field):
    activity = workout_scored(**{wire: 0})
    assert (getattr(activity, field), activity.warnings) == (None, ())


def test_no_climb_is_a_measurement():
    assert workout_scored(altitude_gain_meter=0.0).elevation_gain_meters == 0


def test_a_maximum_below_the_average_is_unknown():
    activity = workout_scored(max_heart_rate=120)
    assert activity.max_heart_rate_bpm is None
    assert warned(activity) == {("field_unreadable", "max_heart_rate_bpm")}


def test_a_speed_that_nobody_has_is_unknown():
    activity = workout_scored(distance_meter=900_000)
    assert activity.average_speed_mps is None
    assert warned(activity) == {("field_unreadable", "average_speed_mps")}


@pytest.mark.parametrize("end", ["2026-04-20T15:00:00Z", "soon", 5, "2031-04-20T15:00:00Z"])
def test_an_end_that_cannot_be_leaves_the_duration_unknown_with_a_warning(end):
    activity = workout(end=end)
    assert (activity.duration_seconds, activity.average_speed_mps) == (None, None)
    assert warned(activity) == {("field_unreadable", "duration_seconds")}


@pytest.mark.parametrize("end", [None, ..., WORKOUT["start"]])
def test_a_workout_that_has_no_length_yet_has_none(end):
    assert (workout(end=end).duration_seconds, workout(end=end).warnings) == (None, ())


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("-05:00", -18_000), ("+05:30", 19_800), ("+14:00", 50_400), ("Z", 0), ("-0330", -12_600)],
)
def test_an_offset_is_read_with_its_sign_and_its_minutes(text, seconds):
    assert workout(timezone_offset=text).utc_offset_seconds == seconds


@pytest.mark.parametrize(
    "bad", ["+15:00", "-13:00", "+01:75", "Europe/Bern", "+\u0660\u0661:00", 5, [], ""]
)
def test_an_offset_that_no_place_has_is_unknown_with_a_warning(bad):
    activity = workout(timezone_offset=bad)
    assert activity.utc_offset_seconds is None
    assert warned(activity) == {("field_unreadable", "utc_offset_seconds")}


@pytest.mark.parametrize("bad", [None, ..., 1043, "1043", "", "../x", WORKOUT_ID + "0", [], {}])
def test_a_workout_without_an_id_of_version_2_is_not_one(bad):
    with pytest.raises(Unreadable, match="no id"):
        workout(id=bad)


@pytest.mark.parametrize(
    "bad", [None, ..., "", "2026-04-20T16:00:00", "0001-01-01T00:00:00Z", 1_776_700_800, {}]
)
def test_a_workout_without_a_start_is_not_one(bad):
    with pytest.raises(Unreadable, match="when it started"):
        workout(start=bad)


def test_times_are_whole_milliseconds_so_that_places_in_lists_are_too():
    assert workout(start="2026-04-20T16:00:00.250999Z").start_time.microsecond == 250_000


def test_one_record_that_cannot_be_read_costs_no_other():
    found, lost = each([WORKOUT, {"id": NIGHT_ID}, None, WORKOUT], activity_of, "A workout", id_in)
    assert [a.id for a in found] == [WORKOUT_ID] * 2
    assert [w.code for w in lost] == [WarningCode.RECORD_UNREADABLE] * 2
    assert [w.record_id for w in lost] == [NIGHT_ID, None]


# Sports


def test_every_sport_of_the_table_is_known_however_it_is_joined():
    for word, sport in SPORTS.items():
        for joint in " -_/":
            told = word.replace(" ", joint).title()
            activity = workout(sport_name=told)
            assert (activity.sport_type, activity.sport_type_raw) == (sport, told)


@pytest.mark.parametrize(
    ("word", "kept"),
    [
        ("ice-bath", "ice-bath"),
        ("broom\u202eball", "broomball"),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_a_word_without_a_place_is_other_and_is_kept(word, kept):
    activity = workout(sport_name=word)
    assert (activity.sport_type, activity.sport_type_raw) == (SportType.OTHER, kept)


def test_a_word_of_a_million_letters_is_not_looked_up():
    assert sport_of("running" + " " * 1_000_000) is None


# Nights


def test_what_whoop_says_of_a_night_is_told_in_our_words():
    session = night()
    assert session.id == NIGHT_ID
    assert (session.time_in_bed_seconds, session.awake_seconds) == (28_800, 1_800)
    assert (session.light_sleep_seconds, session.deep_sleep_seconds) == (14_400, 6_000)
    assert session.rem_sleep_seconds == 6_600.5
    assert session.total_sleep_seconds == 27_000.5
    assert (session.sleep_efficiency_percent, session.sleep_score) == (93.5, 91)
    assert session.respiratory_rate_bpm == 15.5
    assert (session.is_nap, session.hrv_rmssd_ms, session.warnings) == (False, None, ())


@pytest.mark.parametrize(
    ("end", "offset", "day"),
    [
        ("2026-04-21T13:30:00Z", "-07:00", date(2026, 4, 21)),
        ("2026-04-21T06:30:00Z", "-07:00", date(2026, 4, 20)),
        ("2026-04-21T22:30:00Z", "+05:30", date(2026, 4, 22)),
    ],
)
def test_a_night_belongs_to_the_local_day_of_waking(end, offset, day):
    assert night(end=end, timezone_offset=offset).date == day


@pytest.mark.parametrize("state", [PENDING, UNSCORABLE])
def test_a_night_without_a_score_has_its_times_and_a_reason(state):
    session = night(score_state=state, score=...)
    assert session.end_time - session.start_time == timedelta(hours=8)
    assert (session.total_sleep_seconds, session.sleep_score) == (None, None)
    assert warned(session) == {("not_scored", "sleep_score")}


def test_time_asleep_is_unknown_where_a_stage_is():
    stages = changed(STAGES, total_rem_sleep_time_milli=None)
    session = night(score=changed(NIGHT_SCORE, stage_summary=stages))
    assert (session.rem_sleep_seconds, session.total_sleep_seconds) == (None, None)
    assert session.light_sleep_seconds == 14_400


def test_a_night_without_any_deep_sleep_says_zero():
    stages = changed(STAGES, total_slow_wave_sleep_time_milli=0)
    assert night(score=changed(NIGHT_SCORE, stage_summary=stages)).deep_sleep_seconds == 0


@pytest.mark.parametrize("bad", [[], "long", 5])
def test_stages_that_are_none_are_unknown_with_a_warning(bad):
    session = night(score=changed(NIGHT_SCORE, stage_summary=bad))
    assert session.time_in_bed_seconds is None
    assert warned(session) == {("field_unreadable", "time_in_bed_seconds")}


def test_a_nap_is_told():
    assert night(nap=True).is_nap
    assert not night(nap="true").is_nap


@pytest.mark.parametrize("end", [None, ..., NIGHT["start"], "2026-04-21T05:00:00Z"])
def test_a_night_without_its_times_is_not_one(end):
    with pytest.raises(Unreadable, match="began and ended"):
        night(end=end)


def test_variability_comes_from_the_recovery_of_the_same_night():
    assert with_variability(night(), recovery_of(RECOVERY)).hrv_rmssd_ms == 73.25
    assert with_variability(night(), None).hrv_rmssd_ms is None


# Days


def days(recovery: Any = RECOVERY, cycle: Any = CYCLE) -> tuple[list, list]:
    return recovery_days(
        [night_of(NIGHT)], {NIGHT_ID: recovery_of(recovery)}, {"93": cycle_of(cycle)}
    )


def test_a_day_has_its_recovery_and_the_strain_of_its_cycle():
    (row,), reasons = days()
    assert row.date == date(2026, 4, 21)
    assert (row.recovery_score, row.strain_score) == (61, 14.25)
    assert (row.hrv_rmssd_ms, row.resting_heart_rate_bpm) == (73.25, 49)
    assert (row.spo2_percent, row.skin_temperature_celsius) == (96.5, 33.75)
    assert row.hrv_sdnn_ms is row.skin_temperature_deviation_celsius is row.readiness_score is None
    assert (row.warnings, reasons) == ((), [])


@pytest.mark.parametrize("state", [PENDING, UNSCORABLE])
def test_a_recovery_without_a_score_leaves_the_strain_and_says_why(state):
    (row,), _ = days(changed(RECOVERY, score_state=state))
    assert (row.recovery_score, row.hrv_rmssd_ms, row.strain_score) == (None, None, 14.25)
    assert warned(row) == {("not_scored", "recovery_score")}


def test_a_day_with_nothing_at_all_has_no_row_and_a_reason():
    rows, reasons = days(
        changed(RECOVERY, score_state=PENDING), changed(CYCLE, score_state=PENDING)
    )
    assert rows == []
    assert {(w.code, w.field) for w in reasons} == {
        (WarningCode.NOT_SCORED, "recovery_score"),
        (WarningCode.NOT_SCORED, "strain_score"),
    }


def test_a_score_of_a_stranger_is_told_and_called_rough():
    (row,), _ = days(changed(RECOVERY, score={**RECOVERY["score"], "user_calibrating": True}))
    assert row.recovery_score == 61
    assert warned(row) == {("experimental", "recovery_score")}


@pytest.mark.parametrize("strain", [21.01, 99, -1, "12", True])
def test_a_strain_beyond_its_scale_is_unknown_with_a_warning(strain):
    (row,), _ = days(cycle=changed(CYCLE, score={"strain": strain}))
    assert row.strain_score is None
    assert warned(row) == {("field_unreadable", "strain_score")}


@pytest.mark.parametrize("end", [None, ...])
def test_a_day_that_is_not_over_has_strain_so_far_and_no_energy(end):
    running = changed(CYCLE, end=end)
    (row,), _ = days(cycle=running)
    assert row.strain_score == 14.25
    assert warned(row) == {("period_shortened", "strain_score")}
    assert health_days([night_of(NIGHT)], {"93": cycle_of(running)}, date(2026, 4, 21), {}) == []


def test_energy_is_of_days_that_are_over_and_weight_of_today():
    today = date(2026, 5, 1)
    rows = health_days([night_of(NIGHT)], {"93": cycle_of(CYCLE)}, today, {"weight_kg": 61.5})
    assert [row.date for row in rows] == [today, date(2026, 4, 21)]
    assert (rows[0].weight_kg, rows[0].total_calories_kcal) == (61.5, None)
    assert warned(rows[0]) == {("time_unknown", "weight_kg")}
    assert rows[1].total_calories_kcal == pytest.approx(2500)
    assert (rows[1].weight_kg, rows[1].warnings) == (None, ())


def test_two_nights_of_one_day_are_one_row_of_the_later():
    later = {**NIGHT, "id": WORKOUT_ID, "end": "2026-04-21T20:00:00Z"}
    other = recovery_of({**RECOVERY, "sleep_id": WORKOUT_ID, "score": {"recovery_score": 20.0}})
    nights = [night_of(later), night_of(NIGHT)]
    (row,), _ = recovery_days(nights, {NIGHT_ID: recovery_of(RECOVERY), WORKOUT_ID: other}, {})
    assert row.recovery_score == 20


@pytest.mark.parametrize("state", [PENDING, None])
def test_a_second_sleep_without_a_recovery_hides_none(state):
    later = {**NIGHT, "id": WORKOUT_ID, "end": "2026-04-21T20:00:00Z"}
    found = {NIGHT_ID: recovery_of(RECOVERY)}
    if state is not None:
        pending = changed(RECOVERY, sleep_id=WORKOUT_ID, score_state=state, score=...)
        found[WORKOUT_ID] = recovery_of(pending)
    nights = [night_of(later), night_of(NIGHT)]
    (row,), _ = recovery_days(nights, found, {"93": cycle_of(CYCLE)})
    assert (row.recovery_score, row.strain_score) == (61, 14.25)


def test_milliseconds_become_seconds_without_a_remainder():
    odd = changed(NIGHT_SCORE, stage_summary={**STAGES, "total_in_bed_time_milli": 31_709_654})
    assert night(score=odd).time_in_bed_seconds == 31_709.654


@pytest.mark.parametrize("bad", [None, [], {}, {"sleep_id": 10235}])
def test_a_recovery_that_names_no_night_is_not_one(bad):
    with pytest.raises(Unreadable):
        recovery_of(bad)


# The athlete


def test_the_athlete_has_a_name_and_a_body():
    athlete = athlete_of(PROFILE)
    assert (athlete.id, athlete.name) == ("70011", "Ada Example")
    body = {"height_meter": 1.75, "weight_kilogram": 64.5, "max_heart_rate": 191}
    assert body_of(body, Checker("1")) == {
        "height_meters": 1.75, "weight_kg": 64.5, "max_heart_rate_bpm": 191,
    }  # fmt: skip


def test_the_address_of_the_athlete_s_mail_is_told_to_nobody():
    assert "example.org" not in athlete_of(PROFILE).model_dump_json()


@pytest.mark.parametrize("bad", [None, [], {}, {"user_id": "7"}, {"user_id": 0}])
def test_a_profile_without_an_id_is_unreadable(bad):
    with pytest.raises(Unreadable):
        athlete_of(bad)


# What nobody wrote


def junk(dice: random.Random, depth: int = 0) -> Any:
    """Any JSON."""
    kind = dice.randrange(12 if depth < 3 else 10)
    if kind == 10:
        return [junk(dice, depth + 1) for _ in range(dice.randrange(4))]
    if kind == 11:
        names = ("strain", "stage_summary", "kilojoule", "total_rem_sleep_time_milli")
        return {dice.choice(names): junk(dice, depth + 1) for _ in range(2)}
    return dice.choice(
        (
            None, True, False, 0, -1, 2**63, 10**400, 1e308, -0.0, float("inf"), float("nan"), "",
            "7", "2026-07-01T16:00:00Z", "SCORED", "\ud800", dice.choice(TEXTS[:40]), [], {}, "Z",
            dice.uniform(-1e6, 1e6), dice.randrange(10**6), "9999-12-31T23:59:59Z", NIGHT_ID,
            "2999-12-31T23:59:59-12:00", "1971-01-01T00:00:00+23:59",
        )
    )  # fmt: skip


def spoilt(dice: random.Random, payload: dict[str, Any]) -> Any:
    """The payload with some of its fields replaced, or something else in its place."""
    if dice.random() < 0.02:
        return junk(dice)
    made = json.loads(json.dumps(payload))
    inside = [made, *(part for part in made.values() if isinstance(part, dict))]
    inside += [part for part in inside[-1].values() if isinstance(part, dict)]
    for _ in range(dice.randrange(1, 5)):
        part = dice.choice(inside)
        if part:
            part[dice.choice(sorted(part))] = junk(dice)
    return made


def test_whatever_whoop_sends_is_mapped_or_refused(proof_scale):
    dice = random.Random(13)
    made = history(13, 40, 40)
    ok = 0
    for _ in range(proof_scale(1_200, 100_000)):
        with suppress(Unreadable):
            activity = activity_of(spoilt(dice, dice.choice(made.workouts)))
            activity.model_dump_json()
            assert activity.local_date
            ok += 1
        with suppress(Unreadable):
            found = night_of(spoilt(dice, dice.choice(made.nights)))
            recovery = recovery_of(spoilt(dice, dice.choice(made.recoveries)))
            cycle = cycle_of(spoilt(dice, dice.choice(made.cycles)))
            with_variability(found.session, recovery).model_dump_json()
            parts = {found.session.id: recovery}, {found.cycle_id or "": cycle}
            for row in recovery_days([found], *parts)[0]:
                row.model_dump_json()
            body = body_of(
                spoilt(dice, {"weight_kilogram": 60.0, "height_meter": 1.7}), Checker("")
            )
            for day in health_days([found], parts[1], date(2026, 5, 1), body):
                day.model_dump_json()
            ok += 1
        with suppress(Unreadable):
            athlete_of(spoilt(dice, PROFILE)).model_dump_json()
    assert ok > 1500
