"""Tools that sum up: totals of a period, and personal records.

A provider that has no such endpoint is asked for its activities, at most so many pages of them, and
the answer states the period that was really covered.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any

from mcp.server.mcpserver import Context
from mcp.types import CallToolResult
from pydantic import Field

from pierre_mcp.composition import Composition
from pierre_mcp.errors import UnsupportedFeature
from pierre_mcp.models import (
    GroupBy,
    Page,
    Period,
    PersonalRecord,
    Stats,
    Totals,
    best_records,
    compute_stats,
    records_from_activities,
)
from pierre_mcp.server import schemas
from pierre_mcp.server.arguments import last_days, parse_dates, parse_day
from pierre_mcp.server.budget import rows_that_fit
from pierre_mcp.server.collecting import collect
from pierre_mcp.server.envelope import as_text, success
from pierre_mcp.server.every import EveryProvider
from pierre_mcp.server.tables import Table, object_of, plain, table_of
from pierre_mcp.server.tools.parameters import (
    CachePolicyParameter,
    EndDate,
    ProviderParameter,
    StartDate,
    asker,
)
from pierre_mcp.server.units import told_as
from pierre_mcp.spi import FitnessProvider, ProviderCapabilities

_DEFAULT_STARTS = {
    GroupBy.DAY: last_days(28),
    GroupBy.WEEK: lambda last: last - timedelta(weeks=11),
    GroupBy.MONTH: lambda last: (last.replace(day=1) - timedelta(days=334)).replace(day=1),
    GroupBy.SPORT: last_days(365),
}
"""Four weeks of days, twelve of weeks, twelve months, a year of sports; today's is the last."""
_TOTAL_FIELDS = tuple(Totals.model_fields)
_RECORD_COLUMNS = (
    "kind",
    "sport_type",
    "distance_meters",
    "duration_seconds",
    "value",
    "value_unit",
    "basis",
    "achieved_at",
    "activity_id",
    "activity_name",
)


async def get_stats(
    ctx: Context[Composition],
    *,
    provider: ProviderParameter = None,
    start_date: StartDate = None,
    end_date: EndDate = None,
    group_by: Annotated[
        GroupBy | None,
        Field(
            description="day, week (an ISO week, or its first day where the person's do not begin "
            "on Monday), month or sport (default). Days with no activity have no row."
        ),
    ] = None,
    cache_policy: CachePolicyParameter = "use_cache",
) -> Annotated[CallToolResult, schemas.TotalsAnswer]:
    """Totals of training: count, distance, time, elevation and calories, split as asked.

    Use it for weekly or monthly volume and comparisons instead of adding up activities. With
    neither dates nor group_by it covers all that the provider has. The result states the period it
    covers and whether the provider reported it or it was computed from activities.
    """
    asking = asker(ctx, cache_policy)
    asked_dates = parse_day("start_date", start_date), parse_day("end_date", end_date)

    async def call(chosen: FitnessProvider) -> Stats:
        if group_by is None and asked_dates == (None, None):
            try:
                return await chosen.get_stats()
            except UnsupportedFeature:
                pass
        group = group_by or GroupBy.SPORT
        week_start = asking.composition.configuration.settings.week_start

        def default_start(last: date) -> date:
            first = _DEFAULT_STARTS[group](last)
            return week_start.first_day(first) if group is GroupBy.WEEK else first

        dates = parse_dates(start_date, end_date, provider=chosen, default_start=default_start)
        found = await collect(chosen, dates)
        return compute_stats(
            chosen.descriptor.name,
            found.activities,
            start_date=found.covered.start,
            end_date=found.covered.end,
            group_by=group,
            complete=found.complete,
            week_start=week_start,
        ).model_copy(update={"warnings": found.warnings})

    answered = await asking.ask(provider, ProviderCapabilities.ACTIVITIES, call)
    stats = answered.value
    groups = Table(
        columns=(
            stats.group_by.value,
            *(told_as(name, asking.units).name for name in _TOTAL_FIELDS),
        ),
        rows=tuple(
            (
                group.key,
                *(
                    plain(name, getattr(group.totals, name), units=asking.units, whole=True)
                    for name in _TOTAL_FIELDS
                ),
            )
            for group in stats.groups
        ),
    )
    shown, cut = _latest_that_fit(groups)
    head: dict[str, Any] = {
        "start_date": stats.start_date and stats.start_date.isoformat(),
        "end_date": stats.end_date and stats.end_date.isoformat(),
        "source": stats.source,
        "group_by": stats.group_by.value,
        "totals": object_of(stats.totals, _TOTAL_FIELDS, units=asking.units),
    }
    return success(
        await asking.answer(
            answered,
            {**head, "groups": shown.as_json()},
            f"{as_text(head)}\n{shown.as_text()}",
            complete=stats.complete,
            cut=cut,
            warnings=stats.warnings,
        )
    )


