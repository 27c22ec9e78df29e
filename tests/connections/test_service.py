"""Consent and its end: state in all its ways to be wrong, PKCE, scopes, disconnecting (O1, O3)."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import anyio
import pytest
from connected import HARBOUR, LOCAL, NOW, Desk, config_of, desk
from hypothesis import given
from hypothesis import strategies as st

from pierre_mcp.connections import oauth
from pierre_mcp.connections.outcomes import ConnectionState, Outcome, Result, Revoked
from pierre_mcp.connections.records import PendingAuthorization, Tokens
from pierre_mcp.connections.service import Connections
from pierre_mcp.errors import NetworkError, SealBroken
from pierre_mcp.spi import (
    ClientAuth,
    OAuthParams,
    RevokeStyle,
)

OTHER = replace(HARBOUR, name="quay", display_name="Quay")


async def began(on: Desk, *, through_page: bool = False) -> tuple[PendingAuthorization, dict]:
    """A consent, and what the browser brings back of it."""
    pending = await on.service.begin(LOCAL, HARBOUR, config_of(), through_page=through_page)
    url = await on.service.consent_url(HARBOUR, config_of(), pending)
    return pending, await on.wire.consent(url)


async def completed(on: Desk, answer: dict, **more: str) -> Outcome:
    return await on.service.complete(HARBOUR, config_of(), answer, **more)


async def test_consent_given_makes_a_connection():
    async with desk() as on:
        on.server.token_extra = {"athlete": {"id": 1234567890123456789}}
        _, answer = await began(on)
        outcome = await completed(on, answer)
        assert (outcome.result, outcome.lacking) == (Result.CONNECTED, ())
        row = on.store.rows[LOCAL, "harbour"]
        assert on.server.accepts(row.tokens.access)
        assert row.account_id == "1234567890123456789"
        assert row.granted_scopes == {"read", "read_all"}


@pytest.mark.parametrize(
    ("told", "account"),
    [
        ((200, {"user": {"id": 7}}), "7"),
        ((200, {"user": {}}), None),
        ((200, "7"), None),
        ((500, {"user": {"id": 7}}), None),
        (None, None),
    ],
)
async def test_an_account_that_the_tokens_do_not_name_is_asked_for(told, account):
    params = replace(HARBOUR.oauth_params, account_at="users/me", account_path=("user", "id"))
    asked_about = replace(HARBOUR, oauth_params=params)
    async with desk() as on:
        _, answer = await began(on)
        asked: list[tuple[str, str]] = []

        async def send(provider, method, url, *, headers, body=None):
            if not url.endswith("/users/me"):
                return await on.wire(provider, method, url, headers=headers, body=body)
            asked.append((method, url))
            assert on.server.accepts(headers["Authorization"].removeprefix("Bearer "))
            if told is None:
                raise NetworkError(provider, "gone")
            return told

        service = Connections(store=on.store, keeper=on.keeper, send=send, clock=on.clock)
        outcome = await service.complete(asked_about, config_of(), answer)
        assert outcome.result is Result.CONNECTED
        assert asked == [("GET", f"{config_of().api_base_url}/users/me")]
        assert on.store.rows[LOCAL, "harbour"].account_id == account


async def test_the_authorization_address_says_all_that_it_has_to():
    async with desk() as on:
        pending = await on.service.begin(LOCAL, HARBOUR, config_of(), through_page=False)
        url = await on.service.consent_url(HARBOUR, config_of(), pending)
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        challenge = asked.pop("code_challenge")
        assert len(challenge) == 43
        assert asked == {
            "response_type": "code",
            "client_id": "client",
            "redirect_uri": "http://localhost:8081/api/oauth/callback/harbour",
            "scope": "read,read_all",
            "state": pending.state,
            "code_challenge_method": "S256",
        }
        assert "shh" not in url


def test_the_challenge_is_that_of_rfc_7636():
    pending = PendingAuthorization(
        state="s",
        principal=LOCAL,
        provider="harbour",
        redirect_uri="http://localhost/",
        code_verifier="dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        created_at=NOW,
        expires_at=NOW,
    )
    url = oauth.authorization_url(HARBOUR, config_of(), pending)
    assert "code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" in url


@pytest.mark.parametrize(
    "wrong", ["missing", "wrong", "expired", "used", "another_provider", "another_browser"]
)
async def test_a_state_that_is_not_right_is_refused(wrong: str):
    async with desk() as on:
        through_page = wrong == "another_browser"
        pending, answer = await began(on, through_page=through_page)
        descriptor, browser = HARBOUR, None
        match wrong:
            case "missing":
                del answer["state"]
            case "wrong":
                answer["state"] = "x" + answer["state"][1:]
            case "expired":
                on.clock.advance(minutes=10)
            case "used":
                await completed(on, answer)
                on.store.rows.clear()
            case "another_provider":
                descriptor = OTHER
            case "another_browser":
                assert await on.service.open_in_browser(pending.state)
                browser = "not the cookie"
        outcome = await on.service.complete(descriptor, config_of(), answer, browser=browser)
        assert outcome.result is Result.STATE_UNKNOWN
        assert on.store.rows == {}


async def test_a_state_connects_the_person_who_began_and_no_other():
    async with desk() as on:
        _, answer = await began(on)
        await completed(on, answer)
        assert set(on.store.rows) == {(LOCAL, "harbour")}


async def test_of_a_hundred_callbacks_with_one_state_one_is_accepted():
    async with desk() as on:
        _, answer = await began(on)
        results: list[Result] = []

        async def call() -> None:
            results.append((await completed(on, answer)).result)

        async with anyio.create_task_group() as callers:
            for _ in range(100):
                callers.start_soon(call)
        assert results.count(Result.CONNECTED) == 1
        assert results.count(Result.STATE_UNKNOWN) == 99
        assert on.server.token_requests == 1


async def test_a_consent_through_our_page_comes_back_in_the_same_browser_only():
    async with desk() as on:
        pending, answer = await began(on, through_page=True)
        assert (await completed(on, answer)).result is Result.STATE_UNKNOWN
        opened = await on.service.open_in_browser(pending.state)
        assert opened is not None
        assert await on.service.open_in_browser(pending.state) is None, "a second browser"
        assert (await completed(on, answer)).result is Result.STATE_UNKNOWN
        assert (await completed(on, answer, browser=opened[1])).result is Result.CONNECTED


async def test_a_person_who_denies_is_told_so_and_nothing_is_kept():
    async with desk() as on:
        on.server.consents = False
        _, answer = await began(on)
        assert (await completed(on, answer)).result is Result.DENIED
        assert on.store.rows == {}


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        ((500, None), Result.PROVIDER_FAILED),
        ((400, {"error": "invalid_grant"}), Result.PROVIDER_FAILED),
        ((401, {"error": "invalid_client"}), Result.NOT_ACCEPTED),
        ((200, {"token": "x"}), Result.PROVIDER_FAILED),
        ((200, ["access_token"]), Result.PROVIDER_FAILED),
    ],
)
async def test_a_code_that_brings_no_token_makes_no_connection(answer, result):
    async with desk() as on:
        _, brought = await began(on)
        on.wire.override = answer
        assert (await completed(on, brought)).result is result
        assert on.store.rows == {}


async def test_a_network_that_fails_at_the_exchange_is_the_providers_failure():
    async with desk() as on:
        _, brought = await began(on)

        async def gone() -> None:
            raise NetworkError("harbour", "gone")

        on.wire.before = gone
        assert (await completed(on, brought)).result is Result.PROVIDER_FAILED


async def test_an_unticked_box_is_recorded_and_said():
    async with desk() as on:
        on.server.granted_scope = "read"
        outcome = await completed(on, (await began(on))[1])
        assert [need.scope for need in outcome.lacking] == ["read_all"]
        states = await on.service.states(LOCAL, [HARBOUR])
        assert states["harbour"].state is ConnectionState.CONNECTED
        assert "activities that only you can see" in (states["harbour"].detail or "")


@pytest.mark.parametrize("client_auth", ["body", "header"])
async def test_the_client_is_named_where_the_provider_wants_it(client_auth: str):
    style = ClientAuth.BODY if client_auth == "body" else ClientAuth.HEADER
    descriptor = replace(HARBOUR, oauth_params=OAuthParams(client_auth=style))
    async with desk() as on:
        on.server.client_auth = client_auth
        pending = await on.service.begin(LOCAL, descriptor, config_of(), through_page=False)
        url = await on.service.consent_url(descriptor, config_of(), pending)
        answer = await on.wire.consent(url)
        outcome = await on.service.complete(descriptor, config_of(), answer)
        assert outcome.result is Result.CONNECTED


# Status


async def test_the_status_follows_a_connection_through_its_life():
    async with desk() as on:

        async def state() -> ConnectionState:
            return (await on.service.states(LOCAL, [HARBOUR]))["harbour"].state

        assert await state() is ConnectionState.DISCONNECTED
        _, answer = await began(on)
        assert await state() is ConnectionState.PENDING
        on.clock.advance(minutes=11)
        assert await state() is ConnectionState.DISCONNECTED
        _, answer = await began(on)
        await completed(on, answer)
        assert await state() is ConnectionState.CONNECTED
        on.server.revoke_everything()
        on.clock.advance(hours=2)
        assert await state() is ConnectionState.CONNECTED, "a refresh is expected to work"
        with pytest.raises(Exception, match="no longer accepts"):
            await on.keeper.current(on.held())
        assert await state() is ConnectionState.NEEDS_REAUTH


async def test_a_token_that_ends_and_cannot_be_renewed_is_expired():
    async with desk() as on:
        on.server.omit = frozenset({"refresh_token"})
        await completed(on, (await began(on))[1])
        on.clock.advance(hours=2)
        states = await on.service.states(LOCAL, [HARBOUR])
        assert states["harbour"].state is ConnectionState.EXPIRED


async def test_the_status_never_needs_the_network():
    async with desk() as on:
        await on.connect()
        sent = len(on.wire.sent)
        on.clock.advance(hours=2)
        await on.service.states(LOCAL, [HARBOUR])
        assert len(on.wire.sent) == sent


# Disconnecting


async def test_disconnecting_revokes_removes_and_may_be_repeated():
    async with desk() as on:
        await on.connect()
        first = await on.service.disconnect(LOCAL, HARBOUR, config_of())
        assert (first.revoked, first.removed) == (Revoked.YES, True)
        assert on.server.grants[0].revoked
        again = await on.service.disconnect(LOCAL, HARBOUR, config_of())
        assert (again.revoked, again.removed) == (Revoked.NOTHING, False)


@pytest.mark.parametrize("answer", [(500, None), (400, {"error": "x"})])
async def test_what_is_here_goes_even_when_the_provider_refuses(answer):
    async with desk() as on:
        await on.connect()
        on.wire.override = answer
        done = await on.service.disconnect(LOCAL, HARBOUR, config_of())
        assert (done.revoked, done.removed) == (Revoked.FAILED, True)


async def test_a_connection_whose_secret_no_longer_opens_goes_all_the_same(monkeypatch):
    async def broken(*_):
        raise SealBroken("the key is gone")

    async with desk() as on:
        await on.connect()
        monkeypatch.setattr(on.store, "connection", broken)
        done = await on.service.disconnect(LOCAL, HARBOUR, config_of())
        assert (done.revoked, done.removed) == (Revoked.FAILED, True)


@pytest.mark.parametrize(
    "style", [RevokeStyle.DELETE, RevokeStyle.ACCESS_TOKEN_FORM, RevokeStyle.TOKEN_QUERY]
)
async def test_a_provider_is_told_with_an_access_token_that_is_still_good(style: RevokeStyle):
    config = replace(config_of(), revoke_style=style)
    async with desk() as on:
        first = (await on.connect()).tokens.access
        on.clock.advance(hours=2)
        told: list[str] = []

        async def revoking(_, method, url, *, headers, body=None):
            assert (method == "DELETE") == (style is RevokeStyle.DELETE)
            shown = parse_qs(urlsplit(url).query) | parse_qs(body or "")
            header = headers.get("Authorization", "").removeprefix("Bearer ")
            told.append(header or (shown.get("token") or shown["access_token"])[0])
            return (204, None)

        service = Connections(store=on.store, keeper=on.keeper, send=revoking, clock=on.clock)
        done = await service.disconnect(LOCAL, HARBOUR, config)
        assert (done.revoked, done.removed) == (Revoked.YES, True)
        assert len(told) == 1
        assert told[0] != first
        assert on.server.accepts(told[0])


async def test_a_connection_that_cannot_be_refreshed_any_more_is_ended_with_what_there_is():
    config = replace(config_of(), revoke_style=RevokeStyle.DELETE)
    async with desk() as on:
        await on.connect()
        on.server.revoke_everything()
        on.clock.advance(hours=2)
        on.wire.override = (400, {"error": "invalid_grant"})
        done = await on.service.disconnect(LOCAL, HARBOUR, config)
        assert (done.revoked, done.removed) == (Revoked.FAILED, True)
        assert on.wire.sent[-1] == ("DELETE", config.revoke_url)


async def test_whoever_gives_up_a_disconnect_leaves_nothing_behind():
    async with desk() as on:
        await on.connect()
        asked = anyio.Event()

        async def wait() -> None:
            asked.set()
            await anyio.sleep_forever()

        on.wire.before = wait
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(on.service.disconnect, LOCAL, HARBOUR, config_of())
            await asked.wait()
            tasks.cancel_scope.cancel()
        assert on.store.rows == {}


@pytest.mark.parametrize("while_it", ["asks", "writes"])
@pytest.mark.parametrize("by", ["a scope", "the event loop"])
async def test_a_browser_that_goes_away_does_not_cost_the_code_that_it_brought(while_it, by):
    async with desk() as on:
        _, answer = await began(on)
        there, go_on = anyio.Event(), anyio.Event()

        async def wait() -> None:
            there.set()
            await go_on.wait()

        if while_it == "asks":
            on.wire.before = wait
        else:
            put = on.store.put

            async def slow(record):
                await wait()
                return await put(record)

            on.store.put = slow
        scope = anyio.CancelScope()

        async def browse() -> None:
            with scope:
                await completed(on, answer)

        browser = asyncio.ensure_future(browse())
        await there.wait()
        if by == "a scope":
            scope.cancel()
        else:
            browser.cancel()
        await anyio.lowlevel.checkpoint()
        go_on.set()
        await asyncio.wait([browser])
        assert on.server.accepts(on.store.rows[LOCAL, "harbour"].tokens.access)


async def test_a_consent_under_way_ends_with_the_connection():
    async with desk() as on:
        _, answer = await began(on)
        await on.service.disconnect(LOCAL, HARBOUR, config_of())
        assert (await completed(on, answer)).result is Result.STATE_UNKNOWN


@pytest.mark.parametrize("style", list(RevokeStyle))
def test_every_style_of_revoking_shows_the_token_in_its_own_place(style: RevokeStyle):
    config = replace(config_of(), revoke_style=style)
    tokens = Tokens(access="the access", refresh="the refresh", obtained_at=NOW)
    request = oauth.revocation(HARBOUR, config, tokens)
    assert request is not None
    told = (request.method, request.body, urlsplit(request.url).query, dict(request.headers))
    match style:
        case RevokeStyle.TOKEN_FORM:
            assert told[1] == "token=the+refresh&token_type_hint=refresh_token"
            assert told[3]["Authorization"].startswith("Basic ")
        case RevokeStyle.ACCESS_TOKEN_FORM:
            assert told[:2] == ("POST", "access_token=the+access")
        case RevokeStyle.TOKEN_QUERY:
            assert told[:3] == ("POST", None, "token=the+access")
        case RevokeStyle.DELETE:
            assert told[0] == "DELETE"
            assert told[3]["Authorization"] == "Bearer the access"
    assert "the access" not in repr(request)


@given(st.dictionaries(st.text(), st.text()))
def test_nothing_that_comes_back_uninvited_makes_a_connection(answer):
    async def come_back() -> Result:
        async with desk() as on:
            on.clock.advance(seconds=timedelta(minutes=1).total_seconds())
            return (await completed(on, answer)).result

    assert anyio.run(come_back) is Result.STATE_UNKNOWN
