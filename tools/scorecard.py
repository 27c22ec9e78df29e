"""Write docs/providers.md: what each provider gives, from which wire field, on what terms.

Everything on the page comes from descriptors and from ``fields`` of the providers; a test compares
the page with what this makes. Run it after a change: ``python tools/scorecard.py``.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

from pierre_mcp.models import (
    Activity,
    Athlete,
    HealthMetrics,
    Lap,
    RecoveryMetrics,
    SleepSession,
    Streams,
)
from pierre_mcp.models.base import Model
from pierre_mcp.registry import ENTRY_POINT_GROUP, OWN_DISTRIBUTION
from pierre_mcp.spi import ProviderDescriptor

PAGE = Path(__file__).parents[1] / "docs" / "providers.md"
MODELS: tuple[type[Model], ...] = (
    Activity, Lap, Streams, Athlete, SleepSession, RecoveryMetrics, HealthMetrics,
)  # fmt: skip
_NOT_TOLD = {
    "provider", "warnings", "id", "date", "index", "laps", "streams", "sport_type",
    "sport_type_raw",
}  # fmt: skip
_HEAD = """\
# Providers

What each provider gives, what it cannot give and why, on what terms, and where each unified field
comes from. This page is made from the providers themselves by `tools/scorecard.py`, and a test
holds it to them. Terms are told as we read them on the date that stands there; they are not legal
advice, and reading them is up to you.
"""
_TABLES = """\
## Fields

A field's own path on the wire; `= ...` where it is derived; empty where the provider does not give
it. Laps and streams are read when they are asked for.
"""


def descriptors() -> list[ProviderDescriptor]:
    """Those of our own distribution, by name."""
    found = [
        descriptor
        for entry_point in entry_points(group=ENTRY_POINT_GROUP)
        if entry_point.dist is not None and entry_point.dist.name == OWN_DISTRIBUTION
        for descriptor in entry_point.load().descriptors
        if descriptor.name == entry_point.name
    ]
    return sorted(found, key=lambda descriptor: descriptor.name)


def fields_of(provider: str) -> Mapping[str, Mapping[str, str]]:
    """What the provider says that it gives, by model and field."""
    fields: Mapping[str, Mapping[str, str]] = import_module(f"providers.{provider}.fields").FIELDS
    return fields


def told_fields(model: type[Model]) -> list[str]:
    """The fields of a model that the scorecard speaks of."""
    return [name for name in model.model_fields if name not in _NOT_TOLD]


def page() -> str:
    """The whole page."""
    ours = descriptors()
    parts = [_HEAD, *("\n".join(about(one)) + "\n" for one in ours), _TABLES]
    for model in MODELS:
        with_any = [d.name for d in ours if fields_of(d.name).get(model.__name__)]
        parts.append("\n".join(_table(model, with_any)) + "\n")
    return "\n".join(parts)


def about(provider: ProviderDescriptor) -> Iterator[str]:
    """One provider in words."""
    capabilities = ", ".join(flag.name.lower() for flag in provider.capabilities if flag.name)
    yield f"## {provider.display_name}"
    yield ""
    yield f"- Name: `{provider.name}`. Capabilities: {capabilities}."
    yield f"- Connected by: {provider.connection.value}."
    if provider.verified.against != "not_applicable":
        yield f"- Verified against {provider.verified.against} on {provider.verified.date}."
    if provider.experimental is not None:
        yield f"- Experimental: {provider.experimental}"
    yield from (f"- {limitation}" for limitation in provider.limitations)
    yield from (f"- From {change.date}: {change.what}" for change in provider.upcoming)
    terms = provider.terms
    if terms is not None:
        kept = None if terms.keep_days is None else f"Data is kept {terms.keep_days} days at most."
        told = (kept, terms.attribution, terms.sharing, terms.ai, terms.personal)
        words = " ".join(sentence for sentence in told if sentence is not None)
        if terms.read is None:
            yield f"- Terms: {terms.source}. Nobody of us has read them: do so before you connect."
        else:
            yield f"- Terms ({terms.source}, read {terms.read}): {words}"


def _table(model: type[Model], providers: list[str]) -> Iterator[str]:
    yield f"### {model.__name__}"
    yield ""
    yield f"| Field | {' | '.join(providers)} |"
    yield "|---|" + "---|" * len(providers)
    for field in told_fields(model):
        cells = [fields_of(name)[model.__name__].get(field, "") for name in providers]
        yield f"| `{field}` | {' | '.join(cells)} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
