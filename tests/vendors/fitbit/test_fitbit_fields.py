"""The scorecard of Fitbit is true of what its mapping makes of a history."""

from datetime import timedelta

from fitbit_fake import FakeFitbit, connected
from fitbit_history import NOW, history
from scorecards import differences

from pierre_mcp.spi import ActivityQuery, Include

HISTORY = history(21, 60, days=40)


async def test_the_scorecard_is_what_the_mapping_gives():
    today = NOW.date()
    days = (today - timedelta(days=30), today)
    async with connected(FakeFitbit(HISTORY)) as provider:
        records = [await provider.get_athlete()]
        for listed in await provider.get_activities(ActivityQuery(limit=60)):
            activity = await provider.get_activity(listed.id, frozenset(Include))
            records += [activity, *(activity.laps or ()), *filter(None, [activity.streams])]
        records += await provider.get_sleep_sessions(*days)
        records += await provider.get_recovery_metrics(*days)
        records += await provider.get_health_metrics(*days)
    assert "; ".join(differences("fitbit", records)) == ""
