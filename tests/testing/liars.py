"""Providers that each break one promise, and the claims that have to notice.

Not collected by itself: ``test_contract_suite`` runs it. ``lie`` turns a provider into a subclass
of the contract suite, and remembers which claims it must not get past.
"""

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio.lowlevel
from honest import NAME, NOW, Honest, HonestFactory, factory, night, outing

from pierre_mcp.errors import NotFound
from pierre_mcp.models import (
    Activity,
    Athlete,
    DataWarning,
    Lap,
    Page,
    Period,
    PersonalRecord,
    RecoveryMetrics,
    SleepStageInterval,
    Stats,
    Streams,
    WarningCode,
    records_from_activities,
)
from pierre_mcp.spi import ActivityQuery, FitnessProvider, Include, ProviderCapabilities
from pierre_mcp.testing import ProviderContract

CAUGHT_BY: dict[str, tuple[str, ...]] = {}
_numbers = itertools.count()


class TestHonest(ProviderContract):
    factory = factory
    now = NOW
    unknown = {"a3": {"average_power_watts", "calories_kcal"}, "a2": {"name"}}


def lie(*caught_by: str) -> Callable[[type[Honest]], type[Honest]]:
    def collect(liar: type[Honest]) -> type[Honest]:
        name = f"Test{liar.__name__}"
        CAUGHT_BY[name] = tuple(f"test_{claim}" for claim in caught_by)
        settings = {"factory": HonestFactory(liar), "now": NOW, "unknown": TestHonest.unknown}
        globals()[name] = type(name, (ProviderContract,), settings)
        return liar

    return collect


def changed(activities: list[Activity], **values: Any) -> list[Activity]:
    return [activity.model_copy(update=values) for activity in activities]


# Capabilities and conduct


@lie("what_is_declared_is_implemented", "what_is_not_declared_is_not_implemented")
class DeclaresSleepAndHasNone(Honest):
    get_sleep_sessions = FitnessProvider.get_sleep_sessions


@lie("what_is_not_declared_is_not_implemented", "what_is_not_declared_says_so_by_its_error")
class HidesWhatItHas(Honest):
    capabilities = Honest.capabilities & ~ProviderCapabilities.RECOVERY_METRICS


@lie("creating_it_does_no_input_or_output")
class ReadsBeforeItIsAsked(Honest):
    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        Path(__file__).read_text(encoding="utf-8")


@lie("the_same_question_has_the_same_answer")
class ChangesItsMind(Honest):
    def outings(self) -> list[Activity]:
        return changed(super().outings(), calories_kcal=500.0 + next(_numbers) % 100)


@lie("a_health_check_returns")
class FeelsIll(Honest):
    async def health_check(self) -> None:
        raise NotFound(NAME, "There is no health.")


@lie("disconnecting_twice_is_harmless")
class LeavesOnlyOnce(Honest):
    gone = False

    async def disconnect(self) -> None:
        if self.gone:
            raise NotFound(NAME, "It has gone already.")
        self.gone = True


@lie("its_diagnosis_is_sentences")
class Mumbles(Honest):
    async def diagnose(self) -> tuple[DataWarning, ...]:
        return (DataWarning(code=WarningCode.FILE_DAMAGED, detail=" "),)


@lie("questions_asked_at_once_do_not_mix")
class RemembersTheLastQuestion(Honest):
    async def get_activities(self, query: ActivityQuery) -> Page[Activity]:
        self.query = query
        await anyio.lowlevel.checkpoint()
        return await super().get_activities(self.query)


# Pages


@lie("pages_repeat_nothing_and_leave_nothing_out")
class RepeatsTheLastOfAPage(Honest):
    async def get_activities(self, query: ActivityQuery) -> Page[Activity]:
        page = await super().get_activities(query)
        if page.next_cursor is None or len(page) < 2:
            return page
        return replace(page, next_cursor=page.items[-2].id)


@lie("pages_repeat_nothing_and_leave_nothing_out")
class LosesOneBetweenPages(Honest):
    def position(self, cursor: str) -> tuple[Any, str]:
        return outing(int(super().position(cursor)[1][1:]) + 1).order_key


@lie("pages_repeat_nothing_and_leave_nothing_out")
class NeverEnds(Honest):
    async def get_activities(self, query: ActivityQuery) -> Page[Activity]:
        first = await super().get_activities(replace(query, cursor=None))
        return replace(first, next_cursor="a1")


