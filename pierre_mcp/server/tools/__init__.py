"""The tools of the server, one file a family, and the table that says what each may do.

The surface is frozen by a snapshot in the tests: a provider adds nothing to it.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, get_args, get_origin

from mcp.types import ToolAnnotations
from pydantic import TypeAdapter

from pierre_mcp.server.charts.page import address_of
from pierre_mcp.server.tools.activities import get_activities, get_activity
from pierre_mcp.server.tools.charts import chart, chart_drawing
from pierre_mcp.server.tools.connections import (
    connect_provider,
    disconnect_provider,
    get_connection_status,
    get_provider_health,
    list_providers,
)
from pierre_mcp.server.tools.duplicates import resolve_duplicate
from pierre_mcp.server.tools.totals import get_personal_records, get_stats
from pierre_mcp.server.tools.wellness import (
    get_athlete,
    get_health_metrics,
    get_recovery_metrics,
    get_sleep_sessions,
)


@dataclass(frozen=True, kw_only=True)
class ToolSpec:
    """A tool, its title, and the hints by which a host decides whether to ask the person.

    ``view`` is the page of ours that shows its answer in clients that show pages; ``for_pages``
    keeps a tool from models: only such a page calls it.
    """

    call: Callable[..., Any]
    title: str
    annotations: ToolAnnotations
    view: str | None = None
    for_pages: bool = False

    @property
    def meta(self) -> dict[str, Any] | None:
        """What the protocol's extension for pages wants to know."""
        if self.for_pages:
            return {"ui": {"visibility": ["app"]}}
        return None if self.view is None else {"ui": {"resourceUri": address_of(self.view)}}

    @property
    def name(self) -> str:
        """The name by which clients call it."""
        return self.call.__name__

    @property
    def description(self) -> str:
        """When to use it and what comes back, for a model."""
        return inspect.getdoc(self.call) or ""

    @cached_property
    def output_schema(self) -> dict[str, Any]:
        """The shape of what comes back, as its annotation says it; made when somebody asks."""
        returned = inspect.signature(self.call).return_annotation
        parts = (returned, *get_args(returned))  # alone, or beside a question to the person
        shape = next(part.__metadata__[0] for part in parts if get_origin(part) is Annotated)
        schema: dict[str, Any] = TypeAdapter(shape).json_schema()
        return schema

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """The names of its arguments; any other is refused."""
        return tuple(name for name in inspect.signature(self.call).parameters if name != "ctx")


def _hints(*, read_only: bool, destructive: bool = False, outside: bool) -> ToolAnnotations:
    return ToolAnnotations(
        read_only_hint=read_only,
        destructive_hint=destructive,
        idempotent_hint=True,
        open_world_hint=outside,
    )


_LOCAL_READ = _hints(read_only=True, outside=False)
_READ = _hints(read_only=True, outside=True)

TOOLS: tuple[ToolSpec, ...] = (
    ToolSpec(call=list_providers, title="List providers", annotations=_LOCAL_READ),
    ToolSpec(call=get_connection_status, title="Connection status", annotations=_LOCAL_READ),
    ToolSpec(
        call=connect_provider,
        title="Connect a provider",
        annotations=_hints(read_only=False, outside=True),
    ),
    ToolSpec(
        call=disconnect_provider,
        title="Disconnect a provider",
        annotations=_hints(read_only=False, destructive=True, outside=True),
    ),
    ToolSpec(call=get_athlete, title="Athlete profile", annotations=_READ),
    ToolSpec(call=get_activities, title="Activities", annotations=_READ, view="training"),
    ToolSpec(call=get_activity, title="One activity", annotations=_READ, view="activity"),
    ToolSpec(
        call=resolve_duplicate,
        title="Same workout or not",
        annotations=_hints(read_only=False, outside=True),
    ),
    ToolSpec(call=get_stats, title="Training totals", annotations=_READ, view="training"),
    ToolSpec(call=get_personal_records, title="Personal records", annotations=_READ),
    ToolSpec(call=get_sleep_sessions, title="Sleep", annotations=_READ, view="recovery"),
    ToolSpec(call=get_recovery_metrics, title="Recovery", annotations=_READ, view="recovery"),
    ToolSpec(call=get_health_metrics, title="Body measurements", annotations=_READ),
    ToolSpec(call=get_provider_health, title="Provider health", annotations=_READ),
    ToolSpec(call=chart_drawing, title="Drawing", annotations=_READ, for_pages=True),
)

CHART = ToolSpec(call=chart, title="Chart", annotations=_READ)
"""Offered where the operator asks for it: a picture costs a model more than its numbers."""
