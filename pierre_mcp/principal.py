"""Whose data is asked for. Every row, cache key, lock and limit carries it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Principal:
    """A person: ``user`` within ``tenant``."""

    tenant: str
    user: str

    @property
    def key(self) -> str:
        """The person as one text; no two people share it, whatever characters their names hold."""
        return f"{len(self.tenant)}:{self.tenant}:{self.user}"


LOCAL = Principal("local", "local")
"""The one person of a server on their own machine."""
