"""Cursors: a walk from page to page while records come and go, whatever the page sizes and cuts."""

import base64
import json
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lakeside import an_activity

from pierre_mcp.errors import InvalidArgument
from pierre_mcp.models import Activity, Page, SportType
from pierre_mcp.server.cursors import Position, decode, encode, read_slice
from pierre_mcp.spi import ActivityQuery

START = datetime(2026, 1, 1, tzinfo=UTC)
QUERY = ActivityQuery()


def record(minute: int, number: int) -> Activity:
    return an_activity(number, id=f"{number:05}", start_time=START + timedelta(minutes=minute))


@dataclass
class Shelf:
    """A provider's list that changes between calls; its pages follow on records, as they have to.

    ``largest`` is the most that it gives at once, whatever it is asked for.
    """

    largest: int
    records: list[Activity] = field(default_factory=list)

    async def get_activities(self, query: ActivityQuery) -> Page[Activity]:
        older = sorted(self.records, key=lambda a: a.order_key, reverse=True)
        if query.cursor is not None:
            time, number = query.cursor.split(" ")
            key = (datetime.fromisoformat(time), number)
            older = [a for a in older if a.order_key < key]
        items = tuple(older[: min(query.limit, self.largest)])
        more = len(older) > len(items)
        cursor = f"{items[-1].start_time.isoformat()} {items[-1].id}" if more else None
        return Page(items=items, next_cursor=cursor)


@dataclass(frozen=True)
class Step:
    """One page: how many are asked for, how many fit, what came and what went before the next."""

    limit: int
    fitting: int
    arriving: list[int]
    leaving: list[int]


MINUTES = st.integers(0, 60)
"""Few, so that several records begin at the same instant."""

STEPS = st.builds(
    Step,
    limit=st.one_of(st.integers(1, 5), st.integers(1, 200)),
    fitting=st.one_of(st.integers(1, 5), st.integers(1, 200)),
    arriving=st.lists(st.integers(-30, 90), max_size=6),
    leaving=st.lists(st.integers(0, 10_000), max_size=6),
)


@settings(max_examples=300, deadline=None)
@given(
    shelf=st.builds(Shelf, largest=st.sampled_from([3, 50, 200])),
    minutes=st.lists(MINUTES, max_size=120),
    steps=st.lists(STEPS, min_size=1, max_size=12),
)
async def test_a_walk_repeats_nothing_and_loses_nothing_while_records_come_and_go(
    shelf: Shelf, minutes: list[int], steps: list[Step]
):
    shelf.records = [record(minute, number) for number, minute in enumerate(minutes)]
    due = {activity.id for activity in shelf.records}
    seen: list[Activity] = []
    position = Position(provider="shelf")
    for turn in range(10_000):
        step = steps[turn] if turn < len(steps) else replace(steps[-1], arriving=[], leaving=[])
        query = replace(QUERY, limit=step.limit)
        part = (await read_slice(shelf.get_activities, query, position)).cut(step.fitting)
        assert len(part.activities) <= min(step.limit, step.fitting)
        seen += part.activities
        if part.next_position is None:
            break
        assert part.activities, "a page that is not the last moves on"
        position = decode(encode(part.next_position, query), query)
        for minute in step.arriving:
            arrived = record(minute, 1000 + len(shelf.records) + 100 * turn)
            shelf.records.append(arrived)
            if arrived.order_key < seen[-1].order_key:
                due.add(arrived.id)
        for which in step.leaving[: len(shelf.records)]:
            gone = shelf.records.pop(which % len(shelf.records))
            due.discard(gone.id)
    else:
        raise AssertionError("the walk does not end")
    keys = [activity.order_key for activity in seen]
    assert keys == sorted(set(keys), reverse=True), "newest first, and none twice"
    assert due <= {activity.id for activity in seen}


async def test_a_page_on_which_everything_is_new_leads_on_to_what_is_not():
    shelf = Shelf(largest=200, records=[record(minute, minute) for minute in range(10)])
    first = (await read_slice(shelf.get_activities, QUERY, Position(provider="shelf"))).cut(3)
    assert first.next_position is not None
    shelf.records += [record(100 + number, 100 + number) for number in range(60)]
    second = await read_slice(shelf.get_activities, QUERY, first.next_position)
    assert [a.id for a in second.activities] == [f"{number:05}" for number in range(6, -1, -1)]


async def test_a_page_handed_out_in_pieces_survives_that_what_was_handed_out_is_removed():
    shelf = Shelf(largest=200, records=[record(minute, minute) for minute in range(300)])
    query = replace(QUERY, limit=200)
    first = (await read_slice(shelf.get_activities, query, Position(provider="shelf"))).cut(195)
    shelf.records = [a for a in shelf.records if a.order_key < first.activities[-1].order_key]
    position = first.next_position
    seen: list[str] = []
    while position is not None:
        position = decode(encode(position, query), query)
        part = await read_slice(shelf.get_activities, replace(query, limit=15), position)
        seen += [activity.id for activity in part.activities]
        position = part.next_position
    assert seen == [f"{number:05}" for number in range(104, -1, -1)]


POSITIONS = st.builds(
    Position,
    provider=st.text(max_size=20),
    page=st.none() | st.text(max_size=200),
    after=st.none()
    | st.tuples(st.datetimes(timezones=st.just(UTC)), st.text(max_size=40)),
    taken=st.integers(0, 199),
)  # fmt: skip


@given(position=POSITIONS)
def test_what_is_encoded_is_decoded(position: Position):
    assert decode(encode(position, QUERY), QUERY) == position


@given(position=POSITIONS, other=st.sampled_from([
    replace(QUERY, after=START),
    replace(QUERY, before=START.date()),
    replace(QUERY, sport_type=SportType.RUN),
]))  # fmt: skip
def test_a_cursor_belongs_to_its_question_alone(position: Position, other: ActivityQuery):
    with pytest.raises(InvalidArgument, match="another question"):
        decode(encode(position, QUERY), other)


@given(position=POSITIONS, limit=st.integers(1, 200))
def test_the_page_size_is_no_part_of_the_question(position: Position, limit: int):
    assert decode(encode(position, QUERY), replace(QUERY, limit=limit)) == position


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


@given(value=JSON | st.lists(JSON, min_size=6, max_size=6))
def test_a_cursor_that_was_made_up_of_json_is_refused(value: object):
    packed = base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
    with pytest.raises(InvalidArgument):
        decode(packed, QUERY)


@given(position=POSITIONS, at=st.integers(0, 10_000), letter=st.characters(codec="ascii"))
def test_a_cursor_that_was_changed_is_refused_or_is_another_place(
    position: Position, at: int, letter: str
):
    whole = encode(position, QUERY)
    changed = whole[: at % len(whole)] + letter + whole[at % len(whole) + 1 :]
    with suppress(InvalidArgument):
        assert isinstance(decode(changed, QUERY), Position)
