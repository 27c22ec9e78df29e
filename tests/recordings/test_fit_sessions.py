"""Files with several sessions, one directly after the other."""

from datetime import UTC, datetime, timedelta

import fit_writer as fit

from pierre_mcp.recordings import read_recording

START = datetime(2026, 5, 1, 6, 30, tzinfo=UTC)


def test_a_lap_that_begins_with_the_next_session_belongs_to_that_one_only():
    rides = [fit.ride(START + timedelta(seconds=n * 60), 60, sport=2 - n % 2) for n in range(3)]
    content = fit.file(fit.file_id(), *rides)
    activities = read_recording(content, provider="files", record_id="a").activities
    assert [len(activity.laps or ()) for activity in activities] == [1, 1, 1]
    assert [a.laps[0].start_time for a in activities if a.laps] == [
        a.start_time for a in activities
    ]
