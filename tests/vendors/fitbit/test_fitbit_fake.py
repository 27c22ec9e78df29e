"""The fake is as strict as the real one, or tests against it would show nothing."""

import ssl
from typing import Any

import httpx2
import pytest
from fitbit_fake import EVERY_SCOPE, PREFIX, TOKEN, FakeFitbit
from fitbit_history import history

from providers.fitbit import PLACES

# The fake speaks http, and reading what a machine trusts takes longer than asking it.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
HISTORY = history(91, 40, days=40)
ID = HISTORY.exercises[0]["name"].rpartition("/")[2]
EXERCISE, SLEEP, STEPS = (
    f"/dataTypes/{kind}/dataPoints" for kind in ("exercise", "sleep", "steps")
)


async def asked(
    path: str,
    query: dict[str, str] | None = None,
    *,
    body: Any = None,
    token: str = TOKEN,
    scopes: frozenset[str] = EVERY_SCOPE,
) -> int:
    """The status of the answer."""
    fake = FakeFitbit(HISTORY, scopes)
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        fake.api,
        httpx2.AsyncClient(verify=NO_TLS, trust_env=False, headers=headers) as client,
    ):
        address, method = f"{fake.api.url}{PREFIX}{path}", "GET" if body is None else "POST"
        answer = await client.request(method, address, params=query, json=body)
    return answer.status_code


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/identity", {}),
        ("/profile", {}),
        ("/settings", {}),
        (EXERCISE, {"pageSize": "25"}),
        (EXERCISE, {"filter": 'exercise.interval.civil_start_time < "2027-01-01"'}),
        (f"{EXERCISE}:reconcile", {}),
        (f"{EXERCISE}/{ID}", {}),
        (f"{EXERCISE}/{ID}:exportExerciseTcx", {"alt": "media", "partialData": "true"}),
        (SLEEP, {"filter": 'sleep.interval.civil_end_time >= "2026-11-01T10:00:00"'}),
        ("/dataTypes/daily-vo2-max/dataPoints", {"filter": 'daily_vo2_max.date >= "2026-11-01"'}),
    ],
)  # fmt: skip
async def test_what_is_described_is_answered(path, query):
    assert await asked(path, query) == 200
    assert await asked(path, query, token="another") == 401
    assert await asked(path, {**query, "access_token": TOKEN}) == 400


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (EXERCISE, {"pageSize": "26"}),
        (SLEEP, {"pageSize": "0"}),
        (EXERCISE, {"page": "2"}),
        (EXERCISE, {"pageToken": "2"}),
        (EXERCISE, {"filter": 'exercise.interval.start_time >= "2026-01-01T00:00:00Z"'}),
        (EXERCISE, {"filter": 'exercise.interval.civil_start_time > "2026-01-01"'}),
        (EXERCISE, {"filter": 'exercise.interval.civil_start_time >= "2026-01-01T00:00:00Z"'}),
        (EXERCISE, {"filter": "exercise.interval.civil_start_time >= 2026-01-01"}),
        (SLEEP, {"filter": 'sleep.interval.civil_start_time >= "2026-01-01"'}),
        ("/dataTypes/daily-vo2-max/dataPoints", {"filter": 'dailyVo2Max.date >= "2026-11-01"'}),
        (STEPS, {}),
        ("/dataTypes/dailyVo2Max/dataPoints", {}),
        (f"{EXERCISE}/x1", {}),
    ],
)
async def test_what_no_list_takes_is_refused(path, query):
    assert await asked(path, query) == 400


def window(first: str, last: str, **more: Any) -> dict[str, Any]:
    ends = {}
    for end, day in (("start", first), ("end", last)):
        parts = dict(zip(("year", "month", "day"), map(int, day.split("-")), strict=True))
        ends[end] = {"date": parts}
    return {"range": ends, **more}


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("steps", window("2026-08-01", "2026-10-30"), 200),
        ("steps", window("2026-08-01", "2026-10-31"), 400),
        ("total-calories", window("2026-10-01", "2026-10-15", windowSizeDays=1), 200),
        ("total-calories", window("2026-10-01", "2026-10-16"), 400),
        ("steps", window("2026-10-02", "2026-10-02"), 400),
        ("steps", window("2026-10-01", "2026-10-02", cursor="x"), 400),
        ("steps", {"range": {"start": "2026-10-01", "end": "2026-10-02"}}, 400),
        ("sleep", window("2026-10-01", "2026-10-02"), 400),
    ],
)
async def test_sums_of_days_are_for_windows_of_civil_dates(kind, body, status):
    assert await asked(f"/dataTypes/{kind}/dataPoints:dailyRollUp", body=body) == status


async def test_the_exported_file_needs_the_permission_for_places():
    path = f"{EXERCISE}/{ID}:exportExerciseTcx"
    assert await asked(path, {"partialData": "true"}, scopes=EVERY_SCOPE - {PLACES}) == 403
    assert await asked(f"{SLEEP}/1:exportExerciseTcx") == 404
    assert await asked(f"{EXERCISE}/1") == 404
