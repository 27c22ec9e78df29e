"""The claims that every provider holds, as a suite to subclass.

    class TestMyProvider(ProviderContract):
        factory = my_package.factory
        now = datetime(2026, 5, 1, 12, tzinfo=UTC)
        unknown = {"123": {"average_power_watts"}}

        def config(self, folder):
            return ProviderConfig(name="mine", options={"dir": str(folder)})

A provider that one connects to overrides ``client`` too: an API for it to ask.

The suite asks the provider as the server would, and looks at its newest activities only, so that it
may run against a long history.
"""

from pierre_mcp.testing.contract.activities import ActivityClaims
from pierre_mcp.testing.contract.conduct import ConductClaims
from pierre_mcp.testing.contract.details import DetailClaims
from pierre_mcp.testing.contract.values import ValueClaims
from pierre_mcp.testing.contract.wellness import WellnessClaims
from pierre_mcp.testing.contract.zones import ZoneClaims

__all__ = ["ProviderContract"]


class ProviderContract(
    ConductClaims, ActivityClaims, DetailClaims, ZoneClaims, ValueClaims, WellnessClaims
):
    """All claims; see ``hooks.Hooks`` for what a subclass says about its provider."""

    def test_no_claim_of_the_contract_is_weakened(self) -> None:
        """A claim that is overridden, skipped or expected to fail is a claim that is not held."""
        for name in dir(ProviderContract):
            if name.startswith("test_"):
                own = getattr(type(self), name)
                assert own is getattr(ProviderContract, name), f"{name} is overridden"
        marks = {mark.name for mark in getattr(type(self), "pytestmark", [])}
        assert not marks & {"skip", "skipif", "xfail"}, "the suite is skipped or expected to fail"
