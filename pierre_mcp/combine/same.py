"""Which activities of several providers are one workout, and which only may be.

Two records are the same when their sports agree, their spans of time overlap by 80 % of both
together, they start within five minutes and their distances, where both are known, differ by at
most 15 %. What comes near that is listed as a possible duplicate and never merged by itself. A
person's word wins over both.

Linear in time after sorting: a record is compared with those that start within half a day of it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

from pierre_mcp.models import Activity, Decision, RecordKey, SportType

OVERLAP_SAME = 0.8
OVERLAP_POSSIBLE = 0.4
STARTS_WITHIN = timedelta(seconds=300)
_STARTS_WITHIN_SECONDS = STARTS_WITHIN.total_seconds()
DISTANCE_APART = 0.15
WIDEST_SHIFT = timedelta(hours=14)
"""Between a clock that shows the wrong zone and the right one."""
_QUARTER_SECONDS = 900
_SHIFT_EXACT_SECONDS = 2.0
_ALIKE = 0.05
"""How far lengths may differ where only a clock is wrong."""

Key = RecordKey


class Reason(StrEnum):
    """Why records are taken for one workout, or might be one."""

    SAME_TIME = "same_time"
    DECIDED = "decided"
    SHIFTED_CLOCK = "shifted_clock"
    DATE_ONLY = "date_only"
    OVERLAP = "overlap"
    DISTANCE = "distance"
    MORE_THAN_ONE = "more_than_one"
    """The same by the rules, but a provider would be in it twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """What two records have to do with each other; ``confidence`` is between 0 and 1."""

    one: Key
    other: Key
    reason: Reason
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Workout:
    """The records of one workout, in the order of their providers' names."""

    records: tuple[Activity, ...]
    reason: Reason | None = None
    confidence: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Workouts, newest first, and pairs of records that may be one."""

    workouts: tuple[Workout, ...]
    possible: tuple[Likeness, ...] = ()


class _Seen(NamedTuple):
    """A record with what comparing asks of it again and again; times in seconds."""

    at: float
    seconds: float | None
    meters: float | None
    provider: str
    sport: SportType
    key: Key
    record: Activity


@dataclass(slots=True)
class _Group:
    """Records that are one workout so far."""

    members: dict[Key, _Seen]
    providers: set[str]
    confidence: float = 1.0
    by_rules: bool = False


def key_of(activity: Activity) -> Key:
    """What tells a record from every other."""
    return (activity.provider, activity.id)


def find_same(activities: Iterable[Activity], decisions: Iterable[Decision] = ()) -> Found:
    """The workouts that the records of one athlete tell of; in whatever order they come."""
    records = _once(activities)
    said = _last_words(decisions)
    certain, possible = _compared(records, said)
    groups = {one.key: _Group({one.key: one}, {one.provider}) for one in records}
    apart: defaultdict[Key, set[Key]] = defaultdict(set)
    for pair, same in sorted(said.items(), key=lambda one: sorted(one[0])):
        if len(pair) == 1:
            continue
        first, second = sorted(pair)
        if not same:
            apart[first].add(second)
            apart[second].add(first)
        elif first in groups and second in groups:
            _join(groups, groups[first], groups[second])
    certain.sort()
    for doubt, first, second in certain:
        here, there = groups[first], groups[second]
        if here is there:
            continue
        if here.providers & there.providers or (apart and _are_apart(here, there, apart)):
            more = Likeness(
                one=first, other=second, reason=Reason.MORE_THAN_ONE, confidence=-doubt / 2
            )
            possible.append(more)
        else:
            _join(groups, here, there, confidence=-doubt)
    open_pairs = (
        link
        for link in possible
        if groups[link.one] is not groups[link.other]
        and not _are_apart(groups[link.one], groups[link.other], apart)
    )
    whole = {id(group): group for group in groups.values()}.values()
    newest_first = sorted(
        whole,
        key=lambda one: max((seen.at, seen.key) for seen in one.members.values()),
        reverse=True,
    )
    return Found(
        workouts=tuple(map(_workout, newest_first)),
        possible=tuple(sorted(open_pairs, key=lambda link: (link.one, link.other))),
    )


def _are_apart(here: _Group, there: _Group, apart: Mapping[Key, set[Key]]) -> bool:
    """Whether a person said of any two of their records that they are not the same."""
    return any(apart[key] & there.members.keys() for key in here.members if key in apart)


def _workout(group: _Group) -> Workout:
    records = tuple(group.members[key].record for key in sorted(group.members))
    if len(records) == 1:
        return Workout(records=records)
    reason = Reason.SAME_TIME if group.by_rules else Reason.DECIDED
    return Workout(records=records, reason=reason, confidence=round(group.confidence, 3))


def _join(
    groups: dict[Key, _Group], here: _Group, there: _Group, confidence: float | None = None
) -> None:
    """Make one group of two; by a person's word where there is no confidence to tell."""
    if here is there:
        return
    here.members |= there.members
    here.providers |= there.providers
    here.by_rules = here.by_rules or there.by_rules or confidence is not None
    known = 1.0 if confidence is None else confidence
    here.confidence = min(here.confidence, there.confidence, known)
    for key in there.members:
        groups[key] = here


