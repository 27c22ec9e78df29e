"""Recordings of every format, whole and broken, through the one door there is."""

import csv
import gzip
import random
import time
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import fit_writer as fit
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pierre_mcp.errors import RecordingError
from pierre_mcp.models import Lap, RecordKind, SportType
from pierre_mcp.recordings import read_recording
from pierre_mcp.recordings.efforts import best_mean_power, fastest
from pierre_mcp.recordings.samples import meters_between
from pierre_mcp.recordings.track import climb
from pierre_mcp.testing.contract.values import NEVER_ZERO, RANGES

START = datetime(2026, 5, 1, 6, 30, tzinfo=UTC)


def read(content: bytes):
    return read_recording(content, provider="files", record_id="abc")


def only(content: bytes):
    (activity,) = read(content).activities
    return activity


def gpx(points: str, *, kind: str = "running", name: str = "Morning", tail: str = "") -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<gpx version="1.1" creator="Trail Watch" xmlns="http://www.topografix.com/GPX/1/1" '
        'xmlns:t="http://www.garmin.com/xmlschemas/TrackPointExtension/v1">'
        f"<trk><name>{name}</name><type>{kind}</type><trkseg>{points}</trkseg></trk>{tail}</gpx>"
    ).encode()


def points(count: int, *, begin: datetime = START, extra: str = "") -> str:
    return "".join(
        f'<trkpt lat="{47 + i * 0.00003:.6f}" lon="8.0"><ele>{400 + i / 20}</ele>'
        f"<time>{(begin + timedelta(seconds=i)).isoformat()}</time>{extra}</trkpt>"
        for i in range(count)
    )


def tcx(laps: str, sport: str = "Biking") -> bytes:
    return (
        '<?xml version="1.0"?><TrainingCenterDatabase '
        'xmlns="http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2" '
        'xmlns:x="http://www.garmin.com/xmlschemas/ActivityExtension/v2"><Activities>'
        f'<Activity Sport="{sport}"><Id>2026-05-01T06:30:00Z</Id>{laps}'
        "<Creator><Name>Old Bike Computer</Name></Creator></Activity>"
        "</Activities></TrainingCenterDatabase>"
    ).encode()


def lap(begin: int, seconds: int, extra: str = "") -> str:
    start = START + timedelta(seconds=begin)
    track = "".join(
        f"<Trackpoint><Time>{(start + timedelta(seconds=i)).isoformat()}</Time>"
        f"<DistanceMeters>{(begin + i) * 7.5}</DistanceMeters>"
        f"<HeartRateBpm><Value>{130 + i % 10}</Value></HeartRateBpm><Cadence>88</Cadence>"
        f"<Extensions><x:TPX><x:Speed>7.5</x:Speed><x:Watts>210</x:Watts></x:TPX></Extensions>"
        "</Trackpoint>"
        for i in range(seconds)
    )
    return (
        f'<Lap StartTime="{start.isoformat()}"><TotalTimeSeconds>{seconds}</TotalTimeSeconds>'
        f"<DistanceMeters>{seconds * 7.5}</DistanceMeters><Calories>20</Calories>"
        f"<MaximumSpeed>7.5</MaximumSpeed>{extra}<Track>{track}</Track></Lap>"
    )


def a_ride(**session) -> bytes:
    return fit.file(fit.file_id(), fit.ride(START, **session))


def test_a_fit_ride_has_the_totals_of_its_session():
    a = only(a_ride())
    assert (a.id, a.sport_type, a.start_time) == ("abc", SportType.RIDE, START)
    assert (a.distance_meters, a.duration_seconds, a.moving_time_seconds) == (960, 120, 120)
    assert (a.average_heart_rate_bpm, a.max_heart_rate_bpm) == (130, 140)
    assert (a.average_power_watts, a.calories_kcal, a.elevation_gain_meters) == (200, 40, 12)


