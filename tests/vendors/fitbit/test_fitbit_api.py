"""What is asked of Google Health, how often, and what comes of its refusals; on a real socket."""

import json
from copy import deepcopy
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from fitbit_fake import EVERY_SCOPE, FakeFitbit, connected
from fitbit_history import NOW, History, history

from pierre_mcp.errors import (
    AuthenticationFailed,
    ErrorType,
    InvalidResponse,
    MissingScope,
    NotConfigured,
    NotConnected,
    NotFound,
    ProviderError,
    ProviderServerError,
    RateLimitExceeded,
)
from pierre_mcp.models import SportType, WarningCode
from pierre_mcp.spi import ActivityQuery, Include, ProviderConfig
from pierre_mcp.testing import FakeRequest, Reply
from providers.fitbit import ACTIVITY, BODY, DESCRIPTOR, PLACES, read_error, review
from providers.fitbit.api import CALORIES_DAYS, MAX_LIST_REQUESTS

HISTORY = history(31, 130, days=100)
TODAY = NOW.date()
WEEK = (TODAY - timedelta(days=6), TODAY)


def id_of(point: dict[str, Any]) -> str:
    return point["name"].rpartition("/")[2]


def chosen(**wanted: Any) -> dict[str, Any]:
    """The newest exercise with these fields."""
    return next(
        point
        for point in HISTORY.exercises
        if point["dataSource"]["recordingMethod"] != "MANUAL"
        and all(point["exercise"].get(name) == value for name, value in wanted.items())
    )


async def ids(provider, query: ActivityQuery) -> list[str]:
    """Every id, page after page."""
    found: list[str] = []
    while True:
        page = await provider.get_activities(query)
        found += [activity.id for activity in page]
        if page.next_cursor is None:
            assert page.complete
            return found
        query = replace(query, cursor=page.next_cursor)


# Lists


async def test_a_list_asks_for_25_at_a_time_and_no_more_than_it_needs():
    fake = FakeFitbit(HISTORY)
    async with connected(fake) as provider:
        page = await provider.get_activities(ActivityQuery(limit=20))
        assert (len(page), len(fake.asked)) == (20, 1)
        page = await provider.get_activities(ActivityQuery(limit=100))
        assert (len(page), len(fake.asked)) == (100, 1 + 5)
    assert {r.query["pageSize"][0] for r in fake.api.requests} == {"25"}


async def test_bounds_are_asked_for_by_the_athletes_own_clock():
    fake = FakeFitbit(HISTORY)
    async with connected(fake) as provider:
        await provider.get_activities(ActivityQuery(after=date(2026, 10, 1), before=NOW))
    assert fake.api.requests[0].query["filter"] == [
        (
            'exercise.interval.civil_start_time >= "2026-10-01" AND '
            'exercise.interval.civil_start_time < "2026-11-21T02:00:01"'
        )
    ]


async def test_a_range_that_is_none_costs_no_request():
    fake = FakeFitbit(HISTORY)
    async with connected(fake) as provider:
        query = ActivityQuery(after=date(2026, 10, 2), before=date(2026, 10, 2))
        assert (await provider.get_activities(query)).items == ()
    assert fake.asked == []


async def test_what_is_recorded_meanwhile_neither_repeats_nor_hides_anything():
    fake = FakeFitbit(deepcopy(HISTORY))
    known = [id_of(point) for point in fake.made.exercises]
    found: list[str] = []
    async with connected(fake) as provider:
        query = ActivityQuery(limit=7)
        for number in range(100):
            page = await provider.get_activities(query)
            found += [activity.id for activity in page]
            if page.next_cursor is None:
                break
            query = replace(query, cursor=page.next_cursor)
            fresh = deepcopy(fake.made.exercises[0])
            fresh["name"] = fresh["name"].replace(id_of(fresh), str(10**18 + number))
            fake.made.exercises.insert(0, fresh)
    assert sorted(found) == sorted(known)


