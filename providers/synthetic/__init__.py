"""A believable athlete who does not exist, for trying things out, tests and evaluations.

Everything derives from a seed and calendar dates; see ``diary`` for how. This module is data and a
factory only.
"""

from datetime import date

from pierre_mcp.spi import (
    FitnessProvider,
    ProviderCapabilities,
    ProviderConfig,
    ProviderContext,
    ProviderDescriptor,
    ProviderFactory,
    ProviderSetting,
    Verification,
)

DESCRIPTOR = ProviderDescriptor(
    name="synthetic",
    display_name="Synthetic athlete",
    capabilities=ProviderCapabilities.ACTIVITIES
    | ProviderCapabilities.SLEEP_TRACKING
    | ProviderCapabilities.RECOVERY_METRICS
    | ProviderCapabilities.HEALTH_METRICS,
    verified=Verification(against="not_applicable", date=date(2026, 11, 24)),
    settings=(
        ProviderSetting(name="seed", description="any text; another seed is another athlete"),
        ProviderSetting(
            name="today",
            description="a day like 2026-05-01 that counts as today, for repeatable evaluations",
        ),
    ),
    synthetic=True,
    limitations=("The data is made up and says nothing about any real person.",),
)


class SyntheticProviderFactory(ProviderFactory):
    """Makes the synthetic athlete."""

    @property
    def descriptors(self) -> tuple[ProviderDescriptor, ...]:
        """The one descriptor."""
        return (DESCRIPTOR,)

    def create(self, config: ProviderConfig, context: ProviderContext) -> FitnessProvider:
        """A provider for the seed and day in the configuration."""
        from providers.synthetic.provider import SyntheticProvider  # noqa: PLC0415 - see module

        return SyntheticProvider.configured(config, context)


factory = SyntheticProviderFactory()