@lie("paging_ends_without_a_cursor")
class PromisesMoreThanThereIs(Honest):
    async def get_activities(self, query: ActivityQuery) -> Page[Activity]:
        page = await super().get_activities(query)
        return replace(page, next_cursor=page.next_cursor or "a19")


@lie("no_page_is_longer_than_asked")
class KnowsNoLimit(Honest):
    async def get_activities(self, query: ActivityQuery) -> Page[Activity]:
        return await super().get_activities(replace(query, limit=20))


@lie("a_cursor_it_did_not_give_is_refused")
class TakesAnyCursor(Honest):
    def position(self, cursor: str) -> tuple[Any, str]:
        return outing(int(cursor[1:]) if cursor[1:].isdecimal() else 0).order_key


@lie("a_page_is_what_the_contract_says")
class HandsOutLists(Honest):
    async def get_activities(self, query: ActivityQuery) -> Page[Activity]:
        page = await super().get_activities(query)
        return replace(page, items=list(page.items))  # type: ignore[arg-type]


@lie("a_page_is_what_the_contract_says")
class CountsPages(Honest):
    async def get_activities(self, query: ActivityQuery) -> Page[Activity]:
        cursor = query.cursor if query.cursor is None else f"a{query.cursor}"
        page = await super().get_activities(replace(query, cursor=cursor))
        number = page.next_cursor and int(page.next_cursor[1:])
        return replace(page, next_cursor=number)  # type: ignore[arg-type]


@lie("activities_come_newest_first")
class OldestFirst(Honest):
    async def get_activities(self, query: ActivityQuery) -> Page[Activity]:
        page = await super().get_activities(query)
        return replace(page, items=page.items[::-1])


@lie("ids_are_unique")
class ReusesIds(Honest):
    def outings(self) -> list[Activity]:
        return [a.model_copy(update={"id": f"a{n // 2}"}) for n, a in enumerate(super().outings())]


@lie("lists_carry_neither_laps_nor_streams")
class SendsEverything(Honest):
    def outings(self) -> list[Activity]:
        return changed(super().outings(), laps=(Lap(index=1),))


# Bounds


@lie("after_takes_its_instant_in")
class LeavesAfterOut(Honest):
    def matches(self, activity: Activity, query: ActivityQuery) -> bool:
        return query.matches(activity) and activity.start_time != query.after


@lie("before_leaves_its_instant_out", "a_range_that_ends_where_it_begins_is_empty")
class TakesBeforeIn(Honest):
    def matches(self, activity: Activity, query: ActivityQuery) -> bool:
        return query.matches(activity) or activity.start_time == query.before


@lie("a_bound_is_the_same_instant_in_every_zone")
class ReadsTheWallClock(Honest):
    def matches(self, activity: Activity, query: ActivityQuery) -> bool:
        if isinstance(query.after, datetime):
            query = replace(query, after=query.after.replace(tzinfo=UTC))
        return query.matches(activity)


@lie("a_date_means_the_local_day_of_the_record")
class TakesTheLastDayIn(Honest):
    def matches(self, activity: Activity, query: ActivityQuery) -> bool:
        if query.before is not None and not isinstance(query.before, datetime):
            query = replace(query, before=query.before + timedelta(days=1))
        return query.matches(activity)


@lie("a_date_means_the_local_day_of_the_record")
class CountsDaysInUtc(Honest):
    def matches(self, activity: Activity, query: ActivityQuery) -> bool:
        return query.matches(activity.model_copy(update={"utc_offset_seconds": 0}))


@lie("a_time_without_activities_is_an_empty_page")
class ComplainsOfEmptiness(Honest):
    async def get_activities(self, query: ActivityQuery) -> Page[Activity]:
        page = await super().get_activities(query)
        if not page.items:
            raise NotFound(NAME, "There is nothing.")
        return page


@lie("asking_for_a_sport_gives_it_and_its_variants")
class TakesSportsLiterally(Honest):
    def matches(self, activity: Activity, query: ActivityQuery) -> bool:
        return query.matches(activity) and query.sport_type in (None, activity.sport_type)


# Details


@lie("one_activity_says_what_the_list_says")
class ContradictsItself(Honest):
    def detailed(self, activity: Activity, include: frozenset[Include]) -> Activity:
        whole = super().detailed(activity, include)
        return whole.model_copy(update={"distance_meters": 10_801.0})


