"""Connecting by a pasted key, and on a page of the provider's; failures that look like success."""

import base64
import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from connected import BASE, HARBOUR, LOCAL, NOW, Desk, config_of, desk

from pierre_mcp.connections.outcomes import ConnectionState, Result, Revoked, Status
from pierre_mcp.connections.records import PendingAuthorization
from pierre_mcp.errors import AuthenticationFailed, ErrorType, ProviderServerError
from pierre_mcp.principal import Principal
from pierre_mcp.spi import (
    ApiAuth,
    ApiKey,
    Connection,
    HostedLink,
    KeyExchange,
    OAuthParams,
    ProviderCapabilities,
    RefreshStyle,
)

KEYED = replace(
    HARBOUR,
    capabilities=ProviderCapabilities.ACTIVITIES,
    connection=Connection.API_KEY,
    oauth_endpoints=None,
    api_key=ApiKey(where="Made on the page of your boat."),
    scope_needs=(),
)
LINKED = replace(
    KEYED,
    connection=Connection.HOSTED_LINK,
    api_key=None,
    hosted_link=HostedLink(
        path="/auth/session",
        reference_field="reference_id",
        return_fields=("ok_url", "failed_url"),
        link_field="url",
        account_parameter="user_id",
        check_path="/auth/user",
        check_parameter="user_id",
        check_reference=("user", "reference_id"),
        revoke_path="/auth/user",
        body={"language": "en"},
    ),
    api_auth=ApiAuth(header=None, app_headers={"dev-id": "dev_id"}),
)

EXCHANGED = replace(
    KEYED,
    api_key=ApiKey(where="Make one.", exchange=KeyExchange(path="/keys/token", scheme="Key")),
)


async def test_a_pasted_key_is_a_connection():
    async with desk() as on:
        pending = await on.service.begin(LOCAL, KEYED, config_of(), through_page=False)
        outcome = await on.service.accept_key(KEYED, config_of(KEYED), pending.state, "  a-key\n")
        assert outcome.result is Result.CONNECTED
        assert (await on.keeper.current(replace_held(on, KEYED))).tokens.access == "a-key"
        again = await on.service.accept_key(KEYED, config_of(KEYED), pending.state, "another")
        assert again.result is Result.STATE_UNKNOWN


async def test_a_hosted_link_connects_the_account_that_comes_back():
    async with desk() as on:
        config = replace(config_of(LINKED), options={"dev_id": "7"})
        pending = await on.service.begin(LOCAL, LINKED, config, through_page=False)
        on.wire.override = (200, {"url": "https://harbour.test/connect/1"})
        url = await on.service.consent_url(LINKED, config, pending)
        assert url == "https://harbour.test/connect/1"
        answer = {"reference_id": pending.state, "user_id": "u-1"}
        on.wire.override = (200, {"user": {"user_id": "u-1", "reference_id": pending.state}})
        outcome = await on.service.complete(LINKED, config, answer)
        assert outcome.result is Result.CONNECTED
        assert on.store.rows[LOCAL, "harbour"].account_id == "u-1"
        on.wire.override = (200, {"status": "success"})
        done = await on.service.disconnect(LOCAL, LINKED, config)
        assert done.revoked is Revoked.YES
        assert on.wire.sent[-1] == ("DELETE", f"{BASE}/v3/auth/user?user_id=u-1")


@pytest.mark.parametrize(("account", "ended"), [("u-2", True), ("u-1", False)])
async def test_connecting_again_ends_the_account_that_the_first_time_made(account, ended):
    async with desk() as on:
        config = replace(config_of(LINKED), options={"dev_id": "7"})
        for user in ("u-1", account):
            pending = await on.service.begin(LOCAL, LINKED, config, through_page=False)
            on.wire.override = (200, {"user": {"user_id": user, "reference_id": pending.state}})
            answer = {"reference_id": pending.state, "user_id": user}
            assert (await on.service.complete(LINKED, config, answer)).result is Result.CONNECTED
        assert on.store.rows[LOCAL, "harbour"].account_id == account
        deleted = ("DELETE", f"{BASE}/v3/auth/user?user_id=u-1")
        assert (deleted in on.wire.sent) == ended


@pytest.mark.parametrize(
    "url",
    ["http://harbour.test/1", "https://", "http://[", "javascript:alert(1)", "ftp://localhost/", 7],
)
async def test_no_person_is_sent_to_an_address_that_is_not_safe(url):
    async with desk() as on:
        config = replace(config_of(LINKED), options={"dev_id": "7"})
        pending = await on.service.begin(LOCAL, LINKED, config, through_page=False)
        on.wire.override = (200, {"url": url})
        with pytest.raises(ProviderServerError, match="no page to connect on"):
            await on.service.consent_url(LINKED, config, pending)


