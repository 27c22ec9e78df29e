"""Tools about providers themselves: what there is, how each stands, connecting."""

from collections.abc import Mapping
from typing import Annotated, Any

import anyio
from mcp.server.mcpserver import Context
from mcp.types import CallToolResult, InputRequiredResult
from pydantic import Field

from pierre_mcp.composition import Composition
from pierre_mcp.errors import ProviderError, RateLimitExceeded
from pierre_mcp.server import schemas
from pierre_mcp.server.accounts import nothing_to_connect, part
from pierre_mcp.server.asking import Asker
from pierre_mcp.server.envelope import Answer, as_text, success
from pierre_mcp.server.introducing import Introduction, announce
from pierre_mcp.server.status import capability_names, connection_status, provider_list
from pierre_mcp.server.tables import iso_time, shorten
from pierre_mcp.server.tools.parameters import ProviderParameter, asker, doorway
from pierre_mcp.spi import ProviderCapabilities

OneProvider = Annotated[str, Field(min_length=1, description="A name from list_providers.")]

_HEALTH_CHECK_SECONDS = 10


async def list_providers(
    ctx: Context[Composition],
) -> Annotated[CallToolResult, schemas.ProviderListAnswer]:
    """Every source of data there is: what each offers, how to connect it, what it cannot give.

    Use it first when you do not know which provider has the data you need. Calls no provider.
    """
    asking = asker(ctx)
    composition = asking.composition
    listed = provider_list(composition, asking.principal)
    lines = [f"default: {listed['default_provider']}"]
    for provider in listed["providers"]:
        name = provider["name"]
        if not provider["available"]:
            lines.append(f"{name}: unavailable. {provider['reason']}")
            continue
        lines.append(_line_about(provider))
        lines.extend(f"  needs {need}" for need in provider.get("needs", ()))
        if "experimental" in provider:
            lines.append(f"  experimental: {provider['experimental']}")
        lines.extend(f"  {limitation}" for limitation in provider.get("limitations", ()))
        lines.extend(f"  from {change}" for change in provider.get("upcoming", ()))
        if "terms" in provider:
            told = "; ".join(f"{name}: {value}" for name, value in provider["terms"].items())
            lines.append(f"  terms: {told}")
    return _about(composition, listed, "\n".join(lines))


def _line_about(provider: dict[str, Any]) -> str:
    facts = (
        ", ".join(provider["capabilities"]),
        f"connect by {provider['connect_by']}",
        "set up" if provider["configured"] else "not set up",
        provider["verified"],
        *(["synthetic"] if provider.get("synthetic") else []),
    )
    return f"{provider['name']} ({provider['display_name']}): {'; '.join(facts)}"


async def get_connection_status(
    ctx: Context[Composition],
    *,
    provider: Annotated[
        str | None, Field(description="Only this one (or several, by commas). Default: all.")
    ] = None,
) -> Annotated[CallToolResult, schemas.ByProviderAnswer]:
    """Whether each provider is connected, and what to do about one that is not. Calls no provider.

    Use it before connecting, and when another tool says that a provider is not connected.
    """
    asking = asker(ctx)
    statuses = await connection_status(asking.composition, asking.principal)
    if provider is not None:
        statuses = {name: statuses[name] for name in asking.names(provider)}
    lines = [
        f"{name}: {status['status']}{', synthetic' if status.get('synthetic') else ''}. "
        f"{status.get('detail', '')}".rstrip()
        for name, status in statuses.items()
    ]
    return _about(asking.composition, {"providers": statuses}, "\n".join(lines))


async def connect_provider(
    ctx: Context[Composition], *, provider: OneProvider
) -> Annotated[CallToolResult, schemas.ConnectionChangeAnswer] | InputRequiredResult:
    """Connect the person's account at a provider: gives a link that the person opens.

    Use it when the person asks for it or a tool says that a provider is not connected. Show the
    person the link, and look at get_connection_status once they are back. Providers that read local
    or made-up data need no connection, and the answer says so.
    """
    asking = asker(ctx)
    composition = asking.composition
    if message := nothing_to_connect(composition, asking.principal, provider):
        return _changed(composition, provider, "connected", message)
    descriptor = composition.registry.get_descriptor(provider)
    introduction = Introduction(ctx=ctx, asking=asking, descriptor=descriptor, doorway=doorway(ctx))
    return await introduction.make()


