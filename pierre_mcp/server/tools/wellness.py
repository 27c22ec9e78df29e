"""Tools about the athlete and their body: profile, sleep, recovery, health."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from mcp.server.mcpserver import Context
from mcp.types import CallToolResult
from pydantic import Field

from pierre_mcp.composition import Composition
from pierre_mcp.models import (
    Athlete,
    HealthMetrics,
    Model,
    Page,
    RecoveryMetrics,
    SleepSession,
)
from pierre_mcp.server import schemas
from pierre_mcp.server.arguments import DateRange, last_days, parse_dates, parse_day
from pierre_mcp.server.asking import Answered, Asker
from pierre_mcp.server.budget import ROOM, rows_that_fit
from pierre_mcp.server.envelope import as_text, success
from pierre_mcp.server.every import EveryProvider
from pierre_mcp.server.tables import Table, iso_time, known_columns, object_of, table_of
from pierre_mcp.server.tools.parameters import (
    CachePolicyParameter,
    EndDate,
    ProviderParameter,
    StartDate,
    asker,
)
from pierre_mcp.spi import FitnessProvider, ProviderCapabilities

R = TypeVar("R", SleepSession, RecoveryMetrics, HealthMetrics)

_ATHLETE_FIELDS = tuple(name for name in Athlete.model_fields if name != "warnings")
_NOT_COLUMNS = (
    "provider", "warnings", "recorded_by", "id", "utc_offset_seconds", "timezone", "stages",
)  # fmt: skip
_SLEEP_COLUMNS = tuple(name for name in SleepSession.model_fields if name not in _NOT_COLUMNS)
_RECOVERY_COLUMNS = tuple(name for name in RecoveryMetrics.model_fields if name not in _NOT_COLUMNS)
_HEALTH_COLUMNS = tuple(name for name in HealthMetrics.model_fields if name not in _NOT_COLUMNS)
_STAGE_COLUMNS = ("date", "stage", "start_time", "end_time")


async def get_athlete(
    ctx: Context[Composition],
    *,
    provider: ProviderParameter = None,
    cache_policy: CachePolicyParameter = "use_cache",
) -> Annotated[CallToolResult, schemas.AthleteProfileAnswer]:
    """Who the data belongs to: name, time zone, weight, thresholds, heart rate and power zones.

    Use it when an answer depends on the person, such as watts per kilogram or their time zone.
    Zone floors are where zone 1, 2, ... begin. A field that the source does not have is left out.
    """
    asking = asker(ctx, cache_policy)
    answered = await asking.ask(
        provider, ProviderCapabilities.NONE, lambda chosen: chosen.get_athlete()
    )
    athlete = object_of(answered.value, _ATHLETE_FIELDS, units=asking.units)
    return success(
        await asking.answer(
            answered,
            {"athlete": athlete},
            as_text(athlete),
            warnings=answered.value.warnings,
        )
    )


async def get_sleep_sessions(
    ctx: Context[Composition],
    *,
    provider: ProviderParameter = None,
    start_date: StartDate = None,
    end_date: EndDate = None,
    stages: Annotated[
        bool, Field(description="Also the course of each night, stage by stage. Default false.")
    ] = False,
    cache_policy: CachePolicyParameter = "use_cache",
) -> Annotated[CallToolResult, schemas.SleepAnswer]:
    """Nights and naps: times, stages, efficiency, score, HRV (rMSSD), newest first.

    Use it for questions about sleep. date is the local day of waking up, so last night is today.
    Default: the last 7 days.
    """
    asking = asker(ctx, cache_policy)
    answered = await _in_range(
        asking,
        provider,
        ProviderCapabilities.SLEEP_TRACKING,
        (start_date, end_date),
        lambda chosen, dates: chosen.get_sleep_sessions(dates.start, dates.end),
    )
    return await _ranged_answer(
        asking,
        answered,
        _SLEEP_COLUMNS,
        stages=_stages(answered.value.page.items) if stages else None,
    )


async def get_recovery_metrics(
    ctx: Context[Composition],
    *,
    provider: ProviderParameter = None,
    start_date: StartDate = None,
    end_date: EndDate = None,
    cache_policy: CachePolicyParameter = "use_cache",
) -> Annotated[CallToolResult, schemas.DatedTableAnswer]:
    """Recovery by day: HRV, resting heart rate, scores, breathing, newest first.

    Use it to judge readiness and strain. Scores are on the provider's own scale. rMSSD and SDNN are
    different statistics and must not be compared. Default: the last 7 days.
    """
    asking = asker(ctx, cache_policy)
    answered = await _in_range(
        asking,
        provider,
        ProviderCapabilities.RECOVERY_METRICS,
        (start_date, end_date),
        lambda chosen, dates: chosen.get_recovery_metrics(dates.start, dates.end),
    )
    return await _ranged_answer(asking, answered, _RECOVERY_COLUMNS)


async def get_health_metrics(
    ctx: Context[Composition],
    *,
    provider: ProviderParameter = None,
    start_date: StartDate = None,
    end_date: EndDate = None,
    cache_policy: CachePolicyParameter = "use_cache",
) -> Annotated[CallToolResult, schemas.DatedTableAnswer]:
    """Body measurements by day: weight, body fat, VO2max, steps, calories, newest first.

    Use it for weight and fitness trends. Days without a measurement are left out. Default: the
    last 30 days.
    """
    asking = asker(ctx, cache_policy)
    answered = await _in_range(
        asking,
        provider,
        ProviderCapabilities.HEALTH_METRICS,
        (start_date, end_date),
        lambda chosen, dates: chosen.get_health_metrics(dates.start, dates.end),
        days=30,
    )
    return await _ranged_answer(asking, answered, _HEALTH_COLUMNS)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ranged(Generic[R]):
    """Records of a range of days, and the range as it is stated."""

    dates: DateRange
    page: Page[R]


async def _in_range(
    asking: Asker,
    provider: str | None,
    needs: ProviderCapabilities,
    dates: tuple[str | None, str | None],
    call: Callable[[FitnessProvider, DateRange], Awaitable[Page[R]]],
    *,
    days: int = 7,
) -> Answered[_Ranged[R]]:
    """Ask for the records of the days, counted from the provider's own present."""
    parse_day("start_date", dates[0])
    parse_day("end_date", dates[1])

    async def ranged(chosen: FitnessProvider) -> _Ranged[R]:
        asked = parse_dates(*dates, provider=chosen, default_start=last_days(days))
        page = await call(chosen, asked)
        newest = page.items[0].date if page.items else None
        return _Ranged(dates=asked.stated(chosen.today(), newest), page=page)

    return await asking.ask(provider, needs, ranged)


