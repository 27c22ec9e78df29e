"""From what a chart is asked for to a drawing of it and the same in numbers."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal, TypeVar

from pierre_mcp.errors import (
    InvalidArgument,
    MissingScope,
    NoProvidersAvailable,
    PierreError,
    UnsupportedFeature,
)
from pierre_mcp.models import (
    Activity,
    DataWarning,
    Page,
    RecoveryMetrics,
    SleepSession,
    Units,
    WeekStart,
)
from pierre_mcp.server.arguments import DateRange, last_days, parse_dates, parse_day
from pierre_mcp.server.asking import Answered, Asker
from pierre_mcp.server.charts.activity import draw_activity, samples_of
from pierre_mcp.server.charts.drawing import Drawing, Theme
from pierre_mcp.server.charts.recovery import Recovery, draw_recovery
from pierre_mcp.server.charts.training import Training, draw_training
from pierre_mcp.server.collecting import Found, collect
from pierre_mcp.server.tables import Table
from pierre_mcp.spi import FitnessProvider, Include, ProviderCapabilities

Day = SleepSession | RecoveryMetrics
R = TypeVar("R", SleepSession, RecoveryMetrics)

_LACKING = (UnsupportedFeature, MissingScope, NoProvidersAvailable)
"""Why one half of a view may be missing while the other is shown."""

_WEEKS = 12
_DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be shown, and how the person likes to be told."""

    view: Literal["training", "activity", "recovery"]
    provider: str | None
    activity_id: str | None
    start_date: str | None
    end_date: str | None
    over_distance: bool
    units: Units
    week_start: WeekStart


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What was found: how to draw it, the same in numbers, and what must be known about it."""

    answered: Answered[Any]
    draw: Callable[[int, Theme], Drawing]
    numbers: Table
    complete: bool = True
    warnings: tuple[DataWarning, ...] = ()


async def shown(asking: Asker, wanted: Wanted) -> Shown:
    """Ask for it; raises what asking raises."""
    match wanted.view:
        case "training":
            return await _training(asking, wanted)
        case "activity":
            return await _activity(asking, wanted)
        case "recovery":
            return await _recovery(asking, wanted)


async def _training(asking: Asker, wanted: Wanted) -> Shown:
    _check_dates(wanted)

    def default_start(last: date) -> date:
        return wanted.week_start.first_day(last) - timedelta(weeks=_WEEKS - 1)

    async def call(chosen: FitnessProvider) -> Found:
        dates = parse_dates(
            wanted.start_date, wanted.end_date, provider=chosen, default_start=default_start
        )
        return await collect(chosen, dates)

    answered = await asking.ask(wanted.provider, ProviderCapabilities.ACTIVITIES, call)
    found = answered.value
    training = Training(
        activities=found.activities,
        start=found.covered.start,
        end=found.covered.end,
        week_start=wanted.week_start,
    )
    return Shown(
        answered=answered,
        draw=lambda width, theme: draw_training(training, width, theme),
        numbers=training.table(),
        complete=found.complete,
        warnings=found.warnings,
    )


async def _activity(asking: Asker, wanted: Wanted) -> Shown:
    if not wanted.activity_id:
        raise InvalidArgument("activity_id", "says which activity: an id from get_activities.")
    activity_id = wanted.activity_id

    async def call(chosen: FitnessProvider) -> Activity:
        return await chosen.get_activity(activity_id, frozenset({Include.LAPS, Include.STREAMS}))

    answered = await asking.ask(wanted.provider, ProviderCapabilities.ACTIVITIES, call)
    activity = answered.value
    return Shown(
        answered=answered,
        draw=lambda width, theme: draw_activity(
            activity, width, theme, units=wanted.units, over_distance=wanted.over_distance
        ),
        numbers=samples_of(activity, wanted.units),
        warnings=activity.warnings,
    )


async def _recovery(asking: Asker, wanted: Wanted) -> Shown:
    """Nights and mornings; a provider that tells of one of them only is shown all the same."""
    _check_dates(wanted)
    ranges: list[DateRange] = []

    def asked_for(
        call: Callable[[FitnessProvider, DateRange], Awaitable[Page[R]]],
    ) -> Callable[[FitnessProvider], Awaitable[Page[R]]]:
        async def ask(chosen: FitnessProvider) -> Page[R]:
            dates = parse_dates(
                wanted.start_date,
                wanted.end_date,
                provider=chosen,
                default_start=last_days(_DAYS),
            )
            page = await call(chosen, dates)
            newest = page.items[0].date if page.items else None
            ranges.append(dates.stated(chosen.today(), newest))
            return page

        return ask

    nights: Answered[Page[SleepSession]] | None = None
    mornings: Answered[Page[RecoveryMetrics]] | None = None
    lacking: PierreError | None = None
    try:
        nights = await asking.ask(
            wanted.provider,
            ProviderCapabilities.SLEEP_TRACKING,
            asked_for(lambda chosen, dates: chosen.get_sleep_sessions(dates.start, dates.end)),
        )
    except _LACKING as lack:
        lacking = lack
    try:
        mornings = await asking.ask(
            wanted.provider,
            ProviderCapabilities.RECOVERY_METRICS,
            asked_for(lambda chosen, dates: chosen.get_recovery_metrics(dates.start, dates.end)),
        )
    except _LACKING:
        if lacking is not None:
            raise lacking from None
    found = [one for one in (nights, mornings) if one is not None]
    recovery = Recovery(
        nights=nights.value.items if nights else (),
        mornings=mornings.value.items if mornings else (),
        start=min(one.start for one in ranges),
        end=max(one.end for one in ranges),
    )
    return Shown(
        answered=found[0],
        draw=lambda width, theme: draw_recovery(recovery, width, theme),
        numbers=recovery.table(),
        complete=all(one.value.complete for one in found),
        warnings=tuple(note for one in found for note in one.value.warnings),
    )


def _check_dates(wanted: Wanted) -> None:
    parse_day("start_date", wanted.start_date)
    parse_day("end_date", wanted.end_date)
