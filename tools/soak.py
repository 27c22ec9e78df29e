"""``make soak``: the highest load that one core takes, while the network comes and goes.

A real server process serves people with tokens of their own; their provider stands behind a proxy
that breaks it in a new way every few seconds. Memory has to stay flat once it is warm, and no
descriptor may be left behind. Ten minutes, outside CI; 1 where that is not held.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from statistics import median

import anyio
import anyio.to_thread
import httpx2

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

import abroad
from harbour import Harbour, harbour
from many_people import Served
from processes import environ_of, serving

from pierre_mcp.composition import system_clock
from pierre_mcp.logs import configure_logging
from pierre_mcp.principal import Principal
from pierre_mcp.server.identity.api_tokens import new_api_token
from pierre_mcp.testing import Disturbance, Ending, FaultProxy, faults

PEOPLE = 50
AT_ONCE = 16
FLAT_WITHIN = 0.05
FAULT_SECONDS = 3.0
WARM_PART = 0.3
"""Of the time, after which memory is measured against its end."""

_IMPATIENT = """\
[providers.harbour]
timeout_secs = 1
circuit_breaker_reset_secs = 1
"""
"""So that the provider is asked again soon, and every fault is met many times."""

_FAULTS = cycle(
    [None, faults.reset, None, faults.status(503), None, faults.hang, None, faults.garbage, None,
     Disturbance(ends_after_bytes=80), None, faults.cut_short, None, faults.drip(), None,
     Disturbance(ends_after_bytes=80, ends_by=Ending.HALF_CLOSE), None, faults.status(429)]
)  # fmt: skip
_QUESTIONS = cycle(
    [("get_activities", {}), ("get_activities", {"cache_policy": "bypass"}), ("get_athlete", {}),
     ("get_activities", {"provider": "all"}), ("get_stats", {"group_by": "week"}),
     ("get_provider_health", {}), ("list_providers", {}), ("get_sleep_sessions", {}),
     ("get_activities", {"cache_policy": "refresh"}), ("get_connection_status", {})]
)  # fmt: skip
_OF_NO_PROVIDER = ("list_providers", "get_connection_status")


@dataclass
class Watch:
    """What was seen of the server, and what it answered."""

    pid: int
    memory_bytes: list[int] = field(default_factory=list)
    descriptors: list[int] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)

    def look(self) -> None:
        """Note memory and descriptors, as Linux tells them."""
        process = Path("/proc") / str(self.pid)
        pages = int((process / "statm").read_text().split()[1])
        self.memory_bytes.append(pages * 4096)
        self.descriptors.append(sum(1 for _ in (process / "fd").iterdir()))

    def growth(self) -> float:
        """By what part memory grew from when it was warm to the end."""
        warm = int(len(self.memory_bytes) * WARM_PART)
        tenth = max(1, len(self.memory_bytes) // 10)
        before = median(self.memory_bytes[warm : warm + tenth])
        return median(self.memory_bytes[-tenth:]) / before - 1


@asynccontextmanager
async def site(
    folder: Path,
) -> AsyncIterator[tuple[Harbour, FaultProxy, dict[str, str], list[str]]]:
    """A provider behind a bad network, the environment of servers that know it, people's tokens."""
    async with harbour() as port, FaultProxy(port.api.port) as network:
        environ = environ_of(folder, abroad.install(folder / "site", port))
        environ |= {
            "PIERRE_PROVIDERS": "synthetic,harbour",
            "PIERRE_PUBLIC_URL": "https://pierre.example.org",
            "PIERRE_HARBOUR_API_BASE_URL": f"{network.url}/v3",
            "PIERRE_CALLS_PER_MINUTE": "1000000",
            "PIERRE_LOG_LEVEL": "error",
            "PIERRE_CONFIG": str(folder / "pierre.toml"),
        }
        (folder / "pierre.toml").write_text(_IMPATIENT, encoding="utf-8")
        tokens = []
        async with port.composition(folder, clock=system_clock) as composition:
            for number in range(PEOPLE):
                person = Principal("club", f"person {number}")
                await port.connect(composition, person)
                made = new_api_token(
                    person.tenant, person.user, label="soak", now=system_clock(), expires_at=None
                )
                await (await composition.store()).add_api_token(made.record, made.token_hash)
                tokens.append(made.text)
        yield port, network, environ, tokens


async def load(server: Served, tokens: Iterator[str], watch: Watch) -> None:
    """Ask one question after the other, each as the next person."""
    while True:
        tool, arguments = next(_QUESTIONS)
        if tool not in _OF_NO_PROVIDER:
            arguments = {"provider": "harbour"} | arguments
        try:
            told = await server.call(next(tokens), tool, **arguments)
        except httpx2.HTTPError as failure:
            watch.answers[f"no answer: {type(failure).__name__}"] += 1
            continue
        watch.answers["success" if told["success"] else told["error"]["type"]] += 1


async def soak(seconds: float) -> Watch:
    """Load a server for so long."""
    with tempfile.TemporaryDirectory() as name:
        async with site(Path(name)) as (port, network, environ, tokens):
            running = serving(environ, "streamable-http")
            process = await anyio.to_thread.run_sync(running.__enter__)
            watch = Watch(process.process.pid)
            try:
                async with (
                    httpx2.AsyncClient(timeout=60) as http,
                    anyio.create_task_group() as tasks,
                ):
                    server = Served(
                        url=f"http://127.0.0.1:{process.port}",
                        port=process.port,
                        sse=False,
                        http=http,
                    )
                    people = cycle(tokens)
                    for _ in range(AT_ONCE):
                        tasks.start_soon(load, server, people, watch)
                    until = time.monotonic() + seconds
                    while time.monotonic() < until:
                        network.fault = next(_FAULTS)
                        await anyio.sleep(FAULT_SECONDS)
                        watch.look()
                        del port.api.requests[:]
                    network.fault = None
                    tasks.cancel_scope.cancel()
                # What was under way ends, and kept connections of clients that left go.
                await anyio.sleep(FAULT_SECONDS)
                watch.look()
            finally:
                await anyio.to_thread.run_sync(lambda: running.__exit__(None, None, None))
            return watch


def main() -> int:
    """Measure and tell."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    seconds = parser.parse_args().seconds
    configure_logging("error")
    watch = anyio.run(soak, seconds)
    calls = sum(watch.answers.values())
    growth = watch.growth()
    left = watch.descriptors[-1] - watch.descriptors[0]
    megabytes = [round(value / 1e6, 1) for value in watch.memory_bytes]
    told = [
        f"{calls} calls in {seconds:.0f} s, {calls / seconds:.0f} a second, {PEOPLE} people",
        f"answers: {dict(watch.answers.most_common())}",
        f"memory in MB: {megabytes[0]} at first, {max(megabytes)} at most, {megabytes[-1]} at last",
        f"its growth since it was warm: {growth:+.1%}, at most {FLAT_WITHIN:+.0%} is allowed",
        f"descriptors: {watch.descriptors[0]} at first, {max(watch.descriptors)} at most",
        f"descriptors once all had left: {watch.descriptors[-1]}",
    ]
    print("\n".join(told))  # noqa: T201 - this is what the person asked for
    held = growth <= FLAT_WITHIN and left <= 0 and not any("no answer" in a for a in watch.answers)
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
