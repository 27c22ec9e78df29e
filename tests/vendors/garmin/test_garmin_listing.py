"""Lists of activities: a clock on the wall that jumps, lists that grow, and what they cost."""

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from garmin_fake import FakeGarmin, connected
from garmin_history import NOW, Workout, history, workout

from pierre_mcp.errors import ErrorType, InvalidArgument, ProviderError
from pierre_mcp.models import SportType, WarningCode
from pierre_mcp.spi import ActivityQuery
from providers.garmin.api import MAX_LIST_REQUESTS
from providers.garmin.listing import Listing

WORKOUTS = history(31, 400)
IDS = [str(w.id) for w in sorted(WORKOUTS, key=lambda w: (w.start, str(w.id)), reverse=True)]
LIST = "/activitylist-service/activities/search/activities"


async def walked(fake: FakeGarmin, limit: int, **query) -> list[str]:
    """The ids of every page to the end; ``query`` may hold ``grow``, called after each page."""
    grow = query.pop("grow", lambda: None)
    ids, cursor = [], None
    async with connected(fake) as provider:
        while True:
            page = await provider.get_activities(ActivityQuery(limit=limit, cursor=cursor, **query))
            assert page.complete
            ids += [activity.id for activity in page]
            cursor = page.next_cursor
            if cursor is None:
                return ids
            grow()


@pytest.mark.parametrize("limit", [1, 3, 20, 45, 200])
async def test_pages_are_in_the_order_of_instants_though_garmin_sorts_by_the_wall(
    limit: int, proof_scale
):
    some = WORKOUTS[: proof_scale(min(60 * limit, 400), 400)]
    walls = [w.wall for w in some]
    assert walls != sorted(walls, reverse=True), "the history has no jump of the clock"
    assert await walked(FakeGarmin(some), limit) == [str(w.id) for w in ordered(some)]


async def test_a_list_that_grows_at_its_top_neither_repeats_nor_skips():
    fake, dice = FakeGarmin(WORKOUTS), random.Random(3)

    def grow() -> None:
        at = NOW + timedelta(minutes=len(fake.workouts))
        fake.workouts.append(workout(dice, 10**12 + len(fake.workouts), at, "running"))

    assert await walked(fake, 7, grow=grow) == IDS


async def test_a_list_that_grows_while_one_question_is_asked_neither_repeats_nor_skips():
    fake, dice = FakeGarmin(WORKOUTS), random.Random(4)
    route = fake.api.routes[f"GET {LIST}"]

    async def growing(request):
        reply = await route(request)
        for _ in range(5):
            at = NOW + timedelta(minutes=len(fake.workouts))
            fake.workouts.append(workout(dice, 10**12 + len(fake.workouts), at, "running"))
        return reply

    fake.api.routes[f"GET {LIST}"] = growing
    assert await walked(fake, 200) == IDS


async def test_a_list_that_shrinks_while_one_question_is_asked_skips_nothing_that_stays():
    fake = FakeGarmin(WORKOUTS)
    route = fake.api.routes[f"GET {LIST}"]

    async def shrinking(request):
        reply = await route(request)
        del fake.workouts[:4]
        return reply

    fake.api.routes[f"GET {LIST}"] = shrinking
    assert await walked(fake, 200) == IDS


@pytest.mark.parametrize(("limit", "most"), [(1, 1), (20, 1), (45, 2), (200, 5)])
async def test_a_page_costs_few_requests_and_none_is_longer_than_garmin_allows(limit, most):
    fake = FakeGarmin(WORKOUTS)
    async with connected(fake) as provider:
        first = await provider.get_activities(ActivityQuery(limit=limit))
        assert len(first) == limit
        assert len(fake.asked) <= most
    assert all(1 <= int(request.query["limit"][0]) <= 45 for request in fake.api.requests)


async def test_more_activities_in_one_day_than_a_page_holds_are_all_listed():
    dice = random.Random(5)
    crowd = [
        workout(dice, 10**10 + n, NOW - timedelta(minutes=6 * n + 5), "running") for n in range(150)
    ]
    assert await walked(FakeGarmin([*crowd, *WORKOUTS[200:]]), 200) == [
        *(str(w.id) for w in crowd),
        *(i for i in IDS if i in {str(w.id) for w in WORKOUTS[200:]}),
    ]


async def test_a_sport_that_garmin_can_filter_by_is_filtered_there():
    fake = FakeGarmin(WORKOUTS)
    found = await walked(fake, 50, sport_type=SportType.TRAIL_RUN)
    assert found == [i for i in IDS if i in of_words("trail_running")]
    assert {tuple(r.query["activityType"]) for r in fake.api.requests} == {("running",)}


