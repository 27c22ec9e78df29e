"""Reading records that others wrote, one after the other: a bad one is left out and said so.

For mappings of payloads. What makes a record readable is not known here.
"""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from pierre_mcp.models.base import DataWarning, WarningCode

R = TypeVar("R")


class Unreadable(ValueError):
    """A record without what makes it one; the message is a sentence of ours and quotes nothing."""


def each(
    payloads: Iterable[Any],
    read: Callable[[Any], R],
    what: str,
    id_of: Callable[[Any], str | None] = lambda _: None,
) -> tuple[list[R], list[DataWarning]]:
    """What could be read of a list, and a warning for each record that could not.

    ``what`` begins the warning, as in "An activity"; ``id_of`` tells the record's id where it can,
    from whatever it is.
    """
    found: list[R] = []
    lost: list[DataWarning] = []
    for payload in payloads:
        try:
            found.append(read(payload))
        except Unreadable as problem:
            lost.append(
                DataWarning(
                    code=WarningCode.RECORD_UNREADABLE,
                    detail=f"{what} is left out: {problem}",
                    record_id=id_of(payload),
                )
            )
    return found, lost
