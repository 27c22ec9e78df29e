"""Resources: what a person can attach to a conversation by its address, instead of asking a tool.

Each is what a tool answers, as JSON, under the same rules: the person of the call, its deadline,
the same envelope. There are the providers, an athlete, the
newest activities of a sport, and one activity.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError
from mcp.types import CallToolResult, InputRequiredResult

from pierre_mcp.composition import Composition
from pierre_mcp.errors import ErrorType
from pierre_mcp.principal import Principal
from pierre_mcp.server.status import provider_list

ACTIVITIES = "pierre://activities/{provider}/{sport}"
ACTIVITY = "pierre://activity/{provider}/{activity_id}"
ATHLETE = "pierre://athlete/{provider}"
PROVIDERS = "pierre://providers"

_JSON = "application/json"
_NOWHERE = (
    ErrorType.NOT_FOUND,
    ErrorType.PROVIDER_NOT_SUPPORTED,
    ErrorType.INVALID_ARGUMENT,
)
"""Why nothing is at an address: what stands in it names nothing."""

CallTool = Callable[
    [str, dict[str, Any], Context[Any]], Awaitable[CallToolResult | InputRequiredResult]
]


def add_resources(
    server: MCPServer[Composition],
    composition: Composition,
    admit: Callable[[], Principal],
    call_tool: CallTool,
) -> None:
    """Offer them; ``admit`` says who asks, and ``call_tool`` is the server's own."""

    @server.resource(
        PROVIDERS,
        name="providers",
        title="Providers",
        description="Every source of data there is, and how the person's stand.",
        mime_type=_JSON,
    )
    def providers() -> str:
        return _as_json(provider_list(composition, admit()))

    @server.resource(
        ATHLETE,
        name="athlete",
        title="Athlete profile",
        description="Who the data of a provider belongs to; all: of every connected one.",
        mime_type=_JSON,
    )
    async def athlete(provider: str, ctx: Context[Any]) -> str:
        return await _told(call_tool, "get_athlete", {"provider": provider}, ctx)

    @server.resource(
        ACTIVITIES,
        name="activities",
        title="Activities of a sport",
        description="The newest workouts of one sport; run, ride, ... include their variants.",
        mime_type=_JSON,
    )
    async def activities(provider: str, sport: str, ctx: Context[Any]) -> str:
        asked = {"provider": provider, "sport_type": sport}
        return await _told(call_tool, "get_activities", asked, ctx)

    @server.resource(
        ACTIVITY,
        name="activity",
        title="One activity",
        description="One workout with its laps and time in zones.",
        mime_type=_JSON,
    )
    async def activity(provider: str, activity_id: str, ctx: Context[Any]) -> str:
        asked = {"provider": provider, "activity_id": activity_id, "include": ["laps", "zones"]}
        return await _told(call_tool, "get_activity", asked, ctx)


async def _told(
    call_tool: CallTool, tool: str, arguments: dict[str, Any], ctx: Context[Any]
) -> str:
    """What the tool answers, as JSON; its failure is the resource's."""
    answer = await call_tool(tool, arguments, ctx)
    if isinstance(answer, InputRequiredResult):
        raise ResourceError("This needs the person's answer first: ask the tool instead.")
    told = answer.structured_content or {}
    if not answer.is_error:
        return _as_json(told)
    error = told.get("error", {})
    message = str(error.get("message", "It could not be read."))
    if error.get("type") in _NOWHERE:
        raise ResourceNotFoundError(message)
    raise ResourceError(message)


def _as_json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
