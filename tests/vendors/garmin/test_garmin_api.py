"""What the provider asks: windows, how much at once, files that are missing or broken, errors."""

import json
from datetime import date, timedelta
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import anyio
import fit_writer as fit
import pytest
from garmin_fake import FakeGarmin, connected
from garmin_history import HR_BOUNDS, NOW, OWNER, has_data, history, zipped

from pierre_mcp.errors import ErrorType, NotFound, ProviderError, RecordingError
from pierre_mcp.models import WarningCode
from pierre_mcp.spi import Include, ProviderConfig
from pierre_mcp.testing import FakeRequest, Reply
from providers.garmin import DESCRIPTOR
from providers.garmin.period import MAX_DAYS
from providers.garmin.recorded import unzipped

HISTORY = history(41, 60)
TODAY = NOW.date()
EVERYTHING = frozenset(Include)
FILE = "GET /download-service/files/activity/{id}"
AGE = "GET /fitnessage-service/fitnessage/v2/{day}"
HRV = "GET /hrv-service/hrv/daily/{startDate}/{endDate}"


def a(word: str):
    return next(w for w in HISTORY if w.word == word)


def answering(status: int, body: object = None, headers: dict[str, str] | None = None):
    async def route(_: FakeRequest) -> Reply:
        return status, body, headers or {}

    return route


@pytest.mark.parametrize(
    ("method", "requests"),
    [("get_sleep_sessions", 13), ("get_recovery_metrics", 13), ("get_health_metrics", 15)],
)
async def test_a_year_is_split_into_windows_two_at_once(method: str, requests: int):
    fake = FakeGarmin(HISTORY)
    async with connected(fake) as provider:
        page = await getattr(provider, method)(TODAY - timedelta(days=364), TODAY)
    assert (len(fake.asked), fake.most_at_once) == (requests, 2)
    assert page.complete
    whole = {TODAY - timedelta(days=n) for n in range(365)}
    days = {record.date for record in page}
    assert {day for day in whole if has_data(day)} <= days


async def test_questions_asked_together_share_the_two_places():
    fake = FakeGarmin(HISTORY)
    async with connected(fake) as provider, anyio.create_task_group() as tasks:
        for method in ("get_sleep_sessions", "get_recovery_metrics", "get_health_metrics"):
            tasks.start_soon(getattr(provider, method), TODAY - timedelta(days=90), TODAY)
        tasks.start_soon(provider.get_athlete)
    assert fake.most_at_once == 2


async def test_a_range_beyond_measure_is_shortened_and_says_so():
    fake = FakeGarmin(HISTORY, first_day=date(2010, 1, 1))
    async with connected(fake) as provider:
        page = await provider.get_recovery_metrics(date(1900, 1, 1), date(2199, 12, 31))
    begins = TODAY + timedelta(days=2 - MAX_DAYS)
    assert [w.code for w in page.warnings] == [WarningCode.PERIOD_SHORTENED]
    assert begins.isoformat() in page.warnings[0].detail
    assert page.complete is False
    assert page.items[-1].date - begins < timedelta(days=2)
    assert len(fake.asked) == 60 + 6


@pytest.mark.parametrize(
    "method", ["get_sleep_sessions", "get_recovery_metrics", "get_health_metrics"]
)
async def test_a_range_in_the_future_costs_no_request(method: str):
    fake = FakeGarmin(HISTORY)
    async with connected(fake) as provider:
        day = TODAY + timedelta(days=30)
        assert (await getattr(provider, method)(day, day + timedelta(days=9))).items == ()
    assert fake.asked == []


@pytest.mark.parametrize("told", [{"fitnessAge": 33.4}, [{"fitnessAge": 33.4}]])
async def test_a_fitness_age_is_read_as_published_and_as_seen(told):
    fake = FakeGarmin(HISTORY)
    fake.api.routes[AGE] = answering(200, told)
    async with connected(fake) as provider:
        page = await provider.get_health_metrics(TODAY, TODAY)
    assert [day.fitness_age_years for day in page] == [33.4]


async def test_nights_without_hrv_are_nights():
    fake = FakeGarmin(HISTORY)
    fake.api.routes[HRV] = answering(204)
    async with connected(fake) as provider:
        page = await provider.get_sleep_sessions(TODAY - timedelta(days=9), TODAY)
    assert (len(page) > 5, page.complete, page.warnings) == (True, True, ())
    assert {night.hrv_rmssd_ms for night in page} == {None}


