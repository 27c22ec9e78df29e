from datetime import UTC, datetime

from pierre_mcp.testing import ProviderContract
from rowing_log import factory


class TestRowingLog(ProviderContract):
    factory = factory
    now = datetime(2026, 5, 1, 12, tzinfo=UTC)
    unknown = {"103": {"distance_meters", "average_heart_rate_bpm"}, "106": {"name"}}
