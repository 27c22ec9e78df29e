"""How patiently providers are asked, as pierre.toml says: read, checked, and faults told by line.

The names are those of ``RetryConfig``. What a table does not say the descriptor decides.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from pierre_mcp.errors import ConfigurationError
from pierre_mcp.spi import RetryConfig

_WHOLE = frozenset({"max_retries", "circuit_breaker_threshold"})
_BOUNDS: Mapping[str, tuple[float, float]] = {
    "max_retries": (0, 10),
    "base_delay_ms": (1, 60_000),
    "max_delay_ms": (1, 600_000),
    "jitter_factor": (0, 1),
    "timeout_secs": (1, 600),
    "circuit_breaker_threshold": (1, 1000),
    "circuit_breaker_reset_secs": (1, 86_400),
}
NAMES = tuple(field.name for field in fields(RetryConfig))


def retry_of(table: Mapping[str, Any], otherwise: RetryConfig) -> RetryConfig:
    """What a provider's table says, over what its descriptor does."""
    return replace(otherwise, **{name: table[name] for name in NAMES if name in table})


def check(tables: Mapping[str, Mapping[str, Any]], text: str) -> None:
    """Raise ``ConfigurationError`` for a value that cannot be meant, with its line in the file."""
    for provider, table in tables.items():
        for name in NAMES:
            if name in table and (problem := _problem(name, table[name])):
                raise ConfigurationError(
                    f"pierre.toml{_line(text, provider, name)}: [providers.{provider}] {name} "
                    f"{problem}"
                )


def _problem(name: str, value: object) -> str | None:
    low, high = _BOUNDS[name]
    kind = "a whole number" if name in _WHOLE else "a number"
    problem = f"must be {kind} from {low:g} to {high:g}."
    if isinstance(value, bool) or not isinstance(value, int if name in _WHOLE else int | float):
        return problem
    return None if math.isfinite(value) and low <= value <= high else problem


def _line(text: str, provider: str, name: str) -> str:
    """Where a key of a provider's table stands, as far as it is written the usual way."""
    header = re.compile(rf"\s*\[\s*providers\s*\.\s*[\"']?{re.escape(provider)}[\"']?\s*\]")
    inside = False
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("["):
            inside = bool(header.match(line))
        elif inside and re.match(rf"\s*[\"']?{name}[\"']?\s*=", line):
            return f", line {number}"
    return ""
