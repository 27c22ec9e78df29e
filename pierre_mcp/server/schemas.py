"""The shapes of what tools return, as they are advertised to clients.

Results are plain values and not models on the wire, because the SDK drops nulls out of models and
here null means unknown.
"""

from typing import Annotated, Any, NotRequired

from pydantic import Field
from typing_extensions import TypedDict


class Table(TypedDict):
    """Rows of values in the order of columns; null is unknown."""

    columns: list[str]
    rows: list[list[Any]]


class Activities(TypedDict):
    columns: NotRequired[list[str]]
    rows: NotRequired[list[list[Any]]]
    activities: NotRequired[
        Annotated[list[dict[str, Any]], Field(description="With detail full, in place of rows.")]
    ]
    possible_duplicates: NotRequired[
        Annotated[
            list[dict[str, Any]],
            Field(description="With provider all: pairs, both listed, that may be one workout."),
        ]
    ]


class Resolved(TypedDict):
    decision: str
    one_workout: bool
    message: str
    activities: Annotated[
        list[dict[str, Any]], Field(description="The workouts that hold them, with all sources.")
    ]


class Samples(Table):
    samples_recorded: int


class OneActivity(TypedDict):
    activity: dict[str, Any]
    laps: NotRequired[Table | None]
    streams: NotRequired[Samples | None]
    zones: NotRequired[Table | None]


class DatedTable(Table):
    """A table of local days, both inclusive."""

    start_date: str | None
    end_date: str | None


class Sleep(DatedTable):
    stages: NotRequired[Table]


class Totals(TypedDict):
    start_date: str | None
    end_date: str | None
    source: Annotated[str, Field(description="provider or computed")]
    group_by: str
    totals: dict[str, float]
    groups: Table


class AthleteProfile(TypedDict):
    athlete: dict[str, Any]


class ProviderList(TypedDict):
    default_provider: str
    providers: list[dict[str, Any]]


class ByProvider(TypedDict):
    providers: dict[str, dict[str, Any]]


class ConnectionChange(TypedDict):
    provider: str
    status: str
    message: str
    authorization_url: NotRequired[Annotated[str, Field(description="For the person to open.")]]
    state: NotRequired[str]
    expires_in_minutes: NotRequired[int]
    revoked: NotRequired[str]


# Every tool's schema repeats it, so what the server's instructions say is not said here again.
class Meta(TypedDict):
    providers: list[str]
    fetched_at: str
    cache: Annotated[str, Field(description="hit, miss, stale (a provider fails) or bypass.")]
    age_seconds: NotRequired[Annotated[int, Field(description="Of a kept copy.")]]
    complete: bool
    next_cursor: NotRequired[str]
    cut: NotRequired[Annotated[str, Field(description="Cut to size; how to get the rest.")]]
    synthetic: NotRequired[bool]
    connected_real_providers: NotRequired[list[str]]
    warnings: NotRequired[list[dict[str, str]]]


class ErrorBody(TypedDict):
    type: str
    message: str
    retryable: bool
    retry_after_seconds: float | None
    scheduled: NotRequired[
        Annotated[bool, Field(description="True: asked by itself then; ask again afterwards.")]
    ]


class Envelope(TypedDict):
    success: bool
    meta: NotRequired[Meta]
    error: NotRequired[ErrorBody]


class ActivitiesAnswer(Envelope):
    result: NotRequired[Activities]


class ResolvedAnswer(Envelope):
    result: NotRequired[Resolved]


class OneActivityAnswer(Envelope):
    result: NotRequired[OneActivity]


class TotalsAnswer(Envelope):
    result: NotRequired[Totals]


class DatedTableAnswer(Envelope):
    result: NotRequired[DatedTable]


class AthleteProfileAnswer(Envelope):
    result: NotRequired[AthleteProfile]


class SleepAnswer(Envelope):
    result: NotRequired[Sleep]


class ProviderListAnswer(Envelope):
    result: NotRequired[ProviderList]


class ByProviderAnswer(Envelope):
    result: NotRequired[ByProvider]


class ConnectionChangeAnswer(Envelope):
    result: NotRequired[ConnectionChange]


class Chart(Table):
    title: str


class Drawing(Chart):
    svg: str


class ChartAnswer(Envelope):
    result: NotRequired[Chart]


class DrawingAnswer(Envelope):
    result: NotRequired[Drawing]
