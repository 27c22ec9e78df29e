"""The official Python client, over every transport and in both of its modes.

It asks what an assistant would ask; what must have come back is judged in ``answers``.
"""

import sys
from typing import Any

import anyio
from answers import PAGE, PAGES, Answers, judge, rows
from mcp import Client, StdioServerParameters
from mcp.client.sse import sse_client
from mcp.types import TextContent
from servers import STDIO, Workplace, serving_http
from steps import expect

VERSIONS = {"auto": "2026-07-28", "legacy": "2025-11-25"}
LONGEST_TALK_SECONDS = 120


def ask(place: Workplace, door: str, mode: str) -> Answers:
    """The judged answers that come through the door, in the protocol version of the mode."""
    if door == "stdio":
        command = StdioServerParameters(
            command=sys.executable, args=list(STDIO), env=place.settings, cwd=place.folder
        )
        return anyio.run(_ask, command, mode)
    with serving_http(place, "sse" if door == "SSE" else "streamable-http") as address:
        return anyio.run(_ask, sse_client(address) if door == "SSE" else address, mode)


async def _ask(server: Any, mode: str) -> Answers:
    with anyio.fail_after(LONGEST_TALK_SECONDS):
        async with Client(server, mode=mode) as client:
            spoken = client.protocol_version
            expect(spoken == VERSIONS[mode], f"mode {mode} speaks {spoken}")
            answers = Answers(
                tools=[tool.name for tool in (await client.list_tools()).tools],
                activities=rows(await _call(client, "get_activities", limit=PAGE * PAGES)),
                paged_ids=await _ids_by_cursor(client),
                nights=rows(await _call(client, "get_sleep_sessions")),
                records=rows(await _call(client, "get_personal_records")),
            )
            await _expect_a_typed_refusal(client)
    judge(answers)
    return answers


async def _call(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    expect(not result.is_error, f"{tool}: {result.content}")
    expect(isinstance(result.structured_content, dict), f"{tool} has no structured content")
    match result.content:
        case [TextContent(text=text)]:
            expect(text, f"{tool} has an empty text")
        case content:
            expect(False, f"{tool} has {len(content)} contents")
    return dict(result.structured_content or {})


async def _ids_by_cursor(client: Client) -> list[str]:
    ids: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(PAGES):
        page = await _call(client, "get_activities", limit=PAGE, **cursor)
        ids += [row[0] for row in rows(page)]
        cursor = {"cursor": page["meta"]["next_cursor"]}
    return ids


async def _expect_a_typed_refusal(client: Client) -> None:
    refused = await client.call_tool("get_activities", {"limt": 3})
    error = (refused.structured_content or {}).get("error", {})
    expect(
        refused.is_error and error.get("nearest") == "limit",
        f"'limt' was taken: {refused.structured_content}",
    )
