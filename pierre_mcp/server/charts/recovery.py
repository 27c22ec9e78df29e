"""Nights and mornings: how long and how deep the sleep was, HRV and resting heart rate by day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from pierre_mcp.models import RecoveryMetrics, SleepSession
from pierre_mcp.server.charts.drawing import Box, Drawing, Theme
from pierre_mcp.server.charts.panels import Panel, draw_panels, plot_area, x_of
from pierre_mcp.server.tables import Table
from pierre_mcp.server.words import clock

MOST_DAYS = 90
_HEAD_PX = 44
_HOUR = 3600.0
_PARTS = (
    ("deep", "deep_sleep_seconds"),
    ("REM", "rem_sleep_seconds"),
    ("light", "light_sleep_seconds"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """What is known of the nights and mornings of a period, both days inclusive."""

    nights: Sequence[SleepSession]
    mornings: Sequence[RecoveryMetrics]
    start: date
    end: date

    @property
    def days(self) -> list[date]:
        """The days of the period, the first first, the last ``MOST_DAYS`` at most."""
        count = min(MOST_DAYS, (self.end - self.start).days + 1)
        return [self.end - timedelta(days=age) for age in reversed(range(count))]

    def longest_nights(self) -> dict[date, SleepSession]:
        """Each day's night; naps are not drawn."""
        found: dict[date, SleepSession] = {}
        for night in self.nights:
            other = found.get(night.date)
            if not night.is_nap and (other is None or _asleep(night) > _asleep(other)):
                found[night.date] = night
        return found

    def table(self) -> Table:
        """The days in numbers, the latest first; what is unknown is empty."""
        nights, mornings = self.longest_nights(), {one.date: one for one in self.mornings}
        rows = []
        for day in reversed(self.days):
            night, morning = nights.get(day), mornings.get(day)
            if night is None and morning is None:
                continue
            seconds = None if night is None else night.total_sleep_seconds
            rmssd, sdnn = _hrv(night, morning)
            rows.append(
                (
                    day.isoformat(),
                    None if seconds is None else round(seconds / _HOUR, 2),
                    rmssd,
                    sdnn,
                    None if morning is None else morning.resting_heart_rate_bpm,
                )
            )
        columns = ("date", "sleep_hours", "hrv_rmssd_ms", "hrv_sdnn_ms", "resting_heart_rate_bpm")
        return Table(columns=columns, rows=tuple(rows))


def draw_recovery(recovery: Recovery, width: int, theme: Theme) -> Drawing:
    """Panels by day; a day of which nothing is known is a gap."""
    days = recovery.days
    nights, mornings = recovery.longest_nights(), {one.date: one for one in recovery.mornings}
    drawing = Drawing(
        outer_width=width,
        theme=theme,
        title="Sleep and recovery",
        description=f"{len(days)} days: hours of sleep, HRV and resting heart rate.",
    )
    drawing.text(0, 16, "Sleep and recovery", bold=True, size=14)
    drawing.text(0, 33, f"{days[0]:%d %b} to {days[-1]:%d %b %Y}", size=11, color=theme.faint)
    shares = [(index + 0.5) / len(days) for index in range(len(days))]
    hrvs = [_hrv(nights.get(day), mornings.get(day)) for day in days]
    rests = [
        None if (morning := mornings.get(day)) is None else morning.resting_heart_rate_bpm
        for day in days
    ]
    panels = [
        _sleep_panel([nights.get(day) for day in days]),
        Panel(
            name="HRV (rMSSD), ms",
            values=[rmssd for rmssd, _ in hrvs],
            tell=lambda value: f"{value:.0f}",
            series=0,
            least_span=20,
        ),
        Panel(
            name="HRV (SDNN), ms",
            values=[sdnn for _, sdnn in hrvs],
            tell=lambda value: f"{value:.0f}",
            series=3,
            least_span=20,
        ),
        Panel(
            name="Resting heart rate, bpm",
            values=rests,
            tell=lambda value: f"{value:.0f}",
            series=1,
            least_span=8,
        ),
    ]
    bottom = draw_panels(drawing, _HEAD_PX, shares, panels)
    if bottom == _HEAD_PX:
        drawing.text(0, _HEAD_PX + 12, "Nothing is known of these days.", size=12)
        bottom += 24
    else:
        _dates(drawing, days, shares, bottom)
        area = plot_area(drawing, _HEAD_PX, bottom - _HEAD_PX - 10)
        step = area.width / len(days)
        for index, day in enumerate(days):
            box = Box(left=area.left + index * step, top=area.top, width=step, height=area.height)
            told = _told(day, nights.get(day), hrvs[index], rests[index])
            drawing.place(box, told)
    drawing.height = bottom + 14
    return drawing


def _sleep_panel(nights: Sequence[SleepSession | None]) -> Panel:
    totals = [
        None if night is None or night.total_sleep_seconds is None
        else night.total_sleep_seconds / _HOUR
        for night in nights
    ]  # fmt: skip
    parts: list[tuple[str, list[float | None]]] = [
        (name, [None if night is None else _hours(getattr(night, field)) for night in nights])
        for name, field in _PARTS
    ]
    rest: list[float | None] = []
    for index, total in enumerate(totals):
        staged = sum(values[index] or 0.0 for _, values in parts)
        left = None if total is None else total - staged
        rest.append(left if left is not None and left > 0.05 else None)  # noqa: PLR2004 - 3 min
    return Panel(
        name="Sleep, hours",
        values=totals,
        tell=lambda value: f"{value:.0f}",
        series=0,
        least_span=4,
        bars=(*parts, ("asleep", rest)),
    )


def _hours(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / _HOUR


def _hrv(
    night: SleepSession | None, morning: RecoveryMetrics | None
) -> tuple[float | None, float | None]:
    """The morning's rMSSD, else the night's; SDNN apart, for it is another number."""
    rmssd = None if morning is None else morning.hrv_rmssd_ms
    if rmssd is None and night is not None:
        rmssd = night.hrv_rmssd_ms
    return rmssd, None if morning is None else morning.hrv_sdnn_ms


def _dates(drawing: Drawing, days: Sequence[date], shares: Sequence[float], top: float) -> None:
    step = max(1, round(len(days) / (4 if drawing.is_narrow else 8)))
    for index in range(0, len(days), step):
        drawing.text(
            x_of(drawing, shares[index]),
            top + 4,
            f"{days[index]:%d %b}",
            anchor="middle",
            size=10,
            color=drawing.theme.faint,
        )


def _told(
    day: date,
    night: SleepSession | None,
    hrv: tuple[float | None, float | None],
    rest: float | None,
) -> str:
    seconds = None if night is None else night.total_sleep_seconds
    rmssd, sdnn = hrv
    parts = (
        seconds is not None and f"{clock(seconds)} asleep",
        rmssd is not None and f"HRV {rmssd:.0f} ms (rMSSD)",
        sdnn is not None and f"HRV {sdnn:.0f} ms (SDNN)",
        rest is not None and f"resting heart rate {rest:.0f} bpm",
    )
    return f"{day:%a %d %b}: {', '.join(str(part) for part in parts if part) or 'nothing known'}"


def _asleep(night: SleepSession) -> float:
    return night.total_sleep_seconds or (night.end_time - night.start_time).total_seconds()
