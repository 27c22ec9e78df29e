"""Under which names answers are kept: whose they are, what they are about, and the question.

Every part is escaped, so that no value, however chosen, can imitate another name.
"""

import hashlib
from dataclasses import dataclass
from urllib.parse import quote

from pierre_mcp.principal import Principal
from pierre_mcp.spi import Changed

_LONGEST = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """One connection of one person.

    ``since`` tells a connection from the one before it: nothing of an account outlives it, not
    even where a backend could not be told that it is gone.
    """

    principal: Principal
    provider: str
    since: str = ""

    @property
    def name(self) -> str:
        """The first part of every name that is theirs."""
        tenant, user = _part(self.principal.tenant), _part(self.principal.user)
        return f"tenant:{tenant}:user:{user}:provider:{_part(self.provider)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one answer is kept; ``group`` is what of the owner's data it is about."""

    owner: Owner
    group: Changed
    question: str

    @property
    def name(self) -> str:
        """The whole name."""
        return f"{self.owner.name}:{self.question}"


def question(kind: str, *parts: object) -> str:
    """The name of a question of that kind, from all that tells it from others."""
    return ":".join([kind, *(_part(str(part)) for part in parts)])


def _part(text: str) -> str:
    """A text as a part of a name: no colon, no control character, of a bounded length."""
    escaped = quote(text.encode(errors="surrogatepass"), safe="")
    if len(escaped) <= _LONGEST:
        return escaped
    # "=" never comes of escaping, so that a digest cannot be mistaken for a text.
    return f"={hashlib.sha256(text.encode(errors='surrogatepass')).hexdigest()}"
