"""Parameters that several tools share, and what a tool gets from the call's context."""

from typing import Annotated, Literal

from mcp.server.mcpserver import Context
from pydantic import Field

from pierre_mcp.caching.policy import CachePolicy
from pierre_mcp.composition import Composition
from pierre_mcp.server.asking import Asker
from pierre_mcp.server.doorway import Doorway
from pierre_mcp.server.identity.caller import caller

ProviderParameter = Annotated[
    str | None,
    Field(
        description="A name from list_providers, or several in order of preference separated by "
        "commas: the first that answers is used; or all: every connected one, merged, each "
        "workout and day once. Default: the server's default."
    ),
]

CachePolicyWord = Literal["use_cache", "bypass", "refresh"]

CachePolicyParameter = Annotated[
    CachePolicyWord,
    Field(
        description="use_cache (default) takes a fresh kept copy where there is one; bypass and "
        "refresh always ask the provider."
    ),
]

StartDate = Annotated[str | None, Field(description="First local day, inclusive, like 2026-11-24.")]
EndDate = Annotated[str | None, Field(description="Last local day, inclusive. Default: today.")]


def asker(ctx: Context[Composition], cache_policy: CachePolicyWord = "use_cache") -> Asker:
    """The way to providers for the person behind this call."""
    return Asker(
        composition=ctx.request_context.lifespan_context,
        principal=caller(),
        policy=CachePolicy(cache_policy),
    )


def doorway(ctx: Context[Composition]) -> Doorway:
    """How a browser finds its way to the server that this call came to."""
    found = getattr(ctx.mcp_server, "doorway", None)
    if not isinstance(found, Doorway):
        raise TypeError("connect_provider needs a server with a doorway")
    return found
