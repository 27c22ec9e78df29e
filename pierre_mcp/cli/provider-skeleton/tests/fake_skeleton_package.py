"""The API on a real socket, as strict as the real one: unknown parameters are refused.

Replace the history by one that has the traps of the real API in it.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from pierre_mcp.testing import FakeApi, FakeRequest, Refused, Reply

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
TOKEN = "a-token"


def history() -> list[dict[str, Any]]:
    """Thirty workouts, newest first; one was not measured, one has a sport nobody knows."""
    made: list[dict[str, Any]] = [
        {
            "id": 1000 - number,
            "title": f"Workout {1000 - number}",
            "sport": ("run", "ride", "swim")[number % 3],
            "start": (NOW - timedelta(days=number, hours=5)).isoformat(),
            "seconds": 2400 + 60 * number,
            "meters": 8000.0 + 100 * number,
            "average_bpm": 130 + number % 20,
        }
        for number in range(30)
    ]
    made[3] |= {"meters": None, "average_bpm": None}
    made[4]["sport"] = "kubb"
    return made


def fake(workouts: list[dict[str, Any]]) -> FakeApi:
    """Not entered yet."""

    def allow(request: FakeRequest) -> None:
        if request.bearer != TOKEN:
            raise Refused(401, {"error": "invalid token"})

    async def me(request: FakeRequest) -> Reply:
        allow(request)
        request.only()
        return 200, {"id": "u-1", "name": "Ada Example"}, {}

    async def listed(request: FakeRequest) -> Reply:
        allow(request)
        asked = request.only("limit", "cursor", "from", "to")
        limit = int(asked.get("limit", 20))
        if not 1 <= limit <= 200:
            raise Refused(400, {"error": "limit"})
        found = [w for w in workouts if "cursor" not in asked or w["id"] < int(asked["cursor"])]
        if "from" in asked:
            found = [w for w in found if _at(w["start"]) >= _at(asked["from"])]
        if "to" in asked:
            found = [w for w in found if _at(w["start"]) < _at(asked["to"])]
        page = found[:limit]
        more = str(page[-1]["id"]) if len(found) > len(page) else None
        return 200, {"workouts": page, "next": more}, {}

    async def one(request: FakeRequest) -> Reply:
        allow(request)
        request.only()
        for workout in workouts:
            if str(workout["id"]) == request.parts["id"]:
                return 200, workout, {}
        raise Refused(404, {"error": "no such workout"})

    return FakeApi({"GET /v1/me": me, "GET /v1/workouts": listed, "GET /v1/workouts/{id}": one})


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)