def _once(activities: Iterable[Activity]) -> list[_Seen]:
    """Each record once, by time: of two with one key the one that says more is the update."""
    kept: dict[Key, Activity] = {}
    for activity in activities:
        key = key_of(activity)
        if key not in kept or _fullness(activity) > _fullness(kept[key]):
            kept[key] = activity
    seen = [
        _Seen(
            at=activity.start_time.timestamp(),
            seconds=activity.duration_seconds or activity.moving_time_seconds or None,
            meters=activity.distance_meters or None,
            provider=activity.provider,
            sport=activity.sport_type.broader,
            key=key,
            record=activity,
        )
        for key, activity in kept.items()
    ]
    return sorted(seen, key=lambda one: (one.at, one.key))


def _fullness(activity: Activity) -> tuple[int, str]:
    values = activity.model_dump(exclude={"warnings"}, exclude_none=True)
    return len(values), repr(sorted(values.items()))


def _last_words(decisions: Iterable[Decision]) -> dict[frozenset[Key], bool]:
    """What a person said last of each pair."""
    ordered = sorted(decisions, key=lambda one: (one.decided_at, one.same))
    return {decision.pair: decision.same for decision in ordered}


def _compared(
    records: Sequence[_Seen], said: Mapping[frozenset[Key], bool]
) -> tuple[list[tuple[float, Key, Key]], list[Likeness]]:
    """The pairs that are the same by the rules, the surest first to sort; and those that may be."""
    certain: list[tuple[float, Key, Key]] = []
    possible: list[Likeness] = []
    widest = WIDEST_SHIFT.total_seconds()
    for number, one in enumerate(records):
        latest = one.at + max(widest, one.seconds or 0.0)
        for place in range(number + 1, len(records)):
            other = records[place]
            if other.at > latest:
                break
            alike = one.sport is other.sport or SportType.OTHER in (one.sport, other.sport)
            if one.provider == other.provider or not alike:
                continue
            if said and frozenset({one.key, other.key}) in said:
                continue
            found = _likeness(one, other)
            if found is None:
                continue
            reason, confidence = found
            first, second = (one.key, other.key) if one.key < other.key else (other.key, one.key)
            if reason is Reason.SAME_TIME:
                certain.append((-confidence, first, second))
            else:
                possible.append(
                    Likeness(
                        one=first, other=second, reason=reason, confidence=round(confidence, 3)
                    )
                )
    return certain, possible


def _likeness(one: _Seen, other: _Seen) -> tuple[Reason, float] | None:
    """What two records of two providers have to do with each other; ``one`` starts no later."""
    apart = other.at - one.at
    far = _differ(one.meters, other.meters)
    is_near = far is None or far <= DISTANCE_APART
    if one.seconds and other.seconds:
        ends = one.seconds, apart + other.seconds
        overlap = max(0.0, min(ends) - apart) / max(ends)
        if overlap >= OVERLAP_SAME and apart <= _STARTS_WITHIN_SECONDS:
            # Where both tell a distance, it bears the other signs out.
            confidence = min(1.0, 0.5 + overlap / 2 - (0.05 if far is None else far))
            return (Reason.SAME_TIME, confidence) if is_near else (Reason.DISTANCE, overlap / 2)
        if overlap >= OVERLAP_POSSIBLE:
            return Reason.OVERLAP, overlap / 2
    elif is_near and far is not None and apart <= _STARTS_WITHIN_SECONDS:
        return Reason.OVERLAP, 0.4
    if is_near and _is_shifted(one.record, other.record, apart):
        return Reason.SHIFTED_CLOCK, 0.5
    if is_near and _is_of_a_date(one.record, other.record):
        return Reason.DATE_ONLY, 0.4
    return None


def _differ(one: float | None, other: float | None) -> float | None:
    """By what part of the larger two values differ; ``None`` unless both are known."""
    if not one or not other:
        return None
    return abs(one - other) / max(one, other)


def _is_shifted(one: Activity, other: Activity, apart: float) -> bool:
    """Whether only a clock is wrong: by quarters of an hour, and the lengths are alike."""
    off = apart % _QUARTER_SECONDS
    exact = min(off, _QUARTER_SECONDS - off) <= _SHIFT_EXACT_SECONDS
    if not exact or not _SHIFT_EXACT_SECONDS < apart <= WIDEST_SHIFT.total_seconds():
        return False
    long = _differ(one.duration_seconds, other.duration_seconds)
    moved = _differ(one.moving_time_seconds, other.moving_time_seconds)
    known = [part for part in (long, moved) if part is not None]
    return bool(known) and min(known) <= _ALIKE


def _is_of_a_date(one: Activity, other: Activity) -> bool:
    """Whether one of them knows its day only, and it is the other's."""
    if one.local_date != other.local_date or _is_dated(one) == _is_dated(other):
        return False
    pairs = (
        (one.distance_meters, other.distance_meters),
        (one.duration_seconds, other.duration_seconds),
        (one.moving_time_seconds, other.moving_time_seconds),
    )
    known = [part for pair in pairs if (part := _differ(*pair)) is not None]
    return bool(known) and min(known) <= _ALIKE


def _is_dated(activity: Activity) -> bool:
    start = activity.local_start
    return (start.hour, start.minute, start.second) == (0, 0, 0)
