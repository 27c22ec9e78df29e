"""The synthetic athlete holds what every provider holds."""

from datetime import UTC, datetime

from pierre_mcp.testing import ProviderContract
from providers.synthetic import factory


class TestSynthetic(ProviderContract):
    factory = factory
    now = datetime(2026, 5, 1, 12, tzinfo=UTC)
    unknown = {"2026-04-30-1": {"average_power_watts"}, "2026-05-01-1": {"max_power_watts"}}
