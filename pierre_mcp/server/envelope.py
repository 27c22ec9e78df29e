"""The one shape of every tool's answer, and the one place where errors become results.

Success carries ``result`` and ``meta``; failure carries ``error`` and is marked as an error to the
protocol. Both forms, structured and text, stand alone.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mcp.types import CallToolResult, TextContent

from pierre_mcp.errors import (
    InvalidArgument,
    NoProvidersAvailable,
    PierreError,
    ProviderError,
    RateLimitExceeded,
)
from pierre_mcp.models import DataWarning
from pierre_mcp.models.text import clean_text

_MAX_WARNINGS = 20
_WARNINGS_CHARACTERS = 2_500
"""What all warnings together may take of the room that the budget reserves for such things."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a tool found: its structured form, the same as text, and what must be known about it.

    ``cut`` says how to get what did not fit. ``cache`` is how the cache took part, and
    ``age_seconds`` how old a copy is that it gave.
    """

    result: dict[str, Any]
    text: str
    providers: tuple[str, ...]
    fetched_at: datetime
    cache: str = "miss"
    age_seconds: int | None = None
    complete: bool = True
    next_cursor: str | None = None
    cut: str | None = None
    synthetic: bool = False
    connected_real_providers: tuple[str, ...] = ()
    warnings: tuple[DataWarning, ...] = ()


def success(answer: Answer) -> CallToolResult:
    """The answer as a tool result."""
    meta: dict[str, Any] = {
        "providers": list(answer.providers),
        "fetched_at": answer.fetched_at.replace(microsecond=0).isoformat().replace("+00:00", "Z"),
        "cache": answer.cache,
        "complete": answer.complete,
    }
    if answer.age_seconds is not None:
        meta["age_seconds"] = answer.age_seconds
    if answer.next_cursor is not None:
        meta["next_cursor"] = answer.next_cursor
    if answer.cut is not None:
        meta["cut"] = answer.cut
    if answer.synthetic:
        meta["synthetic"] = True
        if answer.connected_real_providers:
            meta["connected_real_providers"] = list(answer.connected_real_providers)
    if answer.warnings:
        meta["warnings"] = _warnings(answer.warnings)
    structured = {"success": True, "result": answer.result, "meta": meta}
    return CallToolResult(
        content=[TextContent(text=f"{answer.text}\n{_footer(meta)}")], structured_content=structured
    )


def failure(error: PierreError) -> CallToolResult:
    """The error as a tool result that the protocol marks as failed."""
    body: dict[str, Any] = {
        "type": error.type.value,
        "message": error.message,
        "retryable": error.is_retryable,
        "retry_after_seconds": error.retry_after_seconds,
    }
    match error:
        case NoProvidersAvailable():
            body["causes"] = [
                {"provider": c.provider, "type": c.type.value, "message": c.message}
                for c in error.causes
            ]
        case ProviderError():
            body["provider"] = error.provider
            if isinstance(error, RateLimitExceeded):
                body["scheduled"] = error.scheduled
        case InvalidArgument():
            body["argument"] = error.argument
            body["allowed"] = list(error.allowed)
            body["nearest"] = error.nearest
        case _:
            pass
    text = f"{error.type.value}: {error.message}"
    if error.retry_after_seconds is not None:
        text += f" Retry after {error.retry_after_seconds:g} s."
    return CallToolResult(
        content=[TextContent(text=text)],
        structured_content={"success": False, "error": body},
        is_error=True,
    )


def _warnings(warnings: Sequence[DataWarning]) -> list[dict[str, str]]:
    """The warnings, equal ones once, the first that have room; then how many more there are."""
    distinct = list(dict.fromkeys(warnings))
    shown: list[dict[str, str]] = []
    room = _WARNINGS_CHARACTERS
    for warning in distinct[:_MAX_WARNINGS]:
        told = {"code": warning.code.value, "detail": clean_text(warning.detail) or ""}
        if warning.field:
            told["field"] = warning.field
        if warning.record_id:
            told["record_id"] = clean_text(warning.record_id) or ""
        room -= sum(len(key) + len(value) + 6 for key, value in told.items())
        if room < 0 and shown:
            break
        shown.append(told)
    if len(distinct) > len(shown):
        shown[-1]["detail"] += f" (and {len(distinct) - len(shown)} more warnings)"
    return shown


def _footer(meta: dict[str, Any]) -> str:
    """The meta for a reader of text: what is as expected goes without saying."""
    lines = [f"[{', '.join(meta['providers'])}, read {meta['fetched_at']}]"]
    if meta["cache"] == "stale":
        lines.append(
            f"An older copy, {meta['age_seconds']} s old: the provider does not answer now."
        )
    if meta.get("synthetic"):
        lines.append("Synthetic data: made up, of no real person.")
        if real := meta.get("connected_real_providers"):
            lines.append(f"Connected with real data: {', '.join(real)}.")
    if "cut" in meta:
        lines.append(f"Cut to size. {meta['cut']}")
    if "next_cursor" in meta:
        lines.append(f"More follows; next_cursor: {meta['next_cursor']}")
    elif not meta["complete"]:
        lines.append("Not complete.")
    for warning in meta.get("warnings", ()):
        about = [warning[key] for key in ("field", "record_id") if key in warning]
        where = f" ({', '.join(about)})" if about else ""
        lines.append(f"Warning {warning['code']}{where}: {warning['detail']}")
    return "\n".join(lines)


def as_text(result: object) -> str:
    """A small structured result as text, one fact a line."""
    if isinstance(result, dict):
        return "\n".join(f"{key}: {_inline(value)}" for key, value in result.items())
    return _inline(result)


def _inline(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
