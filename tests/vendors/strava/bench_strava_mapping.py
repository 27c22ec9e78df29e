"""How long a page of 200 takes to map, against json.loads plus bare construction of the models.

Run ``python tests/vendors/strava/bench_strava_mapping.py``; the promise is a ratio of at most 2.
"""

import json
import timeit
from time import process_time

from strava_history import history

from pierre_mcp.models import Activity
from providers.strava.mapping import activities_of

ROUNDS, CALLS = 40, 5


def main() -> None:
    page = json.dumps([entry.summary for entry in history(1, 200, hidden=0)])
    # What construction costs when every value is at hand: the same activities from keywords.
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

    # In turns, so that a machine that is busy for a while is busy for both.
    pairs = [
        (
            timeit.timeit(bare, timer=process_time, number=CALLS),
            timeit.timeit(mapping, timer=process_time, number=CALLS),
        )
        for _ in range(ROUNDS)
    ]
    least, mapped = (min(times) / CALLS * 1000 for times in zip(*pairs, strict=True))
    print(f"{len(page) / 1000:.0f} kB: json.loads and 200 models from keywords {least:.2f} ms")  # noqa: T201
    print(f"json.loads and mapping {mapped:.2f} ms, ratio {mapped / least:.2f}")  # noqa: T201


if __name__ == "__main__":
    main()
