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
from operator import itemgetter
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

_Certain = tuple[float, int, int]
"""How unsure it is, as a negative number, that two records are one; each by its rank."""
_Possible = tuple[int, int, "Reason", float]
_first = itemgetter(0)

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
    """A record with what comparing asks of it again and again; times in seconds.

    ``rank`` is its place by key among all, and stands for the key: a long history compares them a
    million times.
    """

    at: float
    rank: int
    seconds: float | None
    meters: float | None
    provider: str
    sport: SportType
    record: Activity


class _Groups:
    """Which records are one workout so far, each by its rank."""

    def __init__(self, records: Sequence[_Seen]) -> None:
        bits = {name: 1 << n for n, name in enumerate(sorted({one.provider for one in records}))}
        self._own = {one.rank: bits[one.provider] for one in records}
        self.of = list(range(len(records)))
        """By record, the group it is in."""
        self.members: list[list[int]] = [[rank] for rank in self.of]
        self.providers = [self._own[rank] for rank in self.of]
        self.twice: set[int] = set()
        """Groups that hold two records of one provider."""

    def join(self, one: int, other: int) -> None:
        """Make one group of two."""
        if one == other:
            return
        if self.providers[one] & self.providers[other] or other in self.twice:
            self.twice.add(one)
        self.members[one] += self.members[other]
        for rank in self.members[other]:
            self.of[rank] = one
        self.members[other] = []
        self.providers[one] |= self.providers[other]

    def split(self, group: int) -> list[int]:
        """Take a group apart again; its records."""
        records = self.members[group]
        for rank in records:
            self.of[rank] = rank
            self.members[rank] = [rank]
            self.providers[rank] = self._own[rank]
        self.twice.discard(group)
        return records


def key_of(activity: Activity) -> Key:
    """What tells a record from every other."""
    return (activity.provider, activity.id)


def find_same(activities: Iterable[Activity], decisions: Iterable[Decision] = ()) -> Found:
    """The workouts that the records of one athlete tell of; in whatever order they come."""
    by_key = _once(activities)
    keys = list(by_key)
    by_time = _by_time(by_key)
    said = _last_words(decisions, {key: rank for rank, key in enumerate(keys)})
    certain, possible = _compared(by_time, said)
    groups = _Groups(by_time)
    apart = _grouped(groups, certain, possible, said)
    least: dict[int, float] = {}
    for doubt, first, second in certain:
        group = groups.of[first]
        if group == groups.of[second]:
            least[group] = min(-doubt, least.get(group, 1.0))
    open_pairs = (
        Likeness(one=keys[one], other=keys[other], reason=reason, confidence=round(confidence, 3))
        for one, other, reason, confidence in sorted(possible)
        if groups.of[one] != groups.of[other]
        and not (apart and _are_apart(groups, groups.of[one], groups.of[other], apart))
    )
    # The newest of its records first; by time they stand already.
    newest_first = dict.fromkeys(groups.of[one.rank] for one in reversed(by_time))
    records = list(by_key.values())
    return Found(
        workouts=tuple(
            [
                _workout(
                    [records[rank] for rank in sorted(groups.members[group])], least.get(group)
                )
                for group in newest_first
            ]
        ),
        possible=tuple(open_pairs),
    )


def _grouped(
    groups: _Groups,
    certain: Sequence[_Certain],
    possible: list[_Possible],
    said: Mapping[tuple[int, int], bool],
) -> Mapping[int, set[int]]:
    """Join what belongs together; what a person said is apart, by record.

    Where that would put a provider into a workout twice, or together what is said to be apart, the
    surest pairs come first and the others are possible.
    """
    apart: defaultdict[int, set[int]] = defaultdict(set)
    same = [pair for pair, together in said.items() if together]
    for first, second in said.keys() - set(same):
        apart[first].add(second)
        apart[second].add(first)
    for first, second in same:
        groups.join(groups.of[first], groups.of[second])
    for _, first, second in certain:
        groups.join(groups.of[first], groups.of[second])
    torn = {
        groups.of[rank]
        for rank, others in apart.items()
        for other in others
        if groups.of[rank] == groups.of[other]
    }
    unclear = {rank for group in groups.twice | torn for rank in groups.split(group)}
    for first, second in sorted(same):
        if first in unclear:
            groups.join(groups.of[first], groups.of[second])
    torn_apart = sorted(one for one in certain if one[1] in unclear) if unclear else ()
    for doubt, first, second in torn_apart:
        here, there = groups.of[first], groups.of[second]
        if here == there:
            continue
        if groups.providers[here] & groups.providers[there] or (
            apart and _are_apart(groups, here, there, apart)
        ):
            possible.append((first, second, Reason.MORE_THAN_ONE, -doubt / 2))
        else:
            groups.join(here, there)
    return apart


