"""Whatever COROS sends is mapped or refused, and its texts come out clean."""

import random
from contextlib import suppress
from typing import Any

from coros_fake import history
from hostile import MARK, TEXTS, filled, hidden_in, strings

from pierre_mcp.models.reading import Unreadable
from providers.coros.mapping import activity_of, recovery_of, sleep_of

KEEP = ("labelId", "sleepStartTime", "sleepEndTime")
LONGEST_NAME = 200


def junk(dice: random.Random) -> Any:
    """Any JSON."""
    return dice.choice(
        (
            None, True, False, 0, -1, 2**63, 10**400, 1e308, -0.0, float("inf"), float("nan"), "",
            "7", "2026-07-01 16:00:00", "9999-12-31 23:59:59", "0001-01-01 00:00:00", "\ud800",
            dice.choice(TEXTS[:40]), [], {}, [None], {"a": 1}, dice.uniform(-1e6, 1e6),
            dice.randrange(10**12), 20260230, 20260430, 1_777_000_000, 99_990_101,
        )
    )  # fmt: skip


def spoilt(dice: random.Random, payload: dict[str, Any]) -> Any:
    if dice.random() < 0.02:
        return junk(dice)
    return {name: junk(dice) if dice.random() < 0.2 else value for name, value in payload.items()}


def test_whatever_coros_sends_is_mapped_or_refused(proof_scale):
    dice = random.Random(17)
    held = history(17, 40, 40)
    ok = 0
    for _ in range(proof_scale(4_000, 100_000)):
        with suppress(Unreadable):
            activity = activity_of(spoilt(dice, dice.choice(held.workouts)))
            activity.model_dump_json()
            assert activity.local_date
            ok += 1
        with suppress(Unreadable):
            payload = spoilt(dice, dice.choice(held.days))
            for record in (sleep_of(payload), recovery_of(payload)):
                if record is not None:
                    record.model_dump_json()
                    ok += 1
    assert ok > 3000


def test_no_text_of_coros_is_mapped_with_what_cannot_be_seen():
    held = history(18, 5, 20)
    night = next(day for day in held.days if "sleepStartTime" in day)
    for text in TEXTS:
        records = (
            activity_of(filled(held.workouts[0], text, KEEP)),
            sleep_of(filled(night, text, KEEP)),
            recovery_of(filled(night, text, KEEP)),
        )
        for record in records:
            assert record is not None
            told = list(strings(record.model_dump(mode="json")))
            assert not set().union(*map(hidden_in, told))
            assert max(map(len, told)) <= LONGEST_NAME
            assert MARK not in str(record.warnings)
