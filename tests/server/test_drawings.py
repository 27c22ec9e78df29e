"""Drawings hold whatever they are given: well-formed, within their size, every value told."""

import os
import re
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pierre_mcp.models import (
    Activity,
    Lap,
    RecoveryMetrics,
    SleepSession,
    SportType,
    Streams,
    Units,
    WeekStart,
)
from pierre_mcp.server.charts.activity import draw_activity
from pierre_mcp.server.charts.drawing import DARK, IN_PAGE, LIGHT, Drawing, Theme, number, ticks
from pierre_mcp.server.charts.recovery import Recovery, draw_recovery
from pierre_mcp.server.charts.training import GROUPS, Training, draw_training

few = settings(max_examples=400 if os.environ.get("PIERRE_PROOF") else 30, deadline=None)
WIDTHS = st.integers(280, 1200)
THEMES = st.sampled_from([LIGHT, DARK, IN_PAGE])
TODAY = date(2026, 11, 24)
SVG = "{http://www.w3.org/2000/svg}"
_FINE = {"allow_nan": False, "allow_infinity": False}

maybe = lambda low, high: st.none() | st.floats(low, high, **_FINE)  # noqa: E731 - a shorthand


@st.composite
def activities(draw: st.DrawFn) -> Activity:
    count = draw(st.integers(0, 9))
    columns = {
        name: draw(st.none() | st.tuples(*[maybe(low, high)] * count))
        for name, low, high in (
            ("distance_meters", 0, 1e6),
            ("heart_rate_bpm", 0, 300),
            ("power_watts", 0, 3000),
            ("speed_mps", 0, 40),
            ("altitude_meters", -500, 9000),
            ("latitude_degrees", -90, 90),
            ("longitude_degrees", -180, 180),
        )
    }
    steps = draw(st.tuples(*[st.floats(0.01, 1e5, **_FINE)] * count))
    times = tuple(accumulate(steps))
    laps = tuple(
        Lap(index=index + 1, duration_seconds=draw(maybe(0, 1e5)))
        for index in range(draw(st.integers(0, 5)))
    )
    return Activity(
        provider="one",
        id="1",
        name=draw(st.none() | st.text(max_size=20)),
        sport_type=draw(st.sampled_from(SportType)),
        start_time=datetime.combine(TODAY, datetime.min.time(), UTC)
        - timedelta(days=draw(st.integers(0, 100)), hours=3),
        utc_offset_seconds=draw(st.none() | st.sampled_from([0, 3600, -36000])),
        moving_time_seconds=draw(maybe(0, 1e5)),
        distance_meters=draw(maybe(0, 1e6)),
        average_speed_mps=draw(maybe(0, 40)),
        training_load=draw(maybe(0, 1e4)),
        laps=laps,
        streams=draw(st.none() | st.just(Streams(time_seconds=times, **columns))),
    )


def checked(drawing: Drawing) -> ET.Element:
    """The drawing, read again, with everything inside of it."""
    root = ET.fromstring(drawing.svg())  # noqa: S314 - our own
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    assert width == drawing.outer_width
    left, top, _, _ = map(float, root.get("viewBox", "").split())
    for place in root.iter(f"{SVG}rect"):
        if place.get("fill", "").startswith("url") or place.get("class") == "place":
            x, y = float(place.get("x", 0)) - left, float(place.get("y", 0)) - top
            assert -1 <= x <= width, place.attrib
            assert -1 <= y <= height, place.attrib
            assert x + float(place.get("width", 0)) <= width + 1, place.attrib
    for line in root.iter(f"{SVG}polyline"):
        for point in line.get("points", "").split():
            x, y = map(float, point.split(","))
            assert -1 <= x - left <= width + 1
            assert -1 <= y - top <= height + 1
    assert "nan" not in drawing.svg().lower()
    return root


@few
@given(st.lists(activities(), max_size=4), WIDTHS, THEMES, st.sampled_from(WeekStart))
def test_any_training_is_drawn_within_its_size(
    done: list[Activity], width: int, theme: Theme, week_start: WeekStart
):
    training = Training(
        activities=done, start=TODAY - timedelta(days=90), end=TODAY, week_start=week_start
    )
    checked(draw_training(training, width, theme))
    assert all(len(row) == 4 for row in training.table().rows)


