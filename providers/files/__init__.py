"""A folder of recordings on this machine: FIT, TCX and GPX files, exports of vendors included.

This module is data and a factory only; ``provider`` answers questions, ``index`` remembers what was
read.
"""

from datetime import date

from pierre_mcp.spi import (
    ProviderCapabilities,
    ProviderDescriptor,
    ProviderSetting,
    SingleProviderFactory,
    Verification,
)

DESCRIPTOR = ProviderDescriptor(
    name="files",
    display_name="Recordings folder",
    capabilities=ProviderCapabilities.ACTIVITIES
    | ProviderCapabilities.RECOVERY_METRICS
    | ProviderCapabilities.HEALTH_METRICS,
    verified=Verification(against="not_applicable", date=date(2026, 11, 24)),
    settings=(
        ProviderSetting(
            name="dir",
            description="the folder of your FIT, TCX and GPX files, such as an unpacked export",
            required=True,
            personal=True,
        ),
    ),
    limitations=(
        "Sleep is not read: recordings of workouts do not hold it.",
        "Recovery and health data are there only where a file holds them, such as weighings.",
        "A recording without a date, or a route without times, cannot be placed in the history.",
    ),
)

factory = SingleProviderFactory(DESCRIPTOR, "providers.files.provider:FilesProvider")
