"""The fake is as strict as the real one, or tests against it would show nothing."""

import ssl

import httpx2
import pytest
from whoop_fake import BASE, TOKEN, FakeWhoop
from whoop_history import history

# The fake speaks http, and reading what a machine trusts takes longer than asking it.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
HISTORY = history(91, 40, 40)
LISTS = ("/activity/workout", "/activity/sleep", "/recovery", "/cycle")
SINGLE = ("/user/profile/basic", "/user/measurement/body")


async def asked(path: str, token: str = TOKEN, agent: str = "x/1", **query: str) -> httpx2.Response:
    fake = FakeWhoop(HISTORY)
    headers = {"Authorization": f"Bearer {token}", "User-Agent": agent}
    async with (
        fake.api,
        httpx2.AsyncClient(verify=NO_TLS, trust_env=False, headers=headers) as client,
    ):
        return await client.get(f"{fake.api.url}{BASE}{path}", params=query)


@pytest.mark.parametrize("path", [*LISTS, *SINGLE])
async def test_what_is_described_is_answered(path):
    assert (await asked(path)).status_code == 200
    assert (await asked(path, token="another")).status_code == 401
    assert (await asked(path, agent="python-requests/2.32")).status_code == 403
    assert (await asked(path, page="1")).status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "26"}, {"limit": "0"}, {"limit": "-1"}, {"limit": "all"}, {"next_token": "x"},
        {"start": "2026-04-01"}, {"start": "2026-04-01T00:00:00"}, {"end": "1776700800"},
        {"nextToken": "nonsense"}, {"start": "2026-04-02T00:00:00Z", "end": "2026-04-01T00:00:00Z"},
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("path", LISTS)
async def test_what_no_list_takes_is_refused(path, query):
    assert (await asked(path, **query)).status_code == 400


@pytest.mark.parametrize("path", LISTS)
async def test_a_token_goes_on_with_its_own_window_only(path):
    first = (await asked(path)).json()
    assert len(first["records"]) == 10
    following = await asked(path, nextToken=first["next_token"])
    assert following.status_code == 200
    assert following.json()["records"][0] not in first["records"]
    assert (await asked(path, limit="25", nextToken=first["next_token"])).status_code == 400


async def test_version_1_is_gone():
    fake = FakeWhoop(HISTORY)
    async with fake.api, httpx2.AsyncClient(verify=NO_TLS, trust_env=False) as client:
        assert (await client.get(f"{fake.api.url}/developer/v1/cycle")).status_code == 404
