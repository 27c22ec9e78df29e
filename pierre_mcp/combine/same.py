"""Which activities of several providers are one workout, and which only may be.

Two records are the same when their sports agree, their spans of time overlap by 80 % of both
together, they start within five minutes and their distances, where both are known, differ by at
most 15 %. What comes near that is listed as a possible duplicate and never merged by itself. A
person's word wins over both.

Linear in time after sorting: a record is compared with those that start within half a day of it.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from pierre_mcp.models import Activity, SportType

OVERLAP_SAME = 0.8
OVERLAP_POSSIBLE = 0.4
STARTS_WITHIN = timedelta(seconds=300)
DISTANCE_APART = 0.15
WIDEST_SHIFT = timedelta(hours=14)
"""Between a clock that shows the wrong zone and the right one."""
_QUARTER_SECONDS = 900
_SHIFT_EXACT_SECONDS = 2.0
_ALIKE = 0.05
"""How far lengths may differ where only a clock is wrong."""

Key = tuple[str, str]
"""A provider and the id of one of its records."""


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
class Decision:
    """A person's word on two records."""

    one: Key
    other: Key
    same: bool
    decided_at: datetime

    @property
    def pair(self) -> frozenset[Key]:
        """The two, in no order."""
        return frozenset({self.one, self.other})


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


@dataclass(slots=True)
class _Group:
    """Records that are one workout so far."""

    members: dict[Key, Activity]
    links: list[Likeness] = field(default_factory=list)

    @property
    def providers(self) -> set[str]:
        return {provider for provider, _ in self.members}


def key_of(activity: Activity) -> Key:
    """What tells a record from every other."""
    return (activity.provider, activity.id)


def find_same(activities: Iterable[Activity], decisions: Iterable[Decision] = ()) -> Found:
    """The workouts that the records of one athlete tell of; in whatever order they come."""
    records = _once(activities)
    said = _last_words(decisions)
    certain, possible = _compared(records, said)
    groups = {key_of(record): _Group({key_of(record): record}) for record in records}
    known = set(groups)
    for pair, same in sorted(said.items(), key=lambda one: sorted(one[0])):
        if same and len(pair) > 1 and pair <= known:
            one, other = sorted(pair)
            _join(groups, Likeness(one=one, other=other, reason=Reason.DECIDED, confidence=1.0))
    apart: dict[Key, set[Key]] = defaultdict(set)
    for pair, same in said.items():
        if not same and len(pair) > 1:
            first, second = pair
            apart[first].add(second)
            apart[second].add(first)
    for link in sorted(certain, key=lambda link: (-link.confidence, link.one, link.other)):
        here, there = groups[link.one], groups[link.other]
        if here is there:
            continue
        if here.providers & there.providers or _are_apart(here, there, apart):
            possible.append(
                Likeness(
                    one=link.one,
                    other=link.other,
                    reason=Reason.MORE_THAN_ONE,
                    confidence=link.confidence / 2,
                )
            )
        else:
            _join(groups, link)
    open_pairs = (
        link
        for link in possible
        if groups[link.one] is not groups[link.other]
        and not _are_apart(groups[link.one], groups[link.other], apart)
    )
    workouts = {id(group): group for group in groups.values()}
    return Found(
        workouts=tuple(
            sorted(
                (_workout(group) for group in workouts.values()),
                key=lambda workout: max(_place(record) for record in workout.records),
                reverse=True,
            )
        ),
        possible=tuple(sorted(open_pairs, key=lambda link: (link.one, link.other))),
    )


def _are_apart(here: _Group, there: _Group, apart: dict[Key, set[Key]]) -> bool:
    """Whether a person said of any two of their records that they are not the same."""
    return any(apart[key] & there.members.keys() for key in here.members if key in apart)


def _workout(group: _Group) -> Workout:
    records = tuple(group.members[key] for key in sorted(group.members))
    if not group.links:
        return Workout(records=records)
    decided = all(link.reason is Reason.DECIDED for link in group.links)
    return Workout(
        records=records,
        reason=Reason.DECIDED if decided else Reason.SAME_TIME,
        confidence=min(link.confidence for link in group.links),
    )


