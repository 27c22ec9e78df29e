"""Several processes on one store: they start at once, they race, and they are killed (T1, T3)."""

import random
import sys

import anyio
import pytest
from children import children
from databases import ADA, BEA, NOW, a_consent, a_record
from tenants import change_until_done, start_and_keep_one, write_until_killed

from pierre_mcp.connections.store import ConnectionStore
from pierre_mcp.principal import Principal

PATIENCE_SECONDS = 60


async def test_8_processes_that_start_at_once_on_nothing_all_succeed(settings):
    with children(8, start_and_keep_one, settings) as starters:
        for child in starters:
            assert child.hear() == "ready"
        for number, child in enumerate(starters):
            child.tell(f"p{number}")
        for child in starters:
            assert child.hear() == "kept"
    store = await ConnectionStore.opened(settings)
    assert [record.tokens.access for record in await store.connections(ADA)] == ["access-1"] * 8
    await store.close()


async def test_of_processes_that_change_one_connection_none_undoes_anothers_change(
    settings, proof_scale
):
    processes, wins = 3, proof_scale(15, 300)
    store = await ConnectionStore.opened(settings)
    first = await store.put(a_record(access="0"))
    with children(processes, change_until_done, settings, wins) as racers:
        for child in racers:
            assert child.hear() == "ready"
        for child in racers:
            child.tell("go")
        for child in racers:
            assert child.hear() == "done"
    last = await store.connection(ADA, "lakeside")
    await store.close()
    assert last.tokens.access == str(processes * wins)
    assert last.version == first.version + processes * wins


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
async def test_a_writer_killed_at_any_moment_harms_nothing_and_holds_nobody_up(
    settings, proof_scale
):
    dice = random.Random(20261124)
    store = await ConnectionStore.opened(settings)
    others = [Principal("club", f"person {number}") for number in range(20)]
    kept = [await store.put(a_record(person)) for person in others]
    consent = a_consent("another's", BEA)
    await store.begin(consent)
    for _ in range(proof_scale(10, 500)):
        with children(1, write_until_killed, settings) as (writer,):
            for _ in range(dice.randrange(1, 12)):
                number = writer.hear()
            writer.kill()
        with anyio.fail_after(PATIENCE_SECONDS):
            mine = await store.connections(ADA)
            assert len(mine) <= 1
            for record in mine:
                what, _, said = record.tokens.access.partition(" ")
                assert what in ("put", "updated")
                assert int(said) >= number - 1, "what it had said it was through with was kept"
            again = await ConnectionStore.opened(settings)
            assert [await again.connection(person, "lakeside") for person in others] == kept
            assert await again.look("another's", NOW) == consent
            await again.put(a_record(access="put 0"))
            assert await again.remove(ADA, "lakeside")
            await again.close()
    await store.close()
