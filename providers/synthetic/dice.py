"""Chance that is the same on every machine, every day and in whatever order it is asked.

A draw depends on the seed, a purpose and the date it is for, never on the draws before it.
"""

import hashlib
from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Roll:
    """A stream of chance for one purpose; uses only ``Random.random``, which never changes."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def chance(self, probability: float) -> bool:
        """True in that share of cases."""
        return self._random.random() < probability

    def between(self, low: float, high: float) -> float:
        """Evenly between the two."""
        return low + (high - low) * self._random.random()

    def around(self, middle: float, deviation: float) -> float:
        """Bell-shaped, with that standard deviation, never further than three of them away.

        A sum of twelve even draws: ``Random.gauss`` may differ between versions and platforms.
        """
        drawn = sum(self._random.random() for _ in range(12)) - 6.0
        return middle + deviation * max(-3.0, min(drawn, 3.0))

    def whole(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return low + int(self._random.random() * (high - low + 1))

    def pick(self, options: Sequence[T]) -> T:
        """One of them."""
        return options[int(self._random.random() * len(options))]


class Dice:
    """All chance of one seed."""

    def __init__(self, seed: str) -> None:
        self._seed = seed

    def roll(self, purpose: str, occasion: object) -> Roll:
        """The chance of this purpose on this occasion, the same whenever it is asked for."""
        digest = hashlib.sha256(f"{self._seed}|{purpose}|{occasion}".encode()).digest()
        return Roll(Random(int.from_bytes(digest[:8], "big")))  # noqa: S311 - not for secrets
