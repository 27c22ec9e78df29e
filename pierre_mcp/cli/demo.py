"""``demo``: start the real server, ask it what an assistant would ask, and show the answers.

The data is synthetic; the server, the protocol and the answers are the real ones.
"""

import os
import sys
import tempfile
from datetime import date, datetime, timedelta
from typing import Any

import anyio
from mcp import Client, MCPError, StdioServerParameters
from rich.console import Console, OverflowMethod
from rich.table import Table
from rich.text import Text

from pierre_mcp.cli.clients import configuration_for
from pierre_mcp.errors import ConfigurationError
from pierre_mcp.models import SportType, Units
from pierre_mcp.server.charts.page import is_for_pages
from pierre_mcp.server.words import clock, effort_of
from pierre_mcp.settings import DEFAULT_PROVIDER

_WEEKS = 10
_WORKOUTS = 8
_BAR_WIDTH = 36
_STAGES = {
    "deep": ("blue", "█", "#"),
    "light": ("cyan", "▓", "="),
    "rem": ("magenta", "▒", "-"),
    "awake": ("yellow", "░", "."),
}
"""A color for each stage, and what tells it apart without colors, and without Unicode."""
_HOUR = 3600

Rows = list[dict[str, Any]]


def collect() -> dict[str, Any]:
    """The answers of a freshly started server to the questions of the demo.

    Raises ``ConfigurationError`` for wrong settings too: the demo does not use them, and what it
    tells a person to paste would not start.
    """
    configuration_for("claude-desktop")
    try:
        return anyio.run(_ask)
    except TimeoutError:
        raise ConfigurationError(
            "the server did not answer within a minute. Run 'pierre-mcp doctor'."
        ) from None
    except (ExceptionGroup, MCPError, OSError) as failure:
        raise _told(failure) from None


def _told(failure: Exception) -> ConfigurationError:
    """The failure as a sentence; the client's task groups wrap what is raised inside them."""
    while isinstance(failure, ExceptionGroup):
        failure = failure.exceptions[0]
    if isinstance(failure, ConfigurationError):
        return failure
    return ConfigurationError(
        f"the server cannot be asked ({type(failure).__name__}). Run 'pierre-mcp doctor'."
    )


async def _ask() -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="pierre-demo-", ignore_cleanup_errors=True) as home:
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("PIERRE_")
        }
        environment |= {"PIERRE_HOME": home, "PIERRE_LOG_LEVEL": "error"}
        if today := os.environ.get("PIERRE_SYNTHETIC_TODAY"):
            environment["PIERRE_SYNTHETIC_TODAY"] = today
        server = StdioServerParameters(
            command=sys.executable, args=["-m", "pierre_mcp", "serve"], env=environment
        )
        with anyio.fail_after(60):
            async with Client(server) as client:
                listed = (await client.list_tools()).tools
                tools = [tool for tool in listed if not is_for_pages(tool)]
                return {
                    "tools": [{"name": tool.name, "title": tool.title} for tool in tools],
                    "providers": await _answer(client, "list_providers"),
                    "athlete": await _answer(client, "get_athlete"),
                    "activities": await _answer(
                        client,
                        "get_activities",
                        limit=_WORKOUTS,
                        fields=[
                            "start_time",
                            "sport_type",
                            "name",
                            "distance_meters",
                            "moving_time_seconds",
                            "average_speed_mps",
                            "average_heart_rate_bpm",
                        ],
                    ),
                    "weeks": await _answer(client, "get_stats", group_by="week"),
                    "sleep": await _answer(client, "get_sleep_sessions"),
                    "recovery": await _answer(client, "get_recovery_metrics"),
                }


