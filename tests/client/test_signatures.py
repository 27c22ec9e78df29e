"""The signature of pushes that several providers share: of the last minutes, or none at all."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from pierre_mcp.client.signatures import is_same, is_signed
from pierre_mcp.spi import Push

KEY = "made-up"
NOW = datetime(2026, 5, 1, 12, 0, 0, 500_000, UTC)
BODY = b'{"about": "a workout"}'


def header(at: datetime = NOW, body: bytes = BODY, key: str = KEY) -> str:
    stamp = str(int(at.timestamp()))
    # Worked out by other means than the receiver's.
    signed = hmac.new(key.encode(), b".".join([stamp.encode(), body]), hashlib.sha256)
    return f"t={stamp},v1={signed.hexdigest()}"


def signed(value: str, body: bytes = BODY, key: str | None = KEY) -> bool:
    push = Push(method="POST", query={}, headers={"x-signed": value}, body=body, received_at=NOW)
    return is_signed(push, "x-signed", key)


@pytest.mark.parametrize("minutes", [-4.99, 0, 4.99])
def test_a_push_that_was_signed_within_minutes_is_genuine(minutes):
    assert signed(header(NOW + timedelta(minutes=minutes)))


@pytest.mark.parametrize("minutes", [-5.1, 5.1, -1e6, 1e6])
def test_a_recorded_push_is_no_good_later(minutes):
    assert not signed(header(NOW + timedelta(minutes=minutes)))


def test_every_changed_character_of_header_or_byte_of_body_is_seen():
    good = header()
    for number in range(len(BODY)):
        body = bytearray(BODY)
        body[number] ^= 1
        assert not signed(good, bytes(body))
    for number, character in enumerate(good):
        other = "0" if character != "0" else "1"
        assert not signed(f"{good[:number]}{other}{good[number + 1 :]}")


@pytest.mark.parametrize("key", [None, ""])
def test_without_a_secret_nothing_is_genuine(key):
    assert not signed(header(key=""), key=key)


def test_what_another_secret_signed_is_not_genuine():
    assert not signed(header(key="another"))


def test_of_several_signatures_one_has_to_be_right_and_an_old_form_proves_nothing():
    stamp, right = header().split(",")
    assert signed(f"{stamp},v1={'0' * 64},{right}")
    assert signed(f"{stamp}, {right} ,v0=x")
    assert not signed(f"{stamp},v0={right[3:]}")
    assert not signed(f"{stamp},{stamp},{right}")


@pytest.mark.parametrize("stamp", ["", " ", "now", "-1", "1e9", "\u0661\u0662", "9" * 5000])
def test_a_time_that_is_none_is_not_genuine_however_it_is_signed(stamp):
    made = hmac.new(KEY.encode(), f"{stamp}.".encode() + BODY, hashlib.sha256).hexdigest()
    assert not signed(f"t={stamp},v1={made}")


def test_half_of_a_surrogate_pair_is_equal_to_itself_alone():
    assert is_same("\ud800", "\ud800")
    assert not is_same("\ud800", "\ud801")
    assert not is_same("a", "\ud800")