def _join(groups: dict[Key, _Group], link: Likeness) -> None:
    one, other = groups[link.one], groups[link.other]
    if one is other:
        return
    one.members |= other.members
    one.links += [*other.links, link]
    for key in other.members:
        groups[key] = one


def _once(activities: Iterable[Activity]) -> list[Activity]:
    """Each record once: of two with one key the one that says more is the update."""
    kept: dict[Key, Activity] = {}
    for activity in activities:
        key = key_of(activity)
        if key not in kept or _fullness(activity) > _fullness(kept[key]):
            kept[key] = activity
    return sorted(kept.values(), key=lambda record: (record.start_time, key_of(record)))


def _fullness(activity: Activity) -> tuple[int, str]:
    values = activity.model_dump(exclude={"warnings"}, exclude_none=True)
    return len(values), repr(sorted(values.items()))


def _last_words(decisions: Iterable[Decision]) -> dict[frozenset[Key], bool]:
    """What a person said last of each pair."""
    ordered = sorted(decisions, key=lambda one: (one.decided_at, one.same))
    return {decision.pair: decision.same for decision in ordered}


def _compared(
    records: Sequence[Activity], said: dict[frozenset[Key], bool]
) -> tuple[list[Likeness], list[Likeness]]:
    """The pairs that are the same by the rules, and those that may be."""
    certain: list[Likeness] = []
    possible: list[Likeness] = []
    for number, record in enumerate(records):
        latest = record.start_time + max(WIDEST_SHIFT, _length(record) or WIDEST_SHIFT)
        for later in records[number + 1 :]:
            if later.start_time > latest:
                break
            if later.provider == record.provider or not _compatible(record, later):
                continue
            if frozenset({key_of(record), key_of(later)}) in said:
                continue
            link = _likeness(record, later)
            if link is not None:
                (certain if link.reason is Reason.SAME_TIME else possible).append(link)
    return certain, possible


def _likeness(one: Activity, other: Activity) -> Likeness | None:
    """What two records of two providers have to do with each other; ``one`` starts no later."""
    apart = (other.start_time - one.start_time).total_seconds()
    overlap = _overlap(one, other, apart)
    far = _differ(one.distance_meters, other.distance_meters)
    is_near = far is None or far <= DISTANCE_APART
    found: tuple[Reason, float] | None = None
    if overlap is not None and overlap >= OVERLAP_SAME and apart <= STARTS_WITHIN.total_seconds():
        # Where both tell a distance, it bears the other signs out.
        confidence = min(1.0, 0.5 + overlap / 2 - (far or 0.05))
        found = (Reason.SAME_TIME, confidence) if is_near else (Reason.DISTANCE, overlap / 2)
    elif overlap is not None and overlap >= OVERLAP_POSSIBLE:
        found = (Reason.OVERLAP, overlap / 2)
    elif is_near and _is_shifted(one, other, apart):
        found = (Reason.SHIFTED_CLOCK, 0.5)
    elif is_near and _is_of_a_date(one, other):
        found = (Reason.DATE_ONLY, 0.4)
    elif overlap is None and is_near and far is not None and apart <= STARTS_WITHIN.total_seconds():
        found = (Reason.OVERLAP, 0.4)
    if found is None:
        return None
    reason, confidence = found
    first, second = sorted((key_of(one), key_of(other)))
    return Likeness(one=first, other=second, reason=reason, confidence=round(confidence, 3))


def _compatible(one: Activity, other: Activity) -> bool:
    sports = {one.sport_type.broader, other.sport_type.broader}
    return len(sports) == 1 or SportType.OTHER in sports


def _length(activity: Activity) -> timedelta | None:
    seconds = activity.duration_seconds or activity.moving_time_seconds
    return timedelta(seconds=seconds) if seconds else None


def _overlap(one: Activity, other: Activity, apart: float) -> float | None:
    """How much of the time that both cover together is covered by both."""
    first, second = _length(one), _length(other)
    if first is None or second is None:
        return None
    ends = (first.total_seconds(), apart + second.total_seconds())
    both, either = min(ends) - apart, max(ends)
    return max(0.0, both) / either


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


def _place(activity: Activity) -> tuple[datetime, Key]:
    return (activity.start_time, key_of(activity))
