"""Kept answers in Redis, for all processes that share it; one round trip finds an answer.

Redis may be gone, slow or full of what others put there: then nothing is found, and it is left
alone for some seconds. Imported only where there is one.
"""

import json
import secrets
import zlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Any, TypeVar

import anyio
import structlog
from pydantic import TypeAdapter
from redis.asyncio import Redis
from redis.exceptions import RedisError

from pierre_mcp.caching.backend import Entry, Found
from pierre_mcp.caching.keys import Owner, Place
from pierre_mcp.spi import Changed

ANSWER_SECONDS = 0.5
"""How long Redis may take; a provider takes longer, but not much."""
PAUSE = timedelta(seconds=5)
"""How long a Redis that failed is left alone."""
STAMP_LIFE = timedelta(days=8)
"""Longer than anything is kept, so that nothing outlives the stamp that ended it."""
READ_BYTES = 2 * 1024 * 1024
"""How much of packed answers a process keeps unpacked, which takes some ten times the room."""
LARGEST_BYTES = 16 * 1024 * 1024

_PREFIX = "pierre:cache:"
_FORM = f"pierre-mcp {version('pierre-mcp')}"
"""Entries of another version, whose models may differ, are not read."""

_COMPRESS_FROM_BYTES = 4096

T = TypeVar("T")

_log = structlog.get_logger(__name__)


class RedisCache:
    """A ``CacheProvider`` in one Redis."""

    def __init__(self, url: str, clock: Callable[[], datetime]) -> None:
        self._redis = Redis.from_url(
            url, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS
        )
        self._clock = clock
        self._paused_until: datetime | None = None
        self._read = _Read()

    async def get(self, place: Place, kind: TypeAdapter[Any]) -> Found:
        """What is kept there; anything else that lies there was not found."""
        names = [_stamp_name(place.owner), _stamp_name(place.owner, place.group), _name(place)]
        told = await self._try(lambda: self._redis.mget(names))
        if not isinstance(told, list) or len(told) != len(names):
            return Found(entry=None, stamp=_NOBODYS)
        whole, part, packed = (one if isinstance(one, bytes) else None for one in told)
        stamp = _stamp(place.owner, whole, part)
        return Found(entry=self._read.entry(_name(place), packed, kind, stamp), stamp=stamp)

    async def put(
        self, place: Place, kind: TypeAdapter[Any], entry: Entry, *, stamp: str, keep: timedelta
    ) -> None:
        """Keep an entry under the stamp it was asked under."""
        packed = _packed(entry, kind, stamp)
        if stamp == _NOBODYS or len(packed) > LARGEST_BYTES:
            return
        seconds = max(1, int(keep.total_seconds()))

        async def write() -> None:
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.set(_name(place), packed, ex=seconds)
                pipe.sadd(_index_name(place.owner), _name(place))
                pipe.expire(_index_name(place.owner), int(STAMP_LIFE.total_seconds()))
                await pipe.execute()

        await self._try(write)

    async def drop(self, place: Place) -> None:
        """Keep that one no longer."""
        await self._try(lambda: self._redis.unlink(_name(place)))

    async def forget(self, owner: Owner, group: Changed | None = None) -> None:
        """Stamp the owner anew, and remove what is theirs."""

        async def forget() -> None:
            stamp, life = secrets.token_hex(8), int(STAMP_LIFE.total_seconds())
            await self._redis.set(_stamp_name(owner, group), stamp, ex=life)
            if group is None:
                names = await self._redis.smembers(_index_name(owner))
                await self._redis.unlink(_index_name(owner), *names)

        self._read.forget()
        self._paused_until = None  # worth a try: what must go weighs more than a wait
        await self._try(forget)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._redis.aclose()

    async def _try(self, ask: Callable[[], Awaitable[T]]) -> T | None:
        """The answer, or ``None`` where Redis fails or is left alone."""
        if self._paused_until is not None and self._clock() < self._paused_until:
            return None
        try:
            with anyio.fail_after(ANSWER_SECONDS):
                answer = await ask()
        except (RedisError, OSError, TimeoutError, ValueError) as failure:
            self._paused_until = self._clock() + PAUSE
            _log.warning("cache_not_reached", error=type(failure).__name__)
            return None
        self._paused_until = None
        return answer


class _Read:
    """What was read of late, so that the same bytes are not read twice: that takes longer than
    Redis does.
    """

    def __init__(self) -> None:
        self._entries: OrderedDict[str, tuple[bytes, str, Entry]] = OrderedDict()
        self._bytes = 0

    def entry(
        self, name: str, packed: bytes | None, kind: TypeAdapter[Any], stamp: str
    ) -> Entry | None:
        """What the bytes say under that stamp."""
        before = self._entries.pop(name, None)
        if before is not None:
            self._bytes -= len(before[0])
        if packed is None:
            return None
        same = before is not None and before[0] == packed and before[1] == stamp
        entry = before[2] if before is not None and same else _unpacked(packed, kind, stamp)
        if entry is not None:
            self._entries[name] = (packed, stamp, entry)
            self._bytes += len(packed)
            while self._bytes > READ_BYTES:
                _, (oldest, _, _) = self._entries.popitem(last=False)
                self._bytes -= len(oldest)
        return entry

    def forget(self) -> None:
        """Everything, since something of it has to go."""
        self._entries.clear()
        self._bytes = 0


_NOBODYS = ""
"""The stamp of what cannot be kept: Redis did not say what is valid."""


def _name(place: Place) -> str:
    return _PREFIX + place.name


def _stamp_name(owner: Owner, group: Changed | None = None) -> str:
    return f"{_PREFIX}{owner.name}:=stamp" + ("" if group is None else f":{group.value}")


def _index_name(owner: Owner) -> str:
    return f"{_PREFIX}{owner.name}:=index"


def _stamp(owner: Owner, whole: bytes | None, part: bytes | None) -> str:
    shown = [(one or b"").decode("ascii", errors="replace") for one in (whole, part)]
    return f"{owner.since} {' '.join(shown)}"


def _packed(entry: Entry, kind: TypeAdapter[Any], stamp: str) -> bytes:
    head = [_FORM, stamp, entry.fetched_at.isoformat(), entry.fresh_until.isoformat()]
    body = kind.dump_json(entry.value)
    small = len(body) < _COMPRESS_FROM_BYTES
    return b"\n".join(
        [json.dumps([*head, small]).encode(), body if small else zlib.compress(body, 1)]
    )


def _unpacked(packed: bytes | None, kind: TypeAdapter[Any], stamp: str) -> Entry | None:
    if packed is None or len(packed) > LARGEST_BYTES:
        return None
    try:
        head, _, body = packed.partition(b"\n")
        form, kept_under, fetched_at, fresh_until, small = json.loads(head)
        if form != _FORM or kept_under != stamp:
            return None
        if not small:
            unpacking = zlib.decompressobj()
            body = unpacking.decompress(body, LARGEST_BYTES * 10)
        entry = Entry(
            value=kind.validate_json(body),
            fetched_at=datetime.fromisoformat(fetched_at),
            fresh_until=datetime.fromisoformat(fresh_until),
        )
    except (ValueError, TypeError, zlib.error, RecursionError):
        return None  # damaged, or somebody else's
    return entry if entry.fetched_at.tzinfo and entry.fresh_until.tzinfo else None
