"""Bodies: read with a cap while they arrive, and parsed without a doubt about what they say.

A body that is too large is given up as soon as that is known; nothing waits for its end.
"""

import io
import json
import math
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing, suppress
from typing import Any, NoReturn
from urllib.parse import parse_qsl

import httpx2

from pierre_mcp.client.failures import unreadable
from pierre_mcp.errors import InvalidResponse

MAX_BODY_BYTES = 50_000_000
MAX_RATIO = 100
"""How many times larger than what came over the wire a body may grow."""

LARGE_BODY_BYTES = 1_000_000
"""Up to here no cap matters: a short body of zeros packs better than the ratio and harms nobody."""


async def read_body(
    provider: str, response: httpx2.Response, turn: AbstractAsyncContextManager[object]
) -> bytes:
    """The whole body, unpacked; raises ``InvalidResponse`` when it exceeds a cap.

    A body that turns out to be large waits for its ``turn``, so that few of them fill the memory at
    any time.
    """
    declared = response.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > MAX_BODY_BYTES:
        raise _too_large(provider)
    body, waited = io.BytesIO(), False
    async with AsyncExitStack() as held:
        chunks = await held.enter_async_context(aclosing(response.aiter_bytes()))
        async for chunk in chunks:
            body.write(chunk)
            size, received = body.tell(), response.num_bytes_downloaded
            if size <= LARGE_BODY_BYTES:
                continue
            if size > MAX_BODY_BYTES or size > MAX_RATIO * received:
                raise _too_large(provider)
            if not waited:
                await held.enter_async_context(turn)
                waited = True
    return body.getvalue()


def parse_json(provider: str, body: bytes) -> Any:
    """The parsed body, ``None`` for an empty one; integers are exact however long they are.

    Raises ``InvalidResponse`` for what is not JSON, which NaN and infinity are not either.
    """
    if not body.strip():
        return None
    with suppress(ValueError, RecursionError):
        return json.loads(body, parse_constant=_no_number, parse_float=_finite)
    # Not raised from the foreign exception, which holds the body.
    raise unreadable(provider)


def parse_any(body: bytes, content_type: str) -> Any:
    """The parsed body whatever it is: JSON, a form as a dictionary, plain text, or ``None``."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    with suppress(ValueError, RecursionError):
        return json.loads(body, parse_constant=_no_number, parse_float=_finite)
    return body.decode("utf-8", "replace") if kind == "text/plain" else None


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("not finite")
    return number


def _no_number(_: str) -> NoReturn:
    raise ValueError("not a number")


def _too_large(provider: str) -> InvalidResponse:
    return unreadable(
        provider, "sent an answer that is too large to take. Ask for less, or a shorter range."
    )
