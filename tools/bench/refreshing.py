"""How long a hundred connections take to be refreshed, where the provider needs 300 ms for each.

The whole way: store, lock files and a provider on a socket. Were they to wait for each other, it
would be thirty seconds.
"""

import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import anyio
from report import Measurement

from pierre_mcp.principal import Principal
from pierre_mcp.testing import FakeApi, FakeClock, FakeRequest, OAuthServer, Reply

CONNECTIONS = 100
PROVIDER_SECONDS = 0.3
MOST_ROUNDS = 3
"""A round takes a while, and its time hardly varies."""


def refreshes_side_by_side(rounds: int) -> Measurement:
    """The middle one of the times of all hundred."""
    sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "support"))
    try:
        times = [anyio.run(_one_round) for _ in range(min(rounds, MOST_ROUNDS))]
    finally:
        del sys.path[0]
    return Measurement(
        value=median(times),
        details={"connections": CONNECTIONS, "provider_seconds": PROVIDER_SECONDS},
    )


async def _one_round() -> float:
    from databases import NOW, sqlite_settings
    from refreshers import connect, opened, tokens_of

    oauth, clock = OAuthServer(), FakeClock(NOW)
    people = [Principal("club", f"person {number}") for number in range(CONNECTIONS)]

    async def slow(request: FakeRequest) -> Reply:
        if b"refresh_token" in request.body:
            await anyio.sleep(PROVIDER_SECONDS)
        return await oauth.token(request)

    with tempfile.TemporaryDirectory() as folder:
        settings = sqlite_settings(Path(folder))
        async with (
            FakeApi(oauth.routes | {"POST /oauth/token": slow}) as api,
            opened(settings, clock) as room,
        ):
            for person in people:
                await connect(room, api.url, person)
            clock.advance(hours=1)
            started = time.monotonic()
            async with anyio.create_task_group() as asking:
                for person in people:
                    asking.start_soon(tokens_of(room, api.url, person).token)
            return time.monotonic() - started
