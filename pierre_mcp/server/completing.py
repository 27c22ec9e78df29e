"""Completions: what may stand in a prompt or an address, by what the person really has.

Names of providers come from the registry at call time, sports from the closed list. Ids are those
of the newest activities, which are asked for as the person who types. Where nothing can be had,
nothing is suggested.
"""

import anyio
from mcp.types import (
    Completion,
    CompletionArgument,
    CompletionContext,
    PromptReference,
    ResourceTemplateReference,
)

from pierre_mcp.composition import Composition
from pierre_mcp.errors import PierreError
from pierre_mcp.models import SportType
from pierre_mcp.principal import Principal
from pierre_mcp.server.asking import Asker
from pierre_mcp.server.every import ALL
from pierre_mcp.spi import ActivityQuery, ProviderCapabilities

MOST = 20
SECONDS = 5.0
"""Whoever types does not wait longer for suggestions."""

_IDS = ("first", "second", "activity_id")


async def completion_of(
    composition: Composition,
    principal: Principal,
    ref: PromptReference | ResourceTemplateReference,
    argument: CompletionArgument,
    context: CompletionContext | None,
) -> Completion:
    """What the argument may go on with; an address names the provider beside the id."""
    if argument.name == "provider":
        names = [ALL, *composition.registry.supported_providers()]
        return _beginning(argument.value, names)
    if argument.name == "sport":
        return _beginning(argument.value, [sport.value for sport in SportType])
    if argument.name in _IDS:
        given = (context.arguments if context else None) or {}
        try:
            with anyio.fail_after(SECONDS):
                newest = await _newest(composition, principal, given.get("provider"))
        except (PierreError, TimeoutError):
            return Completion(values=[])  # the tool tells what is wrong, not a suggestion
        if isinstance(ref, ResourceTemplateReference):
            newest = [name.partition(":")[2] for name in newest]
        return _beginning(argument.value, newest)
    return Completion(values=[])


async def _newest(
    composition: Composition, principal: Principal, provider: str | None
) -> list[str]:
    asking = Asker(composition=composition, principal=principal)
    answered = await asking.ask(
        provider or ALL,
        ProviderCapabilities.ACTIVITIES,
        lambda chosen: chosen.get_activities(ActivityQuery(limit=MOST)),
    )
    return [f"{one.provider}:{one.id}" for one in answered.value]


def _beginning(typed: str, values: list[str]) -> Completion:
    fitting = [value for value in values if value.startswith(typed.strip())]
    return Completion(values=fitting[:MOST], total=len(fitting), has_more=len(fitting) > MOST)
