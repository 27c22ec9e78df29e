"""What the store keeps, who is first, and what is gone, on SQLite and on PostgreSQL."""

from dataclasses import replace
from datetime import timedelta

import anyio
import pytest
from databases import ADA, BEA, NOW, a_consent, a_record, with_access

from pierre_mcp.connections.records import ApiToken, PendingSummary
from pierre_mcp.connections.rows import hashed
from pierre_mcp.connections.store import ConnectionStore
from pierre_mcp.principal import Principal

LATER = NOW + timedelta(minutes=11)
EMPTY = {
    "needs_reauth": None,
    "refused_at": None,
    "account_id": None,
    "refresh": None,
    "requested_scopes": frozenset(),
    "granted_scopes": frozenset(),
}


async def gathered(number: int, work) -> list:
    """What that many calls of ``work`` at once return."""
    results = []

    async def one(place: int) -> None:
        results.append(await work(place))

    async with anyio.create_task_group() as tasks:
        for place in range(number):
            tasks.start_soon(one, place)
    return results


def an_api_token(known_as: str = "t1", **more) -> ApiToken:
    values = {"principal": ADA, "label": "laptop", "created_at": NOW, "expires_at": LATER}
    return ApiToken(id=known_as, **(values | more))


# Connections


@pytest.mark.parametrize("more", [{}, EMPTY, {"needs_reauth": "Connect again."}])
async def test_a_connection_comes_back_as_it_was_put(store: ConnectionStore, more):
    record = a_record(**more)
    assert await store.put(record) == record
    assert await store.connection(ADA, "lakeside") == record


async def test_a_secret_without_an_end_and_of_any_characters_comes_back(store: ConnectionStore):
    record = a_record(access="\x00ключ\ud800" + "k" * 10_000, refresh="")
    record = replace(record, tokens=replace(record.tokens, expires_at=None))
    await store.put(record)
    assert await store.connection(ADA, "lakeside") == record


async def test_what_was_never_connected_is_none(store: ConnectionStore):
    await store.put(a_record())
    assert await store.connection(ADA, "other") is None
    assert await store.connection(BEA, "lakeside") is None
    assert await store.connection(Principal("other club", "ada"), "lakeside") is None


async def test_a_persons_connections_are_listed_by_provider_and_nobody_elses(store):
    for principal, provider in [(ADA, "b"), (ADA, "a"), (BEA, "c"), (Principal("x", "ada"), "d")]:
        await store.put(a_record(principal, provider))
    assert [record.provider for record in await store.connections(ADA)] == ["a", "b"]


async def test_connecting_again_replaces_everything_and_counts_on(store: ConnectionStore):
    await store.put(a_record())
    again = a_record(access="other", **EMPTY)
    kept = await store.put(again)
    assert kept == replace(again, version=2)
    assert await store.connections(ADA) == (kept,)


async def test_a_change_is_kept_and_counted(store: ConnectionStore):
    read = await store.put(a_record())
    changed = replace(with_access(read, "access-2"), needs_reauth="Connect again.", refused_at=None)
    kept = await store.update(changed)
    assert kept == replace(changed, version=2)
    assert await store.connection(ADA, "lakeside") == kept


async def test_of_two_changes_to_the_same_reading_the_second_is_refused(store: ConnectionStore):
    read = await store.put(a_record())
    first = await store.update(with_access(read, "first"))
    assert await store.update(with_access(read, "second")) is None
    assert await store.connection(ADA, "lakeside") == first


async def test_of_many_changes_at_once_exactly_one_is_kept(store: ConnectionStore):
    read = await store.put(a_record())
    results = await gathered(25, lambda place: store.update(with_access(read, f"a{place}")))
    kept = [result for result in results if result is not None]
    assert len(kept) == 1
    assert await store.connection(ADA, "lakeside") == kept[0]


async def test_a_change_to_a_connection_that_was_made_anew_is_refused(store: ConnectionStore):
    read = await store.put(a_record())
    await store.remove(ADA, "lakeside")
    anew = await store.put(a_record(access="anew", connected_at=NOW))
    assert anew.version == read.version
    assert await store.update(with_access(read, "late")) is None
    assert await store.connection(ADA, "lakeside") == anew


async def test_a_change_to_a_connection_that_is_gone_brings_it_not_back(store: ConnectionStore):
    read = await store.put(a_record())
    await store.remove(ADA, "lakeside")
    assert await store.update(read) is None
    assert await store.connections(ADA) == ()


async def test_removing_says_whether_there_was_one_and_leaves_the_others(store: ConnectionStore):
    await store.put(a_record())
    other = await store.put(a_record(BEA))
    assert await store.remove(ADA, "lakeside")
    assert not await store.remove(ADA, "lakeside")
    assert await store.connection(BEA, "lakeside") == other


# Begun consents


async def test_a_consent_is_given_once_and_whole(store: ConnectionStore):
    consent = a_consent()
    await store.begin(consent)
    assert await store.take("state-1", NOW) == consent
    assert await store.take("state-1", NOW) is None


async def test_a_consent_without_a_verifier_comes_back(store: ConnectionStore):
    await store.begin(a_consent(code_verifier=None))
    assert (await store.take("state-1", NOW)).code_verifier is None


async def test_of_100_who_take_one_consent_at_once_exactly_one_gets_it(store: ConnectionStore):
    consent = a_consent()
    await store.begin(consent)
    taken = await gathered(100, lambda _: store.take("state-1", NOW))
    assert [one for one in taken if one is not None] == [consent]


