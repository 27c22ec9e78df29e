"""Several providers' activities as one list, page by page, newest first.

Each provider is asked at the same time and for itself: one that fails or does not answer costs its
own records, and is named. A page goes on from a place in time, so that nothing is repeated or lost
while lists grow, a provider comes back, or another is connected.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from pierre_mcp.combine.asking_all import ANSWER_SECONDS, ask_all
from pierre_mcp.combine.merging import Merged, merge
from pierre_mcp.combine.same import (
    WIDEST_SHIFT,
    Key,
    Likeness,
    Workout,
    find_same,
    key_of,
)
from pierre_mcp.errors import ProviderError
from pierre_mcp.models import Activity, DataWarning, Decision, Page
from pierre_mcp.models.remembered import Remembered
from pierre_mcp.spi import MAX_PAGE_SIZE, ActivityQuery

MARGIN = timedelta(minutes=30)
"""Records of one workout start no further apart than that, unless a person said so."""
DECIDED_MARGIN = WIDEST_SHIFT + timedelta(hours=1)
"""What a person called one workout may start that far apart."""
MORE = 5
"""So many more records than are wanted are asked for, since some will be doubles."""
ROUNDS = 8
"""The most pages of one provider that a question reads."""

ReadPage = Callable[[ActivityQuery], Awaitable[Page[Activity]]]
_FAR = datetime(9000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a list goes on: an instant, and the records around it that were given, by their starts.

    The instant alone would not do: where a provider fails or comes back, the workout at the border
    is told by other records than before. ``reach`` is how far above the instant something may wait
    that was not given; a person's word that is taken back lets go of it.
    """

    at: datetime
    given: Mapping[Key, datetime] = field(default_factory=dict)
    reach: timedelta = MARGIN


