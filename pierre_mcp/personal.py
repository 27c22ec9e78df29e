"""What the operator configured as their own, and that nobody else is served it.

The one place of this rule: whoever makes a provider, or says how it stands, asks here for the
configuration that a person may use.
"""

from dataclasses import dataclass, field, replace

from pierre_mcp.errors import NotConfigured, NotShared
from pierre_mcp.folders import own_folder
from pierre_mcp.principal import LOCAL, Principal
from pierre_mcp.registry import ProviderRegistry
from pierre_mcp.settings import missing_settings, setup_problem
from pierre_mcp.spi import Connection, ProviderConfig, ProviderDescriptor


def config_for(
    principal: Principal, descriptor: ProviderDescriptor, config: ProviderConfig
) -> ProviderConfig:
    """The part of the operator's configuration that ``principal`` may use.

    The local person is the operator and gets all of it. Anyone else pastes a key of their own in
    place of the operator's. Whoever connects has a ``data_dir`` of their own. Raises ``NotShared``
    for a provider whose data is the operator's.
    """
    if principal == LOCAL and descriptor.connection is Connection.NONE:
        return config
    own = None if config.data_dir is None else own_folder(config.data_dir, principal)
    if principal == LOCAL:
        return replace(config, data_dir=own)
    if _holds_own_data(descriptor, config):
        raise NotShared(descriptor.name)
    return replace(
        config,
        api_key=None if descriptor.connection is Connection.API_KEY else config.api_key,
        data_dir=own,
    )


_MANY = 10_000
"""So many people's configurations are remembered; to look at one takes longer than to use it."""


@dataclass(frozen=True, slots=True)
class Personal:
    """What each person may use of what the operator configured, by the provider's name.

    Every look-up raises ``NotShared`` for a provider whose data is the operator's own.
    """

    registry: ProviderRegistry
    _known: dict[tuple[str, Principal], tuple[ProviderConfig, ProviderConfig]] = field(
        default_factory=dict
    )

    def config(self, name: str, principal: Principal) -> ProviderConfig:
        """What the principal may use of a provider's configuration."""
        whole = self.registry.get_config(name)
        known = self._known.get((name, principal))
        if known is not None and known[0] is whole:
            return known[1]
        own = config_for(principal, self.registry.get_descriptor(name), whole)
        if len(self._known) >= _MANY:
            self._known.clear()
        self._known[name, principal] = whole, own
        return own

    def missing_settings(self, name: str, principal: Principal) -> tuple[str, ...]:
        """What the operator has yet to set before the principal can use the provider."""
        return missing_settings(self.registry.get_descriptor(name), self.config(name, principal))

    def setup_problem(self, name: str, principal: Principal) -> str | None:
        """What the operator has to do before the principal can use the provider, in a sentence."""
        return setup_problem(self.registry.get_descriptor(name), self.config(name, principal))

    def require_set_up(self, name: str, principal: Principal) -> None:
        """Raise ``NotConfigured``, saying what to do, unless the principal can use the provider."""
        if problem := self.setup_problem(name, principal):
            raise NotConfigured(name, f"Provider '{name}' is not set up. {problem}")

    def own_key(self, name: str, principal: Principal) -> str | None:
        """The key that the operator configured as their own, for them and for nobody else."""
        by_key = self.registry.get_descriptor(name).connection is Connection.API_KEY
        return self.config(name, principal).api_key if by_key else None


def _holds_own_data(descriptor: ProviderDescriptor, config: ProviderConfig) -> bool:
    """Whether the settings lead to the operator's own data.

    An application's key, as providers with OAuth or a hosted link have, leads to nobody's.
    """
    by_setting = any(
        setting.personal and (setting.required or setting.name in config.options)
        for setting in descriptor.settings
    )
    return by_setting or (descriptor.connection is Connection.NONE and config.api_key is not None)
