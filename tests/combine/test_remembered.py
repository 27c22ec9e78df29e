"""What is remembered of records goes with them, and is never another's."""

import gc
from datetime import UTC, datetime
from weakref import ref

from pierre_mcp.combine.history import ReadPage, merged_page
from pierre_mcp.models import Activity, Page, SportType
from pierre_mcp.models.remembered import Remembered
from pierre_mcp.server.tables import table_of
from pierre_mcp.spi import ActivityQuery


def an_activity(provider: str = "one", **more: object) -> Activity:
    return Activity(
        provider=provider,
        id="1",
        sport_type=SportType.RUN,
        start_time=datetime(2026, 11, 24, tzinfo=UTC),
        **more,
    )


def test_the_same_records_are_asked_about_once():
    kept: Remembered[object] = Remembered(10)
    one, other = an_activity(), an_activity()
    first = kept.of((one, other), object)
    assert kept.of((one, other), object) is first
    assert kept.of((other, one), object) is not first
    assert kept.of((one,), object) is not first
    assert kept.of((one, other), object, "in miles") is not first


def test_records_that_are_equal_are_still_two():
    kept: Remembered[object] = Remembered(10)
    one, other = an_activity(), an_activity()
    assert one == other
    assert kept.of((one,), object) is not kept.of((other,), object)


def test_nothing_is_kept_of_records_that_are_gone():
    kept: Remembered[object] = Remembered(10)
    one, other = an_activity(), an_activity()
    made = kept.of((one, other), an_activity)
    watched = ref(made)
    del made, other
    gc.collect()
    assert watched() is None


def test_the_oldest_goes_where_there_are_too_many():
    kept: Remembered[object] = Remembered(2)
    records = [an_activity() for _ in range(3)]
    first, second = kept.of(records[:1], object), kept.of(records[1:2], object)
    kept.of(records[2:], object)
    assert kept.of(records[1:2], object) is second
    assert kept.of(records[:1], object) is not first


async def test_a_page_of_all_keeps_none_of_its_records_alive():
    one = an_activity("one", duration_seconds=3600.0, distance_meters=10_000.0)
    other = an_activity("other", duration_seconds=3600.0, distance_meters=10_020.0)
    told = {"one": one, "other": other}

    def source(name: str) -> ReadPage:
        async def read(_: ActivityQuery) -> Page[Activity]:
            return Page(items=(told[name],))

        return read

    pages = [
        await merged_page({name: source(name) for name in told}, ActivityQuery(limit=5))
        for _ in range(2)
    ]
    first, second = (page.workouts[0] for page in pages)
    assert first is second, "it is merged once"
    assert len(first.sources) == 2
    watched = [ref(one), ref(other)]
    del one, other, pages, first, second
    told.clear()
    gc.collect()
    assert [known() for known in watched] == [None, None]


def test_a_row_keeps_its_record_no_longer_than_others_do():
    record = an_activity(name="Morning Run")
    table = table_of([record], ["id", "name"])
    watched = ref(record)
    del record, table
    gc.collect()
    assert watched() is None
