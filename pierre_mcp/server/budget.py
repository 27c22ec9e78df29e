"""How much an answer may weigh, and where it is cut when it would weigh more.

An agent pays for every character. Lists are cut between records and say so; streams are thinned so
that what remains still shows the shape and every peak.
"""

import json
from collections.abc import Iterable, Sequence
from itertools import pairwise

from pierre_mcp.server.tables import Table, Value

MAX_CHARACTERS = 48_000
"""The most that either form of an answer may have."""

RESERVED_CHARACTERS = 4_000
"""What the envelope, its notes and the record around a table may take of it."""


ROOM = MAX_CHARACTERS - RESERVED_CHARACTERS
"""What a table may take of an answer that holds little else."""


def how_many_fit(sizes: Iterable[int], room: int = ROOM) -> int:
    """How many leading items of those sizes fit together."""
    spent = 0
    count = 0
    for count, size in enumerate(sizes, start=1):
        spent += size
        if spent > room:
            return count - 1
    return count


def rows_that_fit(table: Table, room: int = ROOM) -> int:
    """How many leading rows fit, in whichever form is the larger."""
    heading = len(compact(table.columns))
    text = sum(map(len, table.lines)) + len(table.lines)
    # JSON has at most every character escaped, and quotes, a comma or a null more for each cell.
    if 2 * text + 6 * len(table.rows) * len(table.columns) <= room - heading:
        return len(table.rows)  # which is the rule, and spares looking at each in both forms
    return how_many_fit(
        (
            max(len(compact(row)), len(line)) + 1
            for row, line in zip(table.rows, table.lines, strict=True)
        ),
        room - heading,
    )


def compact(value: object) -> str:
    """JSON as it goes over the wire."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def thin(columns: Sequence[Sequence[Value]], target: int) -> list[int]:
    """The indexes of at most ``target`` samples that keep the shape of every column.

    First and last, every column's highest and lowest sample, and of each stretch of equal length
    the sample that stands out most. Samples are chosen and never averaged, so each is one that the
    device recorded. A target below the number of peaks keeps as many of them as fit.
    """
    length = len(columns[0]) if columns else 0
    if length <= target:
        return list(range(length))
    numeric = [
        [v if isinstance(v, int | float) else None for v in column] for column in columns[1:]
    ]
    kept = {0, length - 1}
    for column in numeric:
        known = [(value, index) for index, value in enumerate(column) if value is not None]
        for peak in (max(known)[1], min(known)[1]) if known else ():
            if len(kept) < target:
                kept.add(peak)
    stretches = target - len(kept)
    if stretches > 0:
        outstanding = _standing_out(numeric, length)
        bounds = [round(step * length / stretches) for step in range(stretches + 1)]
        for low, high in pairwise(bounds):
            candidates = [index for index in range(low, high) if index not in kept]
            if candidates:
                kept.add(max(candidates, key=outstanding.__getitem__))
    return sorted(kept)


def _standing_out(columns: Sequence[Sequence[float | None]], length: int) -> list[float]:
    """For each sample, how far it lies from the mean of the samples around it, over all columns."""
    scores = [0.0] * length
    for column in columns:
        known = [value for value in column if value is not None]
        spread = (max(known) - min(known)) if known else 0.0
        if spread <= 0:
            continue
        for index, value in enumerate(column):
            if value is None:
                continue
            before = column[index - 1] if index else None
            after = column[index + 1] if index + 1 < length else None
            around = [v for v in (before, after) if v is not None]
            if around:
                scores[index] += abs(value - sum(around) / len(around)) / spread
    return scores
