"""``doctor`` on the settings: what means nothing here, with what may have been meant."""

import difflib
from collections.abc import Iterator, Mapping

from pierre_mcp.cli.findings import Finding, shown
from pierre_mcp.composition import Composition
from pierre_mcp.errors import PierreError
from pierre_mcp.settings import Configuration, Settings, environment_name, variable_of

_PROVIDER_VARIABLES = (
    "CLIENT_ID", "CLIENT_SECRET", "AUTH_URL", "TOKEN_URL", "REFRESH_URL", "API_BASE_URL",
    "REVOKE_URL", "REVOKE_STYLE", "SCOPES", "REDIRECT_URI", "API_KEY",
)  # fmt: skip


def unknown_variables(env: Mapping[str, str], composition: Composition) -> Iterator[Finding]:
    """Variables of ours by name that nothing reads."""
    known = {variable_of(name) for name in Settings.model_fields} | {"PIERRE_CONFIG"}
    for name in composition.registry.supported_providers():
        prefix = f"PIERRE_{environment_name(name)}_"
        known |= {prefix + variable for variable in _PROVIDER_VARIABLES}
        try:
            settings = composition.registry.get_descriptor(name).settings
        except PierreError:
            continue
        known |= {prefix + setting.name.upper() for setting in settings}
    for variable in sorted(env):
        if variable.startswith("PIERRE_") and variable not in known:
            yield _meaningless(variable, known)


def unknown_tables(configuration: Configuration, composition: Composition) -> Iterator[Finding]:
    """Tables of pierre.toml about providers that there are not."""
    known = {f"[providers.{name}]" for name in composition.registry.supported_providers()}
    for name in sorted(configuration.provider_tables):
        if f"[providers.{name}]" not in known:
            yield _meaningless(f"[providers.{name}]", known)


def _meaningless(setting: str, known: set[str]) -> Finding:
    plain = setting.removeprefix("PIERRE_")
    close = [plain] if plain in known else difflib.get_close_matches(setting, sorted(known), n=1)
    return Finding(
        check="settings",
        level="warn",
        detail=f"{shown(setting)} means nothing here.",
        remedy=f"Did you mean {close[0]}?" if close else "",
    )
