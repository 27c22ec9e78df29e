"""``doctor`` on what is kept: the database, the keys that open it, and Redis where there is one."""

from collections.abc import AsyncIterator
from typing import Literal

from pierre_mcp.cli.findings import Finding
from pierre_mcp.connections.examining import examine_store, redis_answers
from pierre_mcp.connections.places import is_postgresql
from pierre_mcp.errors import ConfigurationError, StoreError
from pierre_mcp.settings import Settings

StoreState = Literal["empty", "usable", "broken"]
"""What others may do: take it that nothing is connected, open the store, or leave it alone."""


async def store_findings(settings: Settings) -> tuple[list[Finding], StoreState]:
    """What was found, and what that means for those who look further."""
    place = "PostgreSQL" if is_postgresql(settings) else "the database of connections"
    try:
        kept = await examine_store(settings)
    except ConfigurationError as wrong:
        return [Finding(check="store", level="fail", detail=wrong.message)], "broken"
    except StoreError as failure:
        remedy = (
            "Check that the server of PIERRE_DATABASE_URL runs, and that it lets this user in."
            if is_postgresql(settings)
            else "Check that its file belongs to you and that its disk has room, or set "
            "PIERRE_HOME to another folder. With PIERRE_LOG_LEVEL=debug the log says more."
        )
        failed = Finding(check="store", level="fail", detail=failure.message, remedy=remedy)
        return [failed], "broken"
    if kept is None:
        detail = f"nothing is kept yet; {place} is made when something is"
        return [Finding(check="store", level="ok", detail=detail)], "empty"
    findings = [
        Finding(check="store", level="ok", detail=f"{place} opens; connections: {kept.connections}")
    ]
    if kept.unreadable:
        findings.append(
            Finding(
                check="keys",
                level="fail",
                detail=f"connections sealed with a key that is not there: {kept.unreadable}.",
                remedy="Restore the key, in PIERRE_MASTER_KEY or as master.key in PIERRE_HOME, or "
                "connect again.",
            )
        )
    if kept.keyless:
        return findings, "broken" if kept.unreadable else "empty"
    return findings, "usable"


async def redis_findings(settings: Settings) -> AsyncIterator[Finding]:
    """Whether Redis answers, where one is configured."""
    if settings.redis_url is None:
        return
    try:
        answers = await redis_answers(settings.redis_url)
    except ConfigurationError as wrong:
        yield Finding(check="redis", level="fail", detail=wrong.message)
        return
    if answers:
        yield Finding(check="redis", level="ok", detail="it answers")
        return
    yield Finding(
        check="redis",
        level="warn",
        detail="the Redis of REDIS_URL does not answer.",
        remedy="Start it, or unset REDIS_URL: until then the database does its work alone.",
    )
