"""What a row of the bench is, and how it is told: a table for people, JSON for machines."""

import json
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """The value that counts, and what it was made from, each with its unit in the name."""

    value: float
    details: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One promise: ``measure`` takes how many rounds to run, the middle one of which counts."""

    name: str
    what: str
    unit: str
    measure: Callable[[int], Measurement]
    at_most: float | None = None
    at_least: float | None = None

    @property
    def promise(self) -> str:
        """The limit in words; empty where the value is only told."""
        if self.at_most is not None:
            return f"<= {self.at_most:g} {self.unit}"
        return "" if self.at_least is None else f">= {self.at_least:g} {self.unit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A row, and what came out of it."""

    row: Row
    measurement: Measurement


def measured(row: Row, rounds: int) -> Result:
    """Run the row."""
    return Result(row=row, measurement=row.measure(rounds))


def is_over(result: Result) -> bool:
    """Whether the promise is broken."""
    row, value = result.row, result.measurement.value
    return (row.at_most is not None and value > row.at_most) or (
        row.at_least is not None and value < row.at_least
    )


def as_table(results: Sequence[Result]) -> str:
    """A line for each row, and one below it with what the value was made from."""
    head = ("row", "measured", "promised", "", "what")
    lines: list[tuple[str, ...]] = [head]
    for result in results:
        row, value = result.row, result.measurement.value
        mark = "" if not row.promise else "OVER" if is_over(result) else "ok"
        lines.append((row.name, f"{value:.2f} {row.unit}", row.promise, mark, row.what))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
    told = [padded[0]]
    for line, result in zip(padded[1:], results, strict=True):
        told.append(line)
        details = ", ".join(f"{n} {v:g}" for n, v in result.measurement.details.items())
        told += [f"  {details}"] if details else []
    return "\n".join(told)


def as_json(results: Sequence[Result], left_out: Mapping[str, str]) -> str:
    """The same, with what it was measured on and what was left out."""
    document = {
        "version": version("pierre-mcp"),
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "cpus": os.cpu_count(),
        "left_out": dict(left_out),
        "rows": [
            {
                "name": result.row.name,
                "what": result.row.what,
                "value": result.measurement.value,
                "unit": result.row.unit,
                "at_most": result.row.at_most,
                "at_least": result.row.at_least,
                "over": is_over(result),
                "details": dict(result.measurement.details),
            }
            for result in results
        ],
    }
    return json.dumps(document, indent=1) + "\n"
