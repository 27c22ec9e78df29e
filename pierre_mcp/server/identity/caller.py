"""The person behind the call under way, bound once where a call begins and read by the tools."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from pierre_mcp.principal import Principal

# Without a default: outside a call there is nobody, rather than the local person.
_caller: ContextVar[Principal] = ContextVar("pierre_caller")


def caller() -> Principal:
    """Whose call it is; ``LookupError`` outside a call."""
    return _caller.get()


@contextmanager
def acting_for(principal: Principal) -> Iterator[None]:
    """Serve the call under way for ``principal``."""
    before = _caller.set(principal)
    try:
        yield
    finally:
        _caller.reset(before)
