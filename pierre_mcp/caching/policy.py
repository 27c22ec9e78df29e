"""How long answers count as fresh, how long they are kept, and how a question wants them.

Plain data and arithmetic; the present is handed in.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from pierre_mcp.spi import Connection, ProviderDescriptor

KEEP = timedelta(days=7)
"""How long a copy is kept for the time that a provider fails, where its terms allow so long."""

_LATELY = timedelta(days=1)
"""Watches still send what happened today and yesterday."""


class CachePolicy(StrEnum):
    """What a question makes of kept answers."""

    USE_CACHE = "use_cache"
    """A fresh copy will do."""
    BYPASS = "bypass"
    """Ask the provider, and keep nothing."""
    REFRESH = "refresh"
    """Ask the provider, and keep the answer in place of the old copy."""


class CacheState(StrEnum):
    """How kept answers took part in an answer, from the best to the worst."""

    HIT = "hit"
    MISS = "miss"
    BYPASS = "bypass"
    STALE = "stale"


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How an answer came about: the worst state of its parts, and the oldest of their times."""

    state: CacheState
    fetched_at: datetime

    def with_part(self, other: "Freshness") -> "Freshness":
        """Both as one."""
        order = list(CacheState)
        worst = max(self.state, other.state, key=order.index)
        return replace(self, state=worst, fetched_at=min(self.fetched_at, other.fetched_at))


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheTtlConfig:
    """How long answers of each kind are fresh."""

    athlete_profile: timedelta = timedelta(days=1)
    activity_list: timedelta = timedelta(minutes=15)
    activity: timedelta = timedelta(hours=1)
    stats: timedelta = timedelta(hours=6)
    wellness: timedelta = timedelta(hours=6)
    recent_wellness: timedelta = timedelta(minutes=15)
    incomplete: timedelta = timedelta(minutes=1)
    """Of any kind, where the provider says that something is still missing."""

    def of_days(self, end: date, today: date) -> timedelta:
        """Of sleep, recovery and health up to ``end``."""
        return self.recent_wellness if end >= today - _LATELY else self.wellness


def keeps_for(descriptor: ProviderDescriptor) -> timedelta:
    """How long copies of that provider's answers may be kept: its terms may say less."""
    terms = descriptor.terms
    if terms is None or terms.keep_days is None:
        return KEEP
    return min(KEEP, timedelta(days=terms.keep_days))


def is_worth_caching(descriptor: ProviderDescriptor) -> bool:
    """Whether asking costs a request to somebody, and the terms let an answer be kept."""
    asks_somebody = descriptor.connection is not Connection.NONE or bool(descriptor.api_base_url)
    return asks_somebody and keeps_for(descriptor) > timedelta(0)
