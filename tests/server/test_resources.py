"""Resources, as clients of both eras see them."""

import json

import pytest
from lakeside import Driver, Lake, an_activity
from mcp import MCPError
from mcp.types import INTERNAL_ERROR, INVALID_PARAMS, ResourceTemplateReference

from pierre_mcp.errors import ProviderServerError
from pierre_mcp.server.resources import ACTIVITY


async def read(drive: Driver, uri: str):
    (content,) = (await drive.client.read_resource(uri)).contents
    assert content.mime_type == "application/json"
    return json.loads(content.text)


async def test_the_providers_are_listed_and_the_rest_are_templates(drive: Driver):
    listed = (await drive.client.list_resources()).resources
    templates = (await drive.client.list_resource_templates()).resource_templates
    # Beside it the pages of ours that hosts show.
    ours = [str(one.uri) for one in listed if not str(one.uri).startswith("ui://")]
    assert ours == ["pierre://providers"]
    assert {one.name for one in templates} == {"athlete", "activities", "activity"}
    assert all(one.title and one.description for one in (*listed, *templates))


async def test_providers_are_what_the_tool_lists(drive: Driver):
    told = await read(drive, "pierre://providers")
    assert told == (await drive.answer("list_providers"))["result"]


async def test_an_activity_is_what_the_tool_answers(drive: Driver):
    told = await read(drive, "pierre://activity/lakeside/100000001")
    assert told["result"]["activity"]["id"] == "100000001"
    assert told["meta"]["providers"] == ["lakeside"]


async def test_the_activities_of_a_sport_are_those_that_the_tool_lists(drive: Driver):
    told = await read(drive, "pierre://activities/lakeside/run")
    assert told["result"] == (await drive.answer("get_activities", sport_type="run"))["result"]


async def test_sports_are_completed_from_the_closed_list(drive: Driver):
    told = await drive.client.complete(
        ResourceTemplateReference(uri="pierre://activities/{provider}/{sport}"),
        argument={"name": "sport", "value": "trai"},
    )
    assert told.completion.values == ["trail_run"]


async def test_an_athlete_of_the_synthetic_provider_is_marked_as_such(drive: Driver):
    told = await read(drive, "pierre://athlete/synthetic")
    assert told["meta"]["synthetic"] is True


@pytest.mark.parametrize(
    ("uri", "told"),
    [
        ("pierre://activity/lakeside/999", "no such activity|no activity"),
        ("pierre://athlete/nobody", "Provider 'nobody' is not supported"),
        ("pierre://activities/lakeside/quidditch", "sport_type"),
    ],
)
async def test_what_is_not_there_is_said_so(drive: Driver, uri: str, told: str):
    with pytest.raises(MCPError, match=f"(?i){told}") as refused:
        await drive.client.read_resource(uri)
    assert refused.value.code == INVALID_PARAMS


async def test_a_provider_that_fails_is_said_to(drive: Driver, lake: Lake):
    lake.failure = ProviderServerError("lakeside", "It is down.")
    with pytest.raises(MCPError, match=r"It is down\.") as refused:
        await drive.client.read_resource("pierre://activity/lakeside/100000001")
    assert refused.value.code == INTERNAL_ERROR


async def test_ids_in_an_address_are_completed_without_their_provider(drive: Driver, lake: Lake):
    lake.activities[:] = [an_activity(1)]
    told = await drive.client.complete(
        ResourceTemplateReference(uri=ACTIVITY),
        {"name": "activity_id", "value": "1"},
        {"provider": "lakeside"},
    )
    assert told.completion.values == ["100000001"]
