"""FIT: from bytes to messages with named values. The decoding is fitdecode's.

The one module that knows the decoder. Which messages and fields are kept is decided here, because a
long recording holds millions of values nobody asks for; what they mean is not.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import fitdecode
from fitdecode.types import DevField

Message = dict[str, Any]

_KEPT = frozenset(
    {
        "file_id", "session", "lap", "record", "event", "activity", "device_info", "user_profile",
        "weight_scale", "monitoring_hr_data", "hrv_status_summary", "max_met_data", "sport",
        "workout", "time_in_zone",
    }
)  # fmt: skip
_OF_A_RECORD = frozenset(
    {
        "timestamp", "distance", "heart_rate", "power", "cadence", "fractional_cadence", "speed",
        "enhanced_speed", "altitude", "enhanced_altitude", "position_lat", "position_long",
        "temperature",
    }
)  # fmt: skip
_MOST_MESSAGES = 400_000
"""More than four days, second by second."""


@dataclass(slots=True)
class Messages:
    """The messages we understand, by name, in the order of the file."""

    by_name: dict[str, list[Message]] = field(default_factory=dict)
    damage: str | None = None

    def __getitem__(self, name: str) -> list[Message]:
        return self.by_name.get(name, [])

    def first(self, name: str) -> Message:
        """The first of a kind, empty when there is none."""
        return next(iter(self[name]), {})


def decode(content: bytes) -> Messages:
    """Every message up to where the file ends or breaks; a wrong checksum does not stop it."""
    found = Messages()
    try:
        with fitdecode.FitReader(
            content,
            check_crc=fitdecode.CrcCheck.READONLY,
            error_handling=fitdecode.ErrorHandling.IGNORE,
        ) as reader:
            _collect(reader, found)
    except fitdecode.FitEOFError:
        found.damage = "The file ends too early; what precedes was read."
    except fitdecode.FitHeaderError:
        found.damage = "A header is damaged; what precedes was read."
    except Exception:  # noqa: BLE001 - on damaged bytes the decoder raises whatever comes
        found.damage = "The file is damaged; what precedes was read."
    return found


def _collect(frames: Iterable[Any], found: Messages) -> None:
    for number, frame in enumerate(frames):
        if number == _MOST_MESSAGES:
            found.damage = "The file holds more than a recording can; the beginning was read."
            return
        if frame.frame_type == fitdecode.FIT_FRAME_CRC and not frame.matched:
            found.damage = "A checksum does not match; what could be read was used."
        elif frame.frame_type == fitdecode.FIT_FRAME_DATA and frame.name in _KEPT:
            found.by_name.setdefault(frame.name, []).append(_message(frame))


def _message(frame: Any) -> Message:
    """The named values of a message; a developer's power stands in where there is no own one."""
    own: Message = {}
    for item in frame.fields:
        if item.value is None or not isinstance(item.name, str):
            continue
        if isinstance(item.field, DevField):
            if item.name.lower() == "power" and isinstance(item.value, int | float):
                own.setdefault("developers_power", item.value)
        elif frame.name != "record" or item.name in _OF_A_RECORD:
            own.setdefault(item.name, item.value)
    if (power := own.pop("developers_power", None)) is not None:
        own.setdefault("power", power)
    return own


def instant(value: object) -> datetime | None:
    """A time with a date; a device without one counts seconds since it was switched on."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value
    return None


def number(value: object) -> float | None:
    """A number, or ``None`` for anything else."""
    return float(value) if isinstance(value, int | float) else None


def word(value: object) -> str | None:
    """A value that the profile has a name for."""
    return value if isinstance(value, str) else None
