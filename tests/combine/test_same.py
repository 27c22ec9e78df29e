"""Which records are one workout (W1, W2): cases, properties, and a generated athlete."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest
from doubled import weeks
from hypothesis import given
from hypothesis import strategies as st

from pierre_mcp.combine.merging import merge
from pierre_mcp.combine.same import Found, Reason, find_same, key_of
from pierre_mcp.models import Activity, Decision, SportType

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
HOUR = 3600.0


def record(provider: str = "watch", number: str = "1", *, late: float = 0, **values) -> Activity:
    values = {"duration_seconds": HOUR, "distance_meters": 10_000.0} | values
    return Activity(
        provider=provider,
        id=number,
        sport_type=values.pop("sport_type", SportType.RUN),
        start_time=NOW + timedelta(seconds=late),
        **values,
    )


def told(found: Found) -> set[frozenset[str]]:
    return {
        frozenset(f"{one.provider}{one.id}" for one in workout.records)
        for workout in found.workouts
    }


ONE = record()


@pytest.mark.parametrize(
    "other",
    [
        {"late": 300, "duration_seconds": HOUR},
        {"late": -120, "duration_seconds": HOUR + 200},
        {"distance_meters": 11_700.0},
        {"distance_meters": None},
        {"duration_seconds": HOUR * 0.81},
        {"sport_type": SportType.TRAIL_RUN},
        {"sport_type": SportType.OTHER},
    ],
)
def test_what_agrees_in_sport_time_and_distance_is_one_workout(other):
    found = find_same([ONE, record("service", **other)])
    assert told(found) == {frozenset({"watch1", "service1"})}
    assert found.workouts[0].reason is Reason.SAME_TIME
    assert 0.5 < found.workouts[0].confidence <= 1
    assert found.possible == ()


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"late": 301, "duration_seconds": HOUR}, Reason.OVERLAP),
        ({"duration_seconds": HOUR * 0.79}, Reason.OVERLAP),
        ({"duration_seconds": HOUR * 0.41}, Reason.OVERLAP),
        ({"distance_meters": 11_800.0}, Reason.DISTANCE),
        ({"late": 3600}, Reason.SHIFTED_CLOCK),
        ({"late": -5.5 * 3600}, Reason.SHIFTED_CLOCK),
        ({"late": 900 * 47}, Reason.SHIFTED_CLOCK),
        ({"late": -12 * 3600}, Reason.SHIFTED_CLOCK),
        ({"late": -12 * 3600, "duration_seconds": None}, Reason.DATE_ONLY),
        ({"duration_seconds": None, "late": 60}, Reason.OVERLAP),
    ],
)
def test_what_only_comes_near_is_listed_and_never_merged(other, reason):
    found = find_same([ONE, record("service", **other)])
    assert told(found) == {frozenset({"watch1"}), frozenset({"service1"})}
    assert [link.reason for link in found.possible] == [reason]
    assert 0 < found.possible[0].confidence <= 0.5


@pytest.mark.parametrize(
    "other",
    [
        {"sport_type": SportType.RIDE},
        {"late": 4000},
        {"late": 3600, "duration_seconds": HOUR * 0.9},
        {"late": 3607},
        {"late": 15 * 3600},
        {"duration_seconds": HOUR * 0.39},
        {"late": 3600, "distance_meters": 20_000.0},
    ],
)
def test_what_is_something_else_is_neither(other):
    found = find_same([ONE, record("service", **other)])
    assert len(found.workouts) == 2
    assert found.possible == ()


def test_one_provider_is_in_a_workout_once_and_the_rest_is_listed():
    found = find_same([ONE, record(number="2", late=10), record("service", late=4)])
    assert sorted(map(len, told(found))) == [1, 2]
    assert [link.reason for link in found.possible] == [Reason.MORE_THAN_ONE]


def test_the_same_record_again_is_an_update_of_it():
    fuller = record(name="Morning run")
    for order in ([ONE, fuller], [fuller, ONE]):
        (workout,) = find_same(order).workouts
        assert workout.records == (fuller,)


def said(one: Activity, other: Activity, *, same: bool, at: datetime = NOW) -> Decision:
    return Decision(one=key_of(one), other=key_of(other), same=same, decided_at=at)


def test_a_persons_word_wins_over_the_rules_in_both_directions():
    alike, apart = record("service"), record("strap", late=5 * 3600)
    found = find_same(
        [ONE, alike, apart], [said(ONE, alike, same=False), said(ONE, apart, same=True)]
    )
    assert told(found) == {frozenset({"watch1", "strap1"}), frozenset({"service1"})}
    assert found.possible == ()
    reasons = {workout.reason for workout in found.workouts if len(workout.records) == 2}
    assert reasons == {Reason.DECIDED}


def test_the_last_word_on_a_pair_counts():
    other = record("service")
    words = [said(ONE, other, same=False), said(other, ONE, same=True, at=NOW + timedelta(1))]
    for order in (words, words[::-1]):
        assert len(find_same([ONE, other], order).workouts) == 1


def test_who_is_not_the_same_does_not_come_in_by_a_third():
    middle, other = record("service"), record("strap", distance_meters=None)
    found = find_same([ONE, middle, other], [said(ONE, other, same=False)])
    for workout in found.workouts:
        assert {key_of(ONE), key_of(other)} - {key_of(one) for one in workout.records}


def test_a_word_on_records_that_are_not_there_changes_nothing():
    gone = record("service", "gone")
    assert len(find_same([ONE], [said(ONE, gone, same=True)]).workouts) == 1


records = st.lists(
    st.builds(
        record,
        st.sampled_from(["watch", "service", "strap"]),
        st.sampled_from(["1", "2", "3"]),
        late=st.sampled_from([0, 5, 200, 301, 900, 3600, 7200, 20_000]),
        duration_seconds=st.sampled_from([None, 600.0, 3500.0, HOUR, 4000.0]),
        distance_meters=st.sampled_from([None, 0.0, 9_000.0, 10_000.0, 14_000.0]),
        sport_type=st.sampled_from(
            [SportType.RUN, SportType.TRAIL_RUN, SportType.RIDE, SportType.OTHER]
        ),
    ),
    max_size=10,
)
keys = st.tuples(st.sampled_from(["watch", "service", "strap"]), st.sampled_from(["1", "2", "3"]))
words = st.lists(
    st.builds(
        Decision, one=keys, other=keys, same=st.booleans(),
        decided_at=st.integers(0, 5).map(lambda days: NOW + timedelta(days)),
    ),
    max_size=4,
)  # fmt: skip


@given(records, words, st.randoms())
def test_the_order_of_records_and_words_does_not_matter(given_records, given_words, chance):
    once = find_same(given_records, given_words)
    shuffled, reworded = list(given_records), list(given_words)
    chance.shuffle(shuffled)
    chance.shuffle(reworded)
    assert find_same(shuffled, reworded) == once


@given(records, words)
def test_no_record_is_lost_or_twice_and_no_provider_twice_unless_somebody_said_so(
    given_records, given_words
):
    found = find_same(given_records, given_words)
    shown = [key_of(one) for workout in found.workouts for one in workout.records]
    assert sorted(shown) == sorted({key_of(one) for one in given_records})
    if not any(word.same for word in given_words):
        for workout in found.workouts:
            assert len({one.provider for one in workout.records}) == len(workout.records)


@given(records)
def test_merging_what_was_merged_changes_nothing(given_records):
    once = [merge(workout) for workout in find_same(given_records).workouts]
    again = find_same([one.activity for one in once])
    assert Counter(merge(w).activity for w in again.workouts if len(w.records) == 1) <= Counter(
        one.activity for one in once
    )
    for one in once:
        (alone,) = find_same([one.activity]).workouts
        assert merge(alone).activity == one.activity


def measured(seed: int, count: int) -> tuple[Counter[str], Counter[str]]:
    """Pairs that were merged rightly and wrongly, and pairs to merge by what is odd about them."""
    outcome: Counter[str] = Counter()
    misses: Counter[str] = Counter()
    for told_of in weeks(seed, count):
        truths = {key_of(one.record): one for one in told_of}
        found = find_same(one.record for one in told_of)
        together = {
            frozenset(pair)
            for workout in found.workouts
            for pair in combinations([key_of(one) for one in workout.records], 2)
        }
        for one, other in combinations(told_of, 2):
            pair = frozenset({key_of(one.record), key_of(other.record)})
            if len(pair) == 1:
                continue
            same = one.truth.number == other.truth.number
            merged = pair in together
            oddity = one.oddity or other.oddity
            outcome["right"] += merged and same
            outcome["wrong"] += merged and not same
            if same and oddity not in ("zone", "by hand"):
                outcome["wanted"] += 1
                outcome["found"] += merged
            if same and not merged:
                misses[oddity or "device"] += 1
        assert len(truths) == len({key_of(one.record) for one in told_of})
    return outcome, misses


def test_of_generated_weeks_almost_all_doubles_are_found_and_hardly_any_is_wrong(proof_scale):
    outcome, misses = measured(20261125, proof_scale(40, 1000))
    precision = outcome["right"] / (outcome["right"] + outcome["wrong"])
    recall = outcome["found"] / outcome["wanted"]
    report = (
        f"precision {precision:.4f}, recall {recall:.4f}, {dict(outcome)}, missed {dict(misses)}"
    )
    assert precision >= 0.995, report
    assert recall >= 0.97, report


def test_clocks_in_a_wrong_zone_are_never_merged_and_mostly_listed(proof_scale):
    listed = Counter()
    for told_of in weeks(7, proof_scale(60, 500)):
        found = find_same(one.record for one in told_of)
        pairs = {frozenset({link.one, link.other}) for link in found.possible}
        for one, other in combinations(told_of, 2):
            odd = "zone" in (one.oddity, other.oddity)
            if odd and one.truth.number == other.truth.number:
                exact = {one.record.provider, other.record.provider} == {"watch", "service"}
                pair = frozenset({key_of(one.record), key_of(other.record)})
                assert all(
                    not pair <= {key_of(member) for member in workout.records}
                    for workout in found.workouts
                )
                listed[exact] += pair in pairs
                listed["all", exact] += 1
    assert listed[True] == listed["all", True], "a copy with another clock was not listed"


def test_totals_do_not_change_when_a_second_source_is_connected(proof_scale):
    chance = random.Random(3)
    for told_of in weeks(11, proof_scale(20, 300)):
        watch = [one.record for one in told_of if one.record.provider == "watch" and not one.oddity]
        copies = [
            one.model_copy(update={"provider": "service", "device_name": "Watch 7"})
            for one in watch
        ]
        alone = [merge(workout).activity for workout in find_same(watch).workouts]
        both = [
            merge(workout).activity
            for workout in find_same(chance.sample(watch + copies, len(watch) * 2)).workouts
        ]
        for field in ("distance_meters", "duration_seconds", "moving_time_seconds"):
            assert sum(getattr(one, field) or 0 for one in both) == pytest.approx(
                sum(getattr(one, field) or 0 for one in alone)
            )
        assert len(alone) == len(both)
