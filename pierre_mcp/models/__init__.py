"""The unified values that every provider speaks, whatever its own API calls them."""

from pierre_mcp.models.activity import Activity, Lap, Streams, ZoneTime
from pierre_mcp.models.base import DataWarning, Model, Record, WarningCode, local_time
from pierre_mcp.models.decision import Decision, RecordKey
from pierre_mcp.models.page import Page, Period
from pierre_mcp.models.preferences import Units, WeekStart
from pierre_mcp.models.records import (
    STANDARD_DISTANCES_METERS,
    PersonalRecord,
    RecordKind,
    best_records,
    records_from_activities,
    records_of_activity,
)
from pierre_mcp.models.sports import SportType
from pierre_mcp.models.stats import GroupBy, Stats, StatsGroup, Totals, add_up, compute_stats
from pierre_mcp.models.wellness import (
    Athlete,
    HealthMetrics,
    RecoveryMetrics,
    SleepSession,
    SleepStage,
    SleepStageInterval,
)

__all__ = [
    "STANDARD_DISTANCES_METERS",
    "Activity",
    "Athlete",
    "DataWarning",
    "Decision",
    "GroupBy",
    "HealthMetrics",
    "Lap",
    "Model",
    "Page",
    "Period",
    "PersonalRecord",
    "Record",
    "RecordKey",
    "RecordKind",
    "RecoveryMetrics",
    "SleepSession",
    "SleepStage",
    "SleepStageInterval",
    "SportType",
    "Stats",
    "StatsGroup",
    "Streams",
    "Totals",
    "Units",
    "WarningCode",
    "WeekStart",
    "ZoneTime",
    "add_up",
    "best_records",
    "compute_stats",
    "local_time",
    "records_from_activities",
    "records_of_activity",
]
