"""WHOOP's webhooks: which are genuine, and what they say."""

import base64
import hashlib
import hmac
import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pierre_mcp.spi import Changed, ProviderConfig, Push, Pushed
from providers.whoop import factory
from providers.whoop.pushes import WhoopPushes

SECRET = "made-up-client-secret"
CONFIG = ProviderConfig(name="whoop", client_id="c", client_secret=SECRET)
NOW = datetime(2026, 5, 1, 12, 0, 0, 500_000, UTC)
WORKOUT_ID = "0b5d1f6e-3c1a-4f7e-9a35-6d1b1a0c2d01"
SAID = {"user_id": 70011, "id": WORKOUT_ID, "type": "workout.updated", "trace_id": "t"}


def signature(stamp: str, body: bytes, secret: str = SECRET) -> str:
    """Worked out by other means than the receiver's."""
    return base64.b64encode(
        hmac.new(secret.encode(), b"".join([stamp.encode(), body]), hashlib.sha256).digest()
    ).decode()


def push(said: Any = SAID, *, at: datetime = NOW, **headers: str) -> Push:
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    stamp = str(round(at.timestamp() * 1000))
    return Push(
        method="POST",
        query={},
        headers={
            "x-whoop-signature-timestamp": stamp,
            "x-whoop-signature": signature(stamp, body),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        },
        body=body,
        received_at=NOW,
    )


RECEIVER = WhoopPushes()


def test_the_factory_has_the_receiver():
    assert isinstance(factory.webhook_receiver("whoop"), WhoopPushes)


def test_a_push_that_whoop_signed_is_genuine():
    assert RECEIVER.is_genuine(push(), CONFIG)


@pytest.mark.parametrize("minutes", [-4.99, 4.99])
def test_a_push_of_the_last_minutes_is_genuine(minutes):
    assert RECEIVER.is_genuine(push(at=NOW + timedelta(minutes=minutes)), CONFIG)


@pytest.mark.parametrize("minutes", [-5.01, 5.01, -1e6, 1e6])
def test_a_recorded_push_is_not_genuine_later(minutes):
    assert not RECEIVER.is_genuine(push(at=NOW + timedelta(minutes=minutes)), CONFIG)


def test_a_push_signed_with_another_secret_is_not_genuine():
    stamp = str(round(NOW.timestamp() * 1000))
    forged = signature(stamp, json.dumps(SAID).encode(), "another")
    assert not RECEIVER.is_genuine(push(x_whoop_signature=forged), CONFIG)


def test_every_changed_byte_of_body_signature_or_time_is_seen():
    good = push()
    for number in range(len(good.body)):
        body = bytearray(good.body)
        body[number] ^= 1
        spoilt = Push(
            method="POST", query={}, headers=good.headers, body=bytes(body), received_at=NOW
        )
        assert not RECEIVER.is_genuine(spoilt, CONFIG)
    for name, value in good.headers.items():
        for number in range(len(value)):
            other = "0" if value[number] != "0" else "1"
            changed = f"{value[:number]}{other}{value[number + 1 :]}"
            decoded_alike = name == "x-whoop-signature" and _same_bytes(changed, value)
            spoilt = push(**{name.replace("-", "_"): changed})
            assert decoded_alike or not RECEIVER.is_genuine(spoilt, CONFIG)


def _same_bytes(one: str, other: str) -> bool:
    """Base64 has spare bits: another text may stand for the same signature."""
    try:
        return base64.b64decode(one) == base64.b64decode(other)
    except ValueError:
        return False


@pytest.mark.parametrize(
    "stamp", ["", " ", "now", "-1", "1.5", "1e12", "\u0661\u0662", "9" * 5000, "1777636800500 "]
)
def test_a_time_that_is_none_is_not_genuine_however_it_is_signed(stamp):
    body = json.dumps(SAID).encode()
    headers = {"x_whoop_signature_timestamp": stamp, "x_whoop_signature": signature(stamp, body)}
    assert not RECEIVER.is_genuine(push(**headers), CONFIG)


@pytest.mark.parametrize("text", ["", "x", "====", "\u00e9" * 44, "A" * 44, "null"])
def test_a_signature_that_is_none_is_not_genuine(text):
    assert not RECEIVER.is_genuine(push(x_whoop_signature=text), CONFIG)


def test_without_headers_nothing_is_genuine():
    bare = Push(method="POST", query={}, headers={}, body=b"{}", received_at=NOW)
    assert not RECEIVER.is_genuine(bare, CONFIG)


@pytest.mark.parametrize("secret", [None, ""])
def test_without_a_secret_nothing_is_genuine(secret):
    stamp = str(round(NOW.timestamp() * 1000))
    signed = signature(stamp, json.dumps(SAID).encode(), "")
    config = ProviderConfig(name="whoop", client_secret=secret)
    assert not RECEIVER.is_genuine(push(x_whoop_signature=signed), config)


@pytest.mark.parametrize("event", ["updated", "deleted"])
def test_a_workout_that_changed_is_named(event):
    told = RECEIVER.read(push({**SAID, "type": f"workout.{event}"}))
    assert told == (
        Pushed(account_id="70011", changed=frozenset({Changed.ACTIVITIES}), record_id=WORKOUT_ID),
    )


@pytest.mark.parametrize("thing", ["sleep", "recovery"])
def test_a_night_and_its_recovery_change_together_and_name_no_activity(thing):
    """The id of a recovery's push is that of its night."""
    (told,) = RECEIVER.read(push({**SAID, "type": f"{thing}.updated"}))
    assert told.changed == {Changed.SLEEP, Changed.RECOVERY}
    assert (told.record_id, told.ended) == (None, False)


@pytest.mark.parametrize(
    "said",
    [
        b"", b"{", b"\xff", b"[" * 100_000, [], None, 7, "workout", {}, {**SAID, "user_id": None},
        {**SAID, "user_id": "70011"}, {**SAID, "type": None}, {**SAID, "type": ["workout.updated"]},
        {**SAID, "type": "body.updated"}, {**SAID, "user_id": True},
    ],
    ids=lambda said: str(said)[:30],
)  # fmt: skip
def test_what_does_not_concern_us_says_nothing(said):
    assert RECEIVER.read(push(said)) == ()


def test_an_id_that_is_none_is_left_out():
    (told,) = RECEIVER.read(push({**SAID, "id": "../1"}))
    assert told.record_id is None


def test_whatever_arrives_is_read_without_a_complaint(proof_scale):
    dice = random.Random(3)
    for _ in range(proof_scale(500, 20_000)):
        body = bytearray(json.dumps(SAID).encode())
        for _ in range(dice.randrange(1, 6)):
            body[dice.randrange(len(body))] = dice.randrange(256)
        assert isinstance(RECEIVER.read(push(bytes(body))), tuple)