def _workout(records: Sequence[Activity], confidence: float | None) -> Workout:
    """One workout; ``confidence`` is that of the least alike two that the rules took for one."""
    if len(records) == 1:
        return Workout(records=tuple(records))
    if confidence is None:
        return Workout(records=tuple(records), reason=Reason.DECIDED)
    return Workout(records=tuple(records), reason=Reason.SAME_TIME, confidence=round(confidence, 3))


def _are_apart(groups: _Groups, here: int, there: int, apart: Mapping[int, set[int]]) -> bool:
    """Whether a person said of any two of their records that they are not the same."""
    others = groups.members[there]
    return any(not apart[rank].isdisjoint(others) for rank in groups.members[here] if rank in apart)


def _once(activities: Iterable[Activity]) -> dict[Key, Activity]:
    """Each record once, by key: of two with one key the one that says more is the update."""
    kept: dict[Key, Activity] = {}
    for activity in activities:
        key = key_of(activity)
        if key not in kept or _fullness(activity) > _fullness(kept[key]):
            kept[key] = activity
    return dict(sorted(kept.items(), key=_first))


def _by_time(by_key: Mapping[Key, Activity]) -> list[_Seen]:
    return sorted(
        [
            _Seen(
                one.start_time.timestamp(),
                rank,
                one.duration_seconds or one.moving_time_seconds or None,
                one.distance_meters or None,
                one.provider,
                one.sport_type.broader,
                one,
            )
            for rank, one in enumerate(by_key.values())
        ],
        key=itemgetter(0, 1),
    )


def _fullness(activity: Activity) -> tuple[int, str]:
    values = activity.model_dump(exclude={"warnings"}, exclude_none=True)
    return len(values), repr(sorted(values.items()))


def _last_words(
    decisions: Iterable[Decision], ranks: Mapping[Key, int]
) -> dict[tuple[int, int], bool]:
    """What a person said last of each pair that is here."""
    said: dict[tuple[int, int], bool] = {}
    for decision in sorted(decisions, key=lambda one: (one.decided_at, one.same)):
        if decision.one in ranks and decision.other in ranks and decision.one != decision.other:
            pair = sorted([ranks[decision.one], ranks[decision.other]])
            said[pair[0], pair[1]] = decision.same
    return said


def _compared(
    records: Sequence[_Seen], said: Mapping[tuple[int, int], bool]
) -> tuple[list[_Certain], list[_Possible]]:
    """The pairs that are the same by the rules, the surest first to sort; and those that may be."""
    certain: list[_Certain] = []
    possible: list[_Possible] = []
    widest = WIDEST_SHIFT.total_seconds()
    count = len(records)
    for number, one in enumerate(records):
        at, rank, seconds, _, provider, sport, _ = one
        latest = at + max(widest, seconds or 0.0)
        place = number + 1
        while place < count:
            other = records[place]
            place += 1
            if other[0] > latest:
                break
            theirs = other[5]
            if provider == other[4] or (
                sport is not theirs and SportType.OTHER not in (sport, theirs)
            ):
                continue
            first, second = (rank, other[1]) if rank < other[1] else (other[1], rank)
            if said and (first, second) in said:
                continue
            found = _likeness(one, other)
            if found is None:
                continue
            reason, confidence = found
            if reason is Reason.SAME_TIME:
                certain.append((-confidence, first, second))
            else:
                possible.append((first, second, reason, confidence))
    return certain, possible


def _likeness(one: _Seen, other: _Seen) -> tuple[Reason, float] | None:
    """What two records of two providers have to do with each other; ``one`` starts no later."""
    apart = other.at - one.at
    far = _differ(one.meters, other.meters)
    is_near = far is None or far <= DISTANCE_APART
    if one.seconds and other.seconds:
        first_end, other_end = one.seconds, apart + other.seconds
        if first_end > other_end:
            first_end, other_end = other_end, first_end
        overlap = max(0.0, first_end - apart) / other_end
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
