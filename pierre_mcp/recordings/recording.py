"""What a recording turns out to hold, whatever its format."""

from dataclasses import dataclass
from typing import Literal

from pierre_mcp.models import (
    Activity,
    Athlete,
    HealthMetrics,
    PersonalRecord,
    RecoveryMetrics,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """The contents of one file.

    ``activities`` come with laps and streams. ``best_efforts`` are the fastest stretches and best
    powers inside them. ``damage`` says in one sentence why not everything could be read,
    ``content`` in a few words what the file is.
    """

    kind: Literal["fit", "tcx", "gpx"]
    content: str
    activities: tuple[Activity, ...] = ()
    best_efforts: tuple[PersonalRecord, ...] = ()
    recovery: tuple[RecoveryMetrics, ...] = ()
    health: tuple[HealthMetrics, ...] = ()
    athlete: Athlete | None = None
    damage: str | None = None
