"""Records as tables: column names once, then rows of plain values.

A table is what an agent pays least for. Its JSON form and its text form hold the same values and
each stands alone, since hosts show a model only one of them.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from functools import cached_property, lru_cache
from operator import attrgetter
from typing import Any

from pierre_mcp.models import Model, Units, local_time
from pierre_mcp.models.remembered import Remembered
from pierre_mcp.models.text import clean_text
from pierre_mcp.server.units import DERIVED, told_as

Value = str | int | float | bool | None | list[Any] | dict[str, Any]

_MOST_ROWS = 20_000
_DECIMALS = {"latitude_degrees": 5, "longitude_degrees": 5, "start_latlng": 5}
_WHOLE_IN_TABLES = ("_meters", "_feet", "_seconds", "_bpm", "_watts", "_kcal")


@dataclass(frozen=True, kw_only=True)
class Table:
    """Columns and rows of JSON values; ``None`` is unknown."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The rows as text; an empty cell is unknown."""
        return tuple(map(text_row, self.rows))

    def first(self, count: int) -> "Table":
        """The leading rows."""
        if count >= len(self.rows):
            return self
        return _told(self.columns, self.rows[:count], self.lines[:count])

    def with_columns(self, names: Sequence[str], values: Sequence[Sequence[Value]]) -> "Table":
        """The table with more cells at the end of each row."""
        return _told(
            (*self.columns, *names),
            tuple([(*row, *more) for row, more in zip(self.rows, values, strict=True)]),
            tuple(
                [f"{line}|{text_row(more)}" for line, more in zip(self.lines, values, strict=True)]
            ),
        )

    def as_json(self) -> dict[str, Any]:
        """The table as a structured value."""
        return {"columns": list(self.columns), "rows": [list(row) for row in self.rows]}

    def as_text(self) -> str:
        """The table as lines: names, then rows."""
        return "\n".join(("|".join(self.columns), *self.lines))


def _told(
    columns: tuple[str, ...], rows: tuple[tuple[Value, ...], ...], lines: tuple[str, ...]
) -> Table:
    """A table whose text is known already."""
    table = Table(columns=columns, rows=rows)
    table.__dict__["lines"] = lines
    return table


def text_row(row: Sequence[Value]) -> str:
    """One row of a text table."""
    return "|".join([_cell(value) for value in row])


def _cell(value: Value) -> str:
    kind = type(value)
    if kind is str:
        return value.replace("|", "/")  # type: ignore[union-attr]
    if value is None:
        return ""
    if kind is int or kind is float:
        return str(value)
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def table_of(
    records: Iterable[Model],
    columns: Sequence[str],
    *,
    units: Units = Units.METRIC,
    whole: bool = False,
) -> Table:
    """A table of the records' fields; ``whole`` drops fractions that tell an athlete nothing.

    Records do not change, so each is put into words once for as long as it is kept anywhere.
    """
    form = _form_of(tuple(columns), units, whole)
    told = form.rows(records)
    return _told(form.columns, tuple([row for row, _ in told]), tuple([line for _, line in told]))


class _Form:
    """How records become rows, and the rows of those that are still kept."""

    def __init__(self, columns: tuple[str, ...], units: Units, *, whole: bool) -> None:
        self.columns = tuple(told_as(column, units).name for column in columns)
        self._cells = [_cell_form(column, units, whole) for column in columns]
        self._told: Remembered[tuple[tuple[Value, ...], str]] = Remembered(_MOST_ROWS)

    def rows(self, records: Iterable[Model]) -> list[tuple[tuple[Value, ...], str]]:
        """Each record as a row and as a line."""
        return self._told.each(records, self._put_into_words)

    def _put_into_words(self, record: Model) -> tuple[tuple[Value, ...], str]:
        row = tuple([form(record) for form in self._cells])
        return row, text_row(row)


@lru_cache(maxsize=64)
def _form_of(columns: tuple[str, ...], units: Units, whole: bool) -> _Form:  # noqa: FBT001
    return _Form(columns, units, whole=whole)


@lru_cache(maxsize=512)
def _cell_form(field: str, units: Units, whole: bool) -> Callable[[Model], Value]:  # noqa: FBT001
    """How one column is told; most values are what is looked at first."""
    if field in DERIVED:
        derive = DERIVED[field]
        return lambda record: derive(record, units) or None
    get = attrgetter(field)
    told = told_as(field, units)
    rounds = whole and told.name.endswith(_WHOLE_IN_TABLES)
    decimals = _DECIMALS.get(field, 2)

    def form(record: Model) -> Value:
        value = get(record)
        if value is None:
            return None
        if type(value) is float:
            value = told.of(value)
            return round(value) if rounds else shorten(value, decimals)
        return value_of(record, field, units=units, whole=whole)

    return form


def known_columns(records: Sequence[Model], columns: Sequence[str]) -> tuple[str, ...]:
    """The columns in which at least one record has a value."""
    return tuple(
        column
        for column in columns
        if any(getattr(record, column) is not None for record in records)
    )


def object_of(
    record: Model, fields: Sequence[str], *, units: Units = Units.METRIC
) -> dict[str, Value]:
    """The record's known fields; one that the source did not give is left out."""
    return {
        told_as(field, units).name: value
        for field in fields
        if (value := value_of(record, field, units=units)) is not None
    }


def value_of(
    record: Model, field: str, *, units: Units = Units.METRIC, whole: bool = False
) -> Value:
    """One field as a JSON value: times at the record's own offset, text cleaned, numbers short."""
    if field in DERIVED:
        return DERIVED[field](record, units) or None
    value = getattr(record, field)
    if isinstance(value, datetime):
        return iso_time(value, getattr(record, "utc_offset_seconds", None))
    return plain(field, value, units=units, whole=whole)


def plain(field: str, value: object, *, units: Units = Units.METRIC, whole: bool = False) -> Value:
    """A field's value as JSON has it."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Enum):  # before str, which those of ours are too
        return str(value.value)
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, float | int):
        told = told_as(field, units)
        if whole and told.name.endswith(_WHOLE_IN_TABLES):
            return round(told.of(value))
        return shorten(told.of(value), _DECIMALS.get(field, 2))
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [plain(field, item, units=units, whole=whole) for item in value]
    raise TypeError(f"{field}: {type(value).__name__} has no JSON form here")


def shorten(value: float, decimals: int = 2) -> float | int:
    """The number with few decimals, and none when it is whole."""
    rounded = round(value, decimals)
    return int(rounded) if rounded == int(rounded) else rounded


def iso_time(instant: datetime, utc_offset_seconds: int | None) -> str:
    """ISO 8601 to the second at the record's own offset; ``Z`` when the offset is unknown."""
    local = local_time(instant, utc_offset_seconds)
    text = local.isoformat(timespec="seconds")
    return text.replace("+00:00", "Z") if utc_offset_seconds is None else text
