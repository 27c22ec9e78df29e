"""Strava's webhooks: which are genuine, and what they say."""

import hashlib
import hmac
import json
import random
from datetime import UTC, datetime
from typing import Any

import pytest

from pierre_mcp.spi import Changed, ProviderConfig, Push, Pushed
from providers.strava import factory
from providers.strava.pushes import SIGNATURE, StravaPushes

SECRET = "made-up-client-secret"
OPTIONS = {"webhook_verify_token": "a word", "webhook_subscription_id": "4711"}
CONFIG = ProviderConfig(name="strava", client_id="c", client_secret=SECRET, options=OPTIONS)
BARE = ProviderConfig(name="strava", client_id="c", client_secret=SECRET)
NOW = datetime(2026, 5, 1, 12, 0, 0, 500_000, UTC)
SAID = {
    "object_type": "activity",
    "object_id": 9_007_199_254_740_993,
    "aspect_type": "create",
    "updates": {},
    "owner_id": 70011,
    "subscription_id": 4711,
    "event_time": 1777636800,
}
DEAUTHORISED = {
    **SAID, "object_type": "athlete", "object_id": 70011, "updates": {"authorized": "false"},
}  # fmt: skip
RECEIVER = StravaPushes()


def push(said: Any = SAID, *, signed: bool = False, method: str = "POST", **query: str) -> Push:
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    headers = {}
    if signed:
        stamp = str(int(NOW.timestamp()))
        made = hmac.new(SECRET.encode(), stamp.encode() + b"." + body, hashlib.sha256)
        headers[SIGNATURE] = f"t={stamp},v1={made.hexdigest()}"
    names = {name.replace("_", ".", 1): value for name, value in query.items()}
    return Push(method=method, query=names, headers=headers, body=body, received_at=NOW)


def test_the_factory_has_the_receiver():
    assert isinstance(factory.webhook_receiver("strava"), StravaPushes)


def test_the_challenge_comes_back_to_whoever_names_our_word():
    asked = push(b"", method="GET", hub_challenge="15f7", hub_verify_token="a word")
    reply = RECEIVER.handshake(asked, CONFIG)
    assert reply is not None
    assert (reply.status, reply.body) == (200, {"hub.challenge": "15f7"})


@pytest.mark.parametrize(("word", "config"), [("another", CONFIG), ("", CONFIG), ("", BARE)])
def test_the_challenge_comes_back_to_nobody_else(word, config):
    asked = push(b"", method="GET", hub_challenge="15f7", hub_verify_token=word)
    reply = RECEIVER.handshake(asked, config)
    assert reply is not None
    assert (reply.status, reply.body) == (403, None)


def test_a_push_is_no_challenge():
    assert RECEIVER.handshake(push(), CONFIG) is None
    assert RECEIVER.handshake(push(hub_challenge="15f7", hub_verify_token="a word"), CONFIG) is None


def test_a_push_that_names_our_subscription_is_taken_and_any_other_is_not():
    assert RECEIVER.is_genuine(push(), CONFIG)
    assert not RECEIVER.is_genuine(push({**SAID, "subscription_id": 4712}), CONFIG)
    assert not RECEIVER.is_genuine(push({**SAID, "subscription_id": "\ud800"}), CONFIG)
    assert not RECEIVER.is_genuine(push({**SAID, "subscription_id": None}), BARE)
    assert not RECEIVER.is_genuine(push(b"["), CONFIG)


def test_a_signature_that_is_there_has_to_be_right():
    good = push(signed=True)
    assert RECEIVER.is_genuine(good, BARE)
    headers = {SIGNATURE: good.headers[SIGNATURE][:-1] + "x"}
    forged = Push(method="POST", query={}, headers=headers, body=good.body, received_at=NOW)
    assert not RECEIVER.is_genuine(forged, CONFIG)


@pytest.mark.parametrize("aspect", ["create", "update", "delete"])
def test_an_activity_that_changed_is_named(aspect):
    assert RECEIVER.read(push({**SAID, "aspect_type": aspect})) == (
        Pushed(
            account_id="70011",
            changed=frozenset({Changed.ACTIVITIES}),
            record_id="9007199254740993",
        ),
    )


def test_a_profile_that_changed_is_no_end():
    (told,) = RECEIVER.read(push({**DEAUTHORISED, "updates": {"title": "x"}}, signed=True))
    assert (told.changed, told.ended) == ({Changed.ATHLETE}, False)


@pytest.mark.parametrize("word", ["false", False, "False"])
def test_an_end_is_believed_only_where_it_is_signed(word):
    said = {**DEAUTHORISED, "updates": {"authorized": word}}
    for signed in (True, False):
        (told,) = RECEIVER.read(push(said, signed=signed))
        assert (told.account_id, told.ended) == ("70011", signed)
        assert told.changed == set(Changed)


@pytest.mark.parametrize(
    "said",
    [
        b"", b"{", b"\xff", b"[" * 100_000, [], None, 7, {}, {**SAID, "owner_id": None},
        {**SAID, "owner_id": "70011"}, {**SAID, "owner_id": True}, {**SAID, "owner_id": 2**63},
        {**SAID, "object_type": "club"}, {**SAID, "object_type": ["activity"]},
    ],
    ids=lambda said: str(said)[:30],
)  # fmt: skip
def test_what_does_not_concern_us_says_nothing(said):
    assert RECEIVER.read(push(said)) == ()


def test_whatever_arrives_is_read_without_a_complaint(proof_scale):
    dice = random.Random(5)
    for _ in range(proof_scale(300, 20_000)):
        body = bytearray(json.dumps(dice.choice([SAID, DEAUTHORISED])).encode())
        for _ in range(dice.randrange(1, 6)):
            body[dice.randrange(len(body))] = dice.randrange(256)
        arrived = push(bytes(body))
        assert isinstance(RECEIVER.read(arrived), tuple)
        assert RECEIVER.is_genuine(arrived, CONFIG) in (True, False)
