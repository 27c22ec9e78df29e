"""The tool by which a person says that two records are one workout, or are not."""

from typing import Annotated, Literal

from mcp.server.mcpserver import Context
from mcp.types import CallToolResult
from pydantic import Field

from pierre_mcp.composition import Composition
from pierre_mcp.errors import InvalidArgument
from pierre_mcp.models import RecordKey
from pierre_mcp.server import schemas
from pierre_mcp.server.tools.parameters import asker

_LONGEST_NAME = 255

NameParameter = Annotated[
    str,
    Field(
        description="A record as the list names it: its provider, a colon, its id.",
        max_length=_LONGEST_NAME,
    ),
]


async def resolve_duplicate(
    ctx: Context[Composition],
    *,
    first: NameParameter,
    second: NameParameter,
    decision: Annotated[
        Literal["same", "different", "undo"],
        Field(description="same: one workout. different: two. undo: takes the word back."),
    ],
) -> Annotated[CallToolResult, schemas.ResolvedAnswer]:
    """Keep the person's word on two records: one workout, or two. Answers how they stand now.

    Use it only when the person has said which it is, for a pair in possible_duplicates of
    get_activities with provider all, or one that was merged wrongly. The word wins over the
    server's own rules in every such list from now on, until it is changed or taken back; nothing
    changes at the providers. Repeating it is harmless.
    """
    one, other = _key("first", first), _key("second", second)
    if one == other:
        raise InvalidArgument("second", "names the same record as first.")
    from pierre_mcp.server.tools.resolving import resolved  # noqa: PLC0415 - when first needed

    return await resolved(asker(ctx), one, other, decision)


def _key(argument: str, name: str) -> RecordKey:
    provider, _, number = name.strip().partition(":")
    if not provider or not number or not name.isprintable():
        raise InvalidArgument(argument, "has to be a provider, a colon and an id of one record.")
    return provider, number
