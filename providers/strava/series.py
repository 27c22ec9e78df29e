"""From Strava's payloads to laps, streams and best efforts; pure, and never trusting."""

from collections.abc import Iterable, Sequence
from typing import Any

from pierre_mcp.models import (
    STANDARD_DISTANCES_METERS,
    Activity,
    Lap,
    PersonalRecord,
    RecordKind,
    SportType,
    Streams,
)
from pierre_mcp.models.limits import BOUNDS, Checker
from providers.strava.mapping import LAP_ROWS, POWER_ROWS, cadence_of, instant_of, numbers

STREAMS = {
    "distance": ("distance_meters", "distance_meters"),
    "altitude": ("altitude_meters", "altitude_meters"),
    "velocity_smooth": ("speed_mps", "speed_mps"),
    "heartrate": ("heart_rate_bpm", "heart_rate_bpm"),
    "cadence": ("cadence_rpm", "cadence_rpm"),
    "watts": ("power_watts", "power_watts"),
    "temp": ("temperature_celsius", "temperature_celsius"),
}
"""Strava's columns of single numbers, with ours and what they measure."""

_SAME_DISTANCE = 0.005
"""Strava rounds: its mile is 1,609 m, its half marathon 21,097 m."""


def laps_of(payload: Any, activity: Activity, check: Checker, *, measured: bool) -> tuple[Lap, ...]:
    """The laps in order, numbered from 1; ``measured`` says whether watts come from a meter."""
    laps: list[Lap] = []
    for lap in payload if isinstance(payload, list) else ():
        if not isinstance(lap, dict):
            check.note("laps", "holds something that is not a lap")
            continue
        values = numbers(lap, LAP_ROWS, check)
        if measured and lap.get("device_watts") is not False:
            values |= numbers(lap, POWER_ROWS, check)
        cadence = cadence_of(lap.get("average_cadence"), activity.sport_type, check)
        values["average_cadence_rpm"] = cadence
        start = instant_of(lap.get("start_date"))
        laps.append(Lap(index=len(laps) + 1, start_time=start, **values))
    return tuple(laps)


def streams_of(payload: Any, activity: Activity, check: Checker) -> Streams | None:
    """The streams of a set keyed by type; ``None`` where there is no time to place samples at."""
    times = _data(payload, "time")
    kept = _forward(times)
    if not kept:
        return None
    columns: dict[str, tuple[float | None, ...]] = {}
    for wire, (field, quantity) in STREAMS.items():
        data = _column(payload, wire, len(times), check)
        factor = 2 if field == "cadence_rpm" and activity.sport_type.is_on_foot else 1
        columns[field] = _numbers(data, kept, quantity, factor)
    places = [
        place if isinstance(place, list) and len(place) == 2 else (None, None)  # noqa: PLR2004
        for place in _column(payload, "latlng", len(times), check)
    ]
    for index, field in enumerate(("latitude_degrees", "longitude_degrees")):
        columns[field] = _numbers([place[index] for place in places], kept, field, 1)
    return Streams(
        time_seconds=tuple(float(times[index]) for index in kept),
        **{name: column for name, column in columns.items() if any(v is not None for v in column)},
    )


def efforts_of(payload: Any, activity: Activity) -> list[PersonalRecord]:
    """The fastest stretches inside a run, as Strava found them."""
    found: list[PersonalRecord] = []
    efforts = payload.get("best_efforts") if isinstance(payload, dict) else None
    check = Checker(activity.id)
    for effort in efforts if isinstance(efforts, list) else ():
        if not isinstance(effort, dict):
            continue
        meters = check.positive("distance_meters", "distance_meters", effort.get("distance"))
        seconds = check.positive("elapsed_time", "seconds", effort.get("elapsed_time"))
        if meters is None or seconds is None:
            continue
        found.append(
            PersonalRecord(
                provider=activity.provider,
                kind=RecordKind.FASTEST_DISTANCE,
                sport_type=activity.sport_type.broader,
                value=seconds,
                value_unit="seconds",
                distance_meters=_standard(meters),
                basis="best_effort",
                activity_id=activity.id,
                activity_name=activity.name,
                achieved_at=activity.start_time,
                utc_offset_seconds=activity.utc_offset_seconds,
            )
        )
    return found


def promising(activities: Iterable[Activity]) -> list[Activity]:
    """Runs by how likely they hold a best effort: in turn, for each distance, the fastest over it.

    Treadmills measure no distance, and what was typed in has no stretches.
    """
    runs = [
        activity
        for activity in activities
        if activity.sport_type.broader is SportType.RUN
        and not activity.indoor
        and not activity.manual
        and activity.average_speed_mps
    ]
    runs.sort(key=lambda run: run.average_speed_mps or 0, reverse=True)
    lists = [
        [run for run in runs if (run.distance_meters or 0) >= standard]
        for standard in STANDARD_DISTANCES_METERS[SportType.RUN]
    ]
    longest = max(map(len, lists), default=0)
    turns = [fastest[n] for n in range(longest) for fastest in lists if n < len(fastest)]
    return list({run.id: run for run in turns}.values())


def _standard(meters: float) -> float:
    nearest = min(STANDARD_DISTANCES_METERS[SportType.RUN], key=lambda known: abs(known - meters))
    return nearest if abs(nearest - meters) <= nearest * _SAME_DISTANCE else meters


def _data(payload: Any, wire: str) -> Sequence[Any]:
    stream = payload.get(wire) if isinstance(payload, dict) else None
    data = stream.get("data") if isinstance(stream, dict) else None
    return data if isinstance(data, list) else ()


def _column(payload: Any, wire: str, length: int, check: Checker) -> Sequence[Any]:
    """The samples of a column; none where they cannot be told apart in time."""
    data = _data(payload, wire)
    if data and len(data) != length:
        check.note("streams", f"has a column '{wire}' of another length")
        return ()
    return data


def _forward(times: Sequence[Any]) -> list[int]:
    """The places of the samples whose time is later than that of all before."""
    kept: list[int] = []
    latest = -1.0
    low, high = BOUNDS["seconds"]
    for index, time in enumerate(times):
        if type(time) in (int, float) and low <= time <= high and time > latest:
            kept.append(index)
            latest = time
    return kept


def _numbers(
    data: Sequence[Any], kept: Sequence[int], quantity: str, factor: int
) -> tuple[float | None, ...]:
    """What can have been measured; the rest is ``None``, and so are samples that are not there."""
    low, high = BOUNDS[quantity]
    return tuple(
        float(value) * factor
        if type(value := data[index]) in (int, float) and low <= value <= high
        else None
        for index in (kept if data else ())
    )
