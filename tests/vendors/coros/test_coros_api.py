"""What the provider asks of COROS, over real sockets, and what it makes of codes and files."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import fit_writer as fit
import pytest
import structlog
from coros_fake import (
    NOW,
    OPEN_ID,
    TOKEN,
    FakeCoros,
    History,
    connected,
    history,
    recorded,
    workout,
)
from scorecards import differences

from pierre_mcp.errors import (
    AuthenticationFailed,
    ErrorType,
    InvalidArgument,
    InvalidResponse,
    NotFound,
    PierreError,
    ProviderServerError,
    RateLimitExceeded,
)
from pierre_mcp.models import SportType, WarningCode
from pierre_mcp.spi import ActivityQuery, Include
from pierre_mcp.testing import FakeRequest, Reply
from providers.coros import DESCRIPTOR, read_error
from providers.coros.mapping import activity_of

HISTORY = history(21)
TODAY = NOW.date()
LIST, DETAIL = "GET /v2/coros/sport/list", "GET /v2/coros/sport/detail/fit"
DAILY = "GET /coros/daily/query"
EVERYTHING = frozenset(Include)


def answering(status: int, body: Any) -> Any:
    async def answer(_: FakeRequest) -> Reply:
        return status, body, {}

    return answer


def asked_windows(fake: FakeCoros) -> list[tuple[str, str]]:
    return [
        (request.query["startDate"][0], request.query["endDate"][0])
        for request in fake.api.requests
        if "startDate" in request.query
    ]


# Lists


@pytest.mark.parametrize("limit", [1, 7, 200])
async def test_three_months_come_by_cursor_with_none_missing_or_repeated(limit):
    fake = FakeCoros(HISTORY)
    ids: list[str] = []
    async with connected(fake) as provider:
        query = ActivityQuery(limit=limit)
        while True:
            page = await provider.get_activities(query)
            ids += [activity.id for activity in page]
            if page.next_cursor is None:
                break
            query = replace(query, cursor=page.next_cursor)
    oldest = NOW - timedelta(days=88)
    reachable = [w for w in HISTORY.workouts if w["startTime"] > oldest.timestamp()]
    made = sorted(map(activity_of, reachable), key=lambda a: a.order_key, reverse=True)
    assert ids[: len(made)] == [activity.id for activity in made]
    assert len(ids) == len(set(ids))
    assert [w.code for w in page.warnings] == [WarningCode.PERIOD_SHORTENED]


async def test_what_arrives_between_pages_neither_repeats_nor_hides_anything():
    held = history(5, 40)
    before = [w["labelId"] for w in held.workouts]
    dice = random.Random(55)
    ids: list[str] = []
    async with connected(FakeCoros(held)) as provider:
        query = ActivityQuery(limit=6)
        while True:
            page = await provider.get_activities(query)
            ids += [activity.id for activity in page]
            if page.next_cursor is None:
                break
            held.workouts.append(workout(dice, int(NOW.timestamp()) - dice.randrange(5000)))
            query = replace(query, cursor=page.next_cursor)
    assert len(ids) == len(set(ids))
    assert set(before) <= set(ids)


async def test_windows_have_thirty_days_and_follow_without_a_gap():
    fake = FakeCoros(HISTORY)
    async with connected(fake) as provider:
        await provider.get_activities(ActivityQuery())
    days = [
        tuple(date.fromisoformat(f"{text[:4]}-{text[4:6]}-{text[6:]}") for text in window)
        for window in asked_windows(fake)
    ]
    assert len(days) == 4
    assert all((end - start).days < 30 for start, end in days)
    for (_, end), (start, _) in pairwise(days):
        assert start - end == timedelta(days=1)


async def test_bounds_cost_only_the_windows_they_touch_and_warn_of_nothing():
    fake = FakeCoros(HISTORY)
    async with connected(fake) as provider:
        page = await provider.get_activities(ActivityQuery(after=TODAY - timedelta(days=10)))
    assert len(asked_windows(fake)) == 1
    assert page.warnings == ()


@pytest.mark.parametrize("method", ["get_sleep_sessions", "get_recovery_metrics"])
async def test_a_longer_range_than_there_is_says_so(method):
    fake = FakeCoros(HISTORY)
    async with connected(fake) as provider:
        page = await getattr(provider, method)(TODAY - timedelta(days=400), TODAY)
        assert [w.code for w in page.warnings] == [WarningCode.PERIOD_SHORTENED]
        assert page.complete is False
        assert len(page) > 30
        recent = await getattr(provider, method)(TODAY - timedelta(days=30), TODAY)
        assert (recent.warnings, recent.complete) == ((), True)


@pytest.mark.parametrize(
    ("days", "warned", "complete"), [(None, True, True), (90, False, True), (91, True, False)]
)
async def test_a_list_from_a_day_that_is_gone_is_not_whole(days, warned, complete):
    after = None if days is None else TODAY - timedelta(days=days)
    async with connected(FakeCoros(HISTORY)) as provider:
        page = await provider.get_activities(ActivityQuery(limit=200, after=after))
    assert (page.warnings != (), page.complete) == (warned, complete)


@pytest.mark.parametrize("body", [{}, {"data": None}])
async def test_a_success_without_a_list_is_an_empty_page(body):
    fake = FakeCoros(HISTORY)
    answer = answering(200, {"result": "0000", "message": "OK", **body})
    fake.api.routes |= {LIST: answer, DAILY: answer}
    async with connected(fake) as provider:
        assert (await provider.get_activities(ActivityQuery())).items == ()
        assert (await provider.get_recovery_metrics(TODAY, TODAY)).items == ()
        fake.api.routes[DAILY] = answering(200, {"result": "0000", "data": {"dailyList": None}})
        assert (await provider.get_sleep_sessions(TODAY, TODAY)).items == ()


async def test_no_data_is_an_empty_page_and_no_failure():
    async with connected(FakeCoros(History())) as provider:
        assert (await provider.get_activities(ActivityQuery())).items == ()
        assert (await provider.get_sleep_sessions(TODAY, TODAY)).items == ()


@pytest.mark.parametrize("cursor", ["x", "page=2", f"{10**18} a", "1777636800 a b"])
async def test_a_foreign_cursor_is_refused_before_any_request(cursor):
    fake = FakeCoros(HISTORY)
    async with connected(fake) as provider:
        with pytest.raises(InvalidArgument):
            await provider.get_activities(ActivityQuery(cursor=cursor))
    assert fake.asked == []


# One workout and its file


def a_run() -> dict[str, Any]:
    return next(w for w in HISTORY.workouts if (w["mode"], w["subMode"]) == (8, 1))


async def test_a_workout_has_what_its_file_knows():
    told = a_run()
    async with connected(FakeCoros(HISTORY)) as provider:
        whole = await provider.get_activity(told["labelId"], EVERYTHING)
        plain = await provider.get_activity(told["labelId"])
    assert (whole.average_heart_rate_bpm, whole.max_heart_rate_bpm) == (130, 140)
    assert (whole.calories_kcal, whole.elevation_gain_meters) == (40, 12)
    assert whole.distance_meters == told["distance"]
    assert whole.streams is not None
    assert len(whole.streams.time_seconds) == told["duration"]
    assert whole.laps is not None
    assert (plain.laps, plain.streams) == (None, None)
    assert plain.average_heart_rate_bpm == 130


@pytest.mark.parametrize("content", [b"", b"<html>", b".FIT" * 9, None])
async def test_a_file_that_cannot_be_read_costs_no_workout(content):
    fake = FakeCoros(HISTORY)
    fake.api.routes["GET /fit/{name}"] = answering(404 if content is None else 200, content)
    told = a_run()
    async with connected(fake) as provider:
        activity = await provider.get_activity(told["labelId"], EVERYTHING)
    assert activity.distance_meters == told["distance"]
    assert (activity.average_heart_rate_bpm, activity.streams) == (None, None)
    assert "streams" in {w.field for w in activity.warnings}


async def test_a_file_at_another_host_is_not_fetched():
    fake, other = FakeCoros(HISTORY), "https://evil.example/x.fit"
    fake.api.routes[DETAIL] = answering(200, {"result": "0000", "data": {"fitUrl": other}})
    async with connected(fake) as provider:
        activity = await provider.get_activity(a_run()["labelId"], EVERYTHING)
    assert "streams" in {w.field for w in activity.warnings}


async def test_a_file_that_was_cut_short_is_read_as_far_as_it_goes_and_said():
    told, fake = a_run(), FakeCoros(HISTORY)
    fake.api.routes["GET /fit/{name}"] = answering(200, recorded(told)[:-400])
    async with connected(fake) as provider:
        activity = await provider.get_activity(told["labelId"], EVERYTHING)
    codes = {w.code for w in activity.warnings}
    assert codes & {WarningCode.FILE_DAMAGED, WarningCode.FIELD_UNREADABLE}
    assert activity.distance_meters == told["distance"]


@pytest.mark.parametrize("code", ["5001", "5016"])
async def test_a_file_that_coros_refuses_to_name_costs_no_workout(code):
    fake, told = FakeCoros(HISTORY), a_run()
    fake.api.routes[DETAIL] = answering(200, {"result": code, "message": "no"})
    async with connected(fake) as provider:
        activity = await provider.get_activity(told["labelId"], EVERYTHING)
    assert activity.distance_meters == told["distance"]
    assert [w.field for w in activity.warnings] == ["streams"]


async def test_a_multisport_workout_has_the_laps_of_its_legs_and_no_sums_of_one_of_them():
    made = workout(random.Random(3), int(NOW.timestamp()) - 9000, mode=13, subMode=1)
    start = datetime.fromtimestamp(made["startTime"], UTC)
    legs = [fit.ride(start + timedelta(seconds=60 * n), 60, sport=n % 2 + 1) for n in range(3)]
    fake = FakeCoros(History(workouts=[made]))
    fake.api.routes["GET /fit/{name}"] = answering(200, fit.file(fit.file_id(), *legs))
    async with connected(fake) as provider:
        whole = await provider.get_activity(made["labelId"], EVERYTHING)
    assert [lap.index for lap in whole.laps or ()] == [1, 2, 3]
    assert (whole.streams, whole.zones, whole.average_heart_rate_bpm) == (None, None, None)
    assert {w.field for w in whole.warnings} >= {"streams", "zones", "average_heart_rate_bpm"}


async def test_a_connection_that_ends_before_the_file_is_told():
    fake = FakeCoros(HISTORY)
    fake.api.routes[DETAIL] = answering(200, {"result": "5006", "message": "x"})
    async with connected(fake) as provider:
        with pytest.raises(AuthenticationFailed):
            await provider.get_activity(a_run()["labelId"])


async def test_a_new_workout_is_looked_for_where_it_is():
    fake = FakeCoros(HISTORY)
    async with connected(fake) as provider:
        await provider.get_activity(HISTORY.workouts[0]["labelId"])
    assert len(asked_windows(fake)) == 1


async def test_an_id_that_is_in_no_list_is_not_found():
    async with connected(FakeCoros(HISTORY)) as provider:
        with pytest.raises(NotFound):
            await provider.get_activity("1234")


async def test_an_account_that_is_no_longer_linked_fails_the_check():
    fake = FakeCoros(HISTORY)
    async with connected(fake) as provider:
        await provider.health_check()
        body = {"result": "0000", "message": "OK", "data": {"bindState": 0}}
        fake.api.routes["GET /coros/bindState"] = answering(200, body)
        with pytest.raises(AuthenticationFailed):
            await provider.health_check()


# Codes inside success


@pytest.mark.parametrize(
    ("status", "body", "meaning"),
    [
        (200, {"result": "0000"}, None),
        (200, {"result": "5016"}, None),
        (200, {"result": "5006"}, ErrorType.NEEDS_REAUTH),
        (200, {"result": "5010"}, ErrorType.NEEDS_REAUTH),
        (200, {"result": "5001"}, ErrorType.INVALID_RESPONSE),
        (200, {"result": "9999"}, ErrorType.PROVIDER_ERROR),
        (200, {"access_token": "a"}, None),
        (200, {"result": 5006}, None),
        (200, b"FIT", None),
        (429, {"result": "5006"}, None),
    ],
)
def test_result_codes_are_read(status, body, meaning):
    assert read_error(status, body) is meaning


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, {"result": "5006", "message": "secret words"}, AuthenticationFailed),
        (200, {"result": "5010", "message": "secret words"}, AuthenticationFailed),
        (200, {"result": "5001", "message": "secret words"}, InvalidResponse),
        (200, {"result": "1", "message": "secret words"}, ProviderServerError),
        (200, {"result": "0000", "data": "secret words"}, InvalidResponse),
        (200, {"data": None}, InvalidResponse),
        (200, {"result": 5006}, InvalidResponse),
        (200, [], InvalidResponse),
        (429, None, RateLimitExceeded),
        (502, "secret words", ProviderServerError),
    ],
)
async def test_every_failure_is_one_of_ours_and_quotes_nothing(status, body, error):
    fake = FakeCoros(HISTORY)
    fake.api.routes[LIST] = answering(status, body)
    async with connected(fake) as provider:
        with pytest.raises(error) as refused:
            await provider.get_activities(ActivityQuery())
    assert "secret" not in refused.value.message


# Secrets in addresses


async def test_neither_token_nor_account_stands_in_a_log_a_result_or_an_error():
    fake = FakeCoros(HISTORY)
    told: list[str] = []
    with structlog.testing.capture_logs() as logs:
        async with connected(fake) as provider:
            told += [str(await provider.get_activity(a_run()["labelId"], EVERYTHING))]
            told += [str(await provider.get_sleep_sessions(TODAY, TODAY))]
            for body in ({"result": "5006"}, {"result": "5001"}, [], "{"):
                fake.api.routes[LIST] = answering(200, body)
                with pytest.raises(PierreError) as refused:
                    await provider.get_activities(ActivityQuery())
                told += [str(refused.value), repr(refused.value)]
            told += [repr(provider.api), repr(provider.context)]
    assert len(logs) > 5
    assert all(TOKEN in request.query["token"] for request in fake.api.requests if request.query)
    for secret in (TOKEN, OPEN_ID):
        assert secret not in str(logs)
        assert secret not in "".join(told)


# Values


def test_calories_and_speed_of_the_list_are_not_believed():
    activity = activity_of(
        workout(random.Random(1), 1_777_000_000, mode=9, subMode=1, distance=3000.0, duration=150)
    )
    assert activity.calories_kcal is None
    assert activity.average_speed_mps == 20
    assert activity.average_cadence_rpm is None


@pytest.mark.parametrize(
    ("mode", "submode", "sport", "raw"),
    [
        (8, 1, SportType.RUN, None), (8, 2, SportType.TREADMILL_RUN, None),
        (10, 2, SportType.POOL_SWIM, None), (8, 99, SportType.RUN, None),
        (999, 7, SportType.OTHER, "mode 999 7"), ("8", 1, SportType.OTHER, None),
        (None, None, SportType.OTHER, None), (10**400, [], SportType.OTHER, None),
    ],
)  # fmt: skip
def test_sports_are_numbers(mode, submode, sport, raw):
    activity = activity_of(workout(random.Random(1), 1_777_000_000, mode=mode, subMode=submode))
    assert (activity.sport_type, activity.sport_type_raw) == (sport, raw)


@pytest.mark.parametrize(("quarters", "seconds"), [(32, 28_800), (-20, -18_000), (22, 19_800)])
def test_zones_are_quarters_of_an_hour(quarters, seconds):
    made = workout(random.Random(1), 1_777_000_000, startTimezone=quarters)
    assert activity_of(made).utc_offset_seconds == seconds


@pytest.mark.parametrize(
    ("wire", "field"),
    [("distance", "distance_meters"), ("duration", "moving_time_seconds"),
     ("endTime", "duration_seconds"), ("startTimezone", "utc_offset_seconds")],
)  # fmt: skip
@pytest.mark.parametrize("bad", ["12", True, [], -5, 10**400, float("nan")])
def test_a_bad_field_is_unknown_with_a_warning(wire, field, bad):
    bad = 1.5 if (wire, bad) == ("startTimezone", -5) else bad
    activity = activity_of(workout(random.Random(1), 1_777_000_000, **{wire: bad}))
    assert getattr(activity, field) is None
    assert field in {w.field for w in activity.warnings}


async def test_a_night_is_told_by_the_clock_on_the_wall():
    held = History(
        days=[
            {
                "happenDay": 20260430, "sleepStartTime": "2026-04-29 23:10:00",
                "sleepEndTime": "2026-04-30 06:40:00", "ppgHrv": 64, "sleepAvgHr": 50, "rhr": 47,
            },
            {"happenDay": 20260429, "rhr": 0, "ppgHrv": 0, "sleepStartTime": "", "step": 5},
            {"happenDay": "20260428", "rhr": 50}, None, {"happenDay": 20261399},
            {"happenDay": 20260427, "sleepStartTime": "0", "sleepEndTime": "2026-04-27 06:40:00"},
        ]
    )  # fmt: skip
    fake = FakeCoros(held)
    fake.api.routes[DAILY] = answering(200, {"result": "0000", "data": {"dailyList": held.days}})
    async with connected(fake) as provider:
        sleep = await provider.get_sleep_sessions(date(2026, 4, 20), TODAY)
        recovery = await provider.get_recovery_metrics(date(2026, 4, 20), TODAY)
    (night,) = sleep.items
    assert night.date == date(2026, 4, 30)
    assert night.end_time == datetime(2026, 4, 30, 6, 40, tzinfo=UTC)
    assert (night.utc_offset_seconds, night.total_sleep_seconds) == (None, None)
    assert (night.time_in_bed_seconds, night.hrv_rmssd_ms) == (27_000, 64)
    assert [w.code for w in night.warnings] == [WarningCode.TIME_UNKNOWN]
    assert [w.code for w in sleep.warnings] == [WarningCode.RECORD_UNREADABLE] * 4
    (row,) = recovery.items
    assert (row.resting_heart_rate_bpm, row.hrv_rmssd_ms) == (47, 64)
    assert [w.code for w in recovery.warnings] == [WarningCode.RECORD_UNREADABLE] * 3


async def test_the_scorecard_is_what_the_mapping_gives():
    records: list[Any] = []
    held = replace(HISTORY, workouts=HISTORY.workouts[:25])
    async with connected(FakeCoros(held)) as provider:
        for listed in await provider.get_activities(ActivityQuery(limit=25)):
            whole = await provider.get_activity(listed.id, EVERYTHING)
            records += [listed, whole, *(whole.laps or ()), *filter(None, [whole.streams])]
        records += await provider.get_sleep_sessions(TODAY - timedelta(days=60), TODAY)
        records += await provider.get_recovery_metrics(TODAY - timedelta(days=60), TODAY)
    assert "; ".join(differences("coros", records)) == ""


def test_it_says_that_it_is_an_experiment():
    assert DESCRIPTOR.experimental is not None
    assert any("three months" in sentence for sentence in DESCRIPTOR.limitations)
