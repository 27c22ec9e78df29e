"""The scorecard of Garmin is true of what its mapping makes of a history."""

from datetime import timedelta

from garmin_fake import FakeGarmin, connected
from garmin_history import history
from scorecards import differences

from pierre_mcp.spi import ActivityQuery, Include

HISTORY = history(21, 60)


async def test_the_scorecard_is_what_the_mapping_gives():
    records = []
    async with connected(FakeGarmin(HISTORY)) as provider:
        records.append(await provider.get_athlete())
        today = provider.today()
        for ask in (
            provider.get_sleep_sessions,
            provider.get_recovery_metrics,
            provider.get_health_metrics,
        ):
            records += await ask(today - timedelta(days=60), today)
        for listed in await provider.get_activities(ActivityQuery(limit=12)):
            activity = await provider.get_activity(listed.id, frozenset(Include))
            records += [activity, *(activity.laps or ()), *filter(None, [activity.streams])]
    assert "; ".join(differences("garmin", records)) == ""