async def _answer(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    if result.is_error or not isinstance(result.structured_content, dict):
        text = next((block.text for block in result.content if block.type == "text"), "no reason")
        raise ConfigurationError(f"{tool} failed. {text}")
    return result.structured_content


def show(found: dict[str, Any]) -> None:
    """The answers for a person, at 80 columns or more."""
    console = Console(highlight=False)
    athlete = found["athlete"]["result"]["athlete"]
    console.print()
    console.print(
        f"[bold]{athlete['name']}[/bold], a [yellow]synthetic[/yellow] athlete "
        f"from {athlete['city']}, as an AI assistant sees them through pierre-mcp"
    )
    _show_tools(console, found["tools"])
    _show_workouts(console, _rows(found["activities"]["result"]))
    _show_weeks(console, found["weeks"]["result"])
    _show_night(console, _rows(found["sleep"]["result"]), _rows(found["recovery"]["result"]))
    _show_next_steps(console, found["providers"]["result"]["providers"])


def _rows(table: dict[str, Any]) -> Rows:
    return [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]


def _show_tools(console: Console, tools: Rows) -> None:
    _heading(console, f"{len(tools)} tools an assistant can call")
    width = max(len(tool["name"]) for tool in tools)
    for tool in tools:
        console.print(f"  [cyan]{tool['name']:<{width}}[/cyan]  {tool['title']}")


def _show_workouts(console: Console, workouts: Rows) -> None:
    _heading(console, "Last workouts")
    table = Table(box=None, pad_edge=False, header_style="dim")
    # Only the names give way where the terminal is narrow.
    others = {"when": 10, "sport": 17, "km": 5, "time": 7, "pace": 10, "bpm": 3}
    room = max(1, console.width - sum(others.values()) - 2 * len(others))
    table.add_column("when", width=others.pop("when"))
    table.add_column("sport", width=others.pop("sport"))
    overflow: OverflowMethod = "crop" if console.options.ascii_only else "ellipsis"
    table.add_column("what", width=room, no_wrap=True, overflow=overflow)
    for heading, width in others.items():
        table.add_column(heading, justify="right", width=width)
    for workout in workouts:
        started = datetime.fromisoformat(workout["start_time"])
        distance = workout["distance_meters"]
        heart_rate = workout["average_heart_rate_bpm"]
        table.add_row(
            f"{started:%a %d %b}",
            workout["sport_type"].replace("_", " "),
            workout["name"] or "",
            f"{distance / 1000:.1f}" if distance else "",
            clock(workout["moving_time_seconds"]),
            effort_of(SportType(workout["sport_type"]), Units.METRIC).told(
                workout["average_speed_mps"]
            ),
            f"{heart_rate:.0f}" if heart_rate else "",
        )
    console.print(table)


def _show_weeks(console: Console, stats: dict[str, Any]) -> None:
    _heading(console, "Hours of training a week")
    by_week = {row["week"]: row for row in _rows(stats["groups"])}
    last = date.fromisoformat(stats["end_date"])
    monday = last - timedelta(days=last.weekday())
    weeks = [monday - timedelta(weeks=age) for age in reversed(range(_WEEKS))]
    hours = []
    for week in weeks:
        iso = week.isocalendar()
        row = by_week.get(f"{iso.year}-W{iso.week:02}", {})
        hours.append((row.get("moving_time_seconds") or 0) / _HOUR)
    longest = max(hours) or 1
    for week, spent in zip(weeks, hours, strict=True):
        bar = ("#" if console.options.ascii_only else "█") * round(_BAR_WIDTH * spent / longest)
        running = "  so far" if week == monday else ""
        console.print(f"  {week:%d %b}  [green]{bar}[/green] {spent:.1f} h{running}")


def _show_night(console: Console, nights: Rows, mornings: Rows) -> None:
    _heading(console, "Last night")
    night = next((night for night in nights if not night["is_nap"]), None)
    if night is None:
        console.print("  No night recorded in the last days.")
        return
    bar = Text("  ")
    legend = Text("  ")
    in_bed = night["time_in_bed_seconds"]
    for stage in _STAGES:
        style, block = _stage_look(console, stage)
        name = "awake_seconds" if stage == "awake" else f"{stage}_sleep_seconds"
        seconds = night[name] or 0
        bar.append(block * round(60 * seconds / in_bed), style=style)
        legend.append(f"{block} ", style=style)
        legend.append(f"{stage} {clock(seconds)}  ")
    began = datetime.fromisoformat(night["start_time"])
    ended = datetime.fromisoformat(night["end_time"])
    console.print(
        f"  {began:%H:%M} to {ended:%H:%M}: {clock(night['total_sleep_seconds'])} asleep, "
        f"efficiency {night['sleep_efficiency_percent']:.0f} %, "
        f"HRV {night['hrv_rmssd_ms']:.0f} ms (rMSSD)"
    )
    console.print(bar)
    console.print(legend)
    morning = next((morning for morning in mornings if morning["date"] == night["date"]), None)
    if morning:
        console.print(
            f"  Recovery {morning['recovery_score']:.0f} of 100, "
            f"resting heart rate {morning['resting_heart_rate_bpm']:.0f} bpm"
        )


def _stage_look(console: Console, stage: str) -> tuple[str, str]:
    style, shade, letter = _STAGES[stage]
    if console.options.ascii_only:
        return style, letter
    colored = console.color_system is not None and not console.no_color
    return style, "█" if colored else shade


def _show_next_steps(console: Console, providers: Rows) -> None:
    entry = configuration_for("claude-desktop")
    _heading(console, "Give it to Claude Desktop")
    console.print(f"  {entry.where}", markup=False, soft_wrap=True)
    console.print(entry.text, markup=False, soft_wrap=True)
    console.print(
        "  Other clients: pierre-mcp client-config claude-code | cursor | vscode | codex",
        markup=False,
    )
    needs = [
        (provider["display_name"], need)
        for provider in providers
        for need in provider.get("needs", ())
        if provider["name"] != DEFAULT_PROVIDER
    ]
    if needs:
        _heading(console, "Use your own data")
        for name, need in needs:
            console.print(f"  {name}: set {need}", markup=False, soft_wrap=True)
    console.print()


def _heading(console: Console, text: str) -> None:
    console.print(f"\n[bold]{text}[/bold]")
