"""Every row of the bench, in the order in which they are told; a new one is added here."""

from collections.abc import Iterator

from doubles import one_history, ten_times_the_history
from hanging import others_while_one_is_broken
from kept import kept_in_memory, kept_in_redis
from mapping import mapping_of_a_page
from refreshing import refreshes_side_by_side
from report import Row
from side_by_side import (
    Leg,
    all_of_six,
    memory,
    ratio_of_medians,
    share_of_bytes,
    slowest,
    start,
    throughput,
    two_processes,
)

LEFT_OUT = {
    "@r-huijts/strava-mcp-server 1.2.1, from npm": "has the address of Strava's API in its code",
    "mcp-strava 1.0.0, from PyPI": "likewise; neither can be pointed at a fake by its settings",
}
"""Servers of others that were to be asked too, and why they are not."""

_PROMISED = {("stdio", 1): 1.3, ("http", 1): 1.5}
_LEGS = (("stdio", 1), ("stdio", 16), ("http", 1), ("http", 16))


def _side_by_side() -> Iterator[Row]:
    """Our server beside a bare one of the same SDK, each leg by itself."""
    yield Row(
        name="start",
        what="from the start of the process to a tool's first answer, against the bare server",
        unit="x",
        at_most=1.25,
        measure=start,
    )
    yield Row(
        name="memory",
        what="what the process holds then, against the bare server",
        unit="x",
        at_most=1.3,
        measure=memory,
    )
    for transport, at_once in _LEGS:
        name = f"{transport}-{at_once}"

        def leg(
            asked: str,
            *,
            limit: int = 50,
            client: str = "raw",
            way: tuple[str, int] = (transport, at_once),
        ) -> Leg:
            return Leg(transport=way[0], at_once=way[1], client=client, asked=asked, limit=limit)

        yield Row(
            name=f"nothing-{name}",
            what="a tool of ours that does nothing, against theirs",
            unit="x",
            at_most=None,
            measure=ratio_of_medians(leg("nothing")),
        )
        for limit in (20, 50, 200):
            yield Row(
                name=f"warm-{limit}-{name}",
                what=f"{limit} kept activities, against the bare server's nothing",
                unit="x",
                at_most=_PROMISED.get((transport, at_once)) if limit == 50 else None,
                measure=ratio_of_medians(leg("activities", limit=limit)),
            )
        yield Row(
            name=f"page-{name}",
            what="50 kept activities, against a plain page of 50 by the bare server",
            unit="x",
            at_most=None,
            measure=ratio_of_medians(leg("page")),
        )
        yield Row(
            name=f"slowest-{name}",
            what="the 99th percentile of 50 kept activities, against the middle one",
            unit="x",
            at_most=3.0,
            measure=slowest(leg("activities")),
        )
        for limit in (20, 50, 200):
            yield Row(
                name=f"official-{limit}-{name}",
                what=f"{limit} kept activities by the official client, against nothing",
                unit="x",
                measure=ratio_of_medians(leg("activities", limit=limit, client="official")),
            )
        yield Row(
            name=f"official-page-{name}",
            what="50 kept activities by the official client, against a plain page of 50",
            unit="x",
            measure=ratio_of_medians(leg("page", client="official")),
        )
    yield Row(
        name="throughput-http-16",
        what="calls a second for 50 kept activities, as a share of the bare server's for nothing",
        unit="x",
        at_least=0.6,
        measure=throughput(Leg(transport="http", at_once=16)),
    )
    for limit in (20, 50, 200):
        yield Row(
            name=f"bytes-{limit}",
            what=f"bytes of an answer of {limit} activities, against a plain page",
            unit="x",
            at_most=None,
            measure=share_of_bytes(limit),
        )
    yield Row(
        name="two-processes",
        what="calls a second of two processes of ours, against one; the client takes a core",
        unit="x",
        at_most=None,
        measure=two_processes,
    )
    yield Row(
        name="all-of-six",
        what="one list of six kept providers, against the list of one",
        unit="x",
        at_most=3.0,
        measure=all_of_six,
    )


ROWS = (
    *_side_by_side(),
    Row(
        name="strava-page-mapping",
        what="mapping a page of 200 activities, against json.loads and bare models of the same",
        unit="x",
        at_most=2.0,
        measure=mapping_of_a_page,
    ),
    Row(
        name="refreshes-side-by-side",
        what="refreshing 100 connections at a provider that takes 300 ms for each",
        unit="s",
        at_most=1.5,
        measure=refreshes_side_by_side,
    ),
    Row(
        name="kept-in-memory",
        what="a kept answer of 50 activities, without tool and transport",
        unit="us",
        at_most=100.0,
        measure=kept_in_memory,
    ),
    Row(
        name="kept-in-redis",
        what="the same from Redis, a round trip taken off",
        unit="us",
        at_most=400.0,
        measure=kept_in_redis,
    ),
    Row(
        name="one-history",
        what="doubles found and merged in 5,000 workouts of six providers",
        unit="s",
        at_most=0.5,
        measure=one_history,
    ),
    Row(
        name="ten-times-the-history",
        what="how much longer ten times the records take",
        unit="x",
        at_most=12.0,
        measure=ten_times_the_history,
    ),
    Row(
        name="others-while-one-is-broken",
        what="a provider's slowest answers while another hangs and drips, against alone",
        unit="x",
        at_most=1.1,
        measure=others_while_one_is_broken,
    ),
)
