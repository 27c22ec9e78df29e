"""How long a page of activities takes to map, against the least that it could take.

The least is json.loads of the same text and the construction of the same models when every value is
at hand. Both are timed in turns, so that a machine that is busy for a while is busy for both.
"""

import json
import sys
import timeit
from pathlib import Path
from statistics import median
from time import process_time

from report import Measurement

from pierre_mcp.models import Activity
from providers.strava.mapping import activities_of

CALLS = 5
"""So many calls between two looks at the clock, which counts in coarse steps on some systems."""


def mapping_of_a_page(rounds: int) -> Measurement:
    """The middle one of the ratios of each turn: one lucky or unlucky turn does not show.

    The payload is one that the tests are tried on, with every third name full of hidden characters.
    """
    page = _page(200)
    ready = [
        {name: getattr(a, name) for name in a.model_fields_set}
        for a in activities_of(json.loads(page))[0]
    ]

    def bare() -> None:
        json.loads(page)
        for values in ready:
            Activity(**values)

    def mapping() -> None:
        activities_of(json.loads(page))

    pairs = [(_milliseconds(bare), _milliseconds(mapping)) for _ in range(rounds)]
    bare_ms, mapping_ms = (round(median(times), 2) for times in zip(*pairs, strict=True))
    return Measurement(
        value=median(mapped / least for least, mapped in pairs),
        details={
            "page_kilobytes": len(page) // 1000,
            "bare_ms": bare_ms,
            "mapping_ms": mapping_ms,
        },
    )


def _milliseconds(work: object) -> float:
    return timeit.timeit(work, timer=process_time, number=CALLS) / CALLS * 1000


def _page(count: int) -> str:
    sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "vendors" / "strava"))
    try:
        from strava_history import history
    finally:
        del sys.path[0]
    return json.dumps([entry.summary for entry in history(1, count, hidden=0)])