async def disconnect_provider(
    ctx: Context[Composition], *, provider: OneProvider
) -> Annotated[CallToolResult, schemas.ConnectionChangeAnswer]:
    """Disconnect the person's account from a provider and remove what was kept of it.

    Use it only when the person asks for it. Repeating it is harmless.
    """
    asking = asker(ctx)
    done = await part(asking.composition, asking.principal, provider)
    more = {} if done.revoked is None else {"revoked": done.revoked.value}
    changed = _changed(asking.composition, provider, done.status, done.message, **more)
    if done.status == "disconnected":
        await announce(ctx)
    return changed


async def get_provider_health(
    ctx: Context[Composition], *, provider: ProviderParameter = None
) -> Annotated[CallToolResult, schemas.ByProviderAnswer]:
    """Whether a provider works right now, by one light call, and how its recent calls went.

    Use it when answers fail or are slow, not before every question.
    """
    asking = asker(ctx)
    names = asking.names(provider)
    statuses = await connection_status(asking.composition, asking.principal, names)
    checked: dict[str, Any] = {}
    for name in names:
        problem: ProviderError | None = None
        try:
            with (
                anyio.fail_after(_HEALTH_CHECK_SECONDS),
                asking.composition.outward.sparing(),
            ):
                await asking.ask(
                    name, ProviderCapabilities.NONE, lambda chosen: chosen.health_check()
                )
        except ProviderError as error:
            problem = error
        except TimeoutError:
            problem = ProviderError(name, f"No answer within {_HEALTH_CHECK_SECONDS} s.")
        checked[name] = _health(asking, name, problem, statuses[name])
    text = "\n".join(f"{name}: {as_text(health)}" for name, health in checked.items())
    return _about(asking.composition, {"providers": checked}, text, *checked)


def _health(
    asking: Asker, name: str, problem: ProviderError | None, status: Mapping[str, Any]
) -> dict[str, Any]:
    composition = asking.composition
    known = composition.health.of(name)
    # A limit that is used up is no failure: then the calls before tell how the provider is.
    healthy = known.is_healthy if isinstance(problem, RateLimitExceeded) else problem is None
    health: dict[str, Any] = {
        "is_healthy": healthy,
        "last_check": composition.clock().replace(microsecond=0).isoformat(),
        "consecutive_failures": known.consecutive_failures,
        "average_latency_ms": known.average_latency_ms and shorten(known.average_latency_ms, 1),
        "breaker": composition.outward.breaker_state(name),
    }
    quota = composition.quota_left(name, asking.principal) if status["connected"] else ()
    if quota:
        health["quota"] = [
            {
                "remaining": left.remaining,
                "limit": left.limit,
                "resets_at": iso_time(left.resets_at, None),
            }
            for left in quota
        ]
    health["connection"] = status["status"]
    if "expires_at" in status:
        # Until then; it is renewed by itself.
        health["token_expires_at"] = status["expires_at"]
    if problem is None:
        capabilities = composition.registry.get_capabilities(name)
        health["capabilities"] = capability_names(capabilities)
    else:
        health["detail"] = problem.message
    return health


def _changed(
    composition: Composition, provider: str, status: str, message: str, **more: str
) -> CallToolResult:
    result = {"provider": provider, "status": status, "message": message, **more}
    return _about(composition, result, f"{status}: {message}", provider)


def _about(
    composition: Composition, result: dict[str, Any], text: str, *providers: str
) -> CallToolResult:
    """An answer about providers, which is not data of theirs."""
    return success(
        Answer(
            result=result,
            text=text,
            providers=providers or composition.registry.supported_providers(),
            fetched_at=composition.clock(),
            cache="bypass",
        )
    )