@pytest.mark.parametrize("filters", ["lower", "none"])
async def test_where_filters_are_refused_the_list_is_cut_here(filters):
    query = ActivityQuery(limit=10, after=TODAY - timedelta(days=60), before=TODAY)
    async with connected(FakeFitbit(HISTORY)) as provider:
        expected = await ids(provider, query)
    fake = FakeFitbit(HISTORY, filters=filters)
    async with connected(fake) as provider:
        assert await ids(provider, query) == expected
        fake.api.requests.clear()
        await provider.get_activities(query)
    assert 10 < len(expected) < len(HISTORY.exercises)
    assert len(fake.asked) <= 5


@pytest.mark.parametrize("filters", ["lower", "none"])
async def test_where_upper_bounds_are_refused_a_long_list_comes_whole(filters):
    made = history(35, 25 * (MAX_LIST_REQUESTS + 4), days=0)
    async with connected(FakeFitbit(made, filters=filters)) as provider:
        found = await ids(provider, ActivityQuery(limit=200))
    assert len(found) == len(made.exercises)
    assert set(found) == set(map(id_of, made.exercises))


async def test_where_upper_bounds_are_refused_a_list_ends_where_no_more_can_be_read(monkeypatch):
    monkeypatch.setattr("providers.fitbit.api.MAX_RANGE_REQUESTS", 3)
    query = ActivityQuery(limit=30)
    pages = []
    async with connected(FakeFitbit(HISTORY, filters="none")) as provider:
        while not pages or pages[-1].next_cursor:
            pages.append(await provider.get_activities(query))
            query = replace(query, cursor=pages[-1].next_cursor)
            assert len(pages) < 9
    assert sum(map(len, pages)) == 3 * 25
    assert not pages[-1].complete
    assert {w.code for w in pages[-1].warnings} == {WarningCode.PERIOD_SHORTENED}


async def test_a_sport_is_picked_out_of_a_bounded_number_of_pages():
    made = history(32, 25 * (MAX_LIST_REQUESTS + 2), days=0)
    for point in made.exercises:
        point["exercise"]["exerciseType"] = "YOGA"
    fake = FakeFitbit(made)
    async with connected(fake) as provider:
        query = ActivityQuery(sport_type=SportType.RUN)
        page = await provider.get_activities(query)
        assert (page.items, len(fake.asked)) == ((), MAX_LIST_REQUESTS)
        assert page.next_cursor is not None
        assert await ids(provider, query) == []


async def test_one_exercise_that_cannot_be_read_costs_no_other():
    fake = FakeFitbit(deepcopy(HISTORY))
    fake.made.exercises[3]["exercise"]["interval"]["startTime"] = "2026-99-99T00:00:00Z"
    async with connected(fake) as provider:
        page = await provider.get_activities(ActivityQuery(limit=60))
    assert len(page) == 60
    assert [w.code for w in page.warnings] == [WarningCode.RECORD_UNREADABLE]
    assert page.warnings[0].record_id == id_of(fake.made.exercises[3])


@pytest.mark.parametrize("body", [[], {"dataPoints": {}}, {"dataPoints": "x"}, None])
async def test_a_list_that_is_none_is_an_invalid_response(body):
    fake = FakeFitbit(HISTORY)

    async def odd(_: FakeRequest) -> Reply:
        return 200, body, {}

    fake.api.routes["GET /v4/users/me/dataTypes/{type}/dataPoints"] = odd
    async with connected(fake) as provider:
        with pytest.raises(InvalidResponse):
            await provider.get_activities(ActivityQuery())


async def test_a_new_account_has_nothing_and_that_is_no_failure():
    async with connected(FakeFitbit(History())) as provider:
        assert (await provider.get_athlete()).weight_kg is None
        pages = [await provider.get_activities(ActivityQuery())]
        methods = ("get_sleep_sessions", "get_recovery_metrics", "get_health_metrics")
        pages += [await getattr(provider, method)(*WEEK) for method in methods]
    assert {(page.items, page.complete, page.warnings) for page in pages} == {((), True, ())}


# One exercise


async def test_one_exercise_with_everything_costs_three_requests():
    point = chosen(exerciseType="RUNNING")
    fake = FakeFitbit(HISTORY)
    async with connected(fake) as provider:
        found = await provider.get_activity(id_of(point), frozenset(Include))
    path = f"/dataTypes/exercise/dataPoints/{id_of(point)}"
    zones = "/dataTypes/daily-heart-rate-zones/dataPoints:reconcile"
    assert fake.asked == [path, zones, f"{path}:exportExerciseTcx"]
    assert [lap.index for lap in found.laps] == [1, 2]
    assert found.streams.time_seconds[-1] == found.duration_seconds
    assert found.start_latlng == (47.0, 8.5)
    assert set(found.streams.heart_rate_bpm) == {131}