@pytest.mark.parametrize("state", ["", "state-2", "STATE-1", hashed("state-1")])
async def test_no_other_state_finds_a_consent(store: ConnectionStore, state):
    await store.begin(a_consent())
    assert await store.take(state, NOW) is None
    assert await store.look(state, NOW) is None
    assert await store.take("state-1", NOW) is not None


async def test_an_expired_consent_is_neither_given_nor_shown_nor_kept(store: ConnectionStore):
    await store.begin(a_consent())
    ends = a_consent().expires_at
    assert await store.look("state-1", ends) is None
    assert await store.pending(ADA, ends) == ()
    assert await store.take("state-1", ends) is None
    assert (await store.export(ADA))["authorizations"] == []


async def test_beginning_sweeps_out_what_expired_and_nothing_else(store: ConnectionStore):
    await store.begin(a_consent("old"))
    await store.begin(a_consent("young", expires_at=LATER + timedelta(minutes=1)))
    await store.begin(a_consent("new", created_at=LATER, expires_at=LATER + timedelta(minutes=10)))
    kept = (await store.export(ADA))["authorizations"]
    assert len(kept) == 2
    assert await store.look("young", LATER) is not None


async def test_looking_leaves_a_consent_where_it_is(store: ConnectionStore):
    consent = a_consent()
    await store.begin(consent)
    assert await store.look("state-1", NOW) == consent
    assert await store.take("state-1", NOW) == consent


async def test_what_is_pending_is_told_without_its_state(store: ConnectionStore):
    later = a_consent("b", provider="other", created_at=NOW + timedelta(seconds=1))
    for consent in (later, a_consent("a"), a_consent("c", BEA)):
        await store.begin(consent)
    assert await store.pending(ADA, NOW) == tuple(
        PendingSummary(
            provider=consent.provider,
            redirect_uri=consent.redirect_uri,
            requested_scopes=consent.requested_scopes,
            created_at=consent.created_at,
            expires_at=consent.expires_at,
        )
        for consent in (a_consent("a"), later)
    )


async def test_a_consent_is_tied_to_the_first_browser_alone(store: ConnectionStore):
    await store.begin(replace(a_consent(), browser=""))
    assert await store.bind_browser("state-1", "hash-1")
    assert await store.bind_browser("state-1", "hash-1")
    assert not await store.bind_browser("state-1", "hash-2")
    assert not await store.bind_browser("unknown", "hash-1")
    assert (await store.take("state-1", NOW)).browser == "hash-1"


async def test_a_consent_that_no_browser_has_to_be_tied_to_is_tied_to_none(store: ConnectionStore):
    await store.begin(a_consent())
    assert not await store.bind_browser("state-1", "hash-1")


async def test_the_end_of_a_connection_ends_the_consents_under_way(store: ConnectionStore):
    consent = a_consent()
    await store.begin(consent)
    await store.remove(consent.principal, consent.provider)
    assert await store.look("state-1", NOW) is None


# API tokens


async def test_an_api_token_is_found_by_its_hash_alone(store: ConnectionStore):
    token = an_api_token()
    await store.add_api_token(token, hashed("secret"))
    assert await store.api_token(hashed("secret")) == token
    assert await store.api_token("secret") is None
    assert await store.api_token(hashed("other")) is None


async def test_everyones_api_tokens_are_listed_oldest_first(store: ConnectionStore):
    young = an_api_token("a", principal=BEA, created_at=LATER, expires_at=None)
    for number, token in enumerate((young, an_api_token("b"))):
        await store.add_api_token(token, f"{number}")
    assert await store.api_tokens() == (an_api_token("b"), young)


async def test_a_revoked_api_token_says_since_when_and_keeps_it(store: ConnectionStore):
    await store.add_api_token(an_api_token(), "h")
    assert await store.revoke_api_token("t1", NOW)
    assert await store.revoke_api_token("t1", LATER)
    assert not await store.revoke_api_token("t2", NOW)
    assert (await store.api_token("h")).revoked_at == NOW


# People


async def filled(store: ConnectionStore) -> None:
    for principal in (ADA, BEA):
        await store.put(a_record(principal, "a"))
        await store.put(a_record(principal, "b"))
        await store.begin(a_consent(principal.user, principal))
        await store.add_api_token(
            an_api_token(principal.user, principal=principal), hashed(principal.user)
        )


async def test_forgetting_a_person_removes_all_of_them_and_no_one_else(store: ConnectionStore):
    await filled(store)
    before = await store.export(BEA)
    gone = await store.forget(ADA)
    assert (gone.connections, gone.authorizations, gone.api_tokens) == (2, 1, 1)
    left = await store.export(ADA)
    assert (left["connections"], left["authorizations"], left["api_tokens"]) == ([], [], [])
    assert await store.export(BEA) == before
    assert await store.connection(ADA, "a") is None


async def test_an_export_tells_all_that_is_kept_and_shows_no_secret(store: ConnectionStore):
    await filled(store)
    told = await store.export(ADA)
    first = told["connections"][0]
    assert first["provider"] == "a"
    assert first["account_id"] == "4711"
    assert first["granted_scopes"] == ["read"]
    assert first["connected_at"] == "2026-11-21T12:00:00.123456+00:00"
    assert first["has_access"]
    assert told["api_tokens"][0]["label"] == "laptop"
    for secret in ("access-1", "refresh-1", "verifier-1", "v1.", hashed("ada"), "bea"):
        assert secret not in str(told)