@pytest.mark.parametrize(
    "told",
    [
        (200, {"user": {"user_id": "u-1", "reference_id": "another's"}}),
        (200, {"user": {"user_id": "u-1"}}),
        (200, {"user": []}),
        (404, {"message": "no such user"}),
        (200, None),
    ],
    ids=str,
)
async def test_an_account_that_was_not_connected_for_us_is_not_taken(told):
    async with desk() as on:
        config = replace(config_of(LINKED), options={"dev_id": "7"})
        pending = await on.service.begin(LOCAL, LINKED, config, through_page=False)
        on.wire.override = told
        answer = {"reference_id": pending.state, "user_id": "u-1"}
        outcome = await on.service.complete(LINKED, config, answer)
        assert outcome.result is Result.PROVIDER_FAILED
        assert on.store.rows == {}


@pytest.mark.parametrize(
    ("consented", "taken"), [(True, True), (False, False), (None, False), ("true", False)]
)
async def test_an_account_whose_owner_is_not_said_to_have_consented_is_not_taken(consented, taken):
    """The way back from a refusal may name the account too."""
    link = replace(LINKED.hosted_link, check_consent=("is_authenticated",))
    linked = replace(LINKED, hosted_link=link)
    async with desk() as on:
        config = replace(config_of(linked), options={"dev_id": "7"})
        pending = await on.service.begin(LOCAL, linked, config, through_page=False)
        told = {"user": {"reference_id": pending.state}, "is_authenticated": consented}
        on.wire.override = (200, told)
        answer = {"reference_id": pending.state, "user_id": "u-1"}
        outcome = await on.service.complete(linked, config, answer)
        assert (outcome.result is Result.CONNECTED) == taken
        assert bool(on.store.rows) == taken


def a_jwt(ends_at: datetime) -> str:
    parts = ({"alg": "none"}, {"exp": int(ends_at.timestamp())}, {})
    return ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts
    )


async def begun_with_a_key(on: Desk) -> PendingAuthorization:
    return await on.service.begin(LOCAL, EXCHANGED, config_of(EXCHANGED), through_page=False)


async def test_a_key_is_exchanged_and_again_before_the_token_ends():
    async with desk() as on:
        pending = await begun_with_a_key(on)
        first = a_jwt(NOW + timedelta(hours=24))
        on.wire.override = (200, first)
        config = config_of(EXCHANGED)
        outcome = await on.service.accept_key(EXCHANGED, config, pending.state, "the-key")
        assert outcome.result is Result.CONNECTED
        assert on.wire.sent == [("POST", f"{BASE}/v3/keys/token")]
        held = replace_held(on, EXCHANGED)
        assert (await on.keeper.current(held)).tokens.access == first
        assert len(on.wire.sent) == 1
        on.clock.advance(hours=23, minutes=56)
        second = a_jwt(NOW + timedelta(hours=48))
        on.wire.override = (200, f'"{second}"')
        assert (await on.keeper.current(held)).tokens.access == second
        assert len(on.wire.sent) == 2


@pytest.mark.parametrize("status", [400, 401, 403])
async def test_a_key_that_is_refused_leaves_the_consent_open_for_another(status: int):
    async with desk() as on:
        pending = await begun_with_a_key(on)
        config = config_of(EXCHANGED)
        on.wire.override = (status, {})
        refused = await on.service.accept_key(EXCHANGED, config, pending.state, "a-typo")
        assert refused.result is Result.KEY_REFUSED
        assert on.store.rows == {}
        on.wire.override = (200, a_jwt(NOW + timedelta(hours=24)))
        accepted = await on.service.accept_key(EXCHANGED, config, pending.state, "the-key")
        assert accepted.result is Result.CONNECTED


@pytest.mark.parametrize("answer", [(500, None), (200, None), (200, {}), (200, "two words")])
async def test_an_exchange_that_fails_says_nothing_about_the_key(answer):
    async with desk() as on:
        pending = await begun_with_a_key(on)
        on.wire.override = answer
        outcome = await on.service.accept_key(EXCHANGED, config_of(EXCHANGED), pending.state, "k")
        assert outcome.result is Result.PROVIDER_FAILED