async def test_zones_have_the_bounds_of_the_day_and_the_times_of_the_exercise():
    made = deepcopy(HISTORY)
    point = next(p for p in made.exercises if "heartRateZoneDurations" in
                 p["exercise"]["metricsSummary"])  # fmt: skip
    async with connected(FakeFitbit(made)) as provider:
        found = await provider.get_activity(id_of(point), frozenset({Include.ZONES}))
        day = found.local_date
        zones = [z for z in made.points["daily-heart-rate-zones"]
                 if date(**z["dailyHeartRateZones"]["date"]) == day]  # fmt: skip
        assert [(z.zone, z.floor, z.ceiling) for z in found.zones or ()] == (
            [(1, 30, 114), (2, 115, 139), (3, 140, 169), (4, 170, 220)] if zones else []
        )
        made.points["daily-heart-rate-zones"].clear()
        found = await provider.get_activity(id_of(point), frozenset({Include.ZONES}))
    assert found.zones is None


async def test_zones_whose_bounds_are_not_permitted_cost_no_exercise():
    point = chosen(exerciseType="RUNNING")
    async with connected(FakeFitbit(HISTORY, EVERY_SCOPE - {BODY})) as provider:
        found = await provider.get_activity(id_of(point), frozenset(Include))
    assert found.zones is None
    assert found.streams is not None
    (note,) = found.warnings
    assert note.code is WarningCode.NOT_PERMITTED
    assert "heart rate zones" in note.detail


async def test_a_file_that_comes_inside_json_is_read_as_well():
    point = chosen(exerciseType="BIKING")
    fake = FakeFitbit(HISTORY)
    fake.media = False
    async with connected(fake) as provider:
        found = await provider.get_activity(id_of(point), frozenset({Include.STREAMS}))
    assert found.streams.latitude_degrees[0] == 47.0


@pytest.mark.parametrize("told_at_once", [True, False])
async def test_without_the_permission_for_places_streams_are_null_and_say_why(told_at_once):
    point = chosen(exerciseType="BIKING")
    scopes = EVERY_SCOPE - {PLACES}
    fake = FakeFitbit(HISTORY, scopes if told_at_once else EVERY_SCOPE)
    async with connected(fake) as provider:
        fake.scopes = scopes
        found = await provider.get_activity(id_of(point), frozenset({Include.STREAMS}))
    assert found.streams is None
    assert [(w.code, w.field) for w in found.warnings if w.field == "streams"] == [
        (WarningCode.NOT_PERMITTED, "streams")
    ]
    assert len(fake.asked) == (1 if told_at_once else 2)


@pytest.mark.parametrize(
    ("status", "body", "noted"),
    [
        (404, {"error": {"code": 404, "status": "NOT_FOUND"}}, False),
        (400, {"error": {"code": 400, "status": "FAILED_PRECONDITION"}}, True),
        (200, "not a file", True),
        (200, '{"tcxData": 7}', True),
        (200, "{" * 9000, True),
        (200, "", True),
    ],
)
async def test_a_file_that_is_none_costs_the_streams_only(status, body, noted):
    point = chosen(exerciseType="BIKING")
    fake = FakeFitbit(HISTORY)

    async def exported(request: FakeRequest) -> Reply:
        if request.path.endswith(":exportExerciseTcx"):
            return status, body, {}
        return await fake.one(request)

    fake.api.routes["GET /v4/users/me/dataTypes/{type}/dataPoints/{id}"] = exported
    async with connected(fake) as provider:
        found = await provider.get_activity(id_of(point), frozenset({Include.STREAMS}))
    assert found.streams is None
    assert any(w.field == "streams" for w in found.warnings) == noted


async def test_a_file_that_fails_to_come_is_a_failure():
    point = chosen(exerciseType="BIKING")
    fake = FakeFitbit(HISTORY)

    async def exported(request: FakeRequest) -> Reply:
        if request.path.endswith(":exportExerciseTcx"):
            return 503, None, {}
        return await fake.one(request)

    fake.api.routes["GET /v4/users/me/dataTypes/{type}/dataPoints/{id}"] = exported
    async with connected(fake) as provider:
        with pytest.raises(ProviderServerError):
            await provider.get_activity(id_of(point), frozenset({Include.STREAMS}))


