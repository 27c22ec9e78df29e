"""What the provider asks of WHOOP's API, over real sockets, and what it makes of refusals."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from scorecards import differences
from whoop_fake import EVERY_SCOPE, FakeWhoop, connected
from whoop_history import NOW, PENDING, History, history, newest_first, workout

from pierre_mcp.errors import (
    AuthenticationFailed,
    InvalidArgument,
    InvalidResponse,
    MissingScope,
    NetworkError,
    NotFound,
    ProviderError,
    ProviderServerError,
    RateLimitExceeded,
)
from pierre_mcp.models import Activity, SportType, WarningCode
from pierre_mcp.spi import ActivityQuery, FitnessProvider, ProviderCapabilities
from pierre_mcp.testing import FakeRequest, Reply, faults
from providers.whoop import DESCRIPTOR
from providers.whoop.mapping import activity_of

HISTORY = history(21, 70, 330)
EMPTY = History(workouts=[], nights=[], recoveries=[], cycles=[])
TODAY = NOW.date()
MONTH_AGO = TODAY - timedelta(days=30)


async def walk(
    provider: FitnessProvider, query: ActivityQuery, between=lambda _: None
) -> list[Activity]:
    """Every page to the end; ``between`` is called after each."""
    found: list[Activity] = []
    cursors: set[str | None] = set()
    while True:
        assert query.cursor not in cursors, "paging would never end"
        cursors.add(query.cursor)
        page = await provider.get_activities(query)
        assert page.complete
        assert len(page) <= query.limit
        found += page.items
        if page.next_cursor is None:
            return found
        query = replace(query, cursor=page.next_cursor)
        between(found)


def in_order(workouts: list[dict[str, Any]]) -> list[str]:
    """Ids as the contract orders them."""
    activities = sorted(map(activity_of, workouts), key=lambda a: a.order_key, reverse=True)
    return [activity.id for activity in activities]


# Lists


@pytest.mark.parametrize(("limit", "requests"), [(200, 15), (50, 20), (20, 17)])
async def test_a_whole_history_comes_by_cursor_with_none_missing_or_repeated(limit, requests):
    fake = FakeWhoop(HISTORY)
    async with connected(fake) as provider:
        found = await walk(provider, ActivityQuery(limit=limit))
    assert [activity.id for activity in found] == in_order(HISTORY.workouts)
    assert len(fake.asked) == requests


@pytest.mark.parametrize("limit", [1, 3, 8, 24, 25, 40, 50])
async def test_many_that_start_together_are_neither_repeated_nor_skipped(limit):
    held = history(3, 2, 60, ties=0.85)
    async with connected(FakeWhoop(held)) as provider:
        found = await walk(provider, ActivityQuery(limit=limit))
    assert [activity.id for activity in found] == in_order(held.workouts)


@pytest.mark.parametrize("limit", [1, 7, 30])
async def test_what_arrives_or_goes_between_pages_neither_repeats_nor_hides_anything(limit):
    dice = random.Random(55)
    held = history(5, 2, 60, ties=0.3)
    before = in_order(held.workouts)
    fake = FakeWhoop(held)
    gone: set[str] = set()

    def grow(found: list[Activity]) -> None:
        """One now, one somewhere in the past, and one that was handed out is deleted."""
        if len(gone) > 20:
            return
        for start in (NOW - timedelta(minutes=dice.randrange(1, 99)), found[-1].start_time):
            held.workouts.append(workout(dice, start))
        doomed = dice.choice(found)
        gone.add(doomed.id)
        held.workouts[:] = newest_first([w for w in held.workouts if w["id"] != doomed.id])

    async with connected(fake) as provider:
        found = [activity.id for activity in await walk(provider, ActivityQuery(limit=limit), grow)]
    assert len(found) == len(set(found))
    assert [i for i in found if i in set(before)] == before
    assert gone


async def test_twenty_cost_one_request():
    fake = FakeWhoop(HISTORY)
    async with connected(fake) as provider:
        assert len(await provider.get_activities(ActivityQuery(limit=20))) == 20
    assert len(fake.asked) == 1


async def test_a_rare_sport_is_looked_for_in_250_workouts_at_once():
    dice = random.Random(2)
    starts = [NOW - timedelta(hours=9 * n + 3) for n in range(301)]
    rare = workout(dice, starts.pop(), sport_name="sailing")
    common = [workout(dice, start, sport_name="running") for start in starts]
    fake = FakeWhoop(replace(EMPTY, workouts=newest_first([*common, rare])))
    query = ActivityQuery(sport_type=SportType.SAILING)
    async with connected(fake) as provider:
        first = await provider.get_activities(query)
        assert (first.items, first.complete) == ((), True)
        assert len(fake.asked) == 10
        second = await provider.get_activities(replace(query, cursor=first.next_cursor))
    assert [activity.id for activity in second] == [rare["id"]]
    assert second.next_cursor is None


async def test_more_that_start_together_than_requests_reach_come_all_the_same():
    dice = random.Random(4)
    start = NOW - timedelta(days=1)
    fake = FakeWhoop(replace(EMPTY, workouts=[workout(dice, start) for _ in range(300)]))
    async with connected(fake) as provider:
        page = await provider.get_activities(ActivityQuery(limit=200))
    assert len(page) == 200
    assert page.next_cursor is not None


async def test_bounds_finer_than_milliseconds_hold():
    start = NOW - timedelta(days=3)
    fake = FakeWhoop(replace(EMPTY, workouts=[workout(random.Random(1), start)]))
    late, early = start + timedelta(microseconds=1), start - timedelta(microseconds=1)
    async with connected(fake) as provider:
        assert len(await provider.get_activities(ActivityQuery(before=late))) == 1
        assert len(await provider.get_activities(ActivityQuery(after=late))) == 0
        assert len(await provider.get_activities(ActivityQuery(after=early))) == 1
        assert len(await provider.get_activities(ActivityQuery(after=start, before=late))) == 1
        assert len(await provider.get_activities(ActivityQuery(before=start))) == 0


async def test_a_workout_that_lasts_across_a_bound_counts_by_its_start():
    start = NOW - timedelta(days=3)
    fake = FakeWhoop(replace(EMPTY, workouts=[workout(random.Random(1), start)]))
    bound = start + timedelta(minutes=5)
    async with connected(fake) as provider:
        assert len(await provider.get_activities(ActivityQuery(after=bound))) == 0
        assert len(await provider.get_activities(ActivityQuery(before=bound))) == 1


@pytest.mark.parametrize("after", [NOW + timedelta(hours=1), TODAY + timedelta(days=2)])
async def test_nothing_that_begins_in_the_future_is_asked_for(after):
    fake = FakeWhoop(HISTORY)
    async with connected(fake) as provider:
        page = await provider.get_activities(ActivityQuery(after=after))
    assert (page.items, page.next_cursor, page.complete) == ((), None, True)
    assert fake.asked == []


async def test_an_empty_account_has_empty_lists():
    async with connected(FakeWhoop(EMPTY)) as provider:
        page = await provider.get_activities(ActivityQuery())
        assert (page.items, page.next_cursor, page.complete) == ((), None, True)
        assert (await provider.get_sleep_sessions(MONTH_AGO, TODAY)).items == ()
        assert (await provider.get_recovery_metrics(MONTH_AGO, TODAY)).items == ()


@pytest.mark.parametrize("cursor", ["1776700800250", "x y", "1 0b5d1f6e x", "page=2"])
async def test_a_foreign_cursor_is_refused_before_any_request(cursor):
    fake = FakeWhoop(HISTORY)
    async with connected(fake) as provider:
        with pytest.raises(InvalidArgument):
            await provider.get_activities(ActivityQuery(cursor=cursor))
    assert fake.asked == []


@pytest.mark.parametrize("odd", [[], {}, {"records": None}, {"records": {}}, "[]", None])
async def test_a_list_that_is_none_is_an_invalid_response(odd):
    fake = FakeWhoop(HISTORY)
    fake.api.routes["GET /developer/v2/activity/workout"] = answering(200, odd)
    async with connected(fake) as provider:
        with pytest.raises(InvalidResponse):
            await provider.get_activities(ActivityQuery())


async def test_a_record_that_cannot_be_read_costs_no_other_and_is_told():
    held = replace(EMPTY, workouts=[{"start": "2026-05-01T11:00:00Z"}, *HISTORY.workouts[:3]])
    async with connected(FakeWhoop(held)) as provider:
        page = await provider.get_activities(ActivityQuery())
    assert len(page) == 3
    assert [w.code for w in page.warnings] == [WarningCode.RECORD_UNREADABLE]


# Days


async def test_nights_are_those_of_their_days_whatever_the_zone():
    held = history(33, 300)
    async with connected(FakeWhoop(held)) as provider:
        whole = await provider.get_sleep_sessions(TODAY - timedelta(days=320), TODAY)
        assert {s.id for s in whole} == {night["id"] for night in held.nights}
        for day in sorted({s.date for s in whole})[::40]:
            page = await provider.get_sleep_sessions(day, day)
            assert page.items == tuple(s for s in whole if s.date == day)


async def test_a_night_has_the_variability_of_its_own_recovery():
    by_night = {told["sleep_id"]: told for told in HISTORY.recoveries}
    async with connected(FakeWhoop(HISTORY)) as provider:
        page = await provider.get_sleep_sessions(MONTH_AGO, TODAY)
    known = [s for s in page if s.hrv_rmssd_ms is not None]
    assert len(known) > 20
    for session in known:
        assert session.hrv_rmssd_ms == by_night[session.id]["score"]["hrv_rmssd_milli"]
    assert all(s.hrv_rmssd_ms is None for s in page if s.is_nap)


async def test_a_nap_does_not_stand_for_the_night_of_its_day():
    scores = {
        told["sleep_id"]: told["score"]["recovery_score"]
        for told in HISTORY.recoveries
        if "score" in told
    }
    async with connected(FakeWhoop(HISTORY)) as provider:
        sleep = await provider.get_sleep_sessions(TODAY - timedelta(days=60), TODAY)
        page = await provider.get_recovery_metrics(TODAY - timedelta(days=60), TODAY)
    rested = {row.date: row.recovery_score for row in page}
    days = {nap.date for nap in sleep if nap.is_nap}
    nights = [s for s in sleep if s.date in days and not s.is_nap and s.id in scores]
    assert len(nights) > 3
    for night in nights:
        assert rested[night.date] == scores[night.id]


async def test_a_week_costs_a_request_for_each_kind_of_record():
    fake = FakeWhoop(HISTORY)
    async with connected(fake) as provider:
        await provider.get_sleep_sessions(TODAY - timedelta(days=6), TODAY)
        assert fake.asked == ["/activity/sleep", "/recovery"]
        await provider.get_recovery_metrics(TODAY - timedelta(days=6), TODAY)
        assert fake.asked[2:] == ["/activity/sleep", "/recovery", "/cycle"]
        await provider.get_health_metrics(TODAY - timedelta(days=9), TODAY - timedelta(days=3))
        assert fake.asked[5:] == ["/activity/sleep", "/cycle"]


async def test_a_pending_day_says_why_it_is_not_there():
    held = history(8, 10)
    for record in (held.recoveries[0], held.cycles[0]):
        record["score_state"] = PENDING
    async with connected(FakeWhoop(held)) as provider:
        page = await provider.get_recovery_metrics(TODAY, TODAY)
    assert page.items == ()
    assert {w.code for w in page.warnings} == {WarningCode.NOT_SCORED}


@pytest.mark.parametrize(
    ("start", "end"), [(date.min, date.max), (date(1999, 1, 1), TODAY), (TODAY, date(2999, 1, 1))]
)
async def test_a_range_beyond_all_time_is_asked_for_within_reason(start, end):
    fake = FakeWhoop(history(8, 20))
    async with connected(fake) as provider:
        for method in ("get_sleep_sessions", "get_recovery_metrics", "get_health_metrics"):
            page = await getattr(provider, method)(start, end)
            assert len(page) > 0
            assert page.complete


async def test_the_oldest_of_too_long_a_range_is_left_out_and_that_is_told():
    held = history(9, 800)
    async with connected(FakeWhoop(held)) as provider:
        page = await provider.get_sleep_sessions(date(2020, 1, 1), TODAY)
    assert page.complete is False
    assert WarningCode.PERIOD_SHORTENED in {w.code for w in page.warnings}
    assert len(page) == 750
    assert page.items[-1].start_time == datetime.fromisoformat(held.nights[749]["start"])


async def test_weight_stands_on_today_only():
    async with connected(FakeWhoop(HISTORY)) as provider:
        today = provider.today()
        page = await provider.get_health_metrics(today - timedelta(days=30), today)
        assert [row.date for row in page if row.weight_kg is not None] == [today]
        past = await provider.get_health_metrics(
            today - timedelta(days=30), today - timedelta(days=1)
        )
    assert all(row.weight_kg is None for row in past)
    assert sum(row.total_calories_kcal is not None for row in past) > 20


# Permissions


async def test_what_was_not_permitted_is_never_asked_for():
    """A 401 for a missing scope would be taken for the end of the connection."""
    fake = FakeWhoop(HISTORY, frozenset({"offline"}))
    async with connected(fake) as provider:
        for asking in (
            provider.get_athlete(),
            provider.get_activities(ActivityQuery()),
            provider.get_activity(HISTORY.workouts[0]["id"]),
            provider.get_sleep_sessions(TODAY, TODAY),
            provider.get_recovery_metrics(TODAY, TODAY),
        ):
            with pytest.raises(MissingScope):
                await asking
        page = await provider.get_health_metrics(MONTH_AGO, TODAY + timedelta(days=1))
        await provider.health_check()
    assert page.items == ()
    assert {w.code for w in page.warnings} == {WarningCode.NOT_PERMITTED}
    assert fake.asked == []


async def test_without_the_strain_of_days_their_recovery_is_told_all_the_same():
    fake = FakeWhoop(HISTORY, EVERY_SCOPE - {"read:cycles"})
    async with connected(fake) as provider:
        page = await provider.get_recovery_metrics(MONTH_AGO, TODAY)
    assert len(page) > 20
    assert all(row.strain_score is None for row in page)
    (note,) = [w for w in page.warnings if w.code is not WarningCode.NOT_SCORED]
    assert (note.code, note.field) == (WarningCode.NOT_PERMITTED, "strain_score")
    assert "/cycle" not in fake.asked


@pytest.mark.parametrize("scope", ["read:cycles", "read:sleep"])
async def test_without_the_energy_of_days_there_is_the_weight_and_a_word_why(scope):
    fake = FakeWhoop(HISTORY, EVERY_SCOPE - {scope})
    async with connected(fake) as provider:
        today = provider.today()
        page = await provider.get_health_metrics(today - timedelta(days=9), today)
    assert [(row.date, row.weight_kg) for row in page] == [(today, 61.5)]
    assert [(w.code, w.field) for w in page.warnings] == [
        (WarningCode.NOT_PERMITTED, "total_calories_kcal")
    ]
    assert fake.asked == ["/user/measurement/body"]


async def test_without_recovery_nights_have_no_variability_and_say_so():
    fake = FakeWhoop(HISTORY, EVERY_SCOPE - {"read:recovery"})
    async with connected(fake) as provider:
        page = await provider.get_sleep_sessions(MONTH_AGO, TODAY)
    assert all(s.hrv_rmssd_ms is None for s in page)
    assert [w.field for w in page.warnings] == ["hrv_rmssd_ms"]


async def test_without_the_body_the_athlete_has_a_name():
    fake = FakeWhoop(HISTORY, EVERY_SCOPE - {"read:body_measurement"})
    async with connected(fake) as provider:
        athlete = await provider.get_athlete()
    assert (athlete.name, athlete.weight_kg) == ("Ada Example", None)
    assert [w.code for w in athlete.warnings] == [WarningCode.NOT_PERMITTED]


def test_what_unticked_scopes_cost_is_known_before_any_call():
    lacking = DESCRIPTOR.scopes_lacking
    assert lacking(EVERY_SCOPE) == ()
    (sleep,) = lacking(EVERY_SCOPE - {"read:sleep"})
    assert ProviderCapabilities.SLEEP_TRACKING in sleep.capability
    assert ProviderCapabilities.RECOVERY_METRICS in sleep.capability
    assert {need.scope for need in lacking(frozenset())} == EVERY_SCOPE


# The athlete


async def test_a_body_that_was_never_entered_is_unknown():
    fake = FakeWhoop(HISTORY)
    fake.body = None
    async with connected(fake) as provider:
        athlete = await provider.get_athlete()
    assert (athlete.weight_kg, athlete.warnings) == (None, ())


async def test_a_body_that_cannot_be_had_now_costs_no_athlete():
    fake = FakeWhoop(HISTORY)
    fake.api.routes["GET /developer/v2/user/measurement/body"] = answering(500, None)
    async with connected(fake) as provider:
        athlete = await provider.get_athlete()
    assert athlete.name == "Ada Example"
    assert [w.field for w in athlete.warnings] == ["weight_kg"]


# Refusals


def answering(status: int, body: Any) -> Any:
    async def answer(_: FakeRequest) -> Reply:
        return status, body, {}

    return answer


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, "Authorization was not valid", AuthenticationFailed),
        (403, {"error": "deactivated_user"}, ProviderError),
        (404, "", NotFound),
        (429, "Rate Limit exceeded", RateLimitExceeded),
        (400, None, ProviderError),
        (500, "<html>", ProviderServerError),
        (200, "{", InvalidResponse),
        (200, [], InvalidResponse),
    ],
)
async def test_every_failure_is_one_of_ours_and_quotes_nothing(status, body, error):
    fake = FakeWhoop(HISTORY)
    fake.api.routes["GET /developer/v2/user/profile/basic"] = answering(status, body)
    async with connected(fake) as provider:
        with pytest.raises(error) as refused:
            await provider.get_athlete()
    assert "deactivated" not in refused.value.message
    assert "html" not in refused.value.message


async def test_a_connection_that_breaks_off_is_a_network_error():
    fake = FakeWhoop(HISTORY)
    async with connected(fake) as provider:
        fake.api.break_next(faults.reset, times=2)
        with pytest.raises(NetworkError):
            await provider.get_sleep_sessions(TODAY, TODAY)


async def test_a_token_that_is_not_good_is_told():
    async with connected(FakeWhoop(HISTORY), token="another") as provider:
        with pytest.raises(AuthenticationFailed):
            await provider.get_athlete()


async def test_a_workout_of_another_shape_is_an_invalid_response():
    fake = FakeWhoop(HISTORY)
    fake.api.routes["GET /developer/v2/activity/workout/{id}"] = answering(200, {"id": 7})
    async with connected(fake) as provider:
        with pytest.raises(InvalidResponse):
            await provider.get_activity(HISTORY.workouts[0]["id"])


# The scorecard


async def test_the_scorecard_is_what_the_mapping_gives():
    async with connected(FakeWhoop(HISTORY)) as provider:
        today = provider.today()
        records = [
            await provider.get_athlete(),
            *await provider.get_activities(ActivityQuery(limit=100)),
            *await provider.get_sleep_sessions(today - timedelta(days=60), today),
            *await provider.get_recovery_metrics(today - timedelta(days=60), today),
            *await provider.get_health_metrics(today - timedelta(days=60), today),
        ]
    assert "; ".join(differences("whoop", records)) == ""


def test_every_instant_of_a_list_has_its_millisecond():
    assert activity_of(HISTORY.workouts[0]).start_time.tzinfo is UTC
