"""Configuration from the environment (``PIERRE_*``) and an optional ``pierre.toml``.

Nothing is read at import. An environment variable wins over the file; empty counts as unset.
The file's keys are the names of ``Settings`` in lower case, and a table ``[providers.<name>]``
with the keys of a provider.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import platformdirs
from pydantic import Field, ValidationError, field_validator

from pierre_mcp.errors import ConfigurationError
from pierre_mcp.models import Model
from pierre_mcp.spi import ProviderConfig, ProviderDescriptor

DEFAULT_PROVIDER = "synthetic"
CALLBACK_URL = "http://localhost:8081/api/oauth/callback/{provider}"

LogLevel = Literal["debug", "info", "warning", "error"]


class Settings(Model):
    """What the operator decides; every field is ``PIERRE_<FIELD>`` in the environment."""

    default_provider: str | None = Field(
        default=None, description="Provider used when a tool call names none."
    )
    providers: tuple[str, ...] | None = Field(
        default=None,
        description="The providers to offer, comma-separated; unset offers all that are installed.",
    )
    home: Path = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("pierre-mcp", appauthor=False)),
        description="Folder for the database, the key file and indexes.",
    )
    log_level: LogLevel = Field(default="info", description="How much to log on stderr.")

    @field_validator("providers", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return _words(value) if isinstance(value, str) else value

    @field_validator("log_level", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("home")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """Settings together with what is needed to configure each provider when it is used."""

    settings: Settings
    environ: Mapping[str, str] = field(repr=False)
    provider_tables: Mapping[str, Mapping[str, Any]] = field(repr=False)

    def provider_config(self, descriptor: ProviderDescriptor) -> ProviderConfig:
        """The configuration of one provider, see ``load_provider_env_config``."""
        return load_provider_env_config(
            descriptor,
            self.environ,
            table=self.provider_tables.get(descriptor.name, {}),
            home=self.settings.home,
        )


def load_settings(environ: Mapping[str, str] | None = None) -> Configuration:
    """Read the environment and the file that ``PIERRE_CONFIG`` names.

    Raises ``ConfigurationError`` naming the variable or the key at fault.
    """
    env = dict(os.environ if environ is None else environ)
    table = _read_file(env.get("PIERRE_CONFIG"))
    provider_tables = table.pop("providers", {}) if isinstance(table.get("providers"), dict) else {}
    values: dict[str, Any] = dict(table)
    for name in Settings.model_fields:
        if value := env.get(f"PIERRE_{name.upper()}", "").strip():
            values[name] = value
    unknown = sorted(set(table) - set(Settings.model_fields))
    if unknown:
        known = ", ".join(sorted([*Settings.model_fields, "providers"]))
        raise ConfigurationError(f"pierre.toml: unknown key '{unknown[0]}'. Known keys: {known}")
    try:
        settings = Settings(**values)
    except ValidationError as invalid:
        first = invalid.errors()[0]
        name = str(first["loc"][0])
        raise ConfigurationError(f"PIERRE_{name.upper()}: {first['msg']}") from None
    for name, provider_table in provider_tables.items():
        if not isinstance(provider_table, dict):
            raise ConfigurationError(f"pierre.toml: [providers.{name}] must be a table")
    return Configuration(
        settings=settings, environ=MappingProxyType(env), provider_tables=provider_tables
    )


def default_provider(settings: Settings) -> str:
    """The provider that a call without one means.

    ``PIERRE_DEFAULT_PROVIDER``, else the synthetic one, else the first that is selected.
    """
    if settings.default_provider:
        return settings.default_provider
    if settings.providers and DEFAULT_PROVIDER not in settings.providers:
        return settings.providers[0]
    return DEFAULT_PROVIDER


def load_provider_env_config(
    descriptor: ProviderDescriptor,
    environ: Mapping[str, str],
    *,
    table: Mapping[str, Any] = MappingProxyType({}),
    home: Path | None = None,
) -> ProviderConfig:
    """One provider's configuration from ``PIERRE_<PROVIDER>_*``, the same without ``PIERRE_``,
    its table in pierre.toml, and the descriptor's defaults, in this order.
    """
    prefix = environment_name(descriptor.name)

    def value(key: str, default: str | None = None) -> str | None:
        for variable in (f"PIERRE_{prefix}_{key.upper()}", f"{prefix}_{key.upper()}"):
            if found := environ.get(variable, "").strip():
                return found
        in_file = table.get(key)
        return str(in_file) if in_file not in (None, "") else default

    endpoints = descriptor.oauth_endpoints
    scopes = value("scopes")
    options = {s.name: found for s in descriptor.settings if (found := value(s.name)) is not None}
    return ProviderConfig(
        name=descriptor.name,
        client_id=value("client_id"),
        client_secret=value("client_secret"),
        api_key=value("api_key"),
        auth_url=value("auth_url", endpoints.auth_url if endpoints else None),
        token_url=value("token_url", endpoints.token_url if endpoints else None),
        revoke_url=value("revoke_url", endpoints.revoke_url if endpoints else None),
        api_base_url=value("api_base_url", descriptor.api_base_url),
        redirect_uri=value("redirect_uri", CALLBACK_URL.format(provider=descriptor.name)),
        scopes=_words(scopes) if scopes else descriptor.default_scopes,
        data_dir=str(home / "providers" / descriptor.name) if home else None,
        options=MappingProxyType(options),
    )


def environment_name(provider: str) -> str:
    """A provider's name as it stands in an environment variable."""
    return provider.upper().replace("-", "_")


def missing_settings(descriptor: ProviderDescriptor, config: ProviderConfig) -> tuple[str, ...]:
    """The variables that have to be set before the provider can be used, each with its meaning."""
    prefix = environment_name(descriptor.name)
    return tuple(
        f"PIERRE_{prefix}_{setting.name.upper()} ({setting.description})"
        for setting in descriptor.settings
        if setting.required and setting.name not in config.options
    )


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in text.replace(",", " ").split() if word)


def _read_file(path: str | None) -> dict[str, Any]:
    if not path:
        return {}
    try:
        text = Path(path).expanduser().read_text(encoding="utf-8")
    except OSError as unreadable:
        reason = unreadable.strerror or "unreadable"
        raise ConfigurationError(f"PIERRE_CONFIG: cannot read {path}: {reason}") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"PIERRE_CONFIG: {path} is not UTF-8 text") from None
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as malformed:
        raise ConfigurationError(f"{path}: {malformed}") from None