async def test_what_stands_beside_an_answer_may_fail_and_is_told():
    fake = FakeGarmin(HISTORY)
    fake.api.routes[HRV] = answering(400, {})
    fake.api.routes[AGE] = answering(400, {})
    async with connected(fake) as provider:
        nights = await provider.get_sleep_sessions(TODAY - timedelta(days=9), TODAY)
        health = await provider.get_health_metrics(TODAY - timedelta(days=9), TODAY)
    for page, what in ((nights, "HRV"), (health, "Fitness age")):
        assert len(page) > 5
        assert page.complete is False
        (warning,) = page.warnings
        assert (warning.code, what in warning.detail) == (WarningCode.PROVIDER_FAILED, True)


async def test_what_was_asked_for_may_not_fail():
    fake = FakeGarmin(HISTORY)
    fake.api.routes["GET /usersummary-service/v2/dailysummaries"] = answering(400, {})
    async with connected(fake) as provider:
        with pytest.raises(ProviderError) as failed:
            await provider.get_recovery_metrics(TODAY - timedelta(days=9), TODAY)
    assert failed.value.type is ErrorType.PROVIDER_ERROR


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (401, {}, ErrorType.NEEDS_REAUTH),
        (403, {}, ErrorType.PROVIDER_ERROR),
        (404, {}, ErrorType.NOT_FOUND),
        (429, {"Retry-After": "14"}, ErrorType.RATE_LIMITED),
    ],
)
async def test_a_refusal_is_the_error_of_its_kind(status, headers, expected):
    fake = FakeGarmin(HISTORY)
    said = {"message": "their words", "error": "X"}
    fake.api.routes["GET /activity-service/activity/{id}"] = answering(status, said, headers)
    async with connected(fake) as provider:
        with pytest.raises(ProviderError) as failed:
            await provider.get_activity("5")
    # What a client without another token raises of its own has no name for the provider.
    assert failed.value.type is expected
    assert "their words" not in failed.value.message
    if expected is ErrorType.RATE_LIMITED:
        assert failed.value.retry_after_seconds == 14


async def test_a_file_gives_laps_streams_zones_and_the_device():
    ride = a("road_biking")
    async with connected(FakeGarmin(HISTORY)) as provider:
        bare = await provider.get_activity(str(ride.id))
        whole = await provider.get_activity(str(ride.id), EVERYTHING)
    assert (bare.device_name, bare.laps, bare.streams, bare.zones) == (None,) * 4
    assert whole.device_name == "garmin fenix5"
    assert [lap.distance_meters for lap in whole.laps] == [ride.samples * 8]
    assert len(whole.streams.time_seconds) == ride.samples
    assert [zone.floor for zone in whole.zones] == list(HR_BOUNDS[:5])
    # What the API says of the whole stands.
    known = {"laps", "streams", "zones", "device_name"}
    assert whole.model_dump(exclude=known) == bare.model_dump(exclude=known)


async def test_without_a_part_the_file_is_not_fetched():
    fake = FakeGarmin(HISTORY)
    async with connected(fake) as provider:
        await provider.get_activity(str(a("running").id))
    assert len(fake.asked) == 1


async def test_what_was_typed_in_has_no_parts_and_says_so_without_a_request():
    fake = FakeGarmin(HISTORY)
    async with connected(fake) as provider:
        activity = await provider.get_activity(str(a("yoga").id), EVERYTHING)
    assert (activity.laps, activity.streams, activity.zones) == (None,) * 3
    assert {w.field for w in activity.warnings} == {"laps", "streams", "zones"}
    assert len(fake.asked) == 1


async def test_a_file_that_is_not_there_is_no_failure():
    fake = FakeGarmin(HISTORY)
    fake.api.routes[FILE] = answering(404, {})
    async with connected(fake) as provider:
        activity = await provider.get_activity(str(a("running").id), frozenset({Include.LAPS}))
    assert activity.laps is None
    assert [w.field for w in activity.warnings] == ["laps"]


@pytest.mark.parametrize(
    "packed",
    [b"", b"PK\x03\x04 no archive", zipped("notes.txt", b"hello"), zipped("a.fit", b"no fit")],
    ids=["empty", "broken", "another kind", "not a recording"],
)
async def test_a_file_that_cannot_be_read_is_no_failure(packed: bytes):
    fake = FakeGarmin(HISTORY)
    fake.api.routes[FILE] = answering(200, packed)
    async with connected(fake) as provider:
        activity = await provider.get_activity(str(a("running").id), EVERYTHING)
    assert activity.streams is None
    assert [w.code for w in activity.warnings] == [WarningCode.FILE_DAMAGED]


def test_an_archive_that_expands_beyond_measure_is_refused():
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        archive.writestr("a.fit", bytes(5_000_000))
    with pytest.raises(RecordingError, match="expands"):
        unzipped(packed.getvalue())


