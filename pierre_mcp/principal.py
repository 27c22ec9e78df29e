"""Whose data is asked for. Every row, cache key, lock and limit carries it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Principal:
    """A person: ``user`` within ``tenant``."""

    tenant: str
    user: str


LOCAL = Principal("local", "local")
"""The one person of a server on their own machine."""
