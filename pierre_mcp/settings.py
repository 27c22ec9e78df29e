"""Configuration from the environment (``PIERRE_*``) and an optional ``pierre.toml``.

Nothing is read at import. An environment variable wins over the file; empty counts as unset.
The file's keys are the names of ``Settings`` in lower case, and a table ``[providers.<name>]``
with the keys of a provider.
"""

import ipaddress
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import platformdirs
from pydantic import Field, ValidationError, field_validator

from pierre_mcp import patience
from pierre_mcp.errors import ConfigurationError
from pierre_mcp.models import Model, Units, WeekStart
from pierre_mcp.spi import (
    ClientAuth,
    Connection,
    ProviderConfig,
    ProviderDescriptor,
    RevokeStyle,
)

DEFAULT_PROVIDER = "synthetic"
LOCAL_CALLBACK_BASE = "http://localhost:8081"
"""Where a browser comes back to on a person's own machine."""

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
    source_priority: tuple[str, ...] = Field(
        default=(),
        description="Providers to believe first where several tell of one workout or day, "
        "comma-separated. Unset: who recorded it, then who knows more.",
    )
    units: Units = Field(
        default=Units.METRIC,
        description="metric or imperial: what distances, heights and paces are told in.",
    )
    week_start: WeekStart = Field(
        default=WeekStart.MONDAY, description="The day that weeks begin on: monday or sunday."
    )
    time_zone: str | None = Field(
        default=None,
        description="The person's time zone, like Europe/Zurich, which decides what today is. "
        "Unset: this machine's.",
    )
    charts: bool = Field(
        default=False, description="Whether to offer the tool chart, which answers with a picture."
    )
    log_level: LogLevel = Field(default="info", description="How much to log on stderr.")
    database_url: str | None = Field(
        default=None,
        repr=False,
        description="Where connections are kept: sqlite+aiosqlite:///... or "
        "postgresql+asyncpg://... Unset: a SQLite file in PIERRE_HOME.",
    )
    master_key: str | None = Field(
        default=None,
        repr=False,
        description="Key that seals tokens: 32 bytes in base64; several by commas, the first "
        "seals. Required with PostgreSQL. Unset: a key file in PIERRE_HOME.",
    )
    redis_url: str | None = Field(
        default=None,
        repr=False,
        description="Redis shared by several processes (REDIS_URL). Unset: none.",
    )
    public_url: str | None = Field(
        default=None, description="The https address under which people reach a hosted server."
    )
    allowed_hosts: tuple[str, ...] = Field(
        default=(), description="Further Host headers to answer to, comma-separated."
    )
    oidc_issuer: str | None = Field(
        default=None, description="OIDC issuer whose tokens are accepted over HTTP."
    )
    oidc_audience: str | None = Field(
        default=None, description="Audience a token must name. Unset: the address of /mcp."
    )
    oidc_tenant_claim: str = Field(
        default="tenant", description="Claim that holds the tenant; without it: 'default'."
    )
    oidc_user_claim: str = Field(default="sub", description="Claim that holds the user.")
    oidc_scopes: tuple[str, ...] = Field(
        default=(), description="Scopes a token must have, comma-separated. Unset: none."
    )
    calls_per_minute: int = Field(
        default=120, ge=1, description="Tool calls a person may make in a minute over HTTP."
    )

    @field_validator("providers", "source_priority", "allowed_hosts", "oidc_scopes", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return _words(value) if isinstance(value, str) else value

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                ZoneInfo(value)
            except (
                ValueError,
                OSError,
                KeyError,
            ):  # of what names a folder, and of what there is not
                raise ValueError("is not a time zone like Europe/Zurich") from None
        return value

    @field_validator("log_level", "units", "week_start", mode="before")
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
            public_url=self.settings.public_url,
        )


def load_settings(environ: Mapping[str, str] | None = None) -> Configuration:
    """Read the environment and the file that ``PIERRE_CONFIG`` names.

    Raises ``ConfigurationError`` naming the variable or the key at fault.
    """
    env = dict(os.environ if environ is None else environ)
    table, text = _read_file(env.get("PIERRE_CONFIG"))
    provider_tables = table.pop("providers", {}) if isinstance(table.get("providers"), dict) else {}
    values: dict[str, Any] = dict(table)
    for name in Settings.model_fields:
        if value := env.get(variable_of(name), "").strip():
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
        raise ConfigurationError(f"{variable_of(name)}: {first['msg']}") from None
    for name, provider_table in provider_tables.items():
        if not isinstance(provider_table, dict):
            raise ConfigurationError(f"pierre.toml: [providers.{name}] must be a table")
    patience.check(provider_tables, text)
    return Configuration(
        settings=settings, environ=MappingProxyType(env), provider_tables=provider_tables
    )


