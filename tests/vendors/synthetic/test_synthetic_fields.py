"""The scorecard of the synthetic athlete is true of two months of theirs."""

from datetime import timedelta

from invented import athlete
from scorecards import differences

from pierre_mcp.spi import ActivityQuery, Include


async def test_the_scorecard_is_what_there_is():
    provider = athlete()
    records = [await provider.get_athlete()]
    for listed in await provider.get_activities(ActivityQuery(limit=60)):
        activity = await provider.get_activity(listed.id, frozenset(Include))
        records += [activity, *(activity.laps or ()), *filter(None, [activity.streams])]
    today = provider.today()
    for ask in (
        provider.get_sleep_sessions,
        provider.get_recovery_metrics,
        provider.get_health_metrics,
    ):
        records += await ask(today - timedelta(days=60), today)
    assert "; ".join(differences("synthetic", records)) == ""
