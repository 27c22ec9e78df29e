"""A boathouse logbook: what the provider is, and how it is made."""

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
    name="rowing-log",
    display_name="Boathouse logbook",
    capabilities=ProviderCapabilities.ACTIVITIES,
    verified=Verification(against="not_applicable", date=date(2026, 11, 24)),
    settings=(ProviderSetting(name="csv", description="the logbook as a CSV file", personal=True),),
    limitations=("The logbook knows no heart rate.",),
)


class RowingLogFactory(ProviderFactory):
    """Makes the provider of a logbook."""

    @property
    def descriptors(self) -> tuple[ProviderDescriptor, ...]:
        return (DESCRIPTOR,)

    def create(self, config: ProviderConfig, context: ProviderContext) -> FitnessProvider:
        from rowing_log.provider import RowingLog

        return RowingLog(DESCRIPTOR, config, context)


factory = RowingLogFactory()
