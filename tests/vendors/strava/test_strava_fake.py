"""The fake is as strict as the real one, or tests against it would show nothing."""

import httpx2
import pytest
from strava_fake import TOKEN, FakeStrava
from strava_history import history

HISTORY = history(91, 40)
ID = HISTORY[0].id


async def asked(path: str, token: str = TOKEN, **query: str) -> int:
    """The status of the answer."""
    fake = FakeStrava(HISTORY)
    headers = {"Authorization": f"Bearer {token}"}
    async with fake.api, httpx2.AsyncClient(trust_env=False, headers=headers) as client:
        return (await client.get(f"{fake.api.url}/api/v3{path}", params=query)).status_code


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/athlete", {}),
        ("/athlete/zones", {}),
        ("/athlete/activities", {"before": "1800000000", "page": "1", "per_page": "200"}),
        (f"/activities/{ID}", {"include_all_efforts": "true"}),
        (f"/activities/{ID}/laps", {}),
        (f"/activities/{ID}/zones", {}),
        ("/gear/b1", {}),
    ],
)
async def test_what_is_described_is_answered(path, query):
    assert await asked(path, **query) == 200
    assert await asked(path, token="another", **query) == 401
    assert await asked(path, **query, access_token=TOKEN) == 400


@pytest.mark.parametrize(
    "query",
    [
        {"per_page": "201"}, {"per_page": "0"}, {"page": "0"}, {"page": "-1"}, {"before": "today"},
        {"before": "1.5"}, {"limit": "20"}, {"cursor": "1"}, {"after": ""},
    ],
    ids=str,
)  # fmt: skip
async def test_what_no_list_takes_is_refused(query):
    assert await asked("/athlete/activities", **query) == 400


@pytest.mark.parametrize(
    "query",
    [{}, {"keys": "time"}, {"keys": "time,pace", "key_by_type": "true"}, {"key_by_type": "true"}],
    ids=str,
)
async def test_streams_are_asked_for_by_name_and_type(query):
    assert await asked(f"/activities/{ID}/streams", **query) == 400


@pytest.mark.parametrize(("number", "status"), [("1", 404), ("0x1", 400), (str(1 << 63), 400)])
async def test_an_activity_that_is_not_there_is_not_answered(number, status):
    assert await asked(f"/activities/{number}") == status
