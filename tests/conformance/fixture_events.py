"""Tools and handlers of the conformance suite that send something while they work.

Progress, log messages, news of changed lists, and subscriptions to a resource: on the older wire
through the session, on the newer one through its listen streams.
"""

from typing import Any

import anyio
from mcp.server import ServerRequestContext
from mcp.server.mcpserver import Context, MCPServer
from mcp.types import (
    EmptyResult,
    SetLevelRequestParams,
    SubscribeRequestParams,
    UnsubscribeRequestParams,
)

PAUSE_SECONDS = 0.05
"""What the suite asks for between two messages, so that they cannot travel as one."""

WATCHED = "test://watched-resource"


async def with_logging(ctx: Context) -> str:
    """Sends three log messages."""
    await ctx.info("Tool execution started")
    await anyio.sleep(PAUSE_SECONDS)
    await ctx.info("Tool processing data")
    await anyio.sleep(PAUSE_SECONDS)
    await ctx.info("Tool execution completed")
    return "Three log messages were sent."


async def one_log_message(ctx: Context) -> str:
    """Sends one log message to those who asked for them."""
    await ctx.info("One message")
    return "Done."


async def with_progress(ctx: Context) -> str:
    """Reports progress three times."""
    await ctx.report_progress(0, 100, "Begun")
    await anyio.sleep(PAUSE_SECONDS)
    await ctx.report_progress(50, 100, "Half way")
    await anyio.sleep(PAUSE_SECONDS)
    await ctx.report_progress(100, 100, "Done")
    return "Progress was reported three times."


async def tools_change(ctx: Context) -> str:
    """Says that the list of tools has changed."""
    await ctx.notify_tools_changed()
    await ctx.session.send_tool_list_changed()
    return "Said."


async def prompts_change(ctx: Context) -> str:
    """Says that the list of prompts has changed."""
    await ctx.notify_prompts_changed()
    await ctx.session.send_prompt_list_changed()
    return "Said."


def watched_resource() -> str:
    """What one may subscribe to."""
    return "As it was."


TOOLS = {
    "test_tool_with_logging": with_logging,
    "test_logging_tool": one_log_message,
    "test_tool_with_progress": with_progress,
    "test_trigger_tool_change": tools_change,
    "test_trigger_prompt_change": prompts_change,
}


def add_events(server: MCPServer[Any]) -> None:
    """Add everything of this module to the server."""
    for name, call in TOOLS.items():
        server.add_tool(call, name=name)
    server.resource(WATCHED)(watched_resource)

    watched: set[str] = set()

    async def set_level(
        _: ServerRequestContext[Any], _params: SetLevelRequestParams
    ) -> EmptyResult:
        return EmptyResult()

    async def subscribe(
        _: ServerRequestContext[Any], params: SubscribeRequestParams
    ) -> EmptyResult:
        watched.add(params.uri)
        return EmptyResult()

    async def unsubscribe(
        _: ServerRequestContext[Any], params: UnsubscribeRequestParams
    ) -> EmptyResult:
        watched.discard(params.uri)
        return EmptyResult()

    # The high-level server has no door for these methods of the older wire.
    low = server._lowlevel_server  # noqa: SLF001
    low.add_request_handler("logging/setLevel", SetLevelRequestParams, set_level)
    low.add_request_handler("resources/subscribe", SubscribeRequestParams, subscribe)
    low.add_request_handler("resources/unsubscribe", UnsubscribeRequestParams, unsubscribe)
