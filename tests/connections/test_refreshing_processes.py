"""Refreshes of real processes at a strict provider: at once, side by side, killed (T1 to T3)."""

import random
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import Enum

import anyio
import anyio.to_thread
import pytest
from children import children
from connected import HARBOUR
from databases import ADA, NOW
from refreshers import ask_all_at_once, connect, opened, refresh_until_killed, tokens_of

from pierre_mcp.connections.keeping import ConnectionTokens
from pierre_mcp.connections.opening import OpenConnections
from pierre_mcp.connections.outcomes import ConnectionState
from pierre_mcp.errors import AuthenticationFailed
from pierre_mcp.principal import Principal
from pierre_mcp.settings import Settings
from pierre_mcp.testing import FakeApi, FakeClock, FakeRequest, OAuthServer, Reply

PATIENCE_SECONDS = 60


class Moment(Enum):
    """When a process is killed."""

    BETWEEN = "between two refreshes, or wherever it is by then"
    ASKED = "its request is at the provider, which does not do it"
    ANSWERED = "the provider has done it, and the answer is under way"


@dataclass
class Provider:
    """A strict OAuth server on a socket that can hold a refresh until its asker is dead."""

    oauth: OAuthServer = field(default_factory=OAuthServer)
    base: str = ""
    holding: Moment | None = None
    held: anyio.Event = field(default_factory=anyio.Event)
    go_on: anyio.Event = field(default_factory=anyio.Event)

    async def token(self, request: FakeRequest) -> Reply:
        if self.holding is None or b"refresh_token" not in request.body:
            return await self.oauth.token(request)
        moment, self.holding = self.holding, None
        reply: Reply = (503, None, {})
        if moment is Moment.ANSWERED:
            reply = await self.oauth.token(request)
        self.held.set()
        await self.go_on.wait()
        return reply

    def hold_the_next(self, moment: Moment) -> None:
        self.holding, self.held, self.go_on = moment, anyio.Event(), anyio.Event()


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    made = Provider()
    async with FakeApi(made.oauth.routes | {"POST /oauth/token": made.token}) as api:
        made.base = api.url
        yield made


async def test_callers_in_many_processes_cost_an_expired_token_one_refresh(
    locked_by: Settings, provider: Provider, proof_scale
):
    processes, callers, rounds = proof_scale((3, 25, 3), (8, 25, 20))
    valid = 0
    async with opened(locked_by, FakeClock(NOW)) as room:
        await connect(room, provider.base)
        with children(processes, ask_all_at_once, locked_by, provider.base, callers) as servers:
            for server in servers:
                assert await anyio.to_thread.run_sync(server.hear) == "ready"
            for already in range(rounds):
                record = await room.store.connection(ADA, "harbour")
                over = NOW - timedelta(hours=1)
                past = replace(record.tokens, obtained_at=over, expires_at=over)
                await room.store.update(replace(record, tokens=past))
                for server in servers:
                    server.tell("ask")
                for server in servers:
                    got = await anyio.to_thread.run_sync(server.hear)
                    valid += sum(provider.oauth.accepts(token) for token in got)
                assert provider.oauth.refreshes == already + 1
    assert valid == processes * callers * rounds
    assert not any(grant.revoked for grant in provider.oauth.grants)


async def test_a_hundred_connections_are_refreshed_side_by_side(
    locked_by: Settings, provider: Provider
):
    clock = FakeClock(NOW)
    people = [Principal("club", f"person {number}") for number in range(100)]
    everyone, waiting = anyio.Event(), 0

    async def together(request: FakeRequest) -> Reply:
        """Nobody is answered before all have asked: who waited for another would wait for ever."""
        nonlocal waiting
        if b"refresh_token" in request.body:
            waiting += 1
            if waiting == len(people):
                everyone.set()
            await everyone.wait()
        return await provider.oauth.token(request)

    async with (
        FakeApi(provider.oauth.routes | {"POST /oauth/token": together}) as api,
        opened(locked_by, clock) as room,
    ):
        for person in people:
            await connect(room, api.url, person)
        clock.advance(hours=1)
        with anyio.fail_after(PATIENCE_SECONDS):
            async with anyio.create_task_group() as asking:
                for person in people:
                    asking.start_soon(tokens_of(room, api.url, person).token)
    assert provider.oauth.refreshes == len(people)


async def _over(room: OpenConnections, tokens: ConnectionTokens, oauth: OAuthServer) -> bool:
    """Whether the connection is over, which is then said once and for all; else it works."""
    try:
        assert oauth.accepts(await tokens.token())
    except AuthenticationFailed as failed:
        said = str(failed)
    else:
        return False
    requests = oauth.token_requests
    with pytest.raises(AuthenticationFailed) as again:
        await tokens.token()
    assert str(again.value) == said
    assert oauth.token_requests == requests, "it does not ask in vain again"
    status = await room.service.states(ADA, [HARBOUR])
    assert status["harbour"].state is ConnectionState.NEEDS_REAUTH
    return True


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
async def test_a_process_killed_amid_its_refresh_costs_at_most_that_one_connection(
    settings: Settings, provider: Provider, proof_scale
):
    dice, clock = random.Random(20261125), FakeClock(NOW)
    oauth = provider.oauth
    others = [Principal("club", f"person {number}") for number in range(4)]
    async with opened(settings, clock) as room:
        for person in others:
            await connect(room, provider.base, person)
        for number in range(proof_scale(6, 250)):
            moment = list(Moment)[number % 3]
            await connect(room, provider.base)
            grant = oauth.grants[-1]
            begin, base = clock(), provider.base
            with children(1, refresh_until_killed, settings, base, begin) as (server,):
                for _ in range(dice.randrange(0, 4)):
                    await anyio.to_thread.run_sync(server.hear)
                if moment is not Moment.BETWEEN:
                    provider.hold_the_next(moment)
                    await provider.held.wait()
                await anyio.to_thread.run_sync(server.kill)
                provider.go_on.set()
            clock.advance(days=1)
            tokens = tokens_of(room, provider.base)
            with anyio.fail_after(PATIENCE_SECONDS):
                lost = await _over(room, tokens, oauth)
                assert lost == grant.revoked
                assert lost or moment is not Moment.ANSWERED, "its token was replaced unseen"
                assert not lost or moment is not Moment.ASKED, "nothing was replaced"
                for person in others:
                    assert oauth.accepts(await tokens_of(room, provider.base, person).token())
    assert not any(grant.revoked for grant in oauth.grants[: len(others)])