async def test_another_sport_is_picked_out_here_from_a_bounded_number_of_pages():
    rare = [w for w in WORKOUTS if w.word != "hiking"]
    oldest = workout(random.Random(1), 77, WORKOUTS[-1].start - timedelta(days=1), "hiking")
    many = [
        replace(w, row={**w.row, "activityId": w.id + shift}) for shift in (0, 10**12) for w in rare
    ]
    fake = FakeGarmin([*many, oldest])
    async with connected(fake) as provider:
        first = await provider.get_activities(ActivityQuery(sport_type=SportType.HIKE))
        assert len(fake.asked) == MAX_LIST_REQUESTS
        assert (first.items, first.complete) == ((), True)
        following = ActivityQuery(sport_type=SportType.HIKE, cursor=first.next_cursor)
        assert [a.id for a in await provider.get_activities(following)] == ["77"]


def of_words(*words: str) -> set[str]:
    return {str(w.id) for w in WORKOUTS if w.word in words}


async def test_bounds_go_along_by_day_and_cut_by_instant():
    fake = FakeGarmin(WORKOUTS)
    after, before = WORKOUTS[90].start, WORKOUTS[30].start
    found = await walked(fake, 200, after=after, before=before)
    assert found == [str(w.id) for w in ordered(WORKOUTS) if after <= w.start < before]
    asked = fake.api.requests[0].query
    assert asked["startDate"] == [f"{(after - timedelta(hours=12)).date()}"]
    assert asked["endDate"] == [f"{(before + timedelta(hours=14)).date()}"]


async def test_a_bare_date_is_the_day_on_the_wall():
    fake = FakeGarmin(WORKOUTS)
    day = WORKOUTS[50].wall.date()
    found = await walked(fake, 200, after=day, before=day + timedelta(days=1))
    assert found == [str(w.id) for w in ordered(WORKOUTS) if w.wall.date() == day]
    assert fake.api.requests[0].query["startDate"] == [f"{day}"]
    assert fake.api.requests[0].query["endDate"] == [f"{day}"]


def ordered(workouts: Iterable[Workout]) -> list[Workout]:
    return sorted(workouts, key=lambda w: (w.start, str(w.id)), reverse=True)


async def test_an_empty_range_costs_no_request():
    fake = FakeGarmin(WORKOUTS)
    async with connected(fake) as provider:
        page = await provider.get_activities(
            ActivityQuery(after=date(2026, 4, 2), before=date(2026, 4, 2))
        )
    assert (page.items, page.next_cursor, page.complete) == ((), None, True)
    assert fake.asked == []


@pytest.mark.parametrize("cursor", ["1 2 3", "1777636800", "x 1", "1777636800 a b"])
def test_what_is_no_place_is_refused(cursor: str):
    with pytest.raises(InvalidArgument):
        Listing(ActivityQuery(cursor=cursor))


def test_a_row_that_cannot_be_read_costs_no_other_and_no_page():
    listing = Listing(ActivityQuery(limit=200))
    rows = [w.row for w in WORKOUTS[:44]]
    listing.add([{"activityId": 5}, *rows])
    assert not listing.is_answered
    listing.add([])
    page = listing.page()
    assert len(page) == 44
    assert [(w.code, w.record_id) for w in page.warnings] == [(WarningCode.RECORD_UNREADABLE, "5")]


def test_a_full_page_of_what_cannot_be_read_is_passed_by_count():
    listing = Listing(ActivityQuery(limit=200))
    listing.add([None] * 45)
    assert listing.parameters() == {"start": 45, "limit": 45}
    assert listing.page().items == ()


def test_legs_of_a_multisport_activity_do_not_count_beside_the_whole():
    listing = Listing(ActivityQuery())
    rows = [w.row for w in WORKOUTS[:3]]
    listing.add([rows[0], {**rows[1], "parentId": rows[0]["activityId"]}, rows[2]])
    assert {a.id for a in listing.page()} == {str(WORKOUTS[0].id), str(WORKOUTS[2].id)}


async def test_a_list_that_is_none_is_an_error():
    fake = FakeGarmin(WORKOUTS)

    async def odd(_):
        return 200, {"activities": []}, {}

    fake.api.routes[f"GET {LIST}"] = odd
    async with connected(fake) as provider:
        with pytest.raises(ProviderError) as failed:
            await provider.get_activities(ActivityQuery())
    assert failed.value.type is ErrorType.INVALID_RESPONSE


def test_the_last_place_there_can_be_is_one():
    start = datetime(2199, 12, 31, tzinfo=UTC)
    assert Listing(ActivityQuery(cursor=f"{start.timestamp():.0f} 1")).parameters()["endDate"]
