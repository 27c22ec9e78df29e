"""RELIABILITY S2: keys are rotated while servers read and write, and after a kill it goes on."""

import sys
from base64 import b64encode
from dataclasses import replace

import anyio
import pytest
from children import children
from databases import ADA, BEA, MASTER_KEY, NOW, a_consent, a_record, with_access
from tenants import read_all, read_and_write_until_told, rotate_and_die

from pierre_mcp.connections import resealing
from pierre_mcp.connections.key import Key
from pierre_mcp.connections.keyfile import KeyFile
from pierre_mcp.connections.keys import KeyRing
from pierre_mcp.connections.rotation import RotationReport, rotate
from pierre_mcp.connections.sealing import Sealer
from pierre_mcp.connections.store import ConnectionStore
from pierre_mcp.errors import SealBroken
from pierre_mcp.settings import Settings

SECOND_KEY = b64encode(b"\2" * 32).decode()


@pytest.fixture
def file_settings(tmp_path) -> Settings:
    return Settings(home=tmp_path / "home")


async def filled(settings: Settings, people: int) -> None:
    store = await ConnectionStore.opened(settings)
    for number in range(people):
        await store.put(
            a_record(ADA, f"p{number}", access=f"access {number}", refresh=f"refresh {number}")
        )
    await store.put(a_record(BEA, "written", refresh=None))
    await store.begin(a_consent())
    await store.begin(a_consent("no verifier", code_verifier=None))
    await store.close()


async def check(settings: Settings, people: int, report: RotationReport) -> None:
    """Everything opens, with nothing but the newest key."""
    store = await ConnectionStore.opened(settings)
    assert await store.keys_in_use() == {report.sealing_key}
    await read_all(store, people)
    assert (await store.connection(BEA, "written")).tokens.refresh is None
    assert (await store.look("state-1", NOW)).code_verifier == "verifier-1"
    assert (await store.look("no verifier", NOW)).code_verifier is None
    await store.close()


async def test_a_rotation_seals_everything_with_a_new_key(file_settings, monkeypatch):
    monkeypatch.setattr(resealing, "_BATCH", 2)
    await filled(file_settings, 5)
    (old,) = KeyFile(file_settings.home).read().keys
    report = await rotate(file_settings)
    assert report.sealing_key != old.id
    assert (report.resealed_rows, report.unreadable_rows) == (7, 0)
    assert (report.older_keys, report.dropped_keys, report.resumed) == ((old.id,), (), False)
    await check(file_settings, 5, report)


async def test_a_key_that_nothing_needs_is_dropped_by_the_rotation_after_next(file_settings):
    await filled(file_settings, 1)
    (first,) = KeyFile(file_settings.home).read().keys
    second = await rotate(file_settings)
    third = await rotate(file_settings)
    assert third.dropped_keys == (first.id,)
    assert third.older_keys == (second.sealing_key,)
    await check(file_settings, 1, third)


async def test_what_a_server_wrote_with_the_old_key_at_the_last_moment_stays_readable(
    file_settings,
):
    await filled(file_settings, 1)
    (first,) = KeyFile(file_settings.home).read().keys
    await rotate(file_settings)
    store = await ConnectionStore.opened(file_settings)
    # One that looked at the file just before the rotation.
    late = ConnectionStore(store.database, Sealer(KeyRing([first])))
    await late.put(a_record(ADA, "p0", access="access 0", refresh="refresh 0"))
    await store.close()
    report = await rotate(file_settings)
    assert report.dropped_keys == ()
    assert first.id in report.older_keys
    await check(file_settings, 1, report)


async def test_sealing_anew_does_not_disturb_a_refresh_under_way(settings: Settings):
    await filled(settings, 1)
    if settings.master_key is not None:
        settings = settings.model_copy(update={"master_key": f"{SECOND_KEY},{MASTER_KEY}"})
    store = await ConnectionStore.opened(settings)
    read = await store.connection(ADA, "p0")
    report = await rotate(settings)
    assert report.resealed_rows > 0
    assert await store.update(read) == replace(read, version=read.version + 1)
    await store.close()


async def test_what_is_written_while_a_row_is_sealed_anew_is_kept(file_settings, monkeypatch):
    await filled(file_settings, 1)
    store = await ConnectionStore.opened(file_settings)
    read = await store.connection(ADA, "p0")
    replace_rows = resealing._replace
    written = []

    async def write_first(*changes):
        if not written:
            written.append(await store.update(with_access(read, "newer")))
        return await replace_rows(*changes)

    monkeypatch.setattr(resealing, "_replace", write_first)
    report = await rotate(file_settings)
    assert await store.connection(ADA, "p0") == written[0]
    assert await store.keys_in_use() == {report.sealing_key}
    await store.close()


