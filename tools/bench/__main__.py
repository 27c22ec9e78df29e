"""``make bench``: the promises about time and space, measured here and now.

Prints a table and writes the same as JSON. Nothing is asserted in tests: what a machine takes is no
claim about the code, and a ratio within one run is.
"""

import argparse
import sys
from pathlib import Path

from report import as_json, as_table, is_over, measured
from rows import LEFT_OUT, ROWS

from pierre_mcp.cli import garbage
from pierre_mcp.logs import configure_logging

OUT = Path(__file__).parents[2] / "build" / "bench.json"


def main(arguments: list[str] | None = None) -> int:
    """Measure and report; 1 where a row is over its limit."""
    names = [row.name for row in ROWS]
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", choices=names, action="append", help="measure this row")
    parser.add_argument(
        "--rounds", type=int, default=40, help="so many turns; the middle one counts"
    )
    parser.add_argument("--out", type=Path, default=OUT, help="where the JSON goes")
    asked = parser.parse_args(arguments)
    configure_logging("error")
    garbage.settle()  # as a server does, for what is measured in this process
    results = [
        measured(row, max(asked.rounds, 1))
        for row in ROWS
        if asked.only is None or row.name in asked.only
    ]
    print(as_table(results))  # noqa: T201 - this is what the person asked for
    for name, reason in LEFT_OUT.items():
        print(f"left out: {name}: {reason}")  # noqa: T201
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(as_json(results, LEFT_OUT), encoding="utf-8")
    return 1 if any(map(is_over, results)) else 0


if __name__ == "__main__":
    sys.exit(main())