async def get_personal_records(
    ctx: Context[Composition],
    *,
    provider: ProviderParameter = None,
    cache_policy: CachePolicyParameter = "use_cache",
) -> Annotated[CallToolResult, schemas.DatedTableAnswer]:
    """The athlete's bests: fastest over standard distances, longest, most climbing, best power.

    Use it for questions about personal records. value is in value_unit; basis says whether a whole
    activity or the best stretch inside one was measured. The result states the period it covers.
    """
    asking = asker(ctx, cache_policy)

    async def call(chosen: FitnessProvider) -> Page[PersonalRecord]:
        if isinstance(chosen, EveryProvider):
            return _best_of(await chosen.each(call))
        try:
            return await chosen.get_personal_records()
        except UnsupportedFeature:
            pass
        dates = parse_dates(None, None, provider=chosen, default_start=last_days(365))
        found = await collect(chosen, dates)
        return Page(
            items=records_from_activities(found.activities),
            complete=found.complete,
            period=Period(start_date=found.covered.start, end_date=found.covered.end),
            warnings=found.warnings,
        )

    answered = await asking.ask(provider, ProviderCapabilities.ACTIVITIES, call)
    page = answered.value
    period = page.period or Period()
    head = {
        "start_date": period.start_date and period.start_date.isoformat(),
        "end_date": period.end_date and period.end_date.isoformat(),
    }
    of_all = isinstance(answered.provider, EveryProvider)
    columns = (*_RECORD_COLUMNS, "provider") if of_all else _RECORD_COLUMNS
    table = table_of(page.items, columns, units=asking.units)
    return success(
        await asking.answer(
            answered,
            {**head, **table.as_json()},
            f"{as_text(head)}\n{table.as_text()}" if table.rows else "No records yet.",
            complete=page.complete,
            warnings=page.warnings + tuple(w for record in page.items for w in record.warnings),
        )
    )


def _best_of(told: Mapping[str, Page[PersonalRecord]]) -> Page[PersonalRecord]:
    """The bests of several providers' bests; a workout that two tell of holds a record once."""
    periods = [page.period for page in told.values() if page.period is not None]
    starts, ends = (
        [getattr(period, side) for period in periods] for side in ("start_date", "end_date")
    )
    return Page(
        items=best_records(record for page in told.values() for record in page.items),
        complete=all(page.complete for page in told.values()),
        period=Period(
            start_date=None if None in starts or not starts else min(starts),
            end_date=None if None in ends or not ends else max(ends),
        ),
        warnings=tuple(dict.fromkeys(note for page in told.values() for note in page.warnings)),
    )


def _latest_that_fit(groups: Table) -> tuple[Table, str | None]:
    """The groups within the budget, the latest when they are too many, and how to get the rest."""
    newest_first = Table(columns=groups.columns, rows=groups.rows[::-1])
    fitting = rows_that_fit(newest_first)
    if fitting == len(groups.rows):
        return groups, None
    kept = groups.rows[len(groups.rows) - fitting :]
    cut = (
        f"The last {fitting} of {len(groups.rows)} groups are here; the totals count all. "
        "Ask with an earlier end_date, or by month."
    )
    return Table(columns=groups.columns, rows=kept), cut
