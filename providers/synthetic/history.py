"""Activities in order of time, from the diary or from a list someone gave.

A history knows everything; the provider leaves out what has not happened yet. It answers for local
days, so that a question about a few days makes only those.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Protocol

from pierre_mcp.models import Activity
from pierre_mcp.spi import Include
from providers.synthetic.diary import Diary, days_back
from providers.synthetic.laps import laps_of
from providers.synthetic.streams import streams_of
from providers.synthetic.zones import zones_of

_YEARS = 10


class History(Protocol):
    """Activities of one athlete."""

    def first_day(self, today: date) -> date:
        """The local day with which the history begins."""
        ...

    def newest_first(self, first: date, last: date) -> Iterator[Activity]:
        """Those of the local days from ``first`` to ``last``, by ``order_key``, newest first."""
        ...

    def find(self, activity_id: str, first: date, last: date) -> Activity | None:
        """The activity of that id within those local days, whether it is over yet or not."""
        ...

    def full(self, activity: Activity, include: frozenset[Include]) -> Activity:
        """The activity with the parts that were asked for."""
        ...


class DiaryHistory:
    """What the synthetic athlete did, ten years back."""

    def __init__(self, diary: Diary) -> None:
        self._diary = diary

    def first_day(self, today: date) -> date:
        """Ten years ago, or up to three days more at a month's end, for the sake of 29 February."""
        return date(today.year - _YEARS, today.month, min(today.day, 28))

    def newest_first(self, first: date, last: date) -> Iterator[Activity]:
        """Day by day, each made when it is reached; nights keep days apart in every zone."""
        for day in days_back(last, first):
            for workout in reversed(self._diary.workouts(day)):
                yield workout.activity

    def find(self, activity_id: str, first: date, last: date) -> Activity | None:
        """By the day that the id begins with."""
        try:
            day = date.fromisoformat(activity_id[:10])
        except ValueError:
            return None
        workouts = self._diary.workouts(day) if first <= day <= last else ()
        return next((w.activity for w in workouts if w.activity.id == activity_id), None)

    def full(self, activity: Activity, include: frozenset[Include]) -> Activity:
        """With streams made on the spot, laps cut from them and zones counted in them."""
        if not include:
            return activity
        workouts = self._diary.workouts(activity.local_date)
        workout = next(w for w in workouts if w.activity.id == activity.id)
        streams = streams_of(workout, self._diary.dice)
        return activity.model_copy(
            update={
                "laps": laps_of(workout, streams) if Include.LAPS in include else None,
                "streams": streams if Include.STREAMS in include else None,
                "zones": zones_of(streams) if Include.ZONES in include else None,
            }
        )


class GivenHistory:
    """Exactly the activities that were given."""

    def __init__(self, activities: Iterable[Activity]) -> None:
        self._newest_first: Sequence[Activity] = sorted(
            activities, key=lambda activity: activity.order_key, reverse=True
        )

    def first_day(self, today: date) -> date:
        """The day of the oldest, or today when there is none."""
        return min((activity.local_date for activity in self._newest_first), default=today)

    def newest_first(self, first: date, last: date) -> Iterator[Activity]:
        """In order of instants, whatever zones they are from."""
        return (a for a in self._newest_first if first <= a.local_date <= last)

    def find(self, activity_id: str, first: date, last: date) -> Activity | None:
        """By id."""
        return next((a for a in self.newest_first(first, last) if a.id == activity_id), None)

    def full(self, activity: Activity, include: frozenset[Include]) -> Activity:
        """Without what was not asked for."""
        unwanted = {part.value: None for part in Include if part not in include}
        return activity.model_copy(update=unwanted)


def day_after(day: date, days: int = 1) -> date:
    """That many days later (earlier when negative), as far as the calendar goes."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.max if days > 0 else date.min