@lie("laps_streams_and_zones_come_only_when_asked")
class SendsLapsUnasked(Honest):
    def detailed(self, activity: Activity, include: frozenset[Include]) -> Activity:
        return super().detailed(activity, include | {Include.LAPS})


@lie("laps_are_numbered_in_order", "laps_are_no_longer_than_the_activity")
class CountsLapsFromZero(Honest):
    def detailed(self, activity: Activity, include: frozenset[Include]) -> Activity:
        laps = tuple(Lap(index=i, distance_meters=5400.0) for i in (0, 1, 2))
        return (
            super()
            .detailed(activity, include)
            .model_copy(update={"laps": laps if Include.LAPS in include else None})
        )


@lie(
    "streams_run_forward_in_time_and_end_with_the_activity",
    "streamed_distance_reaches_the_distance_of_the_activity",
)
class StreamsMilliseconds(Honest):
    def detailed(self, activity: Activity, include: frozenset[Include]) -> Activity:
        streams = Streams(time_seconds=(0, 1.8e6, 3.7e6), distance_meters=(0, 5.4, 10.8))
        return (
            super()
            .detailed(activity, include)
            .model_copy(update={"streams": streams if Include.STREAMS in include else None})
        )


@lie("samples_and_laps_lie_in_the_range_of_their_unit")
class StopsTheHeart(Honest):
    def detailed(self, activity: Activity, include: frozenset[Include]) -> Activity:
        whole = super().detailed(activity, include)
        if whole.streams is None:
            return whole
        beats = tuple(beat or 0.0 for beat in whole.streams.heart_rate_bpm or ())
        streams = whole.streams.model_copy(update={"heart_rate_bpm": beats})
        return whole.model_copy(update={"streams": streams})


@lie("samples_and_laps_lie_in_the_range_of_their_unit")
class MeasuresLapsInShares(Honest):
    def detailed(self, activity: Activity, include: frozenset[Include]) -> Activity:
        whole = super().detailed(activity, include)
        laps = tuple(
            lap.model_copy(update={"average_heart_rate_bpm": 0.76}) for lap in whole.laps or ()
        )
        return whole.model_copy(update={"laps": laps or None})


@lie("laps_streams_and_zones_come_only_when_asked")
class SendsZonesUnasked(Honest):
    def detailed(self, activity: Activity, include: frozenset[Include]) -> Activity:
        return super().detailed(activity, include | {Include.ZONES})


@lie("the_floors_of_zones_rise_in_the_range_of_their_unit")
class TellsZonesFromTheTop(Honest):
    async def get_athlete(self) -> Athlete:
        told = {"heart_rate_zone_floors_bpm": (140.0, 0.0)}
        return (await super().get_athlete()).model_copy(update=told)


@lie("the_floors_of_zones_rise_in_the_range_of_their_unit")
class TellsZonesInShares(Honest):
    async def get_athlete(self) -> Athlete:
        told = {"power_zone_floors_watts": (0.0, 0.55, 0.75)}
        return (await super().get_athlete()).model_copy(update=told)


class ChangesZones(Honest):
    changes: dict[str, Any]

    def detailed(self, activity: Activity, include: frozenset[Include]) -> Activity:
        whole = super().detailed(activity, include)
        zones = tuple(zone.model_copy(update=self.changes) for zone in whole.zones or ())
        return whole.model_copy(update={"zones": zones or None})


@lie("zones_of_an_activity_are_numbered_upward_and_do_not_overlap")
class NumbersEveryZoneOne(ChangesZones):
    changes = {"zone": 1}


@lie("zones_of_an_activity_are_numbered_upward_and_do_not_overlap")
class LeavesEveryZoneOpen(ChangesZones):
    changes = {"ceiling": None}


@lie("zones_of_an_activity_are_numbered_upward_and_do_not_overlap")
class KeepsTheMarkerOfAnOpenZone(ChangesZones):
    changes = {"ceiling": -1.0}


@lie("time_in_zones_is_no_longer_than_the_activity")
class SpendsMillisecondsInZones(ChangesZones):
    changes = {"time_in_zone_seconds": 1.8e6}


