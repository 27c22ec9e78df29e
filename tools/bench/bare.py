"""A server of the SDK's own, as small as it can be: a tool that does nothing, and a plain page.

It imports nothing of ours.

    python bare.py stdio|http
"""

import socket
import sys

from mcp.server.mcpserver import MCPServer
from pydantic import BaseModel

server = MCPServer("bare")


@server.tool()
def nothing() -> str:
    """Do nothing."""
    return "ok"


class Workout(BaseModel):
    """A workout as most servers tell it: a model with twenty fields."""

    id: str
    name: str
    sport_type: str
    start_time: str
    utc_offset_seconds: int
    timezone: str
    duration_seconds: float
    moving_time_seconds: float
    distance_meters: float
    elevation_gain_meters: float
    average_heart_rate_bpm: float
    max_heart_rate_bpm: float
    average_power_watts: float | None = None
    average_cadence_rpm: float
    average_speed_mps: float
    max_speed_mps: float
    calories_kcal: float
    device_name: str
    gear_name: str | None = None
    private: bool


class Workouts(BaseModel):
    """A page of them."""

    workouts: list[Workout]
    next_cursor: str | None = None


_READY = [
    Workout(
        id=f"{90_000_000_000 + number}",
        name="Morning Run",
        sport_type="run",
        start_time=f"2026-11-{number % 28 + 1:02d}T06:30:00+01:00",
        utc_offset_seconds=3600,
        timezone="Europe/Zurich",
        duration_seconds=3600.0 + number,
        moving_time_seconds=3500.0 + number,
        distance_meters=10_000.5 + number,
        elevation_gain_meters=120.0,
        average_heart_rate_bpm=140.0,
        max_heart_rate_bpm=171.0,
        average_cadence_rpm=172.0,
        average_speed_mps=2.86,
        max_speed_mps=4.12,
        calories_kcal=702.0,
        device_name="Watch 5",
        private=False,
    )
    for number in range(200)
]


@server.tool()
def page(limit: int) -> Workouts:
    """The newest workouts, made beforehand."""
    return Workouts(workouts=_READY[:limit])


def serve_http() -> None:
    """Answer until ended, where stderr says."""
    import uvicorn

    # Its protocol is named, for asyncio sends small answers at once only where it is.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    sys.stderr.write(f"port {listener.getsockname()[1]}\n")
    sys.stderr.flush()
    config = uvicorn.Config(server.streamable_http_app(), log_config=None, access_log=False)
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    if sys.argv[1] == "http":
        serve_http()
    else:
        server.run("stdio")
