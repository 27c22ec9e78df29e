"""The synthetic athlete holds what every provider holds."""

from datetime import UTC, datetime

from pierre_mcp.testing import ProviderContract
from providers.synthetic import factory


class TestSynthetic(ProviderContract):
    factory = factory
    now = datetime(2026, 5, 1, 12, tzinfo=UTC)
    unknown = {}