@lie("an_id_that_it_does_not_know_is_not_found")
class InventsActivities(Honest):
    async def get_activity(
        self, activity_id: str, include: frozenset[Include] = frozenset()
    ) -> Activity:
        return outing(1).model_copy(update={"id": activity_id})


@lie("an_id_that_it_does_not_know_is_not_found")
class QuotesWhatItWasGiven(Honest):
    async def get_activity(
        self, activity_id: str, include: frozenset[Include] = frozenset()
    ) -> Activity:
        try:
            return await super().get_activity(activity_id, include)
        except NotFound:
            raise NotFound(NAME, f"There is no {activity_id}.") from None


@lie("statistics_of_its_own_state_their_period_and_agree_with_it")
class CountsMoreThanThereIs(Honest):
    async def get_stats(self) -> Stats:
        stats = await super().get_stats()
        totals = stats.totals.model_copy(update={"activity_count": 21})
        return stats.model_copy(update={"totals": totals})


@lie("statistics_of_its_own_state_their_period_and_agree_with_it")
class LeavesGroupsOut(Honest):
    async def get_stats(self) -> Stats:
        stats = await super().get_stats()
        return stats.model_copy(update={"groups": stats.groups[1:]})


@lie("records_of_its_own_belong_to_activities_there_are")
class SetsRecordsOutsideItsPeriod(Honest):
    async def get_personal_records(self) -> Page[PersonalRecord]:
        records = records_from_activities(self.outings())
        return Page(items=records, period=Period(start_date=date(2026, 5, 1)))


# Values


@lie("nothing_measured_is_null_and_not_zero", "what_its_source_does_not_give_is_null")
class InventsZeros(Honest):
    def outings(self) -> list[Activity]:
        return [
            a.model_copy(update={"average_power_watts": a.average_power_watts or 0.0})
            for a in super().outings()
        ]


@lie("what_its_source_does_not_give_is_null")
class GuessesCalories(Honest):
    def outings(self) -> list[Activity]:
        return changed(super().outings(), calories_kcal=640.0)


@lie("what_it_hands_out_is_valid")
class NumbersItsGear(Honest):
    def outings(self) -> list[Activity]:
        return [a.model_copy(update={"gear_name": 7}) for a in super().outings()]


@lie("what_it_hands_out_is_valid")
class LetsNanThrough(Honest):
    def outings(self) -> list[Activity]:
        return changed(super().outings(), training_load=float("nan"))


@lie("distance_and_time_agree")
class MeasuresInKilometresWithoutSpeed(Honest):
    def outings(self) -> list[Activity]:
        return changed(super().outings(), distance_meters=10.8, average_speed_mps=None)


@lie("distance_and_time_agree")
class CountsMinutes(Honest):
    def outings(self) -> list[Activity]:
        return changed(
            super().outings(),
            duration_seconds=62.0,
            moving_time_seconds=60.0,
            average_speed_mps=None,
        )


@lie("distance_and_speed_agree")
class MeasuresInKilometres(Honest):
    def outings(self) -> list[Activity]:
        return changed(super().outings(), distance_meters=10.8)


@lie("nobody_moves_longer_than_the_activity_lasts")
class SwapsTheTimes(Honest):
    def outings(self) -> list[Activity]:
        return changed(super().outings(), duration_seconds=3600.0, moving_time_seconds=3700.0)


@lie("no_average_exceeds_its_maximum")
class SwapsTheHeartRates(Honest):
    def outings(self) -> list[Activity]:
        return changed(super().outings(), average_heart_rate_bpm=171.0, max_heart_rate_bpm=140.0)


@lie("cadence_of_a_run_counts_both_feet")
class CountsOneFoot(Honest):
    def outings(self) -> list[Activity]:
        return changed(super().outings(), average_cadence_rpm=86.0)


@lie("values_lie_in_the_range_of_their_unit")
class WeighsInGrams(Honest):
    async def get_athlete(self) -> Athlete:
        return Athlete(provider=NAME, id="1", weight_kg=61_000.0)


@lie("every_record_names_its_provider")
class ClaimsToBeAnother(Honest):
    def outings(self) -> list[Activity]:
        return changed(super().outings(), provider="another")


@lie("text_is_clean_and_never_empty")
class PassesOnEscapes(Honest):
    def outings(self) -> list[Activity]:
        return changed(super().outings(), device_name="Watch\x1b[31m\u202e")


