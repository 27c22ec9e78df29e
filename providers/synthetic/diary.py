"""Everything that ever happened to one athlete, day by day, made when it is asked for.

A day's entry depends on the seed, the calendar and the planned days around it, never on today or on
what was asked before. Whoever asks decides what has happened yet: entries know their times.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache

from pierre_mcp.models import HealthMetrics, RecoveryMetrics, SleepSession
from providers.synthetic.body import Body
from providers.synthetic.dice import Dice
from providers.synthetic.nights import sleep_of_day
from providers.synthetic.physiology import Form, form_on
from providers.synthetic.plan import Planner
from providers.synthetic.season import Season
from providers.synthetic.workouts import Workout, record

_KEPT_DAYS = 4096
"""Ten years of days, so that totals over everything are made once."""


@lru_cache(maxsize=4)
def diary_of(seed: str) -> "Diary":
    """The diary of a seed, shared by all who ask for it, with the days already made."""
    return Diary(seed)


class Diary:
    """The athlete of one seed."""

    def __init__(self, seed: str) -> None:
        self.dice = Dice(seed)
        self._season = Season(self.dice)
        self._planner = Planner(self.dice, self._season)
        self.workouts = lru_cache(maxsize=_KEPT_DAYS)(self._record_day)
        self.form = lru_cache(maxsize=_KEPT_DAYS)(self._form)
        self._body = Body(self.dice, self.load, self._season)

    def load(self, day: date) -> float:
        """The training load of a day."""
        return sum(workout.load for workout in self.workouts(day))

    def sleep(self, day: date) -> tuple[SleepSession, ...]:
        """The night one woke from on that day, and a nap; empty when the watch was not worn."""
        kind = self._season.day(day)
        return sleep_of_day(kind, self._body.state(day), self.workouts(day), self.dice)

    def recovery(self, day: date) -> RecoveryMetrics | None:
        """How the body was on waking; ``None`` when the watch was not worn at night."""
        nights = [night for night in self.sleep(day) if not night.is_nap]
        return self._body.recovery(day, nights[0]) if nights else None

    def health(self, day: date) -> HealthMetrics | None:
        """What was measured on a day; ``None`` on most."""
        return self._body.health(day, self.form(day), self.workouts(day))

    def _record_day(self, day: date) -> tuple[Workout, ...]:
        kind = self._season.day(day)
        form = self.form(day)
        return tuple(
            record(session, number, kind, form, self.dice)
            for number, session in enumerate(self._planner.sessions(day), start=1)
        )

    def _form(self, day: date) -> Form:
        return form_on(day, self._season, self.dice)


def days_back(last: date, first: date) -> Iterator[date]:
    """The days from ``last`` back to ``first``, both included."""
    day = last
    while day >= first:
        yield day
        day -= timedelta(days=1)