async def test_a_key_deleted_there_means_that_the_person_connects_again():
    async with desk() as on:
        pending = await begun_with_a_key(on)
        on.wire.override = (200, a_jwt(NOW + timedelta(hours=24)))
        await on.service.accept_key(EXCHANGED, config_of(EXCHANGED), pending.state, "the-key")
        on.clock.advance(hours=25)
        on.wire.override = (401, {})
        with pytest.raises(AuthenticationFailed):
            await on.keeper.current(replace_held(on, EXCHANGED))
        states = await on.service.states(LOCAL, [EXCHANGED])
        assert states["harbour"].state is ConnectionState.NEEDS_REAUTH


async def test_a_key_that_ends_is_spoken_of_a_week_before():
    async with desk() as on:
        pending = await begun_with_a_key(on)
        on.wire.override = (200, a_jwt(NOW + timedelta(hours=24)))
        await on.service.accept_key(
            EXCHANGED, config_of(EXCHANGED), pending.state, "the-key", lives_days=30
        )

        async def status() -> Status:
            return (await on.service.states(LOCAL, [EXCHANGED]))["harbour"]

        assert (await status()).detail is None
        assert (await status()).expires_at == NOW + timedelta(days=30)
        on.clock.advance(days=23)
        assert "ends on 2026-12-24" in (await status()).detail
        assert (await status()).state is ConnectionState.CONNECTED
        on.clock.advance(days=7)
        assert (await status()).state is ConnectionState.EXPIRED


async def test_a_denial_without_an_error_is_one_where_the_provider_denies_so():
    silent = replace(HARBOUR, oauth_params=OAuthParams(denies_without_error=True))
    async with desk() as on:
        for descriptor, result in ((silent, Result.DENIED), (HARBOUR, Result.PROVIDER_FAILED)):
            pending = await on.service.begin(LOCAL, descriptor, config_of(), through_page=False)
            came_back = {"state": pending.state}
            outcome = await on.service.complete(descriptor, config_of(), came_back)
            assert outcome.result is result


async def test_a_failure_within_a_success_is_no_revocation():
    refuses = replace(
        HARBOUR, errors_in_success=True, read_error=lambda _, __: ErrorType.PROVIDER_ERROR
    )
    async with desk() as on:
        await on.connect()
        on.wire.override = (200, {"result": "5001"})
        done = await on.service.disconnect(LOCAL, refuses, config_of())
        assert (done.revoked, done.removed) == (Revoked.FAILED, True)


async def test_without_the_operators_keys_what_is_here_goes_all_the_same():
    async with desk() as on:
        config = replace(config_of(LINKED), options={"dev_id": "7"})
        pending = await on.service.begin(LOCAL, LINKED, config, through_page=False)
        on.wire.override = (200, {"user": {"user_id": "u-1", "reference_id": pending.state}})
        answer = {"reference_id": pending.state, "user_id": "u-1"}
        await on.service.complete(LINKED, config, answer)
        done = await on.service.disconnect(LOCAL, LINKED, config_of(LINKED))
        assert (done.revoked, done.removed) == (Revoked.FAILED, True)


async def test_a_failure_within_a_success_is_read_when_renewing():
    def read(_: int, body: Any) -> ErrorType | None:
        codes = {"5006": ErrorType.NEEDS_REAUTH, "5001": ErrorType.PROVIDER_ERROR}
        return codes.get(body.get("result")) if isinstance(body, dict) else None

    extends = replace(
        HARBOUR,
        oauth_params=OAuthParams(refresh=RefreshStyle.EXTENDS),
        errors_in_success=True,
        read_error=read,
    )
    async with desk() as on:
        before = await on.connect()
        held = replace_held(on, extends)
        on.clock.advance(hours=1)
        on.wire.override = (200, {"result": "5001"})
        with pytest.raises(ProviderServerError):
            await on.keeper.current(held)
        on.wire.override = (200, {"result": "0000"})
        assert (await on.keeper.current(held)).tokens.access == before.tokens.access
        on.clock.advance(hours=1)
        on.wire.override = (200, {"result": "5006"})
        with pytest.raises(AuthenticationFailed):
            await on.keeper.current(held)


async def test_only_the_right_person_uses_a_key():
    async with desk() as on:
        pending = await on.service.begin(
            Principal("club", "ada"), KEYED, config_of(), through_page=True
        )
        outcome = await on.service.accept_key(
            KEYED, config_of(KEYED), pending.state, "a-key", browser="guess"
        )
        assert outcome.result is Result.STATE_UNKNOWN
        assert on.store.rows == {}


def replace_held(on: Desk, descriptor):
    return replace(on.held(), descriptor=descriptor)
