"""Nights, recovery and measurements of several providers, one row a day, nothing averaged."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pierre_mcp.combine.by_day import health_by_day, nights_by_day, ordered, recovery_by_day
from pierre_mcp.models import HealthMetrics, RecoveryMetrics, SleepSession

DAY = date(2026, 5, 1)
PROVIDERS = ("ring", "scale", "watch")


def night(provider: str, day: int = 0, *, hours: float = 8, **values) -> SleepSession:
    end = datetime(2026, 5, 1, 6, tzinfo=UTC) + timedelta(days=day)
    known = {"id": f"{provider}{day}-{hours}", "date": DAY + timedelta(days=day)}
    times = {"start_time": end - timedelta(hours=hours), "end_time": end}
    return SleepSession(**({"provider": provider} | known | times | values))


def recovery(provider: str, day: int = 0, **values) -> RecoveryMetrics:
    return RecoveryMetrics(provider=provider, date=DAY + timedelta(days=day), **values)


def health(provider: str, day: int = 0, **values) -> HealthMetrics:
    return HealthMetrics(provider=provider, date=DAY + timedelta(days=day), **values)


def test_a_second_devices_night_is_the_same_one():
    told = {"ring": [night("ring"), night("ring", 1)], "watch": [night("watch", hours=7.5)]}
    assert [one.record.provider for one in nights_by_day(told)] == ["ring", "ring"]


def test_naps_stay_with_the_night_of_their_source():
    nap = night("watch", hours=0.5, is_nap=True)
    told = {"ring": [night("ring"), night("ring", 1)], "watch": [night("watch"), nap]}
    assert [one.record.id for one in nights_by_day(told)] == ["ring1-8", "ring0-8"]
    assert nap in [one.record for one in nights_by_day(told, ["watch"])]


def test_who_tells_of_a_night_goes_before_who_tells_of_a_nap_only():
    nap = night("ring", hours=0.5, is_nap=True)
    told = {"ring": [nap, night("ring", 1)], "watch": [night("watch")]}
    assert [one.record.provider for one in nights_by_day(told)] == ["ring", "watch"]


def test_a_night_takes_measurements_and_no_score_from_another():
    told = {
        "ring": [night("ring"), night("ring", 1)],
        "watch": [night("watch", hrv_rmssd_ms=61.0, sleep_score=88.0)],
    }
    [_, dated] = nights_by_day(told)
    assert (dated.record.hrv_rmssd_ms, dated.record.sleep_score) == (61.0, None)
    assert dated.others == {"hrv_rmssd_ms": "watch"}


def test_scores_stay_with_their_vendor_and_are_never_averaged():
    told = {
        "ring": [recovery("ring", recovery_score=80.0), recovery("ring", 1)],
        "watch": [recovery("watch", recovery_score=40.0, strain_score=11.0)],
    }
    [_, dated] = recovery_by_day(told)
    assert (dated.record.recovery_score, dated.record.strain_score) == (80.0, None)


def test_each_kind_of_hrv_keeps_its_own_place():
    told = {
        "ring": [recovery("ring", hrv_rmssd_ms=60.0), recovery("ring", 1)],
        "watch": [recovery("watch", hrv_sdnn_ms=90.0, hrv_rmssd_ms=10.0)],
    }
    [_, dated] = recovery_by_day(told)
    assert (dated.record.hrv_rmssd_ms, dated.record.hrv_sdnn_ms) == (60.0, 90.0)
    assert dated.others == {"hrv_sdnn_ms": "watch"}


def test_what_belongs_together_is_told_by_one():
    told = {
        "scale": [health("scale", weight_kg=70.0), health("scale", 1, weight_kg=70.1)],
        "watch": [health("watch", weight_kg=71.0, body_fat_percent=20.0, steps=9000)],
    }
    [_, dated] = health_by_day(told)
    assert (dated.record.weight_kg, dated.record.body_fat_percent) == (70.0, None)
    assert (dated.record.steps, dated.others) == (9000, {"steps": "watch"})


def test_the_order_of_sources_is_one_for_the_whole_answer():
    told = {
        "ring": [recovery("ring", n, recovery_score=50.0) for n in range(3)],
        "watch": [recovery("watch", n, recovery_score=9.0, strain_score=1.0) for n in range(2)],
    }
    assert [one.record.provider for one in recovery_by_day(told)] == ["ring"] * 3
    chosen = [one.record.provider for one in recovery_by_day(told, ["watch"])]
    assert chosen == ["ring", "watch", "watch"]


def test_who_recorded_it_goes_before_who_copied_it():
    told = {
        "hub": [recovery("hub", n, recorded_by="Ring") for n in range(5)],
        "ring": [recovery("ring", 0)],
    }
    assert ordered(told) == ["ring", "hub"]


VALUES = st.none() | st.integers(1, 200).map(float)
TOLD = st.dictionaries(
    st.sampled_from(PROVIDERS),
    st.lists(st.tuples(st.integers(0, 4), VALUES, VALUES, VALUES), max_size=6),
)


def recoveries(drawn) -> dict[str, list[RecoveryMetrics]]:
    return {
        name: [
            recovery(name, day, recovery_score=score, hrv_rmssd_ms=hrv, spo2_percent=spo2)
            for day, score, hrv, spo2 in rows
        ]
        for name, rows in drawn.items()
    }


@given(TOLD, st.permutations(PROVIDERS), st.randoms())
def test_order_does_not_matter_every_day_comes_once_and_no_value_is_invented(drawn, words, chance):
    told = recoveries(drawn)
    dated = recovery_by_day(told, words[:1])
    shuffled = {name: told[name] for name in chance.sample(list(told), len(told))}
    for records in shuffled.values():
        chance.shuffle(records)
    assert recovery_by_day(shuffled, words[:1]) == dated
    days = [one.record.date for one in dated]
    assert days == sorted({one.date for rows in told.values() for one in rows}, reverse=True)
    for one in dated:
        for field in ("recovery_score", "hrv_rmssd_ms", "spo2_percent"):
            value = getattr(one.record, field)
            whose = one.others.get(field, one.record.provider)
            assert value in [
                getattr(known, field) for known in told[whose] if known.date == one.record.date
            ]
        assert "recovery_score" not in one.others


@given(TOLD)
def test_merging_again_changes_nothing(drawn):
    once = [one.record for one in recovery_by_day(recoveries(drawn))]
    by_name: dict[str, list[RecoveryMetrics]] = {}
    for record in once:
        by_name.setdefault(record.provider, []).append(record)
    assert [one.record for one in recovery_by_day(by_name)] == once