def test_a_fit_ride_has_laps_and_streams_in_si_units():
    a = only(a_ride())
    assert [(lap.index, lap.distance_meters, lap.duration_seconds) for lap in a.laps] == [
        (1, 960, 120)
    ]
    streams = a.streams
    assert streams.time_seconds[:3] == (0, 1, 2)
    assert streams.speed_mps[5] == 8
    assert streams.distance_meters[5] == 40
    assert streams.latitude_degrees[0] == pytest.approx(47, abs=1e-6)
    assert streams.altitude_meters[10] == pytest.approx(401, abs=0.2)
    assert a.start_latlng == pytest.approx((47, 8), abs=1e-6)


def test_cadence_on_foot_counts_both_feet_and_on_a_bike_turns():
    assert only(a_ride(avg_cadence=85)).average_cadence_rpm == 85
    running = only(a_ride(sport=1, avg_cadence=85))
    assert running.average_cadence_rpm == 170
    assert running.streams.cadence_rpm[0] == 170


def test_sub_sports_name_the_sport_and_whether_it_was_indoors():
    assert only(a_ride(sub_sport=6)).sport_type is SportType.INDOOR_RIDE
    assert only(a_ride(sub_sport=6)).indoor is True
    assert only(a_ride(sport=1, sub_sport=3)).sport_type is SportType.TRAIL_RUN
    assert only(a_ride()).indoor is None


def test_an_unknown_sport_is_other_and_keeps_its_word():
    a = only(a_ride(sport=53))
    assert (a.sport_type, a.sport_type_raw) == (SportType.OTHER, "diving")


def test_markers_and_zeros_for_no_value_are_unknown():
    a = only(a_ride(avg_hr=None, max_hr=0, avg_power=0, max_power=None, calories=0))
    # What the session lacks is taken from the samples, which have it.
    assert a.average_heart_rate_bpm == pytest.approx(130, abs=1)
    assert a.average_power_watts == 200
    assert a.calories_kcal is None


def test_an_impossible_value_is_unknown_with_a_note():
    a = only(a_ride(avg_hr=254, calories=65000))
    assert a.calories_kcal is None
    assert {warning.field for warning in a.warnings} == {"average_heart_rate_bpm", "calories_kcal"}
    assert all(warning.record_id == "abc" for warning in a.warnings)


def test_power_of_nothing_but_zeros_is_no_power():
    begin = fit.seconds(START)
    records = [
        fit.message(fit.RECORD, {"timestamp": begin + i, "heart_rate": 120, "power": 0})
        for i in range(60)
    ]
    session = {"timestamp": begin + 60, "start_time": begin, "sport": 2, "elapsed": 60000,
               "timer": 60000, "avg_power": 0}  # fmt: skip
    a = only(fit.file(fit.file_id(), *records, fit.message(fit.SESSION, session)))
    assert a.average_power_watts is None
    assert a.streams.power_watts is None
    assert a.distance_meters is None
    assert a.streams.latitude_degrees is None


def test_coasting_is_a_real_zero_where_there_is_a_meter():
    begin = fit.seconds(START)
    records = [
        fit.message(fit.RECORD, {"timestamp": begin + i, "power": 0 if i % 2 else 300})
        for i in range(60)
    ]
    a = only(fit.file(fit.file_id(), *records))
    assert a.streams.power_watts[:2] == (300, 0)
    assert a.average_power_watts == 150


def test_several_sessions_are_several_activities_with_their_own_samples():
    content = fit.file(
        fit.file_id(),
        fit.ride(START, 60, sport=5),
        fit.ride(START + timedelta(seconds=90), 100),
        fit.ride(START + timedelta(seconds=200), 80, sport=1),
    )
    activities = read(content).activities
    assert [a.id for a in activities] == ["abc-1", "abc-2", "abc-3"]
    assert [a.sport_type.value for a in activities] == ["swim", "ride", "run"]
    assert [len(a.streams.time_seconds) for a in activities] == [60, 100, 80]
    assert [len(a.laps) for a in activities] == [1, 1, 1]


