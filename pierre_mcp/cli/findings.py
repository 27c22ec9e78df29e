"""What ``doctor`` finds: one thing that was looked at, how it is, and what to do about it."""

from dataclasses import dataclass
from typing import Any, Literal

from pierre_mcp.models.text import clean_text

Level = Literal["ok", "warn", "fail"]

_LONGEST_SHOWN = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    check: str
    level: Level
    detail: str
    remedy: str = ""

    @property
    def failed(self) -> bool:
        """Whether the server cannot do its work because of it."""
        return self.level == "fail"

    def as_json(self) -> dict[str, Any]:
        """The finding as a value."""
        return {
            "check": self.check,
            "level": self.level,
            "detail": self.detail,
            "remedy": self.remedy,
        }


def shown(text: str) -> str:
    """Text of others, without what cannot be seen, and not too much of it."""
    return clean_text(text, _LONGEST_SHOWN) or ""
