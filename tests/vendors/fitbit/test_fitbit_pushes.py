"""The Google Health API's webhooks: which are genuine, and what they say."""

import json
import random
from datetime import UTC, datetime
from typing import Any

import pytest

from pierre_mcp.spi import Changed, ProviderConfig, Push
from providers.fitbit import factory
from providers.fitbit.pushes import FitbitPushes

CONFIG = ProviderConfig(name="fitbit", options={"webhook_authorization": "Bearer made-up"})
NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
SAID = {
    "data": {
        "version": "1",
        "clientProvidedSubscriptionName": "all",
        "healthUserId": "made-up-1",
        "operation": "UPSERT",
        "dataType": "exercise",
        "intervals": [],
    }
}
RECEIVER = FitbitPushes()


def push(said: Any = SAID, word: str | None = "Bearer made-up") -> Push:
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    headers = {} if word is None else {"authorization": word}
    return Push(method="POST", query={}, headers=headers, body=body, received_at=NOW)


def about(kind: Any) -> Push:
    return push({"data": {**SAID["data"], "dataType": kind}})


def test_the_factory_has_the_receiver():
    assert isinstance(factory.webhook_receiver("fitbit"), FitbitPushes)


@pytest.mark.parametrize(
    ("word", "status"), [("Bearer made-up", 200), ("Bearer another", 401), (None, 401)]
)
def test_the_question_whether_we_know_the_word_is_answered_truly(word, status):
    reply = RECEIVER.handshake(push({"type": "verification"}, word), CONFIG)
    assert reply is not None
    assert reply.status == status


def test_a_notice_is_no_question_and_is_answered_with_nothing():
    assert RECEIVER.handshake(push(), CONFIG) is None
    assert (RECEIVER.reply().status, RECEIVER.reply().body) == (204, None)


@pytest.mark.parametrize("word", [None, "", "Bearer", "Bearer another", "bearer made-up"])
def test_whoever_does_not_know_the_word_is_not_google(word):
    assert RECEIVER.is_genuine(push(), CONFIG)
    assert not RECEIVER.is_genuine(push(word=word), CONFIG)


def test_without_a_word_of_ours_nothing_is_genuine():
    assert not RECEIVER.is_genuine(push(word=""), ProviderConfig(name="fitbit"))


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        ("exercise", {Changed.ACTIVITIES}),
        ("sleep", {Changed.SLEEP, Changed.RECOVERY}),
        ("daily-heart-rate-variability", {Changed.RECOVERY}),
        ("DAILY_RESTING_HEART_RATE", {Changed.RECOVERY}),
        ("weight", {Changed.HEALTH}),
        ("steps", {Changed.HEALTH}),
    ],
)
def test_a_notice_says_whose_data_of_which_kind_has_changed(kind, changed):
    (told,) = RECEIVER.read(about(kind))
    assert (told.account_id, told.changed, told.ended) == ("made-up-1", changed, False)


@pytest.mark.parametrize("kind", ["", "nutrition-log", None, ["sleep"], 7])
def test_a_kind_that_is_not_read_here_says_nothing(kind):
    assert RECEIVER.read(about(kind)) == ()


@pytest.mark.parametrize(
    "said",
    [
        b"", b"{", b"\xff", b"[" * 100_000, [], None, {}, {"data": []},
        {"data": {**SAID["data"], "healthUserId": 7}},
        {"data": {**SAID["data"], "healthUserId": ""}},
        {"data": {**SAID["data"], "healthUserId": "x" * 200}},
    ],
    ids=lambda said: str(said)[:30],
)  # fmt: skip
def test_what_does_not_concern_us_says_nothing(said):
    assert RECEIVER.read(push(said)) == ()


def test_whatever_arrives_is_read_without_a_complaint(proof_scale):
    dice = random.Random(7)
    for _ in range(proof_scale(300, 20_000)):
        body = bytearray(json.dumps(SAID).encode())
        for _ in range(dice.randrange(1, 6)):
            body[dice.randrange(len(body))] = dice.randrange(256)
        assert isinstance(RECEIVER.read(push(bytes(body))), tuple)