@pytest.mark.parametrize("activity_id", ["../x", "1:exportExerciseTcx", "1/2", "\u0661", "9" * 65])
async def test_what_is_no_id_is_not_asked_for(activity_id):
    fake = FakeFitbit(HISTORY)
    async with connected(fake) as provider:
        with pytest.raises(NotFound):
            await provider.get_activity(activity_id)
    assert fake.asked == []


async def test_an_exercise_that_cannot_be_read_is_an_invalid_response():
    fake = FakeFitbit(deepcopy(HISTORY))
    point = fake.made.exercises[0]
    point["exercise"]["interval"]["startTime"] = "soon"
    async with connected(fake) as provider:
        with pytest.raises(InvalidResponse, match="when it started"):
            await provider.get_activity(id_of(point))


# Days


@pytest.mark.parametrize("filters", ["lower", "none"])
@pytest.mark.parametrize(
    "method", ["get_sleep_sessions", "get_recovery_metrics", "get_health_metrics"]
)
async def test_where_filters_are_refused_the_days_are_cut_here(method, filters):
    days = (TODAY - timedelta(days=40), TODAY - timedelta(days=20))
    async with connected(FakeFitbit(HISTORY)) as provider:
        expected = await getattr(provider, method)(*days)
    fake = FakeFitbit(HISTORY, filters=filters)
    async with connected(fake) as provider:
        assert await getattr(provider, method)(*days) == expected
    assert len(expected) > 10
    assert len(fake.asked) < 30


async def test_without_a_filter_sleep_is_read_from_the_list_no_further_than_needed():
    fake = FakeFitbit(history(33, 1, days=400), filters="none")
    async with connected(fake) as provider:
        page = await provider.get_sleep_sessions(TODAY - timedelta(days=30), TODAY)
    assert page.complete
    asked = [path for path in fake.asked if "/sleep/" in path]
    assert asked[:2] == ["/dataTypes/sleep/dataPoints:reconcile"] * 2
    assert asked[2:] == ["/dataTypes/sleep/dataPoints"] * 2


async def test_more_nights_than_are_read_are_said_to_be_missing(monkeypatch):
    monkeypatch.setattr("providers.fitbit.api.MAX_RANGE_REQUESTS", 2)
    async with connected(FakeFitbit(HISTORY)) as provider:
        page = await provider.get_sleep_sessions(TODAY - timedelta(days=90), TODAY)
    assert (len(page), page.complete) == (50, False)
    assert {w.code for w in page.warnings} == {WarningCode.PERIOD_SHORTENED}


async def test_sums_of_days_are_asked_for_in_windows_that_the_api_allows():
    made = history(34, 1, days=400)
    fake = FakeFitbit(made)
    async with connected(fake) as provider:
        page = await provider.get_health_metrics(TODAY - timedelta(days=399), TODAY)
    asked = [path.split("/")[2] for path in fake.asked if path.endswith(":dailyRollUp")]
    assert (asked.count("steps"), asked.count("total-calories")) == (5, 26)
    assert {day.date: day.steps for day in page if day.steps} == made.steps
    told = {day.date for day in page if day.total_calories_kcal}
    begins = TODAY - timedelta(days=CALORIES_DAYS - 1)
    assert told == {day for day in made.calories if day >= begins}
    assert not page.complete
    assert begins.isoformat() in page.warnings[0].detail


@pytest.mark.parametrize(
    "method", ["get_sleep_sessions", "get_recovery_metrics", "get_health_metrics"]
)
async def test_a_lifetime_is_asked_for_from_the_first_device_until_tomorrow(method):
    fake = FakeFitbit(HISTORY)
    async with connected(fake) as provider:
        page = await getattr(provider, method)(date(1900, 1, 1), date(2199, 12, 31))
        assert len(page) > 20
    filters = [r.query["filter"][0] for r in fake.api.requests if "filter" in r.query]
    assert all('"2009-01-01"' in text and '"2026-11-22"' in text for text in filters)
    assert len(fake.asked) < 120


