"""The synthetic athlete at a handed-in time, and ways to ask everything of them."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from pierre_mcp.models import Activity
from pierre_mcp.spi import ActivityQuery, Include, ProviderConfig, ProviderContext
from providers.synthetic.diary import Diary
from providers.synthetic.history import DiaryHistory
from providers.synthetic.provider import SyntheticProvider

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
FULL = frozenset({Include.LAPS, Include.STREAMS})

moments = st.datetimes(
    min_value=datetime(2018, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2031, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
days = st.dates(min_value=date(2017, 1, 1), max_value=date(2026, 11, 20))
seeds = st.sampled_from(["1", "2", "another athlete"])


async def silent(*_):
    """Nobody waits."""


def context_at(now):
    return ProviderContext(clock=lambda: now, progress=silent, spawn=lambda _: None)


def athlete(now=NOW, **options):
    """Configured as an operator would; shares its diary with all of the same seed."""
    return SyntheticProvider.configured(
        ProviderConfig(name="synthetic", options=options), context_at(now)
    )


def with_empty_diary(now=NOW, seed="1"):
    """The same athlete, with nothing made yet, and the diary to look into."""
    diary = Diary(seed)
    config = ProviderConfig(name="synthetic")
    history = DiaryHistory(diary)
    return SyntheticProvider(config, context_at(now), history=history, diary=diary), diary


async def walk(provider, page_size=200, **query):
    """Every activity that matches, page by page."""
    found, cursor = [], None
    while True:
        page = await provider.get_activities(ActivityQuery(limit=page_size, cursor=cursor, **query))
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            return found


def end_of(activity: Activity) -> datetime:
    return activity.start_time + timedelta(seconds=activity.duration_seconds or 0)
