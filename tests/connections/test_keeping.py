"""Tokens are always valid, whoever asks at once and whatever the provider answers (T1, T4 to T6).

The strict server revokes a grant whose single-use refresh token comes twice, so a lost race shows.
"""

import math
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import anyio
import pytest
from connected import HARBOUR, LOCAL, NOW, Desk, config_of, desk
from hypothesis import given
from hypothesis import strategies as st

from pierre_mcp.connections import keeping
from pierre_mcp.connections.keeping import Held, refresh_at
from pierre_mcp.connections.oauth import Granted, read_grant
from pierre_mcp.connections.outcomes import ConnectionState
from pierre_mcp.connections.records import Tokens
from pierre_mcp.errors import (
    AuthenticationFailed,
    NetworkError,
    NotConfigured,
    NotConnected,
    PierreError,
    ProviderServerError,
    ProviderTimeout,
)
from pierre_mcp.principal import Principal
from pierre_mcp.spi import OAuthParams, RefreshStyle

HOUR = timedelta(hours=1)


async def token(on: Desk, **more: str) -> str:
    return (await on.keeper.current(on.held(), **more)).tokens.access


async def test_a_valid_token_is_handed_out_without_asking_anyone():
    async with desk() as on:
        first = (await on.connect()).tokens.access
        on.clock.advance(minutes=48)
        assert await token(on) == first
        assert on.server.refreshes == 0


async def test_a_token_near_its_end_is_replaced_before_it_is_used():
    async with desk() as on:
        first = (await on.connect()).tokens.access
        on.clock.advance(seconds=3400)
        assert await token(on) != first
        assert on.server.refreshes == 1


async def test_many_callers_of_an_expired_token_cost_one_refresh():
    async with desk() as on:
        await on.connect()
        for number in range(1, 6):
            on.clock.advance(hours=1)
            got: list[str] = []

            async def ask(got: list[str] = got) -> None:
                got.append(await token(on))

            async with anyio.create_task_group() as callers:
                for _ in range(25):
                    callers.start_soon(ask)
            assert len(got) == 25
            assert len(set(got)) == 1
            assert on.server.accepts(got[0])
            assert on.server.refreshes == number
        assert not on.server.grants[0].revoked


async def test_a_caller_who_gives_up_does_not_lose_the_new_token():
    async with desk() as on:
        await on.connect()
        on.clock.advance(hours=1)
        asked, go_on = anyio.Event(), anyio.Event()

        async def wait() -> None:
            asked.set()
            await go_on.wait()

        on.wire.before = wait
        with anyio.CancelScope() as caller:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(token, on)
                await asked.wait()
                caller.cancel()
        go_on.set()
        on.wire.before = None
        assert on.server.accepts(await token(on))
        assert on.server.refreshes == 1


async def test_connections_do_not_wait_for_each_other():
    async with desk() as on:
        people = [Principal("club", f"u{number}") for number in range(100)]
        for person in people:
            await on.connect(person)
        on.clock.advance(hours=1)
        under_way = 0
        all_there = anyio.Event()

        async def meet() -> None:
            nonlocal under_way
            under_way += 1
            if under_way == len(people):
                all_there.set()
            await all_there.wait()  # passes only if all are under way at once

        on.wire.before = meet
        async with anyio.create_task_group() as callers:
            for person in people:
                callers.start_soon(on.keeper.current, on.held(person))
        assert on.server.refreshes == 100


async def test_a_refused_token_is_replaced_once():
    async with desk() as on:
        first = (await on.connect()).tokens.access
        on.clock.advance(minutes=5)
        second = await token(on, refused=first)
        assert second != first
        assert await token(on, refused=first) == second
        assert on.server.refreshes == 1


async def test_a_token_refused_right_after_it_was_issued_is_not_replaced_again():
    async with desk() as on:
        first = (await on.connect()).tokens.access
        for _ in range(5):
            with pytest.raises(AuthenticationFailed, match="just issued"):
                await token(on, refused=first)
        assert on.server.refreshes == 0


async def test_a_grant_that_is_over_means_that_the_person_connects_again():
    async with desk() as on:
        await on.connect()
        on.server.revoke_everything()
        on.clock.advance(hours=1)
        for _ in range(3):
            with pytest.raises(AuthenticationFailed, match="call connect_provider with 'harbour'"):
                await token(on)
        assert on.server.refreshes == 1
        assert (await on.connect()).needs_reauth is None
        assert on.server.accepts(await token(on))


async def test_a_refusal_is_no_end_when_another_process_has_newer_tokens():
    async with desk() as on:
        row = await on.connect()
        on.clock.advance(hours=1)
        newer = replace(row.tokens, access="theirs", obtained_at=on.clock())
        newer = replace(newer, expires_at=on.clock() + HOUR)

        async def another_process() -> None:
            on.store.rows[LOCAL, "harbour"] = replace(row, tokens=newer, version=row.version + 1)

        on.wire.before = another_process
        on.wire.override = (400, {"error": "invalid_grant"})
        assert await token(on) == "theirs"
        assert on.store.rows[LOCAL, "harbour"].needs_reauth is None