def test_chained_files_are_read_one_after_another():
    one = fit.file(fit.file_id(), fit.ride(START, 60))
    two = fit.file(fit.file_id(), fit.ride(START + timedelta(hours=2), 60))
    assert len(read(one + two).activities) == 2


def test_a_file_cut_off_before_its_summary_is_summed_up_from_its_samples():
    content = a_ride()
    recording = read(content[: len(content) - 200])
    assert recording.damage == "The file ends too early; what precedes was read."
    (a,) = recording.activities
    assert a.distance_meters == pytest.approx(952, abs=20)
    assert a.average_heart_rate_bpm == pytest.approx(130, abs=1)


def test_a_wrong_checksum_is_said_and_the_rest_is_used():
    content = bytearray(a_ride())
    content[-1] ^= 0xFF
    recording = read(bytes(content))
    assert "checksum" in recording.damage
    assert recording.activities[0].distance_meters == 960


def test_a_developers_power_stands_in_where_there_is_no_own():
    begin = fit.seconds(START)
    described = fit.describe_developer_field(7, fit.UINT16, "Power", "watts")
    records = [
        fit.message(
            fit.RECORD,
            {"timestamp": begin + i, "heart_rate": 120},
            developer=[(7, (250).to_bytes(2, "little"))],
        )
        for i in range(30)
    ]
    a = only(fit.file(fit.file_id(), described, *records))
    assert a.average_power_watts == 250


def test_the_clock_of_the_device_gives_the_offset():
    begin = fit.seconds(START)
    clock = fit.message(
        fit.ACTIVITY, {"timestamp": begin + 120, "local_timestamp": begin + 120 + 7200}
    )
    assert only(fit.file(fit.file_id(), fit.ride(START), clock)).utc_offset_seconds == 7200
    wrong = fit.message(
        fit.ACTIVITY, {"timestamp": begin + 120, "local_timestamp": begin + 120 + 1000}
    )
    assert only(fit.file(fit.file_id(), fit.ride(START), wrong)).utc_offset_seconds is None


def test_a_device_that_knew_no_date_cannot_be_placed():
    begin = 5000
    records = [
        fit.message(fit.RECORD, {"timestamp": begin + i, "heart_rate": 99}) for i in range(9)
    ]
    session = {
        "timestamp": begin + 9,
        "start_time": begin,
        "sport": 1,
        "elapsed": 9000,
        "timer": 9000,
    }
    recording = read(fit.file(fit.file_id(), *records, fit.message(fit.SESSION, session)))
    assert recording.activities == ()
    assert "without a date" in recording.damage


def test_a_weighing_is_health_data():
    moment = fit.seconds(START)
    scale = fit.message(fit.WEIGHT, {"timestamp": moment, "weight": 7150, "percent_fat": 1400})
    recording = read(fit.file(fit.file_id(9), scale))
    (metrics,) = recording.health
    assert (metrics.date, metrics.weight_kg, metrics.body_fat_percent) == (
        date(2026, 5, 1),
        71.5,
        14,
    )
    assert recording.activities == ()


def test_times_that_repeat_or_go_back_are_left_out_with_a_note():
    begin = fit.seconds(START)
    records = [
        fit.message(fit.RECORD, {"timestamp": begin + i, "heart_rate": 120})
        for i in (0, 1, 1, 2, 0, 3)
    ]
    a = only(fit.file(fit.file_id(), *records))
    assert a.streams.time_seconds == (0, 1, 2, 3)
    assert a.warnings[0].detail.startswith("2 samples")


@pytest.mark.parametrize("at", [0, 7, 39], ids=["first", "middle", "last"])
def test_one_time_far_ahead_costs_one_sample(at: int):
    begin = fit.seconds(START)
    times = [begin + i + (900_000_000 if i == at else 0) for i in range(40)]
    records = [fit.message(fit.RECORD, {"timestamp": t, "heart_rate": 120}) for t in times]
    a = only(fit.file(fit.file_id(), *records))
    assert len(a.streams.time_seconds) == 39
    assert a.duration_seconds in (38, 39)
    assert a.warnings[0].detail.startswith("1 samples")


