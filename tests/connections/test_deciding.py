"""What people say of two records: kept for them alone, on SQLite and on PostgreSQL."""

from dataclasses import replace
from datetime import timedelta

import pytest
from alembic import command
from databases import ADA, BEA, NOW, a_record

from pierre_mcp.connections import deciding
from pierre_mcp.connections.store import ConnectionStore
from pierre_mcp.models import Decision

WATCH, COPY, OTHER = ("acme", "7"), ("zeta", "a:1"), ("acme", "8")


def said(one=WATCH, other=COPY, *, same: bool = True, days: int = 0) -> Decision:
    return Decision(one=one, other=other, same=same, decided_at=NOW + timedelta(days))


async def test_a_word_comes_back_as_it_was_said_and_to_nobody_else(store: ConnectionStore):
    assert await store.decide(ADA, said())
    assert await store.decide(ADA, said(other=OTHER, same=False))
    assert await store.decisions(ADA) == (said(other=OTHER, same=False), said())
    assert await store.decisions(BEA) == ()


async def test_the_last_word_on_a_pair_stands_whichever_was_named_first(store: ConnectionStore):
    await store.decide(ADA, said())
    await store.decide(ADA, said(COPY, WATCH, same=False, days=1))
    assert await store.decisions(ADA) == (said(same=False, days=1),)


async def test_a_word_taken_back_is_gone_and_others_stay(store: ConnectionStore):
    await store.decide(ADA, said())
    await store.decide(ADA, said(other=OTHER))
    await store.decide(BEA, said())
    assert await store.undecide(ADA, said(COPY, WATCH).pair)
    assert not await store.undecide(ADA, said().pair)
    assert await store.decisions(ADA) == (said(other=OTHER),)
    assert await store.decisions(BEA) == (said(),)


async def test_disconnecting_removes_what_was_said_of_that_providers_records(store):
    await store.put(a_record(ADA, "zeta"))
    await store.decide(ADA, said())
    await store.decide(ADA, said(other=OTHER))
    await store.decide(BEA, said())
    await store.remove(ADA, "zeta")
    assert await store.decisions(ADA) == (said(other=OTHER),)
    assert await store.decisions(BEA) == (said(),)


async def test_forgetting_a_person_removes_what_they_said(store: ConnectionStore):
    await store.decide(ADA, said())
    await store.decide(BEA, said())
    assert (await store.forget(ADA)).decisions == 1
    assert await store.decisions(ADA) == ()
    assert await store.decisions(BEA) == (said(),)


async def test_an_export_tells_what_was_said_and_when(store: ConnectionStore):
    await store.decide(ADA, said())
    await store.decide(BEA, said(other=OTHER))
    assert (await store.export(ADA))["decisions"] == [
        {
            "one_provider": "acme",
            "one_id": "7",
            "other_provider": "zeta",
            "other_id": "a:1",
            "same": True,
            "decided_at": "2026-11-24T12:00:00.123456+00:00",
        }
    ]


async def test_a_person_has_room_for_so_many_words_and_can_still_change_them(store, monkeypatch):
    monkeypatch.setattr(deciding, "MOST_DECISIONS", 2)
    assert await store.decide(ADA, said())
    assert await store.decide(ADA, said(other=OTHER))
    third = said(COPY, OTHER)
    assert not await store.decide(ADA, third)
    assert await store.decide(BEA, third)
    changed = replace(said(), same=False)
    assert await store.decide(ADA, changed)
    assert await store.decisions(ADA) == (said(other=OTHER), changed)
    await store.undecide(ADA, changed.pair)
    assert await store.decide(ADA, third)


async def test_a_database_of_before_keeps_what_it_holds_and_learns_to_keep_words(
    settings, monkeypatch
):
    newest = command.upgrade
    monkeypatch.setattr(command, "upgrade", lambda config, _: newest(config, "0001"))
    old = await ConnectionStore.opened(settings)
    await old.put(a_record())
    await old.close()
    monkeypatch.undo()
    store = await ConnectionStore.opened(settings)
    assert await store.connection(ADA, "lakeside") == a_record()
    assert await store.decide(ADA, said())
    assert await store.decisions(ADA) == (said(),)
    await store.close()


@pytest.mark.parametrize("number", ["ключ", "a:b|c", "x" * 255])
async def test_an_id_may_be_of_any_characters(store: ConnectionStore, number: str):
    word = said(("acme", number), ("zeta", number))
    await store.decide(ADA, word)
    assert await store.decisions(ADA) == (word,)