@pytest.mark.parametrize(
    "answer",
    [
        (500, None),
        (502, "x"),
        (503, {"error": "invalid_request"}),
        (429, {}),
        (200, {}),
        (302, None),
    ],
)
async def test_a_failing_provider_never_ends_a_connection(answer):
    async with desk() as on:
        await on.connect()
        on.clock.advance(hours=1)
        on.wire.override = answer
        for _ in range(4):
            with pytest.raises(ProviderServerError):
                await token(on)
            on.clock.advance(minutes=2)
        on.wire.override = None
        assert on.server.accepts(await token(on))


async def test_a_network_that_is_gone_never_ends_a_connection():
    async with desk() as on:
        await on.connect()
        on.clock.advance(hours=1)

        async def gone() -> None:
            raise NetworkError("harbour", "Harbour cannot be reached.")

        on.wire.before = gone
        with pytest.raises(NetworkError):
            await token(on)
        on.wire.before = None
        assert on.server.accepts(await token(on))


async def test_an_early_refresh_that_fails_leaves_the_token_in_use_until_it_ends():
    async with desk() as on:
        first = (await on.connect()).tokens.access
        on.wire.override = (503, None)
        on.clock.advance(seconds=3400)
        assert await token(on) == first
        on.clock.advance(seconds=200)
        with pytest.raises(ProviderServerError):
            await token(on)


async def test_unclear_refusals_end_a_connection_only_when_they_last():
    async with desk() as on:
        await on.connect()
        on.clock.advance(hours=1)
        on.wire.override = (400, {"message": "Bad Request"})
        for _ in range(3):
            with pytest.raises(ProviderServerError, match="without a clear reason"):
                await token(on)
        assert len(on.wire.sent) == 2, "the exchange and one refresh"
        on.clock.advance(seconds=31)
        with pytest.raises(AuthenticationFailed):
            await token(on)
        assert on.store.rows[LOCAL, "harbour"].needs_reauth is not None


async def test_wrong_credentials_of_the_operator_are_not_the_persons_fault():
    async with desk() as on:
        await on.connect()
        on.clock.advance(hours=1)
        on.server.client_secret = "changed"
        with pytest.raises(NotConfigured, match="operator"):
            await token(on)
        assert on.store.rows[LOCAL, "harbour"].needs_reauth is None


async def test_who_is_not_connected_is_told_what_to_call():
    async with desk() as on:
        with pytest.raises(NotConnected, match="connect_provider with 'harbour'"):
            await token(on)


async def test_a_person_who_disconnects_meanwhile_gets_no_token():
    async with desk() as on:
        await on.connect()
        on.clock.advance(hours=1)

        async def disconnect() -> None:
            on.store.rows.clear()

        on.wire.before = disconnect
        with pytest.raises(NotConnected):
            await token(on)


async def test_an_answer_without_a_refresh_token_keeps_the_old_one():
    async with desk() as on:
        on.server.rotates = False
        before = (await on.connect()).tokens.refresh
        for _ in range(3):
            on.clock.advance(hours=1)
            await token(on)
        assert on.store.rows[LOCAL, "harbour"].tokens.refresh == before


async def test_a_provider_that_extends_keeps_the_same_token_alive():
    params = replace(HARBOUR.oauth_params, refresh=RefreshStyle.EXTENDS, token_life_seconds=3600)
    extending = replace(HARBOUR, oauth_params=params)
    async with desk() as on:
        first = (await on.connect()).tokens.access
        on.clock.advance(hours=1)
        on.wire.override = (200, {"result": "0000", "message": "OK"})
        held = Held(principal=LOCAL, descriptor=extending, config=config_of())
        assert (await on.keeper.current(held)).tokens.access == first
        assert on.store.rows[LOCAL, "harbour"].tokens.expires_at == on.clock() + HOUR


async def test_a_refused_token_that_was_extended_is_tried_again_and_never_twice():
    params = replace(HARBOUR.oauth_params, refresh=RefreshStyle.EXTENDS, token_life_seconds=3600)
    held = Held(
        principal=LOCAL, descriptor=replace(HARBOUR, oauth_params=params), config=config_of()
    )
    async with desk() as on:
        first = (await on.connect()).tokens.access
        on.clock.advance(minutes=5)
        on.wire.override = (200, {"result": "0000", "message": "OK"})
        sent = len(on.wire.sent)
        assert (await on.keeper.current(held, refused=first)).tokens.access == first
        assert len(on.wire.sent) == sent + 1
        with pytest.raises(AuthenticationFailed, match="just issued"):
            await on.keeper.current(held, refused=first)
        assert len(on.wire.sent) == sent + 1