@dataclass(slots=True)
class _Source:
    """What one provider has told so far."""

    name: str
    read: ReadPage
    items: list[Activity] = field(default_factory=list)
    earliest: datetime = _FAR
    cursor: str | None = None
    asked: int = 0
    ended: bool = False
    complete: bool = True
    failure: ProviderError | None = None
    warnings: list[DataWarning] = field(default_factory=list)

    @property
    def horizon(self) -> datetime | None:
        """Nothing that it has yet to tell starts later; ``None`` where it has told all."""
        if self.ended or self.failure is not None:
            return None
        return self.earliest

    def next(self, query: ActivityQuery) -> ActivityQuery:
        """The query for its next page."""
        return query if self.cursor is None else replace(query, cursor=self.cursor)

    def take(self, page: Page[Activity] | ProviderError) -> None:
        """What it has answered when it was asked for its next page."""
        self.asked += 1
        if isinstance(page, ProviderError):
            self.failure = page
            return
        self.items += page.items
        starts = [one.start_time for one in page.items]
        self.earliest = min(self.earliest, min(starts, default=_FAR))
        self.cursor = page.next_cursor
        tells_nothing = not self.items and self.asked >= ROUNDS
        self.ended = page.next_cursor is None or tells_nothing
        self.complete = self.complete and page.complete and not tells_nothing
        self.warnings += page.warnings


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A page of workouts, and what a reader has to know of it."""

    workouts: tuple[Merged, ...]
    possible: tuple[Likeness, ...]
    next_place: Place | None
    complete: bool
    failures: tuple[ProviderError, ...]
    warnings: tuple[DataWarning, ...]


async def merged_page(
    sources: Mapping[str, ReadPage],
    query: ActivityQuery,
    place: Place | None = None,
    decisions: Iterable[Decision] = (),
    *,
    priority: Sequence[str] = (),
    seconds: float = ANSWER_SECONDS,
) -> History:
    """The workouts that follow ``place``; each provider may take ``seconds`` for a page.

    ``priority`` names providers that are believed before others that know as much.

    The sport is picked out of what was merged, for a provider may know it less well than another.
    """
    words = tuple(decisions)
    margin = DECIDED_MARGIN if any(word.same for word in words) else MARGIN
    reach = margin if place is None else max(place.reach, margin)
    asked = _asked(query, place, reach)
    told = [_Source(name, read) for name, read in sources.items()]
    due = told
    while True:
        pages = await ask_all(
            {one.name: partial(one.read, one.next(asked)) for one in due}, seconds
        )
        for source in due:
            source.take(pages[source.name])
        settled, possible, threshold, joined = _settled(
            told, query, place, words, margin, priority=priority
        )
        horizons = {one.name: one.horizon for one in told if one.horizon is not None}
        latest = max(horizons.values(), default=None)
        due = [one for one in told if one.horizon == latest and one.asked < ROUNDS and latest]
        if len(settled) > query.limit or not due:
            break
    shown = settled[: query.limit]
    until = None
    if len(settled) > query.limit:
        until = shown[-1].activity.start_time
    elif threshold is not None and (place is None or threshold < place.at or shown):
        until = threshold  # all that starts later has been looked at
    if until is not None and place is not None:
        until = min(until, place.at)  # what was given above that is no longer known
    near = {key for one in shown for key in one.sources}
    return History(
        workouts=tuple(shown),
        possible=tuple(link for link in possible if link.one in near or link.other in near),
        next_place=None
        if until is None
        else _next(until, place, shown, joined=joined, reach=reach),
        complete=all(one.complete for one in told),
        failures=tuple(one.failure for one in told if one.failure is not None),
        warnings=tuple(dict.fromkeys(note for one in told for note in one.warnings)),
    )


def _asked(query: ActivityQuery, place: Place | None, reach: timedelta) -> ActivityQuery:
    """What each provider is asked for: a little more than the page, at both of its ends."""
    limit = min(MAX_PAGE_SIZE, query.limit + MORE)
    before = query.before
    if place is not None:
        reached = place.at + reach
        if not isinstance(before, datetime) or reached < before:
            before = reached
    return ActivityQuery(limit=limit, after=query.after, before=before)


def _settled(
    told: list[_Source],
    query: ActivityQuery,
    place: Place | None,
    words: tuple[Decision, ...],
    margin: timedelta,
    *,
    priority: Sequence[str],
) -> tuple[list[Merged], tuple[Likeness, ...], datetime | None, dict[Key, datetime]]:
    """The workouts that nothing which is yet to come can change, and where that begins.

    Last the records of workouts that were given, with their starts, those among them that were not
    known then too.
    """
    merged, possible = _found([item for one in told for item in one.items], words, tuple(priority))
    horizons = [one.horizon for one in told if one.horizon is not None]
    threshold = max(horizons) + margin if horizons else None
    joined: dict[Key, datetime] = {}
    if place is not None and place.given:
        for one in merged:
            if not place.given.keys().isdisjoint(one.sources):
                joined |= zip(one.sources, one.starts, strict=True)
    settled = [
        one
        for one in merged
        if (threshold is None or one.activity.start_time > threshold)
        and joined.keys().isdisjoint(one.sources)
        and query.matches(one.activity)
    ]
    return settled, possible, threshold, joined


@dataclass(frozen=True, slots=True)
class _Outline:
    """Workouts, newest first; one that a single record tells by the record's place in the list.

    So it holds none of the records that it was made of.
    """

    workouts: tuple[Merged | int, ...]
    possible: tuple[Likeness, ...]


_OUTLINES: Remembered[_Outline] = Remembered(64)
_MERGED: Remembered[Merged] = Remembered(20_000)


def _found(
    records: Sequence[Activity], words: tuple[Decision, ...], priority: tuple[str, ...]
) -> tuple[list[Merged], tuple[Likeness, ...]]:
    """The records' workouts, newest first, and pairs that may be one; remembered."""

    def outline() -> _Outline:
        found = find_same(records, words)
        merged = [_merged(workout, priority) for workout in found.workouts]
        merged.sort(key=_order, reverse=True)
        places = {id(record): place for place, record in enumerate(records)}
        return _Outline(
            tuple(one if len(one.sources) > 1 else places[id(one.activity)] for one in merged),
            found.possible,
        )

    known = _OUTLINES.of(records, outline, (words, priority))
    merged = [
        merge(Workout(records=(records[one],))) if isinstance(one, int) else one
        for one in known.workouts
    ]
    return merged, known.possible


def _merged(workout: Workout, priority: tuple[str, ...]) -> Merged:
    """``merge``, remembered; a record that is alone would be kept by what is remembered of it."""
    if len(workout.records) == 1:
        return merge(workout, priority)
    also = (priority, workout.reason, workout.confidence)
    return _MERGED.of(workout.records, lambda: merge(workout, priority), also)


def _next(
    until: datetime,
    place: Place | None,
    shown: list[Merged],
    *,
    joined: Mapping[Key, datetime],
    reach: timedelta,
) -> Place:
    """Where to go on, with what was given and will be seen again from there."""
    given = {key: at for one in shown for key, at in zip(one.sources, one.starts, strict=True)}
    given |= {key: at for key, at in joined.items() if at >= until}
    given |= place.given if place else {}
    # The next page may look so far above, whatever was said until now.
    near = {key: at for key, at in given.items() if at < until + DECIDED_MARGIN}
    return Place(at=until, given=near, reach=reach)


def _order(one: Merged) -> tuple[datetime, Key]:
    return one.activity.start_time, key_of(one.activity)