async def test_a_row_that_does_not_open_is_counted_and_keeps_nothing_else_back(settings: Settings):
    await filled(settings, 3)
    store = await ConnectionStore.opened(settings)
    foreign = ConnectionStore(store.database, Sealer(KeyRing([Key.of(b"\7" * 32)])))
    await foreign.put(a_record(ADA, "broken"))
    await store.close()
    if settings.master_key is not None:
        settings = settings.model_copy(update={"master_key": f"{SECOND_KEY},{MASTER_KEY}"})
    report = await rotate(settings)
    assert (report.resealed_rows, report.unreadable_rows) == (5, 1)
    store = await ConnectionStore.opened(settings)
    with pytest.raises(SealBroken):
        await store.connection(ADA, "broken")
    told = {record.provider: record for record in await store.connections(ADA)}
    assert "connect again" in told["broken"].needs_reauth
    assert told["broken"].tokens.access == ""
    assert told["p0"].tokens.access == "access 0"
    await store.close()


# Keys of the operator's


async def test_with_the_variable_everything_is_sealed_with_its_first_key(postgres_settings):
    await filled(postgres_settings, 2)
    both = postgres_settings.model_copy(update={"master_key": f"{SECOND_KEY},{MASTER_KEY}"})
    report = await rotate(both)
    assert report.resealed_rows == 4
    assert report.unused_keys == report.older_keys != ()
    assert "first key of PIERRE_MASTER_KEY" in report.next_step
    await check(both.model_copy(update={"master_key": SECOND_KEY}), 2, report)


async def test_with_one_key_in_the_variable_it_says_how_to_get_to_another(postgres_settings):
    await filled(postgres_settings, 1)
    report = await rotate(postgres_settings)
    assert (report.resealed_rows, report.older_keys) == (0, ())
    assert "add it behind the present one" in report.next_step


# While serving, and killed


async def test_servers_that_read_and_write_meanwhile_never_fail(file_settings, proof_scale):
    people = 10
    await filled(file_settings, people)
    with children(1, read_and_write_until_told, file_settings, people) as (server,):
        assert server.hear() == "ready"
        for _ in range(proof_scale(4, 100)):
            report = await rotate(file_settings)
        server.tell("enough")
        assert server.hear() > 0, "rounds without a failure"
        assert server.ended_well()
    await rotate(file_settings)
    report = await rotate(file_settings)
    await check(file_settings, people, report)


async def test_who_waits_to_write_while_keys_are_rotated_seals_with_one_that_is_there(
    file_settings,
):
    await filled(file_settings, 1)
    store = await ConnectionStore.opened(file_settings)
    read = await store.connection(ADA, "p0")
    waits = store.database._writer  # noqa: SLF001 - the writers of this process queue here
    async with anyio.create_task_group() as tasks, waits:
        tasks.start_soon(store.update, with_access(read, "written late"))
        await anyio.wait_all_tasks_blocked()
        for _ in range(3):
            await rotate(file_settings)
    written = await store.connection(ADA, "p0")
    await store.close()
    assert written.tokens.access == "written late"
    report = await rotate(file_settings)
    assert report.unreadable_rows == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
async def test_killed_at_any_moment_a_rotation_can_be_read_past_and_resumed(file_settings):
    people = 3
    await filled(file_settings, people)
    before = KeyFile(file_settings.home).read().keys[0].id
    resumed = set()
    for step in range(1, 100):
        with children(1, rotate_and_die, file_settings, step) as (child,):
            if child.ended_well():
                break
            assert child.process.exitcode == -9
        store = await ConnectionStore.opened(file_settings)
        await read_all(store, people)
        await store.close()
        left = KeyFile(file_settings.home).read()
        report = await rotate(file_settings)
        resumed.add(report.resumed)
        if report.resumed:
            # Servers may still write with any of these: none is dropped, and no other one made.
            assert (report.sealing_key, *report.older_keys) == tuple(key.id for key in left.keys)
        assert report.sealing_key != before
        assert len(report.older_keys) < 3, "keys do not pile up"
        before = report.sealing_key
        await check(file_settings, people, report)
    assert step > 10
    assert resumed == {True, False}