async def test_the_values_of_a_night_belong_to_its_longest_sleep_and_need_their_permission():
    async with connected(FakeFitbit(HISTORY)) as provider:
        nights = await provider.get_sleep_sessions(*WEEK)
        recovery = {day.date: day for day in await provider.get_recovery_metrics(*WEEK)}
    for night in nights:
        day = recovery.get(night.date)
        expected = day.hrv_rmssd_ms if day and not night.is_nap else None
        assert night.hrv_rmssd_ms == expected
    assert any(night.hrv_rmssd_ms for night in nights)
    assert any(night.is_nap for night in nights)
    fake = FakeFitbit(HISTORY, EVERY_SCOPE - {BODY})
    async with connected(fake) as provider:
        bare = await provider.get_sleep_sessions(*WEEK)
    assert [night.id for night in bare] == [night.id for night in nights]
    assert len(fake.asked) == 1
    assert {w.code for w in bare.warnings} == {WarningCode.NOT_PERMITTED}


async def test_a_night_is_told_also_where_its_values_are_refused_unexpectedly():
    fake = FakeFitbit(HISTORY)
    async with connected(fake) as provider:
        fake.scopes = EVERY_SCOPE - {BODY}
        page = await provider.get_sleep_sessions(*WEEK)
    assert len(page) > 5
    assert {w.code for w in page.warnings} == {WarningCode.NOT_PERMITTED}


async def test_what_is_not_permitted_of_health_is_left_out_and_named():
    async with connected(FakeFitbit(HISTORY, EVERY_SCOPE - {BODY})) as provider:
        page = await provider.get_health_metrics(*WEEK)
    assert any(day.steps for day in page)
    assert not any(day.weight_kg for day in page)
    assert [w.code for w in page.warnings] == [WarningCode.NOT_PERMITTED] * 2
    async with connected(FakeFitbit(HISTORY, frozenset())) as provider:
        for method in ("get_health_metrics", "get_recovery_metrics", "get_sleep_sessions"):
            with pytest.raises(MissingScope):
                await getattr(provider, method)(*WEEK)


# Athlete


async def test_the_athlete_has_the_newest_weight_and_what_is_permitted():
    async with connected(FakeFitbit(HISTORY)) as provider:
        athlete = await provider.get_athlete()
    assert (athlete.id, athlete.timezone) == ("111", "Europe/Zurich")
    assert (athlete.member_since, athlete.height_meters) == (date(2019, 4, 5), 1.79)
    assert athlete.weight_kg == pytest.approx(70.1005)
    async with connected(FakeFitbit(HISTORY, frozenset({ACTIVITY}))) as provider:
        athlete = await provider.get_athlete()
    assert (athlete.id, athlete.timezone, athlete.weight_kg) == ("111", None, None)


@pytest.mark.parametrize("body", [None, [], {}, {"healthUserId": ""}, {"healthUserId": "a b"}])
async def test_an_identity_that_is_none_is_an_invalid_response(body):
    fake = FakeFitbit(HISTORY)

    async def odd(_: FakeRequest) -> Reply:
        return 200, body, {}

    fake.api.routes["GET /v4/users/me/identity"] = odd
    async with connected(fake) as provider:
        with pytest.raises(InvalidResponse):
            await provider.get_athlete()


# Refusals


def google(code: int, status: Any, reason: Any = None) -> dict[str, Any]:
    details = [{"reason": reason}] if reason is not None else []
    return {"error": {"code": code, "message": "canary", "status": status, "details": details}}


LINKED = (400, "FAILED_PRECONDITION", "ACCOUNT_NOT_LINKED")
SCOPE = (403, "PERMISSION_DENIED", "ACCESS_TOKEN_SCOPE_INSUFFICIENT")
DISABLED = (403, "PERMISSION_DENIED", "SERVICE_DISABLED")


