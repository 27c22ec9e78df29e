"""Which activities of several providers are one workout, and which only may be.

Two records are the same when their sports agree, their spans of time overlap by 80 % of both
together, they start within five minutes and their distances, where both are known, differ by at
most 15 %. What comes near that is listed as a possible duplicate and never merged by itself. A
person's word wins over both.

Linear in time after sorting: a record is compared with those that start within half a day of it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from itertools import chain
from operator import attrgetter, itemgetter
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
_OTHER = SportType.OTHER
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


_SAME_TIME = Reason.SAME_TIME


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


_Pair = tuple[float, Key, Key, int, int]
"""A doubt to sort by, the keys of two records, and their places in time."""


class _Seen(NamedTuple):
    """A record with what comparing asks of it again and again; times in seconds.

    By the first two they are sorted.
    """

    at: float
    key: Key
    seconds: float | None
    meters: float | None
    sport: SportType
    record: Activity


@dataclass(slots=True)
class _Groups:
    """Which records are one workout so far: each by its place in time, a group by one of them.

    Many records are alone, so only what was joined has an object of its own.
    """

    of: list[int]
    providers: list[int]
    """Of a group, a bit for each provider."""
    members: dict[int, list[int]] = field(default_factory=dict)
    confidence: dict[int, float] = field(default_factory=dict)
    by_rules: set[int] = field(default_factory=set)

    def of_members(self, group: int) -> list[int]:
        """The records of a group."""
        return self.members.get(group) or [group]

    def join(self, here: int, there: int, confidence: float | None = None) -> None:
        """Make one group of two; by a person's word where there is no confidence to tell."""
        if here == there:
            return
        theirs = self.members.pop(there, None) or [there]
        self.members.setdefault(here, [here]).extend(theirs)
        for place in theirs:
            self.of[place] = here
        self.providers[here] |= self.providers[there]
        if confidence is not None or there in self.by_rules:
            self.by_rules.add(here)
        known = 1.0 if confidence is None else confidence
        both = self.confidence.get(here, 1.0), self.confidence.get(there, 1.0)
        self.confidence[here] = min(*both, known)


def key_of(activity: Activity) -> Key:
    """What tells a record from every other."""
    return (activity.provider, activity.id)


def find_same(activities: Iterable[Activity], decisions: Iterable[Decision] = ()) -> Found:
    """The workouts that the records of one athlete tell of; in whatever order they come."""
    records = _once(activities)
    places = {one.key: place for place, one in enumerate(records)}
    said = _last_words(decisions)
    possible: list[Likeness] = []
    groups = _one_each(records)
    apart: defaultdict[int, set[int]] = defaultdict(set)
    for pair, same in sorted(said.items(), key=lambda one: sorted(one[0])):
        if len(pair) == 1 or not pair <= places.keys():
            continue
        first, second = (places[key] for key in sorted(pair))
        if same:
            groups.join(groups.of[first], groups.of[second])
        else:
            apart[first].add(second)
            apart[second].add(first)
    of, providers = groups.of, groups.providers
    batches = _compared(records, said, possible)
    if any(said.values()):
        # What a person joined ties together what lies apart, and then the surest of all come first.
        batches = iter([list(chain.from_iterable(batches))])
    for doubt, one, other, first, second in chain.from_iterable(map(sorted, batches)):
        here, there = of[first], of[second]
        if here == there:
            continue
        if providers[here] & providers[there] or _are_apart(groups, here, there, apart):
            more = Likeness(
                one=one, other=other, reason=Reason.MORE_THAN_ONE, confidence=-doubt / 2
            )
            possible.append(more)
        else:
            groups.join(here, there, confidence=-doubt)
    open_pairs = [
        link
        for link in possible
        if (here := of[places[link.one]]) != (there := of[places[link.other]])
        and not _are_apart(groups, here, there, apart)
    ]
    newest_first = dict.fromkeys(reversed(of))
    return Found(
        workouts=tuple(_workout(records, groups, group) for group in newest_first),
        possible=tuple(sorted(open_pairs, key=lambda link: (link.one, link.other))),
    )


def _one_each(records: Sequence[_Seen]) -> _Groups:
    """A group for each record."""
    bits: dict[str, int] = {}
    providers = [bits.setdefault(one.key[0], 1 << len(bits)) for one in records]
    return _Groups(list(range(len(records))), providers)