@few
@given(activities(), WIDTHS, THEMES, st.sampled_from(Units), st.booleans())
def test_any_activity_is_drawn_within_its_size(
    activity: Activity, width: int, theme: Theme, units: Units, over_distance: bool
):
    drawing = draw_activity(activity, width, theme, units=units, over_distance=over_distance)
    checked(drawing)


@few
@given(
    st.lists(
        st.tuples(st.integers(0, 60), maybe(0, 1e5), maybe(0, 1e5), maybe(0, 300), maybe(0, 300)),
        max_size=10,
        unique_by=lambda day: day[0],
    ),
    WIDTHS,
    THEMES,
)
def test_any_nights_are_drawn_within_their_size(
    days: list[tuple[int, Any, Any, Any, Any]], width: int, theme: Theme
):
    nights, mornings = [], []
    for age, asleep, deep, hrv, rest in days:
        day = TODAY - timedelta(days=age)
        woke = datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=6)
        nights.append(
            SleepSession(
                provider="one",
                id=str(age),
                date=day,
                start_time=woke - timedelta(hours=8),
                end_time=woke,
                total_sleep_seconds=asleep,
                deep_sleep_seconds=deep,
            )
        )
        mornings.append(
            RecoveryMetrics(provider="one", date=day, hrv_sdnn_ms=hrv, resting_heart_rate_bpm=rest)
        )
    recovery = Recovery(
        nights=nights, mornings=mornings, start=TODAY - timedelta(days=60), end=TODAY
    )
    checked(draw_recovery(recovery, width, theme))


def run(day: date, **known: Any) -> Activity:
    began = datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=7)
    return Activity(
        provider="one",
        id="1",
        sport_type=SportType.RUN,
        start_time=began,
        utc_offset_seconds=0,
        **known,
    )


def labels(drawing: Drawing) -> list[str]:
    return re.findall(r'aria-label="([^"]*)"', drawing.svg())


def test_every_day_of_the_period_can_be_stepped_to_and_says_what_was_done():
    training = Training(
        activities=[run(TODAY, moving_time_seconds=3600.0, training_load=51.0)],
        start=date(2026, 11, 9),
        end=TODAY,
    )
    told = labels(draw_training(training, 720, LIGHT))
    days = [label for label in told if not label.startswith("week of")]
    assert len(days) == 16
    assert "Tue 24 Nov: run 1:00 h; load 51" in days
    assert "Mon 23 Nov: nothing recorded" in days


def test_a_week_tells_its_hours_and_its_load():
    done = [
        Activity(
            provider="one",
            id=f"{number}",
            sport_type=SportType.RUN,
            start_time=datetime(2026, 11, 17 + number, 8, tzinfo=UTC),
            utc_offset_seconds=0,
            moving_time_seconds=3600,
            training_load=load,
        )
        for number, load in enumerate([40.4, 60.2, None])
    ]
    training = Training(activities=done, start=TODAY - timedelta(days=20), end=TODAY)
    root = checked(draw_training(training, 800, LIGHT))
    told = [place.get("aria-label", "") for place in root.iter(f"{SVG}rect")]
    assert "week of 16 November: 3:00 h in all; load 101" in told
    assert "week of 09 November: 0:00 in all" in told
    assert {"3.0 h", "101"} <= {text.text for text in root.iter(f"{SVG}text")}


def test_weeks_begin_on_the_day_that_the_person_says():
    done = [run(date(2026, 11, 22), moving_time_seconds=3600.0)]  # a Sunday
    rows = {
        start: Training(
            activities=done, start=date(2026, 11, 15), end=TODAY, week_start=start
        ).table().rows
        for start in WeekStart
    }  # fmt: skip
    assert [row[:3] for row in rows[WeekStart.MONDAY]] == [
        ("2026-11-23", 0, 0.0),
        ("2026-11-16", 1, 1.0),
        ("2026-11-09", 0, 0.0),
    ]
    assert [row[:3] for row in rows[WeekStart.SUNDAY]] == [
        ("2026-11-22", 1, 1.0),
        ("2026-11-15", 0, 0.0),
    ]


