"""``providers`` and ``status``: the same facts that the tools give, as tables for people."""

from typing import Any

import anyio
from rich.console import Console
from rich.table import Table

from pierre_mcp.cli.opening import open_composition
from pierre_mcp.models.text import clean_text
from pierre_mcp.principal import LOCAL
from pierre_mcp.server.status import connection_status, provider_list

_STYLES = {"connected": "green", "unavailable": "red", "disconnected": "yellow"}


def provider_report() -> dict[str, Any]:
    """What the tool list_providers answers, and plug-ins that were refused."""
    composition = open_composition()
    return provider_list(composition, LOCAL) | {
        "problems": [
            {"provider": p.provider, "distribution": p.distribution, "reason": p.reason}
            for p in composition.registry.problems()
        ]
    }


def status_report() -> dict[str, Any]:
    """What the tool get_connection_status answers."""

    async def ask() -> dict[str, Any]:
        async with open_composition() as composition:
            return {"providers": await connection_status(composition, LOCAL)}

    return anyio.run(ask)


def show_providers(report: dict[str, Any]) -> None:
    """The report for a person."""
    console = Console()
    table = Table(title="Providers", title_justify="left", box=None, pad_edge=False)
    for heading in ("name", "what it is", "offers", "ready"):
        table.add_column(heading, overflow="fold")
    for provider in report["providers"]:
        if not provider["available"]:
            table.add_row(provider["name"], "", "", "[red]cannot be loaded[/red]")
            continue
        default = " (default)" if provider["name"] == report["default_provider"] else ""
        ready = "[green]yes[/green]" if provider["configured"] else "[yellow]not set up[/yellow]"
        table.add_row(
            provider["name"] + default,
            clean_text(provider["display_name"]) or "",
            ", ".join(provider["capabilities"]),
            ready,
        )
    console.print(table)
    for provider in report["providers"]:
        for need in provider.get("needs", ()):
            console.print(f"\n{provider['name']} needs {need}", markup=False)
    for problem in report["problems"]:
        reason = clean_text(problem["reason"]) or ""
        line = f"\nrefused: {problem['provider']} of {problem['distribution']}: {reason}"
        console.print(line, markup=False)


def show_status(report: dict[str, Any]) -> None:
    """The report for a person."""
    console = Console()
    table = Table(title="Connections", title_justify="left", box=None, pad_edge=False)
    for heading in ("provider", "status", "what to do"):
        table.add_column(heading, overflow="fold")
    for name, state in report["providers"].items():
        style = _STYLES.get(state["status"], "default")
        table.add_row(name, f"[{style}]{state['status']}[/{style}]", state.get("detail", ""))
    console.print(table)
