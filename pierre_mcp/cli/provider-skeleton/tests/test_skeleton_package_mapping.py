"""Payloads with nulls, nonsense and strange letters."""

import pytest
from pierre_mcp.models import SportType
from pierre_mcp.models.reading import Unreadable

from fake_skeleton_package import history
from skeleton_package.mapping import activities_of, activity_of


def test_a_field_that_cannot_be_is_unknown_with_a_warning_and_the_rest_stays():
    activity = activity_of(history()[0] | {"average_bpm": 900})
    assert activity.average_heart_rate_bpm is None
    assert activity.distance_meters == 8000
    assert [warning.field for warning in activity.warnings] == ["average_heart_rate_bpm"]


def test_an_unknown_sport_is_other_and_keeps_its_word():
    activity = activity_of(history()[4])
    assert (activity.sport_type, activity.sport_type_raw) == (SportType.OTHER, "kubb")


def test_a_record_that_cannot_be_read_costs_itself_only():
    found, lost = activities_of({"workouts": [*history()[:2], {"id": 7}, None]})
    assert (len(found), len(lost)) == (2, 2)


@pytest.mark.parametrize("payload", [None, [], {}, {"id": True, "start": "2026-05-01T00:00:00Z"}])
def test_what_is_no_workout_is_said_to_be_none(payload):
    with pytest.raises(Unreadable):
        activity_of(payload)
