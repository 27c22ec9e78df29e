"""Our server beside a bare one of the same SDK, with one tool that does nothing.

Both are asked in turns within one run, so that what else the machine does falls on both alike.
Ours answers from what it keeps: every question was asked once before, and arguments vary.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median

from lines import BARE, Line, Question, Times, line_to
from report import Measurement

PROVIDERS = ("alfa", "bravo", "charlie", "delta", "echo", "foxtrot")
NOTHING = [Question(tool="nothing")]
TURNS = 6


def activities(limit: int, *, provider: str | None = None) -> list[Question]:
    """The list of each provider in turn, or always that of one."""
    names = PROVIDERS if provider is None else (provider,)
    return [
        Question(tool="get_activities", arguments={"provider": name, "limit": limit})
        for name in names
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """A way to ask, ``stdio`` or ``http`` by the ``raw`` or the ``official`` client, and for what.

    ``asked`` is ``nothing``, ``activities``, or ``page``: activities of ours beside a page of the
    bare one, as most servers make it.
    """

    transport: str
    at_once: int = 1
    client: str = "raw"
    asked: str = "activities"
    limit: int = 50


@cache
def beside(leg: Leg, rounds: int) -> tuple[Times, Times]:
    """What the bare server took, and ours."""
    theirs = NOTHING
    if leg.asked == "page":
        theirs = [Question(tool="page", arguments={"limit": leg.limit})]
    ours = NOTHING if leg.asked == "nothing" else activities(leg.limit)
    sides = (Times(), Times())
    raw = leg.client == "raw"
    calls = rounds * (4 if raw else 1) * (4 if leg.at_once > 1 else 1)
    with ExitStack() as stack:
        lines: list[tuple[Line, list[Question], Times]] = []
        for which, questions, times in (("bare", theirs, sides[0]), ("ours", ours, sides[1])):
            line = stack.enter_context(
                line_to(which, leg.transport, client=leg.client, at_once=leg.at_once)
            )
            line.ask(questions, 50 if raw else len(questions))  # does not count
            lines.append((line, questions, times))
        for _ in range(TURNS):
            for line, questions, times in lines:
                times.add(line.ask(questions, calls))
    return sides


def ratio_of_medians(leg: Leg) -> Callable[[int], Measurement]:
    """How much longer ours takes, in the middle."""

    def measure(rounds: int) -> Measurement:
        theirs, ours = beside(leg, rounds)
        return Measurement(
            value=ours.median_us / theirs.median_us,
            details={
                "theirs_us": round(theirs.median_us),
                "ours_us": round(ours.median_us),
                "theirs_calls_per_second": round(theirs.calls_per_second),
                "ours_calls_per_second": round(ours.calls_per_second),
            },
        )

    return measure


def throughput(leg: Leg) -> Callable[[int], Measurement]:
    """The share of the bare server's calls a second that ours answers."""

    def measure(rounds: int) -> Measurement:
        theirs, ours = beside(leg, rounds)
        return Measurement(value=ours.calls_per_second / theirs.calls_per_second)

    return measure


def slowest(leg: Leg) -> Callable[[int], Measurement]:
    """The 99th percentile of ours against its own median."""

    def measure(rounds: int) -> Measurement:
        theirs, ours = beside(leg, rounds)
        return Measurement(
            value=ours.p99_us / ours.median_us,
            details={"p99_us": round(ours.p99_us), "theirs": theirs.p99_us / theirs.median_us},
        )

    return measure


def share_of_bytes(limit: int) -> Callable[[int], Measurement]:
    """The bytes of our answer against those of a plain page."""

    def measure(_: int) -> Measurement:
        theirs, ours = beside(Leg(transport="stdio", asked="page", limit=limit), 1)
        return Measurement(
            value=ours.answer_bytes / theirs.answer_bytes,
            details={"theirs_bytes": theirs.answer_bytes, "ours_bytes": ours.answer_bytes},
        )

    return measure


def two_processes(rounds: int) -> Measurement:
    """How many more calls a second two processes of ours answer than one, behind one client."""
    with ExitStack() as stack:
        alone = stack.enter_context(line_to("ours", "http", client="raw", at_once=16))
        pair = [
            stack.enter_context(line_to("ours", "http", client="raw", at_once=8)) for _ in range(2)
        ]
        asked = activities(50)
        for line in (alone, *pair):
            line.ask(asked, 100)
        one, two = Times(), Times()
        for _ in range(TURNS):
            one.add(alone.ask(asked, rounds * 8))
            two.add(_both(pair, asked, rounds * 4))
    return Measurement(
        value=two.calls_per_second / one.calls_per_second,
        details={
            "one_calls_per_second": round(one.calls_per_second),
            "two_calls_per_second": round(two.calls_per_second),
            "cpus": os.cpu_count() or 0,
        },
    )


def _both(lines: list[Line], asked: list[Question], calls: int) -> Times:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(len(lines)) as threads:
        parts = list(threads.map(lambda line: line.ask(asked, calls), lines))
    both = Times()
    for part in parts:
        both.each_us += part.each_us
    both.seconds = max(part.seconds for part in parts)
    return both


def all_of_six(rounds: int) -> Measurement:
    """The merged list of six kept providers, against the list of one."""
    asked = [Question(tool="get_activities", arguments={"provider": "all", "limit": 50})]
    one, every = Times(), Times()
    with line_to("ours", "stdio", client="raw", at_once=1) as line:
        for questions in (activities(50), asked):
            line.ask(questions, 20)  # does not count
        for _ in range(TURNS):
            one.add(line.ask(activities(50), rounds * 3))
            every.add(line.ask(asked, rounds * 3))
    return Measurement(
        value=every.median_us / one.median_us,
        details={"one_us": round(one.median_us), "all_us": round(every.median_us)},
    )


def start(rounds: int) -> Measurement:
    """From the start of the process to the first answer of a tool."""
    theirs, ours = [], []
    for _ in range(max(3, rounds // 8)):
        theirs.append(_started("bare")[0])
        ours.append(_started("installed")[0])
    return Measurement(
        value=median(ours) / median(theirs),
        details={"theirs_ms": round(median(theirs)), "ours_ms": round(median(ours))},
    )


def memory(rounds: int) -> Measurement:
    """What the process holds in memory once it has answered; on Linux."""
    theirs = [_started("bare")[1] for _ in range(3)]
    ours = [_started("installed")[1] for _ in range(3)]
    del rounds
    return Measurement(
        value=median(ours) / median(theirs),
        details={"theirs_mb": round(median(theirs)), "ours_mb": round(median(ours))},
    )


def _started(which: str) -> tuple[float, float]:
    """Milliseconds to the first answer, and megabytes then."""
    question = NOTHING[0] if which == "bare" else Question(tool="get_connection_status")
    with tempfile.TemporaryDirectory() as home:
        begun = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, str(BARE), "stdio"]
            if which == "bare"
            else [sys.executable, "-m", "pierre_mcp", "serve"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PIERRE_HOME": home, "PIERRE_LOG_LEVEL": "error"},
        )
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(question.message + b"\n")
            process.stdin.flush()
            answer = json.loads(process.stdout.readline())
            taken_ms = (time.perf_counter() - begun) * 1000
            assert "result" in answer, answer
            return taken_ms, _resident_mb(process.pid)
        finally:
            process.kill()
            process.communicate()


def _resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))
    return int(kilobytes) / 1024
