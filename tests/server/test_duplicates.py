"""A person's word on doubles, as a client gives it, and what lists make of it from then on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from test_merged import Site, rows, site

from pierre_mcp.connections import deciding
from pierre_mcp.errors import ProviderServerError


@asynccontextmanager
async def two(home: Path, *names: str) -> AsyncIterator[Site]:
    """A watch and a service that tell of one workout, and of another each in its own way."""
    async with site(home, "watch", "service", *names) as at:
        at.shelves["watch"].add(0)
        at.shelves["service"].add(0, late=5, name="Along the lake", device_name="Watch 7")
        at.shelves["watch"].add(3, distance_meters=12_000.0)
        at.shelves["service"].add(3, late=-3600, distance_meters=12_000.0)
        yield at


async def say(at: Site, decision: str, first: str, second: str) -> dict[str, Any]:
    return await at.server.call(
        None, "resolve_duplicate", first=first, second=second, decision=decision
    )


async def ids(at: Site) -> list[str]:
    return [row["id"] for row in rows(await at.all())]


async def test_what_a_person_calls_the_same_is_one_from_then_on(tmp_path: Path):
    async with two(tmp_path) as at:
        assert await ids(at) == ["w0", "w3", "s3"]
        answer = await say(at, "same", "watch:w3", "service:s3")
        result = answer["result"]
        assert (result["decision"], result["one_workout"]) == ("same", True)
        (told,) = result["activities"]
        assert sorted(told["sources"]) == ["service:s3", "watch:w3"]
        assert told["provenance"]["start_time"] == told["provider"]
        assert answer["meta"]["providers"] == ["service", "watch"]
        listed = await at.all()
        assert [row["other_sources"] for row in rows(listed)] == ["service:s0", "watch:w3"]
        assert "possible_duplicates" not in listed["result"]


async def test_what_a_person_calls_different_stands_apart(tmp_path: Path):
    async with two(tmp_path) as at:
        result = (await say(at, "different", "watch:w0", "service:s0"))["result"]
        assert result["one_workout"] is False
        assert [told["sources"] for told in result["activities"]] == [["service:s0"], ["watch:w0"]]
        assert await ids(at) == ["s0", "w0", "w3", "s3"]


async def test_a_word_taken_back_leaves_it_to_the_rules(tmp_path: Path):
    async with two(tmp_path) as at:
        await say(at, "different", "watch:w0", "service:s0")
        result = (await say(at, "undo", "service:s0", "watch:w0"))["result"]
        assert result["one_workout"] is True
        assert ", taken back:" in result["message"]
        again = (await say(at, "undo", "service:s0", "watch:w0"))["result"]
        assert "there was no word on them" in again["message"]
        assert await ids(at) == ["w0", "w3", "s3"]


async def test_saying_it_again_changes_nothing_and_the_last_word_counts(tmp_path: Path):
    async with two(tmp_path) as at:
        once = await say(at, "same", "watch:w3", "service:s3")
        assert (await say(at, "same", "service:s3", "watch:w3"))["success"]
        assert await say(at, "same", "watch:w3", "service:s3") == once
        result = (await say(at, "different", "service:s3", "watch:w3"))["result"]
        assert result["one_workout"] is False
        assert await ids(at) == ["w0", "w3", "s3"]


async def test_a_word_outlives_the_server(tmp_path: Path):
    async with two(tmp_path) as at:
        await say(at, "same", "watch:w3", "service:s3")
    async with two(tmp_path) as at:
        assert await ids(at) == ["w0", "s3"]


async def test_two_records_of_one_provider_can_be_one_workout(tmp_path: Path):
    async with site(tmp_path, "watch") as at:
        at.shelves["watch"].add(1)
        at.shelves["watch"].add(2)
        result = (await say(at, "same", "watch:w1", "watch:w2"))["result"]
        assert result["one_workout"] is True
        assert len(await ids(at)) == 1


async def test_different_does_not_part_what_other_words_join_and_says_so(tmp_path: Path):
    async with two(tmp_path, "strap") as at:
        at.shelves["strap"].add(3, late=1800, distance_meters=12_000.0)
        await say(at, "same", "watch:w3", "service:s3")
        await say(at, "same", "service:s3", "strap:s3")
        result = (await say(at, "different", "watch:w3", "strap:s3"))["result"]
        assert result["one_workout"] is True
        assert "other words of the person join them" in result["message"]


async def test_a_list_goes_on_whole_after_a_word_between_its_pages(tmp_path: Path):
    async with two(tmp_path) as at:
        at.shelves["watch"].add(5)
        first = await at.all(limit=2)
        assert [row["id"] for row in rows(first)] == ["w0", "w3"]
        await say(at, "same", "watch:w3", "service:s3")
        rest = await at.all(limit=2, cursor=first["meta"]["next_cursor"])
        assert [row["id"] for row in rows(rest)] == ["w5"]


@pytest.mark.parametrize(
    ("first", "second", "kind", "says"),
    [
        ("watch:w3", "service:s9", "not_found", "no such activity"),
        ("watch:w3", "nowhere:1", "provider_not_supported", "'nowhere'"),
        ("all:w3", "service:s3", "provider_not_supported", "'all'"),
        ("watch,service:w3", "service:s3", "provider_not_supported", "'watch,service'"),
        ("watch:w3", " watch:w3 ", "invalid_argument", "the same record as first"),
        ("watch:w3", "s3", "invalid_argument", "a colon and an id"),
        ("watch:", "service:s3", "invalid_argument", "a colon and an id"),
        ("watch:w\0", "service:s3", "invalid_argument", "a colon and an id"),
        ("watch:w3", "synthetic:2026-04-30-1", "invalid_argument", "is made up"),
        ("watch:w0", "service:s30", "invalid_argument", "more than 14 hours apart"),
    ],
)
async def test_a_word_that_would_mean_nothing_is_refused(
    tmp_path: Path, first: str, second: str, kind: str, says: str
):
    async with two(tmp_path) as at:
        at.shelves["service"].add(30)
        before = await ids(at)
        error = (await say(at, "same", first, second))["error"]
        assert error["type"] == kind
        assert says in error["message"]
        assert await ids(at) == before


async def test_words_that_would_make_one_of_a_day_and_the_next_are_refused(tmp_path: Path):
    async with site(tmp_path, "watch", "service") as at:
        at.shelves["watch"].add(0)
        at.shelves["service"].add(6)
        at.shelves["watch"].add(12)
        assert (await say(at, "same", "watch:w0", "service:s6"))["success"]
        error = (await say(at, "same", "service:s6", "watch:w12"))["error"]
        assert (error["argument"], "14 hours" in error["message"]) == ("second", True)
        assert len(await ids(at)) == 2


async def test_a_provider_that_fails_is_named_and_nothing_is_kept(tmp_path: Path):
    async with two(tmp_path) as at:
        at.shelves["service"].failure = ProviderServerError("service", "It is down.")
        error = (await say(at, "same", "watch:w3", "service:s3"))["error"]
        assert (error["type"], error["provider"]) == ("provider_error", "service")
        at.shelves["service"].failure = None
        assert await ids(at) == ["w0", "w3", "s3"]


async def test_one_that_has_no_part_in_it_may_fail_and_is_named(tmp_path: Path):
    async with two(tmp_path, "strap") as at:
        at.shelves["strap"].failure = ProviderServerError("strap", "It is down.")
        answer = await say(at, "same", "watch:w3", "service:s3")
        assert answer["result"]["one_workout"] is True
        assert answer["meta"]["warnings"][0]["detail"] == "strap: It is down."
        assert answer["meta"]["complete"] is False


async def test_the_word_on_a_record_that_is_gone_can_be_taken_back(tmp_path: Path):
    async with two(tmp_path) as at:
        await say(at, "same", "watch:w3", "service:s3")
        at.shelves["service"].held.clear()
        result = (await say(at, "undo", "watch:w3", "service:s3"))["result"]
        assert ", taken back:" in result["message"]
        assert [told["sources"] for told in result["activities"]] == [["watch:w3"]]
        at.shelves["watch"].held.clear()
        result = (await say(at, "undo", "watch:w3", "service:s3"))["result"]
        assert (result["activities"], result["one_workout"]) == ([], False)


async def test_when_there_is_no_room_for_another_word_it_is_said(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(deciding, "MOST_DECISIONS", 1)
    async with two(tmp_path) as at:
        await say(at, "same", "watch:w3", "service:s3")
        error = (await say(at, "different", "watch:w0", "service:s0"))["error"]
        assert (error["type"], error["argument"]) == ("invalid_argument", "decision")
        assert "Take back with undo" in error["message"]
        await say(at, "undo", "watch:w3", "service:s3")
        assert (await say(at, "different", "watch:w0", "service:s0"))["success"]


async def test_without_any_word_or_connection_no_database_is_made(tmp_path: Path):
    async with site(tmp_path) as at:
        assert rows(await at.all())
    async with two(tmp_path) as at:
        assert rows(await at.all())
    assert not (tmp_path / "pierre.db").exists()
