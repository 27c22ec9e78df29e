"""Profile, sleep, totals and records through an MCP client."""

import json
from datetime import timedelta

from lakeside import NOW, Driver, Lake, a_night, an_activity

from pierre_mcp.models import SportType


async def test_last_night_is_today_and_seven_days_are_the_default(drive: Driver):
    result = (await drive.answer("get_sleep_sessions"))["result"]
    assert [row[0] for row in result["rows"]] == [
        (NOW.date() - timedelta(days=age)).isoformat() for age in range(7)
    ]
    assert (result["start_date"], result["end_date"]) == ("2026-11-18", "2026-11-24")


async def test_a_night_of_an_athlete_ahead_of_the_server_is_not_missed(drive: Driver, lake: Lake):
    lake.nights = [a_night(NOW.date() + timedelta(days=1))]
    result = (await drive.answer("get_sleep_sessions"))["result"]
    assert [row[0] for row in result["rows"]] == ["2026-11-25"]
    assert result["end_date"] == "2026-11-25"


async def test_the_brand_that_recorded_it_is_told_where_it_is_known(drive: Driver, lake: Lake):
    assert "recorded_by" not in (await drive.answer("get_sleep_sessions"))["result"]["columns"]
    lake.nights[0] = a_night(NOW.date(), recorded_by="Brand\u202e")
    result = (await drive.answer("get_sleep_sessions"))["result"]
    assert result["columns"][-1] == "recorded_by"
    assert [row[-1] for row in result["rows"][:2]] == ["Brand", None]


async def test_both_ends_of_a_range_are_inclusive(drive: Driver):
    answer = await drive.answer(
        "get_sleep_sessions", start_date="2026-11-10", end_date="2026-11-11"
    )
    assert [row[0] for row in answer["result"]["rows"]] == ["2026-11-11", "2026-11-10"]


async def test_stages_come_only_when_asked(drive: Driver):
    assert "stages" not in (await drive.answer("get_sleep_sessions"))["result"]
    stages = (await drive.answer("get_sleep_sessions", stages=True))["result"]["stages"]
    assert stages["columns"] == ["date", "stage", "start_time", "end_time"]
    assert stages["rows"][0][1:3] == ["light", "2026-11-23T23:00:00+01:00"]


async def test_a_range_too_long_to_tell_is_cut_and_says_how_to_go_on(drive: Driver, lake: Lake):
    lake.nights = [a_night(NOW.date() - timedelta(days=age)) for age in range(3000)]
    result = await drive.call("get_sleep_sessions", start_date="2018-01-01", stages=True)
    answer = result.structured_content
    assert answer is not None
    assert len(json.dumps(answer, separators=(",", ":"))) <= 48_000
    assert len(result.content[0].text) <= 48_000
    oldest = answer["result"]["rows"][-1][0]
    assert oldest in answer["meta"]["cut"]
    assert answer["meta"]["complete"] is False


async def test_a_strangers_name_is_shown_without_what_cannot_be_seen(drive: Driver):
    result = await drive.call("get_athlete")
    told = json.dumps(result.structured_content, ensure_ascii=False) + result.content[0].text
    assert "\u202e" not in told
    assert "\x1b" not in told
    assert "evil" in told


async def test_stats_are_added_up_by_week_and_state_their_period(drive: Driver, lake: Lake):
    lake.activities = [an_activity(24 * age, id=str(age)) for age in range(100)]
    result = (await drive.answer("get_stats", group_by="week"))["result"]
    assert result["start_date"] == "2026-09-07"
    assert result["source"] == "computed"
    keys = [row[0] for row in result["groups"]["rows"]]
    assert keys == sorted(keys)
    assert len(keys) == 12
    counted = sum(row[1] for row in result["groups"]["rows"])
    assert counted == result["totals"]["activity_count"] == 79


async def test_the_totals_of_a_range_count_its_local_days_only(drive: Driver, lake: Lake):
    lake.activities = [an_activity(24 * age, id=str(age)) for age in range(100)]
    result = (await drive.answer("get_stats", start_date="2026-11-01", end_date="2026-11-10"))[
        "result"
    ]
    assert result["totals"]["activity_count"] == 10


async def test_an_unknown_sum_is_absent_and_not_zero(drive: Driver):
    result = (await drive.answer("get_stats"))["result"]
    assert "elevation_gain_meters" not in result["totals"]
    row = dict(zip(result["groups"]["columns"], result["groups"]["rows"][0], strict=True))
    assert row["elevation_gain_meters"] is None


async def test_stats_by_sport_keep_the_sports_apart(drive: Driver, lake: Lake):
    lake.activities = [an_activity(1), an_activity(2, sport_type=SportType.TRAIL_RUN)]
    result = (await drive.answer("get_stats", group_by="sport"))["result"]
    assert [row[:2] for row in result["groups"]["rows"]] == [["run", 1], ["trail_run", 1]]


async def test_more_activities_than_may_be_read_shorten_the_period(
    drive: Driver, lake: Lake, monkeypatch
):
    monkeypatch.setattr("pierre_mcp.server.collecting.MAX_PAGES", 2)
    lake.activities = [an_activity(6 * n, id=f"{n:04}") for n in range(600)]
    answer = await drive.answer("get_stats", group_by="sport")
    assert answer["meta"]["complete"] is False
    (warning,) = answer["meta"]["warnings"]
    assert warning["code"] == "period_shortened"
    assert answer["result"]["start_date"] in warning["detail"]
    days = 1 + (NOW.date() - NOW.date().fromisoformat(answer["result"]["start_date"])).days
    assert answer["result"]["totals"]["activity_count"] == 4 * (days - 1) + 3


async def test_records_state_their_period_and_what_was_measured(drive: Driver, lake: Lake):
    lake.activities = [
        an_activity(1, duration_seconds=2400.0, distance_meters=10050.0),
        an_activity(2, duration_seconds=2500.0, distance_meters=10050.0),
    ]
    result = (await drive.answer("get_personal_records"))["result"]
    assert result["start_date"] == "2025-11-25"
    rows = [dict(zip(result["columns"], row, strict=True)) for row in result["rows"]]
    (fastest,) = [row for row in rows if row["kind"] == "fastest_distance"]
    assert (fastest["value"], fastest["value_unit"]) == (2400, "seconds")
    assert fastest["basis"] == "whole_activity"


async def test_no_data_is_an_answer_and_not_an_error(drive: Driver, lake: Lake):
    lake.activities, lake.nights = [], []
    for tool in ("get_activities", "get_stats", "get_personal_records", "get_sleep_sessions"):
        answer = await drive.answer(tool)
        assert answer["meta"]["complete"] is True


async def test_connecting_what_needs_no_connection_says_so(drive: Driver):
    answer = await drive.answer("connect_provider", provider="lakeside")
    assert answer["result"]["status"] == "connected"
    assert "needs no connection" in answer["result"]["message"]
    for _ in range(2):
        answer = await drive.answer("disconnect_provider", provider="lakeside")
        assert answer["result"]["status"] == "nothing_to_disconnect"


async def test_synthetic_data_is_marked_and_names_the_real_providers(drive: Driver):
    for tool in ("get_activities", "get_sleep_sessions", "get_stats", "get_athlete"):
        answer = await drive.answer(tool, provider="synthetic")
        assert answer["meta"]["synthetic"] is True
        assert answer["meta"]["connected_real_providers"] == ["lakeside"]
    assert "synthetic" not in (await drive.answer("get_activities"))["meta"]