def _are_apart(groups: _Groups, here: int, there: int, apart: Mapping[int, set[int]]) -> bool:
    """Whether a person said of any two of their records that they are not the same."""
    if not apart:
        return False
    theirs = groups.of_members(there)
    return any(
        place in apart and not apart[place].isdisjoint(theirs) for place in groups.of_members(here)
    )


def _workout(records: Sequence[_Seen], groups: _Groups, group: int) -> Workout:
    places = groups.of_members(group)
    if len(places) == 1:
        return Workout(records=(records[group].record,))
    members = sorted((records[place] for place in places), key=attrgetter("key"))
    return Workout(
        records=tuple(one.record for one in members),
        reason=Reason.SAME_TIME if group in groups.by_rules else Reason.DECIDED,
        confidence=round(groups.confidence[group], 3),
    )


def _once(activities: Iterable[Activity]) -> list[_Seen]:
    """Each record once, by time: of two with one key the one that says more is the update."""
    kept: dict[Key, Activity] = {}
    for activity in activities:
        key = key_of(activity)
        if key not in kept or _fullness(activity) > _fullness(kept[key]):
            kept[key] = activity
    seen = [
        _Seen(
            activity.start_time.timestamp(),
            key,
            activity.duration_seconds or activity.moving_time_seconds or None,
            activity.distance_meters or None,
            activity.sport_type.broader,
            activity,
        )
        for key, activity in kept.items()
    ]
    return sorted(seen, key=itemgetter(0, 1))


def _fullness(activity: Activity) -> tuple[int, str]:
    values = activity.model_dump(exclude={"warnings"}, exclude_none=True)
    return len(values), repr(sorted(values.items()))


def _last_words(decisions: Iterable[Decision]) -> dict[frozenset[Key], bool]:
    """What a person said last of each pair."""
    ordered = sorted(decisions, key=lambda one: (one.decided_at, one.same))
    return {decision.pair: decision.same for decision in ordered}


def _compared(
    records: Sequence[_Seen], said: Mapping[frozenset[Key], bool], possible: list[Likeness]
) -> Iterator[list[_Pair]]:
    """The pairs that are the same by the rules, in batches that share no record.

    Those that only may be the same are added to ``possible``.
    """
    certain: list[_Pair] = []
    reached = 0
    widest, count = WIDEST_SHIFT.total_seconds(), len(records)
    for number, one in enumerate(records):
        if number > reached and certain:
            yield certain
            certain = []
        provider, sport = one.key[0], one.sport
        latest = one.at + max(widest, one.seconds or 0.0)
        for place in range(number + 1, count):
            other = records[place]
            if other.at > latest:
                break
            alike = sport is other.sport or sport is _OTHER or other.sport is _OTHER
            if provider == other.key[0] or not alike:
                continue
            if said and frozenset({one.key, other.key}) in said:
                continue
            found = _likeness(one, other)
            if found is None:
                continue
            reason, confidence = found
            first, second, here, there = one.key, other.key, number, place
            if second < first:
                first, second, here, there = second, first, there, here
            if reason is _SAME_TIME:
                certain.append((-confidence, first, second, here, there))
                reached = max(reached, place)
            else:
                possible.append(
                    Likeness(
                        one=first, other=second, reason=reason, confidence=round(confidence, 3)
                    )
                )
    yield certain


def _likeness(one: _Seen, other: _Seen) -> tuple[Reason, float] | None:
    """What two records of two providers have to do with each other; ``one`` starts no later."""
    apart = other.at - one.at
    far = _differ(one.meters, other.meters)
    is_near = far is None or far <= DISTANCE_APART
    if one.seconds and other.seconds:
        end, other_end = one.seconds, apart + other.seconds
        both, either = (end, other_end) if end < other_end else (other_end, end)
        overlap = (both - apart) / either if both > apart else 0.0
        if overlap >= OVERLAP_SAME and apart <= _STARTS_WITHIN_SECONDS:
            # Where both tell a distance, it bears the other signs out.
            confidence = min(1.0, 0.5 + overlap / 2 - (0.05 if far is None else far))
            return (_SAME_TIME, confidence) if is_near else (Reason.DISTANCE, overlap / 2)
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
