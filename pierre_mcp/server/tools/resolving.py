"""What follows from a person's word on two records: checked, kept, and told as the list tells it.

Providers are asked before the word is kept, so that none is kept that would not hold or that
nothing could be said about.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Literal

from mcp.types import CallToolResult

from pierre_mcp.combine.history import DECIDED_MARGIN, History
from pierre_mcp.combine.same import WIDEST_SHIFT, Key, key_of
from pierre_mcp.errors import InvalidArgument, NotFound
from pierre_mcp.models import Activity, Decision
from pierre_mcp.server.asking import Answered, Asker
from pierre_mcp.server.envelope import as_text, success
from pierre_mcp.server.tools.activities import FIELDS
from pierre_mcp.server.tools.merged import name_of, workout_object
from pierre_mcp.spi import MAX_PAGE_SIZE, ActivityQuery, ProviderCapabilities

Word = Literal["same", "different", "undo"]

_NOTHING = History(
    workouts=(), possible=(), next_place=None, complete=True, failures=(), warnings=()
)


async def resolved(asking: Asker, one: Key, other: Key, word: Word) -> CallToolResult:
    """Keep the word, and say what stands.

    Raises what a provider of either record answers, and ``InvalidArgument`` for a word that would
    not hold or that there is no room for.
    """
    for provider, _ in (one, other):
        asking.composition.registry.require(provider)
    every = await asking.every(ProviderCapabilities.ACTIVITIES)
    records = [
        await _record(asking, argument, key, every.names, may_be_gone=word == "undo")
        for argument, key in (("first", one), ("second", other))
    ]
    starts = {key_of(record): record.start_time for record in records if record is not None}
    now = asking.composition.clock()
    said = Decision(one=one, other=other, same=word == "same", decided_at=now)
    before = await asking.composition.decisions(asking.principal)
    words = [earlier for earlier in before if earlier.pair != said.pair]
    had = len(words) < len(before)
    if word != "undo":
        words.append(said)
    if said.same:
        _refuse_far_apart(starts.values())
    history = await every.history(_around(starts.values()), None, words) if starts else _NOTHING
    for failure in history.failures:
        if failure.provider in (one[0], other[0]):
            raise failure
    workouts = [found for found in history.workouts if not said.pair.isdisjoint(found.sources)]
    if said.same:
        for workout in workouts:
            _refuse_far_apart(workout.starts)
    if word != "undo":
        await _keep(asking, said)
    elif had:
        await (await asking.composition.store()).undecide(asking.principal, said.pair)
    is_one = any(said.pair <= set(workout.sources) for workout in workouts)
    message = _sentence(said, word, had=had, is_one=is_one, is_told=bool(workouts))
    objects = [workout_object(workout, FIELDS, asking.units) for workout in workouts]
    return success(
        await asking.answer(
            Answered(provider=every, value=history),
            {
                "decision": word,
                "one_workout": is_one,
                "message": message,
                "activities": objects,
            },
            "\n\n".join([message, *map(as_text, objects)]),
            complete=history.complete,
            warnings=history.warnings,
        )
    )


async def _record(
    asking: Asker, argument: str, key: Key, names: Collection[str], *, may_be_gone: bool
) -> Activity | None:
    """The record of that name; ``None`` for one that is gone, where it may be."""
    provider, number = key
    try:
        answered = await asking.ask(
            provider, ProviderCapabilities.ACTIVITIES, lambda chosen: chosen.get_activity(number)
        )
    except NotFound:
        if may_be_gone:
            return None
        raise
    if provider not in names:
        raise InvalidArgument(argument, "is made up, and in no list with real workouts.")
    told = key_of(answered.value)
    if told != key:
        raise InvalidArgument(argument, "is not as the list names it.", nearest=name_of(told))
    return answered.value


def _around(starts: Collection[datetime]) -> ActivityQuery:
    """The list around records that began then."""
    return ActivityQuery(
        limit=MAX_PAGE_SIZE, after=min(starts) - DECIDED_MARGIN, before=max(starts) + DECIDED_MARGIN
    )


def _refuse_far_apart(starts: Iterable[datetime]) -> None:
    """A list could not hold them together: its pages look only so far around."""
    known = list(starts)
    if max(known) - min(known) > WIDEST_SHIFT:
        hours = WIDEST_SHIFT.total_seconds() / 3600
        raise InvalidArgument(
            "second",
            f"would make one workout of records that start more than {hours:g} hours apart, more "
            "than a clock in a wrong time zone explains.",
        )


async def _keep(asking: Asker, said: Decision) -> None:
    if not await (await asking.composition.store()).decide(asking.principal, said):
        from pierre_mcp.connections.deciding import MOST_DECISIONS  # noqa: PLC0415 - as the store

        raise InvalidArgument(
            "decision",
            f"comes after {MOST_DECISIONS:,} that are kept already, and there is no room for more. "
            "Take back with undo what is not needed; pierre-mcp export lists them.",
        )


def _sentence(said: Decision, word: Word, *, had: bool, is_one: bool, is_told: bool) -> str:
    """What was done, and how they stand now."""
    done = "kept" if word != "undo" else "taken back" if had else "there was no word on them"
    if not is_told:
        stands = "neither is in a list now"
    elif is_one:
        stands = "they are listed as one workout"
        if word == "different":
            stands += ", since other words of the person join them: undo one of those"
    else:
        stands = "they are listed apart"
    return f"{word}, {done}: {name_of(said.one)} and {name_of(said.other)}; {stands}."