async def test_a_multisport_activity_has_the_laps_of_all_its_legs_and_no_streams_of_its_own():
    race = a("multi_sport")
    async with connected(FakeGarmin(HISTORY)) as provider:
        whole = await provider.get_activity(str(race.id), EVERYTHING)
    assert [lap.index for lap in whole.laps] == [1, 2, 3]
    assert (whole.streams, whole.zones) == (None, None)
    assert {w.field for w in whole.warnings} == {"streams", "zones"}
    assert all(str(leg) in w.detail for leg in race.children for w in whole.warnings)


async def test_a_leg_after_a_short_transition_has_its_part_of_the_file_of_the_whole():
    race, transition = a("multi_sport"), 50
    swim, ride = 300, 400
    begins = race.start + timedelta(seconds=swim + transition)
    rides = [
        fit.ride(race.start, swim, sport=5),
        fit.ride(race.start + timedelta(seconds=swim), transition, sport=3),
        fit.ride(begins, ride),
        fit.ride(begins + timedelta(seconds=ride), transition, sport=3),
    ]
    detail = json.loads(json.dumps(race.detail))
    detail["activityId"] = race.children[2]
    detail["activityTypeDTO"]["typeKey"] = "road_biking"
    detail["summaryDTO"] |= {
        "startTimeGMT": f"{begins:%Y-%m-%dT%H:%M:%S}.0",
        "startTimeLocal": f"{begins:%Y-%m-%dT%H:%M:%S}.0",
        "elapsedDuration": float(ride),
        "duration": float(ride),
    }
    fake = FakeGarmin(HISTORY)
    fake.api.routes["GET /activity-service/activity/{id}"] = answering(200, detail)
    packed = zipped("a.fit", fit.file(fit.file_id(), *rides))
    fake.api.routes[FILE] = answering(200, packed)
    async with connected(fake) as provider:
        leg = await provider.get_activity(str(race.children[2]), EVERYTHING)
    assert len(leg.streams.time_seconds) == pytest.approx(ride, abs=2)
    assert [lap.duration_seconds for lap in leg.laps] == [ride]


async def test_a_file_that_was_cut_short_is_read_as_far_as_it_goes_and_said():
    run = a("running")
    fake = FakeGarmin(HISTORY)
    fake.api.routes[FILE] = answering(200, zipped("a.fit", run.fit_file()[:-400]))
    async with connected(fake) as provider:
        activity = await provider.get_activity(str(run.id), EVERYTHING)
    assert 0 < len(activity.streams.time_seconds) < run.samples
    assert [w.code for w in activity.warnings] == [WarningCode.FILE_DAMAGED]


async def test_a_file_that_holds_another_activity_gives_no_parts_and_says_so():
    run = a("running")
    fake = FakeGarmin(HISTORY)
    others = [fit.ride(run.start + timedelta(days=n), 60) for n in (1, 2)]
    fake.api.routes[FILE] = answering(200, zipped("a.fit", fit.file(fit.file_id(), *others)))
    async with connected(fake) as provider:
        activity = await provider.get_activity(str(run.id), EVERYTHING)
    assert (activity.laps, activity.streams) == (None, None)
    assert [w.field for w in activity.warnings] == ["streams"]


async def test_what_is_no_id_is_never_asked_for():
    fake = FakeGarmin(HISTORY)
    async with connected(fake) as provider:
        for bad in ("../settings", "1/workouts", "-5", "٣", "1?x=1"):
            with pytest.raises(NotFound):
                await provider.get_activity(bad)
    assert fake.asked == []


async def test_the_athlete_is_put_together_from_four_answers():
    fake = FakeGarmin(HISTORY)
    async with connected(fake) as provider:
        athlete = await provider.get_athlete()
    assert len(fake.asked) == 4
    assert (athlete.id, athlete.name, athlete.username) == (str(OWNER), "Ada Example", "ada")
    assert athlete.heart_rate_zone_floors_bpm == (95, 114, 133, 152, 171)
    assert (athlete.timezone, athlete.max_heart_rate_bpm) == ("Europe/Zurich", 190)


async def test_an_account_without_activities_is_known_by_its_days():
    async with connected(FakeGarmin([])) as provider:
        athlete = await provider.get_athlete()
    assert (athlete.id, athlete.name) == (str(OWNER), None)


def test_an_operator_who_has_an_application_is_told_what_to_do_instead():
    assert DESCRIPTOR.review is not None
    assert DESCRIPTOR.review(ProviderConfig(name="garmin")) is None
    told = DESCRIPTOR.review(ProviderConfig(name="garmin", client_id="partner"))
    assert told is not None
    assert "push" in told
    assert "personal API key" in told


def test_the_made_up_recording_is_one():
    assert b".FIT" in a("running").fit_file()[:14]
    assert fit.crc(b"") == 0