@pytest.mark.parametrize("early", ["1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z"])
def test_times_before_there_were_receivers_mean_none(early: str):
    first = START.isoformat().encode()
    assert read(gpx(points(1) + points(1)).replace(first, early.encode())).activities == ()
    a = only(tcx(lap(0, 60)).replace(b"2026-05-01T06:30:00Z", early.encode()))
    assert a.start_time == START


def test_days_apart_are_a_voyage_and_not_wrong_times():
    track = "".join(points(1, begin=START + timedelta(days=2 * day)) for day in range(5))
    assert only(gpx(track)).duration_seconds == 8 * 86_400


def test_a_start_far_from_every_sample_gives_way_to_the_first_sample():
    content = a_ride(start_time=fit.seconds(START) + 900_000_000)
    a = only(content)
    assert (a.start_time, a.duration_seconds) == (START, 120)
    assert [warning.field for warning in a.warnings] == ["start_time"]
    late = tcx(lap(0, 60)).replace(b"<Id>2026", b"<Id>2126")
    assert only(late).start_time == START


def test_positions_and_heights_out_of_reach_are_no_places():
    far = (
        points(50)
        .replace('lat="47.000300"', 'lat="17.000300"')
        .replace("<ele>401.0</ele>", "<ele>4010</ele>")
    )
    a = only(gpx(far))
    assert a.streams.latitude_degrees[10] is None
    assert a.streams.altitude_meters[20] is None
    assert a.distance_meters == pytest.approx(49 * 0.00003 * 111_195, rel=0.001)
    assert a.elevation_gain_meters == pytest.approx(2.45, abs=0.1)


def test_totals_that_nobody_reaches_in_the_time_are_those_of_the_samples():
    a = only(a_ride(distance=300_000_000, ascent=40_000, calories=40_000))
    assert (a.distance_meters, a.average_speed_mps) == (952, pytest.approx(7.933))
    assert a.elevation_gain_meters == pytest.approx(11.9, abs=0.2)
    assert a.calories_kcal is None
    assert {warning.field for warning in a.warnings} == {
        "distance_meters", "elevation_gain_meters", "calories_kcal",
    }  # fmt: skip


def test_samples_that_run_on_tell_how_long_it_really_was():
    assert only(a_ride(elapsed=30_000)).duration_seconds == 120


def test_a_lap_has_no_more_than_the_whole():
    begin = fit.seconds(START)
    wrong = {"timestamp": begin, "start_time": begin, "elapsed": 900_000, "timer": 900_000,
             "distance": 96_000}  # fmt: skip
    a = only(fit.file(fit.file_id(), fit.ride(START), fit.message(fit.LAP, wrong)))
    assert (a.laps[1].duration_seconds, a.laps[1].distance_meters) == (None, 960)


