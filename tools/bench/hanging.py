"""How much longer a provider's slowest answers take while another one hangs and drips.

Both are reached through one pool, as in a server, and are served by a process of their own; the two
cases are measured in turns.
"""

import subprocess
import sys
import time
from pathlib import Path

import anyio
from report import Measurement

from pierre_mcp.client.messages import Outgoing
from pierre_mcp.client.pool import HttpPool
from pierre_mcp.errors import ProviderError
from pierre_mcp.testing import FakeApi, FakeRequest, FaultProxy, Reply, faults

BROKEN_AT_ONCE = 50
TURNS = 6


def others_while_one_is_broken(rounds: int) -> Measurement:
    """The ratio of the 99th percentiles."""
    servers = subprocess.Popen([sys.executable, Path(__file__)], stdout=subprocess.PIPE, text=True)
    try:
        assert servers.stdout is not None
        urls = servers.stdout.readline().split()
        alone, beside = anyio.run(_measured, rounds * 10, urls[0], urls[1:])
    finally:
        servers.terminate()
        servers.communicate()
    return Measurement(
        value=_p99(beside) / _p99(alone),
        details={
            "requests": len(alone),
            "broken_at_once": BROKEN_AT_ONCE,
            "alone_p99_us": round(_p99(alone)),
            "beside_p99_us": round(_p99(beside)),
        },
    )


async def _serve() -> None:
    """A provider that is well, and two that are not, until the process is ended."""

    async def answer(_: FakeRequest) -> Reply:
        return 200, {"rows": [1] * 100}, {}

    async with (
        FakeApi({"GET /": answer}) as well,
        FaultProxy(well.port) as hanging,
        FaultProxy(well.port) as dripping,
    ):
        hanging.fault, dripping.fault = faults.hang, faults.drip(1.0)
        print(well.url, hanging.url, dripping.url, flush=True)  # noqa: T201 - for who measures
        await anyio.sleep_forever()


async def _measured(requests: int, well: str, broken: list[str]) -> tuple[list[float], list[float]]:
    alone: list[float] = []
    beside: list[float] = []
    async with HttpPool() as pool:
        await _ask(pool, "well", well)
        for turn in range(TURNS):
            alone += [await _timed(pool, well) for _ in range(requests)]
            async with anyio.create_task_group() as tasks:
                for _ in range(BROKEN_AT_ONCE):
                    tasks.start_soon(_ask, pool, "broken", broken[turn % len(broken)])
                await anyio.sleep(0.2)
                beside += [await _timed(pool, well) for _ in range(requests)]
                tasks.cancel_scope.cancel()
            await anyio.sleep(0.2)
    return alone, beside


async def _timed(pool: HttpPool, url: str) -> float:
    started = time.perf_counter()
    await _ask(pool, "well", url)
    return (time.perf_counter() - started) * 1_000_000


async def _ask(pool: HttpPool, provider: str, url: str) -> None:
    request = Outgoing(provider=provider, method="GET", url=f"{url}/", label_path="/", headers={})
    try:
        await pool.exchange(request)
    except ProviderError:
        return


def _p99(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.99)]


if __name__ == "__main__":
    anyio.run(_serve)
