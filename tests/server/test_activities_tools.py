"""get_activities and get_activity, through an MCP client on both protocol eras."""

import json
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lakeside import NOW, Driver, Lake, an_activity

from pierre_mcp.models import Lap, SportType, Streams, ZoneTime
from pierre_mcp.server.tools.activities import SUMMARY_COLUMNS


def compact(value):
    """As it goes over the wire."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def ids(answer):
    return [row[0] for row in answer["result"]["rows"]]


async def test_a_default_page_is_twenty_rows_newest_first(drive: Driver):
    answer = await drive.answer("get_activities")
    assert answer["result"]["columns"] == list(SUMMARY_COLUMNS)
    assert ids(answer) == [f"{100000000 + number}" for number in range(1, 21)]


async def test_an_unknown_value_is_null_and_not_zero(drive: Driver):
    answer = await drive.answer("get_activities", limit=1)
    row = dict(zip(answer["result"]["columns"], answer["result"]["rows"][0], strict=True))
    assert row["average_power_watts"] is None
    assert row["elevation_gain_meters"] is None


async def test_times_are_local_with_their_offset(drive: Driver):
    answer = await drive.answer("get_activities", limit=1, fields=["start_time"])
    assert answer["result"]["rows"] == [["100000001", "2026-11-24T12:00:00+01:00"]]


async def test_pages_neither_repeat_nor_skip_while_new_activities_arrive(drive: Driver, lake: Lake):
    seen = []
    cursor = None
    for arriving in range(100):
        answer = await drive.answer("get_activities", limit=7, cursor=cursor)
        seen += ids(answer)
        lake.activities.append(
            an_activity(900 + arriving, start_time=NOW + timedelta(minutes=arriving))
        )
        cursor = answer["meta"].get("next_cursor")
        if cursor is None:
            break
    assert seen == [f"{100000000 + number}" for number in range(1, 51)]


async def test_the_last_page_has_no_cursor_and_is_complete(drive: Driver):
    answer = await drive.answer("get_activities", limit=200)
    assert answer["meta"]["complete"] is True
    assert "next_cursor" not in answer["meta"]


async def test_a_page_with_more_behind_it_is_not_complete(drive: Driver):
    answer = await drive.answer("get_activities", limit=5)
    assert answer["meta"]["complete"] is False
    assert answer["meta"]["next_cursor"]


async def test_a_provider_that_knows_of_missing_data_makes_the_answer_incomplete(
    drive: Driver, lake: Lake
):
    lake.complete = False
    answer = await drive.answer("get_activities", limit=200)
    assert answer["meta"]["complete"] is False


async def test_a_cursor_of_another_question_is_refused(drive: Driver):
    first = await drive.answer("get_activities", limit=5, sport_type="run")
    error = await drive.error("get_activities", cursor=first["meta"]["next_cursor"], limit=5)
    assert error["argument"] == "cursor"
    assert "another question" in error["message"]


@pytest.mark.parametrize("cursor", ["", "abc", "WzFd", "é", "A" * 10_000, "WzIsMSwyLDMsNCw1XQ"])
async def test_a_made_up_cursor_is_refused_by_name(drive: Driver, cursor: str):
    if cursor == "":
        assert ids(await drive.answer("get_activities", cursor=cursor))
        return
    error = await drive.error("get_activities", cursor=cursor)
    assert (error["type"], error["argument"]) == ("invalid_argument", "cursor")


async def test_after_is_inclusive_and_before_exclusive(drive: Driver):
    moment = (NOW - timedelta(hours=5)).isoformat()
    after = await drive.answer("get_activities", after=moment)
    before = await drive.answer("get_activities", before=moment)
    assert ids(after)[-1] == "100000005"
    assert ids(before)[0] == "100000006"


async def test_epoch_seconds_mean_the_same_instant(drive: Driver):
    moment = NOW - timedelta(hours=5)
    as_number = await drive.answer("get_activities", after=int(moment.timestamp()))
    as_text = await drive.answer("get_activities", after=str(int(moment.timestamp())))
    assert (
        ids(as_number)
        == ids(as_text)
        == ids(await drive.answer("get_activities", after=moment.isoformat()))
    )


async def test_a_bare_day_means_the_activitys_own_local_day(drive: Driver, lake: Lake):
    midnight_there = NOW.replace(hour=23, minute=30) - timedelta(days=1)
    lake.activities = [an_activity(1, start_time=midnight_there, utc_offset_seconds=3600)]
    assert ids(await drive.answer("get_activities", after="2026-11-24"))
    assert not ids(await drive.answer("get_activities", before="2026-11-24"))


async def test_a_time_without_an_offset_is_refused_with_the_remedy(drive: Driver):
    error = await drive.error("get_activities", after="2026-11-23T10:00:00")
    assert error["argument"] == "after"
    assert "offset" in error["message"]


async def test_a_sport_includes_its_variants(drive: Driver, lake: Lake):
    lake.activities = [
        an_activity(1, sport_type=SportType.TRAIL_RUN),
        an_activity(2, sport_type=SportType.RIDE),
        an_activity(3, sport_type=SportType.RUN),
    ]
    assert ids(await drive.answer("get_activities", sport_type="run")) == ["100000001", "100000003"]
    assert ids(await drive.answer("get_activities", sport_type="trail_run")) == ["100000001"]


async def test_full_detail_gives_objects_with_every_known_field(drive: Driver):
    answer = await drive.answer("get_activities", limit=1, detail="full")
    (activity,) = answer["result"]["activities"]
    assert activity["duration_seconds"] == 3000.4
    assert "average_power_watts" not in activity


async def test_fields_choose_the_columns(drive: Driver):
    answer = await drive.answer("get_activities", limit=1, fields=["distance_meters", "name"])
    assert answer["result"]["columns"] == ["id", "distance_meters", "name"]
    assert answer["result"]["rows"] == [["100000001", 10012.3, "Outing 1"]]


async def test_an_unknown_field_names_the_nearest(drive: Driver):
    error = await drive.error("get_activities", fields=["distance"])
    assert error["nearest"] == "distance_meters"


WIDEST = {
    "sport_type": SportType.STRENGTH_TRAINING,
    "distance_meters": 123456.7,
    "moving_time_seconds": 86400.0,
    "duration_seconds": 99999.0,
    "elevation_gain_meters": 8848.0,
    "average_heart_rate_bpm": 201.0,
    "average_power_watts": 1201.0,
    "utc_offset_seconds": 20700,
}


async def test_a_summary_row_costs_at_most_90_bytes_in_each_form_beside_id_and_name(
    drive: Driver, lake: Lake
):
    lake.activities = [an_activity(number, **WIDEST) for number in range(20)]
    result = await drive.call("get_activities")
    assert result.structured_content is not None
    for row in result.structured_content["result"]["rows"]:
        # The separators of the two cells left out are counted against us.
        assert len(compact(row[2:]).encode()) <= 90
    lines = result.content[0].text.splitlines()[2:22]
    for line in lines:
        assert len(line.split("|", 2)[2].encode()) <= 90


async def test_the_default_page_is_at_most_10_kb_in_all(drive: Driver, lake: Lake):
    lake.activities = [
        an_activity(number, id=f"{9_007_199_254_740_993 + number}", name="N" * 60, **WIDEST)
        for number in range(60)
    ]
    result = await drive.call("get_activities")
    assert len(result.content[0].text) + len(compact(result.structured_content)) <= 10_240


async def test_no_list_outgrows_the_budget_and_the_cursor_goes_on_where_it_was_cut(
    drive: Driver, lake: Lake
):
    lake.activities = [an_activity(n, name=f"{n} " + "x" * 190) for n in range(1, 201)]
    seen, cursor, pages = [], None, 0
    while True:
        pages += 1
        result = await drive.call("get_activities", limit=200, detail="full", cursor=cursor)
        answer = result.structured_content
        assert answer is not None
        assert len(compact(answer)) <= 48_000
        assert len(result.content[0].text) <= 48_000
        seen += [activity["id"] for activity in answer["result"]["activities"]]
        cursor = answer["meta"].get("next_cursor")
        if cursor is None:
            break
        assert answer["meta"]["cut"]
    assert pages == 2
    assert seen == [f"{100000000 + n}" for n in range(1, 201)]


async def test_an_id_that_is_no_activity_is_not_found(drive: Driver):
    error = await drive.error("get_activity", activity_id="nope")
    assert error["type"] == "not_found"


async def test_laps_streams_and_zones_come_only_when_asked(drive: Driver, lake: Lake):
    laps = (Lap(index=1, distance_meters=1000.0),)
    lake.activities = [an_activity(1, laps=laps, zones=some_zones(2), streams=a_stream(9, 5))]
    bare = await drive.answer("get_activity", activity_id="100000001")
    assert set(bare["result"]) == {"activity"}
    with_laps = await drive.answer("get_activity", activity_id="100000001", include=["laps"])
    assert with_laps["result"]["laps"] == {
        "columns": ["index", "distance_meters"],
        "rows": [[1, 1000]],
    }
    assert set(with_laps["result"]) == {"activity", "laps"}


def some_zones(count: int) -> tuple[ZoneTime, ...]:
    return tuple(
        ZoneTime(
            measure="heart_rate_bpm",
            zone=number,
            floor=number * 20.0,
            ceiling=None if number == count else (number + 1) * 20.0,
            time_in_zone_seconds=60.0 * (number - 1),
        )
        for number in range(1, count + 1)
    )


async def test_time_in_zones_is_a_table_in_which_an_open_zone_has_no_ceiling(
    drive: Driver, lake: Lake
):
    lake.activities = [an_activity(1, zones=some_zones(3)), an_activity(2)]
    result = await drive.call("get_activity", activity_id="100000001", include=["zones"])
    assert result.structured_content is not None
    assert result.structured_content["result"]["zones"] == {
        "columns": ["measure", "zone", "floor", "ceiling", "time_in_zone_seconds"],
        "rows": [
            ["heart_rate_bpm", 1, 20, 40, 0],
            ["heart_rate_bpm", 2, 40, 60, 60],
            ["heart_rate_bpm", 3, 60, None, 120],
        ],
    }
    assert "heart_rate_bpm|3|60||120" in result.content[0].text
    without = await drive.call("get_activity", activity_id="100000002", include=["zones"])
    assert without.structured_content is not None
    assert without.structured_content["result"]["zones"] is None
    assert "Zones: the source has none." in without.content[0].text


def a_stream(samples: int, peak_at: int) -> Streams:
    beats = [140.0 + index % 3 for index in range(samples)]
    beats[peak_at] = 199.0
    return Streams(
        time_seconds=tuple(float(index) for index in range(samples)),
        heart_rate_bpm=tuple(beats),
        latitude_degrees=tuple(47.123456789 + index / 100000 for index in range(samples)),
    )


@pytest.mark.parametrize(("resolution", "most"), [("low", 100), ("medium", 300), ("high", 1000)])
async def test_streams_are_thinned_and_keep_their_peak(
    drive: Driver, lake: Lake, resolution: str, most: int
):
    lake.activities = [an_activity(1, streams=a_stream(7200, peak_at=4321))]
    answer = await drive.answer(
        "get_activity", activity_id="100000001", include=["streams"], resolution=resolution
    )
    streams = answer["result"]["streams"]
    assert len(streams["rows"]) <= most
    assert streams["samples_recorded"] == 7200
    assert [4321, 199] in [row[:2] for row in streams["rows"]]
    assert streams["rows"][0][0] == 0
    assert streams["rows"][-1][0] == 7199


async def test_the_heaviest_activity_stays_within_the_budget(drive: Driver, lake: Lake):
    laps = tuple(
        Lap(index=n, duration_seconds=n + 0.37, distance_meters=n * 7.77) for n in range(1, 3000)
    )
    columns = {
        name: tuple(float(i) * 1.2345 for i in range(20_000))
        for name in Streams.model_fields
        if name != "time_seconds"
    }
    streams = Streams(time_seconds=tuple(map(float, range(20_000))), **columns)
    lake.activities = [an_activity(1, laps=laps, streams=streams, zones=some_zones(3000))]
    parts = ["laps", "streams", "zones"]
    result = await drive.call(
        "get_activity", activity_id="100000001", include=parts, resolution="high"
    )
    assert not result.is_error
    assert len(compact(result.structured_content)) <= 48_000
    assert len(result.content[0].text) <= 48_000
    assert result.structured_content is not None
    assert result.structured_content["meta"]["cut"]


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(limits=st.lists(st.integers(1, 200), min_size=1, max_size=30))
async def test_any_mix_of_page_sizes_walks_the_same_list(drive: Driver, limits: list[int]):
    seen, cursor, turn = [], None, 0
    while True:
        answer = await drive.answer(
            "get_activities",
            limit=limits[turn % len(limits)],
            cursor=cursor,
        )
        seen += ids(answer)
        cursor = answer["meta"].get("next_cursor")
        turn += 1
        if cursor is None:
            break
    assert seen == [f"{100000000 + number}" for number in range(1, 51)]
