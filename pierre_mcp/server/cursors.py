"""The cursors that clients carry from page to page, and how a page is resumed in its middle.

A provider's own cursor says where a page begins. When a page had to be cut short, the cursor also
says after which record to go on; the page is then asked for again and what was handed out is
dropped by its place in time, so that records that arrived meanwhile neither repeat nor hide any.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime

from pierre_mcp.errors import InvalidArgument
from pierre_mcp.models import Activity, DataWarning, Page
from pierre_mcp.spi import MAX_PAGE_SIZE, ActivityQuery

_VERSION = 1
_MAX_LENGTH = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A place in one provider's list for one question.

    ``page`` is the provider's cursor of the page (``None`` for the first). ``after`` is the order
    key of the last record handed out of it, ``taken`` how many were.
    """

    provider: str
    page: str | None = None
    after: tuple[datetime, str] | None = None
    taken: int = 0


def encode(position: Position, query: ActivityQuery) -> str:
    """The position as text that only ``decode`` understands, bound to the question."""
    after = position.after and [position.after[0].isoformat(), position.after[1]]
    parts = [_VERSION, position.provider, _digest(query), position.page, after, position.taken]
    packed = json.dumps(parts, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def decode(cursor: str, query: ActivityQuery) -> Position:
    """The position that ``encode`` wrote; raises ``InvalidArgument`` for anything else."""
    try:
        if len(cursor) > _MAX_LENGTH:
            raise ValueError("too long")
        packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        version, provider, digest, page, after, taken = json.loads(packed)
        well_formed = (
            version == _VERSION
            and isinstance(provider, str)
            and (page is None or isinstance(page, str))
            and isinstance(taken, int)
            and 0 <= taken < MAX_PAGE_SIZE
        )
        if not well_formed:
            raise ValueError("not a position")
        key = None if after is None else (datetime.fromisoformat(after[0]), str(after[1]))
        if key is not None and key[0].tzinfo is None:
            raise ValueError("a time without an offset")
    except (ValueError, TypeError, KeyError, IndexError, binascii.Error, RecursionError):
        raise InvalidArgument(
            "cursor", "is not one that this server gave out. Leave it away to start over."
        ) from None
    if digest != _digest(query):
        raise InvalidArgument(
            "cursor",
            "belongs to another question. Repeat after, before and sport_type as they were.",
        )
    return Position(provider=provider, page=page, after=key, taken=taken)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Records to hand out, and the positions from which to go on."""

    activities: tuple[Activity, ...]
    complete: bool
    warnings: tuple[DataWarning, ...]
    start: Position
    next_position: Position | None

    def cut(self, count: int) -> "Slice":
        """The first ``count`` records only, to be continued after the last of them."""
        if count >= len(self.activities):
            return self
        kept = self.activities[:count]
        # It only says how many more to ask for; records that were removed can make it too many.
        taken = min(self.start.taken + count, MAX_PAGE_SIZE - 1)
        return replace(
            self,
            activities=kept,
            next_position=replace(self.start, after=kept[-1].order_key, taken=taken),
        )


async def read_slice(
    get_activities: Callable[[ActivityQuery], Awaitable[Page[Activity]]],
    query: ActivityQuery,
    position: Position,
) -> Slice:
    """The next records from ``position``, at most ``query.limit``; fewer only at the list's end."""
    start = position
    while True:
        asked = min(MAX_PAGE_SIZE, query.limit + start.taken)
        page = await get_activities(replace(query, cursor=start.page, limit=asked))
        fresh = tuple(
            activity
            for activity in page.items
            if start.after is None or activity.order_key < start.after
        )
        if fresh or page.next_cursor is None:
            break
        # Everything on this page was handed out already: newer records pushed the rest further.
        start = Position(provider=start.provider, page=page.next_cursor, after=start.after)
    following = None
    if page.next_cursor is not None:
        following = Position(provider=start.provider, page=page.next_cursor)
    whole = Slice(
        activities=fresh,
        complete=page.complete,
        warnings=page.warnings,
        start=start,
        next_position=following,
    )
    return whole.cut(query.limit)


def _digest(query: ActivityQuery) -> str:
    question = repr((query.after, query.before, query.sport_type))
    return hashlib.sha256(question.encode()).hexdigest()[:8]
