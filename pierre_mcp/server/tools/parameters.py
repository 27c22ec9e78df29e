"""Parameters that several tools share, and the way from a tool call to its principal."""

from typing import Annotated

from mcp.server.mcpserver import Context
from pydantic import Field

from pierre_mcp.composition import Composition
from pierre_mcp.server.asking import Asker, CachePolicy
from pierre_mcp.server.identity.caller import caller

ProviderParameter = Annotated[
    str | None,
    Field(
        description="A name from list_providers, or several in order of preference separated by "
        "commas: the first that answers is used. Default: the server's default."
    ),
]

CachePolicyParameter = Annotated[
    CachePolicy,
    Field(
        description="use_cache (default) takes a fresh kept copy where there is one; bypass and "
        "refresh always ask the provider."
    ),
]

StartDate = Annotated[str | None, Field(description="First local day, inclusive, like 2026-11-24.")]
EndDate = Annotated[str | None, Field(description="Last local day, inclusive. Default: today.")]


def asker(ctx: Context[Composition]) -> Asker:
    """The way to providers for the person behind this call."""
    return Asker(composition=ctx.request_context.lifespan_context, principal=caller())