def variable_of(setting: str) -> str:
    """The environment variable of a field of ``Settings``."""
    return "REDIS_URL" if setting == "redis_url" else f"PIERRE_{setting.upper()}"


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
    public_url: str | None = None,
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

    def url(key: str, default: str | None) -> str | None:
        found = value(key, default)
        if found is not None:
            _require_https(f"PIERRE_{prefix}_{key.upper()}", found)
        return found

    callback = f"/api/oauth/callback/{descriptor.name}"
    redirect_uri = value("redirect_uri")
    if redirect_uri is not None:
        _require_path(f"PIERRE_{prefix}_REDIRECT_URI", redirect_uri, callback)
    base = (public_url or LOCAL_CALLBACK_BASE).rstrip("/")
    endpoints = descriptor.oauth_endpoints
    scopes = value("scopes")
    options = {s.name: found for s in descriptor.settings if (found := value(s.name)) is not None}
    return ProviderConfig(
        name=descriptor.name,
        client_id=value("client_id"),
        client_secret=value("client_secret"),
        api_key=value("api_key"),
        auth_url=url("auth_url", endpoints.auth_url if endpoints else None),
        token_url=url("token_url", endpoints.token_url if endpoints else None),
        refresh_url=url("refresh_url", endpoints.refresh_url if endpoints else None),
        revoke_url=url("revoke_url", endpoints.revoke_url if endpoints else None),
        revoke_style=_revoke_style(prefix, value("revoke_style")),
        api_base_url=url("api_base_url", descriptor.api_base_url),
        redirect_uri=redirect_uri or f"{base}{callback}",
        scopes=_words(scopes) if scopes else descriptor.default_scopes,
        data_dir=str(home / "providers" / descriptor.name) if home else None,
        retry=patience.retry_of(table, descriptor.retry),
        options=MappingProxyType(options),
    )


def environment_name(provider: str) -> str:
    """A provider's name as it stands in an environment variable."""
    return provider.upper().replace("-", "_")


def setup_problem(descriptor: ProviderDescriptor, config: ProviderConfig) -> str | None:
    """What the operator has to do before the provider can be used, in a sentence."""
    if descriptor.review is not None and (wrong := descriptor.review(config)) is not None:
        return wrong
    missing = missing_settings(descriptor, config)
    return f"Set {'; '.join(missing)}." if missing else None


def missing_settings(descriptor: ProviderDescriptor, config: ProviderConfig) -> tuple[str, ...]:
    """The variables that have to be set before the provider can be used, each with its meaning."""
    prefix = environment_name(descriptor.name)
    missing = []
    if descriptor.connection is Connection.OAUTH2:
        where = descriptor.credentials_help or "of your application at the provider"
        wanted = {"CLIENT_ID": config.client_id}
        if descriptor.oauth_params.client_auth is not ClientAuth.NONE:
            wanted["CLIENT_SECRET"] = config.client_secret
        if lacking := [f"PIERRE_{prefix}_{name}" for name, v in wanted.items() if not v]:
            missing.append(f"{' and '.join(lacking)} ({where.rstrip('.')})")
    missing += [
        f"PIERRE_{prefix}_{setting.name.upper()} ({setting.description})"
        for setting in descriptor.settings
        if setting.required and setting.name not in config.options
    ]
    return tuple(missing)


def is_safe_address(url: str) -> bool:
    """Whether secrets may travel to an address: encrypted, or within this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return bool(host) and (
        parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    )


def _require_https(name: str, url: str) -> None:
    if not is_safe_address(url):
        raise ConfigurationError(
            f"{name}: the address must begin with https:// (http:// only for this machine)."
        )


def _require_path(name: str, url: str, path: str) -> None:
    """Anywhere else a browser that comes back from the provider would find nothing."""
    if not urlsplit(url).path.endswith(path):
        raise ConfigurationError(f"{name}: the address must end with {path}")


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _revoke_style(prefix: str, value: str | None) -> RevokeStyle | None:
    if value is None:
        return None
    try:
        return RevokeStyle(value.lower())
    except ValueError:
        known = ", ".join(RevokeStyle)
        raise ConfigurationError(f"PIERRE_{prefix}_REVOKE_STYLE: must be one of {known}.") from None


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in text.replace(",", " ").split() if word)


def _read_file(path: str | None) -> tuple[dict[str, Any], str]:
    """What the file holds, and its text."""
    if not path:
        return {}, ""
    try:
        text = Path(path).expanduser().read_text(encoding="utf-8")
    except OSError as unreadable:
        reason = unreadable.strerror or "unreadable"
        raise ConfigurationError(f"PIERRE_CONFIG: cannot read {path}: {reason}") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"PIERRE_CONFIG: {path} is not UTF-8 text") from None
    try:
        return tomllib.loads(text), text
    except tomllib.TOMLDecodeError as malformed:
        raise ConfigurationError(f"{path}: {malformed}") from None
