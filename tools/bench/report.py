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
    at_most: float | None
    measure: Callable[[int], Measurement]


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
    at_most = result.row.at_most
    return at_most is not None and result.measurement.value > at_most


def as_table(results: Sequence[Result]) -> str:
    """A line for each row, and one below it with what the value was made from."""
    head = ("row", "measured", "at most", "", "what")
    lines: list[tuple[str, ...]] = [head]
    for result in results:
        row, value = result.row, result.measurement.value
        at_most = "" if row.at_most is None else f"{row.at_most:g} {row.unit}"
        mark = "" if row.at_most is None else "OVER" if is_over(result) else "ok"
        lines.append((row.name, f"{value:.2f} {row.unit}", at_most, mark, row.what))
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


def as_json(results: Sequence[Result]) -> str:
    """The same, with what it was measured on."""
    document = {
        "version": version("pierre-mcp"),
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "cpus": os.cpu_count(),
        "rows": [
            {
                "name": result.row.name,
                "what": result.row.what,
                "value": result.measurement.value,
                "unit": result.row.unit,
                "at_most": result.row.at_most,
                "over": is_over(result),
                "details": dict(result.measurement.details),
            }
            for result in results
        ],
    }
    return json.dumps(document, indent=1) + "\n"
