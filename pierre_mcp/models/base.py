"""What every unified value shares: immutability, finite numbers, and notes on unreadable fields.

A value that a source did not give is ``None``. It is never 0 and never a guess.
"""

from datetime import datetime, timedelta, timezone
from enum import StrEnum
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict


class WarningCode(StrEnum):
    """The closed list of reasons for which an answer may be less than it seems."""

    FIELD_UNREADABLE = "field_unreadable"
    RECORD_UNREADABLE = "record_unreadable"
    STILL_INDEXING = "still_indexing"
    FILE_DAMAGED = "file_damaged"
    TIME_UNKNOWN = "time_unknown"
    PERIOD_SHORTENED = "period_shortened"
    PROVIDER_FAILED = "provider_failed"
    NOT_PERMITTED = "not_permitted"
    NOT_SCORED = "not_scored"
    EXPERIMENTAL = "experimental"


class Model(BaseModel):
    """Base of the unified values: frozen, closed, without NaN or infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class DataWarning(Model):
    """Something a reader of the data must know; ``detail`` is our sentence, never a source's."""

    code: WarningCode
    detail: str
    field: str | None = None
    record_id: str | None = None


class Record(Model):
    """A value that came from a provider, with what could not be read of it."""

    provider: str
    warnings: tuple[DataWarning, ...] = ()


class Gathered(Record):
    """A record that a provider may have gathered from somebody else.

    ``recorded_by`` is then the brand that recorded it, in the provider's own word.
    """

    recorded_by: str | None = None


def _aware_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("a time without an offset")
    return value.astimezone(timezone.utc)  # noqa: UP017 - the class is what pydantic prints


UtcTime = Annotated[datetime, AfterValidator(_aware_utc)]
"""An aware instant, held in UTC."""


def local_time(instant: datetime, utc_offset_seconds: int | None) -> datetime:
    """The wall-clock time of ``instant`` at the record's own offset; in UTC when it is unknown."""
    return instant.astimezone(_zone(utc_offset_seconds or 0))


@lru_cache(maxsize=128)
def _zone(offset_seconds: int) -> timezone:
    return timezone(timedelta(seconds=offset_seconds))
