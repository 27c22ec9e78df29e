"""Terra's webhooks: which are genuine, and what they say."""

import hashlib
import hmac
import json
import random
from datetime import timedelta
from typing import Any

import pytest
from terra_history import NOW, history

from pierre_mcp.spi import Changed, ProviderConfig, Push, Pushed
from providers.terra import factory
from providers.terra.mapping import id_of
from providers.terra.pushes import TerraPushes

RECEIVER = TerraPushes()
SECRET = "made-up-signing-secret"
CONFIG = ProviderConfig(name="terra", options={"signing_secret": SECRET})
USER = {"user_id": "u-1", "provider": "GARMIN", "reference_id": "r", "active": True}
WORKOUTS = history(5, 0, 2).activities
SAID = {"type": "activity", "user": USER, "data": WORKOUTS, "version": "2022-03-16"}


def signature(stamp: str, body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()


def push(said: Any = SAID, header: str | None = None, at: timedelta = timedelta()) -> Push:
    """A push that was signed ``NOW`` and arrives ``at`` after it."""
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    stamp = str(int(NOW.timestamp()))
    header = f"t={stamp},v1={signature(stamp, body)}" if header is None else header
    headers = {"terra-signature": header} if header else {}
    return Push(method="POST", query={}, headers=headers, body=body, received_at=NOW + at)


def test_the_factory_brings_the_receiver():
    assert isinstance(factory.webhook_receiver("terra"), TerraPushes)


@pytest.mark.parametrize("minutes", [-5, 0, 4.9, 5])
def test_a_push_signed_in_the_last_minutes_is_genuine(minutes):
    assert RECEIVER.is_genuine(push(at=timedelta(minutes=minutes)), CONFIG)


@pytest.mark.parametrize("minutes", [-5.1, 5.1, 60, 1e6])
def test_a_recorded_push_is_not_genuine_later(minutes):
    assert not RECEIVER.is_genuine(push(at=timedelta(minutes=minutes)), CONFIG)


def test_a_v0_beside_the_signature_changes_nothing_and_by_itself_proves_nothing():
    genuine = push()
    stamp, v1 = genuine.headers["terra-signature"].split(",")
    good = v1.removeprefix("v1=")
    for header in (f"{stamp},v0=abc,{v1}", f"{stamp},{v1},v0=abc", f"{stamp}, {v1}",
                   f"{stamp},v1=00,{v1}"):  # fmt: skip
        assert RECEIVER.is_genuine(push(header=header), CONFIG), header
    for header in (f"{stamp},v0={good}", f"{stamp}", v1, f"{v1},{v1}", f"{stamp},{stamp},{v1}",
                   f"{stamp},v1=", f"{stamp},v1={good[:-1]}", f"{stamp},v1={good}0",
                   f"{stamp},v1={good.upper()}", f"{stamp},v1=\u00e9", "", "t=,v1=", ",,,=",
                   f"{stamp};{v1}", f"{stamp},v2={good}", f"t={stamp[2:]}.0,{v1}"):  # fmt: skip
        assert not RECEIVER.is_genuine(push(header=header), CONFIG), header


@pytest.mark.parametrize("stamp", ["", "now", "-1", "1e9", "\u0661\u0662", "9" * 5000, " 1", "1.5"])
def test_a_time_that_is_none_is_not_genuine_however_it_is_signed(stamp):
    body = json.dumps(SAID).encode()
    header = f"t={stamp},v1={signature(stamp, body)}"
    assert not RECEIVER.is_genuine(push(header=header), CONFIG)


def test_a_push_signed_with_another_secret_or_by_none_is_not_genuine():
    stamp, body = str(int(NOW.timestamp())), json.dumps(SAID).encode()
    for secret in ("another", ""):
        header = f"t={stamp},v1={signature(stamp, body, secret)}"
        for options in ({}, {"signing_secret": ""}, {"signing_secret": SECRET}):
            config = ProviderConfig(name="terra", options=options)
            assert not RECEIVER.is_genuine(push(header=header), config)


def test_every_changed_byte_of_the_body_is_seen():
    good = push({**SAID, "data": []})
    for number in range(len(good.body)):
        body = bytearray(good.body)
        body[number] ^= 1
        header = good.headers["terra-signature"]
        assert not RECEIVER.is_genuine(push(bytes(body), header), CONFIG)


def test_activities_that_changed_are_named_as_lists_name_them():
    told = RECEIVER.read(push())
    assert {one.record_id for one in told} == {id_of(payload) for payload in WORKOUTS}
    assert {(one.account_id, one.changed, one.ended) for one in told} == {
        ("u-1", frozenset({Changed.ACTIVITIES}), False)
    }


@pytest.mark.parametrize("data", [None, [], {}, ["x"], [{"metadata": {}}]])
def test_activities_that_cannot_be_named_changed_all_the_same(data):
    told = RECEIVER.read(push({**SAID, "data": data}))
    assert told == (Pushed(account_id="u-1", changed=frozenset({Changed.ACTIVITIES})),)


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        ("sleep", {Changed.SLEEP, Changed.RECOVERY}),
        ("daily", {Changed.RECOVERY, Changed.HEALTH}),
        ("body", {Changed.HEALTH}),
        ("athlete", {Changed.ATHLETE}),
        ("permission_change", set(Changed)),
    ],
)
def test_every_kind_says_what_changed(kind, changed):
    (told,) = RECEIVER.read(push({**SAID, "type": kind}))
    assert (told.account_id, told.changed, told.ended) == ("u-1", changed, False)


@pytest.mark.parametrize("kind", ["deauth", "access_revoked"])
def test_a_person_who_left_ended_the_connection(kind):
    assert RECEIVER.read(push({**SAID, "type": kind})) == (Pushed(account_id="u-1", ended=True),)


def test_one_who_connects_anew_ends_the_old_user_and_not_the_new():
    said = {"type": "user_reauth", "old_user": {"user_id": "old"}, "new_user": {"user_id": "new"}}
    assert RECEIVER.read(push(said)) == (Pushed(account_id="old", ended=True),)
    assert RECEIVER.read(push({**said, "old_user": None})) == ()


@pytest.mark.parametrize(
    "kind",
    ["auth", "connection_error", "large_request_processing", "large_request_sending", "s3_upload",
     "processing", "google_no_datasource", "rate_limit_hit", "menstruation", "nutrition", None, 7,
     ["deauth"], "lab_report.completed"],
    ids=str,
)  # fmt: skip
def test_what_does_not_concern_us_says_nothing(kind):
    assert RECEIVER.read(push({**SAID, "type": kind})) == ()


@pytest.mark.parametrize(
    "said",
    [b"", b"{", b"\xff", b"[" * 100_000, [], None, 7, "deauth", {}, {"type": "deauth"},
     {"type": "deauth", "user": []}, {"type": "deauth", "user": {"user_id": 7}},
     {"type": "deauth", "user": {"user_id": ""}},
     {"type": "deauth", "user": {"user_id": "x" * 999}}],
    ids=lambda said: str(said)[:30],
)  # fmt: skip
def test_what_names_nobody_says_nothing(said):
    assert RECEIVER.read(push(said)) == ()


def test_whatever_arrives_is_read_without_a_complaint(proof_scale):
    dice = random.Random(3)
    for _ in range(proof_scale(300, 20_000)):
        body = bytearray(
            json.dumps({**SAID, "data": [{"metadata": WORKOUTS[0]["metadata"]}]}).encode()
        )
        for _ in range(dice.randrange(1, 6)):
            body[dice.randrange(len(body))] = dice.randrange(256)
        assert isinstance(RECEIVER.read(push(bytes(body))), tuple)
