"""What comes of looking at a token, and which names people may have."""

from dataclasses import dataclass

from pierre_mcp.principal import LOCAL, Principal

LONGEST_NAME = 255
"""Characters that a tenant or a user may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """Whose token it is and what it may be used for; ``None`` for all that there is."""

    principal: Principal
    scopes: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a token is not taken, as a sentence that may travel in a header.

    With ``retry_after_seconds`` nothing is said against the token: it cannot be checked now.
    """

    reason: str
    retry_after_seconds: int | None = None

    def __post_init__(self) -> None:
        if not self.reason.isascii() or not self.reason.isprintable() or '"' in self.reason:
            raise ValueError("a reason travels in a quoted header: plain ASCII, without quotes")


def person(tenant: object, user: object) -> Principal:
    """The principal of these names.

    Raises ``ValueError``, with half a sentence, for what is not a name. The tenant of the local
    person is nobody else's, so that no token can stand for whoever runs the server.
    """
    if not _is_name(tenant) or not _is_name(user):
        raise ValueError(f"tenant and user must be text of 1 to {LONGEST_NAME} plain characters")
    if tenant == LOCAL.tenant:
        raise ValueError(f"the tenant {LOCAL.tenant} is kept for the person who runs the server")
    return Principal(str(tenant), str(user))


def _is_name(value: object) -> bool:
    return (
        isinstance(value, str)
        and 0 < len(value) <= LONGEST_NAME
        and value.isprintable()
        and value == value.strip()
    )
