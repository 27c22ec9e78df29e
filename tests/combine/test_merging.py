"""What is known of a workout that several tell of: each field from who knows it best."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pierre_mcp.combine.merging import Merged, merge
from pierre_mcp.combine.same import Reason, Workout
from pierre_mcp.models import Activity, DataWarning, SportType, WarningCode

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


def record(provider: str, **values) -> Activity:
    sport = values.pop("sport_type", SportType.RIDE)
    start = NOW + timedelta(seconds=values.pop("late", 0))
    return Activity(
        provider=provider, id=f"{provider}-1", sport_type=sport, start_time=start, **values
    )


def merged(*records: Activity, priority: tuple[str, ...] = ()) -> Merged:
    workout = Workout(records=records, reason=Reason.SAME_TIME, confidence=0.9)
    return merge(workout, priority)


def test_it_has_the_name_of_its_best_source_and_names_all():
    one = merged(record("acme", device_name="Polaris 4"), record("polaris", name="Ride"))
    assert (one.activity.provider, one.activity.id) == ("polaris", "polaris-1")
    assert one.sources == (("polaris", "polaris-1"), ("acme", "acme-1"))
    assert (one.reason, one.confidence) == (Reason.SAME_TIME, 0.9)


def test_who_recorded_it_is_told_by_the_device_that_a_copy_names():
    copy = record("acme", device_name="Polaris 4", name="Home at last", calories_kcal=900.0)
    for order in ((copy, record("polaris")), (record("polaris"), copy)):
        assert merged(*order).activity.provider == "polaris"


def test_what_a_device_wrote_stands_before_what_a_person_did():
    by_hand = record("acme", manual=True, name="Ride", distance_meters=20_000.0)
    assert merged(by_hand, record("zeta", distance_meters=19_871.0)).activity.provider == "zeta"


def test_between_equals_the_order_that_was_asked_for_decides():
    equals = (record("acme"), record("zeta"))
    assert merged(*equals).activity.provider == "acme"
    assert merged(*equals, priority=("zeta", "acme")).activity.provider == "zeta"


def test_moving_time_goes_with_its_distance():
    one = merged(
        record(
            "acme", device_name="Polaris 4", moving_time_seconds=3000.0, distance_meters=20_000.0
        ),
        record("polaris", moving_time_seconds=3100.0),
    )
    known = one.activity
    assert (known.distance_meters, known.moving_time_seconds) == (20_000.0, 3000.0)
    assert one.provenance["moving_time_seconds"] == one.provenance["distance_meters"] == "acme"


def test_powers_come_from_the_one_with_the_meter_and_hearts_from_the_strap():
    one = merged(
        record("acme", average_heart_rate_bpm=140.0, max_heart_rate_bpm=170.0),
        record("meter", average_power_watts=210.0, normalized_power_watts=230.0),
        record("zeta", average_heart_rate_bpm=150.0),
    )
    assert (one.activity.average_power_watts, one.activity.normalized_power_watts) == (210.0, 230.0)
    assert (one.activity.average_heart_rate_bpm, one.activity.max_heart_rate_bpm) == (140.0, 170.0)
    assert one.provenance["average_power_watts"] == "meter"


def test_the_most_specific_sport_is_told():
    sports = (SportType.OTHER, SportType.RIDE, SportType.GRAVEL_RIDE)
    for first in sports:
        others = [sport for sport in sports if sport is not first]
        one = merged(
            record("acme", sport_type=first),
            *(record(f"z{number}", sport_type=sport) for number, sport in enumerate(others)),
        )
        assert one.activity.sport_type is SportType.GRAVEL_RIDE


def test_what_only_one_knows_is_known_and_who_knows_it_is_told():
    one = merged(
        record("acme", name="Ride", gear_name="Blue bike"), record("zeta", calories_kcal=900.0)
    )
    assert (one.activity.gear_name, one.activity.calories_kcal) == ("Blue bike", 900.0)
    assert (one.provenance["gear_name"], one.provenance["calories_kcal"]) == ("acme", "zeta")
    assert "max_power_watts" not in one.provenance


def test_what_could_not_be_read_is_told_of_all():
    notes = [
        DataWarning(code=WarningCode.FIELD_UNREADABLE, detail=f"of {name}") for name in ("a", "b")
    ]
    one = merged(record("acme", warnings=(notes[0],)), record("zeta", warnings=(notes[1],)))
    assert set(one.activity.warnings) == set(notes)


values = st.fixed_dictionaries(
    {},
    optional={
        name: st.sampled_from([1.0, 2.0, 3.0])
        for name in (
            "duration_seconds", "moving_time_seconds", "distance_meters", "average_speed_mps",
            "average_power_watts", "max_power_watts", "average_heart_rate_bpm", "calories_kcal",
        )
    }
    | {"name": st.sampled_from(["x", "y"]), "device_name": st.sampled_from(["acme 1", "zeta 2"])},
)  # fmt: skip


@given(st.lists(values, min_size=1, max_size=3), st.randoms())
def test_no_value_is_invented_and_the_order_does_not_matter(told, chance):
    records = [
        record(name, **one) for name, one in zip(("acme", "meter", "zeta"), told, strict=False)
    ]
    shuffled = list(records)
    chance.shuffle(shuffled)
    one = merged(*records)
    assert merged(*shuffled) == one
    by_provider = {record.provider: record for record in records}
    for name in type(one.activity).model_fields:
        value = getattr(one.activity, name)
        if name in one.provenance:
            assert value is not None
            assert value == getattr(by_provider[one.provenance[name]], name)
        elif name != "warnings":
            assert value is None
    known = {name for record in records for name, value in record if value is not None}
    apart = {"moving_time_seconds", "average_speed_mps", "max_power_watts"}
    missing = {name for name in known if getattr(one.activity, name) is None}
    assert missing <= apart, "only what belongs to another source's values may be left out"


def test_one_record_alone_is_as_it_was():
    alone = record("acme", name="Ride")
    one = merge(Workout(records=(alone,)))
    assert one.activity is alone
    assert one.provenance["name"] == "acme"
    assert one.reason is None


@pytest.mark.parametrize("parts", ["laps", "streams"])
def test_parts_come_from_the_best_source_that_has_them(parts):
    empty = merged(record("acme"), record("zeta"))
    assert getattr(empty.activity, parts) is None