@lie("text_is_clean_and_never_empty")
class SaysNothingAtLength(Honest):
    def outings(self) -> list[Activity]:
        return changed(super().outings(), device_name="")


@lie("nothing_lies_in_the_future")
class KnowsTheFuture(Honest):
    def outings(self) -> list[Activity]:
        later = timedelta(days=9)
        return [
            a.model_copy(update={"start_time": a.start_time + later}) for a in super().outings()
        ]


@lie("nothing_precedes_the_first_devices")
class TakesSecondsForMilliseconds(Honest):
    def outings(self) -> list[Activity]:
        return [
            a.model_copy(
                update={"start_time": datetime.fromtimestamp(a.start_time.timestamp() / 1000, UTC)}
            )
            for a in super().outings()
        ]


@lie("the_offset_is_that_of_the_zone_at_the_time")
class UsesTheOffsetOfSummer(Honest):
    def outings(self) -> list[Activity]:
        return changed(super().outings(), utc_offset_seconds=13 * 3600)


# Days


@lie("a_night_belongs_to_the_day_of_waking")
class NamesNightsByTheirEvening(Honest):
    def nights(self) -> list[Any]:
        return [n.model_copy(update={"date": n.date - timedelta(days=1)}) for n in super().nights()]


@lie("stages_lie_within_their_night_in_order")
class OverlapsStages(Honest):
    def nights(self) -> list[Any]:
        first, second = night(0).stages or ()
        early = SleepStageInterval(
            stage=second.stage, start_time=first.start_time, end_time=second.end_time
        )
        return [night(0).model_copy(update={"stages": (first, early)}), *super().nights()[1:]]


@lie("time_in_bed_is_what_lies_between_start_and_end")
class CountsNightsInMinutes(Honest):
    def nights(self) -> list[Any]:
        minutes = {"time_in_bed_seconds": 480.0, "total_sleep_seconds": 450.0,
                   "light_sleep_seconds": 250.0, "deep_sleep_seconds": 100.0,
                   "rem_sleep_seconds": 100.0}  # fmt: skip
        return [n.model_copy(update=minutes) for n in super().nights()]


@lie("time_asleep_is_no_longer_than_time_in_bed")
class SleepsLongerThanItLies(Honest):
    def nights(self) -> list[Any]:
        return [n.model_copy(update={"time_in_bed_seconds": 20_000.0}) for n in super().nights()]


@lie("time_asleep_is_no_longer_than_time_in_bed")
class LosesDeepSleep(Honest):
    def nights(self) -> list[Any]:
        return [n.model_copy(update={"deep_sleep_seconds": 600.0}) for n in super().nights()]


@lie("a_range_of_days_takes_in_both_ends")
class LeavesTheLastDayOut(Honest):
    def within(self, items: list[Any], start: date, end: date) -> Page[Any]:
        end = end if end >= NOW.date() else end - timedelta(days=1)
        return super().within(items, start, end)


@lie("days_come_newest_first")
class CountsDaysUpwards(Honest):
    def within(self, items: list[Any], start: date, end: date) -> Page[Any]:
        page = super().within(items, start, end)
        return replace(page, items=page.items[::-1])


@lie("a_long_range_is_answered_whole")
class AnswersTwoMonthsAtMost(Honest):
    def within(self, items: list[Any], start: date, end: date) -> Page[Any]:
        return super().within(items, start, min(end, start + timedelta(days=61)))


@lie("a_day_has_one_row_and_some_value")
class FillsDaysWithNothing(Honest):
    async def get_recovery_metrics(self, start: date, end: date) -> Page[RecoveryMetrics]:
        page = await super().get_recovery_metrics(start, end)
        return replace(page, items=tuple(m.model_copy(update={"hrv_rmssd_ms": None}) for m in page))


@lie("a_day_without_data_is_an_empty_page")
class InventsDays(Honest):
    async def get_recovery_metrics(self, start: date, end: date) -> Page[RecoveryMetrics]:
        span = range((end - start).days + 1)
        days = [end - timedelta(days=age) for age in span]
        return Page(
            items=tuple(RecoveryMetrics(provider=NAME, date=d, hrv_rmssd_ms=60.0) for d in days)
        )


class TestWeakens(TestHonest):
    def test_ids_are_unique(self) -> None:
        """Claims nothing."""


CAUGHT_BY["TestWeakens"] = ("test_no_claim_of_the_contract_is_weakened",)
