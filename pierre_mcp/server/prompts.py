"""Prompts: five questions that people ask again and again, put so that an assistant answers well.

A prompt says which tools to ask, in which order, and what the numbers can and cannot tell. It holds
no data and asks nobody; what a person puts in is cleaned like any text of strangers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from mcp.server.mcpserver.prompts.base import Prompt
from pydantic import Field

from pierre_mcp.models.text import clean_text

_LONGEST = 120

_HONESTLY = (
    "Say what the data does not show: null is unknown, not zero. If meta.synthetic is true, say "
    "first that the athlete is made up. Give distances in the unit that the person uses, pace for "
    "runs, and the dates you looked at. Do not diagnose; pain, illness or a heart that worries the"
    " person is for a doctor."
)

ProviderArgument = Annotated[
    str | None, Field(description="Whose data: a name, several by commas, or all. Default: all.")
]


def weekly_review(
    *,
    week: Annotated[
        str | None, Field(description="A day in the week, like 2026-11-24. Default: this week.")
    ] = None,
    provider: ProviderArgument = None,
) -> str:
    """What the week held, against the weeks before, and one thing to keep or change."""
    whose, which = _provider(provider), _or(week, "the current one, up to today")
    return _text(
        f"Review one week of the person's training: {which}. Weeks begin as get_stats has them.",
        f"1. get_stats with {whose}, group_by week, over that week and the eight before it.",
        f"2. get_activities with {whose} for the week, as a table.",
        f"3. get_sleep_sessions and get_recovery_metrics with {whose} for the same days.",
        "Then tell in this order: hours and distance against the average of the four weeks before;"
        " how the days were spread, and which was the hardest; how sleep and resting heart rate or"
        " HRV went with it; one thing that went well and one to change, each with the number it "
        "rests on. A week that is not over is compared with the same weekdays only.",
    )


def race_readiness(
    *,
    race: Annotated[str, Field(description="What: distance and sport, like half marathon.")],
    date: Annotated[str, Field(description="When, like 2027-04-11.")],
    provider: ProviderArgument = None,
) -> str:
    """How prepared the person is for a race, by volume, long sessions, speed and recovery."""
    whose = _provider(provider)
    return _text(
        f"Judge how prepared the person is for this race: {_or(race, '?')}, on "
        f"{_or(date, 'a day not said')}.",
        f"1. get_stats with {whose}, group_by week, over the last sixteen weeks.",
        f"2. get_activities with {whose} in the sport of the race, over the same time: the longest "
        "sessions and the fastest ones.",
        f"3. get_personal_records with {whose}, for distances near that of the race.",
        f"4. get_recovery_metrics with {whose} for the last four weeks.",
        "Then tell: weeks left; whether volume grew steadily or jumped by more than a tenth a "
        "week; the longest session as a part of the race; a believable time from records and "
        "recent sessions, as a range and with what it was taken from; what speaks against it. No "
        "record near the distance means no predicted time.",
    )


def sleep_check(
    *,
    days: Annotated[str | None, Field(description="How many days back. Default: 28.")] = None,
    provider: ProviderArgument = None,
) -> str:
    """How the person has slept, what changed, and whether training shows in it."""
    whose, span = _provider(provider), _or(days, "28")
    return _text(
        f"Look at the person's sleep over the last {span} days.",
        f"1. get_sleep_sessions with {whose} over those days, without stages.",
        f"2. get_recovery_metrics with {whose} over the same days.",
        f"3. get_stats with {whose}, group_by day, over the same days.",
        "Then tell: hours asleep on average and on the shortest nights, and how far bedtimes "
        "scatter; the last seven days against those before; nights after the three hardest days "
        "against the rest. Compare scores of one vendor with that vendor's only, and HRV of one "
        "statistic with itself only. With fewer than ten nights say that it is too little for a "
        "pattern.",
    )


def compare_workouts(
    *,
    first: Annotated[str, Field(description="An id from get_activities, also provider:id.")],
    second: Annotated[str, Field(description="Another one.")],
    provider: ProviderArgument = None,
) -> str:
    """Two workouts side by side: pace, heart rate, power, climb, and what explains the gap."""
    whose = _provider(provider)
    return _text(
        f"Compare two workouts of the person: {_or(first, '?')} and {_or(second, '?')}.",
        f"1. get_activity with {whose} for each, include laps and zones; streams at low resolution "
        "only if laps do not explain a difference.",
        "Then put side by side what both have: distance, moving time, pace or speed, climb, "
        "average and highest heart rate, power. Say how much slower or faster at which heart rate,"
        " where along the way the gap opened, and what may explain it: climb, pauses, heat or "
        "route are guesses and are called so. Of different sports compare time and effort only.",
    )


def plan_next_week(
    *,
    goal: Annotated[
        str | None, Field(description="What it is for, like 10 km in spring. Default: keep form.")
    ] = None,
    hours: Annotated[str | None, Field(description="Hours there are for it.")] = None,
    provider: ProviderArgument = None,
) -> str:
    """A week of training that follows from what was done, with its hardest days apart."""
    whose = _provider(provider)
    return _text(
        f"Plan the person's next week. Goal: {_or(goal, 'keep form')}. Hours there are: "
        f"{_or(hours, 'as many as in the weeks before')}.",
        f"1. get_stats with {whose}, group_by week, over the last six weeks.",
        f"2. get_activities with {whose} over the last fourteen days.",
        f"3. get_recovery_metrics and get_sleep_sessions with {whose} over the last seven days.",
        "Then lay out seven days: sport, length, how hard in words and in heart rate or pace that "
        "the person has shown, and why. No more than a tenth above the average of the last four "
        "weeks, and less after a week that was far above it or where resting heart rate rose or "
        "HRV fell for several days. Two hard days are never neighbours; one day is free. Ask what "
        "is fixed in the person's week before you call it final.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptSpec:
    """A prompt as clients see it; its description is the function's."""

    title: str
    text: Callable[..., str]

    def as_prompt(self) -> Prompt:
        """For the SDK."""
        return Prompt.from_function(
            self.text, name=self.text.__name__, title=self.title, description=self.text.__doc__
        )


PROMPTS = (
    PromptSpec(title="Weekly review", text=weekly_review),
    PromptSpec(title="Race readiness", text=race_readiness),
    PromptSpec(title="Sleep check", text=sleep_check),
    PromptSpec(title="Compare two workouts", text=compare_workouts),
    PromptSpec(title="Plan next week", text=plan_next_week),
)


def _text(*parts: str) -> str:
    return "\n".join([*parts, _HONESTLY])


def _provider(named: str | None) -> str:
    return f"provider {_or(named, 'all')}"


def _or(given: str | None, otherwise: str) -> str:
    return clean_text(given, _LONGEST) or otherwise
