"""What the provider asks of Strava's API, over real sockets, and what it makes of refusals."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from strava_fake import EVERY_SCOPE, FakeStrava, connected
from strava_history import NOW, Entry, entry, history

from pierre_mcp.errors import (
    AuthenticationFailed,
    ErrorType,
    InvalidArgument,
    InvalidResponse,
    MissingScope,
    NetworkError,
    NotConfigured,
    NotFound,
    ProviderServerError,
    RateLimitExceeded,
)
from pierre_mcp.models import RecordKind, WarningCode, add_up
from pierre_mcp.spi import ActivityQuery, Include, ProviderCapabilities
from pierre_mcp.testing import FakeRequest, Reply, faults
from providers.strava import DESCRIPTOR, read_error
from providers.strava.api import RECORD_RUNS

HISTORY = history(21, 1000)


def chosen(entries: list[Entry], **wanted) -> Entry:
    """The newest entry whose detail says what is wanted; ``...`` for a field that is absent."""
    return next(
        e
        for e in entries
        if all(e.detail.get(name, ...) == value for name, value in wanted.items())
    )


# Lists


@pytest.mark.parametrize("limit", [50, 200])
async def test_a_thousand_activities_come_by_cursor_with_none_missing_or_repeated(limit):
    fake = FakeStrava(HISTORY)
    found: list[str] = []
    async with connected(fake) as provider:
        query = ActivityQuery(limit=limit)
        while True:
            page = await provider.get_activities(query)
            found += [activity.id for activity in page]
            if page.next_cursor is None:
                break
            query = replace(query, cursor=page.next_cursor)
    assert len(found) == 1000
    assert set(found) == {str(e.id) for e in HISTORY}


async def test_a_list_that_is_none_is_an_invalid_response():
    fake = FakeStrava(HISTORY)

    async def odd(_: FakeRequest) -> Reply:
        return 200, {"activities": []}, {}

    fake.api.routes["GET /api/v3/athlete/activities"] = odd
    async with connected(fake) as provider:
        with pytest.raises(InvalidResponse):
            await provider.get_activities(ActivityQuery())


async def test_without_the_private_ones_a_list_is_whole_all_the_same():
    scopes = frozenset({"read", "activity:read"})
    fake = FakeStrava(HISTORY[:300], scopes)
    found: list[str] = []
    async with connected(fake) as provider:
        query = ActivityQuery(limit=60)
        while True:
            page = await provider.get_activities(query)
            found += [activity.id for activity in page]
            if page.next_cursor is None:
                break
            query = replace(query, cursor=page.next_cursor)
    assert sorted(found) == sorted(str(e.id) for e in HISTORY[:300] if not e.only_me)


# One activity


async def test_one_activity_with_everything_costs_no_more_than_it_must():
    whole = chosen(HISTORY, manual=False, gear={"id": "b1", "name": "Road Bike"})
    whole.extra.setdefault("laps", [])
    bare = chosen(HISTORY, manual=False, gear_id="g2", laps=...)
    fake = FakeStrava(HISTORY)
    async with connected(fake) as provider:
        await provider.get_activity(str(whole.id), frozenset(Include))
        assert fake.asked == [
            f"/activities/{whole.id}",
            f"/activities/{whole.id}/zones",
            f"/activities/{whole.id}/streams",
        ]
        fake.api.requests.clear()
        found = await provider.get_activity(str(bare.id), frozenset(Include))
        assert fake.asked == [
            f"/activities/{bare.id}",
            "/gear/g2",
            f"/activities/{bare.id}/laps",
            f"/activities/{bare.id}/zones",
            f"/activities/{bare.id}/streams",
        ]
    assert found.gear_name == "Trail Shoes"
    assert [lap.index for lap in found.laps] == [1, 2]
    assert found.streams.time_seconds[-1] <= found.duration_seconds


async def test_what_was_typed_in_has_no_streams_and_costs_no_request_for_them():
    typed_in = chosen(HISTORY, manual=True, gear_id=None)
    fake = FakeStrava(HISTORY)
    async with connected(fake) as provider:
        found = await provider.get_activity(str(typed_in.id), frozenset({Include.STREAMS}))
    assert found.streams is None
    assert fake.asked == [f"/activities/{typed_in.id}"]


async def test_streams_that_strava_does_not_have_are_none():
    made = entry(random.Random(1), 77, NOW - timedelta(days=1))
    made.summary["manual"] = None
    fake = FakeStrava([made])

    async def none(_: FakeRequest) -> Reply:
        return 404, {"message": "Record Not Found", "errors": []}, {}

    fake.api.routes["GET /api/v3/activities/{id}/streams"] = none
    async with connected(fake) as provider:
        found = await provider.get_activity("77", frozenset({Include.STREAMS}))
    assert found.streams is None


@pytest.mark.parametrize("metered", [True, False])
async def test_estimated_watts_are_not_even_asked_for(metered):
    ride = chosen(HISTORY, device_watts=metered, manual=False, gear_id=None)
    fake = FakeStrava(HISTORY)
    async with connected(fake) as provider:
        found = await provider.get_activity(str(ride.id), frozenset(Include))
    keys = fake.api.requests[-1].query["keys"][0].split(",")
    assert ("watts" in keys) == metered
    assert (found.streams.power_watts is not None) == metered
    assert any(lap.average_power_watts for lap in found.laps) == metered


async def test_an_unknown_gear_costs_its_name_only():
    ridden = chosen(HISTORY, gear_id="g404")
    async with connected(FakeStrava(HISTORY)) as provider:
        found = await provider.get_activity(str(ridden.id))
    assert found.gear_name is None
    assert found.id == str(ridden.id)
    assert "gear_name" in {w.field for w in found.warnings}


@pytest.mark.parametrize("gear_id", ["../athlete", "b1?x=1", "b/1", "", 7, [], "b" * 100])
async def test_a_gear_that_is_no_id_is_not_asked_for(gear_id):
    made = entry(random.Random(1), 77, NOW - timedelta(days=1))
    made.summary["gear_id"] = gear_id
    made.extra.pop("gear", None)
    fake = FakeStrava([made])
    async with connected(fake) as provider:
        await provider.get_activity("77")
    assert fake.asked == ["/activities/77"]


@pytest.mark.parametrize("activity_id", ["0", "12x", "../athlete", "1/laps", "\u0661", "9" * 20])
async def test_what_is_no_id_is_not_asked_for(activity_id):
    fake = FakeStrava(HISTORY)
    async with connected(fake) as provider:
        with pytest.raises(NotFound):
            await provider.get_activity(activity_id)
    assert fake.asked == []


async def test_an_activity_that_cannot_be_read_is_an_invalid_response():
    made = entry(random.Random(1), 77, NOW)
    made.summary["start_date"] = "soon"
    async with connected(FakeStrava([made])) as provider:
        with pytest.raises(InvalidResponse, match="when it started"):
            await provider.get_activity("77")


# Athlete


async def test_the_weight_needs_its_permission():
    async with connected(FakeStrava(HISTORY)) as provider:
        athlete = await provider.get_athlete()
    assert (athlete.weight_kg, athlete.city, athlete.username) == (61.5, "Bern", "ada_on_wheels")
    async with connected(FakeStrava(HISTORY, frozenset({"read"}))) as provider:
        assert (await provider.get_athlete()).weight_kg is None


async def test_a_profile_that_is_none_is_an_invalid_response():
    fake = FakeStrava(HISTORY)

    async def odd(_: FakeRequest) -> Reply:
        return 200, [], {}

    fake.api.routes["GET /api/v3/athlete"] = odd
    async with connected(fake) as provider:
        with pytest.raises(InvalidResponse):
            await provider.get_athlete()


# Records


async def test_records_are_the_best_of_whole_activities_and_of_stretches_inside_runs():
    entries = history(31, 120)
    fake = FakeStrava(entries)
    async with connected(fake) as provider:
        page = await provider.get_personal_records()
        details = [path for path in fake.asked if path.startswith("/activities/")]
        assert len(details) <= RECORD_RUNS
        looked_into = {path.rpartition("/")[2] for path in details}
        activities = list(await provider.get_activities(ActivityQuery(limit=200)))
    kilometer = next(r for r in page if r.distance_meters == 1000)
    best = min(
        effort["elapsed_time"]
        for e in entries
        if str(e.id) in looked_into
        for effort in e.extra.get("best_efforts", ())
        if effort["distance"] == 1000
    )
    assert (kilometer.value, kilometer.basis) == (best, "best_effort")
    longest = max(a.distance_meters or 0 for a in activities)
    distances = [r.value for r in page if r.kind is RecordKind.LONGEST_DISTANCE]
    assert max(distances) == longest
    assert page.period.start_date == min(a.local_date for a in activities)


@pytest.mark.parametrize("count", [RECORD_RUNS, RECORD_RUNS + 1])
async def test_records_say_whether_there_are_runs_that_nobody_looked_into(count):
    dice = random.Random(32)
    entries = [entry(dice, 10**9 + n, NOW - timedelta(days=n)) for n in range(1, count + 1)]
    for made in entries:
        run = {"sport_type": "Run", "distance": 12_000.0, "manual": False, "trainer": False}
        made.summary.update(run, average_speed=3.1)
    async with connected(FakeStrava(entries)) as provider:
        page = await provider.get_personal_records()
    assert page.complete == (count == RECORD_RUNS)
    assert bool(page.warnings) != page.complete


async def test_records_of_a_long_history_state_their_period_and_cost_at_most_25_requests():
    entries = history(33, 1300)
    fake = FakeStrava(entries)
    async with connected(fake) as provider:
        page = await provider.get_personal_records()
    assert len(fake.asked) <= 25
    assert page.complete is False
    assert {w.code for w in page.warnings} == {WarningCode.PERIOD_SHORTENED}
    assert page.period.start_date is not None
    assert all(r.achieved_at.date() >= page.period.start_date - timedelta(days=1) for r in page)


async def test_records_of_nothing_are_none():
    async with connected(FakeStrava([])) as provider:
        page = await provider.get_personal_records()
    assert (page.items, page.complete) == ((), True)


async def test_records_stop_where_strava_allows_no_more_and_say_so():
    entries = history(31, 120)
    fake = FakeStrava(entries)
    real = fake.activity

    async def limited(request: FakeRequest) -> Reply:
        if sum(path.startswith("/activities/") for path in fake.asked) > 3:
            return 429, {"message": "Rate Limit Exceeded", "errors": []}, {}
        return await real(request)

    fake.api.routes["GET /api/v3/activities/{id}"] = limited
    async with connected(fake) as provider:
        page = await provider.get_personal_records()
    assert page.complete is False
    assert any("3 of" in w.detail for w in page.warnings)
    assert any(r.basis == "best_effort" for r in page)


# Refusals


async def test_a_missing_permission_is_told_from_a_dead_token_although_both_are_401():
    async with connected(FakeStrava(HISTORY, frozenset({"read"}))) as provider:
        with pytest.raises(MissingScope):
            await provider.get_activities(ActivityQuery())
    async with connected(FakeStrava(HISTORY), token="revoked") as provider:
        with pytest.raises(AuthenticationFailed):
            await provider.get_activities(ActivityQuery())


@pytest.mark.parametrize(
    ("status", "body", "meaning"),
    [
        (401, {"errors": [{"code": "missing"}]}, ErrorType.MISSING_SCOPE),
        (401, {"errors": [None, {"code": "missing"}]}, ErrorType.MISSING_SCOPE),
        (401, {"errors": [{"code": "invalid"}]}, None),
        (403, {"errors": [{"resource": "Application"}]}, ErrorType.NOT_CONFIGURED),
        (403, {"errors": [{"resource": "Activity"}]}, None),
        (404, {"errors": [{"code": "missing"}]}, None),
        (401, {"errors": "missing"}, None),
        (401, ["missing"], None),
        (401, None, None),
        (500, "<html>", None),
    ],
)
def test_refusals_are_read_whatever_their_body(status, body, meaning):
    assert read_error(status, body) is meaning


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (403, {"errors": [{"resource": "Application", "code": "Inactive"}]}, NotConfigured),
        (429, {"message": "Rate Limit Exceeded"}, RateLimitExceeded),
        (503, "<html>maintenance</html>", ProviderServerError),
        (200, "{", InvalidResponse),
    ],
)
async def test_every_failure_is_one_of_ours(status, body, error):
    fake = FakeStrava(HISTORY)

    async def refuse(_: FakeRequest) -> Reply:
        return status, body, {}

    fake.api.routes["GET /api/v3/athlete"] = refuse
    async with connected(fake) as provider:
        with pytest.raises(error):
            await provider.health_check()


async def test_a_connection_that_breaks_off_is_a_network_error():
    fake = FakeStrava(HISTORY)
    async with connected(fake) as provider:
        fake.api.break_next(faults.reset, times=2)
        with pytest.raises(NetworkError):
            await provider.get_athlete()


async def test_a_foreign_cursor_is_refused_before_any_request():
    fake = FakeStrava(HISTORY)
    async with connected(fake) as provider:
        with pytest.raises(InvalidArgument):
            await provider.get_activities(ActivityQuery(cursor="page=2"))
    assert fake.asked == []


# Descriptor


def test_what_unticked_scopes_cost_is_known_before_any_call():
    lacking = DESCRIPTOR.scopes_lacking
    assert lacking(EVERY_SCOPE) == ()
    capabilities = [need.capability for need in lacking({"read", "profile:read_all"})]
    assert ProviderCapabilities.ACTIVITIES in capabilities
    without_private = lacking({"read", "activity:read", "profile:read_all"})
    assert [need.capability for need in without_private] == [ProviderCapabilities.NONE]
    assert set(DESCRIPTOR.default_scopes) == EVERY_SCOPE


async def test_sums_over_the_list_count_every_sport():
    entries = history(41, 150)
    async with connected(FakeStrava(entries)) as provider:
        page = await provider.get_activities(ActivityQuery(limit=200))
    totals = add_up(page.items)
    assert totals.activity_count == 150
    assert totals.distance_meters == pytest.approx(sum(e.summary["distance"] for e in entries))
