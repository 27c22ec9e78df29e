"""``doctor``: what is wrong with this installation, each finding with its remedy.

It looks and changes nothing but a file it makes and removes to see whether the home is writable.
"""

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from importlib.metadata import version

import anyio
from rich.console import Console

from pierre_mcp.cli.doctor_providers import provider_findings, redirect_uris
from pierre_mcp.cli.doctor_settings import unknown_tables, unknown_variables
from pierre_mcp.cli.doctor_store import redis_findings, store_findings
from pierre_mcp.cli.findings import Finding
from pierre_mcp.composition import Composition
from pierre_mcp.errors import PierreError
from pierre_mcp.logs import configure_logging
from pierre_mcp.server.clients_seen import OLDEST_WHOLE, read_clients
from pierre_mcp.server.doorway import Address, holder_of, listening_address
from pierre_mcp.settings import LOCAL_CALLBACK_BASE, Configuration, load_settings

_CLOCK_SECONDS = 30
_CLOCK_BREAKS_SECONDS = 300
"""So early tokens are renewed; a clock that is off by more renews too late or all the time."""

_MARKS = {"ok": "[green]ok  [/green]", "warn": "[yellow]warn[/yellow]", "fail": "[red]FAIL[/red]"}


def examine(environ: Mapping[str, str] | None = None) -> list[Finding]:
    """All findings, in the order in which one would mend them."""
    env = os.environ if environ is None else environ
    findings = [_versions()]
    try:
        configuration = load_settings(env)
        level = configuration.settings.log_level
        configure_logging(level if level == "debug" else "critical")
        composition = Composition(configuration)
    except PierreError as wrong:
        return [*findings, Finding(check="settings", level="fail", detail=wrong.message)]
    findings.append(
        Finding(
            check="settings",
            level="ok",
            detail=f"default provider: {composition.default_provider()}",
        )
    )
    findings += _home(configuration)
    findings += _callback_ports(composition)
    findings += anyio.run(_what_is_kept_and_answers, composition)
    findings += _clients(configuration)
    findings += unknown_variables(env, composition)
    findings += unknown_tables(configuration, composition)
    return findings


def show_findings(findings: list[Finding]) -> None:
    """The findings for a person."""
    console = Console()
    for finding in findings:
        console.print(_MARKS[finding.level], end=" ")
        console.print(f"{finding.check}: {finding.detail}", markup=False, highlight=False)
        if finding.remedy:
            console.print(f"     {finding.remedy}", markup=False, highlight=False)


def _versions() -> Finding:
    python = ".".join(map(str, sys.version_info[:3]))
    return Finding(
        check="versions",
        level="ok",
        detail=f"pierre-mcp {version('pierre-mcp')}, mcp {version('mcp')}, Python {python}",
    )


def _home(configuration: Configuration) -> Iterator[Finding]:
    home = configuration.settings.home
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home):
            pass
    except OSError as refused:
        yield Finding(
            check="home",
            level="fail",
            detail=f"{home} cannot be written: {refused.strerror}.",
            remedy="Make it writable, or set PIERRE_HOME to another folder.",
        )
        return
    yield Finding(check="home", level="ok", detail=f"{home} is writable")


def _callback_ports(composition: Composition) -> Iterator[Finding]:
    """Whether a browser can come back to this machine, where it is to come back to."""
    wanted = [listening_address(uri) for uri in redirect_uris(composition) or [LOCAL_CALLBACK_BASE]]
    for address in sorted({address for address in wanted if address is not None}):
        yield _port(address)


def _port(address: Address) -> Finding:
    host, port = address
    match holder_of(address):
        case "nobody":
            return Finding(check="port", level="ok", detail=f"port {port} of {host} is free")
        case "us":
            return Finding(
                check="port",
                level="ok",
                detail=f"port {port} of {host} is held by a server of ours, which completes "
                "connections",
            )
        case "somebody":
            return Finding(
                check="port",
                level="warn",
                detail=f"port {port} of {host} is in use by another program: a browser that has "
                "given consent comes back there.",
                remedy="Stop that program, or set another PIERRE_<PROVIDER>_REDIRECT_URI that is "
                "registered with the provider. To serve there, serve with --port.",
            )


async def _what_is_kept_and_answers(composition: Composition) -> list[Finding]:
    settings = composition.configuration.settings
    async with composition:
        findings, store = await store_findings(settings)
        findings += [finding async for finding in redis_findings(settings)]
        findings += await provider_findings(composition, store)
        return [*findings, *clock_findings(composition)]


def clock_findings(composition: Composition) -> Iterator[Finding]:
    """Whether this machine's clock is that of the provider that answered just now."""
    ahead_seconds = composition.outward.clock_offset_seconds()
    if ahead_seconds is None:
        return
    if abs(ahead_seconds) <= _CLOCK_SECONDS:
        yield Finding(check="clock", level="ok", detail="it agrees with the providers'")
        return
    yield Finding(
        check="clock",
        level="fail" if abs(ahead_seconds) > _CLOCK_BREAKS_SECONDS else "warn",
        detail=f"this machine's clock is {abs(ahead_seconds):.0f} s "
        f"{'ahead of' if ahead_seconds > 0 else 'behind'} the providers'.",
        remedy="Let the system set it from the network. Until then tokens are renewed at the wrong "
        "time, and today may be another day.",
    )


def _clients(configuration: Configuration) -> Iterator[Finding]:
    """What the clients speak that were served from this home."""
    for client in read_clients(configuration.settings.home):
        told = f"{client.name} {client.version} spoke MCP {client.protocol}"
        if not client.is_old:
            yield Finding(check="client", level="ok", detail=told)
            continue
        yield Finding(
            check="client",
            level="warn",
            detail=f"{told}, which knows neither structured answers nor links to open.",
            remedy=f"Update it to a version that speaks MCP {OLDEST_WHOLE} or later.",
        )
