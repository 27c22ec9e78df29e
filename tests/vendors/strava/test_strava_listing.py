"""Pages and cursors of a list of activities, without a network: a server that is a function."""

import random
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import pytest
from strava_fake import listed
from strava_history import NOW, Entry, entry, history

from pierre_mcp.errors import InvalidArgument
from pierre_mcp.models import Activity, Page, SportType, WarningCode
from pierre_mcp.spi import ActivityQuery
from providers.strava.listing import Listing
from providers.strava.mapping import activity_of

CALM = history(3, 1000, hidden=0)
"""Without a hidden start, yet with shared seconds."""


@dataclass(slots=True, kw_only=True)
class Server:
    """What ``StravaProvider.get_activities`` asks, counted."""

    entries: list[Entry]
    everything: bool = True
    now: datetime = NOW
    requests: list[dict[str, int]] = field(default_factory=list)

    def page(self, query: ActivityQuery, most: int = 10) -> Page[Activity]:
        listing = Listing(query, self.now)
        for _ in range(most):
            if listing.is_answered:
                break
            asked = listing.window.parameters()
            self.requests.append(asked)
            found = listed(self.entries, asked, everything=self.everything)
            listing.add([e.summary for e in found], everything=self.everything)
        return listing.page()

    def walk(self, query: ActivityQuery, between=lambda _: None) -> list[Activity]:
        """Every page to the end; ``between`` is called after each."""
        found: list[Activity] = []
        cursors: set[str] = set()
        while True:
            page = self.page(query)
            assert page.complete
            assert len(page) <= query.limit
            found += page.items
            if page.next_cursor is None:
                return found
            assert page.next_cursor not in cursors
            cursors.add(page.next_cursor)
            query = replace(query, cursor=page.next_cursor)
            between(found)


def expected(entries: list[Entry], query: ActivityQuery | None = None) -> list[str]:
    """The ids of a whole list in the order of the contract."""
    activities = sorted(
        (activity_of(e.summary) for e in entries), key=lambda a: a.order_key, reverse=True
    )
    return [a.id for a in activities if query is None or query.matches(a)]


def ids(activities: list[Activity]) -> list[str]:
    return [activity.id for activity in activities]


@pytest.mark.parametrize("limit", [1, 7, 20, 150, 199, 200])
@pytest.mark.parametrize("hidden", [0, 0.05, 0.6, 1])
def test_no_page_size_and_no_hidden_start_costs_or_repeats_an_activity(limit, hidden, proof_scale):
    for seed in range(proof_scale(1, 40)):
        entries = history(seed, 270, hidden=hidden, ties=0.2)
        found = ids(Server(entries=entries).walk(ActivityQuery(limit=limit)))
        assert len(found) == len(set(found))
        assert set(found) == {str(e.id) for e in entries}


@pytest.mark.parametrize("limit", [1, 7, 20, 150])
@pytest.mark.parametrize("hidden", [0, 0.05, 0.6, 1])
def test_pages_go_on_in_the_order_of_the_whole_list(limit, hidden, proof_scale):
    for seed in range(proof_scale(1, 40)):
        entries = history(seed, 200, hidden=hidden, ties=0.2)
        found = ids(Server(entries=entries).walk(ActivityQuery(limit=limit)))
        assert found == expected(entries)


@pytest.mark.parametrize(("count", "requests"), [(1, 1), (199, 1), (999, 5), (601, 4)])
def test_listing_n_activities_costs_a_request_for_each_200(count, requests):
    server = Server(entries=CALM[:count])
    assert len(server.walk(ActivityQuery(limit=200))) == count
    assert len(server.requests) == requests


def test_a_thousand_cost_five_requests_and_one_to_see_that_there_are_no_more():
    server = Server(entries=CALM)
    seen_after = []
    server.walk(ActivityQuery(limit=200), lambda found: seen_after.append(len(found)))
    assert seen_after[:5] == [200, 400, 600, 800, 1000]
    assert len(server.requests) == 6


@pytest.mark.parametrize(("limit", "requests"), [(180, 6), (150, 7), (100, 10), (50, 20), (20, 50)])
def test_smaller_pages_cost_a_request_each(limit, requests):
    server = Server(entries=CALM)
    assert len(server.walk(ActivityQuery(limit=limit))) == 1000
    assert len(server.requests) == requests


def test_a_bounded_list_needs_no_request_to_see_its_end():
    server = Server(entries=CALM)
    bound = CALM[399].true_start
    assert len(server.walk(ActivityQuery(limit=200, after=bound))) >= 400
    assert len(server.requests) == 3


def test_twenty_cost_one_request():
    server = Server(entries=CALM)
    server.page(ActivityQuery(limit=20))
    assert len(server.requests) == 1


@pytest.mark.parametrize("limit", [20, 200])
@pytest.mark.parametrize("hidden", [0, 0.3])
def test_what_is_uploaded_between_pages_shifts_none(limit, hidden, proof_scale):
    """New ones on top and forgotten ones in the past; the old list is all there, once."""
    for seed in range(proof_scale(2, 100)):
        dice = random.Random(seed)
        entries = history(seed, 600, hidden=hidden, ties=0.1)
        before = {str(e.id) for e in entries}
        server = Server(entries=list(entries))

        def upload(_, server=server, entries=entries, dice=dice):
            for start in (NOW, dice.choice(entries).true_start + timedelta(seconds=60)):
                server.entries.append(entry(dice, dice.randrange(10**18, 2 * 10**18), start))

        found = ids(server.walk(ActivityQuery(limit=limit), upload))
        assert len(found) == len(set(found))
        assert before <= set(found)


