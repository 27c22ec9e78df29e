"""The scorecard of Strava is true of what its mapping makes of a history."""

from scorecards import differences
from strava_fake import FakeStrava, connected
from strava_history import history

from pierre_mcp.spi import ActivityQuery, Include

HISTORY = history(21, 200)


async def test_the_scorecard_is_what_the_mapping_gives():
    records = []
    async with connected(FakeStrava(HISTORY)) as provider:
        records.append(await provider.get_athlete())
        page = await provider.get_activities(ActivityQuery(limit=60))
    for listed in page:
        # Each anew: so many requests are more than a quarter of an hour allows.
        async with connected(FakeStrava(HISTORY)) as provider:
            activity = await provider.get_activity(listed.id, frozenset(Include))
        records += [activity, *(activity.laps or ()), *filter(None, [activity.streams])]
    assert "; ".join(differences("strava", records)) == ""