@pytest.mark.parametrize(
    ("told", "meaning", "error"),
    [
        (LINKED, ErrorType.NOT_CONNECTED, NotConnected),
        (SCOPE, ErrorType.MISSING_SCOPE, MissingScope),
        (DISABLED, ErrorType.NOT_CONFIGURED, NotConfigured),
        ((401, "UNAUTHENTICATED"), ErrorType.NEEDS_REAUTH, AuthenticationFailed),
        ((404, "NOT_FOUND"), ErrorType.NOT_FOUND, NotFound),
        ((429, "RESOURCE_EXHAUSTED"), ErrorType.RATE_LIMITED, RateLimitExceeded),
        ((400, "INVALID_ARGUMENT"), None, ProviderError),
        ((403, "PERMISSION_DENIED"), ErrorType.NOT_CONNECTED, NotConnected),
        ((403, "PERMISSION_DENIED", "OF_NEXT_YEAR"), None, ProviderError),
        ((500, "INTERNAL"), None, ProviderServerError),
        ((503, ["UNAVAILABLE"], {}), None, ProviderServerError),
    ],
)
async def test_every_failure_is_one_of_ours(told, meaning, error):
    assert read_error(told[0], google(*told)) is meaning
    fake = FakeFitbit(HISTORY)

    async def refuse(_: FakeRequest) -> Reply:
        return told[0], google(*told), {"retry-after": "12"}

    fake.api.routes = dict.fromkeys(fake.api.routes, refuse)
    async with connected(fake) as provider:
        for call in (
            provider.health_check(),
            provider.get_activities(ActivityQuery()),
            provider.get_recovery_metrics(*WEEK),
        ):
            with pytest.raises(ProviderError) as refused:
                await call
            assert type(refused.value) is error
            assert "canary" not in refused.value.message


@pytest.mark.parametrize(
    "body",
    [None, "", [], {}, {"error": "invalid_grant"}, {"error": []}, {"error": {"details": {}}},
     {"error": {"details": [None, {"reason": []}], "status": {}}}],
)  # fmt: skip
def test_a_refusal_in_another_form_says_nothing_by_itself(body):
    assert read_error(400, body) is None


async def test_an_account_that_was_never_set_up_is_told_what_to_do():
    fake = FakeFitbit(HISTORY)

    async def refuse(_: FakeRequest) -> Reply:
        return LINKED[0], google(*LINKED), {}

    fake.api.routes = dict.fromkeys(fake.api.routes, refuse)
    async with connected(fake) as provider:
        with pytest.raises(NotConnected, match="never set up there"):
            await provider.get_athlete()
    assert len(fake.asked) == 1


# Settings of an API that is gone

GOOGLES = "1-a.apps.googleusercontent.com"


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"client_id": "23ABCD"}, "PIERRE_FITBIT_CLIENT_ID"),
        ({"client_id": GOOGLES, "api_base_url": "https://api.fitbit.com/1"}, "_API_BASE_URL"),
        ({"auth_url": "https://www.fitbit.com/oauth2/authorize"}, "_AUTH_URL"),
        ({"token_url": "https://API.fitbit.com/oauth2/token"}, "_TOKEN_URL"),
        ({"revoke_url": "https://api.fitbit.com/oauth2/revoke"}, "_REVOKE_URL"),
        ({"auth_url": "https://fitbit.com/oauth2/authorize"}, "_AUTH_URL"),
        ({"client_id": GOOGLES, "scopes": ("activity", "sleep")}, "PIERRE_FITBIT_SCOPES"),
    ],
)
def test_who_still_configures_the_web_api_is_told_that_it_is_gone(settings, named):
    told = review(ProviderConfig(name="fitbit", **settings))
    assert told is not None
    assert named in told
    assert "2026-11-02" in told


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"client_id": GOOGLES, "scopes": DESCRIPTOR.default_scopes},
        {"api_base_url": "https://notfitbit.com/v4"},
        {"client_id": GOOGLES, "api_base_url": "https://health.googleapis.com/v4"},
        {"api_base_url": "http://127.0.0.1:1/v4", "auth_url": DESCRIPTOR.oauth_endpoints.auth_url},
    ],
)
def test_settings_of_google_are_left_alone(settings):
    assert review(ProviderConfig(name="fitbit", **settings)) is None


def test_consent_is_asked_for_so_that_it_lasts():
    assert DESCRIPTOR.oauth_params.use_pkce
    assert json.loads(json.dumps(dict(DESCRIPTOR.oauth_params.additional_auth_params))) == {
        "access_type": "offline",
        "prompt": "consent",
        "include_granted_scopes": "true",
    }