@pytest.mark.parametrize("hidden", [0, 0.3])
def test_what_is_deleted_between_pages_hides_nothing(hidden):
    entries = history(5, 300, hidden=hidden)
    server = Server(entries=list(entries))

    def delete(found):
        server.entries = [e for e in server.entries if str(e.id) != found[-1].id]

    found = ids(server.walk(ActivityQuery(limit=20), delete))
    assert sorted(found) == sorted(str(e.id) for e in entries)


def test_an_old_cursor_of_a_walk_in_200s_goes_on_by_time():
    """Hours later page numbers mean something else: what was deleted must not hide the rest."""
    server = Server(entries=list(CALM))
    first = server.page(ActivityQuery(limit=200))
    gone = {a.id for a in first.items[:50]}
    server.entries = [e for e in server.entries if str(e.id) not in gone]
    server.now = NOW + timedelta(hours=5)
    rest = server.walk(ActivityQuery(limit=200, cursor=first.next_cursor))
    assert ids([*first, *rest]) == expected(CALM)


def test_a_walk_may_change_its_pace():
    server = Server(entries=CALM)
    found: list[Activity] = []
    query = ActivityQuery(limit=200)
    for limit in (200, 200, 10, 200, 3, 200, 200, 200, 200, 200):
        page = server.page(replace(query, limit=limit))
        found += page.items
        query = replace(query, cursor=page.next_cursor)
        if page.next_cursor is None:
            break
    assert ids(found) == expected(CALM)


def test_more_activities_in_one_second_than_a_page_holds():
    dice = random.Random(1)
    start = NOW - timedelta(days=3)
    entries = [entry(dice, 10**9 + number, start) for number in range(450)]
    for limit in (20, 200):
        found = ids(Server(entries=entries).walk(ActivityQuery(limit=limit)))
        assert sorted(found) == sorted(expected(entries))


def test_without_the_permission_for_private_ones_a_page_that_is_not_full_is_not_the_last():
    server = Server(entries=CALM, everything=False)
    found = server.walk(ActivityQuery(limit=200))
    assert sorted(ids(found)) == sorted(str(e.id) for e in CALM if not e.only_me)


def test_a_sport_is_picked_out_of_many_pages_within_the_allowance():
    rare = "NordicSki"
    entries = [e for e in CALM if e.summary["sport_type"] != rare]
    dice = random.Random(4)
    oldest = min(e.true_start for e in entries) - timedelta(days=2)
    for number in range(3):
        start = oldest + timedelta(minutes=number)
        made = entry(dice, 10**9 + number, start)
        made.summary["sport_type"] = rare
        entries.append(made)
    server = Server(entries=entries)
    found = server.walk(ActivityQuery(limit=20, sport_type=SportType.NORDIC_SKI))
    assert len(found) == 3
    # The end is known where a page is not full.
    assert len(server.requests) == len(entries) // 200 + 1


def test_where_the_allowance_ends_the_cursor_goes_on():
    server = Server(entries=CALM)
    query = ActivityQuery(limit=200, sport_type=SportType.RIDE)
    first = server.page(query, most=2)
    assert first.next_cursor is not None
    rest = server.walk(replace(query, cursor=first.next_cursor))
    assert ids([*first, *rest]) == expected(CALM, query)


@pytest.mark.parametrize("limit", [3, 50, 200])
@pytest.mark.parametrize("hidden", [0, 0.3])
def test_days_are_the_days_of_the_records(limit, hidden, proof_scale):
    entries = history(11, 400, hidden=hidden)
    dice = random.Random(11)
    for _ in range(proof_scale(6, 100)):
        after = date(2026, 5, 1) - timedelta(days=dice.randint(0, 500))
        before = after + timedelta(days=dice.randint(0, 40))
        query = ActivityQuery(limit=limit, after=after, before=before)
        assert ids(Server(entries=entries).walk(query)) == expected(entries, query)


def test_an_empty_range_costs_no_request():
    server = Server(entries=CALM)
    page = server.page(ActivityQuery(after=NOW, before=NOW))
    assert (page.items, page.next_cursor, server.requests) == ((), None, [])


def test_the_order_of_the_answer_is_never_turned_round():
    server = Server(entries=CALM)
    server.walk(ActivityQuery(limit=50, after=date(2026, 1, 1), before=date(2026, 4, 1)))
    assert server.requests
    assert not any("after" in asked for asked in server.requests)


def test_a_record_that_cannot_be_read_costs_itself_only():
    listing = Listing(ActivityQuery(limit=20), NOW)
    payload = [e.summary for e in CALM[:3]]
    broken = [None, 7, {}, {"id": 5}, {"id": "x", "start_date": "2026-01-01T00:00:00Z"}]
    listing.add([*broken, *payload], everything=True)
    page = listing.page()
    assert len(page) == 3
    assert {w.code for w in page.warnings} == {WarningCode.RECORD_UNREADABLE}
    assert "5" in {w.record_id for w in page.warnings}


def test_nothing_but_unreadable_records_is_not_taken_for_a_whole_list():
    listing = Listing(ActivityQuery(limit=180), NOW)
    listing.add([None] * 200, everything=True)
    page = listing.page()
    assert (page.items, page.next_cursor, page.complete) == ((), None, False)


@pytest.mark.parametrize(
    "cursor",
    [
        "1 ",
        " 1",
        "1",
        "1 x",
        "1 2,",
        "1 2 3",
        "1 2 - 1",
        "1 2 - 1 x",
        "\u0661 \u0662",
        "1 2 - 1 1 1",
    ],
)
def test_what_only_looks_like_a_cursor_is_refused(cursor):
    with pytest.raises(InvalidArgument):
        Listing(ActivityQuery(cursor=cursor), NOW)