def test_a_stretch_that_was_not_recorded_is_a_gap_and_never_zero():
    streams = Streams(
        time_seconds=tuple(map(float, range(9))),
        heart_rate_bpm=(120, 121, 122, None, None, None, 123, 124, 125),
    )
    svg = draw_activity(
        run(TODAY, streams=streams), 720, LIGHT, units=Units.METRIC, over_distance=False
    ).svg()
    color = LIGHT.series[1]
    lines = re.findall(rf'points="([^"]*)" fill="none" stroke="{color}"', svg)
    assert [len(line.split()) for line in lines] == [3, 3]


def test_a_route_is_drawn_without_saying_where_it_is():
    streams = Streams(
        time_seconds=(0.0, 60.0, 120.0),
        latitude_degrees=(47.0512, 47.0533, 47.0555),
        longitude_degrees=(8.3011, 8.3100, 8.3055),
    )
    svg = draw_activity(
        run(TODAY, streams=streams), 720, LIGHT, units=Units.METRIC, over_distance=False
    ).svg()
    assert "Route, north up" in svg
    assert "47.05" not in svg
    assert "8.3" not in svg


def test_names_from_outside_are_text_and_no_markup():
    drawing = Drawing(outer_width=300, theme=LIGHT, title='<script>"&', description="<b>")
    drawing.text(0, 0, "<img src=x>")
    drawing.height = 10
    root = ET.fromstring(drawing.svg())  # noqa: S314 - our own
    assert root.findtext(f"{SVG}title") == '<script>"&'
    assert root.findtext(f"{SVG}text") == "<img src=x>"


def test_a_number_that_is_none_has_no_place():
    with pytest.raises(ValueError, match="no place"):
        number(float("nan"))


@given(st.floats(-1e6, 1e6, **_FINE), st.floats(1e-3, 1e6, **_FINE), st.booleans())
def test_ticks_are_few_yet_tell_the_scale_and_within_the_range(
    low: float, span: float, seconds: bool
):
    found = ticks(low, low + span, seconds=seconds)
    assert 2 <= len(found) <= 5
    slack = span * 1e-6 + 1e-6
    assert all(low - slack <= tick <= low + span + slack for tick in found)


@given(st.floats(-1e3, 1e3, **_FINE), st.floats(3, 1e6, **_FINE))
def test_labels_without_decimals_tell_a_tick_as_it_is(low: float, span: float):
    assert all(tick == int(f"{tick:.0f}") for tick in ticks(low, low + span))


@given(WIDTHS, st.lists(st.text("mw", min_size=1, max_size=9), max_size=6))
def test_a_legend_wraps_where_the_drawing_ends(width: int, names: list[str]):
    drawing = Drawing(outer_width=width, theme=LIGHT, title="")
    drawing.legend(0, 34, dict(enumerate(names)))
    drawing.height = 200
    root = ET.fromstring(drawing.svg())  # noqa: S314 - our own
    for one in root.iter(f"{SVG}text"):
        assert float(one.get("x", 0)) + 6 * len(one.text or "") <= drawing.width


def luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_every_series_and_word_stands_out_from_the_paper(theme: Theme):
    for color in theme.series:
        assert contrast(color, theme.paper) >= 3
    for color in (theme.ink, theme.faint):
        assert contrast(color, theme.paper) >= 4.5


def test_every_sport_has_a_color_and_a_pattern_of_its_own():
    drawing = Drawing(outer_width=300, theme=LIGHT, title="all")
    fills = [drawing.fill_of(index) for index in range(len(GROUPS))]
    assert len(set(fills)) == len(GROUPS)
    drawing.height = 10
    patterns = re.findall(r"<pattern .*?</pattern>", drawing.svg())
    shapes = {re.sub(r'id="p\d"|#[0-9a-f]{6}', "", pattern) for pattern in patterns}
    assert len(shapes) == len(GROUPS), "without colors they can still be told apart"
