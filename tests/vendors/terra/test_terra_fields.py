"""The scorecard of Terra is true of what its mapping makes of a history."""

from datetime import timedelta

from scorecards import differences
from terra_fake import FakeTerra, connected
from terra_history import history

from pierre_mcp.spi import ActivityQuery, Include


async def test_the_scorecard_is_what_the_mapping_gives():
    records = []
    async with connected(FakeTerra(history(21, 60))) as provider:
        records.append(await provider.get_athlete())
        today = provider.today()
        for ask in (
            provider.get_sleep_sessions,
            provider.get_recovery_metrics,
            provider.get_health_metrics,
        ):
            records += await ask(today - timedelta(days=60), today)
        for listed in await provider.get_activities(ActivityQuery(limit=20)):
            activity = await provider.get_activity(listed.id, frozenset(Include))
            records += [activity, *(activity.laps or ()), *filter(None, [activity.streams])]
    assert "; ".join(differences("terra", records)) == ""
