"""The scorecard of recordings is true of real ones, an export's table and a morning's scale."""

from datetime import UTC, date, datetime
from pathlib import Path

from recorded import fit_morning, fit_weighing, put, strava_export
from scorecards import differences

from pierre_mcp.models import WarningCode
from pierre_mcp.spi import ActivityQuery, Include, ProviderConfig
from pierre_mcp.testing import FakeClock, open_provider
from providers.files import factory

NOW = datetime(2026, 11, 24, tzinfo=UTC)
SCALE_ONLY = ("HealthMetrics.muscle_mass_kg", "HealthMetrics.vo2_max_ml_per_kg_min")
"""What some scales and watches write and none of the files here has."""


def filled(folder: Path, samples: Path) -> Path:
    """A folder with something of everything."""
    strava_export(folder)
    put(folder, "scale.fit", fit_weighing())
    put(folder, "night.fit", fit_morning())
    for sample in samples.rglob("*.*"):
        if sample.suffix in {".fit", ".gpx", ".tcx"}:
            put(folder, sample.name, sample.read_bytes())
    return folder


async def test_the_scorecard_is_what_recordings_give(shared_samples: Path, tmp_path: Path):
    folder = filled(tmp_path / "recordings", shared_samples)
    config = ProviderConfig(
        name="files", options={"dir": str(folder)}, data_dir=str(tmp_path / "data")
    )
    async with open_provider(factory, config, FakeClock(NOW)) as provider:
        while True:
            listed = await provider.get_activities(ActivityQuery(limit=200))
            if not any(w.code is WarningCode.STILL_INDEXING for w in listed.warnings):
                break
        records = [await provider.get_athlete()]
        for summary in listed:
            activity = await provider.get_activity(summary.id, frozenset(Include))
            records += [activity, *(activity.laps or ()), *filter(None, [activity.streams])]
        for ask in (provider.get_recovery_metrics, provider.get_health_metrics):
            records += await ask(date(2000, 1, 1), NOW.date())
    found = [d for d in differences("files", records) if not d.startswith(SCALE_ONLY)]
    assert "; ".join(found) == ""
