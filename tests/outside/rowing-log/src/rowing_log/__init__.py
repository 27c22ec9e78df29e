"""A boathouse logbook: what the provider is, and how it is made."""

from datetime import date

from pierre_mcp.spi import (
    ProviderCapabilities,
    ProviderDescriptor,
    ProviderSetting,
    SingleProviderFactory,
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

factory = SingleProviderFactory(DESCRIPTOR, "rowing_log.provider:RowingLog")