async def _ranged_answer(
    asking: Asker,
    answered: Answered[_Ranged[R]],
    columns: Sequence[str],
    stages: Table | None = None,
) -> CallToolResult:
    """The records as a table under the period they cover, cut at the oldest when too many."""
    dates, page = answered.value.dates, answered.value.page
    table = _with_sources(
        table_of(page.items, _with_brand(columns, page.items), units=asking.units),
        page.items,
        answered.provider,
    )
    fitting = rows_that_fit(table)
    cut = None
    if fitting < len(table.rows):
        oldest = page.items[fitting - 1].date
        cut = f"For what is older ask with end_date {oldest.isoformat()} or earlier."
        table = table.first(fitting)
    head: dict[str, Any] = {
        "start_date": dates.start.isoformat(),
        "end_date": dates.end.isoformat(),
    }
    result = {**head, **table.as_json()}
    texts = [as_text(head), table.as_text() if table.rows else "No data in this period."]
    if stages is not None:
        room = ROOM - len(texts[-1]) * 2
        kept = stages.first(rows_that_fit(stages, room))
        if len(kept.rows) < len(stages.rows):
            cut = cut or "Stages of the older nights do not fit; ask for fewer days."
        result["stages"] = kept.as_json()
        texts.append(f"Stages:\n{kept.as_text()}")
    return success(
        await asking.answer(
            answered,
            result,
            "\n".join(texts),
            complete=page.complete,
            cut=cut,
            warnings=page.warnings + tuple(w for record in page.items for w in record.warnings),
        )
    )


def _with_sources(
    table: Table,
    records: Sequence[SleepSession | RecoveryMetrics | HealthMetrics],
    provider: FitnessProvider,
) -> Table:
    """Of every provider together, whose each row is, and which of its values are another's."""
    if not isinstance(provider, EveryProvider):
        return table
    of_others = any(id(record) in provider.others for record in records)
    columns = ("source", "from_others") if of_others else ("source",)
    more: list[tuple[str | None, ...]] = []
    for record in records:
        others = provider.others.get(id(record), {})
        told = ", ".join(f"{field}: {name}" for field, name in others.items()) or None
        more.append((record.provider, *((told,) if of_others else ())))
    return table.with_columns(columns, more)


def _with_brand(columns: Sequence[str], records: Sequence[Model]) -> tuple[str, ...]:
    """One column more where a provider that gathers from others says who recorded it."""
    return (*columns, *known_columns(records, ("recorded_by",)))


def _stages(nights: Sequence[SleepSession]) -> Table:
    """The course of the nights, each stretch at the night's own offset."""
    return Table(
        columns=_STAGE_COLUMNS,
        rows=tuple(
            (
                night.date.isoformat(),
                stretch.stage.value,
                iso_time(stretch.start_time, night.utc_offset_seconds),
                iso_time(stretch.end_time, night.utc_offset_seconds),
            )
            for night in nights
            for stretch in night.stages or ()
        ),
    )
