"""The fake is as strict as the description, or tests against it would show nothing."""

import httpx2
import pytest
from terra_fake import BASE, KEYS, FakeTerra
from terra_history import USER, history

RANGED = ("/activity", "/sleep", "/daily", "/body")
WEEK = {"start_date": "2026-04-24", "end_date": "2026-04-30"}


async def asked(path: str, keys: dict[str, str] = KEYS, **query: str) -> httpx2.Response:
    fake = FakeTerra(history(91, 20, 20))
    query = {"user_id": USER, **query}
    async with fake.api, httpx2.AsyncClient(trust_env=False, headers=keys) as client:
        return await client.get(f"{fake.api.url}{BASE}{path}", params=query)


@pytest.mark.parametrize("path", RANGED)
async def test_without_saying_so_an_answer_goes_to_the_webhook(path):
    assert "data" not in (await asked(path, **WEEK)).json()
    told = (await asked(path, **WEEK, to_webhook="false")).json()
    assert told["data"]
    assert "detailed" not in str(told["data"])


@pytest.mark.parametrize("path", RANGED)
async def test_more_than_a_month_is_answered_later(path):
    query = {"start_date": "2026-03-01", "end_date": "2026-04-30", "to_webhook": "false"}
    assert "data" not in (await asked(path, **query)).json()


@pytest.mark.parametrize(
    "query",
    [{"page": "1"}, {"start_date": "yesterday"}, {"start_date": "2026-05-09"},
     {"to_webhook": "no"}, {"with_samples": "1"}, {"start_date": "2026-4-1"[:4]}],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("path", RANGED)
async def test_what_no_range_takes_is_refused_as_a_problem(path, query):
    answer = await asked(path, **{**WEEK, **query})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", [*RANGED, "/athlete", "/userInfo"])
async def test_wrong_keys_and_unknown_users_are_refused(path):
    assert (await asked(path, {"dev-id": "x"}, **WEEK)).status_code == 401
    gone = {"user_id": "nobody"} if path in ("/athlete", "/userInfo") else WEEK
    assert (await asked(path, **{**gone, "user_id": "nobody"})).status_code == 404
