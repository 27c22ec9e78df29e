"""Providers by name: found through entry points, imported on first use, created by factories.

Every provider, ours included, is an entry point in one group, so what is installed decides what
there is. Names are listed from metadata alone. The registry knows no tool and calls no provider.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

import structlog

from pierre_mcp.errors import (
    ConfigurationError,
    NotConfigured,
    ProviderNotSupported,
    ProviderUnavailable,
)
from pierre_mcp.models.text import clean_text
from pierre_mcp.settings import Configuration
from pierre_mcp.spi import (
    FitnessProvider,
    ProviderCapabilities,
    ProviderConfig,
    ProviderContext,
    ProviderDescriptor,
    ProviderFactory,
    WebhookReceiver,
)

ENTRY_POINT_GROUP = "pierre_mcp.providers"
OWN_DISTRIBUTION = "pierre-mcp"
RESERVED_NAMES = frozenset({"all"})

_LONGEST_SHOWN = 60
_NAME = re.compile(r"[a-z][a-z0-9_-]*")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """An installed plug-in that is not offered as it claims to be, and why."""

    provider: str
    distribution: str
    reason: str


class ProviderRegistry:
    """The providers of one process.

    Raises ``ConfigurationError`` when the configuration selects a name that nobody provides.
    """

    def __init__(
        self, configuration: Configuration, found: Iterable[EntryPoint] | None = None
    ) -> None:
        self._configuration = configuration
        self._factories: dict[str, ProviderFactory] = {}
        self._descriptors: dict[str, ProviderDescriptor] = {}
        self._configs: dict[str, ProviderConfig] = {}
        self._broken: dict[str, str] = {}
        self._problems: list[Problem] = []
        self._entry_points: dict[str, EntryPoint] = {}
        discovered = entry_points(group=ENTRY_POINT_GROUP) if found is None else found
        self._discover(discovered)
        self._select(configuration.settings.providers)

    def supported_providers(self) -> tuple[str, ...]:
        """Every name there is, sorted; imports nothing."""
        return tuple(sorted({*self._entry_points, *self._factories, *self._broken}))

    def is_supported(self, name: str) -> bool:
        """Whether there is a provider of that name; imports nothing."""
        return name in self._entry_points or name in self._factories or name in self._broken

    def require(self, name: str) -> None:
        """Raise ``ProviderNotSupported`` unless there is a provider of that name."""
        if not self.is_supported(name):
            # What was asked for may be anything, of any length; a name is told as it was given.
            shown = clean_text(name, _LONGEST_SHOWN) or ""
            raise ProviderNotSupported(shown, self.supported_providers())

    def problems(self) -> tuple[Problem, ...]:
        """Plug-ins that were refused or failed to load so far, for the operator."""
        return tuple(self._problems)

    def register_factory(self, name: str, factory: ProviderFactory) -> None:
        """Add a provider at run time; it is offered from the next call on.

        Raises ``ConfigurationError`` for a name that is malformed, taken, or not the factory's.
        """
        if problem := self._objection(name):
            raise ConfigurationError(f"Provider '{name}': {problem}")
        if name not in factory.supported_providers():
            raise ConfigurationError(f"Provider '{name}': its factory does not make it")
        self._factories[name] = factory

    def set_default_config(self, name: str, config: ProviderConfig) -> None:
        """Use ``config`` for ``name`` instead of what the environment says."""
        self.require(name)
        self._configs[name] = config

    def get_descriptor(self, name: str) -> ProviderDescriptor:
        """What is known about a provider without calling it.

        Raises ``ProviderNotSupported`` or ``ProviderUnavailable``.
        """
        if name not in self._descriptors:
            told = self._factory(name).descriptors
            self._descriptors[name] = next(one for one in told if one.name == name)
        return self._descriptors[name]

    def get_capabilities(self, name: str) -> ProviderCapabilities:
        """What a provider offers."""
        return self.get_descriptor(name).capabilities

    def get_config(self, name: str) -> ProviderConfig:
        """How the operator configured a provider."""
        if name not in self._configs:
            self._configs[name] = self._configuration.provider_config(self.get_descriptor(name))
        return self._configs[name]

    def create_provider(
        self, name: str, context: ProviderContext, config: ProviderConfig | None = None
    ) -> FitnessProvider:
        """A new provider; the caller enters it as a context manager.

        ``config`` is what a person may use of ``get_config``, where that is not all of it.

        Raises ``ProviderNotSupported``, ``ProviderUnavailable``, or ``NotConfigured`` when the
        provider cannot work with its settings.
        """
        factory = self._factory(name)
        config = config or self.get_config(name)
        try:
            return factory.create(config, context)
        except ConfigurationError as wrong:
            raise NotConfigured(name, wrong.message) from None
        except (Exception, SystemExit) as failure:
            _log.exception("provider_creation_failed", provider=name)
            self._note(name, self._distribution_of(name), f"it cannot be made: {_told(failure)}")
            raise _unavailable(name, failure) from failure

    def get_webhook_receiver(self, name: str) -> WebhookReceiver | None:
        """How a provider pushes, where it does. Raises as ``get_descriptor``."""
        return self._factory(name).webhook_receiver(name)

    def _discover(self, found: Iterable[EntryPoint]) -> None:
        claims: dict[str, list[EntryPoint]] = {}
        for entry_point in found:
            claims.setdefault(_collision_key(entry_point.name), []).append(entry_point)
        for claimants in claims.values():
            own = [claim for claim in claimants if _distribution(claim) == OWN_DISTRIBUTION]
            if own:
                self._entry_points[own[0].name] = own[0]
                for stranger in claimants:
                    if stranger not in own:
                        self._refuse(stranger, f"the name belongs to {OWN_DISTRIBUTION}")
                continue
            first = claimants[0]
            if not _NAME.fullmatch(first.name) or first.name in RESERVED_NAMES:
                for claim in claimants:
                    self._refuse(claim, "the name is reserved or not of the form [a-z][a-z0-9_-]*")
            elif len(claimants) == 1:
                self._entry_points[first.name] = first
            else:
                who = " and ".join(sorted(_distribution(claim) for claim in claimants))
                for claim in claimants:
                    reason = f"the name is claimed by {who}; uninstall all but one"
                    self._broken[claim.name] = f"Provider '{claim.name}' is unavailable: {reason}."
                    self._refuse(claim, reason)

    def _select(self, selected: Sequence[str] | None) -> None:
        if selected is None:
            return
        for name in selected:
            if not self.is_supported(name):
                raise ConfigurationError(
                    "PIERRE_PROVIDERS: "
                    + ProviderNotSupported(name, self.supported_providers()).message
                )
        for name in self.supported_providers():
            if name not in selected:
                self._entry_points.pop(name, None)
                self._broken.pop(name, None)

    def _factory(self, name: str) -> ProviderFactory:
        self.require(name)
        if name in self._broken:
            raise ProviderUnavailable(name, self._broken[name])
        if name not in self._factories:
            entry_point = self._entry_points[name]
            try:
                self._factories[name] = _load(entry_point)
            except (Exception, SystemExit) as failure:
                _log.exception("provider_import_failed", provider=name)
                unavailable = _unavailable(name, failure)
                self._broken[name] = unavailable.message
                self._refuse(entry_point, f"it cannot be loaded: {_told(failure)}")
                raise unavailable from failure
        return self._factories[name]

    def _objection(self, name: str) -> str | None:
        if not _NAME.fullmatch(name) or name in RESERVED_NAMES:
            return "the name is reserved or not of the form [a-z][a-z0-9_-]*"
        taken = {_collision_key(existing): existing for existing in self.supported_providers()}
        if existing := taken.get(_collision_key(name)):
            return f"the name is taken by '{existing}'"
        return None

    def _refuse(self, entry_point: EntryPoint, reason: str) -> None:
        self._note(entry_point.name, _distribution(entry_point), reason)

    def _note(self, name: str, distribution: str, reason: str) -> None:
        problem = Problem(provider=name, distribution=distribution, reason=reason)
        if problem not in self._problems:
            self._problems.append(problem)
            _log.warning(
                "provider_refused", provider=name, distribution=distribution, reason=reason
            )

    def _distribution_of(self, name: str) -> str:
        entry_point = self._entry_points.get(name)
        return _distribution(entry_point) if entry_point else "a factory registered at run time"


def _collision_key(name: str) -> str:
    return name.replace("-", "_")


def _distribution(entry_point: EntryPoint) -> str:
    name = entry_point.dist.name if entry_point.dist else "unknown"
    return re.sub(r"[-_.]+", "-", name).lower()


def _load(entry_point: EntryPoint) -> ProviderFactory:
    loaded = entry_point.load()
    factory = loaded() if isinstance(loaded, type) else loaded
    if not isinstance(factory, ProviderFactory):
        raise TypeError("the entry point is not a ProviderFactory")
    if entry_point.name not in factory.supported_providers():
        raise ValueError("the factory does not make a provider of the entry point's name")
    return factory


def _told(failure: BaseException) -> str:
    return f"{type(failure).__name__}: {failure}"


def _unavailable(name: str, failure: BaseException) -> ProviderUnavailable:
    # The type and not the text: a stranger's message may hold paths or secrets; the log has it all.
    return ProviderUnavailable(
        name,
        f"Provider '{name}' is installed but cannot be loaded ({type(failure).__name__}). "
        "Run 'pierre-mcp doctor' for the reason.",
    )
