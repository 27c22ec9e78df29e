"""``keys rotate``, with its report in words and as a value."""

from dataclasses import asdict
from typing import Any

import anyio

from pierre_mcp.cli.opening import quiet_configuration
from pierre_mcp.connections import rotation
from pierre_mcp.connections.rotation import RotationReport


def rotate() -> RotationReport:
    """Rotate the keys of the settings. Raises ``ConfigurationError`` or ``StoreUnavailable``."""
    return anyio.run(rotation.rotate, quiet_configuration().settings)


def as_json(report: RotationReport) -> dict[str, Any]:
    """The report as a value."""
    return asdict(report)


def sentences(report: RotationReport) -> list[str]:
    """The report in words; keys are named by their ids."""
    told = [
        (
            f"Everything is sealed with the key {report.sealing_key} now; rows sealed anew: "
            f"{report.resealed_rows}."
        )
    ]
    if report.resumed:
        told.append("A rotation that had been broken off was brought to its end.")
    if report.unreadable_rows:
        told.append(
            f"Rows that do not open with any key there is: {report.unreadable_rows}; restore the "
            "key that sealed them, or let their people connect again."
        )
    if report.older_keys:
        told.append(f"These keys still open and no longer seal: {', '.join(report.older_keys)}.")
    if report.dropped_keys:
        told.append(f"These keys opened nothing any more and are gone: {_ids(report.dropped_keys)}")
    if report.unused_keys:
        told.append(f"These keys open nothing any more: {_ids(report.unused_keys)}")
    if report.next_step:
        told.append(report.next_step)
    return told


def _ids(keys: tuple[str, ...]) -> str:
    return f"{', '.join(keys)}."