async def test_a_refused_token_that_another_process_has_just_extended_is_tried_again():
    params = replace(HARBOUR.oauth_params, refresh=RefreshStyle.EXTENDS)
    held = Held(
        principal=LOCAL, descriptor=replace(HARBOUR, oauth_params=params), config=config_of()
    )
    async with desk() as on:
        row = await on.connect()
        on.clock.advance(minutes=5)
        hold = on.locks.hold

        @asynccontextmanager
        async def after_another_process(*key):
            extended = replace(row.tokens, obtained_at=on.clock())
            on.store.rows[LOCAL, "harbour"] = replace(row, tokens=extended)
            async with hold(*key):
                yield

        on.locks.hold = after_another_process
        sent = len(on.wire.sent)
        assert (await on.keeper.current(held, refused=row.tokens.access)).tokens == replace(
            row.tokens, obtained_at=on.clock()
        )
        assert len(on.wire.sent) == sent


@pytest.mark.parametrize("style", [RefreshStyle.NONE, RefreshStyle.RENEWS])
async def test_a_refused_token_that_cannot_be_renewed_ends_the_connection(style):
    params = replace(HARBOUR.oauth_params, refresh=style)
    held = Held(
        principal=LOCAL, descriptor=replace(HARBOUR, oauth_params=params), config=config_of()
    )
    async with desk() as on:
        row = await on.connect()
        tokens = replace(row.tokens, refresh=None, expires_at=None)
        on.store.rows[LOCAL, "harbour"] = replace(row, tokens=tokens)
        with pytest.raises(AuthenticationFailed, match="call connect_provider with 'harbour'"):
            await on.keeper.current(held, refused=tokens.access)
        status = (await on.service.states(LOCAL, [held.descriptor]))["harbour"]
        assert status.state is ConnectionState.NEEDS_REAUTH
        assert "call connect_provider with 'harbour'" in status.detail


async def test_new_tokens_are_kept_over_what_a_second_refresh_made_of_the_old_ones():
    async with desk() as on:
        row = await on.connect()
        on.clock.advance(hours=1)

        async def refused_elsewhere() -> None:
            on.store.rows[LOCAL, "harbour"] = replace(
                row, needs_reauth="It is over.", version=row.version + 1
            )

        on.wire.before = refused_elsewhere
        assert on.server.accepts(await token(on))
        assert on.store.rows[LOCAL, "harbour"].needs_reauth is None


async def test_a_store_that_is_slow_to_keep_new_tokens_does_not_lose_them(monkeypatch):
    monkeypatch.setattr(keeping, "REFRESH_SECONDS", 0.01)
    async with desk() as on:
        await on.connect()
        on.clock.advance(hours=1)
        update = on.store.update

        async def slow(record):
            assert anyio.current_effective_deadline() == math.inf
            return await update(record)

        on.store.update = slow
        assert on.server.accepts(await token(on))


async def test_a_provider_that_never_answers_is_given_up_and_what_it_meant_is_said(monkeypatch):
    monkeypatch.setattr(keeping, "REFRESH_SECONDS", 0.01)
    async with desk() as on:
        await on.connect()
        on.clock.advance(hours=1)
        on.wire.before = anyio.sleep_forever
        with pytest.raises(ProviderTimeout, match="too long"):
            await token(on)


async def test_a_failing_commit_is_tried_again_before_the_token_is_given_up():
    async with desk() as on:
        await on.connect()
        on.clock.advance(hours=1)
        update, failures = on.store.update, [PierreError("The disk is full.")] * 2

        async def flaky(record):
            if failures:
                raise failures.pop()
            return await update(record)

        on.store.update = flaky
        assert on.server.accepts(await token(on))


@given(
    st.one_of(
        st.none(), st.booleans(), st.text(), st.integers(), st.floats(allow_nan=True),
        st.lists(st.integers()),
    )
)  # fmt: skip
def test_no_claim_about_its_life_makes_a_token_storm(expires_in):
    answer = (200, {"access_token": "a", "expires_in": expires_in})
    granted = read_grant(answer, OAuthParams(), NOW)
    assert isinstance(granted, Granted)
    life = granted.tokens.expires_at - NOW
    assert timedelta(seconds=60) <= life <= timedelta(days=3650)


@given(st.floats(60, 1e8), st.text(max_size=5))
def test_a_refresh_begins_early_but_never_twice_in_a_short_life(seconds, user):
    async def row():
        async with desk() as on:
            on.server.expires_in = seconds
            return await on.connect(Principal("t", user))

    record = anyio.run(row)
    early = (record.tokens.expires_at - refresh_at(record)).total_seconds()
    assert min(300, seconds * 0.1) * 0.99 <= early <= min(300, seconds * 0.1) * 1.21


def test_a_scope_that_a_refresh_asked_for_and_got_back_is_not_all_that_was_granted():
    before = Tokens(access="a", refresh="r", obtained_at=NOW)
    echoing = OAuthParams(additional_refresh_params={"scope": "offline"})
    answer = (200, {"access_token": "b", "scope": "offline"})
    for params, granted in ((echoing, None), (OAuthParams(), {"offline"})):
        renewed = read_grant(answer, params, NOW, before)
        assert isinstance(renewed, Granted)
        assert renewed.scopes == granted
    connected = read_grant(answer, echoing, NOW)
    assert isinstance(connected, Granted)
    assert connected.scopes == {"offline"}