def test_what_a_broken_multisport_file_has_no_session_for_is_an_activity_too():
    swim = fit.ride(START, 60, sport=5)
    ride = fit.ride(START + timedelta(seconds=200), 100)
    whole = fit.file(fit.file_id(), swim, ride)
    recording = read(whole[: whole.index(swim) + len(swim) + len(ride) // 2])
    assert recording.damage is not None
    assert [a.sport_type.value for a in recording.activities] == ["swim", "other"]
    assert recording.activities[0].duration_seconds == 60
    assert recording.activities[1].start_time == START + timedelta(seconds=200)


def test_more_messages_than_a_recording_holds_are_left_unread(monkeypatch):
    monkeypatch.setattr("pierre_mcp.recordings.fit_messages._MOST_MESSAGES", 100)
    recording = read(a_ride())
    assert "more than a recording can" in recording.damage
    assert 10 < len(recording.activities[0].streams.time_seconds) < 100


def test_a_gpx_track_is_summed_up_from_its_points():
    a = only(gpx(points(200)))
    assert (a.name, a.sport_type, a.device_name) == ("Morning", SportType.RUN, "Trail Watch")
    assert a.duration_seconds == 199
    assert a.distance_meters == pytest.approx(199 * 0.00003 * 111_195, rel=0.001)
    assert a.elevation_gain_meters == pytest.approx(9.95, abs=0.1)
    assert a.average_heart_rate_bpm is None


def test_gpx_extensions_are_read_in_any_namespace():
    extra = (
        "<extensions><t:TrackPointExtension><t:hr>150</t:hr><t:cad>84</t:cad>"
        "<t:atemp>21</t:atemp></t:TrackPointExtension><power>205</power></extensions>"
    )
    a = only(gpx(points(30, extra=extra)))
    assert (a.average_heart_rate_bpm, a.average_cadence_rpm, a.average_power_watts) == (
        150,
        168,
        205,
    )
    assert a.streams.temperature_celsius[0] == 21


def test_time_between_segments_is_a_pause():
    late = points(100, begin=START + timedelta(seconds=120))
    a = only(gpx(points(100) + "</trkseg><trkseg>" + late))
    assert a.duration_seconds == 219
    assert a.moving_time_seconds == 198


@pytest.mark.parametrize(
    ("document", "content"),
    [
        (gpx('<trkpt lat="1" lon="2"/><trkpt lat="1" lon="3"/>'), "track without times"),
        (gpx("", tail='<rte><rtept lat="1" lon="2"/></rte>'), "no track"),
        (gpx(points(1)), "single point"),
    ],
)
def test_what_has_no_times_is_no_activity(document: bytes, content: str):
    recording = read(document)
    assert recording.activities == ()
    assert recording.content == content


def test_a_malformed_number_costs_only_itself():
    broken = (
        points(50)
        .replace("<ele>400.0</ele>", "<ele>high</ele>")
        .replace('lat="47.000030"', 'lat="x"')
    )
    a = only(gpx(broken))
    assert a.streams.altitude_meters[0] is None
    assert a.streams.latitude_degrees[1] is None
    assert len(a.streams.time_seconds) == 50


def test_a_gpx_that_breaks_off_gives_what_precedes():
    content = gpx(points(100))
    recording = read(content[: len(content) // 2])
    assert recording.damage is not None
    (a,) = recording.activities
    assert (a.name, a.sport_type) == ("Morning", SportType.RUN)
    assert 20 < len(a.streams.time_seconds) < 60


def test_tcx_laps_add_up():
    a = only(tcx(lap(0, 60) + lap(60, 90)))
    assert (a.sport_type, a.device_name) == (SportType.RIDE, "Old Bike Computer")
    assert (a.moving_time_seconds, a.distance_meters, a.calories_kcal) == (150, 1125, 40)
    assert [one.duration_seconds for one in a.laps] == [60, 90]
    assert a.average_power_watts == 210
    assert a.average_cadence_rpm == 88
    assert a.average_speed_mps == 7.5


def test_tcx_cadence_on_foot_counts_both_feet():
    assert only(tcx(lap(0, 30), sport="Running")).average_cadence_rpm == 176


def test_compressed_files_are_unpacked():
    assert only(gzip.compress(a_ride())).distance_meters == 960


def test_a_compression_bomb_is_refused():
    bomb = gzip.compress(b"\0" * 60_000_000)
    with pytest.raises(RecordingError, match="expands"):
        read(bomb)


@pytest.mark.parametrize(
    "document",
    [
        b'<?xml version="1.0"?><!DOCTYPE gpx [<!ENTITY a "b">]><gpx>&a;</gpx>',
        '<!DOCTYPE gpx SYSTEM "file:///etc/passwd"><gpx/>'.encode("utf-16"),
    ],
)
def test_document_types_are_refused(document: bytes):
    with pytest.raises(RecordingError, match="document type"):
        read(document)


def test_deep_nesting_is_refused():
    with pytest.raises(RecordingError, match="deeper"):
        read(b"<gpx>" + b"<a>" * 5000)


@pytest.mark.parametrize(
    "document",
    [
        b'<gpx creator="' + b"a" * 4_500_000 + b'"/>',
        b"<gpx><!--" + b"a" * 4_500_000 + b"--></gpx>",
        b"<gpx>" + b"<a/>" * 4_100_000 + b"</gpx>",
        b"<gpx>" + b"<trk/>" * 10_001 + b"</gpx>",
        tcx("<Lap/>" * 10_001),
    ],
    ids=["attribute", "comment", "tags", "tracks", "laps"],
)
def test_more_than_a_recording_can_hold_is_refused(document: bytes):
    with pytest.raises(RecordingError, match="more"):
        read(document)


def test_points_with_more_inside_than_a_point_has_keep_what_comes_first():
    a = only(gpx(points(3, extra="<extensions><hr>120</hr>" + "<a/>" * 5000 + "</extensions>")))
    assert len(a.streams.time_seconds) == 3
    # The extensions are too much to remember, and everything beside them is there.
    assert a.streams.altitude_meters[0] == 400


def test_names_in_the_encoding_that_the_document_declares_are_read():
    document = gpx(points(9), name="Zürich").decode().replace("UTF-8", "ISO-8859-1")
    assert only(document.encode("iso-8859-1")).name == "Zürich"


def test_numbers_are_those_that_people_write():
    a = only(gpx(points(9).replace("<ele>400.05</ele>", "<ele>4_00</ele>")))
    assert a.streams.altitude_meters[:2] == (400.0, None)


@pytest.mark.parametrize(
    "content", [b"", b"\0" * 100, b"hello", b"<html></html>", b"\x1f\x8bxx", b"{}"]
)
def test_what_is_no_recording_says_so(content: bytes):
    with pytest.raises(RecordingError):
        read(content)


def test_names_lose_what_cannot_be_seen():
    a = only(gpx(points(9), name="A&#x202e;B&#x200b;C" + "x" * 500))
    assert a.name.startswith("ABCx")
    assert len(a.name) <= 200


def test_climbing_ignores_a_wandering_barometer():
    flat = [400 + (i % 2) for i in range(1000)]
    assert climb(flat) == 0
    assert climb([400, 410, 405, 420]) == 25
    assert climb([None, 400]) is None


def test_the_haversine_of_a_degree_of_latitude():
    assert meters_between((47, 8), (48, 8)) == pytest.approx(111_195, abs=5)


def test_best_efforts_come_with_what_they_measure():
    recording = read(fit.file(fit.file_id(), fit.ride(START, 1300, sport=1, distance=1300 * 800)))
    power = {
        e.duration_seconds: e.value
        for e in recording.best_efforts
        if e.kind is RecordKind.BEST_POWER
    }
    assert power == {5: 200, 60: 200, 300: 200, 1200: 200}
    assert all(e.basis == "best_effort" and e.activity_id == "abc" for e in recording.best_efforts)


steps = st.lists(
    st.tuples(st.integers(1, 30), st.floats(0, 50, allow_nan=False)), min_size=2, max_size=60
)


@given(steps=steps, target=st.floats(1, 400))
def test_the_fastest_stretch_is_the_one_a_full_search_finds(steps, target):
    times, distances = [0.0], [0.0]
    for seconds, meters in steps:
        times.append(times[-1] + seconds)
        distances.append(distances[-1] + meters)
    best = None
    for end in range(len(times)):
        for begin in range(end):
            covered = distances[end] - distances[begin]
            if covered < target:
                continue
            step = distances[begin + 1] - distances[begin]
            share = min((covered - target) / step, 1.0) if step > 0 else 0.0
            taken = times[end] - times[begin] - share * (times[begin + 1] - times[begin])
            if taken > 0:
                best = taken if best is None else min(best, taken)
    found = fastest(times, distances, target)
    assert found == (best if best is None else pytest.approx(best, abs=1e-6))


@given(watts=st.lists(st.integers(0, 900), min_size=1, max_size=80), seconds=st.integers(1, 40))
def test_the_best_power_is_the_one_a_full_search_finds(watts, seconds):
    times = [float(i) for i in range(len(watts))]
    windows = [sum(watts[i : i + seconds]) / seconds for i in range(len(watts) - seconds + 1)]
    expected = max(windows, default=0) or None
    found = best_mean_power(times, watts, seconds)
    assert found == (expected if expected is None else pytest.approx(expected, abs=0.06))


def test_power_noted_every_few_seconds_is_no_less_for_it():
    every_fifth = [float(i) for i in range(0, 300, 5)]
    assert best_mean_power(every_fifth, [240.0] * 60, 60) == 240
    with_a_pause = [*every_fifth[:30], *(time + 600 for time in every_fifth[30:])]
    assert best_mean_power(with_a_pause, [240.0] * 60, 200) < 240


def mutated(content: bytes, chance: random.Random) -> bytes:
    damaged = bytearray(content)
    for _ in range(chance.randint(1, 12)):
        at = chance.randrange(len(damaged))
        match chance.randrange(4):
            case 0:
                damaged[at] = chance.randrange(256)
            case 1:
                del damaged[at : at + chance.randint(1, 40)]
            case 2:
                damaged[at:at] = bytes(chance.randrange(256) for _ in range(chance.randint(1, 20)))
            case _:
                damaged[at] ^= 1 << chance.randrange(8)
        if not damaged:
            break
    return bytes(damaged)


WHOLE = {
    "fit": fit.file(
        fit.file_id(), fit.describe_developer_field(7, fit.UINT16, "Power", "watts"),
        fit.ride(START, 40), fit.ride(START + timedelta(seconds=60), 30, sport=1),
    ),
    "gpx": gpx(points(40)),
    "tcx": tcx(lap(0, 30) + lap(30, 20)),
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "quick", "full"), [("fit", 400, 10_000), ("gpx", 150, 2500), ("tcx", 150, 2500)]
)
def test_damaged_files_never_crash_hang_or_invent(kind, quick, full, proof_scale):
    chance = random.Random(f"damage {kind}")
    for _ in range(proof_scale(quick, full)):
        content = mutated(WHOLE[kind], chance)
        started = time.process_time()
        try:
            recording = read(content)
        except RecordingError:
            continue
        finally:
            assert time.process_time() - started < 2
        for a in recording.activities:
            for part in (a, *(a.laps or ())):
                believable(part)
            if a.streams is not None:
                times = a.streams.time_seconds
                assert all(b > c for c, b in pairwise(times))
                assert a.duration_seconds is None or times[-1] <= a.duration_seconds * 1.05 + 10


def believable(part):
    """No field holds what its unit cannot be, and no sum what the time does not allow."""
    for name, (low, high) in RANGES.items():
        value = getattr(part, name, None)
        assert value is None or low <= value <= high, f"{name} is {value}"
        assert value != 0 or name not in NEVER_ZERO or isinstance(part, Lap), name
    seconds = part.moving_time_seconds or part.duration_seconds
    if seconds and part.distance_meters is not None:
        assert part.distance_meters <= 60 * seconds


EXPECTED = {
    "2013-02-06-12-11-14.fit": ("activity", "run"),
    "20170518-191602-1740899583.fit": ("activity", "indoor_rowing"),
    "Activity.fit": ("activity", "run"),
    "DeveloperData.fit": ("no activity",),
    "MonitoringFile.fit": ("monitoring",),
    "Settings.fit": ("settings",),
    "WeightScaleSingleUser.fit": ("weight",),
    "WorkoutRepeatSteps.fit": ("workout plan",),
    "activity-settings.fit": ("activity", "run"),
    "activity-small-fenix2-run.fit": ("activity", "run"),
    "antfs-dump.63.fit": ("activity without a date",),
    "compressed-speed-distance.fit": ("activity without a date",),
    "developer-types-sample.fit": ("activity", "run"),
    "event_timestamp.fit": ("activity", "pool_swim"),
    "garmin-edge-820-bike.fit": ("activity", "ride"),
    "garmin-fenix-5-bike.fit": ("activity", "ride"),
    "garmin-fenix-5-run.fit": ("activity", "run"),
    "garmin-fenix-5-walk.fit": ("activity", "walk"),
    "activity-activity-filecrc.fit": ("activity", "run"),
    "activity-filecrc.fit": ("activity", "run"),
    "activity-settings-corruptheader.fit": ("activity", "run"),
    "activity-settings-nodata.fit": ("activity", "run"),
    "null_compressed_speed_dist.fit": ("activity", "virtual_ride"),
    "sample-activity-indoor-trainer.fit": ("activity", "ride"),
    "garminconnect-sample_activity.gpx": ("activity", "run"),
    "gpxpy-Mojstrovka.gpx": ("track without times",),
    "gpxpy-cerknicko-jezero.gpx": ("activity", *["other"] * 7),
    "gpxpy-cerknicko-without-times.gpx": ("activity", "other"),
    "gpxpy-gpx1.1_with_all_fields.gpx": ("single point",),
    "gpxpy-gpx1.1_with_extensions.gpx": ("no track",),
    "gpxpy-gpx_with_garmin_extension.gpx": ("no track",),
    "gpxpy-route.gpx": ("no track",),
    "gpxpy-track-with-empty-segment.gpx": ("activity", "other"),
    "gpxpy-track-with-less-sec-time.gpx": ("activity", "run"),
    "gpxpy-track_with_speed.gpx": ("activity", "other"),
    "gpxpy-unicode.gpx": ("no track",),
    "gpxpy-unicode_with_bom.gpx": ("no track",),
    "tcxparser-no_hr.tcx": ("activity", "run"),
    "tcxparser-test.tcx": ("activity", "run"),
}
DAMAGED = {
    "antfs-dump.63.fit", "compressed-speed-distance.fit", "activity-activity-filecrc.fit",
    "activity-filecrc.fit", "activity-settings-corruptheader.fit", "activity-settings-nodata.fit",
}  # fmt: skip


def test_every_shared_sample_is_what_it_is(shared_samples):
    files = [
        path for path in shared_samples.rglob("*.*") if path.suffix in (".fit", ".gpx", ".tcx")
    ]
    found = {}
    damaged = set()
    for path in files:
        recording = read(path.read_bytes())
        found[path.name] = (recording.content, *(a.sport_type.value for a in recording.activities))
        if recording.damage:
            damaged.add(path.name)
    assert found == EXPECTED
    assert damaged == DAMAGED


@pytest.mark.parametrize(
    "name", ["garmin-edge-820-bike", "garmin-fenix-5-bike", "garmin-fenix-5-walk"]
)
def test_shared_samples_match_the_tables_beside_them(shared_samples, name: str):
    a = only((shared_samples / "fit" / f"{name}.fit").read_bytes())
    with (shared_samples / "fit" / "expected" / f"{name}-records.csv").open() as table:
        rows = list(csv.DictReader(table))
    assert len(rows) == len(a.streams.time_seconds)
    strides = 2 if a.sport_type.is_on_foot else 1
    for index, row in enumerate(rows):
        assert a.streams.heart_rate_bpm[index] == float(row["heart_rate"])
        assert a.streams.distance_meters[index] == pytest.approx(float(row["distance"]), abs=0.01)
        degrees = float(row["position_lat"]) * 180 / 2**31
        assert a.streams.latitude_degrees[index] == pytest.approx(degrees, abs=1e-6)
        if row["cadence"] and a.streams.cadence_rpm is not None:
            turns = float(row["cadence"])
            assert 0 <= a.streams.cadence_rpm[index] - turns * strides < 2 * strides
